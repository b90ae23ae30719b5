"""Which picture is whose: a product has any number of them.

Names are those of the store's own listing, and no others, so no path of a table can climb out of its folder.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from modiste.catalogue.pictures.references import names_in, spelt
from modiste.catalogue.products import ID

__all__ = ["IMAGE", "IMAGES", "Named", "named_by_columns", "named_by_id", "one_a_photo"]

IMAGES = "images"
"""The column of a products frame that holds the names of each product's pictures: List of String."""

IMAGE = "image"
"""The column of a photos frame that holds a picture's name."""

STEM = r"([^/]+)\.[^./]*$"
"""A file's name without folder and suffix."""

FOLDER = r"([^/]+)/[^/]+$"
"""The folder that a file lies in."""

NUMBERED = r"^(.+)[_-]\d+$"
"""What stands before the number of a numbered name, such as 12_1 or 12-2."""


def one_a_photo(products: pl.DataFrame) -> pl.DataFrame:
    """Returns one row a photo instead of one a product: `id`, `image`, then the products' other columns.

    Args:
        products: With `images`.
    """
    photos = products.filter(pl.col(IMAGES).list.len() > 0).explode(IMAGES).rename({IMAGES: IMAGE})
    return photos.select(ID, IMAGE, pl.exclude(ID, IMAGE))


def named_by_id(products: pl.DataFrame, names: pl.Series) -> pl.DataFrame:
    """Gives products, as `images`, the pictures whose file or folder is called by their id.

    These are `<id>.jpg`, the numbered `<id>_1.jpg` and `<id>-2.jpg`, and whatever lies in a folder `<id>`. A file of
    one name is taken once: where it lies several times, as in an archive that holds a second copy of everything, it is
    the one in the fewest folders.

    Args:
        products: With `id`; `images` and `image` are replaced.
        names: The names of all pictures, sorted.
    """
    ids = products[ID].cast(pl.String)
    files = pl.DataFrame({IMAGE: names}).select(
        IMAGE, pl.col(IMAGE).str.extract(STEM).alias("stem"), pl.col(IMAGE).str.extract(FOLDER).alias("folder")
    )
    start = pl.col("stem").str.extract(NUMBERED)
    known = ids.implode()
    files = files.with_columns(
        pl.when(pl.col("stem").is_in(known)).then("stem").when(start.is_in(known)).then(start).alias("by_name"),
        pl.when(pl.col("folder").is_in(known)).then("folder").alias("by_folder"),
    )
    files = files.with_columns(_owner(files).alias("key")).drop_nulls("key")
    files = files.sort(pl.col(IMAGE).str.count_matches("/"), pl.col("stem").str.len_chars(), IMAGE)
    lists = (
        files.unique(["key", "stem"], keep="first", maintain_order=True)
        .group_by("key", maintain_order=True)
        .agg(pl.col(IMAGE).alias(IMAGES))
    )
    frame = products.drop(IMAGE, IMAGES, strict=False)
    found = pl.DataFrame({"key": ids}).join(lists, on="key", how="left", maintain_order="left")[IMAGES]
    return frame.with_columns(_or_empty(found))


def _owner(files: pl.DataFrame) -> pl.Expr:
    """Says whether a picture belongs to the id of its folder or of its name, where these are two.

    Photos in products' folders may be called 1, 2, 3, which may be ids, too; then two folders hold a photo of one name.
    Where none do, the folders only divide the pictures, and may be called like an id by chance.
    """
    both = files.drop_nulls(["by_name", "by_folder"])
    numbered = both.group_by("stem").agg(pl.n_unique("folder"))["folder"].max()
    differ = (both["by_name"] != both["by_folder"]).any()
    divided = differ and numbered == 1
    return pl.col("by_name") if divided else pl.coalesce("by_folder", "by_name")


@dataclass(frozen=True, eq=False)
class Named:
    """Products with the pictures that their columns name.

    Attributes:
        products: With `images` instead of the columns that name pictures.
        columns: These columns; none where no picture of theirs is there.
        lost: Names of theirs that no picture has, each once.
    """

    products: pl.DataFrame
    columns: tuple[str, ...]
    lost: pl.Series


def named_by_columns(products: pl.DataFrame, names: pl.Series, columns: Sequence[str], root: Path = Path()) -> Named:
    """Gives products, as `images`, the pictures that columns name, in the columns' order, each once.

    Args:
        products: One a row.
        names: The names of all pictures.
        columns: Of the products: text, or lists of text; others name no pictures.
        root: The folder that the names are relative to; absolute paths may lead into it.
    """
    parts = [
        _long(products[name]).with_columns(pl.lit(number).alias("column"))
        for number, name in enumerate(columns)
        if _holds_text(products[name].dtype)
    ]
    if not parts:
        return Named(products, (), pl.Series(dtype=pl.String))
    said = pl.concat(parts)
    said = said.with_columns(names_in(said[IMAGE], root))
    said = said.filter(pl.col(IMAGE) != "")
    said = said.with_columns(spelt(said[IMAGE], names).alias("file"))
    found = said.drop_nulls("file").drop(IMAGE).rename({"file": IMAGE})
    used = found["column"].unique().sort()
    is_lost = pl.col("file").is_null() & pl.col("column").is_in(used.implode())
    lost = said.filter(is_lost)[IMAGE].unique(maintain_order=True)
    lists = (
        found.sort("row", "column", maintain_order=True)
        .unique(["row", IMAGE], keep="first", maintain_order=True)
        .group_by("row", maintain_order=True)
        .agg(pl.col(IMAGE).alias(IMAGES))
    )
    rows = products.select(pl.int_range(pl.len(), dtype=pl.UInt32).alias("row"))
    images = _or_empty(rows.join(lists, on="row", how="left", maintain_order="left")[IMAGES])
    ours = tuple(columns[number] for number in used)
    return Named(products.drop(ours, IMAGE, IMAGES, strict=False).with_columns(images), ours, lost)


def _long(column: pl.Series) -> pl.DataFrame:
    """Returns a column's values, one of each list a row: `row`, `image`."""
    values = column.to_frame(IMAGE).with_row_index("row")
    if column.dtype.is_nested():
        values = values.with_columns(pl.col(IMAGE).cast(pl.List(pl.String))).explode(IMAGE)
    return values.with_columns(pl.col(IMAGE).cast(pl.String)).drop_nulls()


def _holds_text(dtype: pl.DataType) -> bool:
    inner = dtype.inner if isinstance(dtype, pl.List | pl.Array) else dtype
    return inner in (pl.String, pl.Categorical, pl.Enum)


def _or_empty(lists: pl.Series) -> pl.Series:
    return lists.cast(pl.List(pl.String)).fill_null(pl.Series([[]], dtype=pl.List(pl.String)).first())
