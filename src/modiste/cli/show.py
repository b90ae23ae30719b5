"""How verbs show things: progress on standard error, tables on standard output."""

import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from modiste.cli.console import say, writing
from modiste.escaping import printable

if TYPE_CHECKING:
    from modiste.catalogue.omissions import Omission
    from modiste.workflows.scores import AttributeScores

__all__ = ["print_attributes", "print_omissions", "print_scores", "print_table", "shown_progress"]

SECONDS_BETWEEN_LINES = 15.0

WIDEST = 10_000
"""More letters than a line of any table has; one that is narrower is not filled up."""


def print_omissions(omissions: "Iterable[Omission]", *, err: bool = False) -> None:
    """Prints what was passed over, a line for each reason, whatever the names hold."""
    for each in omissions:
        say(str(each), err=err)


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Prints a table; the first column is text, the others are set to the right.

    A terminal gets it cut to its width; a file or a pipe gets it whole.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    def shown(value: object) -> Text:
        # Text, not markup: names may hold square brackets.
        return Text(printable(str(value)))

    table = Table(title=shown(title), title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for number, column in enumerate(columns):
        table.add_column(shown(column), justify="left" if number == 0 else "right")
    for row in rows:
        table.add_row(*map(shown, row))
    with writing() as output:
        console = Console(file=output, width=None if output.isatty() else WIDEST)
        with console.capture() as drawn:  # where it writes itself, it ends the program when nobody reads
            console.print(table)
        output.write(drawn.get())


def print_scores(title: str, parts: "Mapping[str, AttributeScores]") -> None:
    """Prints the scores of parts; where pictures leaked into one, a second row leaves them out."""
    rows = []
    for part, scores in parts.items():
        rows.append((part, scores.scores))
        if scores.leaked and scores.without_leaks:
            rows.append((f"{part} without {scores.leaked} leaked pictures", scores.without_leaks))
    print_table(
        title,
        ("part", "products", "accuracy", "top-3", "macro-F1", "balanced accuracy"),
        [(name, item.n, item.accuracy, item.top3, item.macro_f1, item.balanced_accuracy) for name, item in rows],
    )


def print_attributes(title: str, attributes: "Mapping[str, AttributeScores]") -> None:
    """Prints the scores of a tagger's attributes, and what becomes of their answers at the target precision."""
    rows = []
    for name, item in attributes.items():
        if (decided := item.decisions) is None:
            continue
        precision = decided.precision if decided.accepted else "none accepted"
        rows.append((name, item.scores.n, item.scores.accuracy, item.scores.macro_f1, decided.coverage, precision))
    columns = ("attribute", "products", "accuracy", "macro-F1", "accepted", "precision of accepted")
    print_table(title, columns, rows)


@contextmanager
def shown_progress() -> Iterator["_Bar | _Lines"]:
    """Shows a job's progress on standard error: a bar on a terminal, else a line now and then."""
    shown = _Bar() if sys.stderr.isatty() else _Lines()
    try:
        yield shown
    finally:
        shown.close()


class _Lines:
    """A line at the end of each stage, and one now and then in between."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, stage: str, done: int, total: int, note: str = "") -> None:
        now = time.monotonic()
        if done >= total or now - self._last >= SECONDS_BETWEEN_LINES:
            self._last = now
            say(f"{stage}: {done} of {total}{', ' if note else ''}{note}", err=True)

    def close(self) -> None:
        """Nothing is open."""


class _Bar:
    """One bar per stage, with the time left."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}", markup=False),
            console=Console(stderr=True),
        )
        self._tasks: dict[str, object] = {}
        self._bars.start()

    def __call__(self, stage: str, done: int, total: int, note: str = "") -> None:
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(printable(stage), total=total, note="")
        self._bars.update(self._tasks[stage], completed=done, note=printable(note))  # type: ignore[arg-type]

    def close(self) -> None:
        """Leaves the bars as they are."""
        self._bars.stop()
