"""A page from its template: one HTML file, with styles, charts and pictures inside."""

import math
import re
from collections.abc import Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from matplotlib.figure import Figure

import modiste
from modiste.reports.svg import png_uri, to_svg

__all__ = ["chart", "decimal", "percent", "render"]

_LISTED = 200
"""The longest list that a page prints in full: 44,000 rejected rows help nobody."""

_UNFOLDED = 10
"""How many rows of a long list are shown; the others are folded."""

_PARTS = {"train": "Training", "validation": "Validation", "holdout": "Hold-out"}
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def render(template: str, **content: object) -> str:
    """Returns a complete HTML document.

    Args:
        template: A file in `reports/templates`.
        content: Name -> what the template calls by that name.
    """
    environment = Environment(
        loader=PackageLoader("modiste.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "count": _count,
        "decimal": decimal,
        "duration": _duration,
        "listing": _listing,
        "part": lambda name: _PARTS.get(name, name),
        "percent": percent,
        "png_uri": png_uri,
        "threshold": _threshold,
    }
    environment.globals |= {"listed": _LISTED, "unfolded": _UNFOLDED, "version": modiste.__version__}
    page = environment.get_template(template).render(**content)
    # A file name may hold bytes that are no text, a name control characters: neither is valid in HTML.
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", page.encode("utf-8", "replace").decode("utf-8"))


def chart(figure: Figure, name: str, alt: str) -> Markup:
    """Returns a figure as it stands in a page.

    Args:
        figure: Any.
        name: Starts every id inside; unique in its page.
        alt: What a screen reader says instead.
    """
    return Markup(to_svg(figure, name=name, alt=alt))  # noqa: S704 (matplotlib and to_svg escape what they are given)


def decimal(value: float | None, digits: int = 4) -> str:
    """Returns a number with so many decimals, a dash for one that is missing or not finite."""
    return "\N{EN DASH}" if value is None or not math.isfinite(value) else f"{value:.{digits}f}"


def percent(share: float | None, digits: int = 1) -> str:
    """Returns a share in per cent, a dash for one that is missing or not finite."""
    if share is None or not math.isfinite(share):
        return "\N{EN DASH}"
    least = 10.0**-digits
    below = 0 < 100 * share < least / 2
    # A no-break space: the sign stays with its number.
    return f"{'<' if below else ''}{least if below else 100 * share:.{digits}f}\N{NO-BREAK SPACE}%"


def _threshold(value: float) -> str:
    """Four decimals, but never 1 for what is less; no confidence reaches an infinite one, each reaches 0."""
    if value <= 0 or math.isinf(value):
        return "always review" if value > 0 else "none needed"
    return "> 0.9999" if 0.99995 <= value < 1 else decimal(value)


def _listing(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def _count(number: int) -> str:
    return f"{number:,}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
