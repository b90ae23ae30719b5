"""Files of corrections, and what they do to products."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

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
        ("sku,attribute,after\n", "no column 'path'"),
        ("id,attribute,after\n1,Class,\n", "row 1 has no after"),
        ("id,attribute,after\n1,Class,Dress\n ,Class,Dress\n", "row 2 has no id"),
        ("", "cannot be read as a table"),
    ],
)
def test_a_file_that_will_not_do_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "corrections.csv"
    path.write_text(text)
    with pytest.raises(CatalogueError, match=message):
        read_corrections(path)
    with pytest.raises(CatalogueError, match="cannot be read"):
        read_corrections(tmp_path / "none.csv")


def test_the_last_row_counts(tmp_path: Path) -> None:
    path = tmp_path / "corrections.csv"
    path.write_text("id,attribute,after,reviewer\n1,Class,Tops,Ann\n1,Class,Shirts,Bob\n")
    assert read_corrections(path).rows() == [("1", "Class", "Shirts")]
