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
        "copies_with_two_labels": [],
        "copies_across_parts": [],
    }
    assert {name: issue.count for name, issue in issues.items()} == {name: len(rows[name][:1]) for name in rows}
    assert {name: issue.ids for name, issue in issues.items()} == {
        "missing": [6],
        "unreadable": [7],
        "greyscale": [7, 4],
        "odd_sized": [5],
        "identical_copies": [[5, 7]],
        "copies_with_two_labels": [],
        "copies_across_parts": [],
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


def found(
    labels: dict[str, list[object]], parts: list[str | None] | None = None
) -> dict[str, list[tuple[object, ...]]]:
    """What kinds find in five products, of which all but the fourth show the same picture."""
    ids = list("abcde")
    products = pl.DataFrame({"id": ids, "images": [[f"{name}.jpg"] for name in ids]})
    facts = facts_of(Picture(f"{name}.jpg", 60, 80, grey=False, digest=str(name == "d")) for name in ids)
    given = None if parts is None else pl.DataFrame({"id": ids, "part": parts})
    issues = find_issues(products, facts, KINDS, labels=pl.DataFrame({"id": ids, **labels}), parts=given)
    return {issue.kind.name: issue.found.select("id", "other", "label", "other_label").rows() for issue in issues[-2:]}


def test_the_same_picture_under_two_labels_is_named_pair_by_pair() -> None:
    told = found({"kind": ["tee", "tee", "hat", "bag", "shoe"], "size": [1, 1, None, 2, 1]})
    assert sorted(told["copies_with_two_labels"]) == [
        ("b", "c", "tee", "hat"),
        ("b", "e", "tee", "shoe"),
        ("c", "a", "hat", "tee"),
        ("e", "a", "shoe", "tee"),
        ("e", "c", "shoe", "hat"),
    ]
    assert told["copies_across_parts"] == []
    assert found({"size": [1, 1, None, 2, 3]})["copies_with_two_labels"] == [
        ("b", "e", "1", "3"),
        ("e", "a", "3", "1"),
    ]


def test_the_same_picture_in_two_parts_of_a_split_is_named() -> None:
    told = found({"kind": ["tee"] * 5}, ["train", "holdout", None, "holdout", "train"])
    assert sorted(told["copies_across_parts"]) == [("b", "a", "holdout", "train"), ("e", "b", "train", "holdout")]
    assert told["copies_with_two_labels"] == []


def test_one_file_of_two_products_with_different_labels_is_named() -> None:
    products = pl.DataFrame({"id": [1, 2], "images": [["x.jpg"], ["x.jpg"]]})
    facts = facts_of([Picture("x.jpg", 60, 80, grey=False, digest="x")])
    labels = pl.DataFrame({"id": [1, 2], "kind": ["tee", "hat"]})
    issue = find_issues(products, facts, KINDS, labels=labels)[-2]
    assert issue.ids == [[2, 1]]
    assert issue.found["reason"].to_list() == ["kind is hat, and tee at x.jpg with the same pixels"]
