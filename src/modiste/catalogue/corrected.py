"""Gives products the labels of corrections: each to its product, and none that contradicts the product's others."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import polars as pl

from modiste.catalogue.combinations import Combinations
from modiste.catalogue.naming import Named, named_by_id, named_by_path
from modiste.catalogue.omissions import Omission
from modiste.catalogue.products import first_few
from modiste.errors import CatalogueError, ConfigError, nearest

__all__ = ["Corrected", "apply_corrections", "check_named", "check_together"]

EXAMPLES = 3
"""How many names or products a message shows."""


@dataclass(frozen=True, eq=False)
class Corrected:
    """Products with corrected labels.

    Attributes:
        frame: Their photos, in their order.
        given: Which labels people gave, changed or found right: `id`, `attribute`.
        omissions: What could not be used.
        new: Which labels no product had before, a line each attribute.
    """

    frame: pl.DataFrame
    given: pl.DataFrame
    omissions: tuple[Omission, ...] = ()
    new: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know, a line each."""
        return (*map(str, self.omissions), *self.new)


def apply_corrections(
    photos: pl.DataFrame,
    corrections: pl.DataFrame,
    *,
    columns: Sequence[str],
    together: Sequence[str] = (),
    where: str | Path,
) -> Corrected:
    """Gives products the labels of corrections, on all of their photos.

    Args:
        photos: One a row, with `id`, `image` and the columns that are corrected.
        corrections: See `read_corrections`. Which product a name is of, `naming` says.
        columns: The columns that hold labels.
        together: Those whose labels must go together, as they do for some product before the corrections. A label that
            no product has there goes with any.
        where: Where the corrections are from, for errors.

    Raises:
        ConfigError: A correction is of an attribute that is none of the columns, a value does not fit its column, or
            labels contradict one another.
        CatalogueError: None of the corrections is a product's.
    """
    for name in corrections["attribute"].unique(maintain_order=True):
        if name not in columns:
            raise ConfigError(
                f"unknown attribute {name!r}{nearest(name, columns)}",
                where=where,
                fix=f"the catalogue's columns are {', '.join(columns)}",
            )
    named = check_named(photos, corrections, where=where)
    key = corrections.columns[0]
    ids = pl.DataFrame(
        {key: list(named.ids), "product": list(named.ids.values())},
        schema={key: pl.String, "product": photos.schema["id"]},
    )
    given = (
        corrections.join(ids, on=key, how="inner", maintain_order="left")
        .select(pl.col("product").alias("id"), "attribute", "after")
        .unique(["id", "attribute"], keep="last", maintain_order=True)
    )
    frame = photos
    for (name,), part in given.group_by("attribute", maintain_order=True):
        frame = _with_labels(frame, photos[str(name)], part, where)
    told = given.select("id", "attribute")
    before = Combinations.of(photos, [name for name in together if name in photos.columns])
    touched = told.filter(pl.col("attribute").is_in(before.attributes))["id"]
    check_together(frame, touched, before, where=where)
    return Corrected(frame, told, tuple(_omitted(named)), tuple(_new_labels(photos, given)))


def check_named(photos: pl.DataFrame, corrections: pl.DataFrame, *, where: str | Path) -> Named:
    """Finds the products of corrections.

    Args:
        photos: One a row, with `id` and `image`.
        corrections: See `read_corrections`.
        where: Where the corrections are from, for errors.

    Raises:
        CatalogueError: None of them is a product's.
    """
    key = corrections.columns[0]
    names = corrections[key].unique(maintain_order=True).to_list()
    if key == "id":
        theirs = photos["id"].unique(maintain_order=True).to_list()
        named = named_by_id(names, theirs)
    else:
        pictures = photos.select("image", "id").rows()
        theirs = [name for name, _ in pictures]
        named = named_by_path(names, pictures)
    if names and not named.ids:
        what = "id" if key == "id" else "path of a picture"
        raise CatalogueError(
            f"none of the {len(names):,} names of its corrections is the {what} of one product: "
            f"the corrections say {_few(names)}, the catalogue {_few(theirs)}",
            where=where,
            fix="give the corrections of this catalogue",
        )
    return named


def _few(names: Iterable[object]) -> str:
    first = list(islice(names, EXAMPLES + 1))
    return ", ".join(repr(str(name)) for name in first[:EXAMPLES]) + (", ..." if len(first) > EXAMPLES else "")


def _with_labels(frame: pl.DataFrame, column: pl.Series, given: pl.DataFrame, where: str | Path) -> pl.DataFrame:
    """Returns photos whose products have the labels that people gave in one column."""
    try:
        after = given.select("id", pl.col("after").cast(column.dtype))
    except pl.exceptions.PolarsError as error:
        raise ConfigError(
            f"a label of {column.name!r} does not fit its column ({str(error).splitlines()[0]})", where=where
        ) from error
    found = frame.select("id").join(after, on="id", how="left", maintain_order="left")["after"]
    return frame.with_columns(pl.coalesce(found, column).alias(column.name))


def check_together(frame: pl.DataFrame, ids: pl.Series, before: Combinations, *, where: str | Path) -> None:
    """Makes sure that the labels of some products go together.

    Args:
        frame: Photos with corrected labels.
        ids: The products'.
        before: The combinations of the catalogue before it was corrected.
        where: Where the corrections are from, for errors.

    Raises:
        ConfigError: Those of some do not.
    """
    products = frame.filter(pl.col("id").is_in(ids.implode())).unique("id", keep="first", maintain_order=True)
    labels = products.select(pl.col(name).cast(pl.String) for name in before.attributes)
    allowed = {row: before.allow(dict(zip(before.attributes, row, strict=True))) for row in set(labels.rows())}
    pairs = zip(products["id"], labels.rows(named=True), labels.rows(), strict=True)
    wrong = [f"{identity} would be {before.told(named)}" for identity, named, row in pairs if not allowed[row]]
    if wrong:
        more = f", and {len(wrong) - EXAMPLES:,} more" if len(wrong) > EXAMPLES else ""
        raise ConfigError(
            f"no product of the catalogue has such labels together: {'; '.join(wrong[:EXAMPLES])}{more}",
            where=where,
            fix="correct the product's other labels as well, or leave these corrections out",
        )


def _omitted(named: Named) -> Iterator[Omission]:
    """Yields what is no product's."""
    reasons = {
        "corrections of what is no usable product": named.unknown,
        "corrections of what may be several products": named.ambiguous,
    }
    for reason, names in reasons.items():
        if names:
            yield Omission(reason, len(names), names[:EXAMPLES])


def _new_labels(photos: pl.DataFrame, given: pl.DataFrame) -> Iterator[str]:
    """Yields a line for each attribute that gets labels which no product has: new ones, or misspelt ones."""
    for (name,), part in given.group_by("attribute", maintain_order=True):
        known = photos[str(name)].cast(pl.String).unique()
        new = part["after"].unique(maintain_order=True)
        new = new.filter(~new.is_in(known.implode()))
        if len(new):
            yield f"labels of {name} that are new to the catalogue: {len(new):,} ({first_few(new)})"
