"""Where catalogues come from: a Kaggle zip or folder, a table with pictures, a folder per class."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from modiste.catalogue.pictures import MOST_BYTES, FolderPictures, Pictures, ZipPictures
from modiste.catalogue.products import ProductTable, products_from_csv, products_from_frame
from modiste.errors import CatalogueError

__all__ = ["Catalogue", "open_catalogue"]

KAGGLE_TABLE = "styles.csv"
TABLE_SUFFIXES = (".csv", ".parquet")


@dataclass(frozen=True)
class Catalogue:
    """A catalogue that is open for reading.

    Attributes:
        path: Where it lies.
        products: The product table; its frame's column `image` holds each product's picture name, null where it has
            none.
        pictures: The store that holds those names.
    """

    path: Path
    products: ProductTable
    pictures: Pictures


def open_catalogue(path: Path, *, columns: Mapping[str, str] | None = None, images: Path | None = None) -> Catalogue:
    """Opens a catalogue of any kind that we know.

    Args:
        path: A zip or a folder in the Kaggle layout (`styles.csv` and `images/<id>.jpg`), a CSV or Parquet file, or a
            folder with one folder of pictures per class.
        columns: Field -> the table's name for it, where they differ; `image` names the column of picture paths.
        images: The folder that the table's pictures lie in; by default the table's own folder.

    Raises:
        CatalogueError: There is nothing to read, or it is not readable.
    """
    if not path.exists():
        raise CatalogueError(
            "no such file or folder", where=path, fix="check the path, or draw one: modiste sample DIR"
        )
    if path.is_dir():
        if (path / KAGGLE_TABLE).is_file():
            return _kaggle_folder(path, columns)
        return _folder_per_class(path)
    if path.suffix.lower() in TABLE_SUFFIXES:
        return _table(path, columns, images)
    return _kaggle_zip(path, columns)


def _kaggle_zip(path: Path, columns: Mapping[str, str] | None) -> Catalogue:
    pictures = ZipPictures(path)
    tables = [name for name in pictures.files() if f"/{name}".endswith(f"/{KAGGLE_TABLE}")]
    if not tables:
        raise CatalogueError(f"no {KAGGLE_TABLE} in this zip", where=path, fix="give the zip as Kaggle publishes it")
    # The full-size data set holds a second copy of everything one folder deeper.
    table = min(tables, key=lambda name: (name.count("/"), name))
    products = products_from_csv(pictures.read(table), where=f"{path}/{table}", columns=columns)
    return Catalogue(path, _with_images_by_id(products, pictures), pictures)


def _kaggle_folder(path: Path, columns: Mapping[str, str] | None) -> Catalogue:
    pictures = FolderPictures(path)
    products = products_from_csv(_read(path / KAGGLE_TABLE), where=str(path / KAGGLE_TABLE), columns=columns)
    return Catalogue(path, _with_images_by_id(products, pictures), pictures)


def _table(path: Path, columns: Mapping[str, str] | None, images: Path | None) -> Catalogue:
    root = images or path.parent
    if not root.is_dir():
        raise CatalogueError("no such folder of pictures", where=root, fix="give it with --images")
    pictures = FolderPictures(root)
    if path.suffix.lower() == ".parquet":
        try:
            frame = pl.read_parquet(path)
        except (pl.exceptions.PolarsError, OSError) as error:
            reason = str(error).splitlines()[0]
            raise CatalogueError(
                f"cannot be read as Parquet ({reason})", where=path, fix="write it again, or give a CSV table"
            ) from error
        products = products_from_frame(frame, where=str(path), columns=columns)
    else:
        products = products_from_csv(_read(path), where=str(path), columns=columns)
    if "image" not in products.frame.columns:
        return Catalogue(path, _with_images_by_id(products, pictures), pictures)
    known = pictures.names()
    cleaned = pl.col("image").str.replace_all("\\", "/", literal=True).str.strip_prefix("./")
    # Only names that the folder's own listing holds are used, so no path can climb out of it.
    named = products.frame.with_columns(pl.when(cleaned.is_in(known.implode())).then(cleaned).alias("image"))
    return _having_images(Catalogue(path, _replaced(products, named), pictures), root)


def _folder_per_class(path: Path) -> Catalogue:
    pictures = FolderPictures(path)
    names = pictures.names()
    names = names.filter(names.str.contains("/", literal=True))
    if names.is_empty():
        raise CatalogueError(
            f"neither {KAGGLE_TABLE} nor a folder of pictures per class in it",
            where=path,
            fix="give a folder that holds styles.csv and images/, or one folder of pictures per label, or a CSV table",
        )
    frame = pl.DataFrame({"id": names, "Class": names.str.extract("^([^/]*)"), "image": names})
    return Catalogue(path, ProductTable(frame, rows=len(names)), pictures)


def _with_images_by_id(products: ProductTable, pictures: Pictures) -> ProductTable:
    """Gives each product the picture that is called by its id."""
    stem = pl.col("image").str.extract(r"([^/]+)\.[^.]*$")
    files = pl.DataFrame({"image": pictures.names()}).with_columns(stem.alias("key"))
    # The shallowest wins where a picture lies twice.
    files = files.sort(pl.col("image").str.count_matches("/"), "image").unique("key", keep="first", maintain_order=True)
    frame = products.frame.drop("image", strict=False).with_columns(pl.col("id").cast(pl.String).alias("key"))
    frame = frame.join(files, on="key", how="left", maintain_order="left").drop("key")
    return _replaced(products, frame)


def _having_images(catalogue: Catalogue, root: Path) -> Catalogue:
    if catalogue.products.frame["image"].null_count() == catalogue.products.frame.height:
        example = next(iter(catalogue.pictures.names()), "none")
        raise CatalogueError(
            f"no picture of the column 'image' lies in this folder (it holds, for example, {example})",
            where=root,
            fix="give the folder with --images",
        )
    return catalogue


def _replaced(products: ProductTable, frame: pl.DataFrame) -> ProductTable:
    return ProductTable(frame, products.rows, products.repaired, products.rejected)


def _read(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise CatalogueError(
                f"a table of {size:,} bytes, and {MOST_BYTES:,} are the most", where=path, fix="give it in parts"
            )
        return path.read_bytes()
    except OSError as error:
        raise CatalogueError(f"cannot be read ({error.strerror})", where=path, fix="check the file") from error
