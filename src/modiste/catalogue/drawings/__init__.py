"""The drawings of the sample catalogue: one per kind of product, in any colour, pattern and pose."""

from modiste.catalogue.drawings.colours import COLOURS
from modiste.catalogue.drawings.patterns import PATTERNS
from modiste.catalogue.drawings.picture import DRAWINGS, draw_picture
from modiste.catalogue.drawings.shapes import HEIGHT, WIDTH

__all__ = ["COLOURS", "DRAWINGS", "HEIGHT", "PATTERNS", "WIDTH", "draw_picture"]
