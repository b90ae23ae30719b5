"""What is known of a catalogue before anything is learned from it: rows, pictures, gaps, balance, labels."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from modiste.catalogue.balance import Balance, balance, value_counts
from modiste.catalogue.labels import Labelled
from modiste.catalogue.omissions import Omission
from modiste.catalogue.parts import PARTS
from modiste.catalogue.photos import IMAGE, one_a_photo
from modiste.catalogue.pictures.names import shown
from modiste.catalogue.products import YEAR, Id, Rejection, Repair
from modiste.catalogue.sources import Catalogue
from modiste.dataset.issues import KINDS, Issue, IssueKind, find_issues

__all__ = ["Inspection", "PictureHealth", "inspect_health", "readable_photos", "usable_photos"]


@dataclass(frozen=True)
class PictureHealth:
    """The state of a catalogue's pictures.

    Attributes:
        missing: Ids of products without a picture.
        unreadable: Ids of products with a picture that cannot be decoded, with the reason.
        greyscale: How many pictures hold no colour channels.
        odd_sized: How many are not of the most frequent size.
        identical_copies: How many are redundant, having the same pixels as a picture of another product.
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
        source: The file or folder that it was read from.
        rows: Data rows in its table.
        repaired: Rows that were broken and are whole again.
        rejected: Rows that could not be used.
        excluded: Products that the label rules leave out, or that have no label at all, with the reason.
        unlabelled: Products to which the label rules give no label, with the reason; they have others.
        products: Products that are left: with a row, a label and a readable picture.
        photos: Their readable pictures.
        pictures: The state of the pictures.
        issues: What was found of each kind of issue.
        missing_values: Field -> products that lack it, over all rows that were read.
        distinct_values: Field -> how many different values it has, over all rows that were read.
        balance: Feature -> its balance, over `products`.
        counts: Feature -> value -> how many of `products`, the most frequent first.
        ruled: The attribute that label rules give; None where the catalogue has none.
        classes_before: Its label -> how many of `products` before the ambiguous ones were reassigned, in the rules'
            order.
        classes: The same after the reassignment.
        reassigned: Ambiguous products with the label nearest to their name: id, name, label, similarity.
        warnings: What else deserves a look, one line each.
        omitted: What was passed over when the catalogue was read.
        parts: The part of a split that the catalogue gives -> how many of `products`; None where it gives none.
    """

    source: str
    rows: int
    repaired: tuple[Repair, ...]
    rejected: tuple[Rejection, ...]
    excluded: tuple[tuple[Id, str], ...]
    products: int
    photos: int
    pictures: PictureHealth
    missing_values: dict[str, int]
    distinct_values: dict[str, int]
    balance: dict[str, Balance]
    counts: dict[str, dict[str, int]]
    ruled: str | None
    classes_before: dict[str, int]
    classes: dict[str, int]
    reassigned: pl.DataFrame
    warnings: tuple[str, ...]
    unlabelled: tuple[tuple[Id, str], ...] = ()
    issues: tuple[Issue, ...] = ()
    omitted: tuple[Omission, ...] = ()
    parts: dict[str, int] | None = None

    @property
    def remarks(self) -> tuple[str, ...]:
        """What was passed over and what else deserves a look, one line each."""
        return (*map(str, self.omitted), *self.warnings)

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
            "unlabelled": [{"id": identity, "reason": reason} for identity, reason in self.unlabelled],
            "products": self.products,
            "photos": self.photos,
            "images": {
                "missing": list(pictures.missing),
                "unreadable": [{"id": identity, "reason": reason} for identity, reason in pictures.unreadable],
                "greyscale": pictures.greyscale,
                "odd_sized": pictures.odd_sized,
                "identical_copies": pictures.identical_copies,
                "copy_groups": pictures.copy_groups,
            },
            "issues": {issue.kind.name: issue.ids for issue in self.issues},
            "found": {issue.kind.name: issue.found.to_dicts() for issue in self.issues},
            "copies_with_two_labels": self._pairs("copies_with_two_labels"),
            "copies_across_parts": self._pairs("copies_across_parts"),
            "parts": self.parts,
            "missing_values": self.missing_values,
            "distinct_values": self.distinct_values,
            "balance": {name: {"values": item.values, "balance": item.balance} for name, item in self.balance.items()},
            "classes": self.classes,
            "classes_before": self.classes_before,
            "reassigned": self.reassigned.to_dicts(),
            "omitted": [each.as_json() for each in self.omitted],
            "warnings": list(self.warnings),
        }

    def _pairs(self, kind: str) -> list[dict[str, object]]:
        """Returns the pairs of pictures that an issue of two labels found, as plain values."""
        found = next((issue.found for issue in self.issues if issue.kind.name == kind), pl.DataFrame())
        return [
            {"ids": [row["other"], row["id"]], "images": [row["original"], row[IMAGE]]}
            | ({"attribute": row["attribute"]} if "attribute" in row else {})
            | {"labels" if "attribute" in row else "parts": [row["other_label"], row["label"]]}
            for row in found.iter_rows(named=True)
        ]


def usable_photos(labelled: Labelled, facts: pl.DataFrame, *, unlabelled: bool = False) -> pl.DataFrame:
    """Returns the photos to learn from, one a row: `id`, `image`, the picture's facts and the product's columns.

    They can be read, and their products have a label of any attribute and are not left out by the label rules.

    Args:
        labelled: The products.
        unlabelled: Whether those of products without any label count, too.
        facts: One picture a row (see `images.FACTS`), keyed by `image`, and maybe more columns about it. A column of
            the products that is called like one of these is left out.
    """
    wanted = pl.col("reason").ne_missing("excluded") & (_has_a_label(labelled) | unlabelled)
    return readable_photos(labelled.frame.filter(wanted), facts)


def readable_photos(products: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """Returns the photos of products that can be read, one a row: see `usable_photos`."""
    readable = facts.filter(pl.col("error").is_null())
    theirs = [name for name in readable.columns if name != IMAGE]
    photos = one_a_photo(products.drop(theirs, strict=False))
    return photos.join(readable, on=IMAGE, how="inner", maintain_order="left")


def _has_a_label(labelled: Labelled) -> pl.Expr:
    known = [pl.col(name).is_not_null() for name in labelled.schema.names if name in labelled.frame.columns]
    return pl.any_horizontal(known) if known else pl.lit(value=False)


def inspect_health(
    catalogue: Catalogue,
    labelled: Labelled,
    facts: pl.DataFrame,
    *,
    targets: Sequence[str] = (),
    kinds: Iterable[IssueKind] = (),
    unknown: bool = False,
) -> Inspection:
    """Says what is known of a catalogue whose products are labelled and whose pictures were looked at.

    Args:
        catalogue: The catalogue.
        labelled: Its products with their labels.
        facts: The facts of its pictures (see `images.FACTS`), of products' pictures at least.
        targets: Columns that are to be learned; their balance is worth knowing, too.
        kinds: Kinds of issues to look for besides those of `issues.KINDS`.
        unknown: Whether no column of labels is known; then no product needs one, and all columns are counted.
    """
    table, schema = catalogue.products, labelled.schema
    photos = usable_photos(labelled, facts, unlabelled=unknown)
    usable = photos.unique("id", keep="first", maintain_order=True)
    ruled = schema.ruled
    features = [name for name in dict.fromkeys((*schema.hierarchy, *schema.names, *targets)) if name in usable.columns]
    worth = {*schema.names, schema.text, YEAR, *targets} - {ruled.name if ruled else ""}
    plain = [name for name, dtype in table.frame.drop("id").schema.items() if not dtype.is_nested()]
    fields = [name for name in plain if unknown or name in worth]
    before = usable.filter(pl.col("reason").ne_missing("similarity"))
    excluded, unlabelled = ((), ()) if unknown else _without_labels(labelled)
    labels = labelled.frame.select("id", *(name for name in schema.names if name in labelled.frame.columns))
    issues = find_issues(table.frame, facts, (*KINDS, *kinds), labels=labels, parts=catalogue.parts)
    return Inspection(
        source=shown(str(catalogue.path)),
        rows=table.rows,
        repaired=table.repaired,
        rejected=table.rejected,
        excluded=excluded,
        unlabelled=unlabelled,
        products=usable.height,
        photos=photos.height,
        pictures=_picture_health(issues),
        issues=issues,
        missing_values={name: table.frame[name].null_count() for name in fields},
        distinct_values={name: table.frame[name].drop_nulls().n_unique() for name in fields},
        balance={name: balance(usable[name]) for name in features},
        counts={name: value_counts(usable[name]) for name in features},
        ruled=ruled.name if ruled else None,
        classes_before=_class_counts(before, labelled),
        classes=_class_counts(usable, labelled),
        reassigned=labelled.reassigned,
        warnings=(*catalogue.notes, *labelled.warnings),
        omitted=tuple(catalogue.omissions),
        parts=_part_counts(usable, catalogue.parts),
    )


def _part_counts(products: pl.DataFrame, parts: pl.DataFrame | None) -> dict[str, int] | None:
    if parts is None:
        return None
    counts = value_counts(products.select("id").join(parts, on="id", how="inner")["part"])
    return {part: counts.get(part, 0) for part in PARTS}


def _without_labels(labelled: Labelled) -> tuple[tuple[tuple[Id, str], ...], tuple[tuple[Id, str], ...]]:
    """Returns the products that nothing is learned from, and those that only label rules know nothing of."""
    lost = labelled.frame.filter(~_has_a_label(labelled)).select("id")
    why = labelled.unlabelled.select("id", "reason", excluded=pl.col("kind") == "excluded")
    nothing = lost.join(why, on="id", how="anti").select("id", pl.lit("no label of any attribute").alias("reason"))
    left = why.filter(pl.col("excluded") | pl.col("id").is_in(lost["id"].implode()))
    others = why.join(left, on="id", how="anti", maintain_order="left")
    return (
        (*left.select("id", "reason").iter_rows(), *nothing.iter_rows()),
        tuple(others.select("id", "reason").iter_rows()),
    )


def _picture_health(issues: Sequence[Issue]) -> PictureHealth:
    by_name = {issue.kind.name: issue for issue in issues}
    return PictureHealth(
        missing=tuple(by_name["missing"].found["id"]),
        unreadable=tuple(by_name["unreadable"].found.select("id", "reason").iter_rows()),
        greyscale=by_name["greyscale"].count,
        odd_sized=by_name["odd_sized"].count,
        identical_copies=by_name["identical_copies"].count,
        copy_groups=by_name["identical_copies"].found["reason"].n_unique(),
    )


def _class_counts(products: pl.DataFrame, labelled: Labelled) -> dict[str, int]:
    ruled = labelled.schema.ruled
    if ruled is None:
        return {}
    found = value_counts(products[ruled.name])
    return {label: found.get(label, 0) for label in ruled.labels}
