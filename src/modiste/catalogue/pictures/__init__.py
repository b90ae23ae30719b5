"""Stores of picture files: in a folder, in a zip, on the web. Names and bytes; nothing is decoded here."""

from modiste.catalogue.pictures.archive import ZipPictures
from modiste.catalogue.pictures.folder import FolderPictures
from modiste.catalogue.pictures.store import MOST_BYTES, Pictures
from modiste.catalogue.pictures.urls import UrlPictures, WithUrls

__all__ = ["MOST_BYTES", "FolderPictures", "Pictures", "UrlPictures", "WithUrls", "ZipPictures"]
