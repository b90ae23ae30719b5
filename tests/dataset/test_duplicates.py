from collections import Counter

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from modiste.dataset.duplicates import copy_counts, copy_groups

DIGESTS = st.lists(st.none() | st.sampled_from("abcdef"), max_size=30).map(
    lambda many: pl.Series(many, dtype=pl.String)
)


def test_groups_are_numbered_by_fingerprint() -> None:
    groups = copy_groups(pl.Series("digest", ["c", "a", "c", None, "b"]))
    assert groups.to_frame().schema == {"group": pl.UInt32}
    assert groups.to_list() == [2, 0, 2, None, 1]


@settings(deadline=None)
@given(DIGESTS)
def test_copies_and_only_copies_share_a_group(digests: pl.Series) -> None:
    groups = copy_groups(digests).to_list()
    pairs = {(digest, group) for digest, group in zip(digests, groups, strict=True) if digest is not None}
    assert sorted(group for _, group in pairs) == list(range(digests.drop_nulls().n_unique()))
    assert [group is None for group in groups] == [digest is None for digest in digests]


@settings(deadline=None)
@given(DIGESTS)
def test_copies_are_counted_beyond_the_first(digests: pl.Series) -> None:
    sizes = Counter(digests.drop_nulls()).values()
    assert copy_counts(digests) == (sum(sizes) - len(sizes), sum(size > 1 for size in sizes))
