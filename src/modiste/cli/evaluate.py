"""`modiste evaluate`: scores a run again."""

from pathlib import Path
from typing import Any

import click

from modiste.cli.options import as_json as json_option
from modiste.cli.options import columns_of
from modiste.cli.show import print_attributes, print_json, print_scores, shown_progress

__all__ = ["command"]


@click.command("evaluate", short_help="Score a run again, on its hold-out or on another catalogue.")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--catalogue", type=click.Path(path_type=Path), help="Another catalogue, scored as a whole.")
@click.option("--images", type=click.Path(path_type=Path), help="The folder of that table's pictures.")
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="FIELD=NAME",
    help="That table's name for a field, as in id=sku. Repeatable.  [default: as in the training]",
)
@json_option
def command(run: Path, catalogue: Path | None, images: Path | None, columns: tuple[str, ...], as_json: bool) -> None:
    """Score the RUN folder again: on the hold-out of its own catalogue, or on another catalogue."""
    from modiste.runs import Run

    if (images or columns) and catalogue is None:
        raise click.UsageError("--images and --column tell how to read --catalogue; give it, too")
    given = Run(run)
    given.check_kind("train", "study")
    read: dict[str, Any] = {"catalogue": catalogue, "columns": columns_of(columns), "images": images}
    with shown_progress() as progress:
        if given.kind == "train":
            from modiste.workflows.evaluate_tagger import evaluate_tagger

            tagger = evaluate_tagger(run, **read, progress=progress)
            title = f"{run} on {tagger.catalogue}, {tagger.part}, weights of epoch {tagger.epoch}"
            print_json(tagger.as_json()) if as_json else print_attributes(title, tagger.scores)
            return
        from modiste.workflows.evaluate import evaluate

        evaluation = evaluate(run, **read, progress=progress)
    title = f"{run} on {evaluation.catalogue}, weights of epoch {evaluation.epoch}"
    print_json(evaluation.as_json()) if as_json else print_scores(title, {evaluation.part: evaluation.scores})
