import numpy as np

from modiste.dataset.shifts.framing import enlarged
from modiste.dataset.shifts.worn import cropped_to_band, without_skin

SKIN, SHIRT, HAIR = (224, 172, 140), (40, 70, 160), (40, 30, 25)
WORN = np.zeros((60, 40, 4), np.uint8)
WORN[5:10, 15:25] = (*HAIR, 255)
WORN[10:18, 15:25] = (*SKIN, 255)
WORN[18:45, 10:30] = (*SHIRT, 255)
WORN[45:55, 12:28] = (90, 90, 90, 255)


def test_skin_goes_and_cloth_stays() -> None:
    bare = without_skin(WORN)
    assert (bare[11:17, 16:24, 3] == 0).all()
    assert (bare[20:44, 11:29] == (*SHIRT, 255)).all()


def test_what_is_the_colour_of_skin_itself_stays() -> None:
    bag = np.zeros((60, 40, 4), np.uint8)
    bag[10:50, 5:35] = (*SKIN, 255)
    np.testing.assert_array_equal(without_skin(bag), bag)


def test_a_band_loses_what_is_above_and_below_it() -> None:
    band = cropped_to_band(WORN, top=0.26, bottom=0.2)
    shown = np.flatnonzero((band[..., 3] > 0).any(axis=1))
    assert (shown[0], shown[-1]) == (18, 44)
    np.testing.assert_array_equal(cropped_to_band(WORN * 0, 0.2, 0.2), WORN * 0)


def test_what_is_left_fills_the_picture() -> None:
    large = enlarged(cropped_to_band(WORN, top=0.26, bottom=0.2))
    shown = large[..., 3] > 127
    assert shown.any(axis=0).mean() > 0.95
    np.testing.assert_array_equal(large[30, 20], (*SHIRT, 255))
    np.testing.assert_array_equal(enlarged(WORN * 0), WORN * 0)
