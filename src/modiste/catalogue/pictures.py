"""Where a catalogue's picture files lie: in a zip or in a folder. Names and bytes; nothing is decoded here."""

import lzma
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from posixpath import splitext
from typing import Protocol

import polars as pl

from modiste.errors import CatalogueError

__all__ = ["PICTURE_SUFFIXES", "FolderPictures", "Pictures", "ZipPictures", "climbs_out", "is_utf8", "path_prefix"]

PICTURE_SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})

MOST_BYTES = 2**30
"""An entry of a zip that unpacks to more is refused; a table or a photo stays far below it."""

FREE_BYTES = 32 * 2**20
MOST_TIMES = 200
"""An entry of more than `FREE_BYTES` that unpacks to so many times its size in the zip is taken for a bomb; a real
table unpacks to 5 to 20 times."""

CHUNK = 8192
"""Names of a folder's files that are looked at together."""

# What the zipfile module raises on damaged files, as found by flipping their bytes.
DAMAGED = (zipfile.BadZipFile, OSError, EOFError, IndexError, KeyError, RuntimeError, ValueError, struct.error)
DAMAGED_ENTRY = (*DAMAGED, lzma.LZMAError, zlib.error)


class Pictures(Protocol):
    """A store of picture files, each under a name with forward slashes."""

    def names(self) -> pl.Series:
        """Returns the names of all pictures, sorted: Strings, which take a fifth of what Python's own take."""

    def read(self, name: str) -> bytes:
        """Returns one file's bytes.

        Raises:
            CatalogueError: The store does not hold it, or holds it damaged.
        """

    def stamp(self, name: str) -> str:
        """Returns a short text that changes when the file's content does."""


# In the following, names are taken apart as text: of 44,441 entries, path objects alone took half of opening a zip.


def climbs_out(name: str) -> bool:
    """Whether a name of a file, with slashes of either kind, leads out of the folder that it is relative to."""
    name = name.replace("\\", "/")
    return name.startswith("/") or ".." in name.split("/")


def is_utf8(name: str) -> bool:
    """Whether a name is UTF-8 text, so that a table can hold it; a file's may be any bytes."""
    return name == name.encode(errors="ignore").decode()


def path_prefix(folder: Path) -> str:
    """Returns what makes a path of the name of a file in a folder: `folder/`, or nothing for the current one."""
    return str(folder / "name").removesuffix("name")


def _is_picture(name: str) -> bool:
    return splitext(name)[1].lower() in PICTURE_SUFFIXES


class ZipPictures:
    """The pictures in a zip file, read in place; nothing is unpacked.

    Args:
        path: The zip file.

    Raises:
        CatalogueError: Not a zip file, or one whose entries climb out of it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._zip = zipfile.ZipFile(path)
            self._entries = {info.filename: info for info in self._zip.infolist() if not info.is_dir()}
        except DAMAGED as error:
            raise CatalogueError(
                f"cannot be read as a zip file ({error})", where=path, fix="download it again"
            ) from error
        for name in self._entries:
            if climbs_out(name):
                raise CatalogueError(
                    f"the entry {name!r} climbs out of the zip",
                    where=path,
                    fix="do not trust this file; get another",
                )

    def __reduce__(self) -> tuple[type["ZipPictures"], tuple[Path]]:
        """Pickles where the zip lies; whoever gets it opens it anew."""
        return ZipPictures, (self._path,)

    def files(self) -> Iterator[str]:
        """Yields the names of all files, sorted, pictures and others."""
        yield from sorted(self._entries)

    def names(self) -> pl.Series:
        """Returns the names of all pictures, sorted."""
        return pl.Series(list(filter(_is_picture, self.files())), dtype=pl.String)

    def read(self, name: str) -> bytes:
        """Returns one file's bytes."""
        try:
            info = self._zip.getinfo(name)
            size = info.file_size
            if size > MOST_BYTES or size > max(FREE_BYTES, MOST_TIMES * info.compress_size):
                raise CatalogueError(
                    f"the entry {name!r} unpacks to {size:,} bytes and is taken for a decompression bomb",
                    where=self._path,
                    fix="if it is none, unpack the zip and give the folder",
                )
            with self._zip.open(name) as file:
                # No more than it says: without the limit, all that it unpacks to would be in memory at once.
                return file.read(size)
        except DAMAGED_ENTRY as error:
            raise CatalogueError(f"the entry {name!r} cannot be read ({error})", where=self._path) from error

    def stamp(self, name: str) -> str:
        """Returns the checksum that the zip itself keeps of the file."""
        info = self._entries[name]
        return f"{info.CRC:08x}-{info.file_size}"


class FolderPictures:
    """The pictures below a folder.

    Args:
        root: The folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._start = path_prefix(root)

    def names(self) -> pl.Series:
        """Returns the names of all pictures relative to the folder, sorted; hidden files are passed over.

        Raises:
            CatalogueError: A name is not UTF-8, so that no table can hold it.
        """
        found, chunks = self._found(), [pl.Series(dtype=pl.String)]
        unreadable: list[str] = []
        # A few at a time: as Python's strings, those of 400,000 pictures would take more than all of tagging.
        while chunk := list(islice(found, CHUNK)):
            bad = [name for name in chunk if not is_utf8(name)]
            unreadable += bad
            chunks += [] if bad else [pl.Series(chunk, dtype=pl.String)]
        if unreadable:
            raise CatalogueError(
                f"names of pictures that are not UTF-8 text: {len(unreadable)}, for example {min(unreadable)!r}",
                where=self._root,
                fix="rename these files",
            )
        return pl.concat(chunks).sort()

    def _found(self) -> Iterator[str]:
        """Yields the names of all pictures, in any order.

        A folder that cannot be opened is passed over. No link to a folder is followed: it may lead round in a circle.
        """
        waiting = [""]
        while waiting:
            below = waiting.pop()
            with suppress(OSError), os.scandir(self._root / below) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    if entry.is_dir():
                        waiting += [] if entry.is_symlink() else [f"{below}{entry.name}/"]
                    elif _is_picture(entry.name):
                        yield below + entry.name

    def read(self, name: str) -> bytes:
        """Returns one file's bytes."""
        try:
            # Not by way of a path object and a buffer: both together take longer than the reading.
            with open(self._start + name, "rb", buffering=0) as file:  # noqa: PTH123
                return file.readall()
        except OSError as error:
            raise CatalogueError(f"cannot be read ({error.strerror})", where=self._root / name) from error
        except ValueError as error:  # a NUL in the name, which a table may hold and no folder
            raise CatalogueError(f"cannot be read ({error})", where=self._root / name) from error

    def stamp(self, name: str) -> str:
        """Returns the file's size and time of change."""
        path = self._start + name
        try:
            # Not by way of a path object, which takes as long again.
            status = os.stat(path)  # noqa: PTH116
        except (OSError, ValueError):
            return "unreadable"  # for instance a link to nowhere; reading it says so
        if not os.access(path, os.R_OK):
            return "unreadable"  # it changes when the file may be read
        return f"{status.st_size}-{status.st_mtime_ns}"
