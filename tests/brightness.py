"""A real bundle that sees nothing but brightness: small, made at once, and its answers are known."""

import numpy as np

from modiste.portable.bundle import Bundle
from modiste.portable.contents import Calibration, ImageFacts
from modiste.portable.graph import Graph
from modiste.schema import Attribute, Schema

# Logits of the brightness bundle, from a brightness in [0, 1].
SLOPES, OFFSETS = np.array([0, 20, 40, 0, 8], np.float32), np.array([0, -5, -20, 0, -4], np.float32)


def brightness_bundle() -> Bundle:
    """Makes it.

    A photo is `dark` below a quarter of the light, `bright` above three, else `grey`; a dark one is out of
    distribution.
    """
    sure = Calibration(np.linspace(0, 1, 400, dtype=np.float32), np.ones(400, bool), np.zeros(400, np.uint16))
    return Bundle(
        schema=Schema((Attribute("tone", ("dark", "grey", "bright")), Attribute("half", ("no", "yes")))),
        image=ImageFacts(8, 6),
        network=_network(8, 6),
        heads=np.tile(SLOPES / 3, (3, 1)).astype(np.float16),
        temperatures=(1.0, 1.0),
        calibration=(sure, sure),
        ood_threshold=0.5,
    )


def _network(height: int, width: int) -> bytes:
    graph = Graph()
    graph.node("Cast", ["pixels"], "values", to=1)
    graph.node("Div", ["values", graph.array("white", 255.0)], "features")
    graph.node("ReduceMean", ["features"], "embedding", axes=[1, 2], keepdims=0)
    kernel = graph.array("kernel", np.tile(SLOPES / 3, (3, 1)))
    graph.node("Gemm", ["embedding", kernel, graph.array("offsets", OFFSETS)], "logits")
    graph.node("ReduceMean", ["embedding"], "mean", axes=[1], keepdims=0)
    share = graph.node("Clip", ["mean", graph.array("none", 0.0), graph.array("all", 1.0)], "share")
    graph.node("Sub", [graph.array("one", 1.0), share], "ood_score")
    outputs = {"logits": (5,), "embedding": (3,), "ood_score": (), "features": (height, width, 3)}
    return graph.finish({"pixels": (height, width, 3)}, outputs)
