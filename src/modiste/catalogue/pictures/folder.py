"""The pictures below a folder."""

import errno
import os
import stat
from collections.abc import Collection, Iterator
from contextlib import suppress
from itertools import islice
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
from modiste.catalogue.pictures.names import as_on_disk, is_utf8, path_prefix, shown
from modiste.catalogue.pictures.references import spelt
from modiste.catalogue.pictures.store import MOST_BYTES
from modiste.catalogue.pictures.tally import Tally
from modiste.errors import CatalogueError
from modiste.files import read_file, read_head

__all__ = ["FolderPictures"]

CHUNK = 8192
"""Names of a folder's files that are looked at together."""

SHUT = "folders that cannot be opened"
CIRCLE = "links that lead in a circle"
AGAIN = "links to folders that are read already"
NOWHERE = "links that lead nowhere"
SPECIAL = "named pipes, sockets and devices"


class FolderPictures:
    """The pictures below a folder.

    Links to folders are followed, each folder once. A file whose name is not UTF-8 text is called by the bytes of it:
    see `names.shown`.

    Args:
        root: The folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._start = path_prefix(root)
        self._omissions = Omissions()

    @property
    def omissions(self) -> Omissions:
        """What `names` passed over when it was last called."""
        return self._omissions

    def names(self, tables: Collection[str] = ()) -> pl.Series:
        """Returns the names of all pictures relative to the folder, sorted.

        Args:
            tables: Names of files that are read as tables, so that they do not count as passed over.

        Raises:
            CatalogueError: The folder cannot be opened.
        """
        tally = Tally()
        found, chunks = _Walk(self._root, tally, tables).pictures(), [pl.Series(dtype=pl.String)]
        # A few at a time: as Python's strings, those of 400,000 pictures would take more than all of tagging.
        while chunk := list(islice(found, CHUNK)):
            chunks.append(pl.Series(chunk if is_utf8("".join(chunk)) else map(shown, chunk), dtype=pl.String))
        self._omissions = tally.omissions()
        return pl.concat(chunks).sort()

    def found(self, references: pl.Series) -> pl.Series:
        """Returns the names of the files that references mean; one that means none stays as it is.

        Only the folders that they lead to are listed, and these only where a file is not called as it is written.

        Args:
            references: What `references.names_in` returned.
        """
        missing: dict[str, list[str]] = {}
        for name in references:
            if not os.path.lexists(self._start + name):
                missing.setdefault(name.rpartition("/")[0], []).append(name)
        found: dict[str, str] = {}
        for folder, names in missing.items():
            real = self._found_folder(folder)
            # Where there is no such folder, a zip of Windows may have left files with backslashes in their names.
            last = names if real is None else [name.rpartition("/")[2] for name in names]
            files = spelt(pl.Series(last), self._listed(real or ""))
            found |= {name: (real or "") + file for name, file in zip(names, files, strict=True) if file is not None}
        return references.replace(found) if found else references

    def _found_folder(self, folder: str) -> str | None:
        """Returns the folder that a reference means, with a slash at its end, None where there is none."""
        # Not `Path.is_dir`, which fails where a name is too long or a folder may not be entered.
        if not folder or os.path.isdir(self._start + folder):  # noqa: PTH112
            return f"{folder}/" if folder else ""
        above, _, name = folder.rpartition("/")
        real = self._found_folder(above)
        found = None if real is None else spelt(pl.Series([name]), self._listed(real))[0]
        return None if found is None else f"{real}{found}/"

    def _listed(self, folder: str) -> pl.Series:
        """Returns the names of what lies in a folder; nothing where it cannot be opened."""
        with suppress(OSError):
            return pl.Series([shown(each.name) for each in (self._root / folder).iterdir()], dtype=pl.String)
        return pl.Series(dtype=pl.String)

    def read(self, name: str, most: int = MOST_BYTES) -> bytes:
        """Returns one file's bytes."""
        try:
            return read_file(self._path(name), most)
        except OSError as error:
            raise CatalogueError(f"cannot be read ({error.strerror})", where=self._start + name) from error
        except ValueError as error:  # a NUL in the name, which a table may hold and no folder
            raise CatalogueError(f"cannot be read ({error})", where=self._start + name) from error

    def _path(self, name: str) -> str:
        path = self._start + name
        # It may be the text of a name that is none.
        return path if "\\x" not in name or os.path.lexists(path) else self._start + as_on_disk(name)

    def stamp(self, name: str) -> str:
        """Returns the file's size and time of change."""
        path = self._path(name)
        try:
            # Not by way of a path object, which takes as long again.
            status = os.stat(path)  # noqa: PTH116
        except (OSError, ValueError):
            return "unreadable"  # for instance a link to nowhere; reading it says so
        if not os.access(path, os.R_OK):
            return "unreadable"  # it changes when the file may be read
        return f"{status.st_size}-{status.st_mtime_ns}"


class _Walk:
    """One walk through a folder and all that is below it, folders first, then what links lead to."""

    def __init__(self, root: Path, tally: Tally, tables: Collection[str]) -> None:
        self._start = path_prefix(root)
        self._root = root
        self._tally = tally
        self._tables = tables
        self._folders = [""]
        self._links: list[str] = []
        # What lies above is never read by way of a link: it is not the folder that was given.
        self._seen: set[tuple[int, int]] = set()
        with suppress(OSError):
            self._seen.update(_identity(each) for each in root.resolve().parents)

    def pictures(self) -> Iterator[str]:
        """Yields the names of all pictures, in any order, and counts the rest."""
        while self._folders or self._links:
            if not self._folders:
                # By name, so that of two links to one folder it is always the same that is followed.
                self._links.sort(reverse=True)
            linked = not self._folders
            below = self._links.pop() if linked else self._folders.pop()
            try:
                identity = _identity(self._start + below or ".")
                if identity in self._seen:
                    self._pass_over(CIRCLE if self._is_above(below) else AGAIN, below)
                    continue
                self._seen.add(identity)
                with os.scandir(self._start + below or ".") as entries:
                    for entry in entries:
                        if self._is_picture(entry, below):
                            yield below + entry.name
            except OSError as error:
                if not below:
                    raise CatalogueError(f"cannot be opened ({error.strerror})", where=self._root) from error
                self._pass_over(f"{SHUT} ({error.strerror})", below)

    def _is_picture(self, entry: os.DirEntry[str], below: str) -> bool:
        """Whether an entry of a folder is a picture; a folder is put with those that wait."""
        name = entry.name
        if _is_folder(entry):
            if reason := passed_over(name):
                self._pass_over(reason, f"{below}{name}/")
            else:
                (self._links if entry.is_symlink() else self._folders).append(f"{below}{name}/")
            return False
        reason = passed_over(name)
        if reason is None and (
            has_picture_suffix(name) or not (reason := known_reason(name) or self._look_into(entry))
        ):
            return True
        if below + name not in self._tables:
            self._pass_over(reason, below + name)
        return False

    def _look_into(self, entry: os.DirEntry[str]) -> str | None:
        """Returns why a file is no picture whatever it is called, None where it is one."""
        try:
            if not stat.S_ISREG(entry.stat().st_mode):
                return SPECIAL
            return None if begins_like_a_picture(read_head(entry.path, HEAD)) else NOT_PICTURES
        except OSError as error:
            if entry.is_symlink() and error.errno in {errno.ENOENT, errno.ELOOP}:
                return CIRCLE if error.errno == errno.ELOOP else NOWHERE
            return f"{UNREADABLE} ({error.strerror})"

    def _is_above(self, below: str) -> bool:
        """Whether a link leads to a folder that it lies in."""
        link = Path(self._start + below)
        return link.parent.resolve().is_relative_to(link.resolve())

    def _pass_over(self, reason: str, name: str) -> None:
        self._tally.add(reason, shown(name))


def _identity(folder: Path | str) -> tuple[int, int]:
    status = Path(folder).stat()
    return status.st_dev, status.st_ino


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # for instance a link that leads to itself
        return False
