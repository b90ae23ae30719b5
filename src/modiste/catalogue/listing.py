"""What lies in a catalogue's folder or zip besides its pictures: tables, and folders without any picture."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from posixpath import basename, dirname, splitext

import polars as pl

from modiste.catalogue.folders import Folders, is_store
from modiste.catalogue.photos import IMAGES, Named, named_by_columns
from modiste.catalogue.pictures.kinds import passed_over
from modiste.catalogue.tables import TABLE_SUFFIXES
from modiste.errors import CatalogueError

__all__ = [
    "KAGGLE_TABLE",
    "Tables",
    "empty_folders",
    "files_near",
    "find_tables",
    "named_below",
]

KAGGLE_TABLE = "styles.csv"

DEEPEST = 2
"""A table of another name than Kaggle's lies in so many folders at most."""


@dataclass(frozen=True)
class Tables:
    """The tables of a catalogue, by their names in its folder or zip.

    Attributes:
        kaggle: The one that is called as Kaggle's is; None where there is none.
        copies: Others of that name, which lie deeper.
        others: Those of other names.
    """

    kaggle: str | None
    copies: tuple[str, ...]
    others: tuple[str, ...]


def find_tables(files: Iterable[str], *, where: Path) -> Tables:
    """Finds the tables among files.

    Args:
        files: Their names, relative to the catalogue.
        where: The catalogue, for errors.

    Raises:
        CatalogueError: Several are called as Kaggle's is, and none of them lies in fewer folders than the others.
    """
    tables = [
        name
        for name in sorted(files, key=lambda name: (name.count("/"), name))
        if splitext(name)[1].lower() in TABLE_SUFFIXES and not any(map(passed_over, name.split("/")))
    ]
    kaggle = [name for name in tables if basename(name).lower() == KAGGLE_TABLE]
    # The full-size data set of Kaggle's holds a second copy of everything one folder deeper.
    first = [name for name in kaggle if name.count("/") == kaggle[0].count("/")]
    if len(first) > 1:
        raise CatalogueError(
            f"several tables {KAGGLE_TABLE}: {', '.join(first)}", where=where, fix="give the folder of one of them"
        )
    others = tuple(name for name in tables if name not in kaggle and name.count("/") <= DEEPEST)
    return Tables(kaggle[0] if kaggle else None, tuple(kaggle[1:]), others)


def named_below(products: pl.DataFrame, names: pl.Series, columns: Sequence[str], table: str, root: Path) -> Named:
    """Gives products the pictures that columns name, relative to whichever folder they are named from.

    It is the table's folder, the catalogue itself, or a folder like `images` in one of these.

    Args:
        products: See `named_by_columns`.
        names: The names of all pictures.
        columns: See `named_by_columns`.
        table: The table's name beside them; empty for one that lies elsewhere.
        root: See `named_by_columns`.
    """
    for start in _starts(names, table):
        inside = names.filter(names.str.starts_with(start)).str.strip_prefix(start)
        found = named_by_columns(products, inside, columns, root / start)
        if found.columns:
            whole = pl.col(IMAGES).list.eval(pl.lit(start) + pl.element())
            return replace(found, products=found.products.with_columns(whole))
    return named_by_columns(products, names, columns, root)


def _starts(names: pl.Series, table: str) -> list[str]:
    """Returns what the names of pictures in a table may be relative to, the likeliest first; see `named_below`."""
    near = list(dict.fromkeys([_inside(dirname(table)), ""]))
    folders = names.str.extract("^(.*)/[^/]*$").drop_nulls().unique().sort().to_list()
    stores = [_inside(name) for name in folders if is_store(basename(name)) and _inside(dirname(name)) in near]
    return [*near, *stores]


def _inside(folder: str) -> str:
    return f"{folder}/" if folder else ""


def files_near(folder: Path) -> Iterator[str]:
    """Yields the names of the files in a folder, and of those in the folders in it, relative to it."""
    for entry in sorted(folder.iterdir()):
        if entry.is_file():
            yield entry.name
        elif entry.is_dir() and not entry.name.startswith("."):
            with suppress(OSError):  # a folder that may not be opened: whoever lists the pictures names it
                yield from sorted(f"{entry.name}/{file.name}" for file in entry.iterdir() if file.is_file())


def empty_folders(root: Path, folders: Folders, depth: int) -> list[str]:
    """Returns the folders without a picture in them that lie beside, or in the folders of, those with pictures.

    Args:
        root: The catalogue's folder.
        folders: Those with pictures.
        depth: In how many folders a class lies.
    """
    held = {folder[:at] for folder in folders for at in range(len(folder) + 1)}
    found: list[str] = []
    for above in sorted(folder for folder in held if len(folder) <= depth):
        with suppress(OSError):
            entries = sorted(entry.name for entry in root.joinpath(*above).iterdir() if entry.is_dir())
            found += [
                "/".join((*above, name)) for name in entries if not passed_over(name) and (*above, name) not in held
            ]
    return found
