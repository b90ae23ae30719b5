"""What can be wrong with a catalogue's products and their pictures: a registry of kinds of issues.

A kind is a function from what is known of a catalogue to the photos that have the issue. Another kind is another
function and another entry of `KINDS`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import polars as pl

from modiste.catalogue.photos import IMAGE, IMAGES, one_a_photo

__all__ = ["FOUND", "KINDS", "Evidence", "Issue", "IssueKind", "find_issues"]

FOUND = ("id", "image", "reason")
"""The columns of what a kind finds; some add `other`, the id of the product that it is compared with."""


@dataclass(frozen=True)
class Evidence:
    """What a kind of issue is found in.

    Attributes:
        products: One row a product, with `id`, `images` and all of the catalogue's columns.
        photos: One row a photo, in the products' order: `id`, `image` and the picture's facts (see `images.FACTS`).
        labels: One row a product: `id` and a column for each attribute that is known of it.
        parts: `id` and `part`, the part of a split; no row where the catalogue gives none.
    """

    products: pl.DataFrame
    photos: pl.DataFrame
    labels: pl.DataFrame
    parts: pl.DataFrame


@dataclass(frozen=True)
class IssueKind:
    """A kind of issue.

    Attributes:
        name: What programs call it.
        description: What people call it, as in a line of a report that counts it.
        find: Returns the columns `FOUND`, one row a photo, or a product, that has it.
    """

    name: str
    description: str
    find: Callable[[Evidence], pl.DataFrame]


@dataclass(frozen=True, eq=False)
class Issue:
    """What was found of one kind.

    Attributes:
        kind: The kind.
        found: The columns `FOUND`.
    """

    kind: IssueKind
    found: pl.DataFrame

    @property
    def count(self) -> int:
        """How many pictures have it, a picture that several products show counting once, or how many products."""
        return self.found.select(pl.coalesce(IMAGE, pl.col("id").cast(pl.String))).n_unique()

    @property
    def ids(self) -> list[object]:
        """The ids of the products that have it, each once; pairs of ids where two are compared."""
        if "other" in self.found.columns:
            return [list(pair) for pair in self.found.select("id", "other").unique(maintain_order=True).iter_rows()]
        return self.found["id"].unique(maintain_order=True).to_list()


def find_issues(
    products: pl.DataFrame,
    facts: pl.DataFrame,
    kinds: Iterable[IssueKind],
    *,
    labels: pl.DataFrame | None = None,
    parts: pl.DataFrame | None = None,
) -> tuple[Issue, ...]:
    """Looks for issues of some kinds.

    Args:
        products: See `Evidence`.
        facts: One row a picture (see `images.FACTS`), keyed by `image`.
        kinds: What to look for, such as `KINDS`.
        labels: See `Evidence`; None where nothing is known.
        parts: See `Evidence`; None where the catalogue gives none.
    """
    photos = one_a_photo(products.select("id", IMAGES)).join(facts, on=IMAGE, how="inner", maintain_order="left")
    nothing = products.select("id").clear()
    evidence = Evidence(
        products,
        photos,
        products.select("id") if labels is None else labels,
        nothing.with_columns(part=pl.lit(None, pl.String)) if parts is None else parts,
    )
    return tuple(Issue(kind, kind.find(evidence)) for kind in kinds)


def _missing(seen: Evidence) -> pl.DataFrame:
    without = seen.products.filter(pl.col(IMAGES).list.len() == 0).sort("id")
    return without.select("id", pl.lit(None, pl.String).alias(IMAGE), pl.lit("has no picture").alias("reason"))


def _unreadable(seen: Evidence) -> pl.DataFrame:
    # Which of several pictures it is, nobody could tell from the id.
    several = pl.len().over("id") > 1
    reason = pl.when(several).then(pl.format("{} ({})", "error", IMAGE)).otherwise("error")
    return seen.photos.with_columns(reason.alias("reason")).filter(pl.col("error").is_not_null()).select(FOUND)


def _greyscale(seen: Evidence) -> pl.DataFrame:
    return seen.photos.filter("grey").select("id", IMAGE, pl.lit("holds no colour").alias("reason"))


def _odd_sized(seen: Evidence) -> pl.DataFrame:
    pictures = seen.photos.drop_nulls("width").unique(IMAGE)
    sizes = pictures.group_by("width", "height").len().sort("len", "width", "height", descending=True)
    odd = seen.photos.join(sizes[1:], on=["width", "height"], how="semi", maintain_order="left")
    return odd.select("id", IMAGE, pl.format("{}x{} pixels", "width", "height").alias("reason"))


def _identical_copies(seen: Evidence) -> pl.DataFrame:
    # A product may show one picture twice, and two products one file: neither is a copy.
    once = seen.photos.drop_nulls("digest").unique(["id", "digest"], keep="first", maintain_order=True)
    once = once.unique(IMAGE, keep="first", maintain_order=True)
    first = pl.col("id").first().over("digest"), pl.col(IMAGE).first().over("digest")
    once = once.with_columns(first[0].alias("other"), first[1].alias("original"))
    copies = once.filter(pl.col(IMAGE) != pl.col("original"))
    return copies.select("id", IMAGE, pl.format("the same pixels as {}", "original").alias("reason"), "other")


def _copies_with_two_labels(seen: Evidence) -> pl.DataFrame:
    pairs = [
        _told_apart(seen.photos, seen.labels.select("id", pl.col(name).cast(pl.String).alias("label"))).with_columns(
            pl.lit(name).alias("attribute"),
            pl.format(
                "{} is {}, and {} at {} with the same pixels", pl.lit(name), "label", "other_label", "original"
            ).alias("reason"),
        )
        for name in seen.labels.columns
        if name != "id"
    ]
    return pl.concat(pairs) if pairs else _told_apart(seen.photos, seen.labels.with_columns(label=pl.lit("")))


def _copies_across_parts(seen: Evidence) -> pl.DataFrame:
    pairs = _told_apart(seen.photos, seen.parts.select("id", label="part"))
    reason = pl.format("in {}, and in {} at {} with the same pixels", "label", "other_label", "original")
    return pairs.with_columns(reason.alias("reason"))


def _told_apart(photos: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
    """Returns pairs of photos with the same pixels, of products with different labels.

    Each photo that has such a twin stands in a pair with the first one of each other label.

    Args:
        photos: See `Evidence`.
        labels: `id`, `label`; null where it is not known.

    Returns:
        `FOUND`, with an empty reason, `other`, `label`, `other_label` and `original`, the other product's picture.
    """
    known = labels.drop_nulls("label")
    once = photos.drop_nulls("digest").unique(["id", "digest"], keep="first", maintain_order=True)
    shown = once.select("id", IMAGE, "digest").join(known, on="id", how="inner", maintain_order="left")
    shown = shown.with_row_index("row").with_columns(
        first=pl.col("row") == pl.col("row").first().over("digest", "label")
    )
    twins = shown.filter(pl.n_unique("label").over("digest") > 1)
    firsts = twins.filter("first").select("digest", at="row", other="id", other_label="label", original=IMAGE)
    pairs = twins.join(firsts, on="digest", how="inner", maintain_order="left_right")
    # Two firsts would meet twice.
    pairs = pairs.filter(
        (pl.col("label") != pl.col("other_label")) & ((pl.col("at") < pl.col("row")) | ~pl.col("first"))
    )
    return pairs.select("id", IMAGE, pl.lit("").alias("reason"), "other", "label", "other_label", "original")


KINDS = (
    IssueKind("missing", "pictures missing", _missing),
    IssueKind("unreadable", "pictures unreadable", _unreadable),
    IssueKind("greyscale", "greyscale pictures", _greyscale),
    IssueKind("odd_sized", "odd-sized pictures", _odd_sized),
    IssueKind("identical_copies", "identical copies of another product's picture", _identical_copies),
    IssueKind("copies_with_two_labels", "pictures under two labels", _copies_with_two_labels),
    IssueKind("copies_across_parts", "pictures in two parts of the split", _copies_across_parts),
)
"""What `modiste inspect` looks for."""
