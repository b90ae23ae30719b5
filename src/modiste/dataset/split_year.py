"""The split by year: does a network that learned from some seasons know the goods of others?"""

import polars as pl

from modiste.catalogue.products import YEAR
from modiste.dataset.split import NO_HOLDOUT, Split, by_product, split_products
from modiste.errors import CatalogueError, nearest

__all__ = ["check_years", "split_by_year"]


def check_years(products: pl.DataFrame) -> None:
    """Makes sure that products have years.

    Raises:
        CatalogueError: There is no column `year`, or it holds no numbers.
    """
    if YEAR not in products.columns:
        raise CatalogueError(
            f"no column {YEAR!r}{nearest(YEAR, products.columns)}",
            where="split by year",
            fix="name the column that holds it, for example --column year=season_year",
        )
    if not products[YEAR].dtype.is_numeric():
        raise CatalogueError(
            f"the column {YEAR!r} is of the type {products[YEAR].dtype}",
            where="split by year",
            fix="give years as whole numbers",
        )


def split_by_year(products: pl.DataFrame, *, label: str, seed: int) -> Split:
    """Splits products into those of odd years, the hold-out, and the others, from which validation is cut.

    A product without a year is in training, with its group. A group that spans odd and even years is divided, since it
    is the year that decides; a note says how many products of the hold-out that concerns. A product without a label
    and a year follows the others of its group.

    Args:
        products: One row a product or a photo, with `id`, `label`, `year` (whole numbers) and maybe `group`, see
            `split_products`.
        label: The column whose values are to be spread evenly over training and validation.
        seed: Another seed gives another validation part.

    Raises:
        CatalogueError: There is no `year`, or all years are odd, or none is.
    """
    check_years(products)
    products = by_product(products)
    odd = products.filter(pl.col(YEAR) % 2 == 1)
    rest = products.filter((pl.col(YEAR) % 2 == 0) | pl.col(YEAR).is_null())
    labelled = pl.col(label).is_not_null()
    decides = labelled | ~labelled.any().over("group")
    dated = (pl.col(YEAR).is_not_null() | ~decides).all().over("group")
    undated, even = rest.filter(~dated), rest.filter(dated)
    if odd.is_empty() or even.is_empty():
        kind = "odd" if odd.is_empty() else "even"
        raise CatalogueError(f"no product is of an {kind} year", where="split by year", fix="choose another split")
    cut = split_products(even, label=label, seed=seed, fractions=NO_HOLDOUT)
    whole = [undated.select("id", pl.lit("train").alias("part")), odd.select("id", pl.lit("holdout").alias("part"))]
    both = odd.filter(pl.col("group").is_in(rest["group"].unique().implode())).height
    notes = {
        "products without a year, in training": undated[YEAR].null_count(),
        "products of the hold-out with a picture of their group outside it": both,
    }
    lines = tuple(f"{what}: {count:,}" for what, count in notes.items() if count)
    return Split(pl.concat([cut.frame, *whole]).sort("id"), cut.too_few, lines)
