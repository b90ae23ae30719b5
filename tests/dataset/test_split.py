from hashlib import blake2b
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modiste.dataset.split import (
    NO_HOLDOUT,
    Fractions,
    Split,
    by_product,
    joined_groups,
    leaked,
    read_split,
    split_products,
)
from modiste.dataset.split_file import split_from_file
from modiste.dataset.split_year import split_by_year
from modiste.errors import CatalogueError, RunError

GOLDEN = ([0], [4, 6])
PARTS = {"products": "38e82ede23bd9c49", "groups": "e75a08fffc34298f", "years": "c79808296b444eae"}
"""Digests of the parts that products have had since before a product could have several photos, or no label."""

PRODUCTS = pl.DataFrame({"id": range(1000), "Class": [f"label {n % 7 if n % 3 else 0}" for n in range(1000)]})
DATED = PRODUCTS.with_columns(
    pl.when(pl.col("id") != 5).then(2010 + pl.col("id") % 4).alias("year"), (pl.col("id") // 3).alias("group")
)

GROUPED_SCHEMA = {"group": pl.Int64, "Class": pl.String, "year": pl.Int64}
GROUPED = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from("abc"), st.sampled_from([2010, 2011, 2012, None])), min_size=1
).map(lambda rows: pl.DataFrame(rows, schema=GROUPED_SCHEMA, orient="row").with_row_index("id"))
"""Products of few groups."""


def parts(frame: pl.DataFrame) -> dict[str, int]:
    return dict(frame["part"].value_counts().iter_rows())


def together(split: Split, products: pl.DataFrame) -> bool:
    """Whether each group is in one part."""
    return split.frame.join(products, on="id").group_by("group").agg(pl.n_unique("part"))["part"].max() in (None, 1)


def same(one: Split, other: Split) -> bool:
    return one.frame.equals(other.frame) and (one.too_few, one.notes) == (other.too_few, other.notes)


def shuffled(products: pl.DataFrame) -> pl.DataFrame:
    """The same products in another order, the groups under other numbers."""
    return products.sample(fraction=1, shuffle=True, seed=1).with_columns(pl.col("group").rank("dense") * 7 % 1009)


def test_every_label_is_cut_in_the_study_s_proportions() -> None:
    split = split_products(PRODUCTS, label="Class", seed=0)
    for (_,), label in PRODUCTS.join(split.frame, on="id").group_by("Class"):
        counts = parts(label)
        assert abs(counts["train"] - 0.72 * label.height) <= 1
        assert abs(counts["validation"] - 0.18 * label.height) <= 1
        assert abs(counts["holdout"] - 0.10 * label.height) <= 1


def test_neither_the_order_of_the_rows_nor_their_number_type_matters() -> None:
    split = split_products(PRODUCTS, label="Class", seed=4)
    assert split_products(PRODUCTS.sample(fraction=1, shuffle=True, seed=1), label="Class", seed=4).frame.equals(
        split.frame
    )
    assert not split_products(PRODUCTS, label="Class", seed=5).frame.equals(split.frame)


def test_the_split_is_the_same_on_every_machine() -> None:
    few = pl.DataFrame({"id": range(10), "Class": ["a"] * 10})
    split = split_products(few, label="Class", seed=0)
    assert (split.ids("holdout").to_list(), split.ids("validation").to_list()) == GOLDEN


def test_products_keep_the_parts_that_they_have_always_had() -> None:
    found = {
        "products": split_products(PRODUCTS, label="Class", seed=0),
        "groups": split_products(DATED, label="Class", seed=0),
        "years": split_by_year(DATED, label="Class", seed=0),
    }
    parts = {name: ",".join(split.frame["part"]).encode() for name, split in found.items()}
    assert {name: blake2b(part, digest_size=8).hexdigest() for name, part in parts.items()} == PARTS


def test_a_label_with_too_few_products_stays_in_training() -> None:
    few = pl.DataFrame({"id": range(8), "Class": ["a"] * 3 + ["b"] * 2 + ["c"] * 3})
    split = split_products(few, label="Class", seed=0)
    assert split.too_few == {"b": 2}
    assert set(split.frame.filter(pl.col("id").is_in([3, 4]))["part"]) == {"train"}
    assert parts(split.frame.filter(pl.col("id") < 3)) == {"train": 1, "validation": 1, "holdout": 1}


def test_without_a_hold_out_two_products_of_a_label_are_enough() -> None:
    few = pl.DataFrame({"id": range(13), "Class": ["a"] * 10 + ["b"] * 2 + ["c"]})
    split = split_products(few, label="Class", seed=0, fractions=NO_HOLDOUT)
    assert split.too_few == {"c": 1}
    labels = few.join(split.frame, on="id").partition_by("Class", as_dict=True)
    assert [parts(labels[label,]) for label in "abc"] == [
        {"validation": 2, "train": 8},
        {"validation": 1, "train": 1},
        {"train": 1},
    ]


UNLABELLED = pl.DataFrame(
    {"id": range(1000, 1100), "Class": pl.Series([None] * 100, dtype=pl.String), "year": [2010, None] * 50}
).with_columns(group=pl.when(pl.col("id") < 1050).then(pl.col("id") - 1000).otherwise("id"))
"""Products without a label: half of them in a group with labelled ones, in which theirs is the lowest id of all."""


def test_products_without_a_label_change_nothing_about_the_others() -> None:
    both = pl.concat([DATED, UNLABELLED], how="diagonal_relaxed").with_columns(pl.col("id") * -1)
    labelled = both.drop_nulls("Class")
    for columns in (["id", "Class", "year"], ["id", "Class", "year", "group"]):
        for split in (split_products, split_by_year):
            alone = split(labelled.select(columns), label="Class", seed=0)
            whole = split(both.select(columns), label="Class", seed=0)
            assert whole.frame.join(alone.frame, on="id", how="semi").equals(alone.frame)
            assert whole.frame.height == 1100
            assert whole.too_few == alone.too_few


def test_products_without_a_label_are_a_stratum_of_their_own_and_follow_their_group() -> None:
    both = pl.concat([DATED, UNLABELLED], how="diagonal_relaxed")
    split = split_products(both, label="Class", seed=0)
    assert together(split, both)
    assert parts(split.frame.filter(pl.col("id") >= 1050)) == {"train": 36, "validation": 9, "holdout": 5}
    few = pl.DataFrame({"id": range(5), "Class": ["a", "a", "a", None, None]})
    assert split_products(few, label="Class", seed=0).too_few == {"no Class": 2}


def photos_of(products: pl.DataFrame) -> pl.DataFrame:
    """Three photos a product, in no order."""
    return pl.concat([products] * 3).sample(fraction=1, shuffle=True, seed=2)


def test_all_photos_of_a_product_are_in_its_part(tmp_path: Path) -> None:
    assert same(
        split_products(photos_of(PRODUCTS), label="Class", seed=0), split_products(PRODUCTS, label="Class", seed=0)
    )
    assert same(split_by_year(photos_of(DATED), label="Class", seed=0), split_by_year(DATED, label="Class", seed=0))
    path = tmp_path / "s.csv"
    DATED.select("id", part=pl.when(pl.col("id") < 200).then(pl.lit("test")).otherwise(pl.lit("train"))).write_csv(path)
    assert same(
        split_from_file(path, photos_of(DATED), label="Class", seed=0),
        split_from_file(path, DATED, label="Class", seed=0),
    )


def test_photos_of_two_products_that_look_alike_keep_both_together() -> None:
    """1 and 2 share a picture, 2 and 3 another one."""
    photos = pl.DataFrame(
        {"id": [1, 1, 2, 2, 3, 4], "group": [10, 11, 11, 12, 12, 13], "Class": ["a", "a", "a", "a", "a", "b"]}
    )
    assert by_product(photos).select("id", "group").rows() == [(1, 0), (2, 0), (3, 0), (4, 1)]
    split = split_products(photos, label="Class", seed=0)
    assert split.frame["id"].to_list() == [1, 2, 3, 4]
    assert split.too_few == {"a": 3, "b": 1}


def test_rows_are_joined_by_any_relation_and_by_no_missing_value() -> None:
    one, other = pl.Series(["a", "b", "b", None, None, "c"]), pl.Series([1, 1, 2, 3, None, None])
    assert joined_groups(one).tolist() == [0, 1, 1, 2, 3, 4]
    assert joined_groups(one, other).tolist() == [0, 0, 0, 1, 2, 3]


def test_two_photos_of_a_product_are_no_leak() -> None:
    split = split_products(PRODUCTS, label="Class", seed=0)
    photos = photos_of(PRODUCTS.with_columns(digest=pl.col("id").cast(pl.String)))
    assert leaked(split, photos).is_empty()
    hold, train = split.ids("holdout")[0], split.ids("train")[0]
    shared = pl.DataFrame({"id": [hold, hold, hold, train], "digest": ["x", "x", "y", "x"]})
    assert leaked(split, shared).to_list() == [hold]


@pytest.mark.parametrize("shares", [(0.5, 0.5, 0.5), (1, 0, 0), (1.1, 0.1, -0.2)])
def test_shares_that_make_no_whole_are_refused(shares: tuple[float, float, float]) -> None:
    with pytest.raises(CatalogueError, match="sum to 1"):
        Fractions(*shares)


@settings(deadline=None)
@given(GROUPED)
def test_a_group_is_in_one_part_whatever_the_rows_order_and_the_groups_numbers(products: pl.DataFrame) -> None:
    for fractions in (Fractions(), NO_HOLDOUT):
        split = split_products(products, label="Class", seed=0, fractions=fractions)
        assert together(split, products)
        assert same(split_products(shuffled(products), label="Class", seed=0, fractions=fractions), split)


def test_groups_stay_together_and_copies_leak_without_them() -> None:
    copies = PRODUCTS.with_columns((pl.col("id") // 2).cast(pl.String).alias("digest"))
    assert not leaked(split_products(copies, label="Class", seed=0), copies).is_empty()
    grouped = split_products(copies.with_columns(pl.col("digest").alias("group")), label="Class", seed=0)
    assert leaked(grouped, copies).is_empty()
    assert grouped.ids("holdout").len() == pytest.approx(100, abs=8)


def test_leaks_are_named() -> None:
    split = split_products(PRODUCTS, label="Class", seed=0)
    hold, train = split.ids("holdout")[0], split.ids("train")[0]
    digests = PRODUCTS.select("id", pl.col("id").replace({hold: train}).cast(pl.String).alias("digest"))
    assert leaked(split, digests).to_list() == [hold]


def test_a_name_is_seen_where_a_training_product_has_the_very_same() -> None:
    names = ["Red Shoe", "Blue Shoe", None, "Red Shoe", "Red shoe", "Blue Shoe", None, "Green Shoe", "Green Shoe"]
    of = ["train"] * 3 + ["holdout"] * 5 + ["validation"]
    split = Split(pl.DataFrame({"id": range(9), "part": of}))
    products = pl.DataFrame({"id": range(9), "productDisplayName": names})
    assert leaked(split, products, column="productDisplayName", seen=("train",)).to_list() == [3, 5]
    assert leaked(split, products, "validation", column="productDisplayName", seen=("train",)).to_list() == []
    assert leaked(split, products, column="productDisplayName").to_list() == [3, 5, 7]


def test_odd_years_are_held_out_and_validation_is_a_fifth_of_the_even_ones() -> None:
    split = split_by_year(DATED, label="Class", seed=0)
    dated = split.frame.join(DATED, on="id")
    assert split.frame.height == 1000
    assert set(dated.filter(pl.col("part") == "holdout")["year"]) == {2011, 2013}
    assert set(dated.filter(pl.col("part") != "holdout")["year"]) == {2010, 2012, None}
    assert split.ids("validation").len() == pytest.approx(100, abs=8)
    assert split.notes == (
        "products without a year, in training: 1",
        "products of the hold-out with a picture of their group outside it: 498",
    )
    assert split_by_year(DATED.drop("group"), label="Class", seed=0).notes == split.notes[:1]


@settings(deadline=None)
@given(GROUPED)
def test_by_year_even_years_groups_stay_together_whatever_the_rows_order(products: pl.DataFrame) -> None:
    years = products["year"].drop_nulls() % 2
    if years.n_unique() < 2:
        with pytest.raises(CatalogueError, match="no product is of an"):
            split_by_year(products, label="Class", seed=0)
        return
    try:
        split = split_by_year(products, label="Class", seed=0)
    except CatalogueError:  # every even year's group has a product without a year
        return
    assert together(Split(split.frame.filter(pl.col("part") != "holdout")), products)
    assert set(split.frame.join(products.filter(pl.col("year").is_null()), on="id")["part"]) <= {"train"}
    assert same(split_by_year(shuffled(products), label="Class", seed=0), split)


def test_years_are_needed_to_split_by_them() -> None:
    with pytest.raises(CatalogueError, match=r"no column 'year' \(did you mean 'years'"):
        split_by_year(DATED.rename({"year": "years"}), label="Class", seed=0)
    with pytest.raises(CatalogueError, match=r"the column 'year' is of the type String; give years as whole numbers"):
        split_by_year(DATED.with_columns(pl.col("year").cast(pl.String)), label="Class", seed=0)


def test_a_split_is_kept_in_a_file(tmp_path: Path) -> None:
    split = split_products(PRODUCTS, label="Class", seed=0)
    split.frame.write_parquet(tmp_path / "split.parquet")
    assert read_split(tmp_path / "split.parquet").frame.equals(split.frame)
    (tmp_path / "runs [1]*").mkdir()
    (tmp_path / "split.parquet").rename(tmp_path / "runs [1]*/split.parquet")
    assert read_split(tmp_path / "runs [1]*/split.parquet").frame.equals(split.frame)
    (tmp_path / "bad.parquet").write_bytes(b"PAR1")
    with pytest.raises(RunError):
        read_split(tmp_path / "bad.parquet")


def test_a_file_may_say_who_is_in_which_part(tmp_path: Path) -> None:
    split = split_products(PRODUCTS, label="Class", seed=0)
    split.frame.write_parquet(tmp_path / "a.parquet")
    assert same(split_from_file(tmp_path / "a.parquet", PRODUCTS, label="Class", seed=0), Split(split.frame))
    synonyms = {"train": " Train", "validation": "VAL", "holdout": "test"}
    split.frame.select("id", pl.col("part").replace(synonyms).alias(" split")).write_csv(tmp_path / "b.csv")
    assert same(
        split_from_file(tmp_path / "b.csv", PRODUCTS.sample(fraction=1, shuffle=True), label="Class", seed=0),
        Split(split.frame),
    )


def test_products_and_ids_that_do_not_meet_are_told(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("\ufeffid,part\n1,train\n2,valid\n3,test\nx,train\n001,test\n2000,holdout\ny,val\n")
    split = split_from_file(tmp_path / "s.csv", PRODUCTS, label="Class", seed=0)
    assert split.frame.rows() == [(1, "train"), (2, "validation"), (3, "holdout")]
    assert split.notes == (
        "products that are not in s.csv and left out: 997",
        "ids of s.csv that are no usable product: 4 (001, 2000, x, ...)",
    )


def test_a_file_without_validation_has_it_cut_from_training(tmp_path: Path) -> None:
    PRODUCTS.select("id", part=pl.when(pl.col("id") < 200).then(pl.lit("test")).otherwise(pl.lit("train"))).write_csv(
        tmp_path / "s.csv"
    )
    split = split_from_file(tmp_path / "s.csv", DATED, label="Class", seed=3)
    assert split.ids("holdout").to_list() == list(range(200))
    assert split.ids("validation").len() == pytest.approx(160, abs=8)
    assert split.notes == ("s.csv has no validation part: it is cut from training",)
    assert together(Split(split.frame.filter(pl.col("part") != "holdout")), DATED.filter(pl.col("id") >= 200))
    assert same(split_from_file(tmp_path / "s.csv", shuffled(DATED), label="Class", seed=3), split)
    assert not same(split_from_file(tmp_path / "s.csv", DATED, label="Class", seed=4), split)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the file is empty"),
        ("id,prat\n1,train\n", r"no column 'part' \(did you mean 'prat'\?\); .*the columns are id, prat"),
        ("ID,part\n1,train\n", r"no column 'id' \(did you mean 'ID'\?\)"),
        ("id,part\n1,train\n2,holdot\n", r"'holdot' is no part \(did you mean 'holdout'\?\) \(id 2\); the parts are"),
        ("id,part\n1,train\n2,\n", "'' is no part"),
        ("id,part\n1,train\n2,test\n1,val\n", "id 1 is in two parts; leave one of them"),
        ("id,part\n1,train\n9999,test\n", "no product of the catalogue is in the part 'holdout'"),
        ("id,part\n9999,train\n1,test\n", "no product of the catalogue is in the part 'train'"),
        ("id,part\n1,train,2\n2,test\n3,val\n", "line 2: 3 fields where the header has 2"),
    ],
)
def test_a_file_that_is_no_split_is_told_in_one_line(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "s.csv").write_text(text)
    with pytest.raises(CatalogueError, match=reason) as caught:
        split_from_file(tmp_path / "s.csv", PRODUCTS, label="Class", seed=0)
    assert str(caught.value).startswith(f"{tmp_path / 's.csv'}: ")
    assert len(str(caught.value).splitlines()) == 1


def test_a_file_that_is_not_there_or_no_parquet_is_told(tmp_path: Path) -> None:
    (tmp_path / "s.parquet").write_bytes(b"PAR1")
    for name in ("nowhere.csv", "s.parquet", "."):
        with pytest.raises(CatalogueError, match="cannot be read") as caught:
            split_from_file(tmp_path / name, PRODUCTS, label="Class", seed=0)
        assert len(str(caught.value).splitlines()) == 1
