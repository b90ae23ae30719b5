"""Text from anywhere, made safe to be shown: control characters act on a terminal, and a line break forges a line."""

import unicodedata

__all__ = ["printable"]

ACTING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Categories of Unicode: control characters, marks that turn or hide text, halves of pairs, which stand for bytes that
are no text, and separators of lines and paragraphs."""

JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
"""Persian, Hindi and emoji are written with these."""


def printable(text: str) -> str:
    r"""Returns a text on one line, in which all that acts, instead of being seen, is an escape such as `\x1b`."""
    if text.isprintable():
        return text
    return "".join(map(_shown, text))


def _shown(letter: str) -> str:
    if unicodedata.category(letter) in ACTING and letter not in JOINERS:
        return letter.encode("unicode_escape").decode("ascii")
    return letter
