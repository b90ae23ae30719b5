"""The colours of the sample catalogue, by the names that the real catalogue uses for ``baseColour``."""

__all__ = ["COLOURS", "Colour", "brightness", "mix"]

Colour = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""

COLOURS: dict[str, Colour] = {
    "Beige": (222, 203, 170),
    "Black": (34, 33, 36),
    "Blue": (48, 98, 190),
    "Bronze": (150, 104, 56),
    "Brown": (112, 70, 42),
    "Burgundy": (110, 20, 48),
    "Charcoal": (66, 70, 76),
    "Copper": (190, 110, 70),
    "Cream": (246, 234, 204),
    "Gold": (218, 172, 66),
    "Green": (46, 136, 72),
    "Grey": (146, 148, 152),
    "Khaki": (180, 164, 118),
    "Lavender": (184, 164, 220),
    "Magenta": (202, 36, 128),
    "Maroon": (124, 28, 36),
    "Mustard": (212, 158, 38),
    "Navy Blue": (30, 42, 88),
    "Nude": (232, 192, 166),
    "Olive": (106, 110, 54),
    "Orange": (238, 124, 38),
    "Peach": (250, 188, 154),
    "Pink": (238, 120, 162),
    "Purple": (112, 56, 148),
    "Red": (204, 36, 42),
    "Rust": (172, 72, 34),
    "Silver": (190, 194, 200),
    "Steel": (160, 166, 174),
    "Tan": (192, 138, 86),
    "Teal": (22, 124, 126),
    "Turquoise Blue": (48, 188, 200),
    "White": (246, 246, 246),
    "Yellow": (246, 208, 48),
}


def mix(colour: Colour, other: Colour, share: float) -> Colour:
    """Returns `colour` with the given share (0 to 1) of `other` in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(colour, other, strict=True))
    return red, green, blue


def brightness(colour: Colour) -> float:
    """Returns the luma of a colour, 0 (black) to 255 (white), after ITU-R BT.601."""
    return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]
