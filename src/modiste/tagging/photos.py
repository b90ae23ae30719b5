"""What is to be tagged: photos, each a file of a store or a picture in memory, and whose photos they are."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from hashlib import blake2b
from itertools import repeat, starmap
from threading import Lock
from typing import ClassVar, Protocol, TypeAlias, overload
from uuid import uuid4

import numpy as np
import polars as pl
from numpy.typing import NDArray
from PIL import Image, ImageFile

from modiste.catalogue.omissions import Omission, Omissions
from modiste.catalogue.pictures import Pictures
from modiste.catalogue.pictures.urls import is_url
from modiste.dataset.geometry import ON_WHITE, Fit, Size, resize
from modiste.dataset.images import MAX_PIXELS, decode, decode_opened, decode_pixels, most_bytes

__all__ = ["Entries", "Entry", "FilePhoto", "MemoryPhoto", "Photo", "Source", "digest_of"]


class Photo(Protocol):
    """One photo.

    Attributes:
        path: What to call it.
    """

    @property
    def path(self) -> str:
        """What to call it."""

    def load(
        self, size: Size, fit: Fit = ON_WHITE, *, digest: bool = True, max_pixels: int = MAX_PIXELS
    ) -> tuple[NDArray[np.uint8], str | None]:
        """Returns the photo as a network wants it, uint8 (height, width, 3), and a digest of what it was made of.

        Args:
            size: What the network wants.
            fit: How a photo of another shape is brought to it.
            digest: Without it, the digest is None; of a large file it takes a tenth as long as decoding.
            max_pixels: See `images.decode`.

        Raises:
            CatalogueError: It cannot be read.
            ImageError: It cannot be decoded.
        """

    def picture(self, *, max_pixels: int = MAX_PIXELS) -> Image.Image:
        """Returns the photo as it is: upright, RGB.

        Args:
            max_pixels: See `images.decode`.

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
        store: The store that holds the file.
        name: The file's name in the store.
    """

    path: str
    store: Pictures
    name: str

    def load(
        self, size: Size, fit: Fit = ON_WHITE, *, digest: bool = True, max_pixels: int = MAX_PIXELS
    ) -> tuple[NDArray[np.uint8], str | None]:
        """Returns the photo as a network wants it: see `Photo`."""
        data = self.store.read(self.name, most_bytes(max_pixels))
        return decode_pixels(data, size, fit=fit, max_pixels=max_pixels), digest_of(data) if digest else None

    def picture(self, *, max_pixels: int = MAX_PIXELS) -> Image.Image:
        """Returns the photo as it is: see `Photo`."""
        return decode(self.store.read(self.name, most_bytes(max_pixels)), max_pixels=max_pixels)[0]


@dataclass(frozen=True, slots=True)
class MemoryPhoto:
    """A photo in memory.

    Attributes:
        path: What to call it.
        content: A file's bytes, or a picture.
    """

    path: str
    content: bytes | Image.Image

    # Pillow reads an opened file when its pixels are first asked for, and a picture may be given to two threads.
    _opening: ClassVar[Lock] = Lock()

    def load(
        self, size: Size, fit: Fit = ON_WHITE, *, digest: bool = True, max_pixels: int = MAX_PIXELS
    ) -> tuple[NDArray[np.uint8], str | None]:
        """Returns the photo as a network wants it: see `Photo`."""
        if isinstance(self.content, bytes):
            pixels = decode_pixels(self.content, size, fit=fit, max_pixels=max_pixels)
            return pixels, digest_of(self.content) if digest else None
        picture = self.picture(max_pixels=max_pixels)
        whole = f"{picture.width}x{picture.height} ".encode() + picture.tobytes() if digest else b""
        return np.asarray(resize(picture, size, fit)), digest_of(whole) if digest else None

    def picture(self, *, max_pixels: int = MAX_PIXELS) -> Image.Image:
        """Returns the photo as it is: see `Photo`."""
        if isinstance(self.content, bytes):
            return decode(self.content, max_pixels=max_pixels)[0]
        with self._opening if isinstance(self.content, ImageFile.ImageFile) else nullcontext():
            return decode_opened(self.content, max_pixels=max_pixels)


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the result: a photo, or a product with its photos.

    Attributes:
        id: Whose photos they are: a product's id, or the photo's path.
        photos: None, one or several.
        error: Why it has none, else None.
        left_out: Of what else is said to be a photo of it, why it cannot be one.
        name: What the product is called; None where nobody said.
    """

    id: str
    photos: tuple[Photo, ...]
    error: str | None = None
    left_out: tuple[str, ...] = ()
    name: str | None = None


Source: TypeAlias = tuple[str, Pictures] | MemoryPhoto
"""Where photos come from: what stands before the names of a store's photos in their paths, and the store; or one photo,
whose name there is empty."""


class Entries(Sequence[Entry]):
    """What is to be tagged, in order; each entry is made when it is asked for.

    400,000 photos, with a name and a path each, take 130 MB as objects; the table that they are made from takes 12.

    Args:
        sources: Where photos come from.
        table: One entry a row: `source`, an index; `names`, a list of its photos' names there; `id`, null where it is
            the photo's path; `error`, why it has no photo, or null; `left_out`, a list: see `Entry`.
        columns: What else is known of each entry and stays beside the answers: as many rows; None for nothing.
        notes: What a reader should know of how they were found, a line each.
        omissions: What was passed over when they were looked for.
        names: What each entry's product is called, as many rows; None where nobody said of any.

    Attributes:
        columns: What else is known of each entry, as many rows; None for nothing.
        notes: What a reader should know of how they were found, a line each.
        omissions: What was passed over: files that are no photos, for instance, and rows that name none.
        names: What each entry's product is called, as many rows; None where nobody said of any.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        table: pl.DataFrame,
        columns: pl.DataFrame | None = None,
        notes: Sequence[str] = (),
        omissions: Iterable[Omission] = (),
        names: pl.Series | None = None,
    ) -> None:
        self._sources = sources
        self._table = table
        self.columns = columns
        self.notes = tuple(notes)
        self.omissions = Omissions(omissions)
        self.names = names

    def named(self, names: pl.Series | None) -> "Entries":
        """Returns the same entries with other names."""
        return Entries(self._sources, self._table, self.columns, self.notes, self.omissions, names)

    def __len__(self) -> int:
        return self._table.height

    def __iter__(self) -> Iterator[Entry]:
        names = repeat(None) if self.names is None else self.names
        return starmap(self._entry, ((*row, name) for row, name in zip(self._table.iter_rows(), names, strict=False)))

    @overload
    def __getitem__(self, index: int) -> Entry: ...

    @overload
    def __getitem__(self, index: slice) -> "Entries": ...

    def __getitem__(self, index: int | slice) -> "Entry | Entries":
        if isinstance(index, slice):
            columns = None if self.columns is None else self.columns[index]
            names = None if self.names is None else self.names[index]
            return Entries(self._sources, self._table[index], columns, names=names)
        row = range(len(self))[index]
        return self._entry(*(*self._table.row(row), None if self.names is None else self.names[row]))

    @property
    def has_several(self) -> bool:
        """Whether an entry is said to have more than one photo, so that one of them may be left out."""
        named = pl.col("names").list.len() + pl.col("left_out").list.len().fill_null(0)
        return bool(self._table.select((named > 1).any()).item())

    def key(self) -> Iterator[object]:
        """Yields what identifies these entries, with their photos as they are now.

        Each photo is looked up, but not read: see `Pictures.stamp`. Pictures in memory are never the same as others.
        """
        called = repeat(None) if self.names is None else self.names
        for (source, names, owner, error, left_out), name in zip(self._table.iter_rows(), called, strict=False):
            found = self._sources[source]
            if isinstance(found, MemoryPhoto):
                yield uuid4()
            else:
                start, store = found
                named = () if self.names is None else (name,)
                yield start, names, owner, error, left_out, *named, [store.stamp(name) for name in names]

    def _entry(
        self,
        source: int,
        names: Sequence[str],
        owner: str | None,
        error: str | None,
        left_out: Sequence[str] | None,
        name: str | None,
    ) -> Entry:
        found = self._sources[source]
        if isinstance(found, MemoryPhoto):
            photos: tuple[Photo, ...] = (found,)
        else:
            start, store = found
            photos = tuple(FilePhoto(name if is_url(name) else start + name, store, name) for name in names)
        return Entry(photos[0].path if owner is None else owner, photos, error, tuple(left_out or ()), name)
