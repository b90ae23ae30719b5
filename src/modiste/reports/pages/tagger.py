"""The report of `modiste train`."""

import math
from dataclasses import dataclass

import polars as pl
from markupsafe import Markup

from modiste.measure.calibration import reliability
from modiste.reports import figures
from modiste.reports.pages.catalogue import catalogue_content
from modiste.reports.pages.confusion import confusion_part
from modiste.reports.pages.render import chart, decimal, percent, render
from modiste.reports.tagger import AttributeReport, TaggerReport

__all__ = ["tagger_page"]


@dataclass(frozen=True, eq=False)
class _Shown:
    """An attribute as the page shows it.

    Attributes:
        of: Its part of the report.
        scored: Labels that count in macro-F1.
        least: The fewest pictures of one of them.
        weakest: `of.per_label`, the lowest F1 first, labels without one last.
        charts: Kind -> chart; a kind without anything to draw is missing.
        promise: How the target precision was kept on the hold-out, in words; None where it could not be promised.
    """

    of: AttributeReport
    scored: int
    least: int
    weakest: pl.DataFrame
    charts: dict[str, Markup]
    promise: str | None


def tagger_page(report: TaggerReport) -> str:
    """Returns the report of `modiste train` as a complete HTML document.

    Args:
        report: The training. Parts without content (no mistakes, no hierarchy, nothing accepted) are left out or say
            so.
    """
    curves = [each.name for each in report.attributes if f"val_{each.name}" in report.history.columns]
    return render(
        "tagger.html",
        **catalogue_content(report.inspection),
        report=report,
        shown=[_shown(report, index) for index in range(len(report.attributes))],
        first=report.attributes[0],
        mean=sum(attribute.scores.accuracy.value for attribute in report.attributes) / len(report.attributes),
        target=f"{100 * report.precision:.6g}\N{NO-BREAK SPACE}%",
        training_charts=_training_charts(report),
        curves=curves,
        epoch_columns=["Epoch#", "Loss#", "Error#", *(f"{name}#" for name in curves), "Seconds#"],
        seconds=float(report.history["seconds"].sum()),
        confusion=confusion_part(report.confusion, report.attributes[0].labels),
    )


def _shown(report: TaggerReport, index: int) -> _Shown:
    attribute = report.attributes[index]
    weakest = attribute.per_label.with_columns(pl.col("f1").cast(pl.Float64).fill_nan(None)).sort(
        "f1", nulls_last=True, maintain_order=True
    )
    scored = weakest.filter(pl.col("f1").is_not_null())["support"].to_list()
    return _Shown(
        of=attribute,
        scored=len(scored),
        least=min(scored, default=0),
        weakest=weakest,
        charts=_attribute_charts(report, index),
        promise=_promise(attribute, report.precision),
    )


def _promise(attribute: AttributeReport, target: float) -> str | None:
    decided = attribute.decisions
    thresholds = [math.inf if decided.threshold is None else decided.threshold, *decided.own_thresholds.values()]
    if not any(map(math.isfinite, thresholds)):
        return None
    precision = decided.precision
    if precision is None:
        return "not tested: nothing was accepted"
    if precision.value >= target:
        return "kept"
    return "below, by no more than chance explains" if precision.high >= target else "missed"


def _training_charts(report: TaggerReport) -> dict[str, Markup]:
    history, best = report.history, report.best
    if history.is_empty():
        return {}
    loss, error = history["loss"], history["val_error"]
    return {
        "loss": chart(
            figures.progress_curve(history, "loss", "loss", best=best),
            "loss",
            f"Line chart of the loss over {history.height} epochs, "
            f"from {decimal(loss[0], 3)} to {decimal(loss[-1], 3)}.",
        ),
        "error": chart(
            figures.progress_curve(history, "val_error", "share", best=best),
            "error",
            f"Line chart of the error on validation over {history.height} epochs, "
            f"from {percent(error[0])} to {percent(error[-1])}.",
        ),
    }


def _attribute_charts(report: TaggerReport, index: int) -> dict[str, Markup]:
    """Returns an attribute's small charts. Their ids follow from its index, for its name may hold any character."""
    attribute, history = report.attributes[index], report.history
    charts = {}
    column = f"val_{attribute.name}"
    if column in history.columns and not history.is_empty():
        figure = figures.progress_curve(history, column, "share", best=report.best, small=True)
        first, last = percent(history[column][0]), percent(history[column][-1])
        alt = f"Line chart of the accuracy of {attribute.name} on validation, from {first} to {last}."
        charts["accuracy"] = chart(figure, f"accuracy-{index}", alt)
    if len(attribute.confidence):
        figure = figures.reliability_diagram(reliability(attribute.confidence, attribute.correct))
        error = decimal(attribute.calibration_error)
        alt = f"Reliability diagram of {attribute.name}; its expected calibration error is {error}."
        charts["reliability"] = chart(figure, f"reliability-{index}", alt)
        decided = attribute.decisions
        point = None if decided.precision is None else (decided.coverage.value, decided.precision.value)
        figure = figures.precision_coverage(
            attribute.confidence, attribute.correct, target=report.precision, decided=point
        )
        alt = f"Curve of precision against the share of accepted answers about {attribute.name}."
        charts["coverage"] = chart(figure, f"coverage-{index}", alt)
    return charts
