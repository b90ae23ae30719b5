"""Reports as one HTML file each: styles, charts and pictures inside, no script, nothing to fetch.

A catalogue may say anything, so the templates escape every value, and the page tells the browser to run no
script and to load nothing (its Content-Security-Policy).
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from matplotlib.figure import Figure
from numpy.typing import NDArray

import modiste
from modiste.dataset.health import Inspection
from modiste.reports import figures
from modiste.reports.embed import png_uri
from modiste.reports.study import StudyReport
from modiste.reports.svg import to_svg

__all__ = ["inspection_page", "study_page"]

_LISTED = 200
"""The longest list that a page prints in full: 44,000 rejected rows help nobody."""

_MOST_BARS = 30
"""Of a feature with more values, the others share one bar, and a table names them."""

_PARTS = {"train": "Training", "validation": "Validation", "holdout": "Hold-out"}
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class _Confusion:
    true: str
    predicted: str
    count: int
    share: float


def inspection_page(inspection: Inspection) -> str:
    """Returns the report of `modiste inspect` as a complete HTML document.

    Args:
        inspection: What was found. Lists of more than 200 entries are cut, and the page says so.
    """
    return _render("inspection.html", **_catalogue_content(inspection))


def study_page(report: StudyReport) -> str:
    """Returns the report of `modiste study` as a complete HTML document.

    Args:
        report: The study. Parts without content (no epoch, no scores, no mistakes) are left out or say so.
    """
    return _render(
        "study.html",
        **_catalogue_content(report.inspection),
        report=report,
        study_charts=_study_charts(report),
        best_epoch=figures.best_epoch(report.history),
        seconds=float(report.history["seconds"].sum()),
        confusions=_confusions(report.confusion, report.labels),
        key_part=_key_part(report.scores),
        parts=_PARTS,
    )


def _render(template: str, **content: object) -> str:
    environment = Environment(
        loader=PackageLoader("modiste.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "count": _count,
        "decimal": _decimal,
        "duration": _duration,
        "percent": _percent,
        "png_uri": png_uri,
    }
    page = environment.get_template(template).render(listed=_LISTED, version=modiste.__version__, **content)
    # A file name may hold bytes that are no text, a name control characters: neither is valid in HTML.
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", page.encode("utf-8", "replace").decode("utf-8"))


def _catalogue_content(inspection: Inspection) -> dict[str, object]:
    """What the part `catalogue.html` of a page shows."""
    return {
        "inspection": inspection,
        "most_bars": _MOST_BARS,
        "balance_chart": _balance_chart(inspection),
        "count_charts": {
            # An id after the feature's place: its name may be anything.
            feature: _count_chart(inspection, feature, f"counts-{place}")
            for place, (feature, counts) in enumerate(inspection.counts.items())
            if counts
        },
    }


def _count_chart(inspection: Inspection, feature: str, name: str) -> Markup:
    alt = f"Bar chart of products by {feature}: {_leaders(inspection.counts[feature])}."
    if feature == "Class":
        return _chart(figures.class_bars(inspection.classes_before, inspection.classes), name, alt)
    return _chart(figures.count_bars(inspection.counts[feature], top=_MOST_BARS), name, alt)


def _balance_chart(inspection: Inspection) -> Markup | None:
    if not inspection.balance:
        return None
    balance = {feature: entry.balance for feature, entry in inspection.balance.items()}
    values = ", ".join(f"{feature} {_decimal(value)}" for feature, value in balance.items())
    return _chart(figures.balance_bars(balance), "balance", f"Bar chart of the balance per feature: {values}.")


def _study_charts(report: StudyReport) -> dict[str, Markup]:
    charts = {}
    if not report.history.is_empty():
        for measure in ("loss", "accuracy"):
            first, last = report.history[f"val_{measure}"][0], report.history[f"val_{measure}"][-1]
            alt = (
                f"Line chart of {measure} in training and validation over {report.history.height} epochs; "
                f"in validation from {_decimal(first, 3)} to {_decimal(last, 3)}."
            )
            charts[measure] = _chart(figures.learning_curve(report.history, measure), measure, alt)
    if not report.per_class.is_empty():
        charts["f1"] = _chart(figures.f1_bars(report.per_class), "f1", "Bar chart of F1 per label, as in the table.")
    if report.confusion.sum():
        figure = figures.confusion_heatmap(report.confusion, report.labels)
        alt = "Heat map of the confusion matrix; a table below names the most frequent confusions."
        charts["confusion"] = _chart(figure, "confusion", alt)
    return charts


def _chart(figure: Figure, name: str, alt: str) -> Markup:
    return Markup(to_svg(figure, name=name, alt=alt))  # noqa: S704 (matplotlib and to_svg escape what they are given)


def _leaders(counts: Mapping[str, int], most: int = 3) -> str:
    ranked = sorted(counts.items(), key=lambda item: -item[1])
    return ", ".join(f"{name} {count:,}" for name, count in ranked[:most]) + (
        " and others" if len(ranked) > most else ""
    )


def _confusions(matrix: NDArray[np.int64], labels: Sequence[str], most: int = 12) -> list[_Confusion]:
    """The most frequent pairs of a true label and another predicted one."""
    errors = matrix - np.diag(np.diagonal(matrix))
    support = matrix.sum(axis=1)
    order = np.argsort(-errors, axis=None, kind="stable")[:most]
    pairs = [divmod(int(cell), len(labels)) for cell in order]
    return [
        _Confusion(labels[row], labels[column], int(errors[row, column]), float(errors[row, column] / support[row]))
        for row, column in pairs
        if errors[row, column]
    ]


def _key_part(scores: Iterable[str]) -> str | None:
    """The part whose scores head the page: the hold-out, or what comes nearest to it."""
    known = list(scores)
    return "holdout" if "holdout" in known else known[-1] if known else None


def _count(number: int) -> str:
    return f"{number:,}"


def _decimal(value: float | None, digits: int = 4) -> str:
    return "\N{EN DASH}" if value is None or not math.isfinite(value) else f"{value:.{digits}f}"


def _percent(share: float | None, digits: int = 1) -> str:
    # A no-break space: the sign stays with its number.
    if share is None or not math.isfinite(share):
        return "\N{EN DASH}"
    least = 10.0**-digits
    below = 0 < 100 * share < least / 2
    return f"{'<' if below else ''}{least if below else 100 * share:.{digits}f}\N{NO-BREAK SPACE}%"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
