"""A benchmark's table: each row a claim, what was measured of us and of the peer, and how many times as good we are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Literal

import polars as pl

__all__ = ["Row", "Side", "as_table", "percentile", "write_table"]


@dataclass(frozen=True)
class Side:
    """What was measured of one side.

    Attributes:
        name: What ran.
        values: One a round, in the order of the rounds.
        precision: Of the numbers that it computed with; empty where nothing is computed.
        batch: Pictures at a time; 0 where that means nothing.
        versions: Of what it stands on, package by package.
    """

    name: str
    values: Sequence[float]
    precision: str = ""
    batch: int = 0
    versions: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, facts: Mapping[str, Any], values: Sequence[float]) -> "Side":
        """Returns the side of a contestant that said these facts of itself."""
        # The machine is the same one, and stands in columns of its own.
        versions = {name: text for name, text in facts["versions"].items() if name not in {"machine", "system"}}
        return cls(facts["name"], values, facts.get("precision", ""), facts.get("batch", 0), versions)


@dataclass(frozen=True)
class Row:
    """A claim.

    Attributes:
        work: What was done.
        unit: Of the values.
        size: Of the work, in words, for instance how many photos.
        ours: Our side.
        peer: The other one.
        better: Whether `more` or `less` of the unit is better.
    """

    work: str
    unit: str
    size: str
    ours: Side
    peer: Side
    better: Literal["more", "less"] = "more"

    @property
    def ratios(self) -> list[float]:
        """How many times as good we are, round by round: the machine's speed may drift from one to the next."""
        pairs = zip(self.ours.values, self.peer.values, strict=True)
        return [ours / peer if self.better == "more" else peer / ours for ours, peer in pairs]


def as_table(rows: Sequence[Row], machine: Mapping[str, str]) -> pl.DataFrame:
    """Returns rows as a table: medians, and the least and the most of each side and of the ratio.

    Args:
        rows: The claims.
        machine: See `modiste.runs.describe_environment`; it goes into every row.
    """
    return pl.DataFrame([_cells(row) | dict(machine) for row in rows])


def write_table(out: Path, table: pl.DataFrame, shown: Sequence[str]) -> None:
    """Prints some columns of a table, and writes all of it as CSV."""
    with pl.Config(tbl_rows=-1, tbl_cols=-1, tbl_width_chars=180, fmt_str_lengths=60, tbl_hide_dataframe_shape=True):
        print(table.select(shown))
    out.parent.mkdir(parents=True, exist_ok=True)
    table.write_csv(out)


def percentile(values: Sequence[float], share: int) -> float:
    """Returns the value that so many of a hundred do not exceed."""
    return quantiles(values, n=100, method="inclusive")[share - 1]


def _cells(row: Row) -> dict[str, object]:
    return {
        "work": row.work,
        "size": row.size,
        "unit": row.unit,
        "better": row.better,
        **_side("ours", row.ours),
        **_side("peer", row.peer),
        **_spread("ratio", row.ratios),
        "runs": len(row.ratios),
    }


def _side(name: str, side: Side) -> dict[str, object]:
    return {
        name: side.name,
        f"{name}_precision": side.precision,
        f"{name}_batch": side.batch,
        f"{name}_versions": ", ".join(f"{package} {version}" for package, version in side.versions.items()),
        **_spread(f"{name}_median", side.values, prefix=name),
    }


def _spread(name: str, values: Sequence[float], prefix: str | None = None) -> dict[str, object]:
    short = prefix or name
    return {
        name: _rounded(median(values)),
        f"{short}_least": _rounded(min(values)),
        f"{short}_most": _rounded(max(values)),
    }


def _rounded(value: float) -> float:
    """Four significant digits: more would be noise."""
    return float(f"{value:.4g}")
