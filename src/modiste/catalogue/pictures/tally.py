"""Counts what a listing passes over, in whatever order it comes."""

from bisect import insort

from modiste.catalogue.omissions import EXAMPLES, Omission, Omissions

__all__ = ["Tally"]


class Tally:
    """Counts files by the reason why they are passed over and keeps the names that come first by alphabet.

    A system lists a folder in any order; the same folder must be told of in the same words every time.
    """

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._first: dict[str, list[str]] = {}

    def add(self, reason: str, name: str) -> None:
        """Counts one file."""
        self._counts[reason] = self._counts.get(reason, 0) + 1
        first = self._first.setdefault(reason, [])
        if len(first) < EXAMPLES or name < first[-1]:
            insort(first, name)
            del first[EXAMPLES:]

    def omissions(self) -> Omissions:
        """Returns what was counted, by reason."""
        return Omissions(Omission(reason, count, tuple(self._first[reason])) for reason, count in self._sorted())

    def _sorted(self) -> list[tuple[str, int]]:
        return sorted(self._counts.items())
