"""The drawings: every article has one, it stays on the picture and shows its colour; no two labels look alike."""

from itertools import combinations, product

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from modiste.sample.assortment import ASSORTMENT, CUSHION, SHARES
from modiste.sample.drawings import COLOURS, DRAWINGS, HEIGHT, PATTERNS, WIDTH, draw_picture
from modiste.sample.drawings.colours import brightness, mix
from modiste.sample.drawings.pen import Pen, Pose
from modiste.sample.drawings.shapes import box, mirrored, oval

ARTICLES = [*ASSORTMENT, CUSHION]


def silhouette(name: str, seed: int) -> npt.NDArray[np.float64]:
    """The share of each pixel that a drawing covers, upright and in the middle."""
    pen = Pen(COLOURS["Blue"], Pose(scale=0.94), np.random.default_rng(seed))
    DRAWINGS[name](pen)
    return np.asarray(pen.sheet.resize((WIDTH, HEIGHT)).getchannel("A"), dtype=np.float64) / 255


def outlines(label: str) -> npt.NDArray[np.float64]:
    """Silhouettes (variants, 80, 60) of one label."""
    names = [article.name for article in ASSORTMENT if article.label == label]
    return np.stack([silhouette(name, seed) for name in names for seed in range(6)])


def test_every_article_can_be_drawn_and_every_drawing_is_used() -> None:
    assert {article.name for article in ARTICLES} == set(DRAWINGS)
    assert all(set(article.colours) <= set(COLOURS) for article in ARTICLES)
    assert all(set(article.patterns) <= set(PATTERNS) for article in ARTICLES)


def test_the_thirty_labels_have_shares_and_articles() -> None:
    assert len(SHARES) == 30
    assert {article.label for article in ASSORTMENT} == set(SHARES)
    assert min(SHARES.values()) / sum(SHARES.values()) > 0.01


def test_a_picture_has_catalogue_size_and_follows_from_its_generator() -> None:
    wrong = []
    for article in ARTICLES:
        first, again, other = (
            draw_picture(article.name, article.colours[0], article.patterns[-1], np.random.default_rng(seed))
            for seed in (1, 1, 2)
        )
        size = first.mode, first.size
        if size != ("RGB", (60, 80)) or not first.tobytes() == again.tobytes() != other.tobytes():
            wrong.append(article.name)
    assert not wrong


def test_a_drawing_fills_the_picture_without_being_cut_off() -> None:
    wrong = []
    for name, seed in product(sorted(DRAWINGS), range(6)):
        covered = silhouette(name, seed)
        edge = np.concatenate([covered[0], covered[-1], covered[:, 0], covered[:, -1]])
        if not 0.05 < covered.mean() < 0.7 or edge.max() >= 0.1:
            wrong.append((name, seed, covered.mean(), edge.max()))
    assert not wrong


def test_a_drawing_has_variants() -> None:
    def variants(name: str) -> int:
        pictures = set()
        for seed in range(12):
            pen = Pen(COLOURS["Blue"], Pose(), np.random.default_rng(seed))
            DRAWINGS[name](pen)
            pictures.add(pen.sheet.tobytes())
        return len(pictures)

    # A ball is round however it is drawn.
    found = {
        name: variants(name)
        for name in DRAWINGS.keys() - {"Basketballs", "Cushion Covers", "Footballs", "Water Bottle"}
    }
    assert not {name: count for name, count in found.items() if count < 3}


def test_no_two_labels_share_a_silhouette() -> None:
    # Intersection over union of the two most similar variants: short-sleeved shirts come closest to T-shirts.
    by_label = {label: outlines(label) for label in SHARES}
    for one, two in combinations(SHARES, 2):
        a, b = by_label[one][:, None], by_label[two][None]
        overlap = np.minimum(a, b).sum((2, 3)) / np.maximum(a, b).sum((2, 3))
        assert overlap.max() < 0.95, (one, two)


def test_the_base_colour_is_the_colour_drawn() -> None:
    def share(name: str, colour: str) -> float:
        picture = draw_picture(name, colour, "plain", np.random.default_rng(5))
        far = np.abs(np.asarray(picture, dtype=int) - np.array(COLOURS[colour])).max(axis=2)
        return float((far < 32).mean())

    drawn = product(["Tshirts", "Handbags", "Formal Shoes", "Deodorant", "Nail Polish"], COLOURS)
    found = {(name, colour): share(name, colour) for name, colour in drawn}
    assert not {pair: value for pair, value in found.items() if value <= 0.06}


def test_a_pattern_brings_a_second_colour() -> None:
    def spread(pattern: str) -> float:
        picture = draw_picture("Cushion Covers", "Navy Blue", pattern, np.random.default_rng(8))
        return float(np.asarray(picture.convert("L"))[32:48, 22:38].std())

    found = {pattern: spread(pattern) for pattern in PATTERNS}
    assert not {name: value for name, value in found.items() if name != "plain" and value <= 2 * found["plain"]}


def test_backgrounds_are_mostly_white() -> None:
    corners = [
        draw_picture("Pendant", "Gold", "plain", np.random.default_rng(seed)).getpixel((1, 78)) for seed in range(200)
    ]
    white = sum(min(corner) > 235 for corner in corners if isinstance(corner, tuple))
    assert 120 < white < 190


def test_a_pose_shifts_turns_scales_and_mirrors() -> None:
    def box_of(pose: Pose) -> tuple[int, int, int, int]:
        pen = Pen((0, 0, 0), pose, np.random.default_rng(0))
        pen.fill(box(10, 30, 30, 40), contour=False)
        found = pen.sheet.getbbox()
        assert found is not None
        return found

    plain, moved = box_of(Pose()), box_of(Pose(shift=(5, -2)))
    assert plain == (30, 90, 91, 121)
    assert moved == (45, 84, 106, 115)
    assert box_of(Pose(mirrored=True)) == (90, 90, 151, 121)
    assert box_of(Pose(scale=0.5)) == (60, 105, 91, 121)
    left, top, right, bottom = box_of(Pose(angle=90))
    assert (right - left, bottom - top) == (31, 61)
    assert (left, top) == (90, 60)


def test_shapes_are_where_they_should_be() -> None:
    assert mirrored([(35, 10), (40, 20)]) == [(35, 10), (40, 20), (20, 20), (25, 10)]
    assert all(abs(np.hypot((x - 30) / 4, (y - 40) / 8) - 1) < 1e-9 for x, y in oval(30, 40, 4, 8))
    rounded = np.array(box(10, 20, 30, 60, corner=3))
    assert rounded.min(axis=0).tolist() == [10, 20]
    assert rounded.max(axis=0).tolist() == [30, 60]


def test_colours_mix_by_share() -> None:
    assert mix((0, 100, 200), (100, 0, 200), 0.25) == (25, 75, 200)
    assert brightness((255, 255, 255)) == pytest.approx(255)


def test_lit_picture_keeps_its_background_clean() -> None:
    picture = draw_picture("Ring", "Gold", "plain", np.random.default_rng(1))
    assert isinstance(picture, Image.Image)
    assert np.asarray(picture)[0].std() < 3
