"""`modiste tag`: what is to be seen on photos."""

import json
from pathlib import Path

import click

from modiste.cli.options import as_json as json_option
from modiste.cli.show import print_json, shown_progress

__all__ = ["command"]


@click.command("tag", short_help="Say what is to be seen on photos.")
@click.argument("paths", metavar="PATH...", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--out", type=click.Path(path_type=Path), help="A table to write: .parquet, .csv or .jsonl.")
@click.option("--overwrite", is_flag=True, help="Replace a table that is there.")
@click.option("--bundle", type=click.Path(path_type=Path), help="By default the one that comes with the package.")
@click.option("--top", type=click.IntRange(min=1), default=1, show_default=True, help="Name so many labels of each.")
@click.option(
    "--precision",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.98,
    show_default=True,
    help="What the accepted answers should have; the others are for review.",
)
@click.option("--explain", is_flag=True, help="Write heat maps of what the answers were seen from, beside the table.")
@click.option("--attribute", help="The attribute that --explain shows; by default the first.")
@click.option("--image-column", default="image", show_default=True, help="The column of a table that names the photos.")
@click.option("--images", type=click.Path(path_type=Path), help="The folder of a table's photos.")
@click.option("--engine", help="openvino or onnxruntime; by default the first that is installed.")
@json_option
def command(
    paths: tuple[Path, ...],
    out: Path | None,
    overwrite: bool,
    bundle: Path | None,
    top: int,
    precision: float,
    explain: bool,
    attribute: str | None,
    image_column: str,
    images: Path | None,
    engine: str | None,
    as_json: bool,
) -> None:
    """Tag photos: files, folders, zips, or tables that name them."""
    from modiste.services.photos import find_photos
    from modiste.services.tagger import Tagger

    tagger = Tagger.load(bundle, engine=engine)
    photos = find_photos(paths, image_column=image_column, images=images)
    if out is None:
        for tagged in tagger.stream(photos, precision=precision, top=top):
            click.echo(json.dumps(tagged.as_json(), ensure_ascii=False) if as_json else str(tagged))
    else:
        with shown_progress() as progress:
            written = tagger.write(out, photos, precision=precision, top=top, overwrite=overwrite, progress=progress)
        if as_json:
            print_json({"out": str(out), "photos": written.photos, "errors": written.errors})
        else:
            click.echo(f"{out}: {written.photos:,} photos, {written.errors:,} of them with an error")
    if explain:
        folder = Path("explained") if out is None else out.with_name(f"{out.stem}-explained")
        click.echo(f"{folder}: {tagger.explain_all(folder, photos, attribute):,} heat maps", err=as_json)
