"""Groups of pictures that are one picture but for compression, tone, a small shift, crop or scale.

A catalogue's pictures are alike: white ground, the product in the middle. So pictures with like descriptors are only
candidates: two are the same where no part of them differs once one is laid over the other (see `registration`).
"""

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sklearn.neighbors import NearestNeighbors

from modiste.dataset.cache import PixelCache
from modiste.dataset.descriptors import descriptors_of, frames_of, shrunk
from modiste.dataset.registration import align, difference
from modiste.errors import OutputError
from modiste.locks import one_after_another
from modiste.progress import Progress, silent
from modiste.runs import LOCK, write_whole

__all__ = ["near_groups", "picture_groups"]

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]

NEIGHBOURS = 12
"""How many candidates a picture has: of 100 slightly changed pictures, 99 have the original among the nearest 8."""
FAR = 0.03
"""The largest squared distance between the descriptors of candidates; those of unlike pictures are about 1 apart."""

DESCRIBED = 40
"""Pixels along the larger side of a picture of which a descriptor is made."""

STAGES = ((20, 6.0), (40, 2.5), (80, 1.0))
"""Pixels along the larger side of pictures that are compared, and what they may differ to be compared more closely.
The last is the verdict. All 482 pairs of the real catalogue below 1 were looked at: one photo, retouched or tinted at
most (a shade of lipstick, black leather as dark brown, which compression blurs as much). The first pair of products of
their own is at 1.09, and from 1.5 on there are ever more, wallets above all."""
CHAIN = 2.0
"""What a group's members may differ from its centre."""

STEPS = 2
"""Gauss-Newton steps at each size."""

BATCH = 128
"""Pictures that are described together, or pairs of the smallest size that are compared together."""

GROUPS = "groups-1.npy"
"""Where a cache's groups are kept; the number is to be raised whenever other groups are found than before."""

QUERIES = 2048
"""Pictures whose candidates are searched for together."""


def near_groups(pixels: NDArray[np.uint8], rows: Integers | None = None, *, progress: Progress = silent) -> Integers:
    """Numbers pictures so that those that are the same, or nearly, share a number.

    The order of the pictures does not matter. A chain of small differences that leads to quite another picture (shades
    of a lipstick, all drawn from one photo) is cut into groups that each have a centre.

    Args:
        pixels: uint8 (pictures, height, width, 3), maybe memory-mapped; the limits were measured at 80x60.
        rows: int64 (products,): the picture of each product; by default each picture once.
        progress: Is called as the work goes on.

    Returns:
        int64 (products,): the groups, from 0.
    """
    rows = np.arange(len(pixels)) if rows is None else rows
    digests = [blake2b(pixels[row].tobytes(), digest_size=16).hexdigest() for row in rows]
    # In the order of their digests, so that the order of the rows does not matter.
    _, first, number = np.unique(np.array(digests, dtype="U32"), return_index=True, return_inverse=True)
    if not len(first):
        return np.empty(0, np.int64)
    pictures = _Pictures(pixels, rows[first], progress)
    pairs = pictures.candidates()
    pairs = pairs[pictures.differences(pairs) <= STAGES[-1][1]]
    groups = np.arange(len(first))
    for group in _groups(pairs, pictures):
        groups[group] = group[0]
    return np.unique(groups, return_inverse=True)[1][number]


def picture_groups(cache: PixelCache, *, progress: Progress = silent) -> Integers:
    """Returns the group of each picture of a cache, by its row: int64 (pictures,). Found once, then kept there.

    Raises:
        OutputError: The cache cannot be written.
    """
    path = cache.folder / GROUPS
    if not path.exists():
        try:
            lock = path.with_name(f".{path.name}{LOCK}")
            with one_after_another(lock, waiting=partial(_tell_waiting, progress)):
                # Who held the lock before may have done it.
                if not path.exists():
                    buffer = io.BytesIO()
                    np.save(buffer, near_groups(cache.pixels, progress=progress), allow_pickle=False)
                    write_whole(path, buffer.getbuffer())
        except OSError as error:
            fix = "set MODISTE_CACHE to another folder"
            raise OutputError(f"cannot be written ({error.strerror})", where=path, fix=fix) from error
    kept: Integers = np.load(path, allow_pickle=False)
    return kept


def _tell_waiting(progress: Progress, holder: str) -> None:
    progress("waiting", 0, 0, f"{holder} is comparing the same pictures")


class _Pictures:
    """Distinct pictures, each known by its index."""

    def __init__(self, pixels: NDArray[np.uint8], rows: Integers, progress: Progress) -> None:
        self._pixels, self._rows, self._progress = pixels, rows, progress
        seen = [self._describe(batch) for batch in _batches(len(rows), BATCH)]
        self._frames, self._descriptors = (np.concatenate([item[part] for item in seen]) for part in (0, 1))
        self._small = np.concatenate([item[2] for item in seen])

    def _describe(self, batch: slice) -> tuple[Floats, Floats, NDArray[np.uint8]]:
        raw = self._pixels[self._rows[batch]]
        small = shrunk(raw, DESCRIBED)
        frames = frames_of(small)
        self._progress("describing pictures", batch.stop, len(self._rows))
        return frames, descriptors_of(small, frames), shrunk(raw, STAGES[0][0]).round().astype(np.uint8)

    def candidates(self) -> Integers:
        """Returns pairs of pictures with like descriptors: int64 (pairs, 2), each once, the lower index first."""
        count = len(self._rows)
        search = NearestNeighbors(n_neighbors=min(NEIGHBOURS + 1, count), algorithm="brute").fit(self._descriptors)
        found = []
        for batch in _batches(count, QUERIES):
            distance, other = search.kneighbors(self._descriptors[batch])
            place, rank = np.nonzero(distance**2 < FAR)
            found.append(np.sort(np.stack([place + batch.start, other[place, rank]], axis=1), axis=1))
            self._progress("searching for similar pictures", batch.stop, count)
        pairs = np.unique(np.concatenate(found), axis=0)
        return pairs[pairs[:, 0] < pairs[:, 1]]

    def differences(self, pairs: Integers, stage: str = "comparing pictures") -> Floats:
        """Says how much the pictures of each pair differ: float32 (pairs,), see `difference`."""
        result = np.empty(len(pairs), np.float32)
        places = self._start(*pairs.T)
        close = np.arange(len(pairs))
        with ThreadPoolExecutor() as pool:
            for side, limit in STAGES:
                batches = list(_batches(len(close), BATCH * STAGES[0][0] ** 2 // side**2))
                look = partial(self._compare, pairs, places, side=side)
                for batch, found in zip(batches, pool.map(look, (close[batch] for batch in batches)), strict=True):
                    places[close[batch]], result[close[batch]] = found
                    self._progress(f"{stage}, {side} pixels high", batch.stop, len(close))
                close = close[result[close] <= limit]
        return result

    def _compare(self, pairs: Integers, places: Floats, some: Integers, *, side: int) -> tuple[Floats, Floats]:
        """Returns better placements for some pairs, and how much their pictures then differ."""
        moved, fixed = (self._shrunk(numbers, side) for numbers in pairs[some].T)
        better = align(moved, fixed, places[some], steps=STEPS)
        return better, difference(moved, fixed, better)

    def _shrunk(self, numbers: Integers, side: int) -> Floats:
        if side == STAGES[0][0]:
            return self._small[numbers].astype(np.float32)
        return shrunk(self._pixels[self._rows[numbers]], side)

    def _start(self, one: Integers, other: Integers) -> Floats:
        """Returns the placements that lay the product of the one picture over that of the other."""
        moved, fixed = self._frames[one], self._frames[other]
        scale = moved[:, 2] / fixed[:, 2]
        y, x = (moved[:, :2] - scale[:, None] * fixed[:, :2]).T
        return np.stack([scale, y, scale, x], axis=1)


def _groups(pairs: Integers, pictures: _Pictures) -> Iterator[Integers]:
    """Yields groups of linked pictures: their numbers, ascending. What is too far from a centre forms groups anew."""
    while len(pairs):
        numbers, ends = np.unique(pairs, return_inverse=True)
        ends = ends.reshape(pairs.shape)
        links = coo_array((np.ones(len(ends)), ends.T), shape=(len(numbers), len(numbers)))
        _, chains = connected_components(links, directed=False)
        # A chain's centre is the picture with the most links.
        order = np.lexsort((np.arange(len(numbers)), -np.bincount(ends.ravel()), chains))
        centre = order[np.unique(chains[order], return_index=True)[1]][chains]
        spokes = np.stack([numbers[centre], numbers], axis=1)
        apart = pictures.differences(np.sort(spokes, axis=1), "comparing groups")
        near = (centre == np.arange(len(numbers))) | (apart <= CHAIN)
        for chain in range(chains.max() + 1):
            yield numbers[near & (chains == chain)]
        pairs = pairs[~near[ends].any(axis=1)]


def _batches(count: int, size: int) -> Iterator[slice]:
    return (slice(start, min(start + size, count)) for start in range(0, count, size))
