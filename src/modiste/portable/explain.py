"""What a label was seen from: a class activation map (Zhou et al. 2016), from the bundle alone.

The network ends in the mean of its last feature map and one linear layer. So a label's logit is the mean, over the
places of the map, of the label's weights applied there, and what each place adds to it is exactly known. For such
networks it is what Grad-CAM (Selvaraju et al. 2017) gives before its rectifier, up to a positive factor.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from modiste.errors import ConfigError, nearest
from modiste.portable.bundle import Bundle
from modiste.portable.contents import ImageFacts

__all__ = ["GRID", "activation_map", "heat_map", "occlusion_map", "overlay"]

COLOURS = ((0, 0, 4), (87, 16, 110), (188, 55, 84), (249, 142, 9), (252, 255, 164))
"""From cold to hot, equally far apart: dark to bright, so that it reads without colours too."""

STRENGTH = 0.65
"""How much of the hottest places the colour covers."""


def activation_map(bundle: Bundle, features: NDArray[np.float32], attribute: str, label: str) -> NDArray[np.float32]:
    """Returns what each place of the feature map adds to a label's logit: float32 (rows, columns).

    Their mean is the logit without its bias.

    Args:
        bundle: The bundle that the features come from.
        features: (rows, columns, channels), of one picture: see `Predictor.features`.
        attribute: The attribute's name.
        label: One of its labels.

    Raises:
        ConfigError: There is no such attribute or label.
    """
    start = 0
    for each in bundle.attributes:
        if each.name == attribute:
            if label not in each.labels:
                raise ConfigError(f"{attribute} has no label {label!r}{nearest(label, each.labels)}")
            return features @ bundle.heads[:, start + each.labels.index(label)].astype(np.float32)
        start += len(each.labels)
    names = [each.name for each in bundle.attributes]
    raise ConfigError(f"no attribute {attribute!r}{nearest(attribute, names)}", fix=f"there are {', '.join(names)}")


def heat_map(
    activation: NDArray[np.float32], image: ImageFacts, size: tuple[int, int] | None = None, *, even: bool = False
) -> NDArray[np.float32]:
    """Spreads a map over a photo, bilinearly.

    Args:
        activation: (rows, columns): an activation map, or one whose places are evenly spread.
        image: What the network wants a picture to be like.
        size: The photo's width and height, before it was brought to the network's size; by default that size itself.
        even: Whether its places are evenly spread.

    Returns:
        float32 (height, width) from 0, least evidence, to 1, most; all 0 where all places are equal.
    """
    width, height = size or (image.width, image.height)
    box = image.fit.place(width, height, image.size)
    places = []
    for side, start, length, seen, cells in (
        (height, box.top, box.height, image.height, activation.shape[0]),
        (width, box.left, box.width, image.width, activation.shape[1]),
    ):
        at = start + (np.arange(side) + 0.5) * length / side - 0.5
        places.append(_bilinear(at, _evenly(seen, cells) if even else _centres(seen, cells)))
    spread = places[0] @ activation @ places[1].T
    low, high = float(spread.min()), float(spread.max())
    return ((spread - low) / (high - low if high > low else 1.0)).astype(np.float32)


def overlay(photo: Image.Image, heat: NDArray[np.float32]) -> Image.Image:
    """Lays a heat map over a photo.

    Args:
        photo: A photo of the heat map's size.
        heat: (height, width) in [0, 1].
    """
    stops = np.linspace(0, 1, len(COLOURS))
    colour = np.stack([np.interp(heat, stops, channel) for channel in zip(*COLOURS, strict=True)], axis=-1)
    cover = STRENGTH * heat[..., None]
    mixed = np.asarray(photo.convert("RGB")) * (1 - cover) + colour * cover
    return Image.fromarray(np.rint(mixed).astype(np.uint8))


def _centres(side: int, cells: int) -> NDArray[np.float64]:
    """Returns the centres, in the picture, of what the cells of the feature map see, in pixels along one axis.

    The network halves a side several times, by layers of stride 2 padded as TensorFlow does: then a cell's window is
    centred on the second pixel of a pair where the side is even, and on every other pixel from the first where it is
    odd.
    """
    sides = [side]
    while sides[-1] > cells:
        sides.append(-(-sides[-1] // 2))
    if sides[-1] != cells:  # no such network
        return _evenly(side, cells)
    at = np.arange(cells, dtype=np.float64)
    for before in reversed(sides[:-1]):
        at = 2 * at + (before % 2 == 0)
    return at


def _evenly(side: int, cells: int) -> NDArray[np.float64]:
    return (np.arange(cells) + 0.5) * side / cells - 0.5


def _bilinear(at: NDArray[np.floating], centres: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns (places, centres): what part each centre has in each place between them; beyond the last, that one."""
    return np.stack([np.interp(at, centres, row) for row in np.eye(len(centres))], axis=1)


GRID = (13, 10)
"""How many covers there are down and across."""

COVER = 0.15
"""A cover's radius, as a share of the picture's height; it has soft edges, which would else be something to see."""


def occlusion_map(
    sure: Callable[[NDArray[np.uint8]], NDArray[np.floating]], pixels: NDArray[np.uint8]
) -> NDArray[np.float32]:
    """Returns what is lost where the picture is covered with the colour of its edge: float32 `GRID`, 0 or more.

    Args:
        sure: Says how sure the network is of the label on n pictures: (n,), for instance log probabilities.
        pixels: uint8 (height, width, 3), one picture as the network wants it.
    """
    height, width, _ = pixels.shape
    down, across = ((np.arange(cells) + 0.5) * side / cells for cells, side in zip(GRID, (height, width), strict=True))
    rows = _bump(down, height, COVER * height)
    columns = _bump(across, width, COVER * height)
    cover = np.einsum("ay,bx->abyx", rows, columns).reshape(-1, height, width, 1)
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    covered = np.rint(pixels + cover * (np.median(edge, axis=0) - pixels)).astype(np.uint8)
    lost = sure(pixels[None])[0] - sure(covered)
    return np.maximum(lost, 0).reshape(GRID).astype(np.float32)


def _bump(centres: NDArray[np.float64], side: int, radius: float) -> NDArray[np.float64]:
    """Returns (centres, side): 1 at each centre, falling to both sides."""
    return np.exp(-np.square((np.arange(side) + 0.5 - centres[:, None]) / radius))
