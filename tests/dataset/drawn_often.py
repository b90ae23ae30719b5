"""JPEG files that draw their pixels again and again."""

import io

from PIL import Image


def drawn_often(times: int) -> bytes:
    """Returns a progressive JPEG file of 200x300 pixels whose last pass, twelve bytes, comes so many times more."""
    buffer = io.BytesIO()
    Image.new("RGB", (200, 300), "grey").save(buffer, format="JPEG", progressive=True)
    whole = buffer.getvalue()
    start, end = whole.rindex(b"\xff\xda"), whole.rindex(b"\xff\xd9")
    return whole[:end] + whole[start:end] * times + whole[end:]
