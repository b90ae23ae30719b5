import re
from base64 import b64decode
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from modiste.reports.pages import study_page
from modiste.reports.study import StudyReport


@pytest.fixture
def page(pages: dict[str, str]) -> str:
    return pages["study"]


def test_study_page_follows_the_order_of_a_study(page: str) -> None:
    sections = (
        "data",
        "balance",
        "labels",
        "network",
        "learning",
        "scores",
        "per-label",
        "confusion",
        "mistakes",
        "facts",
    )
    places = [page.index(f'<section id="{name}"') for name in sections]

    assert places == sorted(places)


def test_study_page_heads_with_the_holdout_and_its_interval(page: str) -> None:
    head = page.split('<section id="data"', maxsplit=1)[0]

    for text in (
        "Hold-out accuracy",
        "93.4\u00a0%",
        "92.0\u00a0% to 95.0\u00a0%",
        "92.9\u00a0% accuracy without them",
        "154",
    ):
        assert text in head
    assert re.search(r"Best epoch</dt><dd><b>2</b>", head)
    assert "2 h 13 min" in head


def test_study_page_shows_the_numbers(page: str) -> None:

    for text in (
        "9,914,686",
        "9,913,278",
        "1,408",
        "(None, 512)",
        "weights after epoch 2",
        "Hold-out, without leaked pictures",
    ):
        assert text in page
    assert re.search(
        r"<td>Sandal</td><td>Flip Flops</td><td class=\"number\">9</td><td class=\"number\">18.0\u00a0%</td>",
        page,
    )
    assert re.search(r"Flip Flops</th><td class=\"number\">50</td><td class=\"number\">\N{EN DASH}</td>", page)


def test_the_gallery_shows_the_very_pixels(study: StudyReport, page: str) -> None:
    (source,) = re.findall(r'<img src="data:image/png;base64,([^"]+)"', page)

    assert "True: Sandal Predicted: Flip Flops" in page
    assert "98.8\u00a0% sure" in page
    stored = Image.open(BytesIO(b64decode(source)))
    assert np.array_equal(np.asarray(stored), study.mistakes[0].pixels)


def test_a_greyscale_mistake_is_shown(study: StudyReport) -> None:
    grey = replace(study.mistakes[0], pixels=study.mistakes[0].pixels[..., :1])

    assert 'width="60" height="80"' in study_page(replace(study, mistakes=(grey,)))


def test_a_study_without_results_has_a_page(study: StudyReport) -> None:
    page = study_page(
        replace(
            study,
            history=study.history.clear(),
            scores={},
            scores_without_leaks={},
            confusion=np.zeros((3, 3), dtype=np.int64),
            per_class=study.per_class.clear(),
            mistakes=(),
            notes=(),
        )
    )

    for text in ("No epoch was completed.", "Nothing was scored.", "made no mistake"):
        assert text in page
