"""Writes docs/results/speed.md and its charts from the tables of the benchmarks.

Use: python scripts/write_speed_results.py, after `make bench-full CATALOGUE=...`

Nothing on that page is typed in by hand: every figure comes from a CSV file in benchmarks/results. Tables that are not
there are left out.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from modiste.reports.figures.sheet import WIDTH, panel, per_cent
from modiste.reports.style import BLUE, INK, MUTED, ORANGE, styled
from result_page import draw, measured, table, write_page

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
        if tables := [found for name in names if (found := measured(name)) is not None]:
            lines += [f"## {heading}", "", *_claims(tables)]
    sections = {
        "serving-soak": _soak,
        "mixed": _mixed,
        "quantisation": _quantised,
        "growth": _growth,
        "candidates": _candidates,
    }
    for name, section in sections.items():
        if (found := measured(name)) is not None:
            lines += section(found)
    write_page("speed", lines)


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


def _claims(tables: Sequence[pl.DataFrame]) -> Iterator[str]:
    rows = [row for each in tables for row in each.iter_rows(named=True)]
    yield from table(("work", "Modiste", "peer", "times as good", "rounds"), map(_claim, rows))
    yield from _environment(rows)


def _claim(row: dict[str, Any]) -> tuple[object, ...]:
    size = f" ({row['size']})" if row["size"] else ""
    ratio = f"{row['ratio']:.1%} of it" if CEILING in row["work"] else f"{_number(row['ratio'])}{_spread(row, 'ratio')}"
    return f"{row['work']}{size}", _side(row, "ours"), _side(row, "peer"), ratio, row["runs"]


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


def _soak(held: pl.DataFrame) -> Iterator[str]:
    facts = held.row(0, named=True)
    yield "## Serving for long"
    yield ""
    yield f"`python -m benchmarks.serving --soak {facts['soak']:g}`: {facts['clients']} clients, each asking again as"
    yield f"soon as it is answered: {facts['answers']:,} answers; {facts['faults']} lost, refused or another's."
    least, most = held["megabytes"].sort()[[0, -1]]
    yield f"Resident memory between {least:.0f} and {most:.0f} MB; machine"
    yield f"{facts['machine']}, modiste {facts['modiste']}."
    yield ""
    alt = "Resident memory of the service over the seconds of steady load"
    yield from draw("speed-soak", soak_chart(held), alt=alt, caption="Memory over time")


def _mixed(held: pl.DataFrame) -> Iterator[str]:
    facts, last = held.row(0, named=True), held.row(-1, named=True)
    yield "## Mixed requests"
    yield ""
    command = f"python -m benchmarks.mixed --requests {last['requests']} --seed {facts['seed']}"
    yield f"`{command}`: {facts['kinds']} kinds of requests, good, bad and cut off,"
    yield f"from {facts['clients']} clients in {last['seconds'] / 60:.0f} minutes; each was answered as it should be."
    yield "Memory and descriptors after parts of them:"
    yield ""
    yield "| requests | MB | descriptors |"
    yield "|---:|---:|---:|"
    for row in held[[int(share * (held.height - 1) / 5) for share in range(6)]].iter_rows(named=True):
        yield f"| {row['requests']:,} | {row['megabytes']:.0f} | {row['descriptors']} |"
    yield ""
    yield f"Machine {facts['machine']}, Python {facts['python']}, modiste {facts['modiste']},"
    yield f"onnxruntime {facts['onnxruntime']}, FastAPI {facts['fastapi']}, uvicorn {facts['uvicorn']}."
    yield ""


def _quantised(compared: pl.DataFrame) -> Iterator[str]:
    facts = compared.row(0, named=True)
    yield "## What leaving the lab costs in accuracy"
    yield ""
    yield f"On the hold-out of the run that the bundle was made of: {facts['ours']}, {facts['ours_precision']}, beside"
    yield f"{facts['peer']}, {facts['peer_precision']}."
    yield ""
    yield from table(("what", "bundle", "network", "points lost"), map(_lost, compared.iter_rows(named=True)))


def _lost(row: dict[str, Any]) -> tuple[str, ...]:
    bundle, network = row["ours_median"], row["peer_median"]
    return f"{row['work']}, {row['size']}", f"{bundle:.4f}", f"{network:.4f}", f"{100 * (network - bundle):+.2f}"


def _growth(counts: pl.DataFrame) -> Iterator[str]:
    facts = counts.row(0, named=True)
    yield "## As the work grows"
    yield ""
    yield f"{facts['tagger']}, {facts['precision']}, batch {facts['batch']}; the photos of {facts['catalogue']},"
    yield f"repeated under new names; each count in a process of its own, medians of {facts['runs']} rounds."
    yield ""
    columns = {
        "photos": "photos",
        "seconds": "seconds",
        "milliseconds_a_photo": "milliseconds a photo",
        "times_the_first": "times that of the first row",
        "peak_megabytes": "peak of resident memory, MB",
    }
    rows = counts.select(*columns).iter_rows()
    yield from table(list(columns.values()), ((f"{photos:,}", *cells) for photos, *cells in rows))
    alt = "Time and memory of tagging over the count of photos"
    yield from draw("speed-growth", growth_chart(counts), alt=alt, caption="Time and memory over the count of photos")


def _candidates(tried: pl.DataFrame) -> Iterator[str]:
    attribute = tried["attribute"][0]
    yield "## What networks know and what they cost"
    yield ""
    yield f"Accuracy of {attribute} on the hold-out, from each bundle's card; milliseconds a photo with pixels in"
    yield f"memory, in batches of {tried['batch'][0]}."
    yield ""
    columns = {
        "candidate": "network",
        "pixels": "pixels",
        "engine": "engine",
        "precision": "precision",
        "accuracy": "accuracy",
        "milliseconds": "ms a photo",
        "million_multiply_adds": "million multiply-adds",
        "megabytes": "bundle, MB",
    }
    yield from table(list(columns.values()), tried.sort("milliseconds").select(*columns).iter_rows())
    alt, caption = "Accuracy over milliseconds a photo of the networks tried", "Accuracy over milliseconds a photo"
    yield from draw("speed-candidates", candidates_chart(tried), alt=alt, caption=caption)


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


if __name__ == "__main__":
    main()
