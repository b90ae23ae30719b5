import re
from base64 import b64decode
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO

import numpy as np
import polars as pl
import pytest
from PIL import Image

from modiste.catalogue.balance import Balance
from modiste.catalogue.products import Rejection, Repair
from modiste.dataset.health import Inspection, PictureHealth
from modiste.measure.metrics import Estimate, Scores
from modiste.reports.pages import inspection_page, study_page
from modiste.reports.study import LayerSummary, Mistake, NetworkSummary, StudyReport

HOSTILE = "</style></title><script>alert('1')</script><img src=x onerror=alert(1)> {{ 7*7 }} \"quoted\" $x$ \x00\ud800"
VOID = {"br", "img", "link", "meta"}


class Outline(HTMLParser):
    """Checks that tags nest and collects what the tests look at."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def inspection() -> Inspection:
    return Inspection(
        source="fashion.zip",
        rows=44446,
        repaired=(Repair(line=6044, id="44065", note="11 fields: the name holds a comma"),),
        rejected=(Rejection(line=17, reason="the id is empty"),),
        excluded=((40826, "home furnishing"),),
        products=44440,
        pictures=PictureHealth((12347, 39401), ((1234, "the file is truncated"),), 431, 23, 780, 653),
        missing_values={"season": 21, "year": 1},
        distinct_values={"season": 4, "year": 13},
        balance={"masterCategory": Balance(6, 0.67123), "Class": Balance(3, 0.91)},
        counts={
            "masterCategory": {"Apparel": 21395, "Footwear": 9222},
            "articleType": {f"type {i}": 200 - i for i in range(141)},
            "Class": {"Tshirts": 7070, "Sandal": 897, "Flip Flops": 916},
        },
        classes_before={"Tshirts": 7069, "Sandal": 897, "Flip Flops": 916},
        classes={"Tshirts": 7070, "Sandal": 897, "Flip Flops": 916},
        reassigned=pl.DataFrame({"id": [53598], "name": ["Q&Q Tee"], "label": ["Tshirts"], "similarity": [0.8491]}),
        warnings=("the rule for 'Beauty' matches nothing",),
    )


@pytest.fixture(scope="module")
def report(inspection: Inspection) -> StudyReport:
    estimate = Estimate(0.93412, 0.92, 0.95)
    scores = Scores(4444, estimate, Estimate(0.99, 0.98, 1.0), Estimate(0.9, 0.88, 0.91), Estimate(0.89, 0.87, 0.9))
    clean = replace(scores, n=4290, accuracy=Estimate(0.9287, 0.91, 0.94))
    pixels = np.random.default_rng(0).integers(0, 256, (80, 60, 3), dtype=np.uint8)
    return StudyReport(
        facts={"Machine": "2 cores", "BatchNorm momentum": "0.99"},
        inspection=inspection,
        network=NetworkSummary((LayerSummary("dense", "(None, 512)", 9830912),), 9914686, 9913278, 1408),
        history=pl.DataFrame(
            {
                "epoch": [1, 2, 3],
                "loss": [1.0, 0.5, 0.3],
                "accuracy": [0.5, 0.8, 0.9],
                "val_loss": [4.0, 0.4, 0.6],
                "val_accuracy": [0.13, 0.8, 0.85],
                "seconds": [2000.0, 2000.0, 3991.0],
            }
        ),
        scores={"train": replace(scores, n=31997), "validation": replace(scores, n=7999), "holdout": scores},
        scores_without_leaks={"holdout": clean},
        leaked=154,
        labels=("Tshirts", "Sandal", "Flip Flops"),
        confusion=np.array([[90, 0, 0], [1, 40, 9], [0, 2, 48]]),
        per_class=pl.DataFrame(
            {
                "label": ["Tshirts", "Sandal", "Flip Flops"],
                "support": [90, 50, 50],
                "precision": [0.989, 0.952, float("nan")],
                "recall": [1.0, 0.8, 0.96],
                "f1": [0.994, 0.87, 0.897],
            }
        ),
        mistakes=(Mistake(1163, "Sandal", "Flip Flops", 0.9876, pixels),),
        notes=("The validation accuracy swings in the first epochs.",),
    )


@pytest.fixture(scope="module")
def page(report: StudyReport) -> str:
    return study_page(report)


def test_both_pages_are_whole_and_load_nothing(inspection: Inspection, page: str) -> None:
    for document in (inspection_page(inspection), page):
        outline = Outline(document)
        assert document.startswith("<!DOCTYPE html>")
        assert len(outline.all("h1")) == len(outline.all("main")) == 1
        assert not outline.all("script") + outline.all("link") + outline.all("iframe")
        assert all((image["src"] or "").startswith("data:image/png;base64,") for image in outline.all("img"))
        assert not re.search(r"@import|url\((?!#)", document)
        assert "default-src 'none'" in document


def test_ids_are_unique_and_links_lead_somewhere(page: str) -> None:
    outline = Outline(page)
    ids = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]

    assert len(ids) == len(set(ids))
    assert {link["href"] for link in outline.all("a")} <= {f"#{name}" for name in ids}


def test_tables_and_charts_are_accessible(page: str) -> None:
    outline = Outline(page)

    assert len(outline.all("caption")) == len(outline.all("table"))
    assert all(cell.get("scope") in {"col", "row"} for cell in outline.all("th"))
    assert all(chart.get("role") == "img" and chart.get("aria-label") for chart in outline.all("svg"))
    assert all(image.get("alt") for image in outline.all("img"))


def test_inspection_page_names_every_finding(inspection: Inspection) -> None:
    page = inspection_page(inspection)

    for text in (
        "44,446",
        "44,440",
        "6,044",
        "the id is empty",
        "home furnishing",
        "12347, 39401",
        "the file is truncated",
    ):
        assert text in page
    for text in ("0.6712", "0.9100", "Q&amp;Q Tee", "0.849", "the rule for &#39;Beauty&#39; matches nothing"):
        assert text in page
    assert "before and after the reassignment" in page
    assert "All 141 values of articleType" in page
    assert len(Outline(page).all("svg")) == 4


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


def test_the_gallery_shows_the_very_pixels(report: StudyReport, page: str) -> None:
    image = Outline(page).all("img")[0]

    assert "True: Sandal Predicted: Flip Flops" in page
    assert "98.8\u00a0% sure" in page
    stored = Image.open(BytesIO(b64decode((image["src"] or "").split(",")[1])))
    assert np.array_equal(np.asarray(stored), report.mistakes[0].pixels)


def test_a_greyscale_mistake_is_shown(report: StudyReport) -> None:
    grey = replace(report.mistakes[0], pixels=report.mistakes[0].pixels[..., :1])

    assert Outline(study_page(replace(report, mistakes=(grey,)))).all("img")[0]["width"] == "60"


def test_hostile_text_stays_text(inspection: Inspection, report: StudyReport) -> None:
    hostile = replace(
        inspection,
        source=HOSTILE,
        repaired=(Repair(1, HOSTILE, HOSTILE),),
        rejected=(Rejection(1, HOSTILE),),
        excluded=((HOSTILE, HOSTILE),),
        pictures=replace(inspection.pictures, missing=(HOSTILE,), unreadable=((HOSTILE, HOSTILE),)),
        missing_values={HOSTILE: 3},
        balance={HOSTILE: Balance(2, 0.5)},
        counts={HOSTILE: {HOSTILE: 3}, "Class": {HOSTILE: 3}},
        classes_before={HOSTILE: 2},
        classes={HOSTILE: 3},
        reassigned=pl.DataFrame({"id": ["<i>"], "name": ["<i>"], "label": ["<i>"], "similarity": [None]}),
        warnings=(HOSTILE,),
    )
    study = replace(
        report,
        inspection=hostile,
        facts={HOSTILE: HOSTILE},
        labels=(HOSTILE, "b", "c"),
        mistakes=(replace(report.mistakes[0], id=HOSTILE, true=HOSTILE, predicted=HOSTILE),),
        notes=(HOSTILE,),
    )
    for page in (inspection_page(hostile), study_page(study)):
        outline = Outline(page)
        assert not outline.all("script") + outline.all("i")
        assert not any(name.startswith("on") for _, attributes in outline.tags for name in attributes)
        assert "{{ 7*7 }}" in page
        assert not re.search("[\x00-\x08\ud800-\udfff]", page)
        page.encode("utf-8")


def test_long_lists_are_cut_and_say_so(inspection: Inspection) -> None:
    many = replace(
        inspection,
        rejected=tuple(Rejection(line, f"reason {line}.") for line in range(2, 5002)),
        pictures=replace(inspection.pictures, missing=tuple(range(10**6, 10**6 + 1000))),
    )
    page = inspection_page(many)

    assert "reason 201." in page
    assert "reason 202." not in page
    assert "the first 200 of 5,000" in page
    assert "and 800 more" in page


def test_a_catalogue_without_labels_has_a_page() -> None:
    reassigned = pl.DataFrame(schema={"id": pl.Int64, "name": pl.String, "label": pl.String, "similarity": pl.Float64})
    pictures = PictureHealth((), (), 0, 0, 0, 0)
    empty = Inspection("x", 0, (), (), (), 0, pictures, {}, {}, {}, {}, {}, {}, reassigned, ())

    assert Outline(inspection_page(empty)).all("svg") == []


def test_a_study_without_results_has_a_page(report: StudyReport) -> None:
    page = study_page(
        replace(
            report,
            history=report.history.clear(),
            scores={},
            scores_without_leaks={},
            confusion=np.zeros((3, 3), dtype=np.int64),
            per_class=report.per_class.clear(),
            mistakes=(),
            notes=(),
        )
    )

    Outline(page)
    for text in ("No epoch was completed.", "Nothing was scored.", "made no mistake"):
        assert text in page


def test_a_page_is_the_same_on_every_run_and_small(report: StudyReport, page: str) -> None:
    assert page == study_page(report)
    assert len(page.encode()) < 300_000
