"""The one rule for what a table says of its pictures: from the text of a cell to the name of a file.

A path is relative to the folder of pictures, or absolute and inside it. Slashes may be of either kind, blanks around it
do not count. A file is looked up as it is written; then whether its name is composed (NFC) or decomposed Unicode and
whatever blanks are around its parts; then whatever its case. Of the last two, only where exactly one file fits.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path
from unicodedata import normalize

import polars as pl

__all__ = ["OUTSIDE", "names_in", "path_of", "spelt", "unusable_cell", "why_unusable"]

URL = r"(?i)^[a-z][a-z0-9+.-]+://"
"""What is on the web or in a cloud."""

WEB = r"(?i)^https?://"

CLIMBS = r"^/|^[a-zA-Z]:/|(^|/)\.\.(/|$)"
"""What leads out of the folder that a path is relative to; the second is a drive of Windows."""

URLS = "URLs, which are not fetched"
CLOUDS = "addresses that are no http:// or https://"
OUTSIDE = "paths that climb out of the folder of pictures"

OF_A_CELL = {
    URLS: "{!r} is a URL, and URLs are not fetched; allow it with --allow-urls",
    CLOUDS: "{!r} is no http:// or https:// address, and no other kind is fetched",
    OUTSIDE: "the path {!r} climbs out of the folder of photos",
}
"""What to say of one of them."""

UNUSUAL = r"\\|^[\s/.]|\s$|//|/\.|:"
"""What a cell holds that may not yet be the name of a file; most are."""


def why_unusable(names: pl.Expr, *, fetched: bool = False) -> pl.Expr:
    """Returns why what `names_in` returned cannot be read, null where it may be.

    Args:
        names: What `names_in` returned.
        fetched: Whether web addresses can be read, too.
    """
    web = names.str.contains(WEB)
    unusable = pl.when(web & pl.lit(not fetched)).then(pl.lit(URLS)).when(~web & names.str.contains(URL))
    return unusable.then(pl.lit(CLOUDS)).when(names.str.contains(CLIMBS)).then(pl.lit(OUTSIDE))


def unusable_cell(reason: str, name: str) -> str:
    """Returns what to say of a name for which `why_unusable` gave a reason."""
    return OF_A_CELL[reason].format(name)


def names_in(references: pl.Series, root: Path) -> pl.Series:
    """Returns what tables say of pictures as names relative to a folder; see `path_of`.

    Args:
        references: Cells of a table: String, null where a cell is empty.
        root: The folder of pictures.
    """
    roots = _spellings_of(root)
    unusual = references.filter(references.str.contains(UNUSUAL)).unique()
    if unusual.is_empty():
        return references
    return references.replace({each: path_of(each, roots) for each in unusual})


def path_of(reference: str, roots: tuple[tuple[str, ...], ...]) -> str:
    """Returns the path that a cell names, relative to the folder of pictures where it lies in it.

    A URL stays as it is, a path that leads out of the folder still does: see `why_unusable`.

    Args:
        reference: The cell's text.
        roots: The parts of the folder's absolute path, of each way to write it.
    """
    text = reference.strip()
    if not text or re.match(URL, text):
        return text
    start, *rest = text.replace("\\", "/").split("/")
    # What climbs is left as it is: the folder above may be reached by a link.
    parts = [start, *(part for part in rest if part not in {"", "."})]
    for root in roots:
        if len(parts) > len(root) and tuple(normalize("NFC", part) for part in parts[: len(root)]) == root:
            return "/".join(parts[len(root) :])
    return "/".join(parts[1:] if start == "." else parts)


def _spellings_of(root: Path) -> tuple[tuple[str, ...], ...]:
    """Returns the parts of a folder's absolute path: as it is given, and without links."""
    # Not `Path.absolute`: that keeps the dots of ../photos.
    paths = dict.fromkeys([os.path.abspath(root), os.path.realpath(root)])  # noqa: PTH100
    return tuple(tuple(normalize("NFC", path.replace("\\", "/")).rstrip("/").split("/")) for path in paths)


def spelt(references: pl.Series, names: pl.Series) -> pl.Series:
    """Returns the names of files that references mean, null where there is none, or not exactly one.

    Args:
        references: What `names_in` returned: String.
        names: The names of all files.
    """
    said = pl.DataFrame({"said": references}).with_row_index("row")
    files = pl.DataFrame({"name": names})
    exact = said.join(files.with_columns(said="name"), on="said", how="left", maintain_order="left")["name"]
    if exact.null_count() == references.null_count():
        return exact
    composed = _only_ones(said, files, _composed)
    any_case = _only_ones(said, files, lambda name: _composed(name).str.to_lowercase())
    # Two files of one name but for their Unicode are not told apart by their case either.
    return pl.select(pl.coalesce(exact, composed, any_case)).to_series()


def _composed(name: pl.Expr) -> pl.Expr:
    """Returns names in composed Unicode, with forward slashes, without blanks around their parts."""
    slashes = name.str.replace_all("\\", "/", literal=True)
    return slashes.str.normalize("NFC").str.replace_all(r"\s*/\s*", "/").str.strip_chars()


def _only_ones(said: pl.DataFrame, files: pl.DataFrame, key: Callable[[pl.Expr], pl.Expr]) -> pl.Series:
    """Returns the names of files that are the only ones of a reference's key, else null."""
    only = files.group_by(key(pl.col("name")).alias("key")).agg(pl.col("name").first(), pl.len().alias("count"))
    only = only.filter(pl.col("count") == 1).select("key", "name")
    return said.with_columns(key(pl.col("said")).alias("key")).join(only, on="key", how="left", maintain_order="left")[
        "name"
    ]
