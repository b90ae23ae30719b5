"""Text similarity: which label reads most like a product's name."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import HashingVectorizer

__all__ = ["Nearest", "nearest_labels"]

_WORD = r"(?u)\b(\w+?)(?:(?<=ch|sh|ss)es|(?<!s)s)?\b"
"""A word without its plural ending: watches -> watch, shirts -> shirt, dress -> dress."""

_FILLERS = ["and", "for", "of", "with"]

_CHUNK = 4096
"""Names compared at a time: bounds the dense (names, phrases) matrix to a few megabytes."""


@dataclass(frozen=True)
class Nearest:
    """The nearest label of each name.

    Attributes:
        labels: One label per name; None where the name shares no word with any label.
        similarities: Their cosine similarities, shape (names,), from 0 to 1; 0 where there is no label.
    """

    labels: tuple[str | None, ...]
    similarities: NDArray[np.float64]


def nearest_labels(names: Sequence[str], phrases: Mapping[str, Sequence[str]]) -> Nearest:
    """Finds for each name the label with the most similar phrase.

    Names and phrases become counts of words and of pairs of neighbouring words, without plural endings, and
    are compared by the cosine of the angle between them. A label is as similar as the most similar of its
    phrases: joined into one text, a label that covers many kinds of goods would resemble none of them.
    Nothing is fitted, so a name gets the same label in every catalogue. Of equally similar labels the first
    wins.

    Args:
        names: Product names; may be empty texts.
        phrases: label -> the phrases that describe it, for example `Taxonomy.phrases`.

    Returns:
        The nearest label and its similarity for each name.
    """
    vectorizer = HashingVectorizer(
        token_pattern=_WORD, ngram_range=(1, 2), stop_words=_FILLERS, alternate_sign=False, norm="l2"
    )
    owners = [label for label, texts in phrases.items() for _ in texts]
    described = vectorizer.transform([text for texts in phrases.values() for text in texts]).T
    labels: list[str | None] = []
    similarities = [np.empty(0)]
    for chunk in _chunks(names):
        # Rounding keeps equal similarities equal, whatever the order of summation on this machine.
        cosines = (vectorizer.transform(map(_stress_ending, chunk)) @ described).toarray().round(9)
        nearest = cosines.argmax(axis=1)
        top = cosines.max(axis=1)
        labels += [owners[phrase] if cosine > 0 else None for phrase, cosine in zip(nearest, top, strict=True)]
        similarities.append(top)
    return Nearest(tuple(labels), np.concatenate(similarities))


def _chunks(names: Sequence[str]) -> Iterator[Sequence[str]]:
    return (names[start : start + _CHUNK] for start in range(0, len(names), _CHUNK))


def _stress_ending(name: str) -> str:
    """Says the last two words twice: a name ends with what the product is ("U.S. Polo Men Black Shoes")."""
    return " ".join([name, *name.split()[-2:]])
