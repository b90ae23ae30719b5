import numpy as np

from modiste.dataset.shifts.cutout import cutout, lies_on_white

WHITE = np.full((40, 30, 3), 255, np.uint8)


def on_white(colour: tuple[int, int, int]) -> np.ndarray:
    picture = WHITE.copy()
    picture[10:30, 8:22] = colour
    return picture


def test_a_product_is_cut_out_of_white() -> None:
    cut = cutout(on_white((200, 0, 0)))
    assert cut is not None
    assert cut.shape == (40, 30, 4)
    np.testing.assert_array_equal(cut[12:28, 10:20], np.broadcast_to([200, 0, 0, 255], (16, 10, 4)))
    assert (cut[:9, :, 3] == 0).all()
    assert (cut[:, :7, 3] == 0).all()


def test_what_the_outline_encloses_belongs_to_the_product() -> None:
    picture = on_white((20, 20, 20))
    picture[14:26, 12:18] = 250
    cut = cutout(picture)
    assert cut is not None
    assert (cut[16:24, 14:16, 3] == 255).all()


def test_the_outline_has_the_colour_of_the_product_not_of_the_ground() -> None:
    picture = on_white((0, 0, 200))
    picture[9, 8:22] = picture[30, 8:22] = (127, 127, 228)  # as resizing mixes them
    cut = cutout(picture)
    assert cut is not None
    np.testing.assert_array_equal(cut[9, 12:18, :3], np.broadcast_to([0, 0, 200], (6, 3)))
    assert (cut[9, 12:18, 3] < 255).all()
    assert (cut[9, 12:18, 3] > 0).all()


def test_what_cannot_be_told_from_its_ground_is_not_cut_out() -> None:
    assert cutout(np.full((40, 30, 3), 90, np.uint8)) is None  # a dark ground
    assert cutout(WHITE) is None  # nothing on it
    speck = WHITE.copy()
    speck[20, 15] = 0
    assert cutout(speck) is None


def test_a_picture_lies_on_white_by_its_border() -> None:
    assert lies_on_white(on_white((0, 0, 0)))
    assert not lies_on_white(255 - on_white((0, 0, 0)))
