import csv
import io

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modiste.catalogue.spreadsheets import defused, restored

FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "\u3000=1",
    "\uff1d1",
    "\uff0b1",
    "\uff20",
    "-",
]

ANY_TEXT = st.text(st.characters(codec="utf-8") | st.sampled_from("=+-@'\t\r\n \uff1d"), max_size=8)


def through(function: object, *texts: str | None) -> list[str | None]:
    frame = pl.DataFrame({"text": list(texts)}, schema={"text": pl.String})
    assert callable(function)
    return frame.select(function(pl.col("text")))["text"].to_list()


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_becomes_text(formula: str) -> None:
    assert through(defused, formula) == [f"'{formula}"]


def test_text_stays_as_it_is() -> None:
    texts = ["Dress", "T-Shirt", "a=b", "1", "", None, "é"]
    assert through(defused, *texts) == texts
    assert through(restored, *texts, "'90s", "'") == [*texts, "'90s", "'"]


@given(st.lists(ANY_TEXT, min_size=1))
def test_what_was_defused_is_restored_and_never_begins_as_a_formula(texts: list[str]) -> None:
    safe = through(defused, *texts)
    assert through(restored, *safe) == texts
    for cell in safe:
        assert cell is not None
        assert cell[:1] not in {"=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"}
        assert cell.lstrip()[:1] not in {"=", "+", "-", "@"}


def test_all_columns_are_restored_at_once() -> None:
    frame = pl.DataFrame({"a": ["'=1"], "b": ["''x"]})
    assert frame.with_columns(restored(pl.all())).row(0) == ("=1", "'x")


def test_a_csv_reader_sees_the_apostrophe() -> None:
    frame = pl.DataFrame({"a": ['=cmd|"/c calc"!A1', "x"]}).with_columns(defused(pl.col("a")))
    assert next(csv.reader(io.StringIO(frame.write_csv().split("\n", 1)[1])))[0] == '\'=cmd|"/c calc"!A1'
