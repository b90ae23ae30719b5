"""Writes docs/results/speed.md and its charts from the tables of the benchmarks.

Use: python scripts/write_speed_results.py, after `make bench-full CATALOGUE=...`

Nothing on that page is typed in by hand: every figure comes from a CSV file in benchmarks/results. Tables that are not
there are left out.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from modiste.reports.figures.sheet import WIDTH, panel, per_cent
from modiste.reports.style import BLUE, INK, MUTED, ORANGE, styled
from modiste.reports.svg import to_svg

ROOT = Path(__file__).parents[1]
MEASURED = ROOT / "benchmarks" / "results"
RESULTS = ROOT / "docs" / "results"

SECTIONS = {
    "Tagging": ("tagging", "tagging-openvino", "latency", "start"),
    "Serving": ("serving",),
    "Learning": ("training", "arithmetic", "pixels"),
    "What it takes": ("memory", "disk"),
}
"""Heading -> the tables of claims under it."""

ENVIRONMENT = ("machine", "system", "python", "modiste")
"""The columns that say where it was measured."""

CEILING = "arithmetic beside"
"""In the name of the work where the peer is the machine's own limit, and the ratio a share of it."""


def main() -> None:
    """Writes the page."""
    lines = [*_intro()]
    for heading, names in SECTIONS.items():
        tables = [table for name in names if (table := _read(name)) is not None]
        if tables:
            lines += [f"## {heading}", "", *_claims(tables)]
    sections = {"serving-soak": _soak, "quantisation": _quantised, "growth": _growth, "candidates": _candidates}
    for name, section in sections.items():
        if (table := _read(name)) is not None:
            lines += section(table)
    (RESULTS / "speed.md").write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def _intro() -> Iterator[str]:
    yield "# How fast it is"
    yield ""
    yield "Written by `scripts/write_speed_results.py` from the tables in `benchmarks/results`; nothing here is typed"
    yield "in by hand. `make bench-full CATALOGUE=...` makes them all; where sizes or rounds are others than its own, a"
    yield "table was made by `python -m benchmarks.NAME --catalogue ...` with these. Each claim stands beside its peer,"
    yield "on the same machine, in the same run: both take turns, and those of one round are compared."
    yield "Figures are medians of the rounds, in brackets the least and the"
    yield "most. *Times as good* is above 1 where we are better. Absolute figures depend on the machine."
    yield ""
    yield "`make bench` measures a short version of all of it, on a drawn catalogue, in a quarter of an hour."
    yield ""


def _read(name: str) -> pl.DataFrame | None:
    path = MEASURED / f"{name}.csv"
    return pl.read_csv(path) if path.exists() else None


def _claims(tables: Sequence[pl.DataFrame]) -> Iterator[str]:
    rows = [row for table in tables for row in table.iter_rows(named=True)]
    yield "| work | Modiste | peer | times as good | rounds |"
    yield "|---|---|---|---|---|"
    for row in rows:
        size = f" ({row['size']})" if row["size"] else ""
        ratio = f"{_number(row['ratio'])}{_spread(row, 'ratio')}"
        if CEILING in row["work"]:
            ratio = f"{row['ratio']:.1%} of it"
        yield f"| {row['work']}{size} | {_side(row, 'ours')} | {_side(row, 'peer')} | {ratio} | {row['runs']} |"
    yield ""
    yield from _environment(rows)


def _side(row: dict[str, Any], side: str) -> str:
    """What ran, how, and what it came to."""
    how = [row[f"{side}_precision"] or "", f"batch {row[f'{side}_batch']}" if row[f"{side}_batch"] else ""]
    named = ", ".join([row[side], *filter(None, how)])
    return f"**{_number(row[f'{side}_median'])} {row['unit']}**{_spread(row, side)}: {named}"


def _spread(row: dict[str, Any], name: str) -> str:
    least, most = row[f"{name}_least"], row[f"{name}_most"]
    return "" if least == most else f" [{_number(least)}, {_number(most)}]"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _environment(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yields the machine and all versions, each once."""
    words = [", ".join(f"{name} {row[name]}" for name in ENVIRONMENT if row.get(name)) for row in rows]
    versions = [row[f"{side}_versions"] or "" for row in rows for side in ("ours", "peer")]
    each = [part for text in (*words, *versions) for part in text.split(", ") if part]
    yield f"{', '.join(dict.fromkeys(each))}."
    yield ""


def _soak(table: pl.DataFrame) -> Iterator[str]:
    facts = table.row(0, named=True)
    _draw("speed-soak", soak_chart(table), "Resident memory of the service over the seconds of steady load")
    yield "## Serving for long"
    yield ""
    yield f"`python -m benchmarks.serving --soak {facts['soak']:g}`: {facts['clients']} clients, each asking again as"
    yield f"soon as it is answered: {facts['answers']:,} answers; {facts['faults']} lost, refused or another's."
    least, most = table["megabytes"].sort()[[0, -1]]
    yield f"Resident memory between {least:.0f} and {most:.0f} MB; machine"
    yield f"{facts['machine']}, modiste {facts['modiste']}."
    yield ""
    yield "![Memory over time](speed-soak.svg)"
    yield ""


def _quantised(table: pl.DataFrame) -> Iterator[str]:
    facts = table.row(0, named=True)
    yield "## What leaving the lab costs in accuracy"
    yield ""
    yield f"On the hold-out of the run that the bundle was made of: {facts['ours']}, {facts['ours_precision']}, beside"
    yield f"{facts['peer']}, {facts['peer_precision']}."
    yield ""
    yield "| what | bundle | network | points lost |"
    yield "|---|---|---|---|"
    for row in table.iter_rows(named=True):
        lost = 100 * (row["peer_median"] - row["ours_median"])
        yield f"| {row['work']}, {row['size']} | {row['ours_median']:.4f} | {row['peer_median']:.4f} | {lost:+.2f} |"
    yield ""


def _growth(table: pl.DataFrame) -> Iterator[str]:
    facts = table.row(0, named=True)
    _draw("speed-growth", growth_chart(table), "Time and memory of tagging over the count of photos")
    yield "## As the work grows"
    yield ""
    yield f"{facts['tagger']}, {facts['precision']}, batch {facts['batch']}; the photos of {facts['catalogue']},"
    yield f"repeated under new names; each count in a process of its own, medians of {facts['runs']} rounds."
    yield ""
    yield "| photos | seconds | milliseconds a photo | times that of the first row | peak of resident memory, MB |"
    yield "|---|---|---|---|---|"
    for row in table.iter_rows(named=True):
        cells = [row["seconds"], row["milliseconds_a_photo"], row["times_the_first"], row["peak_megabytes"]]
        yield f"| {row['photos']:,} | {' | '.join(map(str, cells))} |"
    yield ""
    yield "![Time and memory over the count of photos](speed-growth.svg)"
    yield ""


def _candidates(table: pl.DataFrame) -> Iterator[str]:
    attribute = table["attribute"][0]
    _draw("speed-candidates", candidates_chart(table), "Accuracy over milliseconds a photo of the networks tried")
    yield "## What networks know and what they cost"
    yield ""
    yield f"Accuracy of {attribute} on the hold-out, from each bundle's card; milliseconds a photo with pixels in"
    yield f"memory, in batches of {table['batch'][0]}."
    yield ""
    yield "| network | pixels | engine | precision | accuracy | ms a photo | million multiply-adds | bundle, MB |"
    yield "|---|---|---|---|---|---|---|---|"
    columns = ("candidate", "pixels", "engine", "precision", "accuracy", "milliseconds", "million_multiply_adds")
    for row in table.sort("milliseconds").iter_rows(named=True):
        yield f"| {' | '.join(str(row[name]) for name in (*columns, 'megabytes'))} |"
    yield ""
    yield "![Accuracy over milliseconds a photo](speed-candidates.svg)"
    yield ""


@styled
def soak_chart(table: pl.DataFrame) -> Figure:
    """Draws resident memory over time.

    Args:
        table: `seconds`, `megabytes`.
    """
    figure, (axes,) = panel(2.2, WIDTH)
    axes.plot(table["seconds"], table["megabytes"], color=ORANGE)
    _from_zero(axes, table["megabytes"])
    axes.set_xlim(left=0)
    axes.set_ylabel("resident MB")
    axes.set_xlabel("seconds")
    return figure


@styled
def growth_chart(table: pl.DataFrame) -> Figure:
    """Draws time, beside the line of strict proportion through the first count, and memory.

    Args:
        table: `photos`, `seconds`, `peak_megabytes`.
    """
    photos, seconds = table["photos"].to_numpy(), table["seconds"].to_numpy()
    figure, (above, below) = panel(3.8, WIDTH, rows=(3, 2))
    proportion = seconds[0] * photos / photos[0]
    above.plot(
        photos, proportion, color=MUTED, linewidth=0.9, linestyle=(0, (2, 2)), label="in proportion to the first"
    )
    above.plot(photos, seconds, color=BLUE, marker="o", markersize=4, label="measured")
    above.set_xscale("log")
    above.set_yscale("log")
    above.set_ylabel("seconds (logarithmic)")
    above.legend(loc="upper left")
    below.plot(photos, table["peak_megabytes"].to_numpy(), color=ORANGE, marker="o", markersize=4)
    _from_zero(below, table["peak_megabytes"])
    below.set_ylabel("peak MB")
    below.set_xlabel("photos (logarithmic)")
    below.set_xticks(photos, [f"{count:,}" for count in photos])
    for axis in (above.yaxis, below.xaxis):
        axis.set_minor_formatter(NullFormatter())
    above.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    return figure


@styled
def candidates_chart(table: pl.DataFrame) -> Figure:
    """Draws accuracy over milliseconds, a point for each network with each engine.

    Args:
        table: `candidate`, `engine`, `accuracy`, `milliseconds`.
    """
    figure, (axes,) = panel(3.2, WIDTH)
    for engine, colour in zip(table["engine"].unique(maintain_order=True), (BLUE, ORANGE, INK), strict=False):
        some = table.filter(pl.col("engine") == engine)
        axes.plot(some["milliseconds"], some["accuracy"], "o", color=colour, label=engine)
    for name, each in table.group_by("candidate", maintain_order=True):
        first = each.sort("milliseconds").row(0, named=True)
        place = first["milliseconds"], first["accuracy"]
        axes.annotate(str(name[0]), place, xytext=(4, 6), textcoords="offset points", color=INK)
    axes.margins(0.25)
    axes.set_xlim(left=0)
    axes.set_xlabel("milliseconds a photo")
    axes.set_ylabel(f"accuracy of {table['attribute'][0]}")
    per_cent(axes.yaxis)
    axes.legend(loc="lower right")
    return figure


def _from_zero(axes: Axes, values: pl.Series) -> None:
    """Shows values with zero, and with room for the line above the highest."""
    axes.set_ylim(0, 1.2 * float(values.to_numpy().max()))


def _draw(name: str, figure: Figure, alt: str) -> None:
    (RESULTS / f"{name}.svg").write_text(to_svg(figure, name=name, alt=alt), encoding="utf-8")


if __name__ == "__main__":
    main()
