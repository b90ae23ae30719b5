"""The pictures in a zip file."""

import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

import polars as pl

from modiste.catalogue.omissions import Omissions
from modiste.catalogue.pictures.kinds import (
    HEAD,
    NOT_PICTURES,
    UNREADABLE,
    begins_like_a_picture,
    has_picture_suffix,
    known_reason,
    passed_over,
)
from modiste.catalogue.pictures.names import climbs_out
from modiste.catalogue.pictures.store import MOST_BYTES, MOST_TABLE_BYTES
from modiste.catalogue.pictures.tally import Tally
from modiste.errors import CatalogueError
from modiste.files import check_file

__all__ = ["ZipPictures"]

FREE_BYTES = 32 * 2**20
MOST_TIMES = 200
"""An entry of more than `FREE_BYTES` that unpacks to so many times its size in the zip is taken for a bomb; a real
table unpacks to 5 to 20 times."""

# What the zipfile module raises on damaged files, as found by flipping their bytes.
DAMAGED = (zipfile.BadZipFile, OSError, EOFError, IndexError, KeyError, RuntimeError, ValueError, struct.error)
DAMAGED_ENTRY = (*DAMAGED, lzma.LZMAError, zlib.error)

ENCRYPTED, UTF_8 = 0x1, 0x800
"""Bits of an entry's flags."""

TWICE = "entries of a name that a later one has, too"


class ZipPictures:
    """The pictures in a zip file, read in place; nothing is unpacked.

    Args:
        path: The zip file.

    Raises:
        CatalogueError: Not a zip file, or one whose entries climb out of it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries: dict[str, zipfile.ZipInfo] = {}
        self._twice: list[str] = []
        self._omissions = Omissions()
        try:
            check_file(path)
            self._zip = zipfile.ZipFile(path)
            for info in self._zip.infolist():
                self._add(info)
        except DAMAGED as error:
            reason = getattr(error, "strerror", None) or error
            raise CatalogueError(
                f"cannot be read as a zip file ({reason})", where=path, fix="download it again"
            ) from error

    def _add(self, info: zipfile.ZipInfo) -> None:
        name = _name_of(info)
        if climbs_out(name):
            raise CatalogueError(
                f"the entry {name!r} climbs out of the zip",
                where=self._path,
                fix="do not trust this file; get another",
            )
        if not name.endswith("/"):
            self._twice += [name] if name in self._entries else []
            self._entries[name] = info

    def __reduce__(self) -> tuple[type["ZipPictures"], tuple[Path]]:
        """Pickles where the zip lies; whoever gets it opens it anew."""
        return ZipPictures, (self._path,)

    @property
    def omissions(self) -> Omissions:
        """What `names` passed over when it was last called."""
        return self._omissions

    def files(self) -> Iterator[str]:
        """Yields the names of all files, sorted, pictures and others."""
        yield from sorted(self._entries)

    def names(self, tables: Collection[str] = ()) -> pl.Series:
        """Returns the names of all pictures, sorted.

        Args:
            tables: Names of entries that are read as tables, so that they do not count as passed over.
        """
        tally = Tally()
        for name in self._twice:
            tally.add(TWICE, name)
        pictures = []
        for name in self.files():
            reason = self._reason(name)
            if reason is None:
                pictures.append(name)
            elif name not in tables:
                tally.add(reason, name)
        self._omissions = tally.omissions()
        return pl.Series(pictures, dtype=pl.String)

    def _reason(self, name: str) -> str | None:
        """Returns why an entry is no picture, None where it is one."""
        *folders, file = name.split("/")
        for part in (*folders, file):
            if reason := passed_over(part):
                return reason
        return None if has_picture_suffix(file) else known_reason(file) or self._look_into(name)

    def _look_into(self, name: str) -> str | None:
        """Returns why an entry is no picture whatever it is called, None where it is one."""
        try:
            with self._zip.open(self._entries[name]) as file:
                return None if begins_like_a_picture(file.read(HEAD)) else NOT_PICTURES
        except DAMAGED_ENTRY:
            return UNREADABLE

    def read(self, name: str) -> bytes:
        """Returns one file's bytes."""
        if (info := self._entries.get(name)) is None:
            raise CatalogueError(f"there is no item named {name!r}", where=self._path)
        if info.flag_bits & ENCRYPTED:
            raise CatalogueError(f"the entry {name!r} is locked with a password", where=self._path)
        if stat.S_ISLNK(info.external_attr >> 16):
            raise CatalogueError(f"the entry {name!r} is a link, and no file", where=self._path)
        size = info.file_size
        if size > max(FREE_BYTES, MOST_TIMES * info.compress_size) or size > MOST_TABLE_BYTES:
            raise CatalogueError(
                f"the entry {name!r} unpacks to {size:,} bytes and is taken for a decompression bomb",
                where=self._path,
                fix="if it is none, unpack the zip and give the folder",
            )
        if size > MOST_BYTES and has_picture_suffix(name):
            raise CatalogueError(f"the entry {name!r} has {size:,} bytes, more than {MOST_BYTES:,}", where=self._path)
        try:
            with self._zip.open(info) as file:
                # No more than it says: without the limit, all that it unpacks to would be in memory at once.
                return file.read(size)
        except DAMAGED_ENTRY as error:
            raise CatalogueError(f"the entry {name!r} cannot be read ({error})", where=self._path) from error

    def stamp(self, name: str) -> str:
        """Returns the checksum that the zip itself keeps of the file."""
        info = self._entries[name]
        return f"{info.CRC:08x}-{info.file_size}"


def _name_of(info: zipfile.ZipInfo) -> str:
    """Returns an entry's name with forward slashes.

    Without a flag that says UTF-8, a name is of the code page 437; macOS writes UTF-8 all the same.
    """
    name = info.filename
    if not info.flag_bits & UTF_8 and not name.isascii():
        with suppress(UnicodeError):
            name = name.encode("cp437").decode()
    return name.replace("\\", "/")
