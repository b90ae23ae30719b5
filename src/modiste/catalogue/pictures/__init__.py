"""Stores of picture files: in a folder or in a zip. Names and bytes; nothing is decoded here."""

from modiste.catalogue.pictures.archive import ZipPictures
from modiste.catalogue.pictures.folder import FolderPictures
from modiste.catalogue.pictures.store import MOST_BYTES, MOST_TABLE_BYTES, Pictures

__all__ = ["MOST_BYTES", "MOST_TABLE_BYTES", "FolderPictures", "Pictures", "ZipPictures"]
