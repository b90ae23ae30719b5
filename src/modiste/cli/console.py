"""Where verbs write to: standard output, which may take some letters only, may be full, or may have been closed."""

import codecs
import errno
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from typing import TextIO

from modiste.errors import ClosedOutputError, OutputError
from modiste.escaping import printable

__all__ = ["abandon_output", "finish_output", "prepare_output", "print_json", "say", "writing"]

CLOSED = frozenset({errno.EPIPE, errno.EINVAL} if os.name == "nt" else {errno.EPIPE})


def prepare_output() -> None:
    """Makes letters that the console does not have appear as escapes; by default they end a program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def finish_output() -> None:
    """Writes what has been kept back.

    Raises:
        ClosedOutputError: Nobody reads any more.
        OutputError: It cannot be written.
    """
    with writing():
        pass


def abandon_output() -> None:
    """Forgets what could not be written: Python would try again at its end, and complain."""
    with suppress(OSError, ValueError), open(os.devnull, "wb") as nothing:  # noqa: PTH123
        os.dup2(nothing.fileno(), sys.stdout.fileno())


@contextmanager
def writing() -> Iterator[TextIO]:
    """Gives standard output, which has everything at the end of the block.

    Raises:
        ClosedOutputError: Nobody reads any more.
        OutputError: It cannot be written.
    """
    try:
        yield sys.stdout
        sys.stdout.flush()
    except OSError as error:
        if error.errno in CLOSED:
            raise ClosedOutputError("nobody reads the output any more") from error
        what = f"it cannot be written ({error.strerror or error})"
        raise OutputError(what, where="the output", fix="make room and run the command again") from error


def say(text: str, *, err: bool = False) -> None:
    """Writes one line; what acts on a terminal, such as a line break in a file's name, appears as an escape.

    Args:
        text: The line.
        err: Write it on standard error: it is no result, and nothing ends because it cannot be written.

    Raises:
        ClosedOutputError: Nobody reads any more.
        OutputError: It cannot be written.
    """
    line = f"{printable(text)}\n"
    if err:
        with suppress(OSError):
            sys.stderr.write(line)
            sys.stderr.flush()
        return
    with writing() as output:
        output.write(line)


def print_json(value: object, *, indent: int | None = 2) -> None:
    """Writes one JSON value; in ASCII, unless the output is UTF-8 and nothing in it acts on a terminal.

    Args:
        value: The value.
        indent: By how much; on one line, if None.

    Raises:
        ClosedOutputError: Nobody reads any more.
        OutputError: It cannot be written.
    """
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    with writing() as output:
        if not _can_be_shown(text, output.encoding or "ascii"):
            text = json.dumps(value, indent=indent).replace("\x7f", "\\u007f")
        output.write(f"{text}\n")


def _can_be_shown(text: str, encoding: str) -> bool:
    # Whoever reads JSON takes it for UTF-8.
    return codecs.lookup(encoding).name == "utf-8" and all(line == printable(line) for line in text.split("\n"))
