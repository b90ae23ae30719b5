"""What the tests of charts and pages share: made-up results."""

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from matplotlib.figure import Figure

from modiste.catalogue.balance import Balance
from modiste.catalogue.products import Rejection, Repair
from modiste.dataset.health import Inspection, PictureHealth
from modiste.measure.metrics import Estimate, Scores
from modiste.reports.pages import inspection_page, study_page, tagger_page
from modiste.reports.study import LayerSummary, Mistake, NetworkSummary, StudyReport
from modiste.reports.svg import to_svg
from modiste.reports.tagger import AttributeReport, Decisions, TaggerReport


@pytest.fixture(scope="session")
def texts() -> Callable[[Figure], list[str]]:
    """Reads what a chart says, from the top of its SVG down."""
    return lambda figure: re.findall(r"<text[^>]*>([^<]*)</text>", to_svg(figure))


@pytest.fixture(scope="session")
def history() -> pl.DataFrame:
    """Four epochs of a study, the third the best."""
    return pl.DataFrame(
        {
            "epoch": [1, 2, 3, 4],
            "loss": [2.0, 0.8, 0.4, 0.2],
            "accuracy": [0.4, 0.7, 0.9, 0.95],
            "val_loss": [9.0, 0.7, 0.5, 0.6],
            "val_accuracy": [0.13, 0.7, 0.85, 0.86],
        }
    )


@pytest.fixture(scope="session")
def inspection() -> Inspection:
    """A catalogue with something of everything to say."""
    return Inspection(
        source="fashion.zip",
        rows=44446,
        repaired=(Repair(line=6044, id="44065", note="11 fields: the name holds a comma"),),
        rejected=(Rejection(line=17, reason="the id is empty"),),
        excluded=((40826, "home furnishing"),),
        products=44440,
        photos=44440,
        ruled="Class",
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


@pytest.fixture(scope="session")
def study(inspection: Inspection) -> StudyReport:
    """A study of three labels."""
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


@pytest.fixture(scope="session")
def tagger(inspection: Inspection, study: StudyReport) -> TaggerReport:
    """A tagger of two attributes, one of which may not accept anything."""
    random = np.random.default_rng(0)
    confidence = random.beta(6, 1, 400)
    scores = replace(study.scores["holdout"], n=400)
    first = AttributeReport(
        name="Class",
        labels=study.labels,
        scores=scores,
        scores_without_leaks=replace(scores, n=380, accuracy=Estimate(0.9287, 0.91, 0.94)),
        calibration_error=0.0123,
        uncalibrated_error=0.0456,
        temperature=1.309,
        imbalance="logit adjustment",
        decisions=Decisions(
            threshold=0.8765,
            precision=Estimate(0.985, 0.97, 0.99),
            coverage=Estimate(0.71, 0.69, 0.73),
            own_thresholds={"Sandal": 0.99999, "Tshirts": float("inf")},
        ),
        confidence=confidence,
        correct=random.random(400) < confidence,
        per_label=study.per_class.with_columns(train=pl.Series([700, 330, 310])),
    )
    season = replace(
        first,
        name="season",
        labels=("Summer", "Winter"),
        scores=replace(scores, accuracy=Estimate(0.7321, 0.71, 0.75)),
        scores_without_leaks=None,
        decisions=Decisions(None, None, Estimate(0.0, 0.0, 0.001), {}),
        per_label=pl.DataFrame(
            {
                "label": ["Summer", "Winter"],
                "train": [900, 2],
                "support": [400, 0],
                "precision": [0.8, None],
                "recall": [0.7, None],
                "f1": [0.75, None],
            }
        ),
    )
    return TaggerReport(
        facts={"Machine": "2 cores", "learning rate": "0.003"},
        inspection=inspection,
        network=study.network,
        history=pl.DataFrame(
            {
                "epoch": [1, 2, 3],
                "loss": [2.0, 1.0, 0.5],
                "val_error": [0.4, 0.2, 0.25],
                "val_Class": [0.7, 0.9, 0.85],
                "val_season": [0.5, 0.7, 0.65],
                "seconds": [100.0, 100.0, 133.0],
            }
        ),
        best=2,
        parts={"train": 2880, "validation": 720, "holdout": 400},
        leaked=20,
        precision=0.98,
        attributes=(first, season),
        inconsistent=7,
        hierarchy=("masterCategory", "articleType", "Class"),
        confusion=study.confusion,
        mistakes=study.mistakes,
        notes=("The hold-out was not looked at before.",),
    )


@pytest.fixture(scope="session")
def pages(inspection: Inspection, study: StudyReport, tagger: TaggerReport) -> dict[str, str]:
    """Each page, drawn once for all modules."""
    return {"inspection": inspection_page(inspection), "study": study_page(study), "tagger": tagger_page(tagger)}


@pytest.fixture
def without_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only words are looked at: to draw a page's charts takes nearly all of its time."""
    monkeypatch.setattr("modiste.reports.pages.render.to_svg", lambda *_, **__: "<svg></svg>")
