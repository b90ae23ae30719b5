"""What holds for every page, whatever a catalogue says."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import polars as pl
import pytest

from modiste.catalogue.balance import Balance
from modiste.catalogue.products import Rejection, Repair
from modiste.dataset.health import Inspection
from modiste.reports.pages import inspection_page, study_page, tagger_page
from modiste.reports.study import StudyReport
from modiste.reports.tagger import TaggerReport

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


@pytest.fixture(params=["inspection", "study", "tagger"])
def page(request: pytest.FixtureRequest, pages: dict[str, str]) -> str:
    return pages[request.param]


def test_a_page_is_whole_and_loads_nothing(page: str) -> None:
    outline = Outline(page)

    assert page.startswith("<!DOCTYPE html>")
    assert len(outline.all("h1")) == len(outline.all("main")) == 1
    assert not outline.all("script") + outline.all("link") + outline.all("iframe")
    assert all((image["src"] or "").startswith("data:image/png;base64,") for image in outline.all("img"))
    assert not re.search(r"@import|url\((?!#)", page)
    assert "default-src 'none'" in page
    assert len(page.encode()) < 300_000


def test_ids_are_unique_and_links_lead_somewhere(page: str) -> None:
    outline = Outline(page)
    ids = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]

    assert len(ids) == len(set(ids))
    assert {link["href"] for link in outline.all("a")} <= {f"#{name}" for name in ids}
    assert {each["aria-labelledby"] for _, each in outline.tags if "aria-labelledby" in each} <= set(ids)


def test_tables_and_charts_are_accessible(page: str) -> None:
    outline = Outline(page)

    assert len(outline.all("caption")) == len(outline.all("table"))
    assert all(cell.get("scope") in {"col", "row"} for cell in outline.all("th"))
    assert all(chart.get("role") == "img" and chart.get("aria-label") for chart in outline.all("svg"))
    assert all(image.get("alt") for image in outline.all("img"))


def test_hostile_text_stays_text(inspection: Inspection, study: StudyReport, tagger: TaggerReport) -> None:
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
    mistakes = (replace(study.mistakes[0], id=HOSTILE, true=HOSTILE, predicted=HOSTILE),)
    studied = replace(
        study,
        inspection=hostile,
        facts={HOSTILE: HOSTILE},
        labels=(HOSTILE, "b", "c"),
        mistakes=mistakes,
        notes=(HOSTILE,),
    )
    first = replace(
        tagger.attributes[0],
        name=HOSTILE,
        labels=(HOSTILE, "b", "c"),
        imbalance=HOSTILE,
        decisions=replace(tagger.attributes[0].decisions, own_thresholds={HOSTILE: 0.5}),
        per_label=tagger.attributes[0].per_label.with_columns(label=pl.Series(["<i>", "<b>", HOSTILE[:-1]])),
    )
    trained = replace(
        tagger,
        inspection=hostile,
        facts={HOSTILE: HOSTILE},
        mistakes=mistakes,
        notes=(HOSTILE,),
        history=tagger.history.rename({"val_Class": f"val_{HOSTILE[:-1]}"}),
        parts={HOSTILE: 1},
        hierarchy=(HOSTILE, HOSTILE),
        attributes=(first, replace(first, name=HOSTILE[:-1]), tagger.attributes[1]),
    )
    for page in (inspection_page(hostile), study_page(studied), tagger_page(trained)):
        outline = Outline(page)
        assert not outline.all("script") + outline.all("i")
        assert not any(name.startswith("on") for _, attributes in outline.tags for name in attributes)
        assert "{{ 7*7 }}" in page
        assert not re.search("[\x00-\x08\ud800-\udfff]", page)
        page.encode("utf-8")


def test_a_page_is_the_same_on_every_run(pages: dict[str, str], study: StudyReport, tagger: TaggerReport) -> None:
    assert study_page(study) == pages["study"]
    assert tagger_page(tagger) == pages["tagger"]
