"""Which product a name is of: an id or the path of a photo, as spreadsheets, systems and people write them."""

import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from modiste.catalogue.products import Id

__all__ = ["Named", "named_by_id", "named_by_path"]

Parts = tuple[str, ...]


@dataclass(frozen=True)
class Named:
    """What names came to.

    Attributes:
        ids: Name -> the id of its product, of names that are one product's.
        unknown: The names that are no product's.
        ambiguous: The names that may be several products'.
    """

    ids: Mapping[str, Id]
    unknown: tuple[str, ...]
    ambiguous: tuple[str, ...]

    @classmethod
    def of(cls, found: Mapping[str, Collection[Id]]) -> "Named":
        """Sorts names by how many products each may be of."""
        return cls(
            ids={name: next(iter(ids)) for name, ids in found.items() if len(ids) == 1},
            unknown=tuple(name for name, ids in found.items() if not ids),
            ambiguous=tuple(name for name, ids in found.items() if len(ids) > 1),
        )


def named_by_id(names: Iterable[str], products: Iterable[Id]) -> Named:
    """Finds products by their ids: the same ones, or else the same but for case, blanks and the form of Unicode.

    Args:
        names: Ids as somebody wrote them.
        products: The products' own.
    """
    exact: dict[str, set[Id]] = defaultdict(set)
    alike: dict[str, set[Id]] = defaultdict(set)
    for identity in products:
        exact[str(identity)].add(identity)
        alike[_folded(str(identity))].add(identity)
    return Named.of({name: exact.get(name) or alike.get(_folded(name), set()) for name in names})


def named_by_path(names: Iterable[str], pictures: Iterable[tuple[str, Id]]) -> Named:
    r"""Finds products by the paths of their pictures.

    A path is the picture's of which one name ends in the other, folder by folder. Where there is none, case, blanks and
    the form of Unicode need not be the same; and then the file's name is enough, whatever the folders, where it is one
    product's alone. A `\` parts folders as a `/` does.

    Args:
        names: Paths as somebody wrote them.
        pictures: The name of each picture, and whose it is.
    """
    exact: dict[str, set[tuple[Parts, Id]]] = defaultdict(set)
    alike: dict[str, set[tuple[Parts, Id]]] = defaultdict(set)
    for picture, identity in pictures:
        parts, plain = _parts(picture), _parts(_folded(picture))
        exact[parts[-1]].add((parts, identity))
        alike[plain[-1]].add((plain, identity))

    def products_of(name: str) -> set[Id]:
        parts, plain = _parts(name), _parts(_folded(name))
        same, similar = exact.get(parts[-1], set()), alike.get(plain[-1], set())
        ends = _ending(parts, same) or _ending(plain, similar)
        return ends or {identity for _, identity in same} or {identity for _, identity in similar}

    return Named.of({name: products_of(name) for name in names})


def _ending(path: Parts, pictures: Iterable[tuple[Parts, Id]]) -> set[Id]:
    """Returns the products one of whose pictures' names ends in a path, or the path in it."""
    found = set()
    for own, identity in pictures:
        length = min(len(own), len(path))
        if own[-length:] == path[-length:]:
            found.add(identity)
    return found


def _parts(path: str) -> Parts:
    """Returns the names of a path's folders and its file, at least one."""
    return PurePosixPath(path.replace("\\", "/")).parts or ("",)


def _folded(text: str) -> str:
    """Returns text without what people do not see or mind: case, blanks around names, the form of Unicode."""
    names = unicodedata.normalize("NFC", text).casefold().replace("\\", "/").split("/")
    return "/".join(" ".join(name.split()) for name in names)
