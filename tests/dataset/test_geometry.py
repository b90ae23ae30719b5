import numpy as np
import pytest
from PIL import Image, ImageOps

from modiste.dataset.geometry import ON_WHITE, Box, Fit, Size, resize

WANTED = Size(60, 80)


def noise(width: int, height: int) -> Image.Image:
    pixels = np.random.default_rng(width * height).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


@pytest.mark.parametrize("fit", [ON_WHITE, Fit("border", 1.2), Fit("border"), Fit("white", 3)])
def test_a_picture_of_the_wanted_size_or_shape_is_neither_stretched_nor_filled(fit: Fit) -> None:
    same = noise(60, 80)
    assert resize(same, WANTED, fit) is same
    larger = noise(600, 800)
    whole = larger.resize((60, 80), Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(np.asarray(resize(larger, WANTED, fit)), np.asarray(whole))


def test_on_white_it_is_what_pillow_pads(subtests: pytest.Subtests) -> None:
    sizes = np.random.default_rng(0).integers(1, 300, (200, 2))
    for width, height in [*sizes.tolist(), (53, 80), (60, 75), (60, 60), (20, 30)]:
        with subtests.test(size=(width, height)):
            picture = noise(width, height)
            if round(height / width * 60) == 0 or round(width / height * 80) == 0:
                continue  # nothing that Pillow pads
            expected = ImageOps.pad(picture, (60, 80), Image.Resampling.BICUBIC, color="white")
            np.testing.assert_array_equal(np.asarray(resize(picture, WANTED)), np.asarray(expected))


def test_no_picture_is_too_narrow() -> None:
    for width, height in ((1, 60_000), (60_000, 1)):
        out = np.asarray(resize(Image.new("RGB", (width, height), "black"), WANTED))
        assert out.shape == (80, 60, 3)
        assert (out == 0).any()


@pytest.mark.parametrize(
    ("size", "stretch", "box"),
    [
        ((600, 400), 1.0, Box(0, 20, 60, 40)),
        ((600, 400), 1.5, Box(0, 10, 60, 60)),
        ((600, 400), 2.0, Box(0, 0, 60, 80)),
        ((600, 400), 9.0, Box(0, 0, 60, 80)),
        ((600, 750), 1.2, Box(0, 0, 60, 80)),
        ((200, 800), 1.2, Box(18, 0, 24, 80)),
    ],
)
def test_stretching_leaves_less_to_fill_and_no_more_than_fits(size: tuple[int, int], stretch: float, box: Box) -> None:
    assert Fit("white", stretch).place(*size, WANTED) == box


def test_each_free_side_has_the_middle_colour_of_the_edge_beside_it() -> None:
    ground = np.full((100, 200, 3), (200, 0, 0), np.uint8)
    ground[50:] = (0, 0, 200)
    ground[0, :60] = ground[-1, :60] = 255  # less than half of an edge: a corner of something else
    for turned in (False, True):
        picture = Image.fromarray(ground.transpose(1, 0, 2) if turned else ground)
        out = np.asarray(resize(picture, Size(100, 100), Fit("border")))
        out = out.transpose(1, 0, 2) if turned else out
        assert (out[:25] == (200, 0, 0)).all()
        assert (out[75:] == (0, 0, 200)).all()
    white = np.asarray(resize(Image.fromarray(ground), Size(100, 100)))
    assert (white[:25] == 255).all()
    assert (white[75:] == 255).all()


def test_what_cannot_be_is_refused_and_what_is_reads_well() -> None:
    for fill, stretch in (("black", 1), ("white", 0.9), ("white", float("nan")), ("border", float("inf"))):
        with pytest.raises(ValueError, match="must be"):
            Fit(fill, stretch)  # type: ignore[arg-type]
    assert str(ON_WHITE) == "aspect ratio kept, white on the sides that stay free"
    expected = (
        "aspect ratio changed by a factor of 1.2 at most, the colour of the picture's edge on the sides that stay free"
    )
    assert str(Fit("border", 1.2)) == expected
