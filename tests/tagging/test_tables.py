"""A table that is written part by part: what is in it, whatever becomes of the parts on the way."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from modiste.errors import OutputError
from modiste.predictions import columns_of
from modiste.schema import Attribute, Schema
from modiste.tagging import tables
from modiste.tagging.tables import PartedTable, Written

HOSTILE = 'he said "red", \\ and\nleft'

COLUMNS = columns_of(Schema((Attribute("colour", ("red", "blue")),)), top=2)
BLUE = {"label": "blue", "probability": 0.25}
ROWS = pl.DataFrame(
    [
        ["1.jpg", "2.jpg", "3.jpg"],
        ["red", None, HOSTILE],
        [0.75, None, 0.5],
        ["review", None, "accept"],
        [[{"label": "red", "probability": 0.75}, BLUE], None, [{"label": HOSTILE, "probability": 0.75}, BLUE]],
        [None, "the file is empty", None],
    ],
    schema=COLUMNS,
    orient="col",
)

READERS: dict[str, Callable[[Path], pl.DataFrame]] = {
    ".parquet": pl.read_parquet,
    ".csv": pl.read_csv,
    ".jsonl": pl.read_ndjson,
}


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part is of two rows."""
    monkeypatch.setattr(tables, "PART", 2)


def table(path: Path, *, rows: int = 3, key: str = "a", **options: Any) -> PartedTable:
    settings: dict[str, Any] = {"key": [key], "content": lambda rows: [rows.start], "overwrite": False} | options
    return PartedTable(path, rows, **settings)


def written(path: Path, **options: Any) -> pl.DataFrame:
    """Writes the three rows and reads them again."""
    write(path, **options)
    return READERS[path.suffix](path)


def write(path: Path, **options: Any) -> None:
    with table(path, **options) as writing:
        for number, rows in writing.missing.items():
            writing.add(number, ROWS[rows])
        assert writing.finish(COLUMNS, {}) == Written(3, 1)


def add(path: Path, number: int, part: pl.DataFrame, **options: Any) -> None:
    """Writes one part, as somebody who is stopped then."""
    with table(path, **options) as writing:
        writing.add(number, part)


def missing(path: Path, **options: Any) -> list[int]:
    with table(path, **options) as writing:
        return list(writing.missing)


@pytest.mark.parametrize("suffix", READERS)
def test_what_is_written_is_read_again(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"tags{suffix}"
    read = written(path)
    assert list(tmp_path.iterdir()) == [path]
    assert read.columns == ROWS.columns
    assert read.drop("colour_top").rows() == ROWS.drop("colour_top").rows()
    if suffix == ".csv":
        assert json.loads(read["colour_top"][2]) == [{"label": HOSTILE, "probability": 0.75}, BLUE]
        assert read["colour_top"][1] is None
    else:
        assert read["colour_top"].to_list() == ROWS["colour_top"].to_list()


@pytest.mark.parametrize("suffix", READERS)
def test_brackets_in_a_path_are_nothing_but_names(tmp_path: Path, suffix: str) -> None:
    folder = tmp_path / "brackets [1]*"
    write(folder / f"tags{suffix}")
    (folder / f"tags{suffix}").rename(tmp_path / f"tags{suffix}")
    assert READERS[suffix](tmp_path / f"tags{suffix}").height == 3
    assert not list(folder.iterdir())


@pytest.mark.parametrize("order", [[0, 1], [1, 0], [0, 0, 1, 1], [1, 0, 1]])
def test_parts_may_come_in_any_order_and_more_than_once(tmp_path: Path, order: list[int]) -> None:
    path = tmp_path / "tags.parquet"
    for number in order:
        # Each by somebody else.
        add(path, number, ROWS[2 * number : 2 * number + 2])
    with table(path) as last:
        assert last.missing == {}
        last.finish(COLUMNS, {})
    assert pl.read_parquet(path)["path"].to_list() == ["1.jpg", "2.jpg", "3.jpg"]
    assert list(tmp_path.iterdir()) == [path]


def test_one_that_is_missing_in_the_middle_is_told(tmp_path: Path) -> None:
    path = tmp_path / "tags.parquet"
    five = pl.concat([ROWS, ROWS])[:5]
    for number in (2, 0):
        add(path, number, five[2 * number : 2 * number + 2], rows=5)
    with table(path, rows=5) as again:
        assert again.missing == {1: slice(2, 4)}
        with pytest.raises(OutputError, match=r"2 of its 5 rows are missing: .*; run the same command again"):
            again.finish(COLUMNS, {})
        assert not path.exists()
        again.add(1, five[2:4])
        again.finish(COLUMNS, {})
    assert pl.read_parquet(path).equals(five)


@pytest.mark.parametrize("harm", ["cut", "shorter", "longer", "removed", "emptied"])
def test_rows_are_counted_before_the_table_is_moved_into_place(harm: str, tmp_path: Path) -> None:
    path = tmp_path / "tags.csv"
    with table(path) as writing:
        for number, rows in writing.missing.items():
            writing.add(number, ROWS[rows])
        first = min((tmp_path / ".tags.csv.parts").glob("*.parquet"))
        if harm == "removed":
            first.unlink()
        elif harm in ("cut", "emptied"):
            first.write_bytes(first.read_bytes()[: 100 * (harm == "cut")])
        else:
            ROWS[: 1 if harm == "shorter" else 3].write_parquet(first)
        with pytest.raises(OutputError, match="2 of its 3 rows are missing"):
            writing.finish(COLUMNS, {})
    assert not path.exists()
    assert missing(path) == [0], "and the same command mends it"
    assert written(path).height == 3


@pytest.mark.parametrize(("change", "left"), [({"key": "b"}, [0, 1]), ({"rows": 4}, [1])])
def test_another_job_s_parts_are_not_gone_on_with(tmp_path: Path, change: dict[str, Any], left: list[int]) -> None:
    path = tmp_path / "tags.parquet"
    add(path, 0, ROWS[:2])
    assert missing(path) == [1]
    assert missing(path, **change) == left
    assert missing(path) == left, "and they are gone"


def test_only_the_parts_whose_photos_changed_are_made_again(tmp_path: Path) -> None:
    path = tmp_path / "tags.parquet"
    for number in (0, 1):
        add(path, number, ROWS[2 * number : 2 * number + 2])
    assert missing(path, content=lambda rows: [rows.start or "repaired"]) == [0]
    assert len(list((tmp_path / ".tags.parquet.parts").glob("*.parquet"))) == 1, "what is of no use is removed"


def test_parts_of_another_size_are_not_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "tags.parquet"
    add(path, 0, ROWS[:2])
    monkeypatch.setattr(tables, "PART", 3)
    with table(path) as again:
        assert again.missing == {0: slice(0, 3)}


def test_two_never_write_one_table(tmp_path: Path) -> None:
    path = tmp_path / "tags.csv"
    with table(path) as first:
        for number, rows in first.missing.items():
            first.add(number, ROWS[rows])
        with pytest.raises(OutputError) as refused, table(path, key="b"):
            pass
        assert str(refused.value) == (
            f"{path}: another process (process {os.getpid()} on {socket.gethostname()}) is writing to it; "
            "wait until it is done, or give another --out"
        )
        with table(tmp_path / "other.csv", rows=0) as other:
            other.finish(COLUMNS, {})
        late = table(path)
        assert first.finish(COLUMNS, {}) == Written(3, 1)
    # It looked before the first one was done.
    with pytest.raises(OutputError, match="exists already"), late:
        pass
    assert sorted(each.name for each in tmp_path.iterdir()) == ["other.csv", "tags.csv"]


def test_a_table_that_is_there_stays_unless_asked(tmp_path: Path) -> None:
    path = tmp_path / "tags.csv"
    path.write_text("old")
    with pytest.raises(OutputError, match="exists already"):
        table(path)
    assert path.read_text() == "old"
    with table(path, rows=0, overwrite=True) as writing:
        assert path.read_text() == "old"
        writing.finish(COLUMNS, {})
    assert path.read_text().startswith("path,colour")
    with pytest.raises(OutputError, match=r"no table format is called '\.xlsx'"):
        table(tmp_path / "tags.xlsx")


CARRIED = pl.DataFrame(
    {
        "sku": [7, 8, 9],
        "day": [date(2026, 1, 2), None, date(2026, 3, 4)],
        "tags": [["a", HOSTILE], None, []],
        "sizes": pl.Series([[1.5, 2], [3, None], None], dtype=pl.Array(pl.Float64, 2)),
        "facts": [{"a": 1, "b": ["x"]}, None, {"a": None, "b": []}],
        "lag": [timedelta(hours=1), None, timedelta(days=2, seconds=1.5)],
        "colour": ["rouge", "bleu", None],
        "predicted_colour": ["r", "b", "-"],
    }
)


@pytest.mark.parametrize("suffix", READERS)
def test_carried_columns_come_first_and_keep_their_names(tmp_path: Path, suffix: str) -> None:
    read = written(tmp_path / f"tags{suffix}", carried=CARRIED)
    assert read.columns == [
        *CARRIED.columns,
        *("path", "predicted_predicted_colour", "colour_probability", "colour_decision", "colour_top", "error"),
    ]
    assert read["predicted_predicted_colour"].to_list() == ["red", None, HOSTILE]
    assert read["colour"].to_list() == ["rouge", "bleu", None]
    assert read["sku"].to_list() == [7, 8, 9]
    if suffix == ".parquet":
        assert read.select(CARRIED.columns).equals(CARRIED)
        assert read.schema["day"] == pl.Date


def test_what_is_nested_is_json_in_a_csv_file(tmp_path: Path) -> None:
    read = written(tmp_path / "tags.csv", carried=CARRIED)
    assert [json.loads(cell or "null") for cell in read["tags"]] == [["a", HOSTILE], None, []]
    assert [json.loads(cell or "null") for cell in read["sizes"]] == [[1.5, 2], [3, None], None]
    assert [json.loads(cell or "null") for cell in read["facts"]] == [{"a": 1, "b": ["x"]}, None, {"a": None, "b": []}]
    assert read["lag"].to_list() == ["PT1H", None, "P2DT1.5S"]
    assert read["day"].to_list() == ["2026-01-02", None, "2026-03-04"]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
@pytest.mark.parametrize(
    "binary", [[b"x", None], [[b"x"], None], [{"bytes": b"x"}, None], [[{"deep": {"bytes": b"x"}}], None]]
)
def test_bytes_that_a_format_cannot_hold_are_told_before_the_work(tmp_path: Path, suffix: str, binary: Any) -> None:
    carried = pl.DataFrame({"sku": [1, 2], "thumbnail": binary})
    with pytest.raises(OutputError, match=rf"the column 'thumbnail' is of type .*, which no {suffix} file holds; end"):
        table(tmp_path / f"tags{suffix}", rows=2, carried=carried)
    assert not list(tmp_path.iterdir())
    table(tmp_path / "tags.parquet", rows=2, carried=carried)


def test_carried_columns_are_those_of_the_end(tmp_path: Path) -> None:
    path = tmp_path / "tags.parquet"
    add(path, 0, ROWS[:2], carried=CARRIED)
    dearer = CARRIED.with_columns(pl.col("sku") + 100, price=pl.lit(3))
    assert written(path, carried=dearer).select(dearer.columns).equals(dearer)


def test_metadata_stands_in_a_parquet_file(tmp_path: Path) -> None:
    path = tmp_path / "tags.parquet"
    with table(path, rows=0) as writing:
        writing.finish(COLUMNS, {"modiste": HOSTILE})
    assert pl.read_parquet_metadata(path)["modiste"] == HOSTILE
    assert pl.read_parquet(path).schema == pl.Schema(COLUMNS)


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
import polars as pl
from modiste.errors import OutputError
from modiste.tagging import tables

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
tables.PART = 5000
photos = pl.DataFrame({"path": [f"{number * number}.jpg" for number in range(5000)], "error": [None] * 5000})
content = lambda rows: [rows.start]
with tables.PartedTable(Path(sys.argv[1]), 10_000, key=["a"], content=content, overwrite=False) as table:
    table.add(0, photos)
    if sys.argv[2] == "finish":
        table.add(1, photos)
    # Whatever is written from here on fails as on a full disk; 10,000 bytes are less than a part.
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, resource.RLIM_INFINITY))
    try:
        table.add(1, photos) if sys.argv[2] == "add" else table.finish(photos.schema, {})
    except OutputError as error:
        print(error)
"""


@pytest.mark.parametrize("act", ["add", "finish"])
@pytest.mark.parametrize("suffix", READERS)
def test_a_full_disk_is_one_line_and_what_is_done_stays(
    tmp_path: Path, suffix: str, act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"tags{suffix}"
    done = subprocess.run([sys.executable, "-c", FULL_DISK, path, act], capture_output=True, text=True, check=True)
    (line,) = done.stdout.splitlines()
    assert (
        line
        == f"{path}: cannot be written (File too large); "
        + {
            "add": "5,000 photos are done; make room, and run the same command again: it goes on from there",
            "finish": "make room, and run the same command again",
        }[act]
    )
    assert not list(tmp_path.rglob("*.aside"))
    monkeypatch.setattr(tables, "PART", 5000)
    with table(path, rows=10_000) as again:
        assert list(again.missing) == [1] * (act == "add")
        for number in again.missing:
            again.add(number, pl.DataFrame({"path": ["x"] * 5000, "error": [None] * 5000}))
        again.finish({"path": pl.String, "error": pl.Null}, {})
    assert list(tmp_path.iterdir()) == [path]


def test_a_table_s_folder_is_made_and_a_folder_is_no_table(tmp_path: Path) -> None:
    path = tmp_path / "not" / "there" / "tags.csv"
    with table(path, rows=0) as writing:
        writing.finish(COLUMNS, {})
    assert path.is_file()
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(OutputError, match=r"folder\.csv: is a folder"):
        table(tmp_path / "folder.csv", overwrite=True)
    with pytest.raises(OutputError, match=r"tags\.csv: cannot be written .+; make room, check the path"):
        missing(path / "tags.csv")
