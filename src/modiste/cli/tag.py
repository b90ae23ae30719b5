"""`modiste tag`: what is to be seen on photos."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from modiste.cli.console import print_json, say
from modiste.cli.options import as_json as json_option
from modiste.cli.options import device_option, max_pixels_option
from modiste.cli.show import print_omissions, shown_progress
from modiste.errors import CatalogueError, ConfigError

if TYPE_CHECKING:
    from modiste.catalogue.omissions import Omissions
    from modiste.config import Device
    from modiste.portable.bundle import Bundle
    from modiste.predictions import Prediction
    from modiste.review.enqueue import Enqueuer
    from modiste.tagging.heat_maps import Method
    from modiste.tagging.tables import Written

__all__ = ["command"]


@click.command("tag", short_help="Say what is to be seen on photos.")
@click.argument("paths", metavar="PATH...", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option(
    "--out", type=click.Path(path_type=Path), help="A table to write: .parquet, .csv or .jsonl; its folder is made."
)
@click.option(
    "--keep",
    metavar="PART,...",
    help="Write into the table as well: probabilities (of all labels), embedding (to compare photos by).",
)
@click.option("--overwrite", is_flag=True, help="Replace a table and heat maps that are there.")
@click.option("--bundle", type=click.Path(path_type=Path), help="By default the one that comes with the package.")
@click.option("--top", default=1, show_default=True, help="Name so many labels of each, at least 1.")
@click.option(
    "--precision",
    default=0.98,
    show_default=True,
    help="What the accepted answers should have, above 0 and below 1; the others are for review.",
)
@click.option("--explain", is_flag=True, help="Write heat maps of what the answers were seen from, beside the table.")
@click.option("--attribute", help="The attribute that --explain shows; by default the first.")
@click.option(
    "--explain-by",
    "method",
    type=click.Choice(["occlusion", "activation"]),
    help="How --explain finds out: by covering parts of the photo, or by the network's last feature map.  "
    "[default: occlusion]",
)
@click.option(
    "--review",
    metavar="DATABASE",
    help="Queue the photos with answers for review there: a SQLite file, which is made, or a postgresql:// URL.",
)
@click.option(
    "--image-column",
    help="The column of a table that names the photos.  [default: those of the bundle's schema, image*]",
)
@click.option(
    "--text",
    metavar="COLUMN",
    help="The column of a table that holds products' names, for a bundle that reads them.  [default: that of the "
    "bundle's schema, where the table has it]",
)
@click.option("--no-text", is_flag=True, help="Answer from the pictures alone.")
@click.option("--images", type=click.Path(path_type=Path), help="The folder of a table's photos.")
@click.option(
    "--allow-urls",
    is_flag=True,
    help="Fetch the photos whose http:// or https:// addresses a table names, never from a private network.",
)
@click.option("--engine", help="openvino or onnxruntime; by default the first that is installed.")
@max_pixels_option
@device_option
@json_option
def command(
    paths: tuple[Path, ...],
    out: Path | None,
    keep: str | None,
    overwrite: bool,
    bundle: Path | None,
    top: int,
    precision: float,
    explain: bool,
    attribute: str | None,
    method: "Method | None",
    review: str | None,
    image_column: str | None,
    text: str | None,
    no_text: bool,
    images: Path | None,
    allow_urls: bool,
    engine: str | None,
    max_pixels: int | None,
    device: "Device | None",
    as_json: bool,
) -> None:
    """Tag photos: files, folders, zips, or tables that name them."""
    from modiste.catalogue.pictures import UrlPictures
    from modiste.catalogue.tables import is_table
    from modiste.dataset.images import MAX_PIXELS
    from modiste.tagging.sources import find_photos
    from modiste.tagging.tagger import Tagger
    from modiste.tagging.worker import check_settings

    kept = None if keep is None else tuple(name.strip() for name in keep.split(","))
    check_settings(precision=precision, top=top, keep=kept)
    if out is None:
        _refuse({"--keep": keep}, "says what a table keeps", fix="add --out, or ")
    if not explain:
        _refuse(
            {"--attribute": attribute, "--explain-by": method}, "says what --explain shows", fix="add --explain, or "
        )
    limit = max_pixels or MAX_PIXELS
    tagger = Tagger.load(bundle, engine=engine, device=device or "auto", max_pixels=limit)
    if no_text:
        _refuse({"--text": text}, "says where the names are that --no-text leaves out")
    if tagger.bundle.naming is None:
        _refuse({"--text": text}, "names a column of names, and this bundle reads pictures alone")
    urls = UrlPictures() if allow_urls else None
    schema = tagger.bundle.schema
    column = "" if no_text or tagger.bundle.naming is None else text
    entries = find_photos(paths, schema=schema, image_column=image_column, images=images, urls=urls, text=column)
    for note in entries.notes:
        say(note, err=True)
    if not any(map(is_table, paths)):
        _refuse(
            {"--image-column": image_column, "--text": text, "--images": images, "--allow-urls": urls},
            "is for tables, and no path is one",
        )
    folder = Path("explained") if out is None else out.with_name(f"{out.stem}-explained")
    maps = tagger.heat_maps(folder, attribute, method=method or "occlusion", overwrite=overwrite) if explain else None
    with _queue(review, tagger.bundle, limit) as queue:
        if out is None or not as_json:
            print_omissions(entries.omissions, err=True)
        if out is None:
            _print(tagger.stream(entries, precision=precision, top=top, callback=queue), len(entries), as_json)
        else:
            with shown_progress() as progress:
                write = partial(tagger.write, out, entries, precision=precision, top=top, keep=kept)
                written = write(overwrite=overwrite, callback=queue, progress=progress)
            _report(out, written, entries.omissions, as_json)
    if maps is not None:
        with shown_progress() as progress:
            count = maps.write(entries, progress=progress)
        say(f"{folder}: {count:,} heat map{'s' * (count != 1)}", err=as_json)


def _refuse(flags: Mapping[str, object], what: str, *, fix: str = "") -> None:
    """Stops at the first flag that was given although nothing comes of it."""
    for flag, value in flags.items():
        if value is not None:
            raise ConfigError(what, where=flag, fix=f"{fix}leave it out")


@contextmanager
def _queue(review: str | None, bundle: "Bundle", max_pixels: int) -> "Iterator[Enqueuer | None]":
    """Opens the queue of reviews where one is asked for; at the end it says what was put in."""
    if review is None:
        yield None
        return
    from modiste.review.enqueue import Enqueuer
    from modiste.review.store import ReviewStore

    with ReviewStore.open(review) as store:
        queue = Enqueuer(store, bundle, max_pixels=max_pixels)
        yield queue
    added = queue.added
    missing = f", {added.unreadable:,} that can no longer be read" if added.unreadable else ""
    say(f"{queue.name}: {added.new:,} photos to review, {added.known:,} known before{missing}", err=True)


def _print(photos: "Iterator[Prediction]", total: int, as_json: bool) -> None:
    """Prints photos as they are tagged; where not one could be, the last is the error that ends the command."""
    errors = 0
    for tagged in photos:
        errors += tagged.error is not None
        if errors == total:
            others = f"; none of the {total:,} photos could be tagged" if total > 1 else ""
            # Some errors say themselves what to do.
            fix = None if "; " in str(tagged.error) else "give a photo, folder, zip or table"
            raise CatalogueError(f"{tagged.error}{others}", where=tagged.name, fix=fix)
        print_json(tagged.as_json(), indent=None) if as_json else say(str(tagged))


def _report(out: Path, written: "Written", omissions: "Omissions", as_json: bool) -> None:
    if written.errors == written.photos:
        raise CatalogueError("no photo could be tagged", where=out, fix="see its column 'error'")
    if as_json:
        omitted = [each.as_json() for each in omissions]
        print_json({"out": str(out), "photos": written.photos, "errors": written.errors, "omitted": omitted})
    else:
        say(f"{out}: {written.photos:,} photos, {written.errors:,} of them with an error")
