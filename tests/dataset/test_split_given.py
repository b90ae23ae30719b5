import polars as pl
import pytest

from modiste.dataset.split import Split
from modiste.dataset.split_given import check_parts, split_as_given
from modiste.errors import CatalogueError

PRODUCTS = pl.DataFrame(
    {"id": range(100), "Class": [f"label {n % 3}" for n in range(100)], "group": [n // 2 for n in range(100)]}
)


def given(**parts: range) -> pl.DataFrame:
    return pl.concat(pl.DataFrame({"id": ids}).with_columns(part=pl.lit(part)) for part, ids in parts.items())


def split(parts: pl.DataFrame) -> Split:
    return split_as_given(parts, PRODUCTS, label="Class", seed=0)


def test_the_catalogue_s_own_parts_are_kept() -> None:
    parts = given(train=range(60), validation=range(60, 81), holdout=range(81, 100))
    found = split(parts)
    assert found.frame.sort("id").equals(parts.sort("id"))
    assert found.notes == (
        "products of validation with a picture, or nearly, that another part has, too: 1",
        "products of holdout with a picture, or nearly, that another part has, too: 1",
    )


@pytest.mark.parametrize(("lacking", "share"), [("validation", 0.2), ("holdout", 0.1)])
def test_a_part_that_is_lacking_is_cut_from_training(lacking: str, share: float) -> None:
    there = "holdout" if lacking == "validation" else "validation"
    found = split(given(train=range(80), **{there: range(80, 100)}))
    assert found.ids(there).to_list() == list(range(80, 100))
    assert abs(found.ids(lacking).len() - 80 * share) <= 4
    assert found.ids("train").len() + found.ids(lacking).len() == 80
    assert found.notes == (f"the catalogue has no part {lacking}: it is cut from training",)
    groups = PRODUCTS.join(found.frame, on="id").group_by("group").agg(pl.n_unique("part"))
    assert groups["part"].max() == 1


def test_products_in_no_part_are_left_out_and_counted() -> None:
    found = split(given(train=range(60), validation=range(60, 80), holdout=range(80, 90)))
    assert found.frame["id"].to_list() == list(range(90))
    assert found.notes == ("products in no part of the catalogue's split, and left out: 10",)


def test_there_must_be_parts_and_something_to_learn_from() -> None:
    with pytest.raises(CatalogueError, match="shop: its folders are no parts of a split; put the classes into folders"):
        check_parts(None, where="shop")
    with pytest.raises(CatalogueError, match="no usable product is in the part 'train'"):
        split(given(validation=range(10), holdout=range(10, 20)))
