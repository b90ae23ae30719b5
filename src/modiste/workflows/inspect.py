"""Says what is in a catalogue and what is wrong with it; nothing is learned and nothing is kept."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from modiste.catalogue.labels import Labelled, without_rules
from modiste.catalogue.sources import Catalogue
from modiste.catalogue.unknown import open_any
from modiste.dataset.health import Inspection, inspect_health
from modiste.dataset.images import MAX_PIXELS, Picture, facts_of, read_pictures
from modiste.dataset.issues import IssueKind
from modiste.progress import Progress, silent
from modiste.reports.pages import inspection_page
from modiste.runs import write_whole
from modiste.schema import Schema
from modiste.workflows.prepare import check_usable, label_opened, open_labelled, picture_names

__all__ = ["inspect", "write_inspection_page"]


def inspect(
    path: Path | str,
    *,
    schema: Schema | Path | str | None = None,
    taxonomy: Path | str | None = None,
    columns: Mapping[str, str] | None = None,
    images: Path | str | None = None,
    kinds: Iterable[IssueKind] = (),
    max_pixels: int = MAX_PIXELS,
    progress: Progress = silent,
) -> Inspection:
    """Says what is known of a catalogue.

    A table of which the shipped schema knows no attribute needs no labels: its rows, columns and pictures are told of.

    Args:
        path: See `Catalogue.open`.
        schema: What is known of its products, or its file; None for the shipped schema.
        taxonomy: A file of label rules, or None for the shipped one.
        columns: See `Catalogue.open`.
        images: See `Catalogue.open`.
        kinds: Kinds of issues to look for besides those of `dataset.issues.KINDS`.
        max_pixels: How many pixels a picture may have: see `images.decode`.
        progress: Is told of each picture.

    Raises:
        CatalogueError: The catalogue cannot be read, or nothing in it is usable.
        TaxonomyError: The rules do not fit it.
    """
    if schema is None and taxonomy is None:
        catalogue = open_any(path, columns=columns, images=images)
        unknown = not set(catalogue.schema.names) & set(catalogue.products.frame.columns)
        labelled = _unlabelled(catalogue) if unknown else label_opened(catalogue)
    else:
        catalogue, labelled = open_labelled(
            Path(path), schema=schema, taxonomy=taxonomy, columns=columns, images=images
        )
        unknown = False
    names = picture_names(catalogue)
    # One pass, one picture in memory at a time.
    read = read_pictures(catalogue.pictures, names, max_pixels=max_pixels)
    facts = facts_of(_told(read, len(names), progress))
    inspection = inspect_health(catalogue, labelled, facts, kinds=kinds, unknown=unknown)
    return inspection if unknown else check_usable(inspection)


def _unlabelled(catalogue: Catalogue) -> Labelled:
    """Returns the products of a catalogue of whose labels nothing is known."""
    told = "no column of labels is known in it; to study or train, name what to learn: --schema, --column, --targets"
    return without_rules(catalogue.products.frame, catalogue.schema, warnings=(told,))


def write_inspection_page(inspection: Inspection, path: Path) -> None:
    """Writes an inspection as one HTML file, whole or not at all.

    Raises:
        OutputError: It cannot be written.
    """
    write_whole(path, inspection_page(inspection))


def _told(pictures: Iterable[Picture], total: int, progress: Progress) -> Iterator[Picture]:
    for count, picture in enumerate(pictures, start=1):
        yield picture
        progress("looking at pictures", count, total)
