"""Delimited text, as programs, spreadsheets and people write it."""

import csv
import io

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modiste.catalogue.tables import Table, read_table
from modiste.errors import CatalogueError

ROWS = [("0001", "p1.jpg", "Tops"), ("0002", "p2.jpg", "Shoes"), ("0003", None, "Kleid grün")]
HEADER = ("id", "image", "kind")


def read(text: str | bytes, text_column: str | None = None) -> Table:
    data = text if isinstance(text, bytes) else text.encode()
    return read_table(data, where="shop.csv", text=text_column)


def written(delimiter: str, end: str) -> str:
    return end.join(delimiter.join(cell or "" for cell in row) for row in (HEADER, *ROWS)) + end


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
@pytest.mark.parametrize("sep", [False, True])
def test_what_spreadsheets_write(delimiter: str, end: str, encoding: str, sep: bool) -> None:
    text = (f"sep={delimiter}{end}" if sep else "") + written(delimiter, end)
    table = read(text.encode(encoding))
    assert table.frame.columns == list(HEADER)
    assert table.frame.rows() == ROWS
    assert table.lines.to_list() == [number + sep for number in (2, 3, 4)]
    assert (table.errors.null_count(), table.repairs.null_count()) == (3, 3)


@pytest.mark.parametrize("header", ['"id";"image";"kind"', " id ; image; kind ", '"id"; image;kind'])
def test_names_of_columns_may_be_quoted_or_padded(header: str) -> None:
    assert read(f"\n{header}\n1;a.jpg;Tops\n").frame.columns == list(HEADER)


def test_columns_without_a_name_of_their_own() -> None:
    table = read("id,image,image,,\n1,a.jpg,b.jpg,x,\n2,c.jpg,,,\n")
    assert table.frame.columns == ["id", "image", "image_2", "column 4"]
    assert table.frame.rows() == [("1", "a.jpg", "b.jpg", "x"), ("2", "c.jpg", None, None)]
    assert table.notes == ("several columns are called 'image': one of them is read as 'image_2'",)
    assert read("a,a_2,a\n1,2,3\n").frame.columns == ["a", "a_2", "a_3"]


def test_trailing_delimiters_and_empty_lines() -> None:
    table = read("id;image\n1;a.jpg;;\n\n;\n2;b.jpg\n;;;\n;\n\n")
    assert table.frame.rows() == [("1", "a.jpg"), (None, None), ("2", "b.jpg")]
    assert table.lines.to_list() == [2, 4, 5]
    assert table.errors.null_count() == 3


def test_decimal_commas_and_commas_in_names_are_no_delimiters() -> None:
    assert read("id;price;name\n1;19,95;Tee, red\n2;5,00;Hat\n").frame.rows() == [
        ("1", "19,95", "Tee, red"),
        ("2", "5,00", "Hat"),
    ]
    assert read("id;price, EUR\n1;19,95\n").frame.columns == ["id", "price, EUR"]


def test_a_single_column_holds_whole_lines() -> None:
    assert read("image\na.jpg\nb, c.jpg\n").frame["image"].to_list() == ["a.jpg", "b, c.jpg"]


def test_surplus_delimiters_belong_to_the_text_if_all_else_is_in_its_place() -> None:
    text = "id;name;year\n1;Tee;2012\n2;Tee; red;2013\n3;Tee;red;blue\n4;Hat\n"
    table = read(text, "name")
    assert table.frame.rows() == [
        ("1", "Tee", "2012"),
        ("2", "Tee; red", "2013"),
        ("3", "Tee", "red;blue"),
        ("4", "Hat", None),
    ]
    assert table.repairs[1] == "4 fields: the surplus semicolons belong to the name 'Tee; red'"
    assert table.errors.to_list() == [
        *(None, None, "4 fields where the header has 3, the surplus not in the name"),
        "2 fields where the header has 3",
    ]
    assert read(text).errors.drop_nulls().to_list()[0] == "4 fields where the header has 3"


def test_a_name_with_inch_signs_and_surplus_commas() -> None:
    table = read('id,name,kind\n1,Sleeve 15", grey,Bags\n2,"Sleeve 15", grey",Bags\n3,"a, b",Bags\n', "name")
    assert table.frame["name"].to_list() == ['Sleeve 15", grey', 'Sleeve 15", grey', "a, b"]
    assert table.frame["kind"].to_list() == ["Bags"] * 3


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty"),
        (b" \n\r\n", "the file is empty"),
        (b"sep=;\n", "the file is empty"),
        (b"id,image\n1,a\0.jpg\n", "line 2 holds a NUL byte"),
        ("id,image\n".encode("utf-16")[:-1], "cannot be read as UTF-16-LE text"),
        (b"id,image\n1,\x81\n", "line 2 is neither UTF-8 nor Windows-1252 text .byte 0x81"),
        (b"<html><table>", "is a web page or XML"),
        (",".join(f"c{number}" for number in range(20_000)).encode(), "20,000 columns, and 10,000 are the most"),
    ],
)
def test_what_is_no_table_is_one_line(data: bytes, message: str) -> None:
    with pytest.raises(CatalogueError, match=message) as caught:
        read(data)
    assert str(caught.value).startswith("shop.csv: ")
    assert len(str(caught.value).splitlines()) == 1


def test_a_file_of_two_encodings_is_read_line_by_line() -> None:
    table = read("id,name\n1,Grün\n".encode() + "2,Zoë – „5 €“\n".encode("cp1252"))
    assert table.frame["name"].to_list() == ["Grün", "Zoë – „5 €“"]
    assert table.notes == ("lines that are not UTF-8, read as Windows-1252: 1 (3)",)
    old_mac = read("id,name\r1,grün\r2,été\r".encode("mac_roman"))
    assert old_mac.frame["name"].to_list() == ["grün", "été"]
    assert old_mac.notes == ("lines that are not UTF-8, read as Mac Roman: 2 (2, 3)",)


def test_rows_that_were_pasted_into_one_column_are_taken_apart() -> None:
    table = read('"id,image,name"\n"1,a.jpg,""Tee, red"""\n"2,b.jpg,15"" bag"\n\x1a')
    assert table.frame.columns == ["id", "image", "name"]
    assert table.frame.rows() == [("1", "a.jpg", "Tee, red"), ("2", "b.jpg", '15" bag')]
    assert table.notes == ("each row stands in quotes as if it were one field, and is read without them",)
    assert read('"image"\n"a, b.jpg"\n').frame.rows() == [("a, b.jpg",)]


CELLS = st.text(st.sampled_from("ab1 ,;|.'"), max_size=6).map(str.strip)


@given(
    rows=st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=8),
    delimiter=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be"]),
)
def test_any_writer_s_table_comes_back(
    rows: list[tuple[str, ...]], delimiter: str, quoting: int, encoding: str
) -> None:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, quoting=quoting).writerows([HEADER, *rows, ("last", "row", "of all")])  # type: ignore[arg-type]
    table = read(buffer.getvalue().encode(encoding))
    expected = pl.DataFrame([*rows, ("last", "row", "of all")], schema=list(HEADER), orient="row")
    assert table.frame.fill_null("").equals(expected)
