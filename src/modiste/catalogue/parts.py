"""The parts of a split, and what people call them."""

import re

__all__ = ["PARTS", "USUAL", "part_named"]

PARTS = ("train", "validation", "holdout")

USUAL = {
    "train": "train",
    "training": "train",
    "trainval": "train",
    "trn": "train",
    "val": "validation",
    "valid": "validation",
    "validate": "validation",
    "validation": "validation",
    "dev": "validation",
    "development": "validation",
    "eval": "validation",
    "test": "holdout",
    "tests": "holdout",
    "testing": "holdout",
    "tst": "holdout",
    "holdout": "holdout",
    "hold out": "holdout",
    "held out": "holdout",
}
"""Name, in small letters -> the part that it usually means."""

AROUND = frozenset({"data", "dataset", "image", "images", "photo", "photos", "picture", "pictures", "set", "split"})
"""Words that say nothing of the part: train_set, test-images."""


def part_named(name: str) -> str | None:
    """Returns the part of a split that a name usually means, such as Train, val_set or test2017; None for others."""
    words = [word for word in re.split(r"[\W\d_]+", name.lower()) if word and word not in AROUND]
    text = " ".join(words)
    return USUAL.get(text) or USUAL.get(text.removesuffix("set"))
