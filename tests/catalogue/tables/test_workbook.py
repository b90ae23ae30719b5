"""Excel workbooks, sound and hostile."""

import io
import random
import zipfile
from contextlib import suppress
from pathlib import Path

import polars as pl
import pytest
from tests.catalogue.tables.workbooks import Cell, workbook

from modiste.catalogue.tables import Table, is_table, read_table
from modiste.errors import CatalogueError

ROWS: list[list[Cell]] = [
    ["id", " image ", "price", "size", "new", "code", "n"],
    [1, "a.jpg", 5, 38, True, "007", 2.5],
    [2, "b.jpg", 5.5, "M", False, 8, 3],
    [None, None, None, None, None, None, None],
]


def read(data: bytes) -> Table:
    return read_table(data, where="shop.xlsx")


def test_cells_keep_their_types_and_numbers_are_no_fractions() -> None:
    table = read(workbook({"Products": ROWS}))
    assert dict(table.frame.schema) == {
        "id": pl.Int64,
        "image": pl.String,
        "price": pl.Float64,
        "size": pl.String,
        "new": pl.Boolean,
        "code": pl.String,
        "n": pl.Float64,
    }
    assert table.frame.rows() == [(1, "a.jpg", 5.0, "38", True, "007", 2.5), (2, "b.jpg", 5.5, "M", False, "8", 3.0)]
    assert (table.lines.to_list(), table.unit, table.notes) == ([2, 3], "row", ())


def test_the_first_visible_sheet_that_holds_anything_is_read() -> None:
    table = read(workbook({"old": [["x"]], "empty": [], "now": [[], ["id", "image"], ["1", "a.jpg"]]}, hidden=["old"]))
    assert table.frame.rows() == [("1", "a.jpg")]
    assert table.lines.to_list() == [3]
    assert table.notes == ("of 2 sheets, 'now' is read",)


def test_a_workbook_is_one_whatever_it_is_called(tmp_path: Path) -> None:
    for name in ("shop.xlsx", "shop.xls", "shop.csv"):
        (tmp_path / name).write_bytes(workbook({"a": ROWS}))
        assert is_table(tmp_path / name)
        assert read_table(tmp_path / name).frame.height == 2
    # And what programs call a workbook is often text.
    (tmp_path / "shop.xls").write_text("id\timage\n1\ta.jpg\n")
    assert read_table(tmp_path / "shop.xls").frame.rows() == [("1", "a.jpg")]


def changed(data: bytes, name: str, content: bytes | None) -> bytes:
    """Returns a workbook with another entry, or without it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.namelist():
            if entry != name:
                new.writestr(entry, old.read(entry))
        if content is not None:
            new.writestr(name, content)
    return buffer.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
SOUND = workbook({"a": ROWS})
CORNERS = (
    b'<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c>'
)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (workbook({"a": [], "b": []}), "no sheet of the workbook holds anything"),
        (changed(SOUND, SHEET, None), "cannot be read as an Excel workbook"),
        (changed(SOUND, SHEET, CORNERS + b"</row></sheetData></worksheet>"), "17,179,869,184 cells up to its last one"),
        (changed(SOUND, SHEET, b" " * (64 * 2**20)), "taken for a decompression bomb"),
        (SOUND[:-30], "cannot be read as an Excel workbook"),
        (SOUND[:4] + b"nothing of the kind", "cannot be read as an Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "is an old Excel workbook"),
        (changed(SOUND, "xl/workbook.xml", None), "is a zip file, and no table"),
        (changed(changed(SOUND, "xl/workbook.xml", None), "content.xml", b""), r"\.ods"),
    ],
)
def test_what_cannot_be_read_is_one_line(data: bytes, message: str) -> None:
    with pytest.raises(CatalogueError, match=message) as caught:
        read(data)
    assert len(str(caught.value).splitlines()) == 1


def test_an_entry_that_says_less_than_it_unpacks_to_is_refused() -> None:
    data = bytearray(changed(SOUND, SHEET, b" " * (64 * 2**20)))
    real = (64 * 2**20).to_bytes(4, "little")
    lying = bytes(data).replace(real, (1000).to_bytes(4, "little"))
    with pytest.raises(CatalogueError, match="cannot be read as an Excel workbook"):
        read(lying)


def test_damage_of_any_kind_is_read_or_refused() -> None:
    rng = random.Random(0)
    for _ in range(150):
        data = bytearray(SOUND)
        for _ in range(rng.randint(1, 4)):
            data[rng.randrange(4, len(data))] = rng.randrange(256)
        with suppress(CatalogueError):
            read(bytes(data))
