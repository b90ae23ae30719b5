"""`modiste sample`: draws a catalogue."""

from pathlib import Path

import click

from modiste.cli.console import print_json, say
from modiste.cli.options import as_json as json_option
from modiste.cli.show import shown_progress

__all__ = ["command"]


@click.command("sample", short_help="Draw a synthetic catalogue.")
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--products", default=3000, show_default=True, help="How many products to draw.")
@click.option("--seed", default=0, show_default=True, help="Another seed draws another catalogue.")
@json_option
def command(directory: Path, products: int, seed: int, as_json: bool) -> None:
    """Draw a synthetic catalogue in the Kaggle layout into DIRECTORY, with the real catalogue's kinds of defects."""
    from modiste.sample.draw import draw_catalogue

    with shown_progress() as progress:
        sample = draw_catalogue(
            directory,
            products=products,
            seed=seed,
            on_progress=lambda done: progress("drawing", done, products),
        )
    if as_json:
        print_json(
            {
                "directory": str(sample.directory),
                "rows": sample.rows,
                "images": sample.images,
                "defects": sample.defects,
            }
        )
    else:
        say(f"{sample.rows} rows and {sample.images} pictures in {sample.directory}")
