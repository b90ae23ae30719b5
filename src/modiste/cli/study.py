"""`modiste study`: the whole study."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from modiste.cli.console import print_json, say
from modiste.cli.options import as_json as json_option
from modiste.cli.options import catalogue_options, columns_of, device_option, max_pixels_option
from modiste.cli.show import print_scores, print_table, shown_progress

if TYPE_CHECKING:
    from modiste.reports.study import NetworkSummary
    from modiste.workflows.pipeline import RunResult

__all__ = ["command"]


@click.command("study", short_help="Run the whole study on a catalogue.")
@click.argument("catalogue", type=click.Path(path_type=Path), required=False)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("runs/study"),
    show_default=True,
    help="The run folder to write.",
)
@click.option("--resume", is_flag=True, help="Go on with the run that lies there.")
@click.option("--summary", is_flag=True, help="Print the network's table and totals, and stop; needs no catalogue.")
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path),
    help="A TOML file of settings; flags win over it.",
)
@click.option("--epochs", type=int, help="At most so many.  [default: 40]")
@click.option("--patience", type=int, help="Stop after so many epochs without a lower validation loss.  [default: 5]")
@click.option("--greyscale/--colour", default=None, help="Train on brightness alone.  [default: colour]")
@click.option(
    "--split",
    type=click.Choice(["random", "grouped", "given"]),
    help="grouped: identical pictures on one side; given: the catalogue's own folders train, validation and test.  "
    "[default: given where there are such folders, else random]",
)
@click.option("--seed", type=int, help="Of split, weights, shuffling, flips and dropout.  [default: 0]")
@click.option("--batch-size", type=int, help="Pictures a step.  [default: 32]")
@click.option("--learning-rate", type=float, help="Of Adam.  [default: 0.001]")
@click.option("--bn-momentum", type=float, help="Of the batch norms' moving averages.  [default: 0.99, Keras's own]")
@max_pixels_option
@device_option
@catalogue_options
@json_option
def command(
    catalogue: Path | None,
    out: Path,
    resume: bool,
    summary: bool,
    config_file: Path | None,
    columns: tuple[str, ...],
    as_json: bool,
    **flags: object,
) -> None:
    """Run the whole study on CATALOGUE: label, split, train, score, report."""
    from modiste.config import StudyConfig, load_config

    flags |= {name: str(flags[name]) if flags[name] else None for name in ("images", "schema", "taxonomy")}
    flags |= {"columns": columns_of(columns) or None}
    config = load_config(StudyConfig, config_file, flags)
    if summary:
        from modiste.workflows.study import summarise_study

        network = summarise_study(config)
        print_json(network.as_json()) if as_json else _print_network(network)
        return
    if catalogue is None:
        raise click.UsageError(
            "Missing argument 'CATALOGUE'; draw one with: modiste sample DIR", click.get_current_context()
        )
    from modiste.workflows.study import study

    with shown_progress() as progress:
        result = study(catalogue, out, config, resume=resume, progress=progress)
    print_json(result.as_json()) if as_json else _print(result)


def _print_network(network: "NetworkSummary") -> None:
    print_table(
        "The study's network",
        ("layer", "output shape", "parameters"),
        [(row.layer, row.output_shape, f"{row.parameters:,}") for row in network.rows],
    )
    say(f"total {network.total:,}; trainable {network.trainable:,}; non-trainable {network.non_trainable:,}")


def _print(result: "RunResult") -> None:
    from modiste.dataset.split import describe_few

    title = f"Scores with 95 % intervals, weights of epoch {result.trained.best} (lowest validation loss)"
    print_scores(title, {part: next(iter(scores.values())) for part, scores in result.scores.items()})
    for line in (*result.notes, *describe_few(result.too_few)):
        say(line)
    say(f"The report is {result.report}")
