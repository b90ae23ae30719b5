"""The tables of the benchmarks."""

from pathlib import Path

import polars as pl
import pytest

from benchmarks.rows import Row, Side, as_table, write_table


def row(ours: list[float], peer: list[float], better: str) -> Row:
    facts = {"name": "ours", "precision": "int8", "batch": 64, "versions": {"machine": "M", "numpy": "2.4"}}
    return Row("w", "ms", "10 photos", Side.of(facts, ours), Side("peer", peer), better)  # type: ignore[arg-type]


def test_ratios_compare_the_turns_of_one_round() -> None:
    assert row([10, 40, 20], [5, 10, 10], "more").ratios == [2, 4, 2]
    assert row([10, 40, 20], [5, 10, 10], "less").ratios == [0.5, 0.25, 0.5]


def test_rounds_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        as_table([row([1, 2], [1], "more")], {})


def test_a_table_has_medians_ranges_versions_and_the_machine(tmp_path: Path) -> None:
    table = as_table([row([10, 40, 20], [5, 10, 10.00001], "more")], {"machine": "M"})
    write_table(tmp_path / "new" / "t.csv", table, ("work", "ratio"))
    (found,) = pl.read_csv(tmp_path / "new" / "t.csv").rows(named=True)
    assert (found["ours_median"], found["ours_least"], found["ours_most"]) == (20, 10, 40)
    assert (found["peer_median"], found["ratio"], found["ratio_most"], found["runs"]) == (10, 2, 4, 3)
    assert (found["ours_precision"], found["ours_batch"], found["ours_versions"]) == ("int8", 64, "numpy 2.4")
    assert found["machine"] == "M"
