"""The report of `modiste study`."""

from collections.abc import Iterable

from markupsafe import Markup

from modiste.reports import figures
from modiste.reports.pages.catalogue import catalogue_content
from modiste.reports.pages.confusion import confusion_part
from modiste.reports.pages.render import chart, decimal, render
from modiste.reports.study import StudyReport

__all__ = ["study_page"]


def study_page(report: StudyReport) -> str:
    """Returns the report of `modiste study` as a complete HTML document.

    Args:
        report: The study. Parts without content (no epoch, no scores, no mistakes) are left out or say so.
    """
    return render(
        "study.html",
        **catalogue_content(report.inspection),
        report=report,
        study_charts=_study_charts(report),
        best_epoch=figures.best_epoch(report.history),
        seconds=float(report.history["seconds"].sum()),
        confusion=confusion_part(report.confusion, report.labels),
        key_part=_key_part(report.scores),
    )


def _study_charts(report: StudyReport) -> dict[str, Markup]:
    charts = {}
    if not report.history.is_empty():
        for measure in ("loss", "accuracy"):
            first, last = report.history[f"val_{measure}"][0], report.history[f"val_{measure}"][-1]
            alt = (
                f"Line chart of {measure} in training and validation over {report.history.height} epochs; "
                f"in validation from {decimal(first, 3)} to {decimal(last, 3)}."
            )
            charts[measure] = chart(figures.learning_curve(report.history, measure), measure, alt)
    if not report.per_class.is_empty():
        charts["f1"] = chart(figures.f1_bars(report.per_class), "f1", "Bar chart of F1 per label, as in the table.")
    return charts


def _key_part(scores: Iterable[str]) -> str | None:
    """The part whose scores head the page: the hold-out, or what comes nearest to it."""
    known = list(scores)
    return "holdout" if "holdout" in known else known[-1] if known else None
