"""`modiste export`: a bundle of a run."""

from pathlib import Path

import click

from modiste.cli.console import print_json, say
from modiste.cli.options import as_json as json_option
from modiste.cli.options import max_pixels_option
from modiste.cli.show import shown_progress

__all__ = ["command"]


@click.command("export", short_help="Make a bundle of a training.")
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option(
    "--int8/--float",
    default=None,
    help="Compute in 8 bits, more than twice as fast, or in float32.  [default: in 8 bits, unless that costs more than "
    "0.3 points of the first attribute's accuracy on validation]",
)
@click.option("--overwrite", is_flag=True, help="Replace a bundle that is there.")
@click.option("--licence", metavar="TEXT", help="Under what terms it may be used, for its card.  [default: not stated]")
@max_pixels_option
@json_option
def command(
    run: Path,
    bundle: Path,
    int8: bool | None,
    overwrite: bool,
    licence: str | None,
    max_pixels: int | None,
    as_json: bool,
) -> None:
    """Make one file, BUNDLE, of the RUN that `modiste train` wrote, and prove that it answers as the original does."""
    from modiste.workflows.export import export

    with shown_progress() as progress:
        result = export(
            run,
            bundle,
            int8=int8,
            licence=licence,
            overwrite=overwrite,
            max_pixels=max_pixels,
            progress=progress,
        )
    if as_json:
        print_json(result.as_json())
        return
    say(
        f"{result.bundle}: {result.bytes / 1e6:.1f} MB; on {result.checked:,} pictures the converted network's "
        f"probabilities differ from the original's by {result.converted:.1g} at most, as it is stored by "
        f"{result.stored:.1g}"
    )
    if (cost := result.cost) is not None:
        kept = "it computes in 8 bits" if result.int8 else "it computes in float32, for 8 bits would cost too much"
        say(
            f"{kept}: {cost.changed:,} of {cost.products:,} validation answers change, accuracy by "
            f"{-100 * cost.lost:+z.2f} points"
        )
    elif int8 is None:
        say("it computes in float32: only efficientnet-lite0 can be made to compute in 8 bits")
