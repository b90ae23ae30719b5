"""What can be wrong with a catalogue's products and their pictures: a registry of kinds of issues.

A kind is a function from what is known of a catalogue to the photos that have the issue. Another kind is another
function and another entry of `KINDS`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from modiste.catalogue.photos import IMAGE, IMAGES, one_a_photo

__all__ = ["FOUND", "KINDS", "Evidence", "IssueKind", "find_issues"]

FOUND = ("id", "image", "reason")
"""The columns of what a kind finds; some add `other`, the id of the product that it is compared with."""


@dataclass(frozen=True)
class Evidence:
    """What a kind of issue is found in.

    Attributes:
        products: One row a product, with `id`, `images` and all of the catalogue's columns.
        photos: One row a photo, in the products' order: `id`, `image` and the picture's facts (see `images.FACTS`).
    """

    products: pl.DataFrame
    photos: pl.DataFrame


@dataclass(frozen=True)
class IssueKind:
    """A kind of issue.

    Attributes:
        name: What programs call it.
        description: What it means, as a line of a report.
        find: Returns the columns `FOUND`, one row an issue.
    """

    name: str
    description: str
    find: Callable[[Evidence], pl.DataFrame]


def find_issues(
    products: pl.DataFrame, facts: pl.DataFrame, kinds: Iterable[IssueKind] | None = None
) -> Mapping[str, pl.DataFrame]:
    """Returns what each kind finds: name -> the columns `FOUND`.

    Args:
        products: See `Evidence`.
        facts: One row a picture (see `images.FACTS`), keyed by `image`.
        kinds: What to look for; by default `KINDS`.
    """
    photos = one_a_photo(products.select("id", IMAGES)).join(facts, on=IMAGE, how="inner", maintain_order="left")
    evidence = Evidence(products, photos)
    return {kind.name: kind.find(evidence) for kind in (KINDS if kinds is None else kinds)}


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


KINDS = (
    IssueKind("missing", "Products without a picture", _missing),
    IssueKind("unreadable", "Pictures that cannot be decoded", _unreadable),
    IssueKind("greyscale", "Pictures without colour channels", _greyscale),
    IssueKind("odd_sized", "Pictures of another size than most", _odd_sized),
    IssueKind("identical_copies", "Pictures with the same pixels as another product's", _identical_copies),
)
"""What `modiste inspect` looks for."""
