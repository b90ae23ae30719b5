"""Where catalogues come from: a Kaggle zip or folder, a table with pictures, a folder per class."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self
from zipfile import is_zipfile

import polars as pl

from modiste.catalogue.omissions import EXAMPLES, Omission, Omissions
from modiste.catalogue.photos import IMAGE, IMAGES, named_by_columns, named_by_id, one_a_photo
from modiste.catalogue.pictures import FolderPictures, Pictures, ZipPictures
from modiste.catalogue.pictures.names import path_prefix
from modiste.catalogue.pictures.references import why_unusable
from modiste.catalogue.products import ID, ProductTable, read_products
from modiste.catalogue.tables import is_table
from modiste.errors import CatalogueError
from modiste.files import check_file
from modiste.schema import Schema

__all__ = ["Catalogue"]

KAGGLE_TABLE = "styles.csv"

_Found = tuple[ProductTable, Pictures, tuple[str, ...]]
"""What is read of a catalogue: products, pictures, notes."""


@dataclass(frozen=True, repr=False)
class Catalogue:
    """A catalogue that is open for reading: products, each with any number of pictures.

    Open one with `Catalogue.open`. `len(catalogue)` is its number of products.

    Attributes:
        path: The file or folder that it was read from.
        schema: What is known of its products.
        products: The product table: one row a product, with what was mended and what was rejected. In its frame, the
            column `images` (List of String) holds the names of each product's pictures.
        pictures: The store that holds the pictures of these names.
        notes: What else a reader should know of how it was read, a line each.
        omissions: What was passed over: files that are no pictures, pictures that are not there or that no product has.
    """

    path: Path
    schema: Schema
    products: ProductTable
    pictures: Pictures
    notes: tuple[str, ...] = ()
    omissions: Omissions = field(default_factory=Omissions)

    @classmethod
    def open(
        cls,
        path: Path | str,
        *,
        schema: Schema | Path | str | None = None,
        columns: Mapping[str, str] | None = None,
        images: Path | str | None = None,
    ) -> Self:
        """Opens a catalogue of any kind that we know; no picture is decoded.

        Args:
            path: A zip or a folder in the Kaggle layout (`styles.csv` and `images/<id>.jpg`), a table of any kind that
                `tables.read_table` reads, or a folder with one folder of pictures per class.
            schema: What is known of the products, or its file; by default the shipped schema.
            columns: Field -> the table's name for it, where they differ; `image` names a column of picture paths.
            images: The folder that the table's pictures lie in; by default the table's own folder.

        Raises:
            CatalogueError: There is nothing to read, or it is not readable.
        """
        reader = _Reader(Path(path), Schema.of(schema), columns or {})
        products, pictures, notes = reader.read(None if images is None else Path(images))
        omissions = Omissions([*pictures.omissions, *reader.omissions])
        return cls(reader.path, reader.schema, products, pictures, (*products.notes, *notes), omissions)

    def photos(self) -> pl.DataFrame:
        """Returns one row a photo: `id`, `image` (its name) and the product's other columns. Ids may repeat."""
        return one_a_photo(self.products.frame)

    def __len__(self) -> int:
        return self.products.frame.height

    def __repr__(self) -> str:
        photos = int(self.products.frame[IMAGES].list.len().sum())
        return f"Catalogue({str(self.path)!r}: {len(self):,} products, {photos:,} photos)"


@dataclass(frozen=True)
class _Reader:
    """Reads the product table and the pictures of a catalogue; see `Catalogue.open`."""

    path: Path
    schema: Schema
    columns: Mapping[str, str]
    omissions: Omissions = field(default_factory=Omissions)

    def read(self, images: Path | None) -> _Found:
        path = self.path
        if not path.exists():
            raise CatalogueError(
                "no such file or folder", where=path, fix="check the path, or draw one: modiste sample DIR"
            )
        if path.is_dir():
            if (path / KAGGLE_TABLE).is_file():
                return self._by_id(self._products(path / KAGGLE_TABLE), FolderPictures(path), KAGGLE_TABLE)
            return self._folder_per_class()
        _check(path)
        if is_table(path) or not (path.suffix.lower() == ".zip" or is_zipfile(path)):
            return self._table(self._products(path), images)
        return self._kaggle_zip()

    def _products(self, source: Path | bytes, where: Path | None = None) -> ProductTable:
        return read_products(source, where=where, schema=self.schema, columns=self.columns)

    def _kaggle_zip(self) -> _Found:
        pictures = ZipPictures(self.path)
        tables = [name for name in pictures.files() if f"/{name}".endswith(f"/{KAGGLE_TABLE}")]
        if not tables:
            raise CatalogueError(
                f"no {KAGGLE_TABLE} in this zip", where=self.path, fix="give the zip as Kaggle publishes it"
            )
        # The full-size data set holds a second copy of everything one folder deeper.
        table = min(tables, key=lambda name: (name.count("/"), name))
        return self._by_id(self._products(pictures.read(table), self.path / table), pictures, table)

    def _by_id(self, products: ProductTable, pictures: Pictures, table: str) -> _Found:
        names = pictures.names([table])
        return self._with_pictures(products, named_by_id(products.frame, names), names), pictures, ()

    def _with_pictures(self, products: ProductTable, frame: pl.DataFrame, names: pl.Series) -> ProductTable:
        """Returns products with the pictures of a frame; those that none of them has are passed over."""
        theirs = frame[IMAGES].explode()
        self._pass_over("pictures that no product has", names.filter(~names.is_in(theirs.implode())))
        return replace(products, frame=frame)

    def _pass_over(self, reason: str, names: pl.Series) -> None:
        if len(names):
            self.omissions.extend([Omission(reason, len(names), tuple(names.head(EXAMPLES)))])

    def _table(self, products: ProductTable, images: Path | None) -> _Found:
        root = images or self.path.parent
        if not root.is_dir():
            raise CatalogueError("no such folder of pictures", where=root, fix="give it with --images")
        pictures = FolderPictures(root)
        table = str(self.path.absolute()).removeprefix(path_prefix(root.absolute()))
        names = pictures.names([table])
        columns = products.frame.columns
        # A column may be called like those of pictures and hold something else; one of these cannot.
        surely = {IMAGE, IMAGES, *self.schema.pictures}
        candidates = {*self.schema.picture_columns(columns), *surely}
        found = named_by_columns(products.frame, names, [name for name in columns if name in candidates], root)
        if found.columns:
            for reason, lost in found.lost.to_frame().group_by(why_unusable(pl.col(IMAGE)), maintain_order=True):
                self._pass_over(str(reason[0] or "pictures that the table names and that are not there"), lost[IMAGE])
            return self._with_pictures(products, found.products, names), pictures, ()
        if named := [name for name in columns if name in surely]:
            raise CatalogueError(
                f"no picture of the column {named[0]!r} lies in this folder (it holds, for example, "
                f"{next(iter(names), 'none')})",
                where=root,
                fix="give the folder with --images",
            )
        return self._by_id(products, pictures, table)

    def _folder_per_class(self) -> _Found:
        pictures = FolderPictures(self.path)
        names = pictures.names()
        in_a_folder = names.str.contains("/", literal=True)
        self._pass_over("pictures beside the folders of the classes", names.filter(~in_a_folder))
        names = names.filter(in_a_folder)
        if names.is_empty():
            raise CatalogueError(
                f"neither {KAGGLE_TABLE} nor a folder of pictures per class in it",
                where=self.path,
                fix="give a folder that holds styles.csv and images/, or one folder of pictures per label, or a table",
            )
        # A folder in a folder of a class is a product; a picture beside it is one, too.
        ids = pl.coalesce(names.str.extract("^([^/]*/[^/]*)/"), names).alias(ID)
        label = names.str.extract("^([^/]*)").alias(self._label())
        photos = pl.select(ids, label, names.alias(IMAGES))
        frame = photos.group_by(ID, self._label(), maintain_order=True).agg(IMAGES)
        return ProductTable(frame, rows=frame.height), pictures, ()

    def _label(self) -> str:
        """Returns the attribute that a folder's name is a label of."""
        ruled = self.schema.ruled
        if ruled is None and not self.schema.attributes:
            raise CatalogueError(
                "folders of pictures per class, and the schema has no attribute for their names",
                where=self.path,
                fix="add an [[attribute]] to the schema",
            )
        return (ruled or self.schema.attributes[0]).name


def _check(path: Path) -> None:
    """Makes sure that what may be a table or a zip is a file.

    Raises:
        CatalogueError: It is something else.
    """
    try:
        check_file(path)
    except OSError as error:
        raise CatalogueError(f"cannot be read ({error.strerror})", where=path, fix="check the path") from error
