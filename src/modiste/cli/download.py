"""`modiste download`: fetches the real catalogue."""

from pathlib import Path

import click

from modiste.cli.console import say

__all__ = ["command"]


@click.command("download", short_help="Fetch the real catalogue from Kaggle.")
@click.argument("directory", type=click.Path(path_type=Path))
def command(directory: Path) -> None:
    """Fetch the real catalogue ("Fashion Product Images (Small)") from Kaggle into DIRECTORY."""
    from modiste.catalogue.download import download_catalogue

    say(f"the catalogue is in {download_catalogue(directory)}")
