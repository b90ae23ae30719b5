"""`modiste export`: a bundle of a run."""

from pathlib import Path

import click

from modiste.cli.options import as_json as json_option
from modiste.cli.show import print_json, shown_progress

__all__ = ["command"]


@click.command("export", short_help="Make a bundle of a training.")
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option("--overwrite", is_flag=True, help="Replace a bundle that is there.")
@click.option("--licence", metavar="TEXT", help="Under what terms it may be used, for its card.  [default: not stated]")
@json_option
def command(run: Path, bundle: Path, overwrite: bool, licence: str | None, as_json: bool) -> None:
    """Make one file, BUNDLE, of the RUN that `modiste train` wrote, and prove that it answers as the original does."""
    from modiste.workflows.export import export

    with shown_progress() as progress:
        result = export(run, bundle, licence=licence, overwrite=overwrite, progress=progress)
    if as_json:
        print_json(result.as_json())
        return
    click.echo(
        f"{result.bundle}: {result.bytes / 1e6:.1f} MB; on {result.checked:,} pictures its probabilities differ from "
        f"the network's by {result.converted:.1g} at most, by {result.stored:.1g} as it is stored"
    )
