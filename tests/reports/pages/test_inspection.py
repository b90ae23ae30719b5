from dataclasses import replace

import polars as pl

from modiste.catalogue.products import Rejection
from modiste.dataset.health import Inspection, PictureHealth
from modiste.reports.pages import inspection_page


def test_inspection_page_names_every_finding(pages: dict[str, str]) -> None:
    page = pages["inspection"]

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
    assert page.count("<svg") == 4


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
    empty = Inspection("x", 0, (), (), (), 0, 0, pictures, {}, {}, {}, {}, None, {}, {}, reassigned, ())

    assert "<svg" not in inspection_page(empty)
