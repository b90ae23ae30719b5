"""Reads files that somebody else has named: regular ones only, and none that is larger than a limit."""

import errno
import os
import stat
from functools import partial
from pathlib import Path

__all__ = ["check_file", "read_file", "read_head", "read_text"]

NEVER_WAIT = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
"""Without these, opening a named pipe waits until somebody writes into it, and opening a terminal takes it over."""

KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}

MOST_TEXT = 64 * 2**20
"""The most bytes of a file of settings."""


def check_file(path: Path | str, most: int | None = None) -> None:
    """Makes sure that a path is that of a regular file of at most so many bytes, without opening it.

    Raises:
        OSError: It is not, or there is none.
    """
    _check(Path(path).stat(), most)


def read_file(path: Path | str, most: int) -> bytes:
    """Returns a file's bytes.

    Args:
        path: The file.
        most: A file of more bytes is not read.

    Raises:
        OSError: It cannot be read, is no regular file, or is larger.
    """
    # Not by way of a path object and a buffer: both together take longer than the reading of a small file.
    with open(path, "rb", buffering=0, opener=partial(_opened, most=most)) as file:
        return file.readall()


def read_head(path: Path | str, count: int) -> bytes:
    """Returns a file's first bytes, so many or fewer.

    Raises:
        OSError: It cannot be read, or is no regular file.
    """
    with open(path, "rb", buffering=0, opener=partial(_opened, most=None)) as file:
        return file.read(count)


def read_text(path: Path | str) -> str:
    """Returns the text of a file of settings, in UTF-8 with or without a byte order mark.

    Raises:
        OSError: See `read_file`.
        UnicodeDecodeError: It is not UTF-8.
    """
    return read_file(path, MOST_TEXT).decode("utf-8-sig")


def _opened(path: str, flags: int, most: int | None) -> int:
    """Opens a file and returns its descriptor; what is no file or too large is closed again unread."""
    try:
        descriptor = os.open(path, flags | NEVER_WAIT)
    except OSError as error:
        if error.errno == errno.ENXIO:  # so a socket says it
            check_file(path)
        raise
    try:
        _check(os.fstat(descriptor), most)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _check(status: os.stat_result, most: int | None) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, f"it is {KINDS.get(stat.S_IFMT(status.st_mode), 'no file')}")
    if most is not None and status.st_size > most:
        raise OSError(errno.EFBIG, f"it has {status.st_size:,} bytes, more than {most:,}")
