"""What can be said of a catalogue before anything is learned from it: rows, pictures, gaps, balance, labels."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from modiste.catalogue.balance import Balance, balance, value_counts
from modiste.catalogue.labels import Labelled
from modiste.catalogue.products import FIELDS, Id, Rejection, Repair
from modiste.catalogue.sources import Catalogue
from modiste.dataset.duplicates import copy_counts

__all__ = ["FEATURES", "Inspection", "PictureHealth", "inspect_health", "usable_products"]

FEATURES = (
    "masterCategory",
    "subCategory",
    "articleType",
    "Class",
    "gender",
    "baseColour",
    "season",
    "usage",
)
"""The categorical columns whose balance is worth knowing."""


@dataclass(frozen=True)
class PictureHealth:
    """The state of a catalogue's pictures.

    Attributes:
        missing: Ids of products without a picture.
        unreadable: Ids of products whose picture cannot be decoded, with the reason.
        greyscale: How many pictures hold no colour channels.
        odd_sized: How many are not of the most frequent size.
        identical_copies: How many are redundant, having the same pixels as another.
        copy_groups: How many groups of identical pictures there are.
    """

    missing: tuple[Id, ...]
    unreadable: tuple[tuple[Id, str], ...]
    greyscale: int
    odd_sized: int
    identical_copies: int
    copy_groups: int


@dataclass(frozen=True)
class Inspection:
    """What is known of a catalogue.

    Attributes:
        source: Where it lies.
        rows: Data rows in its table.
        repaired: Rows that were broken and are whole again.
        rejected: Rows that could not be used.
        excluded: Products that the taxonomy leaves out or has no label for, with the reason.
        products: Products that are left: with a row, a readable picture and a label.
        pictures: The state of the pictures.
        missing_values: Field -> products that lack it, over all rows that were read.
        distinct_values: Field -> how many different values it has, over all rows that were read.
        balance: Feature -> its balance, over `products`.
        counts: Feature -> value -> how many of `products`, the most frequent first.
        classes_before: Label -> how many of `products` before the ambiguous ones were reassigned, in the taxonomy's
            order.
        classes: The same after the reassignment.
        reassigned: Ambiguous products with the label nearest to their name: id, name, label, similarity.
        warnings: What else deserves a look, one line each.
    """

    source: str
    rows: int
    repaired: tuple[Repair, ...]
    rejected: tuple[Rejection, ...]
    excluded: tuple[tuple[Id, str], ...]
    products: int
    pictures: PictureHealth
    missing_values: dict[str, int]
    distinct_values: dict[str, int]
    balance: dict[str, Balance]
    counts: dict[str, dict[str, int]]
    classes_before: dict[str, int]
    classes: dict[str, int]
    reassigned: pl.DataFrame
    warnings: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """Returns the inspection as plain values, in the form that `modiste inspect --json` prints."""
        pictures = self.pictures
        return {
            "source": self.source,
            "rows": self.rows,
            "repaired": len(self.repaired),
            "repairs": [{"line": item.line, "id": item.id, "note": item.note} for item in self.repaired],
            "rejected": [{"line": item.line, "reason": item.reason} for item in self.rejected],
            "excluded": [{"id": identity, "reason": reason} for identity, reason in self.excluded],
            "products": self.products,
            "images": {
                "missing": list(pictures.missing),
                "unreadable": [{"id": identity, "reason": reason} for identity, reason in pictures.unreadable],
                "greyscale": pictures.greyscale,
                "odd_sized": pictures.odd_sized,
                "identical_copies": pictures.identical_copies,
                "copy_groups": pictures.copy_groups,
            },
            "missing_values": self.missing_values,
            "distinct_values": self.distinct_values,
            "balance": {name: {"values": item.values, "balance": item.balance} for name, item in self.balance.items()},
            "classes": self.classes,
            "classes_before": self.classes_before,
            "reassigned": self.reassigned.to_dicts(),
            "warnings": list(self.warnings),
        }


def usable_products(labelled: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """Returns the labelled products that have a readable picture, with the picture's facts beside each.

    Args:
        labelled: See `Labelled.frame`.
        facts: One picture a row (see `images.FACTS`), keyed by `image`.
    """
    readable = facts.filter(pl.col("error").is_null())
    return labelled.drop_nulls("Class").join(readable, on="image", how="inner", maintain_order="left")


def inspect_health(
    catalogue: Catalogue, labelled: Labelled, facts: pl.DataFrame, *, targets: Sequence[str] = ()
) -> Inspection:
    """Says what is known of a catalogue whose products are labelled and whose pictures were looked at.

    Args:
        catalogue: The catalogue.
        labelled: Its products with their labels.
        facts: The facts of its pictures (see `images.FACTS`), of products' pictures at least.
        targets: Columns that are to be learned; their balance is worth knowing, too.
    """
    table = catalogue.products
    usable = usable_products(labelled.frame, facts)
    features = _features(usable, targets)
    fields = [name for name in table.frame.columns if name in (*FIELDS, *targets) and name != "id"]
    before = usable.filter(pl.col("reason") != "similarity")
    return Inspection(
        source=str(catalogue.path),
        rows=table.rows,
        repaired=table.repaired,
        rejected=table.rejected,
        excluded=tuple(labelled.unlabelled.select("id", "reason").iter_rows()),
        products=usable.height,
        pictures=_picture_health(table.frame, facts),
        missing_values={name: table.frame[name].null_count() for name in fields},
        distinct_values={name: table.frame[name].drop_nulls().n_unique() for name in fields},
        balance={name: balance(usable[name]) for name in features},
        counts={name: value_counts(usable[name]) for name in features},
        classes_before=_class_counts(before, labelled),
        classes=_class_counts(usable, labelled),
        reassigned=labelled.reassigned,
        warnings=labelled.warnings,
    )


def _features(usable: pl.DataFrame, targets: Sequence[str]) -> list[str]:
    """Returns the columns whose balance is worth knowing; not `Class` where it is the first target by another name."""
    features = [name for name in dict.fromkeys((*FEATURES, *targets)) if name in usable.columns]
    if targets and "Class" not in targets and usable["Class"].equals(usable[targets[0]].cast(pl.String)):
        features.remove("Class")
    return features


def _picture_health(products: pl.DataFrame, facts: pl.DataFrame) -> PictureHealth:
    sizes = facts.drop_nulls("width").group_by("width", "height").len().sort("len", "width", "height", descending=True)
    unreadable = products.join(facts.drop_nulls("error"), on="image", how="inner", maintain_order="left")
    copies, groups = copy_counts(facts["digest"])
    return PictureHealth(
        missing=tuple(products.filter(pl.col("image").is_null())["id"].sort()),
        unreadable=tuple(unreadable.select("id", "error").iter_rows()),
        greyscale=int(facts["grey"].sum()),
        odd_sized=int(sizes["len"][1:].sum()),
        identical_copies=copies,
        copy_groups=groups,
    )


def _class_counts(products: pl.DataFrame, labelled: Labelled) -> dict[str, int]:
    found = value_counts(products["Class"])
    return {label: found.get(label, 0) for label in labelled.taxonomy.label_names}
