"""Pictures inside a page, as data URIs."""

from base64 import b64encode
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["png_uri"]


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
