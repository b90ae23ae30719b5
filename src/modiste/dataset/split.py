"""The split into training, validation and hold-out: seeded, stratified, group-aware, saved, checked for leaks.

Within each label, products are ordered by a keyed hash of their id and the ordered list is cut. A hash, unlike a random
generator's stream, gives the same split on every machine, with every version of every library, and whatever the order
of the rows; removing a product leaves the others' order as it was. All photos of a product are in its part.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from modiste.catalogue.parts import PARTS
from modiste.errors import CatalogueError, RunError

__all__ = [
    "NO_HOLDOUT",
    "OF",
    "PARTS",
    "Fractions",
    "Split",
    "by_product",
    "describe_few",
    "joined_groups",
    "leaked",
    "read_split",
    "split_products",
]


OF = " of "
"""Stands in the name of another catalogue's part between the part and the catalogue: "validation of shop"."""


@dataclass(frozen=True)
class Fractions:
    """The share of each part; they sum to one. The defaults are the study's.

    Attributes:
        train: Above zero.
        validation: Above zero.
        holdout: Zero where the hold-out is chosen by other means.
    """

    train: float = 0.72
    validation: float = 0.18
    holdout: float = 0.10

    def __post_init__(self) -> None:
        if (
            min(self.train, self.validation) <= 0
            or self.holdout < 0
            or abs(self.train + self.validation + self.holdout - 1) > 1e-6
        ):
            raise CatalogueError("the fractions of a split must be positive and sum to 1", where="split")

    @property
    def fewest(self) -> int:
        """A label with fewer products cannot be in all parts; all of its products go to training."""
        return 3 if self.holdout else 2


NO_HOLDOUT = Fractions(train=0.8, validation=0.2, holdout=0)
"""Cuts validation from training in the study's proportion, 18 to 72."""


@dataclass(frozen=True)
class Split:
    """Which product is in which part.

    Attributes:
        frame: `id`, `part` (one of `PARTS`; of other catalogues, see `OF`), sorted by id.
        too_few: Labels with too few products (or groups) for all parts, all in training, with their count.
        notes: What else a report should tell of the split, one line each.
    """

    frame: pl.DataFrame
    too_few: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def ids(self, part: str) -> pl.Series:
        """Returns the ids of one part, sorted."""
        return self.frame.filter(pl.col("part") == part)["id"]

    def noting(self, line: str) -> "Split":
        """Returns the same split with one more note."""
        return replace(self, notes=(*self.notes, line))


def describe_few(too_few: Mapping[str, int]) -> tuple[str, ...]:
    """Returns the line that names labels with too few products for all parts (see `Split`); none without any."""
    named = ", ".join(f"{label} ({count})" for label, count in too_few.items())
    told = f"Too few products, or too few that differ, to be in every part: {named}; all of them are in training."
    return (told,) if too_few else ()


def joined_groups(*relations: pl.Series) -> NDArray[np.int64]:
    """Numbers rows so that those that are linked share a number: int64 (rows,).

    Args:
        relations: Rows with the same value are linked, by however many others; a missing value links nothing.
    """
    first = pl.when(pl.col("value").is_null()).then("row").otherwise(pl.col("row").first().over("value"))
    rows = [relation.to_frame("value").with_row_index("row") for relation in relations]
    ends = [each.select(first).to_series().to_numpy() for each in rows]
    count = len(ends[0])
    links = np.stack([np.tile(np.arange(count), len(ends)), np.concatenate(ends)])
    graph = coo_array((np.ones(links.shape[1]), tuple(links)), shape=(count, count))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def by_product(photos: pl.DataFrame) -> pl.DataFrame:
    """Returns one row a product, sorted by id, with `group`, the same for products that belong in one part.

    Args:
        photos: One row a photo or a product, with `id` and maybe `group`. Products belong together where photos of
            theirs share a group.
    """
    if "group" in photos.columns:
        photos = photos.with_columns(pl.Series("group", joined_groups(photos["id"], photos["group"])))
        return photos.unique("id", keep="first", maintain_order=True).sort("id")
    products = photos.unique("id", keep="first", maintain_order=True).sort("id")
    return products.with_columns(pl.int_range(pl.len()).alias("group"))


def split_products(products: pl.DataFrame, *, label: str, seed: int, fractions: Fractions | None = None) -> Split:
    """Splits products, each label in the same proportions.

    Products without a label are spread by themselves, so that they change nothing about the others, but for those of a
    group that holds a label: they follow it.

    Args:
        products: One row a product or a photo, with `id` and `label`; with a column `group`, products of one group stay
            in one part (the group counts under the label of its first product by id).
        label: The column whose values are to be spread evenly.
        seed: Another seed gives another split.
        fractions: The share of each part; the study's by default.

    Raises:
        CatalogueError: There is no product to split.
    """
    if products.is_empty():
        raise CatalogueError("no product is left to split", fix="see what `modiste inspect` reports")
    fractions = fractions or Fractions()
    products = by_product(products).with_columns(pl.col(label).cast(pl.String).alias("label"))
    # A group is known by its first id, so that its place does not depend on how groups are numbered.
    known = products.sort(pl.col("label").is_null(), "id")
    groups = known.group_by("group", maintain_order=True).agg(
        pl.first("id").cast(pl.String).alias("key"),
        pl.first("label"),
        pl.when(pl.col("label").count() > 0).then(pl.col("label").count()).otherwise(pl.len()).alias("size"),
    )
    draws = [blake2b(f"{seed}/{key}".encode(), digest_size=8).hexdigest() for key in groups["key"]]
    groups = groups.with_columns(pl.Series("draw", draws)).sort("label", "draw", "key")
    groups = groups.with_columns(
        pl.col("size").cum_sum().over("label").alias("upto"),
        pl.col("size").sum().over("label").alias("total"),
        pl.len().over("label").alias("groups"),
        pl.int_range(pl.len()).over("label").alias("rank"),
    ).with_columns(_part(fractions).alias("part"))
    frame = products.join(groups.select("group", "part"), on="group").select("id", "part").sort("id")
    few = groups.filter(pl.col("groups") < fractions.fewest).group_by("label").agg(pl.sum("size")).sort("label")
    return Split(frame, {f"no {label}" if name is None else name: count for name, count in few.iter_rows()})


def _part(fractions: Fractions) -> pl.Expr:
    """Cuts each label's ordered list: the hold-out first, then validation, then training, none that is asked for
    empty.
    """
    first = 1 if fractions.holdout else 0
    last, total = pl.col("groups") - 1, pl.col("total").cast(pl.Float64)
    middle = pl.col("upto") - pl.col("size") / 2
    return (
        pl.when(pl.col("groups") < fractions.fewest)
        .then(pl.lit("train"))
        .when((pl.col("rank") < first) | ((middle < total * fractions.holdout) & (pl.col("rank") < last - 1)))
        .then(pl.lit("holdout"))
        .when(
            (pl.col("rank") == first)
            | ((middle < total * (fractions.holdout + fractions.validation)) & (pl.col("rank") < last))
        )
        .then(pl.lit("validation"))
        .otherwise(pl.lit("train"))
    )


def read_split(path: Path) -> Split:
    """Reads a split that a run keeps: a Parquet file with the columns `id` and `part`.

    Raises:
        RunError: There is none, or it is damaged.
    """
    try:
        frame = pl.read_parquet(path, glob=False)  # a path may hold brackets
    except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise RunError("no readable split", where=path, fix="train again") from error
    if frame.columns != ["id", "part"] or frame["part"].dtype != pl.String:
        raise RunError("not a split: it must have the columns id and part", where=path, fix="train again")
    parts = [part or "" for part in frame["part"].unique()]
    others = {part.split(OF)[0] for part in parts if OF in part}
    if {part for part in parts if OF not in part} != set(PARTS) or not others <= set(PARTS):
        raise RunError(f"not a split: its parts must be {', '.join(PARTS)}", where=path, fix="train again")
    if frame["id"].null_count() or frame["id"].is_duplicated().any():
        raise RunError("not a split: a product is in it without an id, or twice", where=path, fix="train again")
    return Split(frame)


def leaked(
    split: Split,
    products: pl.DataFrame,
    part: str = "holdout",
    *,
    column: str = "digest",
    seen: Sequence[str] = ("train", "validation"),
) -> pl.Series:
    """Returns the ids of a part that share a value, by default the very picture, with a part that the training sees.

    Args:
        split: The split.
        products: One row a product or a photo, with `id` and `column`; null is shared with nobody.
        part: The part to check.
        column: The column whose values are not to be shared.
        seen: The parts that it may leak from; `part` itself is none of them.
    """
    joined = split.frame.join(products.select("id", column), on="id", how="left")
    known = joined.filter(pl.col("part").is_in(seen) & (pl.col("part") != part))[column].drop_nulls()
    hits = joined.filter((pl.col("part") == part) & pl.col(column).is_in(known.unique().implode()))
    return hits["id"].unique(maintain_order=True)
