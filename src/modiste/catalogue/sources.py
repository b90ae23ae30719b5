"""Where catalogues come from: a zip or a folder, with a table or a folder per class in it, or a table alone."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Self
from zipfile import is_zipfile

import polars as pl

from modiste.catalogue.layouts import arrange, describe_folders, few, folders_of, parts_of
from modiste.catalogue.listing import KAGGLE_TABLE, Tables, empty_folders, files_near, find_tables, named_below
from modiste.catalogue.omissions import EXAMPLES, Omission, Omissions
from modiste.catalogue.photos import IMAGE, IMAGES, named_by_id, one_a_photo
from modiste.catalogue.pictures import FolderPictures, Pictures, ZipPictures
from modiste.catalogue.pictures.names import path_prefix
from modiste.catalogue.pictures.references import why_unusable
from modiste.catalogue.products import ProductTable, read_products
from modiste.catalogue.tables import is_table
from modiste.errors import CatalogueError
from modiste.files import check_file
from modiste.schema import Schema

__all__ = ["NO_PRODUCT", "Catalogue", "without_product"]

NO_PRODUCT = "pictures that no product has"
"""Why a picture is passed over that lies there."""


@dataclass(frozen=True, eq=False)
class _Found:
    """What is read of a catalogue: see `Catalogue`."""

    products: ProductTable
    pictures: Pictures
    notes: tuple[str, ...]
    parts: pl.DataFrame | None
    omissions: tuple[Omission, ...]

    def noting(self, *lines: Iterable[str]) -> Self:
        """Returns the same with more notes."""
        return replace(self, notes=(*self.notes, *chain(*lines)))


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
        parts: Which product is in which part of a split, `id` and `part` (one of `PARTS`), where the folders of its
            pictures say so; None where they do not.
        omissions: What was passed over: files that are no pictures; pictures that are not there, that no product has,
            or of no class.
    """

    path: Path
    schema: Schema
    products: ProductTable
    pictures: Pictures
    notes: tuple[str, ...] = ()
    parts: pl.DataFrame | None = None
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
            path: A zip or a folder, in the Kaggle layout (`styles.csv` and `images/<id>.jpg`), with another table, or
                with one folder of pictures per class, in which parts of a split may be; or a table of any kind that
                `tables.read_table` reads.
            schema: What is known of the products, or its file; by default the shipped schema.
            columns: Field -> the table's name for it, where they differ; `image` names a column of picture paths.
            images: The folder that the table's pictures lie in; by default the table's own folder.

        Raises:
            CatalogueError: There is nothing to read, or it is not readable.
        """
        reader = _Reader(Path(path), Schema.of(schema), columns or {})
        found = reader.read(None if images is None else Path(images))
        omissions = Omissions([*found.pictures.omissions, *found.omissions])
        notes = (*found.products.notes, *found.notes)
        return cls(reader.path, reader.schema, found.products, found.pictures, notes, found.parts, omissions)

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

    def read(self, images: Path | None) -> _Found:
        path = self.path
        if not path.exists():
            raise CatalogueError(
                "no such file or folder", where=path, fix="check the path, or draw one: modiste sample DIR"
            )
        if images is not None and not images.is_dir():
            raise CatalogueError("no such folder of pictures", where=images, fix="give it with --images")
        if path.is_dir():
            tables = find_tables(files_near(path), where=path)
            return self._in(FolderPictures(path), tables, lambda table: self._products(path / table), images)
        _check(path)
        if is_table(path) or not (path.suffix.lower() == ".zip" or is_zipfile(path)):
            return self._table_alone(images or path.parent)
        return self._zip()

    def _products(self, source: Path | bytes, where: Path | None = None) -> ProductTable:
        return read_products(source, where=where, schema=self.schema, columns=self.columns)

    def _table_alone(self, root: Path) -> _Found:
        """Reads a table that is given by itself."""
        pictures = FolderPictures(root)
        table = str(self.path.absolute()).removeprefix(path_prefix(root.absolute()))
        return self._named(self._products(self.path), pictures, pictures.names([table]), root=root)

    def _zip(self) -> _Found:
        """Reads the table in a zip, or a folder of pictures per class."""
        pictures = ZipPictures(self.path)
        tables = find_tables(pictures.files(), where=self.path)
        return self._in(pictures, tables, lambda table: self._products(pictures.read(table), self.path / table), None)

    def _in(
        self, pictures: Pictures, tables: Tables, read: Callable[[str], ProductTable], images: Path | None
    ) -> _Found:
        """Reads what lies in a folder or a zip: Kaggle's table, a folder of pictures per class, or another table."""
        elsewhere = None if images is None else FolderPictures(images)
        if tables.kaggle is not None:
            store = elsewhere or pictures
            found = self._by_id(read(tables.kaggle), store, store.names([tables.kaggle, *tables.copies]))
            return found.noting(_unread(tables.copies))
        names = pictures.names(tables.others)
        if (per_class := self._per_class(pictures, names)) is not None:
            unused = ["--images is not used: the pictures of a folder per class lie in it"] if images else []
            return per_class.noting(_unread(tables.others), unused)
        table = self._only_table(tables, names)
        if elsewhere is not None and images is not None:
            found = self._named(read(table), elsewhere, elsewhere.names([table]), root=images)
        else:
            found = self._named(read(table), pictures, names, root=self.path, table=table)
        return found.noting([f"the table that is read: {table}"])

    def _only_table(self, tables: Tables, names: pl.Series) -> str:
        """Returns the one table that there is.

        Raises:
            CatalogueError: There is none, or there are several.
        """
        if len(tables.others) == 1:
            return tables.others[0]
        if tables.others:
            raise CatalogueError(
                f"several tables and no {KAGGLE_TABLE}: {', '.join(tables.others)}",
                where=self.path,
                fix="give the one to read by its path, and the folder of its pictures with --images",
            )
        lacks = f"no {KAGGLE_TABLE} in this zip, nor" if self.path.is_file() else f"neither {KAGGLE_TABLE} nor"
        raise CatalogueError(
            f"{lacks} a folder of pictures per class in it ({describe_folders(names)})",
            where=self.path,
            fix=f"give {KAGGLE_TABLE} and images/, or one folder of pictures per label, or a table and --images",
        )

    def _by_id(self, products: ProductTable, pictures: Pictures, names: pl.Series) -> _Found:
        return _found(products, named_by_id(products.frame, names), pictures, names)

    def _named(
        self, products: ProductTable, pictures: Pictures, names: pl.Series, *, root: Path, table: str = ""
    ) -> _Found:
        """Gives products the pictures that columns of theirs name, or those that are called by their ids.

        Args:
            products: The products.
            pictures: The pictures.
            names: Their names.
            root: The folder or the zip that they lie in.
            table: The table's name, where it lies there, too.
        """
        columns = products.frame.columns
        # A column may be called like those of pictures and hold something else; one of these cannot.
        surely = {IMAGE, IMAGES, *self.schema.pictures}
        candidates = {*self.schema.picture_columns(columns), *surely}
        wanted = [name for name in columns if name in candidates]
        found = named_below(products.frame, names, wanted, table, root)
        if found.columns:
            lost = Omissions()
            for reason, those in found.lost.to_frame().group_by(why_unusable(pl.col(IMAGE)), maintain_order=True):
                why = str(reason[0] or "pictures that the table names and that are not there")
                lost.extend(_passed_over(why, those[IMAGE]))
            return _found(products, found.products, pictures, names, lost)
        if named := [name for name in columns if name in surely]:
            raise CatalogueError(
                f"no picture of the column {named[0]!r} lies in this folder (it holds, for example, "
                f"{next(iter(names), 'none')})",
                where=root,
                fix="give the folder with --images",
            )
        return self._by_id(products, pictures, names)

    def _per_class(self, pictures: Pictures, names: pl.Series) -> _Found | None:
        """Reads a folder of pictures per class; None where there are none."""
        arranged = arrange(names)
        if arranged is None:
            return None
        frame = arranged.products.rename({"label": self._label()})
        table = ProductTable(frame, rows=frame.height)
        found = _Found(table, pictures, arranged.notes, arranged.parts, arranged.omissions)
        if self.path.is_file():
            return found
        empty = empty_folders(self.path, folders_of(names), arranged.depth)
        return found.noting([f"folders without a picture: {few(empty)}"] if empty else [])

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


def _found(
    products: ProductTable, frame: pl.DataFrame, pictures: Pictures, names: pl.Series, lost: Iterable[Omission] = ()
) -> _Found:
    """Returns a table with the pictures of a frame; those that none of its products has are passed over."""
    omissions = (*lost, *without_product(frame, names))
    return _Found(replace(products, frame=frame), pictures, (), parts_of(frame), omissions)


def without_product(frame: pl.DataFrame, names: pl.Series) -> Iterator[Omission]:
    """Yields what is passed over of the pictures with some names, as no product of a frame has them."""
    return _passed_over(NO_PRODUCT, names.filter(~names.is_in(frame[IMAGES].explode().drop_nulls().implode())))


def _passed_over(reason: str, names: pl.Series) -> Iterator[Omission]:
    if len(names):
        yield Omission(reason, len(names), tuple(names.head(EXAMPLES)))


def _unread(tables: Sequence[str]) -> Iterator[str]:
    """Names the tables that lie beside what is read."""
    if tables:
        yield f"tables that are not read: {few(tables)}; to read one, give its path"


def _check(path: Path) -> None:
    """Makes sure that what may be a table or a zip is a file.

    Raises:
        CatalogueError: It is something else.
    """
    try:
        check_file(path)
    except OSError as error:
        raise CatalogueError(f"cannot be read ({error.strerror})", where=path, fix="check the path") from error
