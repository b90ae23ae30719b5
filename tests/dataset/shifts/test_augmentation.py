import numpy as np
import pytest

from modiste.dataset.shifts.augmentation import Augmentation, augmented
from modiste.dataset.shifts.grounds import grounds_for
from modiste.dataset.shifts.kinds import SHAPES, SHIFTS
from modiste.dataset.shifts.processing import blurred, compressed, exposed, resampled, shaded, sharpened, tinted
from modiste.dataset.shifts.surfaces import draw_surfaces

PICTURE = np.full((80, 60, 3), 255, np.uint8)
PICTURE[20:60, 15:45] = (180, 30, 60)
GROUNDS = draw_surfaces(6, 80, 60, seed=3)


def varied(share: float, chance: int) -> np.ndarray:
    return augmented(PICTURE, Augmentation(share, 0.7, GROUNDS), np.random.default_rng(chance))


def test_the_same_chance_gives_the_same_picture_and_another_another() -> None:
    one, again, other = varied(1.0, 4), varied(1.0, 4), varied(1.0, 5)
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()
    assert one.shape == PICTURE.shape
    assert one.dtype == np.uint8


def test_only_the_share_that_is_asked_for_is_varied() -> None:
    assert all((varied(0.0, chance) == PICTURE).all() for chance in range(20))
    changed = sum((varied(0.5, chance) != PICTURE).any() for chance in range(200))
    assert 75 < changed < 125


def test_some_are_set_on_grounds() -> None:
    # A corner stays white, or nearly, unless another ground lies there.
    grounded = sum(varied(1.0, chance)[2, 2].min() < 150 for chance in range(100))
    assert 30 < grounded < 85


def test_grounds_are_drawn_the_same_for_the_same_seed() -> None:
    np.testing.assert_array_equal(GROUNDS, draw_surfaces(6, 80, 60, seed=3))
    means = GROUNDS.reshape(6, -1).mean(axis=1)
    assert len(np.unique(means.round())) == 6


def test_grounds_come_from_photos_of_the_training_alone() -> None:
    dark = np.zeros((80, 60, 3), np.uint8)
    dark[..., 1] = 77
    pixels = np.stack([PICTURE, dark, dark + np.uint8(100)])
    grounds = grounds_for(pixels, np.array([0, 1]), most=2, seed=0)
    assert grounds.shape == (3, 80, 60, 3)  # two drawn, and the one photo that does not lie on white
    np.testing.assert_array_equal(grounds[2], dark)


@pytest.mark.parametrize("name", SHIFTS)
def test_a_named_shift_changes_the_picture_and_repeats(name: str) -> None:
    once, again = (SHIFTS[name](PICTURE, np.random.default_rng(1)) for _ in range(2))
    np.testing.assert_array_equal(once, again)
    assert once.dtype == np.uint8
    assert once.ndim == 3
    assert once.shape != PICTURE.shape if name in SHAPES else (once != PICTURE).any()


def test_processing_does_what_it_says() -> None:
    np.testing.assert_array_equal(exposed(PICTURE, 1.0), PICTURE)
    assert exposed(PICTURE, 2.0)[30, 30].tolist() == [127, 4, 14]
    assert tinted(PICTURE, np.array([0.5, 1.0, 2.0]))[30, 30].tolist() == [90, 30, 120]
    assert blurred(PICTURE, 2.0)[20, 30, 1] not in {30, 255}
    assert shaded(PICTURE, np.array([1.0, 0.0]))[0, 0, 0] == 127
    assert np.abs(compressed(PICTURE, 95).astype(int) - PICTURE).mean() < 3
    assert resampled(PICTURE, 0.5, 0, 0).shape == PICTURE.shape
    edge = sharpened(np.clip(blurred(PICTURE, 2.0), 40, 215), 100)
    assert edge.max() > 215
