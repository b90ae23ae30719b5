import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modiste.catalogue.tables.delimited import lines_of
from modiste.catalogue.tables.records import Splitter

FIELDS = st.text(st.sampled_from('",\n x') | st.characters(codec="utf-8", exclude_characters="\r"), max_size=6)
TABLES = st.integers(1, 3).flatmap(lambda width: st.lists(st.lists(FIELDS, min_size=width, max_size=width), max_size=5))


def read(text: str) -> list[tuple[int, tuple[str, ...]]]:
    """Returns the records of a text whose first line of any content is a header."""
    lines = lines_of(text)
    full = [number for number, line in enumerate(lines) if line.strip()]
    if not full:
        return []
    header, used = Splitter(",").record(lines, full[0])
    below = full[0] + used
    found = Splitter(",", len(header)).records(lines.slice(below))
    return [(full[0] + 1, tuple(header)), *((below + line, tuple(fields)) for line, fields in found.iter_rows())]


@given(rows=TABLES, end=st.sampled_from(["\n", "\r\n"]))
def test_what_a_csv_writer_wrote_comes_back(rows: list[list[str]], end: str) -> None:
    header = [f"column {number}" for number in range(len(rows[0]) if rows else 1)]
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator=end).writerows([header, *rows])
    assert [list(fields) for _, fields in read(buffer.getvalue())] == [header, *rows]


@given(
    names=st.lists(st.text("ab ,", min_size=1), min_size=1, max_size=40),
    row=st.integers(0, 39),
    place=st.integers(0, 9),
)
def test_one_stray_quote_swallows_nothing(names: list[str], row: int, place: int) -> None:
    lines = ["id,name", *(f"{number},{name}" for number, name in enumerate(names))]
    row = row % len(names) + 1
    lines[row] = lines[row][:place] + '"' + lines[row][place:]
    assert read("\n".join(lines)) == [(at, tuple(line.split(","))) for at, line in enumerate(lines, start=1)]


def test_two_stray_quotes_swallow_nothing_between_them() -> None:
    text = 'id,season,name\n1,Fall,"Plain Tee\n2,Fall,Shirt\n3,Fall,"Other Tee\n'
    assert read(text)[1:] == [
        (2, ("1", "Fall", '"Plain Tee')),
        (3, ("2", "Fall", "Shirt")),
        (4, ("3", "Fall", '"Other Tee')),
    ]


def test_lines_are_counted_as_an_editor_does() -> None:
    text = '\n\nid,name\n1,"two\nlines"\n\n2,a form\ffeed and a line\u2028separator\r\n3,last'
    assert read(text) == [
        (3, ("id", "name")),
        (4, ("1", "two\nlines")),
        (7, ("2", "a form\ffeed and a line\u2028separator")),
        (8, ("3", "last")),
    ]


@pytest.mark.parametrize("text", ["", "\n", "\r\n\r\n"])
def test_nothing_holds_no_record(text: str) -> None:
    assert read(text) == []


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_field_may_be_of_any_length(quote: str) -> None:
    long = "x" * 200_000
    assert read(f"id,name\n1,{quote}{long}\n2,Tee\n")[1:] == [(2, ("1", quote + long)), (3, ("2", "Tee"))]


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ('1,Sleeve 15" grey,x', ("1", 'Sleeve 15" grey', "x")),
        ('1,15" x 22",x', ("1", '15" x 22"', "x")),
        ('1,x,Sleeve 15"', ("1", "x", 'Sleeve 15"')),
        ('1,"Classic" tee,x', ("1", '"Classic" tee', "x")),
        ('1,"Classic tee,x', ("1", '"Classic tee', "x")),
        ('1,"Sleeve 15" grey",x', ("1", 'Sleeve 15" grey', "x")),
        ('1,"Sleeve 15"",x', ("1", 'Sleeve 15"', "x")),
        ('1,"Sleeve, 15"" grey","a, b"', ("1", 'Sleeve, 15" grey', "a, b")),
        ('1, "Sleeve, grey" , x', ("1", "Sleeve, grey", " x")),
        ('1,15" grey,"two\nlines, here"', ("1", '15" grey', "two\nlines, here")),
        ('1,"two\nlines 15" wide",x', ("1", 'two\nlines 15" wide', "x")),
        ('1,"15" wide" bag,22"', ("1", '"15" wide" bag', '22"')),
    ],
)
def test_inch_signs_and_stray_quotes_stay_in_their_field(line: str, fields: tuple[str, ...]) -> None:
    after = ("2", "Shirt", '"Slim" fit')
    assert [found for _, found in read(f"id,name,note\n{line}\n{','.join(after)}\n")[1:]] == [fields, after]


def test_a_quote_that_is_never_closed_swallows_no_row_up_to_a_later_one() -> None:
    rows = [f"{number},Tee {number},x" for number in range(2, 8)]
    text = "\n".join(["id,name,note", '1,x,"Vintage tee', *rows, '8,y,Trolley 22"'])
    assert [fields[0] for _, fields in read(text)[1:]] == [str(number) for number in range(1, 9)]
    # Nor does a row that is too short.
    text = "\n".join(["id,name,note", '1,"Tee', *rows, '8,"Slim",x'])
    assert [fields[0] for _, fields in read(text)[1:]] == [str(number) for number in range(1, 9)]


def test_a_line_of_nothing_but_opened_quotes_takes_no_time() -> None:
    assert len(read("id,name\n" + '"a,' * 200_000)[1][1]) == 200_001
