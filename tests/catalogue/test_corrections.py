"""Files of corrections, and what they do to products."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.catalogue.tables.workbooks import workbook

from modiste.catalogue.corrections import (
    Correction,
    corrections_csv,
    corrections_frame,
    read_corrections,
    write_corrections,
)
from modiste.errors import CatalogueError, OutputError

WHEN = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)

HOSTILE = [
    Correction("=1+1/photos/1.jpg", "Class", "Tops", "=HYPERLINK(1)", "@Ann", WHEN),
    Correction('\'quoted, "twice"\n.jpg', "+attribute", "-", "\u2212 1", "'; DROP TABLE", WHEN),
]


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".CSV"])
def test_what_is_written_is_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"corrections{suffix}"
    write_corrections(HOSTILE, path)
    read = read_corrections(path)
    assert read.rows() == [(each.path, each.attribute, each.after) for each in HOSTILE]
    write_corrections([], path)
    assert read_corrections(path).height == 0


def test_a_csv_holds_no_formula_and_the_time_in_utc() -> None:
    text = corrections_csv(HOSTILE).decode()
    assert text.startswith(
        "path,attribute,before,after,reviewer,when\n'=1+1/photos/1.jpg,Class,Tops,'=HYPERLINK(1),'@Ann"
    )
    assert "2026-01-02T03:04:05.000678Z" in text


def test_a_table_keeps_everything() -> None:
    frame = corrections_frame(HOSTILE)
    assert frame.row(0) == ("=1+1/photos/1.jpg", "Class", "Tops", "=HYPERLINK(1)", "@Ann", WHEN)


def test_another_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"no format of corrections is called '\.xlsx'"):
        write_corrections(HOSTILE, tmp_path / "corrections.xlsx")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,atribute,after\n", r"no column 'attribute' \(did you mean 'atribute'\?\)"),
        ("sku,attribute,after\n", "no column 'id' or 'path'"),
        ("id,attribute,after\n1,Class,\n", "line 2 has no after"),
        ("id,attribute,after\n1,Class,Dress\n ,Class,Dress\n", "line 3 has no id"),
        ("", "the file is empty"),
    ],
)
def test_a_file_that_will_not_do_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "corrections.csv"
    path.write_text(text)
    with pytest.raises(CatalogueError, match=message):
        read_corrections(path)
    with pytest.raises(CatalogueError, match="cannot be read"):
        read_corrections(tmp_path / "none.csv")


SAVED = {
    "semicolons.csv": "\ufeffid;attribute;after;note\r\n1;Class;Grün;belt 15\" long\r\n2;Class;'=1;x\r\n".encode(),
    "tabs.csv": "id\tattribute\tafter\n 1 \tClass\t Grün \n2\tClass\t'=1\n".encode("utf-16"),
    "windows.csv": "sep=,\nid,attribute,after\r1,Class,Grün\r2,Class,'=1\r".encode("cp1252"),
    "padded.tsv": "\n id\t attribute \tafter\t\t\n1\t Class\tGrün\t\t\n2\tClass\t'=1\t\t\n\t\t\t\t\n".encode(),
    "lines.jsonl": b'{"id": 1, "attribute": "Class", "after": "Gr\\u00fcn"}\n'
    b'{"id": 2, "attribute": "Class", "after": "=1"}\n',
    "book.xlsx": workbook({"a": [["id", "attribute", "after"], [1, "Class", "Grün"], [2, " Class", "'=1"]]}),
}


@pytest.mark.parametrize("name", SAVED)
def test_what_spreadsheets_make_of_it_is_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(SAVED[name])
    assert read_corrections(tmp_path / name).rows() == [("1", "Class", "Grün"), ("2", "Class", "=1")]


HEADER = "id,attribute,after\n"

HOSTILE_FILES = {
    **{
        f"{number}.csv": content.encode("utf-8", "surrogateescape")
        for number, content in enumerate(
            [
                *(
                    "",
                    " ",
                    "\n\n",
                    "sep=;",
                    "x",
                    "\0",
                    "id,attribute,after\n1,Class,\0",
                    "<html></html>",
                    "{",
                    "[]",
                    "{}",
                    "7",
                ),
                *("\udc81", HEADER + "\udc81\udc81", '"' * 1001, '"a,' * 5000, "," * 20_000, "a," * 5000, "\r" * 9),
                *("id:attribute:after\n1:Class:Dress\n", "path;attribut;after\n", "ID,ATTRIBUTE,AFTER\n1,a,b\n"),
                *(
                    HEADER + row
                    for row in ("1,Class\n", "1,Class,Dress,x\n", ",Class,Dress\n", "1,,Dress\n", "1,Class, \n")
                ),
                *(HEADER + row for row in ('1,Class,""\n', "1\n", '1,"Class\n', "'=1,Class,'\n,,\n1,2,3\n")),
                HEADER + "1,Class,Dress\n" * 50 + "x" * 200_000,
                *(
                    '{"id": 1}',
                    '{"id": 1, "attribute": "a", "after": [1]}\n{"id": 1, "attribute": "a", "after": null}\n',
                ),
                *(
                    '{"id": {"a": 1}, "attribute": "a"}',
                    '[{"id": 1, "attribute": "a", "after": "b"}, 3]',
                    "[" * 100_000,
                ),
            ]
        )
    },
    "cut.csv": (HEADER + "1,Class,Dress\n").encode("utf-16")[:-3],
    "zeros.csv": bytes(1000),
    "ff.csv": b"\xff" * 1000,
    "half.parquet": b"PAR1",
    "a.arrow": b"ARROW1\0\0",
    "b.feather": b"",
    "a.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
    "a.xlsx": b"PK\x03\x04" + bytes(100),
    "none.xlsx": workbook({"a": []}),
    "other.xlsx": workbook({"a": [["x"], [1]]}),
    "gap.xlsx": workbook({"a": [["id", "attribute", "after"], [1, "Class", None]]}),
    "photo.csv": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "paper.csv": b"%PDF-1.7",
    "packed.csv": b"\x1f\x8b" + bytes(100),
}


@pytest.mark.parametrize("name", HOSTILE_FILES)
def test_a_hostile_file_is_one_clear_line(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(HOSTILE_FILES[name])
    with pytest.raises(CatalogueError) as caught:
        read_corrections(tmp_path / name)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / name}: ")
    assert len(message.splitlines()) == 1
    assert len(message) < 600 + len(str(tmp_path))


def test_a_row_that_is_broken_is_named_by_its_line(tmp_path: Path) -> None:
    for name, content, reason in (
        ("a.csv", "id;attribute;after\n\n1;Class;Dress\n2;Class\n", "line 4: 2 fields where the header has 3"),
        ("b.csv", "id;attribute;after\n\n1;Class;Dress\n2;Class;  \n", "line 4 has no after"),
        (
            "c.jsonl",
            '{"id": 1, "attribute": "a", "after": "b"}\n\n{"id": 2, "attribute": "a"}\n',
            "line 3 has no after",
        ),
    ):
        (tmp_path / name).write_text(content)
        with pytest.raises(CatalogueError, match=reason):
            read_corrections(tmp_path / name)


def test_the_last_row_counts(tmp_path: Path) -> None:
    path = tmp_path / "corrections.csv"
    path.write_text("id,attribute,after,reviewer\n1,Class,Tops,Ann\n1,Class,Shirts,Bob\n")
    assert read_corrections(path).rows() == [("1", "Class", "Shirts")]
