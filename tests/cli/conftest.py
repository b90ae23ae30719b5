"""A bundle that sees nothing but brightness, and photos whose brightness is known."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image


@pytest.fixture(scope="session")
def bundle(brightness_bundle: Path) -> Path:
    """The file of the bundle."""
    return brightness_bundle


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of three photos, dark, grey and bright."""
    folder = tmp_path_factory.mktemp("photos")
    for value in (0, 128, 255):
        Image.new("RGB", (6, 8), (value, value, value)).save(folder / f"{value:03d}.png")
    return folder


@pytest.fixture(scope="session")
def many_photos(photos: Path) -> Callable[[Path, int], Path]:
    """Writes a table that names the three photos again and again."""
    names = [path.name for path in sorted(photos.iterdir())]

    def write(path: Path, rows: int) -> Path:
        path.write_text("image\n" + "".join(f"{names[row % 3]}\n" for row in range(rows)))
        return path

    return write
