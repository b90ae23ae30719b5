"""Groups of the same picture under different names."""

import polars as pl

__all__ = ["copy_counts", "copy_groups"]


def copy_groups(digests: pl.Series) -> pl.Series:
    """Numbers pictures so that copies share a number.

    Args:
        digests: A fingerprint of each picture's pixels (String, from `images.Picture`).

    Returns:
        UInt32 of the same length, from 0 in the order of the fingerprints; null where there is none.
    """
    return (digests.rank("dense").cast(pl.UInt32) - 1).alias("group")


def copy_counts(digests: pl.Series) -> tuple[int, int]:
    """Returns how many pictures are redundant, and how many groups of copies they form; nulls are left out."""
    sizes = digests.drop_nulls().value_counts()["count"]
    groups = sizes.filter(sizes > 1)
    return int(groups.sum()) - groups.len(), groups.len()
