"""What a reader passed over: how many of each kind, and which came first. Nothing is left out in silence."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

__all__ = ["EXAMPLES", "Omission", "Omissions"]

EXAMPLES = 3
"""How many names are kept of each reason."""


@dataclass(frozen=True)
class Omission:
    """Things that were passed over for one reason.

    Attributes:
        reason: Why, in words that follow a number: "links that lead in a circle".
        count: How many they are.
        examples: The names of the first of them, at most `EXAMPLES`.
    """

    reason: str
    count: int
    examples: tuple[str, ...]

    def __str__(self) -> str:
        more = ", ..." if self.count > len(self.examples) else ""
        return f"passed over, {self.reason}: {self.count:,} ({', '.join(self.examples)}{more})"

    def as_json(self) -> dict[str, object]:
        """Returns the same as plain values."""
        return asdict(self) | {"examples": list(self.examples)}


class Omissions:
    """Counts what is passed over while something is read; iterates over one `Omission` a reason, in order of sight."""

    def __init__(self, omissions: Iterable[Omission] = ()) -> None:
        self._found: dict[str, Omission] = {}
        self.extend(omissions)

    def add(self, reason: str, name: str) -> None:
        """Counts one thing, by its name."""
        self.extend([Omission(reason, 1, (name,))])

    def extend(self, omissions: Iterable[Omission]) -> None:
        """Counts what others have counted, too."""
        for each in omissions:
            known = self._found.get(each.reason, Omission(each.reason, 0, ()))
            examples = (known.examples + each.examples)[:EXAMPLES]
            self._found[each.reason] = Omission(each.reason, known.count + each.count, examples)

    def __iter__(self) -> Iterator[Omission]:
        return iter(self._found.values())

    def __len__(self) -> int:
        return len(self._found)
