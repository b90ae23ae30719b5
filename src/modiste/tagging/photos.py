"""Where the photos to tag come from: files, folders, zips, tables with an image column."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import starmap
from pathlib import Path
from typing import overload

import polars as pl

from modiste.catalogue.pictures import FolderPictures, Pictures, ZipPictures, before_names, climbs_out, is_utf8
from modiste.errors import CatalogueError, nearest

__all__ = ["IMAGE_COLUMN", "Photo", "Photos", "find_photos", "is_table"]

IMAGE_COLUMN = "image"
"""The column of a table that names the photos, where nobody says otherwise."""

TABLES = frozenset({".csv", ".parquet"})


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo that is to be tagged.

    Attributes:
        path: What to call it: the file's path, or the zip's with the entry's name after it.
        store: Where it lies.
        name: Its name there.
    """

    path: str
    store: Pictures
    name: str

    def read(self) -> bytes:
        """Returns the file's bytes.

        Raises:
            CatalogueError: It cannot be read.
        """
        return self.store.read(self.name)


class Photos(Sequence[Photo]):
    """Photos that are to be tagged, in their order; each is made when it is asked for.

    400,000 of them, with a name and a path each, take 100 MB; the table that they are made from takes 13.

    Args:
        stores: Where they lie: by what stands before a photo's name in its path.
        table: One photo a row: `start`, what stands before its name, and `name`.
    """

    def __init__(self, stores: Mapping[str, Pictures], table: pl.DataFrame) -> None:
        self._stores = stores
        self._table = table

    def __len__(self) -> int:
        return self._table.height

    def __iter__(self) -> Iterator[Photo]:
        return starmap(self._photo, self._table.iter_rows())

    @overload
    def __getitem__(self, index: int) -> Photo: ...

    @overload
    def __getitem__(self, index: slice) -> "Photos": ...

    def __getitem__(self, index: int | slice) -> "Photo | Photos":
        if isinstance(index, slice):
            return Photos(self._stores, self._table[index])
        return self._photo(*self._table.row(range(len(self))[index]))

    def _photo(self, start: str, name: str) -> Photo:
        return Photo(start + name, self._stores[start], name)


def find_photos(paths: Sequence[Path], *, image_column: str = IMAGE_COLUMN, images: Path | None = None) -> Photos:
    """Finds the photos that paths stand for, in the order of the paths, those of one path sorted by name.

    Args:
        paths: Photos, folders of them (searched to the bottom), zips, and CSV or Parquet tables that name them.
        image_column: The column of a table that names the photos, relative to `images`.
        images: The folder that a table's photos lie in; by default the table's own.

    Raises:
        CatalogueError: A path does not exist, cannot be read, or holds no photo.
    """
    if images is not None and not images.is_dir():
        raise CatalogueError("no such folder", where=images, fix="give the folder of the table's photos with --images")
    for path in (*paths, images or Path()):
        if not is_utf8(str(path)):
            raise CatalogueError("its name is not UTF-8 text, and no table can hold it", where=path, fix="rename it")
    stores: dict[str, Pictures] = {}
    starts, names = [pl.Series("start", dtype=pl.Categorical)], [pl.Series("name", dtype=pl.String)]
    for path in paths:
        start, store, found = _of_path(path, image_column, images)
        stores.setdefault(start, store)
        starts.append(pl.Series("start", [start], dtype=pl.Categorical).new_from_index(0, len(found)))
        names.append(found.alias("name"))
    return Photos(stores, pl.DataFrame([pl.concat(starts), pl.concat(names)]))


def is_table(path: Path) -> bool:
    """Whether a path is that of a table, by its name."""
    return path.suffix.lower() in TABLES and path.is_file()


Found = tuple[str, Pictures, pl.Series]
"""Photos of one place: what stands before their names in their paths, where they lie, and their names."""


def _of_path(path: Path, image_column: str, images: Path | None) -> Found:
    if not path.exists():
        raise CatalogueError("no such file or folder", where=path, fix="check the path")
    if is_table(path):
        return _of_table(path, image_column, images or path.parent)
    if path.is_dir():
        return _of_store(path, FolderPictures(path))
    if path.suffix.lower() == ".zip":
        return _of_store(path, ZipPictures(path))
    return before_names(path.parent), FolderPictures(path.parent), pl.Series([path.name])


def _of_store(path: Path, store: Pictures) -> Found:
    names = store.names()
    if names.is_empty():
        raise CatalogueError("no photo in it", where=path, fix="give a folder or a zip that holds picture files")
    return before_names(path), store, names


def _of_table(path: Path, column: str, root: Path) -> Found:
    try:
        table = pl.scan_parquet(path) if path.suffix.lower() == ".parquet" else pl.scan_csv(path)
        header = table.collect_schema().names()
        if column not in header:
            # A name that nobody typed is no slip of the fingers.
            meant = "" if column == IMAGE_COLUMN else nearest(column, header)
            raise CatalogueError(
                f"no column {column!r}{meant}",
                where=path,
                fix=f"name the column of photo files with --image-column; the columns are {', '.join(header)}",
            )
        names = table.select(pl.col(column).cast(pl.String)).collect()[column].drop_nulls()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise CatalogueError(f"cannot be read as a table ({error})", where=path, fix="see that it is whole") from error
    if names.is_empty():
        raise CatalogueError(f"the column {column!r} names no photo", where=path, fix="give another table")
    for name in names:
        if climbs_out(name):
            raise CatalogueError(
                f"the path {name!r} climbs out of the folder of photos",
                where=path,
                fix="write paths relative to the table, or to the folder given with --images",
            )
    return before_names(root), FolderPictures(root), names.str.strip_prefix("./")
