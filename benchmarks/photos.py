"""Folders of JPEG files to tag: a catalogue's own, or drawn ones, repeated under new names where more are asked for."""

import io
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from modiste.catalogue.sources import Catalogue
from modiste.dataset.images import decode
from modiste.errors import CatalogueError, ImageError
from modiste.sample.draw import draw_catalogue

__all__ = ["catalogue_of", "folder_of", "photos_of"]

DRAWN = 2000
"""Products of the drawn catalogue."""


def catalogue_of(catalogue: Path | None, work: Path, products: int = DRAWN) -> Path:
    """Returns a catalogue: the given one, or one that is drawn in the folder `work`."""
    if catalogue is not None:
        return catalogue
    drawn = work / f"drawn-{products}"
    if not drawn.exists():
        draw_catalogue(drawn, products=products, seed=0)
    return drawn


def photos_of(catalogue: Path, work: Path) -> Path:
    """Returns a folder of a catalogue's readable JPEG files; those of other formats and damaged ones are left out, for
    the peers stop at them.
    """
    folder = work / f"photos-{catalogue.stem}"
    if not folder.exists():
        aside = folder.with_suffix(".aside")
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        for number, data in enumerate(_readable(catalogue)):
            (aside / f"{number:06d}.jpg").write_bytes(data)
        aside.rename(folder)
    return folder


def folder_of(count: int, catalogue: Path, work: Path) -> Path:
    """Returns a folder of so many photos of a catalogue. They are hard links: files like any other to who reads them,
    and no disk is needed for hundreds of thousands.
    """
    folder = work / f"photos-{catalogue.stem}-{count}"
    if not folder.exists():
        aside = folder.with_suffix(".aside")
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        sources = sorted(photos_of(catalogue, work).iterdir())
        for number in range(count):
            os.link(sources[number % len(sources)], aside / f"{number:07d}.jpg")
        aside.rename(folder)
    return folder


def _readable(catalogue: Path) -> Iterator[bytes]:
    pictures = Catalogue.open(catalogue).pictures
    for name in pictures.names():
        if not name.lower().endswith((".jpg", ".jpeg")):
            continue
        try:
            data = pictures.read(name)
            decode(data)
        except (CatalogueError, ImageError):
            continue
        if io.BytesIO(data).read(2) == b"\xff\xd8":
            yield data
