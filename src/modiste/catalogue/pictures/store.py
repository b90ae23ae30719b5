"""What a store of picture files is."""

from collections.abc import Collection
from typing import Protocol

import polars as pl

from modiste.catalogue.omissions import Omissions

__all__ = ["MOST_BYTES", "MOST_TABLE_BYTES", "Pictures"]

MOST_BYTES = 64 * 2**20
"""A picture file of more bytes is not read."""

MOST_TABLE_BYTES = 2**30
"""A table of more bytes is not read."""


class Pictures(Protocol):
    """A store of picture files, each under a name with forward slashes."""

    @property
    def omissions(self) -> Omissions:
        """What `names` passed over when it was last called."""

    def names(self, tables: Collection[str] = ()) -> pl.Series:
        """Returns the names of all pictures, sorted: Strings, which take a fifth of what Python's own take.

        A picture is what has a picture's suffix or begins like one; what is neither is counted in `omissions`.

        Args:
            tables: Names of files that are read as tables, so that they do not count as passed over.

        Raises:
            CatalogueError: The store cannot be read.
        """

    def read(self, name: str) -> bytes:
        """Returns one file's bytes.

        Raises:
            CatalogueError: The store does not hold it, or it is damaged, no file or too large.
        """

    def stamp(self, name: str) -> str:
        """Returns a short text that changes when the file's content does."""
