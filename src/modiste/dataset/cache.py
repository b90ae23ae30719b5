"""Decoded pixels on disk, keyed by content and memory-mapped: a catalogue is decoded once, not once an epoch."""

import io
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.catalogue.pictures import Pictures
from modiste.dataset.images import MAX_PIXELS, Picture, Size, facts_of, read_pictures
from modiste.dataset.picture_files import reads_heic
from modiste.errors import OutputError

with suppress(ImportError):  # Windows has no such locks
    import fcntl

__all__ = ["PixelCache", "content_of", "open_pixels"]

VERSION = 2
"""Part of the key: to be raised whenever decoding or resizing gives other pixels than before."""

PIXELS, FACTS = "pixels.bin", "facts.parquet"

FILLING = "filling-"
"""The prefix of folders that are still being filled."""


@dataclass(frozen=True)
class PixelCache:
    """The pixels of a catalogue's readable pictures.

    Attributes:
        folder: Where they lie; what is found out about them at some cost may be kept there too.
        pixels: uint8 (pictures, height, width, 3), memory-mapped, read-only.
        facts: The facts of all pictures (see `images.FACTS`) with `row`, the picture's row in `pixels`, null where it
            could not be decoded.
    """

    folder: Path
    pixels: NDArray[np.uint8]
    facts: pl.DataFrame


def content_of(pictures: Pictures, names: Sequence[str]) -> str:
    """Returns a short text that changes when one of the named pictures does."""
    stamps = [pictures.stamp(name) for name in names]
    return blake2b(json.dumps([names, stamps]).encode(), digest_size=16).hexdigest()


def open_pixels(
    pictures: Pictures,
    names: Sequence[str],
    *,
    root: Path,
    size: Size | None = None,
    max_pixels: int = MAX_PIXELS,
    content: str | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> PixelCache:
    """Opens the pixels of the named pictures, decoding them first where that has not been done.

    What decodings left there that were killed is removed.

    Args:
        pictures: The store that holds the pictures.
        names: The names of the pictures.
        root: The folder of all caches.
        size: The size in pixels to bring all to.
        max_pixels: See `images.decode`.
        content: What `content_of` says of these pictures, for who opens them at several sizes: a folder's are all
            looked up for it.
        on_progress: Called with the number of pictures decoded so far.

    Raises:
        OutputError: The cache cannot be written.
    """
    _remove_left(root)
    size = size or Size()
    folder = root / _key(content or content_of(pictures, names), size, max_pixels)
    if not (folder / FACTS).exists():
        try:
            decoded = read_pictures(pictures, names, size, max_pixels=max_pixels)
            _fill(folder, decoded, on_progress)
        except OSError as error:
            raise OutputError(
                f"the pixel cache cannot be written ({error.strerror})",
                where=root,
                fix="free some disk, or set MODISTE_CACHE to a folder with room",
            ) from error
    facts = pl.read_parquet(folder / FACTS, glob=False)
    count = facts["row"].count()
    shape = (count, size.height, size.width, 3)
    if count == 0:
        return PixelCache(folder, np.empty(shape, np.uint8), facts)
    return PixelCache(folder, np.memmap(folder / PIXELS, np.uint8, "r", shape=shape), facts)


def _key(content: str, size: Size, max_pixels: int) -> str:
    # What can be read depends on these as well.
    decoding = [VERSION, max_pixels, reads_heic()]
    return blake2b(json.dumps([*decoding, size.width, size.height, content]).encode(), digest_size=16).hexdigest()


def _fill(folder: Path, pictures: Iterable[Picture], on_progress: Callable[[int], None] | None) -> None:
    """Writes a cache aside and moves it into place whole, so that a kill leaves no half of one."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=FILLING))
    try:
        with _locked(aside):
            _write(aside, pictures, on_progress)
            shutil.rmtree(folder, ignore_errors=True)
            aside.rename(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _write(aside: Path, pictures: Iterable[Picture], on_progress: Callable[[int], None] | None) -> None:
    seen: list[Picture] = []
    # A plain stream: pages written through a memory map would count as ours until the system takes them back.
    with (aside / PIXELS).open("wb") as file:
        for picture in pictures:
            if picture.pixels is not None:
                file.write(picture.pixels.tobytes())
            seen.append(replace(picture, pixels=None))
            if on_progress is not None:
                on_progress(len(seen))
    facts = facts_of(seen)
    row = pl.when(pl.col("error").is_null()).then(pl.col("error").is_null().cum_sum() - 1).cast(pl.Int64)
    # By way of memory: what Polars raises where it cannot write a file is no OSError.
    table = io.BytesIO()
    facts.with_columns(row.alias("row")).write_parquet(table)
    (aside / FACTS).write_bytes(table.getbuffer())


def _remove_left(root: Path) -> None:
    """Removes the folders that no process is filling. One without pixels may not be locked yet, and takes no room."""
    for pixels in root.glob(f"{FILLING}*/{PIXELS}"):
        with _locked(pixels.parent) as nobody_s:
            if nobody_s:
                shutil.rmtree(pixels.parent, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Locks a folder while the context lasts, or its process lives, however that ends.

    Gives false where another process has locked it, or where there are no locks: then nobody is taken for dead.
    """
    with ExitStack() as open_folder:
        try:
            descriptor = os.open(folder, os.O_RDONLY)
            open_folder.callback(os.close, descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
