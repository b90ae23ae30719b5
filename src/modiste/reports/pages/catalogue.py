"""What is known of a catalogue: the report of `modiste inspect`, and a part of every other page."""

from collections.abc import Mapping

from markupsafe import Markup

from modiste.dataset.health import Inspection
from modiste.reports import figures
from modiste.reports.pages.render import chart, decimal, render

__all__ = ["catalogue_content", "findings_part", "inspection_page"]

_MOST_BARS = 30
"""The most bars of a chart: where a feature has more values, the others share one bar, and a table names them."""


def inspection_page(inspection: Inspection) -> str:
    """Returns the report of `modiste inspect` as a complete HTML document.

    Args:
        inspection: What was found. Lists of more than 200 entries are cut, and the page says so.
    """
    return render("inspection.html", **catalogue_content(inspection))


def findings_part(inspection: Inspection) -> Markup:
    """Returns what `inspection_page` shows as a part of another page, which brings the styles of `page.css`.

    Args:
        inspection: What was found.
    """
    return Markup(render("findings.html", **catalogue_content(inspection)))  # noqa: S704 (the template escapes)


def catalogue_content(inspection: Inspection) -> dict[str, object]:
    """What the part `catalogue.html` of a page shows."""
    return {
        "inspection": inspection,
        "most_bars": _MOST_BARS,
        "balance_chart": _balance_chart(inspection),
        "count_charts": {
            # The id follows from the feature's index, for its name may hold any character.
            feature: _count_chart(inspection, feature, f"counts-{index}")
            for index, (feature, counts) in enumerate(inspection.counts.items())
            if counts
        },
    }


def _count_chart(inspection: Inspection, feature: str, name: str) -> Markup:
    alt = f"Bar chart of products by {feature}: {_leaders(inspection.counts[feature])}."
    if feature == inspection.ruled and not inspection.reassigned.is_empty():
        return chart(figures.class_bars(inspection.classes_before, inspection.classes), name, alt)
    return chart(figures.count_bars(inspection.counts[feature], top=_MOST_BARS), name, alt)


def _balance_chart(inspection: Inspection) -> Markup | None:
    if not inspection.balance:
        return None
    balance = {feature: entry.balance for feature, entry in inspection.balance.items()}
    values = ", ".join(f"{feature} {decimal(value)}" for feature, value in balance.items())
    return chart(figures.balance_bars(balance), "balance", f"Bar chart of the balance per feature: {values}.")


def _leaders(counts: Mapping[str, int], most: int = 3) -> str:
    ranked = sorted(counts.items(), key=lambda item: -item[1])
    return ", ".join(f"{name} {count:,}" for name, count in ranked[:most]) + (
        " and others" if len(ranked) > most else ""
    )
