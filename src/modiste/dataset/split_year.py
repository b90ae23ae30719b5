"""The split by year: does a network that learned from some seasons know the goods of others?"""

import polars as pl

from modiste.dataset.split import NO_HOLDOUT, Split, split_products
from modiste.errors import CatalogueError, nearest

__all__ = ["check_years", "split_by_year"]


def check_years(products: pl.DataFrame) -> None:
    """Makes sure that products have years.

    Raises:
        CatalogueError: There is no column `year`.
    """
    if "year" not in products.columns:
        raise CatalogueError(
            f"no column 'year'{nearest('year', products.columns)}",
            where="split by year",
            fix="name the column that holds it, for example --column year=season_year",
        )


def split_by_year(products: pl.DataFrame, *, seed: int, label: str = "Class") -> Split:
    """Splits products into those of odd years, the hold-out, and the others, from which validation is cut.

    A product without a year is in training, with its group. A group that spans odd and even years is divided, since it
    is the year that decides; a note says how many products of the hold-out that concerns.

    Args:
        products: Columns `id`, `label`, `year` (whole numbers) and maybe `group`, see `split_products`.
        seed: Another seed gives another validation part.
        label: The column whose values are to be spread evenly over training and validation.

    Raises:
        CatalogueError: There is no `year`, or all years are odd, or none is.
    """
    check_years(products)
    if "group" not in products.columns:
        products = products.with_columns(pl.int_range(pl.len()).alias("group"))
    odd = products.filter(pl.col("year") % 2 == 1)
    rest = products.filter((pl.col("year") % 2 == 0) | pl.col("year").is_null())
    dated = pl.col("year").is_not_null().all().over("group")
    undated, even = rest.filter(~dated), rest.filter(dated)
    if odd.is_empty() or even.is_empty():
        kind = "odd" if odd.is_empty() else "even"
        raise CatalogueError(f"no product is of an {kind} year", where="split by year", fix="choose another split")
    cut = split_products(even, seed=seed, fractions=NO_HOLDOUT, label=label)
    whole = [undated.select("id", pl.lit("train").alias("part")), odd.select("id", pl.lit("holdout").alias("part"))]
    both = odd.filter(pl.col("group").is_in(rest["group"].unique().implode())).height
    notes = {
        "products without a year, in training": rest["year"].null_count(),
        "products of the hold-out with a picture of their group outside it": both,
    }
    lines = tuple(f"{what}: {count:,}" for what, count in notes.items() if count)
    return Split(pl.concat([cut.frame, *whole]).sort("id"), cut.too_few, lines)
