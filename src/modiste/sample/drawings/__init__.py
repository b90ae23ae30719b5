"""The drawings of the sample catalogue: one per kind of product, in any colour, pattern and pose."""

from modiste.sample.drawings.colours import COLOURS
from modiste.sample.drawings.patterns import PATTERNS
from modiste.sample.drawings.picture import DRAWINGS, draw_picture
from modiste.sample.drawings.shapes import HEIGHT, WIDTH

__all__ = ["COLOURS", "DRAWINGS", "HEIGHT", "PATTERNS", "WIDTH", "draw_picture"]
