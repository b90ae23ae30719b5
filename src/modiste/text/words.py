"""A product's name -> its terms: words, and pairs of words that stand side by side, in any language."""

from itertools import pairwise
from unicodedata import category, normalize

__all__ = ["LONGEST", "terms_of"]

LONGEST = 500
"""Characters of a name that are read; a description may be longer, and says first what matters."""

KEPT = frozenset("LMN")
"""Unicode's letters, marks and numbers; all else stands between words. Marks are vowels in Hindi and Thai."""

UNSPACED = (("\u3040", "\u30ff"), ("\u3400", "\u9fff"), ("\uf900", "\ufaff"))
"""Kana and Han, which are written without blanks: there, each character is a word, and pairs are what words are."""


def terms_of(name: str | None) -> list[str]:
    """Returns the words of a name, then its pairs of words, each once, in their order.

    Case, width and accents' encoding do not matter. Digits become 0, so that sizes and years of the same form are one
    word, and a model of numbers alone need not be known.

    Args:
        name: Of any kind: None and blanks have no terms.
    """
    words = _words(name or "")
    pairs = [f"{first} {second}" for first, second in pairwise(words)]
    return list(dict.fromkeys([*words, *pairs]))


def _words(name: str) -> list[str]:
    text = normalize("NFKC", f"{name[:LONGEST]} ").casefold().replace("\u2019", "'").replace("'s ", " ")
    return "".join(map(_shown, text)).split()


def _shown(character: str) -> str:
    if character.isascii():
        return character if character.isalpha() else "0" if character.isdigit() else " "
    if any(first <= character <= last for first, last in UNSPACED):
        return f" {character} "
    kind = category(character)
    return "0" if kind == "Nd" else character if kind[0] in KEPT else " "
