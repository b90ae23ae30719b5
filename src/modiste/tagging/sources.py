"""Where the photos to tag come from: files, folders, zips, tables that name them, and pictures in memory."""

import io
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray
from PIL import Image

from modiste.catalogue.pictures import FolderPictures, Pictures, ZipPictures, before_names, climbs_out, is_utf8
from modiste.errors import CatalogueError, InputTypeError, nearest
from modiste.schema import Schema
from modiste.tagging.photos import Entries, Entry, MemoryPhoto

__all__ = ["TAKEN", "Thing", "entries_of", "find_photos", "is_table"]

Thing: TypeAlias = str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes] | Image.Image | NDArray[np.uint8]
"""What can be tagged."""

TAKEN = (
    "a path (str or Path) of a photo, folder, zip or table, a photo's bytes, a file opened in binary mode, "
    "a PIL image, or a uint8 array (height, width), (height, width, 3 or 4) or (n, height, width, 3); one or many"
)
"""What can be tagged, in words."""

TABLES = frozenset({".arrow", ".csv", ".feather", ".ipc", ".parquet"})

NO_PHOTO = "no photo is named"


def entries_of(things: Thing | Iterable[Thing], schema: Schema) -> Sequence[Entry]:
    """Returns what is to be tagged for things of any kind that we take, in their order.

    Args:
        things: One or many: see `TAKEN`.
        schema: Names the columns of tables.

    Raises:
        CatalogueError: A path does not exist, cannot be read, or holds no photo.
        InputTypeError: A thing is of a kind that we do not take.
    """
    single = isinstance(things, str | os.PathLike | bytes | bytearray | memoryview | Image.Image) or hasattr(
        things, "read"
    )
    if isinstance(things, np.ndarray):
        many: list[Any] = list(things) if things.ndim == 4 else [things]
    elif single or not isinstance(things, Iterable):
        many = [things]
    else:
        many = list(things)
    if many and all(isinstance(thing, str | os.PathLike) for thing in many):
        return find_photos([Path(thing) for thing in many], schema=schema)
    return [entry for number, thing in enumerate(many) for entry in _entries(thing, number, schema)]


def _entries(thing: Any, number: int, schema: Schema) -> Iterator[Entry]:
    if isinstance(thing, str | os.PathLike):
        yield from find_photos([Path(thing)], schema=schema)
        return
    photo = MemoryPhoto(_name_of(thing, number), _content_of(thing))
    yield Entry(photo.path, (photo,))


def _name_of(thing: Any, number: int) -> str:
    named = getattr(thing, "filename", None) or getattr(thing, "name", None)
    return named if isinstance(named, str) else f"picture {number}"


def _content_of(thing: Any) -> bytes | Image.Image:
    """Returns a thing in memory as a photo's content.

    Raises:
        InputTypeError: It is of a kind that we do not take.
    """
    if isinstance(thing, Image.Image):
        return thing
    if isinstance(thing, bytes | bytearray | memoryview):
        return bytes(thing)
    if isinstance(thing, np.ndarray):
        shapes = thing.ndim == 2 or (thing.ndim == 3 and thing.shape[2] in {1, 3, 4})
        if thing.dtype != np.uint8 or not shapes or not thing.size:
            raise InputTypeError(f"an array of {thing.dtype} {thing.shape} cannot be tagged", fix=f"give {TAKEN}")
        return Image.fromarray(thing[:, :, 0] if thing.ndim == 3 and thing.shape[2] == 1 else thing)
    if isinstance(thing, io.IOBase) or hasattr(thing, "read"):
        data = thing.read()
        if isinstance(data, bytes):
            return data
        raise InputTypeError("a file opened as text cannot be tagged", fix="open it with mode 'rb'")
    raise InputTypeError(f"a {type(thing).__name__} cannot be tagged", fix=f"give {TAKEN}")


def find_photos(
    paths: Sequence[Path],
    *,
    schema: Schema | None = None,
    image_column: str | None = None,
    images: Path | None = None,
) -> Entries:
    """Finds the photos that paths stand for, in the order of the paths, those of one path sorted by name.

    A table gives one entry a row, with all the photos that the row names; its columns stay with them.

    Args:
        paths: Photos, folders of them (searched to the bottom), zips, and tables that name them.
        schema: Names the columns of a table that hold ids and photos; the shipped one by default.
        image_column: The column of a table that names the photos, instead of those of the schema.
        images: The folder that a table's photos lie in; by default the table's own.

    Raises:
        CatalogueError: A path does not exist, cannot be read, or holds no photo.
    """
    if images is not None and not images.is_dir():
        raise CatalogueError("no such folder", where=images, fix="give the folder of the table's photos with --images")
    for path in (*paths, images or Path()):
        if not is_utf8(str(path)):
            raise CatalogueError("its name is not UTF-8 text, and no table can hold it", where=path, fix="rename it")
    schema = schema or Schema.load()
    stores: dict[str, Pictures] = {}
    tables, columns = [_entry_table("", pl.Series([], dtype=pl.List(pl.String)))], [pl.DataFrame()]
    for path in paths:
        start, store, table, beside = _of_path(path, schema, image_column, images)
        stores.setdefault(start, store)
        tables.append(table)
        columns.append(beside)
    whole = pl.concat(columns, how="diagonal_relaxed") if len(columns) > 2 else columns[-1]
    return Entries(stores, pl.concat(tables), whole)


def is_table(path: Path) -> bool:
    """Whether a path is that of a table, by its name."""
    return path.suffix.lower() in TABLES and path.is_file()


Found: TypeAlias = tuple[str, Pictures, pl.DataFrame, pl.DataFrame]
"""The entries of one path: what stands before photos' names, where they lie, see `Entries`, and the table's columns."""


def _entry_table(
    start: str, names: pl.Series, ids: pl.Series | None = None, errors: pl.Series | None = None
) -> pl.DataFrame:
    count = len(names)
    nothing = pl.Series([None], dtype=pl.String).new_from_index(0, count)
    return pl.DataFrame(
        {
            "start": pl.Series([start], dtype=pl.Categorical).new_from_index(0, count),
            "names": names,
            "id": nothing if ids is None else ids,
            "error": nothing if errors is None else errors,
        }
    )


def _of_path(path: Path, schema: Schema, image_column: str | None, images: Path | None) -> Found:
    if not path.exists():
        raise CatalogueError("no such file or folder", where=path, fix="check the path")
    if is_table(path):
        return _of_table(path, schema, image_column, images or path.parent)
    if path.is_dir():
        return _of_store(path, FolderPictures(path))
    if path.suffix.lower() == ".zip":
        return _of_store(path, ZipPictures(path))
    return _of_names(before_names(path.parent), FolderPictures(path.parent), pl.Series([path.name]))


def _of_names(start: str, store: Pictures, names: pl.Series) -> Found:
    table = _entry_table(start, names.reshape((-1, 1)).arr.to_list())
    return start, store, table, pl.DataFrame(height=len(names))


def _of_store(path: Path, store: Pictures) -> Found:
    names = store.names()
    if names.is_empty():
        raise CatalogueError("no photo in it", where=path, fix="give a folder or a zip that holds picture files")
    return _of_names(before_names(path), store, names)


def _of_table(path: Path, schema: Schema, image_column: str | None, root: Path) -> Found:
    table = _read_table(path)
    columns = _picture_columns(table, schema, image_column, path)
    named = [
        pl.col(name) if isinstance(table.schema[name], pl.List) else pl.concat_list(pl.col(name).cast(pl.String))
        for name in columns
    ]
    listed = table.select(
        pl.concat_list(each.cast(pl.List(pl.String)) for each in named)
        .list.eval(pl.element().filter(pl.element().str.strip_chars().fill_null("") != "").str.strip_prefix("./"))
        .alias("names")
    )["names"].fill_null([])
    if not listed.list.len().any():
        raise CatalogueError(
            f"the column{'s' * (len(columns) > 1)} {', '.join(map(repr, columns))} names no photo",
            where=path,
            fix="give another table",
        )
    bad = [next((name for name in names if climbs_out(name)), None) for names in listed]
    errors = pl.Series(
        [
            f"the path {name!r} climbs out of the folder of photos" if name else None if names else NO_PHOTO
            for name, names in zip(bad, (len(names) for names in listed), strict=True)
        ],
        dtype=pl.String,
    )
    kept = pl.select(pl.when(errors.is_null()).then(listed).otherwise(pl.lit([], dtype=pl.List(pl.String)))).to_series()
    ids = table[schema.id].cast(pl.String).fill_null("") if schema.id in table.columns else None
    if ids is None:
        # A row is known by its first photo, or, without any, by its number.
        numbers = pl.Series([f"row {number}" for number in range(1, table.height + 1)], dtype=pl.String)
        ids = pl.select(pl.when(errors.is_not_null()).then(numbers)).to_series()
    start = before_names(root)
    return start, FolderPictures(root), _entry_table(start, kept, ids, errors), table


def _picture_columns(table: pl.DataFrame, schema: Schema, image_column: str | None, path: Path) -> list[str]:
    if image_column is not None:
        if image_column in table.columns:
            return [image_column]
        raise CatalogueError(
            f"no column {image_column!r}{nearest(image_column, table.columns)}",
            where=path,
            fix=f"name the column of photo files with --image-column; the columns are {', '.join(table.columns)}",
        )
    texts = [name for name, kind in table.schema.items() if kind in {pl.String, pl.Categorical, pl.List(pl.String)}]
    if found := schema.picture_columns(texts):
        return found
    raise CatalogueError(
        f"no column {' or '.join(map(repr, schema.pictures))}",
        where=path,
        fix=f"name the column of photo files with --image-column; the columns are {', '.join(table.columns)}",
    )


def _read_table(path: Path) -> pl.DataFrame:
    suffix = path.suffix.lower()
    try:
        if suffix == ".parquet":
            return pl.read_parquet(path)
        return pl.read_csv(path, infer_schema=False) if suffix == ".csv" else pl.read_ipc(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise CatalogueError(f"cannot be read as a table ({error})", where=path, fix="see that it is whole") from error
