import numpy as np

from modiste.dataset.shifts.framing import Framing, border_colour, reframed

PICTURE = np.full((40, 40, 3), (0, 100, 200), np.uint8)
PICTURE[10:30, 10:30] = (250, 50, 0)


def test_without_a_change_a_picture_stays_as_it_is() -> None:
    np.testing.assert_array_equal(reframed(PICTURE, Framing()), PICTURE)


def test_a_smaller_picture_lies_on_its_border_colour() -> None:
    small = reframed(PICTURE, Framing(width=0.5, height=0.5))
    np.testing.assert_array_equal(small[18:22, 18:22], np.broadcast_to([250, 50, 0], (4, 4, 3)))
    np.testing.assert_array_equal(small[12, 20], (0, 100, 200))  # between the two: the picture's own border
    np.testing.assert_array_equal(small[2, 2], (0, 100, 200))


def test_a_picture_moves_to_the_right_and_down() -> None:
    moved = reframed(PICTURE, Framing(width=0.5, height=0.5, right=0.25, down=0.25))
    red = np.argwhere(moved[..., 0] > 200)
    assert 28.5 < red[:, 0].mean() < 30.5
    assert 28.5 < red[:, 1].mean() < 30.5


def test_a_turned_picture_keeps_its_area() -> None:
    turned = reframed(PICTURE, Framing(angle=45))
    assert abs((turned[..., 0] > 125).sum() - 400) < 30
    assert turned[20, 8, 0] > 125
    assert not (PICTURE[20, 8, 0] > 125)


def test_a_cut_out_product_shows_the_ground() -> None:
    cut = np.dstack([PICTURE, np.zeros((40, 40), np.uint8)])
    cut[10:30, 10:30, 3] = 255
    ground = np.full((40, 40, 3), 7, np.uint8)
    placed = reframed(cut, Framing(), ground=ground)
    np.testing.assert_array_equal(placed[5, 5], (7, 7, 7))
    np.testing.assert_array_equal(placed[20, 20], (250, 50, 0))


def test_the_border_colour_is_the_median_of_the_outermost_pixels() -> None:
    speckled = PICTURE.copy()
    speckled[0, :10] = 255
    np.testing.assert_array_equal(border_colour(speckled), (0, 100, 200))
