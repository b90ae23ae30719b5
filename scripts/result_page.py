"""What the pages in docs/results share: where they lie, and tables, code and charts in Markdown."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import polars as pl
from matplotlib.figure import Figure

from modiste.reports.svg import to_svg

__all__ = ["CATALOGUE", "code", "draw", "listed", "measured", "table", "write_page", "written_by"]

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "docs" / "results"
MEASURED = ROOT / "benchmarks" / "results"

CATALOGUE = '`CATALOGUE` stands for the zip that Kaggle publishes as "Fashion Product Images (Small)".'


def write_page(name: str, lines: Iterable[str]) -> None:
    """Writes a page of results."""
    (RESULTS / f"{name}.md").write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def written_by(command: str, source: str) -> str:
    """Returns the line that says where a page's figures come from."""
    return f"Written by `scripts/{command}` from {source}; nothing here is typed in by hand."


def table(header: Sequence[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Yields the lines of a table, and a blank one."""
    yield f"| {' | '.join(header)} |"
    yield "|---" * len(header) + "|"
    for row in rows:
        yield f"| {' | '.join(map(str, row))} |"
    yield ""


def code(language: str, *lines: str) -> Iterator[str]:
    """Yields the lines of a block of code, and a blank one."""
    yield from (f"```{language}", *lines, "```", "")


def listed(facts: Mapping[str, object]) -> str:
    """Returns facts, such as the machine and the versions, in a line."""
    return ", ".join(f"{name} {value}" for name, value in facts.items())


def draw(name: str, figure: Figure, *, alt: str, caption: str | None = None) -> Iterator[str]:
    """Writes a chart beside the pages; yields the line that shows it, and a blank one.

    Args:
        name: The file's, without its suffix.
        figure: The chart.
        alt: What it shows, for those who cannot see it.
        caption: The same on the page; by default `alt`.
    """
    (RESULTS / f"{name}.svg").write_text(to_svg(figure, name=name, alt=alt), encoding="utf-8")
    yield from (f"![{caption or alt}]({name}.svg)", "")


def measured(name: str) -> pl.DataFrame | None:
    """Returns the table that a benchmark wrote; None where there is none."""
    path = MEASURED / f"{name}.csv"
    return pl.read_csv(path) if path.exists() else None
