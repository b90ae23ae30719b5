"""A real bundle of a network that sees nothing but brightness: small, made at once, and its answers are known."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from modiste.dataset.targets import Attribute
from modiste.portable.bundle import Bundle, write_bundle
from modiste.portable.contents import Calibration, ImageFacts

ATTRIBUTES = (Attribute("tone", ("dark", "grey", "bright")), Attribute("half", ("no", "yes")))

# Logits from a brightness in [0, 1]: dark below a quarter, bright above three.
SLOPES, OFFSETS = np.array([0, 20, 40, 0, 8], np.float32), np.array([0, -5, -20, 0, -4], np.float32)


def brightness_network(height: int, width: int) -> bytes:
    from modiste.portable.graph import Graph

    graph = Graph()
    graph.node("Cast", ["pixels"], "values", to=1)
    graph.node("Div", ["values", graph.array("white", 255.0)], "features")
    graph.node("ReduceMean", ["features"], "embedding", axes=[1, 2], keepdims=0)
    kernel = graph.array("kernel", np.tile(SLOPES / 3, (3, 1)))
    graph.node("Gemm", ["embedding", kernel, graph.array("offsets", OFFSETS)], "logits")
    graph.node("ReduceMean", ["embedding"], "mean", axes=[1], keepdims=0)
    graph.node("Clip", ["mean", graph.array("one", 1.0), "one"], "familiarity")
    outputs = {"logits": (5,), "embedding": (3,), "familiarity": (), "features": (height, width, 3)}
    return graph.finish({"pixels": (height, width, 3)}, outputs)


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of the bundle."""
    path = tmp_path_factory.mktemp("bundle") / "brightness.modiste"
    sure = Calibration(np.linspace(0, 1, 400, dtype=np.float32), np.ones(400, bool), np.zeros(400, np.uint16))
    made = Bundle(
        attributes=ATTRIBUTES,
        image=ImageFacts(8, 6),
        network=brightness_network(8, 6),
        heads=np.tile(SLOPES / 3, (3, 1)).astype(np.float16),
        temperatures=(1.0, 1.0),
        calibration=(sure, sure),
        familiarity=0.5,
    )
    write_bundle(path, made)
    return path


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
