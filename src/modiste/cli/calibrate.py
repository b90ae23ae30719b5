"""`modiste calibrate`: a bundle calibrated on photos of one's own."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from modiste.cli.console import print_json, say
from modiste.cli.options import as_json as json_option
from modiste.cli.options import columns_of, max_pixels_option
from modiste.cli.show import print_omissions, print_table, shown_progress

if TYPE_CHECKING:
    from modiste.portable.recalibration import Expected
    from modiste.workflows.calibrate import CalibrateResult

__all__ = ["command"]


@click.command("calibrate", short_help="Calibrate a bundle on labelled photos of your own.")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.argument("photos", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The bundle to write.")
@click.option(
    "--map",
    "label_map",
    type=click.Path(path_type=Path),
    help="A TOML file that says what the photos' labels mean in the bundle's: see the guide to training.",
)
@click.option(
    "--labels", help="The table's column of labels.  [default: the columns called like the bundle's attributes]"
)
@click.option(
    "--group",
    help="The column of what makes photos no independent evidence, such as who took them.  [default: the map's, or the "
    "product]",
)
@click.option("--images", type=click.Path(path_type=Path), help="The folder of a table's photos.")
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="FIELD=NAME",
    help="The table's name for a field, as in id=sku; image=NAME has the photos' paths. Repeatable.",
)
@click.option(
    "--precision",
    default=0.98,
    show_default=True,
    help="Say what to expect at this precision, above 0 and below 1; the new bundle answers at any.",
)
@click.option("--overwrite", is_flag=True, help="Replace a bundle that is there.")
@max_pixels_option
@json_option
def command(
    bundle: Path,
    photos: Path,
    out: Path,
    label_map: Path | None,
    labels: str | None,
    group: str | None,
    images: Path | None,
    columns: tuple[str, ...],
    precision: float,
    overwrite: bool,
    max_pixels: int | None,
    as_json: bool,
) -> None:
    """Calibrate BUNDLE on labelled PHOTOS, some hundred of them, and say what to expect of it on others like them.

    BUNDLE is a file, or `default` for the one that comes with the package. PHOTOS is a folder per label, or a table
    with a column of labels. Nothing is trained.
    """
    from modiste.dataset.images import MAX_PIXELS
    from modiste.workflows.calibrate import calibrate

    with shown_progress() as progress:
        result = calibrate(
            None if str(bundle) == "default" else bundle,
            photos,
            out,
            label_map=label_map,
            labels=labels,
            group=group,
            precision=precision,
            columns=columns_of(columns),
            images=images,
            overwrite=overwrite,
            max_pixels=max_pixels or MAX_PIXELS,
            progress=progress,
        )
    if as_json:
        print_json(result.as_json())
        return
    _print(result)


def _print(result: "CalibrateResult") -> None:
    for note in result.notes:
        say(note, err=True)
    print_omissions(result.omissions, err=True)
    say(f"{result.bundle}: calibrated on {result.photos:,} photos of {result.groups:,} groups")
    say(f"{result.familiar:.0%} of them are like what the bundle learned from")
    rows = [
        (each.attribute, each.photos, each.before or "", each.accuracy or "", each.coverage or "", _precision(each))
        for each in result.expected
    ]
    title = f"What to expect on such photos, with 95 % intervals; accepted for a precision of {result.precision}"
    print_table(title, ("attribute", "photos", "right before", "right now", "accepted", "right of accepted"), rows)
    for line in _advice(result):
        say(line)


def _precision(expected: "Expected") -> str:
    if expected.accuracy is None:
        return "as before" if expected.kept else "all to review: not shown on your photos"
    if expected.precision is None:
        return "none accepted"
    return f"{expected.precision} of {expected.accepted:,}"


def _advice(result: "CalibrateResult") -> Iterator[str]:
    silent = [each.attribute for each in result.expected if each.accuracy is not None and not each.accepted]
    if silent:
        yield (
            f"No answer about {', '.join(silent)} is sure enough for {result.precision}: label more photos, ask for "
            "less with --precision, or train on yours."
        )
    if any(each.accepted for each in result.expected):
        yield "Each photo was judged by what the others gave, so these figures hold for photos that are still to come."
    if result.unmatched:
        yield (
            f"They say nothing of photos like the {result.unmatched:,} whose labels the bundle does not know: an "
            "answer about these may be accepted, and would be wrong."
        )
