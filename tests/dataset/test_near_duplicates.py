import io
import itertools
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageEnhance

from modiste.dataset.duplicates import near_groups
from modiste.workflows.prepare import prepare

Pixels = NDArray[np.uint8]


def recompressed(picture: Image.Image, quality: int = 80) -> Image.Image:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")


def moved(picture: Image.Image, right: float = 0, down: float = 0, scale: float = 1) -> Image.Image:
    """The picture with its middle elsewhere, larger or smaller; its edges go on."""
    wide, high = picture.size
    padded = Image.fromarray(np.pad(np.asarray(picture), ((40, 40), (40, 40), (0, 0)), mode="edge"))
    left, top = 40 + wide / 2 * (1 - 1 / scale) - right / scale, 40 + high / 2 * (1 - 1 / scale) - down / scale
    affine = (1 / scale, 0, left, 0, 1 / scale, top)
    return padded.transform(picture.size, Image.Transform.AFFINE, affine, Image.Resampling.BICUBIC)


def toned(picture: Image.Image, brightness: float = 1, contrast: float = 1) -> Image.Image:
    return ImageEnhance.Contrast(ImageEnhance.Brightness(picture).enhance(brightness)).enhance(contrast)


def all_at_once(picture: Image.Image) -> Image.Image:
    return recompressed(toned(moved(picture, 1.3, -0.7, 1.03), 0.97), 85)


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "recompressed": recompressed,
    "shifted": partial(moved, right=2.5, down=-1.5),
    "enlarged": partial(moved, scale=1.05),
    "reduced": partial(moved, scale=0.95),
    "brighter": partial(toned, brightness=1.04),
    "darker": partial(toned, brightness=0.95),
    "flatter": partial(toned, contrast=0.95),
    "all at once": all_at_once,
}


@pytest.fixture(scope="module")
def drawn(drawn_catalogue: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Pixels, pl.DataFrame]:
    """The drawn catalogue's pictures, no two with the same pixels, and their facts."""
    prepared = prepare(drawn_catalogue)
    products = prepared.products.unique("digest", keep="first", maintain_order=True)
    return prepared.cache.pixels[products["row"].to_numpy()], products


def changed(pixels: Pixels, change: Callable[[Image.Image], Image.Image]) -> Pixels:
    return np.stack([np.asarray(change(Image.fromarray(picture))) for picture in pixels])


def same_partition(one: NDArray[np.int64], other: NDArray[np.int64]) -> bool:
    pairs = len(set(zip(one.tolist(), other.tolist(), strict=True)))
    return pairs == len(set(one.tolist())) == len(set(other.tolist()))


def test_different_drawings_are_not_grouped_and_copies_are(drawn: tuple[Pixels, pl.DataFrame]) -> None:
    pixels, _ = drawn
    assert sorted(near_groups(pixels)) == list(range(len(pixels)))
    rows = np.array([3, 5, 3, 7, 5])
    assert same_partition(near_groups(pixels, rows), rows)
    twice = near_groups(np.concatenate([pixels[:20], pixels[:20]]))
    np.testing.assert_array_equal(twice[:20], twice[20:])


@pytest.mark.parametrize("name", CHANGES)
def test_a_slightly_changed_picture_is_grouped_with_its_original(drawn: tuple[Pixels, pl.DataFrame], name: str) -> None:
    pixels, products = drawn
    picked = np.arange(0, len(pixels), 4)
    groups = near_groups(np.concatenate([pixels, changed(pixels[picked], CHANGES[name])]))
    found = groups[picked] == groups[len(pixels) :]
    lost = products["articleType"].gather(picked[~found]).to_list()
    assert found.mean() >= 0.95, lost
    assert np.bincount(groups).max() == 2


def test_neither_order_nor_other_pictures_matter(drawn: tuple[Pixels, pl.DataFrame]) -> None:
    pixels, _ = drawn
    both = np.concatenate([pixels[:60], changed(pixels[:60], all_at_once)])
    order = np.random.default_rng(0).permutation(len(both))
    groups = near_groups(both)
    assert same_partition(near_groups(both, order), groups[order])
    assert same_partition(near_groups(both[order]), groups[order])
    assert same_partition(near_groups(np.concatenate([both, pixels[60:]]))[: len(both)], groups)


def shirt(colour: str = "black", spot: tuple[int, int, str] | None = None) -> Image.Image:
    """A shirt on white, maybe with a round spot of ten pixels: column, row, colour."""
    picture = Image.new("RGB", (60, 80), "white")
    draw = ImageDraw.Draw(picture)
    draw.polygon(
        [(20, 15), (40, 15), (56, 28), (50, 36), (43, 31), (43, 68), (17, 68), (17, 31), (10, 36), (4, 28)], colour
    )
    if spot:
        column, row, of = spot
        draw.ellipse((column - 5, row - 5, column + 5, row + 5), of)
    return picture


def test_products_that_are_photographed_alike_are_not_grouped() -> None:
    shirts = [
        shirt(),
        shirt(spot=(30, 40, "white")),
        shirt(spot=(30, 52, "white")),
        shirt(spot=(30, 40, "red")),
        shirt("navy"),
        shirt("#3a2418"),
        shirt("darkred"),
        shirt("red"),
        shirt("#cccccc"),
        shirt("#eeeeee"),
    ]
    groups = near_groups(np.stack([np.asarray(recompressed(picture, 90)) for picture in shirts]))
    assert len(set(groups)) == len(shirts)


def test_a_chain_of_shades_is_cut() -> None:
    shades = [shirt(f"#{level:02x}3030") for level in range(40, 220, 4)]
    groups = near_groups(np.stack([np.asarray(picture) for picture in shades])).tolist()
    sizes = [len(list(members)) for _, members in itertools.groupby(groups)]
    assert len(sizes) == len(set(groups))  # each group is a run of neighbouring shades
    assert 2 < max(sizes) < len(shades) / 2


@pytest.mark.parametrize("size", [(160, 120), (224, 224), (48, 36), (300, 70)])
def test_pictures_of_any_size_are_compared(drawn: tuple[Pixels, pl.DataFrame], size: tuple[int, int]) -> None:
    pixels, _ = drawn

    def resized(picture: Image.Image) -> Image.Image:
        return picture.resize((size[1], size[0]), Image.Resampling.BICUBIC)

    some = changed(pixels[:40], resized)
    groups = near_groups(np.concatenate([some, changed(some, partial(recompressed, quality=95))]))
    assert (groups[:40] == groups[40:]).mean() >= 0.9
    assert np.bincount(groups).max() == 2


def test_few_or_empty_pictures_are_no_problem() -> None:
    assert near_groups(np.empty((0, 80, 60, 3), np.uint8)).tolist() == []
    assert near_groups(np.full((1, 80, 60, 3), 255, np.uint8)).tolist() == [0]
    plain = np.stack([np.full((80, 60, 3), level, np.uint8) for level in (255, 0, 255, 128)])
    assert len(near_groups(plain[:, :5, :3])) == len(plain)
    first, second, third, fourth = near_groups(plain)
    assert first == third
    assert len({first, second, fourth}) == 3


def test_progress_is_told(drawn: tuple[Pixels, pl.DataFrame]) -> None:
    told: list[tuple[str, int, int]] = []
    pixels = drawn[0][:30]
    near_groups(np.concatenate([pixels, changed(pixels, recompressed)]), progress=lambda *step: told.append(step))
    stages = list(dict.fromkeys(stage for stage, _, _ in told))
    assert stages[:2] == ["describing pictures", "searching for similar pictures"]
    assert all(0 < done <= total for _, done, total in told)
