"""Where in a picture a product is, how large, and what lies around it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

__all__ = ["Framing", "border_colour", "enlarged", "reframed"]


@dataclass(frozen=True)
class Framing:
    """How a picture is framed anew; the defaults leave it as it is.

    Attributes:
        width: How wide what was the whole picture becomes, as a share of the new one's width.
        height: The same for its height.
        right: How far its centre moves to the right, as a share of the width.
        down: How far it moves down, as a share of the height.
        angle: By how many degrees it is turned.
    """

    width: float = 1.0
    height: float = 1.0
    right: float = 0.0
    down: float = 0.0
    angle: float = 0.0

    def coefficients(self, height: int, width: int) -> tuple[float, ...]:
        """Returns Pillow's six coefficients: where each place of a new picture comes from."""
        angle = np.deg2rad(self.angle)
        cos, sin = np.cos(angle), np.sin(angle)
        # Turned in pixels, not in shares, lest a turn distort.
        a, b = cos / self.width, sin / self.width
        d, e = -sin / self.height, cos / self.height
        centre_x, centre_y = width * (0.5 + self.right), height * (0.5 + self.down)
        return (
            float(a),
            float(b),
            float(width / 2 - a * centre_x - b * centre_y),
            float(d),
            float(e),
            float(height / 2 - d * centre_x - e * centre_y),
        )


def border_colour(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Returns the colour of a picture's border: uint8 (3,), the median of its outermost pixels."""
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    return np.median(border, axis=0).astype(np.uint8)


def enlarged(cut: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Returns a cut-out product, uint8 (height, width, 4), in the middle, as large as the picture; as it is where
    nothing is left of it.
    """
    shown = cut[..., 3] > 0
    rows, columns = np.flatnonzero(shown.any(axis=1)), np.flatnonzero(shown.any(axis=0))
    if not len(rows):
        return cut
    height, width, _ = cut.shape
    box = Image.fromarray(cut[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    return np.asarray(ImageOps.pad(box, (width, height), Image.Resampling.BILINEAR, color=(0, 0, 0, 0)))


def reframed(
    pixels: NDArray[np.uint8],
    framing: Framing,
    *,
    ground: NDArray[np.uint8] | None = None,
) -> NDArray[np.uint8]:
    """Frames a picture anew.

    Args:
        pixels: uint8 (height, width, 3), or with opacity (height, width, 4), see `cutout`.
        framing: How.
        ground: uint8 (height, width, 3): what shows where the picture is not; by default the colour of its border.

    Returns:
        uint8 (height, width, 3).
    """
    height, width, channels = pixels.shape
    if ground is None:
        ground = np.broadcast_to(border_colour(pixels[..., :3]), (height, width, 3))
    layer = Image.fromarray(pixels if channels == 4 else np.dstack([pixels, np.full((height, width), 255, np.uint8)]))
    if framing != Framing():
        layer = layer.transform(
            (width, height),
            Image.Transform.AFFINE,
            framing.coefficients(height, width),
            Image.Resampling.BILINEAR if max(framing.width, framing.height) > 0.5 else Image.Resampling.BICUBIC,
        )
    moved = np.asarray(layer)
    opaque = moved[..., 3:].astype(np.float32) / 255
    return (moved[..., :3] * opaque + ground * (1 - opaque) + 0.5).astype(np.uint8)
