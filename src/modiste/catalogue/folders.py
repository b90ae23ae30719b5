"""What the folders of a catalogue mean: which is a class, which a part of a split, which a product.

What is known are the folders that hold pictures. Those around everything say nothing. What lies in them are the
classes; or the parts of a split, and the classes in these; or the classes, and the parts in these. A folder in a class
is a product.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

from modiste.catalogue.parts import AROUND, part_named

__all__ = ["Folder", "Folders", "Place", "Shape", "is_store", "shape_of", "spelling"]

Folder: TypeAlias = tuple[str, ...]
"""A folder's path, name by name; the empty one is the root."""

Folders: TypeAlias = Mapping[Folder, int]
"""The folders that hold pictures, sorted -> how many lie in each itself, not in folders below."""

STORES = AROUND | {"img", "imgs", "jpeg", "jpg", "pics", "png", "thumbnails"}
"""What folders are called that hold pictures of anything."""

FEW = 10
"""A folder with a number for a name and so few pictures is one product's."""


class Place(NamedTuple):
    """What the pictures of a folder are of.

    Attributes:
        label: The class.
        part: The part of a split; None where there is none.
        product: The folder that holds all pictures of the product; None where each picture is a product.
        reason: Why they are of no class; None where they are of one.
    """

    label: str | None = None
    part: str | None = None
    product: Folder | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Shape:
    """How the folders of a catalogue lie in each other.

    Attributes:
        around: The folder that everything lies in.
        parts: Where the parts of a split are: above the classes, below them, or nowhere.
        inside: The folder of a part -> the one in it that all of its classes lie in, relative to it.
    """

    around: Folder = ()
    parts: Literal["above", "below", "nowhere"] = "nowhere"
    inside: Mapping[str, Folder] = field(default_factory=dict)

    def place(self, folder: Folder) -> Place:
        """Says what the pictures of a folder are of."""
        at = len(self.around)
        if len(folder) <= at:
            return Place(reason="photos that lie loose, in no folder of a class")
        if self.parts == "above":
            return self._in_part(folder, at)
        if self.parts == "nowhere":
            return _placed(folder, at, None, product=at + 1)
        if len(folder) == at + 1:
            return Place(reason="photos in the folder of a class, in none of its parts")
        return _placed(folder, at, part_named(folder[at + 1]), product=at + 2)

    def _in_part(self, folder: Folder, at: int) -> Place:
        """Says what the pictures of a folder are of, where its name at a position may be that of a part."""
        part = part_named(folder[at])
        if part is None:
            return Place(reason="photos beside the parts of the split")
        label = at + 1 + len(self.inside[folder[at]])
        if len(folder) <= label:
            return Place(reason="photos in a part of the split, in no folder of a class")
        return _placed(folder, label, part, product=label + 1)


def _placed(folder: Folder, label: int, part: str | None, *, product: int) -> Place:
    """Returns the place of a folder by the positions of its class and its product."""
    name = spelling(folder[label])
    if not name:
        return Place(reason="photos in a folder of a class without a name")
    return Place(name, part, folder[: product + 1] if len(folder) > product else None)


def spelling(name: str) -> str:
    """Returns a folder's name as a label: letters with their marks in one piece, and no needless blanks."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def is_store(name: str) -> bool:
    """Whether a folder is called like one that holds pictures of anything, such as Images or photos_2024."""
    words = [word for word in re.split(r"[\W\d_]+", name.lower()) if word]
    return bool(words) and all(word in STORES for word in words)


def shape_of(folders: Folders) -> Shape:
    """Finds out how folders lie in each other."""
    around = _around(folders)
    inner = _below(folders, around)
    tops = sorted({folder[0] for folder in inner})
    called = [top for top in tops if part_named(top)]
    if _several_parts(called) and _are_parts(inner, called, tops):
        return Shape(around, "above", {top: _inside(_below(inner, (top,))) for top in called})
    seconds = {folder[1] for folder in inner if len(folder) > 1}
    if all(map(part_named, seconds)) and _several_parts(seconds):
        return Shape(around, "below")
    return Shape(around)


def _around(folders: Folders) -> Folder:
    """Returns the folder that everything lies in, but for pictures that lie loose beside it."""
    around: Folder = ()
    while (top := _only_top(inner := _below(folders, around))) is not None:
        below = _below(inner, (top,))
        several = len({folder[0] for folder in below}) > 1
        # A single class with photos in it, or with a folder for each of its products.
        if not below or ((top,) in inner and not several) or _are_products(below):
            break
        around = (*around, top)
    return around


def _only_top(folders: Folders) -> str | None:
    """Returns the one folder that all lie in; None where there are several, or none."""
    tops = {folder[0] for folder in folders}
    return tops.pop() if len(tops) == 1 else None


def _below(folders: Folders, above: Folder) -> dict[Folder, int]:
    """Returns the folders below one, relative to it."""
    at = len(above)
    return {folder[at:]: count for folder, count in folders.items() if len(folder) > at and folder[:at] == above}


def _are_products(folders: Folders) -> bool:
    """Whether folders are called by numbers, for the most part, and hold a few pictures each, as those of products."""
    tops = {folder[0] for folder in folders}
    numbered = [top for top in tops if any(sign.isdigit() for sign in top)]
    return 2 * len(numbered) > len(tops) and sum(folders.values()) <= FEW * len(tops)


def _several_parts(names: Iterable[str]) -> bool:
    return len({part_named(name) for name in names}) > 1


def _are_parts(inner: Folders, called: list[str], tops: list[str]) -> bool:
    """Whether folders that are called like parts of a split are that: they hold folders of the same classes.

    Where nothing else lies beside them, it is enough that one holds any folder.
    """
    classes = [{spelling(folder[0]).casefold() for folder in _below(inner, (top,))} for top in called]
    shared = sum(map(len, classes)) > len(set().union(*classes))
    return shared or (called == tops and any(classes))


def _inside(classes: Folders) -> Folder:
    """Returns the folder in a part that all of its classes lie in: it is called like the part, or like a store."""
    inside: Folder = ()
    while (top := _only_top(_below(classes, inside))) is not None and (part_named(top) or is_store(top)):
        inside = (*inside, top)
    return inside
