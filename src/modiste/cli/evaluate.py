"""`modiste evaluate`: scores a run again."""

from pathlib import Path

import click

from modiste.cli.console import print_json
from modiste.cli.options import as_json as json_option
from modiste.cli.options import columns_of, max_pixels_option
from modiste.cli.show import print_attributes, print_scores, shown_progress

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
@max_pixels_option
@json_option
def command(
    run: Path,
    catalogue: Path | None,
    images: Path | None,
    columns: tuple[str, ...],
    max_pixels: int | None,
    as_json: bool,
) -> None:
    """Score the RUN folder again: on the hold-out of its own catalogue, or on another catalogue."""
    from modiste.workflows.evaluate import evaluate

    if (images or columns) and catalogue is None:
        raise click.UsageError("--images and --column tell how to read --catalogue; give it, too")
    with shown_progress() as progress:
        evaluation = evaluate(
            run,
            catalogue=catalogue,
            columns=columns_of(columns),
            images=images,
            max_pixels=max_pixels,
            progress=progress,
        )
    title = f"{run} on {evaluation.catalogue}, {evaluation.part}, weights of epoch {evaluation.epoch}"
    if as_json:
        print_json(evaluation.as_json())
    elif evaluation.kind == "train":
        print_attributes(title, evaluation.scores)
    else:
        print_scores(title, {evaluation.part: next(iter(evaluation.scores.values()))})
