"""Small pictures of photos, for people to look at."""

import io

from PIL import Image

__all__ = ["LONGEST", "thumbnail"]

LONGEST = 480
"""The longest side, in pixels: enough to tell a collar from a scarf, on a phone as well."""


def thumbnail(photo: Image.Image) -> bytes:
    """Returns a decoded photo as a small JPEG, which holds nothing but its pixels; a smaller photo keeps its size."""
    small = photo.copy()
    small.thumbnail((LONGEST, LONGEST))
    buffer = io.BytesIO()
    small.save(buffer, format="JPEG", quality=85)
    return buffer.getvalue()
