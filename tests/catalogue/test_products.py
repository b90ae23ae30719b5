import polars as pl
import pytest

from modiste.catalogue.products import read_products
from modiste.errors import CatalogueError
from modiste.schema import Schema

HEADER = "id,season,year,productDisplayName\n"


def table(text: str, **columns: str) -> tuple[pl.DataFrame, list[str]]:
    read = read_products(text.encode(), where="shop.csv", schema=Schema.load(), columns=columns)
    return read.frame, [f"{item.line}: {item.reason}" for item in read.rejected]


def test_surplus_commas_belong_to_the_name() -> None:
    read = read_products((HEADER + "1,Fall,2012,Yes, its me,Tee\n").encode(), where="x", schema=Schema.load())
    assert read.frame["productDisplayName"].to_list() == ["Yes, its me,Tee"]
    assert [(item.line, item.id) for item in read.repaired] == [(2, "1")]


def test_surplus_commas_elsewhere_are_rejected() -> None:
    frame, rejected = table(HEADER + "1,Fall,Winter,2012,Tee\n2,Fall,2012,Tee\n")
    assert frame["id"].to_list() == [2]
    assert rejected == ["2: 5 fields where the header has 4, the surplus not in the name"]


def test_quotes() -> None:
    frame, rejected = table(
        HEADER + '1,Fall,2012,"3.5"" Short"\n2,Fall,2012,"two\nlines"\n3,Fall,2012,5" heel\n4,,,x\n'
    )
    assert frame["productDisplayName"].to_list() == ['3.5" Short', "two\nlines", '5" heel', "x"]
    assert rejected == []


def test_types_and_missing_values() -> None:
    frame, _ = table("\ufeff" + HEADER + "1,NA,2012,\n2,Fall,soon,x\n")
    assert frame.schema["id"] == frame.schema["year"] == pl.Int64
    assert frame.rows() == [(1, None, 2012, None), (2, "Fall", None, "x")]
    assert table(HEADER + "007,Fall,2012,x\n8,Fall,2012,y\n")[0]["id"].to_list() == ["007", "8"]


def test_columns_are_mapped_and_named_when_absent() -> None:
    frame, _ = table("sku,title\n1,Tee\n", id="sku", productDisplayName="title")
    assert frame.columns == ["id", "productDisplayName"]
    with pytest.raises(CatalogueError, match=r"no column 'titel' for productDisplayName .did you mean 'title'"):
        table("sku,title\n1,Tee\n", id="sku", productDisplayName="titel")


def test_the_schema_says_which_columns_are_the_id_and_the_text() -> None:
    schema = Schema((), id="sku", text="title")
    read = read_products(b"sku,title,size\nA1,Red, blue, Tee,38\nA2,Hat,40\n", where="shop.csv", schema=schema)
    assert read.frame.rows() == [("A1", "Red, blue, Tee", "38"), ("A2", "Hat", "40")]
    assert read.frame.columns == ["id", "title", "size"]
    with pytest.raises(CatalogueError, match=r"no column 'sku' for id \(did you mean 'skus'\?\)"):
        read_products(b"skus\n1\n", where="shop.csv", schema=schema)
    mapped = read_products(b"number\n1\n", where="shop.csv", schema=schema, columns={"id": "number"})
    assert mapped.frame.rows() == [(1,)]
