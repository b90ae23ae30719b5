"""Kinds of issues: those that there are, and one more."""

import polars as pl

from modiste.dataset.images import Picture, facts_of
from modiste.dataset.issues import FOUND, KINDS, Evidence, IssueKind, find_issues

PRODUCTS = pl.DataFrame(
    {
        "id": [7, 5, 6, 4],
        "name": ["Tee", "x", None, "Hat"],
        "images": [["a.jpg", "b.jpg", "a2.jpg"], ["c.jpg"], [], ["a.jpg", "d.jpg"]],
    }
)
FACTS = facts_of(
    [
        Picture("a.jpg", 60, 80, grey=True, digest="one"),
        Picture("a2.jpg", 60, 80, grey=False, digest="one"),
        Picture("b.jpg", error="the file is empty"),
        Picture("c.jpg", 60, 60, grey=False, digest="one"),
        Picture("d.jpg", 60, 80, grey=False, digest="two"),
    ]
)


def test_what_is_found_has_an_id_a_picture_and_a_reason() -> None:
    issues = {issue.kind.name: issue for issue in find_issues(PRODUCTS, FACTS, KINDS)}
    rows = {name: issue.found.select(FOUND).rows() for name, issue in issues.items()}
    assert rows == {
        "missing": [(6, None, "has no picture")],
        "unreadable": [(7, "b.jpg", "the file is empty (b.jpg)")],
        "greyscale": [(7, "a.jpg", "holds no colour"), (4, "a.jpg", "holds no colour")],
        "odd_sized": [(5, "c.jpg", "60x60 pixels")],
        "identical_copies": [(5, "c.jpg", "the same pixels as a.jpg")],
    }
    assert {name: issue.count for name, issue in issues.items()} == dict.fromkeys(rows, 1)
    assert {name: issue.ids for name, issue in issues.items()} == {
        "missing": [6],
        "unreadable": [7],
        "greyscale": [7, 4],
        "odd_sized": [5],
        "identical_copies": [[5, 7]],
    }


def test_one_picture_twice_in_a_product_and_one_file_of_two_products_are_no_copies() -> None:
    copies = next(kind for kind in KINDS if kind.name == "identical_copies")
    (issue,) = find_issues(PRODUCTS.filter(pl.col("id") != 5), FACTS, [copies])
    assert (issue.count, issue.ids) == (0, [])


def test_another_kind_is_a_function_and_an_entry() -> None:
    def short_names(seen: Evidence) -> pl.DataFrame:
        short = seen.photos.join(seen.products, on="id").filter(pl.col("name").str.len_chars() < 3)
        return short.select("id", "image", pl.format("the name is {}", "name").alias("reason"))

    kind = IssueKind("short_names", "names of less than three letters", short_names)
    found = find_issues(PRODUCTS, FACTS, (*KINDS, kind))[-1]
    assert (found.kind, found.count, found.ids) == (kind, 1, [5])
    assert found.found.rows() == [(5, "c.jpg", "the name is x")]
