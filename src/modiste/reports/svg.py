"""What stands inside an HTML page: a chart as SVG, pixels as a data URI."""

import re
import warnings
from base64 import b64encode
from html import escape
from io import BytesIO, StringIO

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from modiste.reports.style import THEME, styled

__all__ = ["png_uri", "to_svg"]

_NO_METADATA = {"Creator": None, "Date": None, "Format": None, "Type": None}


@styled
def to_svg(figure: Figure, *, name: str = "chart", alt: str = "") -> str:
    """Returns the figure as one `<svg>` element, the same text for the same figure on every run.

    Text stays text. The colours of the house palette become CSS custom properties with the colour itself as
    the fallback (`modiste.reports.style.THEME`), so that a page can give them other values in the dark.

    Args:
        figure: Any figure; best one of `modiste.reports.figures`.
        name: Starts every id inside the element; unique in its page. Letters, digits, `-` and `_`.
        alt: What a screen reader says instead of the chart.
    """
    buffer = StringIO()
    with warnings.catch_warnings():
        # The browser, not the layout font, draws the text: it finds another font for a missing glyph.
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from font", category=UserWarning)
        figure.savefig(buffer, format="svg", metadata=_NO_METADATA)
    svg = _bare(buffer.getvalue())
    svg = _own_ids(svg, name)
    for colour, variable in THEME.items():
        svg = svg.replace(f": {colour}", f": var({variable}, {colour})")
    label = f'role="img" aria-label="{escape(alt)}"' if alt else 'aria-hidden="true"'
    return svg.replace("<svg ", f'<svg {label} stroke-linejoin="round" ', 1)


def _bare(document: str) -> str:
    """Drops what only a file of its own needs, and the style sheet, which would reach the whole page."""
    svg = document[document.index("<svg ") :].strip()
    svg = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>|<style.*?</style>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<defs>\s*</defs>", "", svg)
    return re.sub(r"\n\s*", "\n", svg)


def _own_ids(svg: str, name: str) -> str:
    """Drops the ids that nothing refers to and starts the others with `name`: they are unique in the page."""
    used = set(re.findall(r'(?:url\(|href=")#([^")]+)', svg))

    def renamed(match: re.Match[str]) -> str:
        return f' id="{name}-{match[1]}"' if match[1] in used else ""

    svg = re.sub(r' id="([^"]+)"', renamed, svg)
    return re.sub(r'(url\(|href=")#', rf"\1#{name}-", svg)


def png_uri(pixels: NDArray[np.uint8]) -> str:
    """Returns `data:image/png;base64,...` with exactly these pixels.

    Args:
        pixels: (H, W, 3) colour, or (H, W, 1) or (H, W) greyscale; uint8.

    Raises:
        ValueError: Another shape or type.
    """
    flat = pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels
    if flat.dtype != np.uint8 or not (flat.ndim == 2 or (flat.ndim == 3 and flat.shape[2] == 3)):
        raise ValueError(f"pixels must be uint8 (H, W, 3), (H, W, 1) or (H, W), not {pixels.dtype} {pixels.shape}")
    buffer = BytesIO()
    Image.fromarray(flat).save(buffer, format="PNG", optimize=True)
    return "data:image/png;base64," + b64encode(buffer.getvalue()).decode("ascii")
