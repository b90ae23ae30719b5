"""Decoded pixels on disk, keyed by content and memory-mapped: a catalogue is decoded once, not once an epoch."""

import io
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass, replace
from hashlib import blake2b
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.catalogue.pictures import Pictures
from modiste.dataset.geometry import ON_WHITE, Fit, Size
from modiste.dataset.images import MAX_PIXELS, Picture, facts_of, read_pictures
from modiste.dataset.picture_files import reads_heic
from modiste.errors import OutputError
from modiste.locks import if_free, one_after_another
from modiste.runs import LOCK

__all__ = ["PixelCache", "content_of", "open_pixels"]

VERSION = 2
"""Part of the key: to be raised whenever decoding or resizing gives other pixels than before."""

PIXELS, FACTS = "pixels.bin", "facts.parquet"

FILLING = "filling-"
"""The prefix of folders that are still being filled, and of their locks."""


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


def open_pixels(  # noqa: PLR0913 - what to decode, how, and whom to tell
    pictures: Pictures,
    names: Sequence[str],
    *,
    root: Path,
    size: Size | None = None,
    fit: Fit = ON_WHITE,
    max_pixels: int = MAX_PIXELS,
    content: str | None = None,
    on_progress: Callable[[int], None] | None = None,
    on_wait: Callable[[str], None] | None = None,
) -> PixelCache:
    """Opens the pixels of the named pictures, decoding them first where that has not been done.

    Where another process is decoding the same pictures, this waits for what it makes. What decodings left there that
    were killed is removed.

    Args:
        pictures: The store that holds the pictures.
        names: The names of the pictures.
        root: The folder of all caches.
        size: The size in pixels to bring all to.
        fit: How to bring them to it.
        max_pixels: See `images.decode`.
        content: What `content_of` says of these pictures, for who opens them at several sizes: a folder's are all
            looked up for it.
        on_progress: Called with the number of pictures decoded so far.
        on_wait: Called, after a second of waiting, with the process that is decoding the same pictures.

    Raises:
        OutputError: The cache cannot be written.
    """
    size = size or Size()
    folder = root / _key(content or content_of(pictures, names), size, fit, max_pixels)
    try:
        _remove_left(root)
        if not (folder / FACTS).exists():
            root.mkdir(parents=True, exist_ok=True)
            with one_after_another(_lock(folder), waiting=on_wait):
                # Who held the lock before may have done it.
                if not (folder / FACTS).exists():
                    _fill(folder, read_pictures(pictures, names, size, fit, max_pixels=max_pixels), on_progress)
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


def _key(content: str, size: Size, fit: Fit, max_pixels: int) -> str:
    # What can be read depends on these as well.
    decoding = [VERSION, max_pixels, reads_heic()]
    return blake2b(json.dumps([*decoding, *astuple(size), *astuple(fit), content]).encode(), digest_size=16).hexdigest()


def _fill(folder: Path, pictures: Iterable[Picture], on_progress: Callable[[int], None] | None) -> None:
    """Writes a cache aside and moves it into place whole, so that a kill leaves no half of one."""
    aside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f"{FILLING}{folder.name}-"))
    try:
        _write(aside, pictures, on_progress)
        try:
            aside.rename(folder)
        except OSError:
            # Where there are no locks, another may have been here; a folder without its table is nobody's.
            if not (folder / FACTS).exists():
                shutil.rmtree(folder, ignore_errors=True)
                aside.rename(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _lock(folder: Path) -> Path:
    """Returns the file of the lock that who fills a cache holds."""
    return folder.with_name(f"{FILLING}{folder.name}{LOCK}")


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
    """Removes the folders that no process is filling."""
    for left in root.glob(f"{FILLING}*/"):
        key = left.name.removeprefix(FILLING).partition("-")[0]
        # Where nothing can be written, pixels may still be read.
        with suppress(OSError), if_free(_lock(root / key)) as nobody_s:
            if nobody_s:
                shutil.rmtree(left, ignore_errors=True)
