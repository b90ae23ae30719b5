"""Bytes to text: UTF-8, UTF-16 and what older programs write."""

import codecs
import re

from modiste.errors import CatalogueError

__all__ = ["decoded"]

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is its first half
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""How a file may say what it is encoded in: its byte order mark, and the encoding."""

SAMPLE = 4096
"""So many bytes show whether a file without a mark is UTF-16: then nearly every second one is 0."""

LINE_END = re.compile(rb"\r\n|\r|\n")

SHOWN = 3
"""How many lines a note names."""


def decoded(data: bytes, where: str) -> tuple[str, tuple[str, ...]]:
    """Returns the text of a file, and what was guessed, a line each.

    Args:
        data: The whole file.
        where: Its name, for errors.

    Raises:
        CatalogueError: It is no text, or of an encoding that we do not know.
    """
    mark, encoding = next((known for known in MARKS if data.startswith(known[0])), (b"", _guessed(data)))
    body = data[len(mark) :]
    notes: tuple[str, ...] = ()
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding != "utf-8":
            raise CatalogueError(
                f"cannot be read as {encoding.upper()} text (it is cut off or damaged)",
                where=where,
                fix="save it again, as UTF-8",
            ) from error
        text, notes = _line_by_line(body, where)
    if "\0" in text:
        line = len(LINE_END.findall(text[: text.index("\0")].encode())) + 1
        raise CatalogueError(
            f"line {line} holds a NUL byte, so it is no table of text, or damaged",
            where=where,
            fix="save it again as CSV, in UTF-8",
        )
    # Old programs end a file by a control character.
    return text.lstrip("\ufeff").removesuffix("\x1a"), notes


def _guessed(data: bytes) -> str:
    """Returns the encoding of a file that does not say it."""
    sample = data[:SAMPLE]
    zeros = [sample[start::2].count(0) for start in (0, 1)]
    enough = len(sample) // 4
    if zeros[1] > enough and zeros[0] == 0:
        return "utf-16-le"
    return "utf-16-be" if zeros[0] > enough and zeros[1] == 0 else "utf-8"


def _line_by_line(data: bytes, where: str) -> tuple[str, tuple[str, ...]]:
    """Decodes a file that is not UTF-8, or not in every line, as where two exports were put together."""
    older = _older(data)
    parts: list[str] = []
    others: list[int] = []
    for number, line in enumerate(LINE_END.split(data), start=1):
        try:
            parts.append(line.decode())
        except UnicodeDecodeError:
            others.append(number)
            try:
                parts.append(line.decode(older))
            except UnicodeDecodeError as error:
                raise CatalogueError(
                    f"line {number} is neither UTF-8 nor Windows-1252 text (byte 0x{line[error.start]:02x})",
                    where=where,
                    fix="save the file as UTF-8",
                ) from error
    named = {"cp1252": "Windows-1252", "mac_roman": "Mac Roman"}[older]
    lines = ", ".join(map(str, others[:SHOWN])) + (", ..." if len(others) > SHOWN else "")
    note = f"lines that are not UTF-8, read as {named}: {len(others):,} ({lines})"
    return "\n".join(parts), (note,)


def _older(data: bytes) -> str:
    """Returns what a file that is not UTF-8 is likely encoded in.

    Old programs of the Mac end lines by a carriage return alone; their letters with accents are where Windows has
    punctuation, and the other way round.
    """
    if b"\n" in data:
        return "cp1252"
    low = sum(0x80 <= byte < 0xA0 for byte in data)
    high = sum(byte >= 0xC0 for byte in data)
    return "mac_roman" if low > high else "cp1252"
