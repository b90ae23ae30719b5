"""Where the photos to tag come from: files, folders, zips, tables that name them, and pictures in memory."""

import io
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray
from PIL import Image

from modiste.catalogue.omissions import Omissions
from modiste.catalogue.pictures import FolderPictures, Pictures, UrlPictures, ZipPictures
from modiste.catalogue.pictures.names import is_utf8, path_prefix, shown
from modiste.catalogue.tables import is_table
from modiste.errors import CatalogueError, InputTypeError
from modiste.schema import Schema
from modiste.tagging.photo_tables import PhotoTable, read_photo_table
from modiste.tagging.photos import Entries, MemoryPhoto, Source

__all__ = ["TAKEN", "Thing", "Things", "entries_of", "find_photos"]

AnyPath: TypeAlias = str | os.PathLike[str]

Thing: TypeAlias = AnyPath | bytes | bytearray | memoryview | IO[bytes] | Image.Image | NDArray[np.uint8]
"""What can be tagged."""

Things: TypeAlias = Thing | Iterable[Thing] | Entries
"""One or many, or what `find_photos` found."""

TAKEN = (
    "a path (str or Path) of a photo, folder, zip or table, a photo's bytes, a file opened in binary mode, a PIL image "
    "or a uint8 array, (height, width), (height, width, channels) or (n, height, width, channels); one or many"
)
"""What can be tagged, in words."""

CHANNELS = frozenset({1, 3, 4})

INDEX, TEXT = pl.UInt32(), pl.String()
LIST = pl.List(TEXT)
TABLE = pl.Schema([("source", INDEX), ("names", LIST), ("id", TEXT), ("error", TEXT), ("left_out", LIST)])
"""See `Entries`."""


def entries_of(things: Things, schema: Schema) -> Entries:
    """Returns what is to be tagged for things of any kind that we take, in their order.

    Args:
        things: One or many: see `TAKEN`.
        schema: Names the columns of tables.

    Raises:
        CatalogueError: A path does not exist, cannot be read, or holds no photo.
        InputTypeError: A thing is of a kind that we do not take.
    """
    if isinstance(things, Entries):
        return things
    found = _Found()
    for number, thing in enumerate(_many(things), start=1):
        if isinstance(thing, str | os.PathLike):
            found.add_path(Path(thing), schema)
        else:
            found.add_picture(MemoryPhoto(_name_of(thing, number), _content_of(thing)))
    return found.entries()


def find_photos(
    paths: AnyPath | Iterable[AnyPath],
    *,
    schema: Schema | None = None,
    image_column: str | None = None,
    images: AnyPath | None = None,
    urls: UrlPictures | None = None,
    text: str | None = None,
) -> Entries:
    """Finds the photos that paths stand for, in the order of the paths, those of one path sorted by name.

    A table gives one entry a row, with all the photos that the row names; its columns stay with them.

    Args:
        paths: Photos, folders of them (searched to the bottom), zips, and tables that name them; one or many.
        schema: Names the columns of a table that hold ids and photos; the shipped one by default.
        image_column: The column of a table that names the photos, instead of those of the schema.
        images: The folder that a table's photos lie in; by default the table's own.
        urls: Fetches the photos whose web addresses a table names; by default, none is fetched.
        text: The column of a table that holds products' names; by default the schema's, where the table has it, and
            empty for none.

    Raises:
        CatalogueError: A path does not exist, cannot be read, or holds no photo.
    """
    root = None if images is None else Path(images)
    if root is not None and not root.is_dir():
        raise CatalogueError("no such folder", where=root, fix="give the folder of the table's photos with --images")
    found = _Found()
    schema = schema or Schema.load()
    for path in [paths] if isinstance(paths, str | os.PathLike) else paths:
        found.add_path(Path(path), schema, image_column, root, urls, text)
    return found.entries()


def _many(things: Any) -> Iterator[Any]:
    """Yields one or many things as many, each for one photo or one path."""
    single = isinstance(things, str | os.PathLike | bytes | bytearray | memoryview | Image.Image | np.ndarray | Mapping)
    one = single or hasattr(things, "read") or not isinstance(things, Iterable)
    for thing in [things] if one else things:
        if isinstance(thing, np.ndarray) and thing.ndim == 4:
            _check_array(thing)
            yield from thing
        else:
            yield thing


def _name_of(thing: Any, number: int) -> str:
    """Returns what to call a picture in memory: a file's name, where it has one, or its number."""
    named = getattr(thing, "filename", None) or getattr(thing, "name", None)
    return named if isinstance(named, str) and is_utf8(named) else f"picture {number}"


def _content_of(thing: Any) -> bytes | Image.Image:
    """Returns a thing in memory as a photo's content.

    Raises:
        InputTypeError: It is of a kind that we do not take.
    """
    if isinstance(thing, Image.Image):
        if not all(thing.size):
            raise _not_taken(f"a PIL image of {thing.width}x{thing.height} pixels")
        return thing
    if isinstance(thing, bytes | bytearray | memoryview):
        return bytes(thing)
    if isinstance(thing, np.ndarray):
        _check_array(thing)
        return Image.fromarray(thing[:, :, 0] if thing.ndim == 3 and thing.shape[2] == 1 else thing)
    if not hasattr(thing, "read") or isinstance(thing, type):
        raise _not_taken(f"something of type {type(thing).__name__}")
    if isinstance(thing, io.TextIOBase):
        raise _not_taken("a file opened as text")
    try:
        data = thing.read()
    # A zip file has a method of that name, too, that wants to know which entry.
    except (OSError, ValueError, TypeError) as error:
        raise _not_taken(f"a file that cannot be read ({error})") from error
    if not isinstance(data, bytes | bytearray | memoryview):
        raise _not_taken(f"a file that gives {type(data).__name__} instead of bytes")
    return bytes(data)


def _check_array(array: NDArray[Any]) -> None:
    shaped = array.ndim == 2 or (array.ndim in {3, 4} and array.shape[-1] in CHANNELS)
    if array.dtype != np.uint8 or not shaped or not array.size:
        raise _not_taken(f"an array of {array.dtype} {array.shape}")


def _not_taken(what: str) -> InputTypeError:
    return InputTypeError(f"{what} cannot be tagged", fix=f"give {TAKEN}")


def _missing(error: Exception) -> str:
    """Says why there is nothing at a path."""
    absent = isinstance(error, FileNotFoundError | NotADirectoryError | ValueError)
    return "no such file or folder" if absent else f"cannot be read ({getattr(error, 'strerror', error)})"


class _Found:
    """What was found so far; photos that come one by one are gathered, for a table of each would take its time."""

    def __init__(self) -> None:
        self._sources: list[Source] = []
        self._index_of: dict[tuple[str, type[Pictures]], int] = {}
        self._single: list[tuple[int, str]] = []
        self._parts: list[tuple[pl.DataFrame, pl.DataFrame | None]] = []
        self._names: list[pl.Series] = []
        self._are_named = False
        self._notes: list[str] = []
        self._omissions = Omissions()

    def add_picture(self, photo: MemoryPhoto) -> None:
        """Adds a picture in memory."""
        self._sources.append(photo)
        self._single.append((len(self._sources) - 1, ""))

    def add_path(
        self,
        path: Path,
        schema: Schema,
        image_column: str | None = None,
        images: Path | None = None,
        urls: UrlPictures | None = None,
        text: str | None = None,
    ) -> None:
        """Adds the photos that a path stands for: see `find_photos`."""
        try:
            path.stat()
        except (OSError, ValueError) as error:
            # A name may be too long, hold a NUL, or lie in a folder that may not be entered.
            raise CatalogueError(_missing(error), where=path, fix="check the path") from error
        if is_table(path):
            self._add_table(read_photo_table(path, schema, image_column, images, urls, text), images or path.parent)
        elif path.is_dir():
            self._add_store(path, FolderPictures(path))
        elif path.suffix.lower() == ".zip":
            self._add_store(path, ZipPictures(path))
        else:
            self._single.append((self._index(path.parent, FolderPictures(path.parent)), shown(path.name)))

    def entries(self) -> Entries:
        """Returns all of it."""
        self._gather()
        table = pl.concat([pl.DataFrame(schema=TABLE), *(rows for rows, _ in self._parts)])
        names = pl.concat([pl.Series([], dtype=TEXT), *self._names]) if self._are_named else None
        return Entries(self._sources, table, _columns(self._parts), self._notes, self._omissions, names)

    def _index(self, path: Path, store: Pictures) -> int:
        """Returns the index of a store by its path, which stands before its photos' names."""
        start = shown(path_prefix(path))
        key = (start, type(store))
        if key not in self._index_of:
            self._index_of[key] = len(self._sources)
            self._sources.append((start, store))
        return self._index_of[key]

    def _gather(self) -> None:
        """Makes a table of the photos that came one by one."""
        if self._single:
            indices, names = zip(*self._single, strict=True)
            self._add(pl.Series(indices, dtype=INDEX), _one_each(pl.Series(names, dtype=TEXT)))
            self._single = []

    def _add_store(self, path: Path, store: Pictures) -> None:
        names = store.names()
        if names.is_empty():
            found = "; ".join(["no photo in it", *map(str, store.omissions)])
            raise CatalogueError(found, where=path, fix="give a folder or a zip that holds picture files")
        self._omissions.extend(store.omissions)
        self._gather()
        self._add(_repeated(self._index(path, store), len(names), INDEX), _one_each(names))

    def _add_table(self, found: PhotoTable, root: Path) -> None:
        self._gather()
        self._notes += found.notes
        self._omissions.extend(found.omissions)
        sources = _repeated(self._index(root, found.store), len(found.names), INDEX)
        self._add(sources, found.names, found)

    def _add(self, sources: pl.Series, names: pl.Series, table: PhotoTable | None = None) -> None:
        nothing = _repeated(None, len(names), TEXT)
        rows = {
            "source": sources,
            "names": names,
            "id": nothing if table is None else table.ids,
            "error": nothing if table is None else table.errors,
            "left_out": _repeated(None, len(names), LIST) if table is None else table.left_out,
        }
        called = None if table is None else table.called
        self._are_named |= called is not None
        self._names.append(nothing if called is None else called.alias(""))
        self._parts.append((pl.DataFrame(rows, schema=TABLE), None if table is None else table.columns))


def _repeated(value: object, count: int, kind: pl.DataType) -> pl.Series:
    return pl.Series([value], dtype=kind).new_from_index(0, count)


def _one_each(names: pl.Series) -> pl.Series:
    """Returns each name as a list of one."""
    return names.reshape((-1, 1)).cast(TABLE["names"])


def _columns(parts: Sequence[tuple[pl.DataFrame, pl.DataFrame | None]]) -> pl.DataFrame | None:
    """Returns the columns of all tables, null in the rows of what is no table; None where there is no table."""
    tables = [columns for _, columns in parts if columns is not None]
    if not tables or len(parts) == 1:
        return tables[0] if tables else None
    try:
        nothing = pl.concat([columns.clear() for columns in tables], how="diagonal_relaxed")
        return pl.concat(
            [nothing.clear(rows.height) if columns is None else columns for rows, columns in parts],
            how="diagonal_relaxed",
        )
    except pl.exceptions.PolarsError as error:
        raise CatalogueError(
            f"a column of two tables is of types that do not go together ({error})", fix="tag one table at a time"
        ) from error
