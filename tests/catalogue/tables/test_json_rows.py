"""Tables of JSON: objects, one a line or in an array."""

from typing import Any

import polars as pl
import pytest

from modiste.catalogue.tables import Table, read_table
from modiste.errors import CatalogueError


def read(text: str, name: str = "shop.jsonl") -> Table:
    return read_table(text.encode(), where=name)


def test_types_are_kept_where_a_column_has_one() -> None:
    table = read(
        '{"id": 1, "sku": "007", "price": 5, "new": true, "images": ["a.jpg", "b.jpg"], "size": 38,'
        ' "facts": {"a": 1}}\r\n\r\n'
        '{"id": 2, "sku": "008", "price": 5.5, "images": [], "size": "M", "code": 123456789012345678901}\r\n'
    )
    assert table.frame.schema == pl.Schema(
        {
            "id": pl.Int64(),
            "sku": pl.String(),
            "price": pl.Float64(),
            "new": pl.Boolean(),
            "images": pl.List(pl.String()),
            "size": pl.String(),
            "facts": pl.String(),
            "code": pl.String(),
        }
    )
    assert table.frame.drop("code").row(0) == (1, "007", 5.0, True, ["a.jpg", "b.jpg"], "38", '{"a": 1}')
    assert table.frame["code"].to_list() == [None, "123456789012345678901"]
    assert table.lines.to_list() == [1, 3]


BAD = ["{", "7", "[1]", '{"a": "\\ud800"}', '{"a": ' + "[" * 40 + "]" * 40 + "}", '{"a": ' + "[" * 100_000, "nonsense"]


@pytest.mark.parametrize("line", BAD)
def test_a_line_that_is_no_object_is_a_row_with_its_reason(line: str) -> None:
    table = read(f'{{"id": 1}}\n{line}\n{{"id": 3}}\n')
    assert table.frame["id"].to_list() == [1, None, 3]
    assert table.errors.is_not_null().to_list() == [False, True, False]
    assert len(table.errors[1]) < 100


def test_an_array_of_objects_is_a_table_whatever_it_is_called() -> None:
    for name in ("shop.json", "shop.jsonl", "shop.csv", "shop"):
        table = read('\ufeff[\n {"id": 1, "image": "a.jpg"},\n 5,\n {"id": 2}\n]\n', name)
        assert table.frame.rows() == [(1, "a.jpg"), (None, None), (2, None)]
        assert table.errors.to_list() == [None, "no JSON object", None]


@pytest.mark.parametrize("text", ["", "[]", "[1, 2]", "[" * 100_000, '[{"a": 1}', *BAD, "id,image\n1,a.jpg\n"])
def test_a_file_without_an_object_is_one_line(text: Any) -> None:
    with pytest.raises(CatalogueError, match=r"shop\.json") as caught:
        read(text, "shop.json") if text not in BAD[3:6] else read(text + "x", "shop.json")
    assert len(str(caught.value).splitlines()) == 1
    assert len(str(caught.value)) < 300
