"""Tables that have types: they are kept."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from modiste.catalogue.products import ProductTable, products_of
from modiste.catalogue.sources import Catalogue
from modiste.catalogue.tables import Table, read_table
from modiste.errors import CatalogueError
from modiste.schema import Schema

SCHEMA = Schema.load()

TYPED = pl.DataFrame(
    {
        "id": pl.Series([3, 4], dtype=pl.Int32),
        "year": pl.Series([2012, None], dtype=pl.Int16),
        "price": [9.5, float("nan")],
        "since": [date(2026, 1, 2), None],
        "changed": [datetime(2026, 1, 2, tzinfo=UTC)] * 2,
        "sold": [True, None],
        "gender": pl.Series(["Men ", "NA"], dtype=pl.Categorical),
        "season": pl.Series(["Fall", None], dtype=pl.Enum(["Fall", "Winter"])),
        "usage": ["", " Sports"],
        "tags": [["a", ""], ["NA"]],
        "sizes": [[38, 40], []],
        "maker": [{"name": "NA", "city": "Ulm"}, None],
        "vector": pl.Series([[1.0, 2.0], [3.0, 4.0]], dtype=pl.Array(pl.Float32, 2)),
    }
)


def taken(frame: pl.DataFrame, **columns: str) -> ProductTable:
    return products_of(Table.whole("shop", "columnar", frame), schema=SCHEMA, columns=columns)


def test_types_are_kept_and_what_is_missing_is_null() -> None:
    read = taken(TYPED)
    assert read.frame.schema == TYPED.schema | {
        "id": pl.Int64(),
        "gender": pl.String(),
        "season": pl.String(),
    }
    assert read.frame.drop("id").to_dict(as_series=False) == {
        "year": [2012, None],
        "price": [9.5, None],
        "since": [date(2026, 1, 2), None],
        "changed": [datetime(2026, 1, 2, tzinfo=UTC)] * 2,
        "sold": [True, None],
        "gender": ["Men", None],
        "season": ["Fall", None],
        "usage": [None, "Sports"],
        "tags": [["a", ""], ["NA"]],
        "sizes": [[38, 40], []],
        "maker": [{"name": "NA", "city": "Ulm"}, None],
        "vector": [[1.0, 2.0], [3.0, 4.0]],
    }
    assert (read.rows, read.repaired, read.rejected) == (2, (), ())


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (pl.Series([7, 8], dtype=pl.UInt64), [7, 8]),
        (pl.Series([7.0, 8.0]), [7, 8]),  # as pandas writes whole numbers with gaps
        (pl.Series([7.5, 8.0]), ["7.5", "8.0"]),
        (pl.Series(["007", " 8 "]), ["007", "8"]),
        (pl.Series(["7", "8"]), ["7", "8"]),
        (pl.Series([2**63, 1], dtype=pl.UInt64), ["9223372036854775808", "1"]),
        (pl.Series(["a", "b"], dtype=pl.Categorical), ["a", "b"]),
        (pl.Series([date(2026, 1, 2), date(2026, 1, 3)]), ["2026-01-02", "2026-01-03"]),
    ],
)
def test_ids_are_whole_numbers_or_text(ids: pl.Series, expected: list[object]) -> None:
    frame = taken(pl.DataFrame({"id": ids})).frame
    assert frame["id"].to_list() == expected
    assert frame.schema["id"] in (pl.Int64, pl.String)


def test_rows_without_an_id_of_their_own_are_rejected_with_their_number_and_the_reason() -> None:
    frame = pl.DataFrame({"sku": ["a", "", "b", "a", None, "NA", "b"], "gender": list("mmmwwww")})
    read = taken(frame, id="sku")
    assert read.frame.rows() == [("a", "m"), ("b", "m")]
    assert [(item.line, item.reason) for item in read.rejected] == [
        (2, "no id"),
        (4, "id a stands in row 1 already"),
        (5, "no id"),
        (6, "no id"),
        (7, "id b stands in row 3 already"),
    ]
    assert read.rows == 7


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pl.DataFrame({"ids": [1]}), r"shop: no column 'id' \(did you mean 'ids'\?\)"),
        (pl.DataFrame({"id": [], "gender": []}), "no usable product among 0 data rows"),
        (pl.DataFrame({"id": [None, None]}), "no usable product among 2 data rows"),
        (pl.DataFrame({"id": [[1], [2]]}), r"the ids are of the type List\(Int64\); give a column of numbers or text"),
        (pl.DataFrame({"id": [1], " id": [2]}), "two columns are called 'id'"),
    ],
)
def test_a_table_without_usable_ids_is_refused(frame: pl.DataFrame, message: str) -> None:
    with pytest.raises(CatalogueError, match=message):
        taken(frame)


def test_a_year_that_is_text_becomes_a_number() -> None:
    assert taken(pl.DataFrame({"id": [1, 2], "year": ["2012", "soon"]})).frame["year"].to_list() == [2012, None]


WRITERS: dict[str, Callable[[pl.DataFrame, Path], object]] = {
    "shop.parquet": pl.DataFrame.write_parquet,
    "shop.arrow": pl.DataFrame.write_ipc,
    "shop.feather": pl.DataFrame.write_ipc,
    "shop.IPC": pl.DataFrame.write_ipc,
    "stream.arrow": pl.DataFrame.write_ipc_stream,
}


@pytest.mark.parametrize("name", WRITERS)
def test_files_are_read_with_their_types(name: str, tmp_path: Path) -> None:
    WRITERS[name](TYPED, tmp_path / name)
    assert read_table(tmp_path / name).frame.equals(TYPED)
    opened = Catalogue.open(tmp_path / name).products.frame
    assert opened.drop("images").equals(taken(TYPED).frame)


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow", "a.feather"])
def test_a_damaged_file_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    for data in (b"", b"no", b"ARROW1\0\0 and nothing of the kind", b"PAR1"):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(CatalogueError, match=r"cannot be read as (Parquet|Arrow)") as caught:
            Catalogue.open(tmp_path / name)
        assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("suffix", ["parquet", "arrow"])
def test_brackets_in_a_path_are_nothing_but_names(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "shop [1]*" / f"all*.{suffix}"
    path.parent.mkdir()
    frame = pl.DataFrame({"id": [1]})
    (frame.write_parquet if suffix == "parquet" else frame.write_ipc)(path)
    assert read_table(path).frame.equals(frame)


@pytest.mark.parametrize(("name", "reader"), [("a.parquet", "read_parquet"), ("a.arrow", "read_ipc_stream")])
def test_a_panic_of_the_reader_is_no_traceback(
    name: str, reader: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def panic(*_: object, **__: object) -> None:
        raise pl.exceptions.PanicException("range end index 33552 out of range for slice of length 5105")

    (tmp_path / name).write_bytes(b"")
    monkeypatch.setattr(pl, reader, panic)
    with pytest.raises(CatalogueError, match=r"cannot be read as \w+ \(it is damaged\); write it again"):
        read_table(tmp_path / name)
