import numpy as np

from modiste.dataset.shifts.augmentation import Augmentation
from modiste.learning.batches import Batches, Drawn, as_network_input, shifted, shrunk

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 8, 6, 3), dtype=np.uint8)
ROWS = np.array([3, 1, 4, 15, 9, 2, 6])


def everything(batches: Batches) -> tuple[np.ndarray, np.ndarray]:
    parts = [batches[index] for index in range(len(batches))]
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def test_without_a_seed_all_is_in_order() -> None:
    pictures, targets = everything(Batches(PIXELS, ROWS, np.arange(7), batch_size=3, to_input=as_network_input))
    np.testing.assert_array_equal(targets, np.arange(7))
    np.testing.assert_allclose(pictures, PIXELS[ROWS] / 255, rtol=1e-6)


def test_each_epoch_shows_every_picture_once_and_flips_some() -> None:
    before = PIXELS.copy()
    batches = Batches(PIXELS, np.arange(20), np.arange(20), batch_size=6, to_input=as_network_input, drawn=Drawn(1))
    orders, flipped = [], 0
    for epoch in (1, 2):
        batches.begin_epoch(epoch)
        pictures, targets = everything(batches)
        assert sorted(targets) == list(range(20))
        orders.append(targets.tolist())
        for picture, target in zip(pictures, targets, strict=True):
            upright, mirrored = PIXELS[target] / 255, PIXELS[target][:, ::-1] / 255
            assert np.allclose(picture, upright) or np.allclose(picture, mirrored)
            flipped += not np.allclose(picture, upright)
    assert orders[0] != orders[1]
    assert 5 < flipped < 35
    np.testing.assert_array_equal(PIXELS, before)


def test_the_same_seed_and_epoch_give_the_same_batches() -> None:
    one, two = (Batches(PIXELS, ROWS, ROWS, batch_size=4, to_input=as_network_input, drawn=Drawn(7)) for _ in range(2))
    two.begin_epoch(5)
    two.begin_epoch(3)
    one.begin_epoch(3)
    for mine, yours in zip(everything(one), everything(two), strict=True):
        np.testing.assert_array_equal(mine, yours)


def test_greyscale_weighs_the_channels() -> None:
    grey = as_network_input(np.array([[[[255, 0, 0], [0, 255, 0], [0, 0, 255]]]], dtype=np.uint8), greyscale=True)
    np.testing.assert_allclose(grey[0, 0, :, 0], [0.299, 0.587, 0.114], rtol=1e-6)


def test_the_first_epochs_can_show_smaller_pictures() -> None:
    def half_until_3(epoch: int) -> float:
        return 0.5 if epoch < 3 else 1.0

    halves = np.repeat(np.repeat(PIXELS, 2, axis=1), 2, axis=2)
    batches = Batches(halves, ROWS, ROWS, batch_size=4, drawn=Drawn(7, scale=half_until_3))
    plain = Batches(PIXELS, ROWS, ROWS, batch_size=4, drawn=Drawn(7))
    shapes = []
    for epoch in (1, 2, 3):
        batches.begin_epoch(epoch)
        shapes.append(batches[0][0].shape)
    assert shapes == [(4, 8, 6, 3), (4, 8, 6, 3), (4, 16, 12, 3)]
    for each in (batches, plain):
        each.begin_epoch(2)
    assert np.abs(batches[0][0].astype(int) - plain[0][0]).mean() < np.abs(PIXELS.astype(int) - 128).mean() / 2


def test_shrinking_keeps_even_pictures_and_the_type() -> None:
    even = np.full((2, 128, 96, 3), 255, dtype=np.uint8)
    smaller = shrunk(even, 5 / 8)
    assert smaller.shape == (2, 80, 60, 3)
    assert smaller.dtype == np.uint8
    assert (smaller == 255).all()


def test_a_shift_repeats_the_edge() -> None:
    offsets = np.array([[0, 0], [1, 0], [0, -2], [-3, 2], [7, -5], [-8, 6], [20, -20]])
    pixels = PIXELS[: len(offsets)]
    rows = np.clip(np.arange(8) - offsets[:, :1], 0, 7)
    columns = np.clip(np.arange(6) - offsets[:, 1:], 0, 5)
    one_by_one = pixels[np.arange(len(pixels))[:, None, None], rows[:, :, None], columns[:, None, :]]
    np.testing.assert_array_equal(shifted(pixels, offsets), one_by_one)


def test_augmentation_varies_pictures_by_seed_epoch_and_place() -> None:
    pictures = np.full((20, 40, 30, 3), 255, np.uint8)
    pictures[:, 10:30, 8:22] = np.arange(20, dtype=np.uint8)[:, None, None, None] * 10
    drawn = Drawn(7, augmentation=Augmentation(1.0, 0.0, pictures[:0]))
    one, two = (Batches(pictures, np.arange(20), np.arange(20), batch_size=6, drawn=drawn) for _ in range(2))
    for each in (one, two):
        each.begin_epoch(3)
    last = one[3]
    np.testing.assert_array_equal(last[0], two[3][0])  # whatever was asked for before
    first = everything(one)[0]
    assert sum(not (picture == pictures[target]).all() for picture, target in zip(*everything(one), strict=True)) > 15
    one.begin_epoch(4)
    assert (everything(one)[0] != first).any()
