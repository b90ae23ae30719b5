"""What happens to a picture after it is taken: light, colour, sharpness, resampling, JPEG."""

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image, ImageFilter

__all__ = ["blurred", "compressed", "exposed", "resampled", "shaded", "sharpened", "tinted"]

FILTERS = (
    Image.Resampling.NEAREST,
    Image.Resampling.BOX,
    Image.Resampling.BILINEAR,
    Image.Resampling.HAMMING,
    Image.Resampling.BICUBIC,
    Image.Resampling.LANCZOS,
)


def exposed(pixels: NDArray[np.uint8], gamma: float, contrast: float = 1.0) -> NDArray[np.uint8]:
    """Lights a picture otherwise: values to the power of `gamma`, then spread around the middle by `contrast`."""
    values = np.linspace(0, 1, 256) ** gamma
    table = np.clip(((values - 0.5) * contrast + 0.5) * 255 + 0.5, 0, 255).astype(np.uint8)
    return np.asarray(table[pixels], np.uint8)


def tinted(pixels: NDArray[np.uint8], gains: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Multiplies each channel by a gain, as another light or white balance does; gains is (3,)."""
    table = np.clip(np.arange(256)[:, None] * gains + 0.5, 0, 255).astype(np.uint8)
    return np.stack([table[pixels[..., channel], channel] for channel in range(3)], axis=-1)


def shaded(pixels: NDArray[np.uint8], slope: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Darkens a picture towards one side; slope is (2,): how much light is lost from top to bottom, left to right."""
    height, width, _ = pixels.shape
    light = 1 + slope[0] * np.linspace(-0.5, 0.5, height)[:, None] + slope[1] * np.linspace(-0.5, 0.5, width)
    return np.clip(pixels * light[..., None], 0, 255).astype(np.uint8)


def blurred(pixels: NDArray[np.uint8], radius: float) -> NDArray[np.uint8]:
    """Blurs a picture; radius in pixels."""
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(radius)))


def sharpened(pixels: NDArray[np.uint8], percent: int) -> NDArray[np.uint8]:
    """Sharpens a picture, as most shops' software does."""
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.UnsharpMask(1, percent, 0)))


def resampled(pixels: NDArray[np.uint8], scale: float, down: int, up: int) -> NDArray[np.uint8]:
    """Makes a picture smaller by `scale` and brings it back, by two of `FILTERS`, each named by its index."""
    height, width, _ = pixels.shape
    small = Image.fromarray(pixels).resize(
        (max(round(width * scale), 2), max(round(height * scale), 2)), FILTERS[down % len(FILTERS)]
    )
    return np.asarray(small.resize((width, height), FILTERS[up % len(FILTERS)]))


def compressed(pixels: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """Stores a picture as JPEG and reads it again; quality in 1 to 100."""
    data = simplejpeg.encode_jpeg(np.ascontiguousarray(pixels), quality=quality, colorsubsampling="420")
    return np.asarray(simplejpeg.decode_jpeg(data))
