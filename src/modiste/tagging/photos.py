"""What is to be tagged: photos, each a file of a store or a picture in memory, and whose photos they are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import starmap
from typing import Protocol, overload

import numpy as np
import polars as pl
from numpy.typing import NDArray
from PIL import Image

from modiste.catalogue.pictures import Pictures
from modiste.dataset.images import Size, as_rgb, decode, decode_pixels, resize

__all__ = ["Entries", "Entry", "FilePhoto", "MemoryPhoto", "Photo", "digest_of"]


class Photo(Protocol):
    """One photo.

    Attributes:
        path: What to call it.
    """

    @property
    def path(self) -> str:
        """What to call it."""

    def load(self, size: Size) -> tuple[NDArray[np.uint8], str]:
        """Returns the photo as a network wants it, uint8 (height, width, 3), and a digest of what it was made of.

        Raises:
            CatalogueError: It cannot be read.
            ImageError: It cannot be decoded.
        """

    def picture(self) -> Image.Image:
        """Returns the photo as it is: upright, RGB.

        Raises:
            CatalogueError: It cannot be read.
            ImageError: It cannot be decoded.
        """


def digest_of(data: bytes | bytearray | memoryview) -> str:
    """Returns what is the same for two photo files exactly when their bytes are: 32 hexadecimal digits."""
    return blake2b(data, digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class FilePhoto:
    """A photo that is a file.

    Attributes:
        path: The file's path, or the zip's with the entry's name after it.
        store: Where it lies.
        name: Its name there.
    """

    path: str
    store: Pictures
    name: str

    def load(self, size: Size) -> tuple[NDArray[np.uint8], str]:
        """Returns the photo as a network wants it: see `Photo`."""
        data = self.store.read(self.name)
        return decode_pixels(data, size), digest_of(data)

    def picture(self) -> Image.Image:
        """Returns the photo as it is: see `Photo`."""
        return decode(self.store.read(self.name))[0]


@dataclass(frozen=True, slots=True)
class MemoryPhoto:
    """A photo that somebody holds in memory.

    Attributes:
        path: What to call it.
        content: A file's bytes, or a picture.
    """

    path: str
    content: bytes | Image.Image

    def load(self, size: Size) -> tuple[NDArray[np.uint8], str]:
        """Returns the photo as a network wants it: see `Photo`."""
        if isinstance(self.content, bytes):
            return decode_pixels(self.content, size), digest_of(self.content)
        picture = as_rgb(self.content)
        return np.asarray(resize(picture, size)), digest_of(picture.tobytes())

    def picture(self) -> Image.Image:
        """Returns the photo as it is: see `Photo`."""
        return decode(self.content)[0] if isinstance(self.content, bytes) else as_rgb(self.content)


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the result: a photo, or a product with its photos.

    Attributes:
        id: Whose photos they are: a product's id, or the photo's path.
        photos: None, one or several.
        error: Why it has none, else None.
    """

    id: str
    photos: tuple[Photo, ...]
    error: str | None = None

    @property
    def path(self) -> str:
        """What the entry's first photo is called; empty where it has none."""
        return self.photos[0].path if self.photos else ""


class Entries(Sequence[Entry]):
    """What is to be tagged, in order; each entry is made when it is asked for.

    400,000 photos, with a name and a path each, take 100 MB as objects; the table that they are made from takes 16.

    Args:
        stores: Where photos lie: by what stands before a photo's name in its path.
        table: One entry a row: `start`, what stands before its photos' names; `names`, a list of these; `id`, null
            where it is the photo's path; `error`, why it has no photo, or null.
        columns: What else is known of each entry and stays beside the answers: as many rows, maybe no column.
    """

    def __init__(self, stores: Mapping[str, Pictures], table: pl.DataFrame, columns: pl.DataFrame) -> None:
        self._stores = stores
        self._table = table
        self.columns = columns

    def __len__(self) -> int:
        return self._table.height

    def __iter__(self) -> Iterator[Entry]:
        return starmap(self._entry, self._table.iter_rows())

    @overload
    def __getitem__(self, index: int) -> Entry: ...

    @overload
    def __getitem__(self, index: slice) -> "Entries": ...

    def __getitem__(self, index: int | slice) -> "Entry | Entries":
        if isinstance(index, slice):
            return Entries(self._stores, self._table[index], self.columns[index])
        return self._entry(*self._table.row(range(len(self))[index]))

    def _entry(self, start: str, names: Sequence[str], owner: str | None, error: str | None) -> Entry:
        store = self._stores[start]
        photos = tuple(FilePhoto(start + name, store, name) for name in names)
        return Entry(photos[0].path if owner is None else owner, photos, error)
