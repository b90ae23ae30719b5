from pathlib import Path

import polars as pl
import pytest

from modiste.dataset.split import leaked, read_split, split_products
from modiste.errors import RunError

GOLDEN = ([0], [4, 6])
PRODUCTS = pl.DataFrame({"id": range(1000), "Class": [f"label {n % 7 if n % 3 else 0}" for n in range(1000)]})


def parts(frame: pl.DataFrame) -> dict[str, int]:
    return dict(frame["part"].value_counts().iter_rows())


def test_every_label_is_cut_in_the_study_s_proportions() -> None:
    split = split_products(PRODUCTS, seed=0)
    for (_,), label in PRODUCTS.join(split.frame, on="id").group_by("Class"):
        counts = parts(label)
        assert abs(counts["train"] - 0.72 * label.height) <= 1
        assert abs(counts["validation"] - 0.18 * label.height) <= 1
        assert abs(counts["holdout"] - 0.10 * label.height) <= 1


def test_neither_the_order_of_the_rows_nor_their_number_type_matters() -> None:
    split = split_products(PRODUCTS, seed=4)
    assert split_products(PRODUCTS.sample(fraction=1, shuffle=True, seed=1), seed=4).frame.equals(split.frame)
    assert not split_products(PRODUCTS, seed=5).frame.equals(split.frame)


def test_the_split_is_the_same_on_every_machine() -> None:
    few = pl.DataFrame({"id": range(10), "Class": ["a"] * 10})
    split = split_products(few, seed=0)
    assert (split.ids("holdout").to_list(), split.ids("validation").to_list()) == GOLDEN


def test_a_label_with_too_few_products_stays_in_training() -> None:
    few = pl.DataFrame({"id": range(8), "Class": ["a"] * 3 + ["b"] * 2 + ["c"] * 3})
    split = split_products(few, seed=0)
    assert split.too_few == {"b": 2}
    assert set(split.frame.filter(pl.col("id").is_in([3, 4]))["part"]) == {"train"}
    assert parts(split.frame.filter(pl.col("id") < 3)) == {"train": 1, "validation": 1, "holdout": 1}


def test_groups_stay_together_and_copies_leak_without_them() -> None:
    copies = PRODUCTS.with_columns((pl.col("id") // 2).cast(pl.String).alias("digest"))
    assert not leaked(split_products(copies, seed=0), copies).is_empty()
    grouped = split_products(copies.with_columns(pl.col("digest").alias("group")), seed=0)
    assert leaked(grouped, copies).is_empty()
    assert grouped.ids("holdout").len() == pytest.approx(100, abs=8)


def test_leaks_are_named() -> None:
    split = split_products(PRODUCTS, seed=0)
    hold, train = split.ids("holdout")[0], split.ids("train")[0]
    digests = PRODUCTS.select("id", pl.col("id").replace({hold: train}).cast(pl.String).alias("digest"))
    assert leaked(split, digests).to_list() == [hold]


def test_a_split_is_kept_in_a_file(tmp_path: Path) -> None:
    split = split_products(PRODUCTS, seed=0)
    split.save(tmp_path / "split.parquet")
    assert read_split(tmp_path / "split.parquet").frame.equals(split.frame)
    (tmp_path / "bad.parquet").write_bytes(b"PAR1")
    with pytest.raises(RunError):
        read_split(tmp_path / "bad.parquet")
