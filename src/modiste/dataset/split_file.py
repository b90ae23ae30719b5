"""A split that comes as a file: a table, one row a product, with its id and its part."""

from pathlib import Path

import polars as pl

from modiste.catalogue.parts import USUAL, part_named
from modiste.catalogue.products import first_few
from modiste.catalogue.tables import read_table
from modiste.dataset.split import NO_HOLDOUT, PARTS, Split
from modiste.dataset.split_given import cut_from_train
from modiste.errors import CatalogueError, nearest

__all__ = ["read_parts", "split_from_file"]

COLUMNS = ("part", "split")


def split_from_file(path: Path, products: pl.DataFrame, *, label: str, seed: int) -> Split:
    """Splits products as a file says. Those that it does not name are in no part.

    Where none of the products is in the file's validation, a fifth of its training is cut off for that.

    Args:
        path: A table of any kind that `catalogue.tables` reads, with the columns `id` and `part` or `split`. Its values
            are train, validation (or val, valid) and holdout (or test), in upper or lower case.
        products: One row a product or a photo, with `id` and, for the cut, `label` and maybe `group`, see
            `split_products`.
        label: The column whose values the cut spreads evenly.
        seed: The seed of the cut.

    Raises:
        CatalogueError: The file cannot be read, lacks a column, names an unknown part or puts an id in two parts, or
            no product is in its training or in its hold-out.
    """
    named = read_parts(path)
    ours = products.select("id", pl.col("id").cast(pl.String).alias("name")).unique("id")
    frame = ours.join(named, on="name").select("id", "part").sort("id")
    for part in ("train", "holdout"):
        if part not in frame["part"]:
            raise CatalogueError(
                f"no product of the catalogue is in the part {part!r}",
                where=path,
                fix="see that the ids are those of the catalogue",
            )
    split = Split(frame, notes=_strangers(ours, named, path.name))
    if "validation" in frame["part"]:
        return split
    split = cut_from_train(split, products, "validation", NO_HOLDOUT, label=label, seed=seed)
    return split.noting(f"{path.name} has no validation part: it is cut from training")


def _strangers(ours: pl.DataFrame, named: pl.DataFrame, file: str) -> tuple[str, ...]:
    """Says how many products the file does not know, and which of its ids are no product."""
    absent = ours.join(named, on="name", how="anti").height
    strange = named.join(ours, on="name", how="anti")["name"].sort()
    lines = {
        f"products that are not in {file} and left out: {absent:,}": absent,
        f"ids of {file} that are no usable product: {strange.len():,} ({first_few(strange)})": strange.len(),
    }
    return tuple(line for line, count in lines.items() if count)


def read_parts(path: Path) -> pl.DataFrame:
    """Returns the rows of a split's file: `name` (the id as text), `part`, each id once.

    Raises:
        CatalogueError: The file cannot be read, lacks a column, names an unknown part or puts an id in two parts.
    """
    table = read_table(path)
    columns = table.frame.columns
    column = next((name for name in COLUMNS if name in columns), "part")
    for name in ("id", column):
        if name not in columns:
            raise table.no_column(repr(name), name=name, fix="a split has the columns id and part")
    frame = table.checked()
    said = frame[column].cast(pl.String).str.strip_chars().fill_null("")
    meant = {text: part_named(text) for text in said.unique()}
    rows = frame.select(
        pl.col("id").cast(pl.String).str.strip_chars().alias("name"),
        said.replace_strict(meant, return_dtype=pl.String).alias("part"),
    )
    if rows["part"].null_count():
        row = rows["part"].is_null().arg_max() or 0
        part = said[row].lower()
        raise CatalogueError(
            f"{part!r} is no part{nearest(part, USUAL)} (id {rows['name'][row]})",
            where=path,
            fix=f"the parts are {', '.join(PARTS)}",
        )
    rows = rows.unique(maintain_order=True)
    doubled = rows.filter(pl.col("name").is_duplicated())
    if doubled.height:
        raise CatalogueError(f"id {doubled['name'][0]} is in two parts", where=path, fix="leave one of them")
    return rows
