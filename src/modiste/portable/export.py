"""A trained network leaves the lab: as an ONNX file whose answers are proven to be the network's own."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modiste.errors import BundleError, ConfigError
from modiste.learning.backbones import LITE0
from modiste.learning.backend import describe_backend
from modiste.learning.tagger_net import FEATURES, HEADS, POOLED
from modiste.learning.training import Network
from modiste.measure.calibration import softmax
from modiste.portable.answers import split_heads
from modiste.portable.conversion import to_onnx
from modiste.portable.engine import open_engine

__all__ = ["LIMIT", "ROUNDING_LIMIT", "Exported", "check_exportable", "check_parity", "export_network", "heads_of"]

LIMIT = 1e-3
"""A converted network whose probabilities differ more from the original's is refused."""

ROUNDING_LIMIT = 2e-3
"""Where storing its weights in 16 bits changes probabilities by more, they are stored as they are."""

BATCH = 64


@dataclass(frozen=True)
class Exported:
    """A network as an ONNX file.

    Attributes:
        onnx: The file's bytes.
        exact: The same with all weights as float32, to make something else of.
        converted: The largest difference between the network's probabilities and those of the graph, all weights being
            float32, on the pictures that it was checked with.
        stored: The same difference for the file as it is.
    """

    onnx: bytes = field(repr=False)
    exact: bytes = field(repr=False)
    converted: float
    stored: float


def export_network(
    network: Network,
    sizes: Sequence[int],
    pixels: NDArray[np.uint8],
    *,
    subspace: NDArray[np.float32],
    projection: NDArray[np.float32] | None = None,
    backbone: str = LITE0,
) -> Exported:
    """Converts a network and makes sure that it still gives the same answers.

    Args:
        network: See `tagger_net`.
        sizes: How many labels each attribute has.
        pixels: (n, height, width, 3), pictures to check with; a thousand are plenty.
        subspace: (channels, d), orthonormal: where the catalogue's pooled features lie (see `measure.ood`).
        projection: (channels, d), from pooled features to the embedding; None takes them as they are.
        backbone: What the network is built on: `conversion` knows the one that ships and stores it in half the size,
            all others are exported by PyTorch.

    Raises:
        BundleError: The probabilities differ by more than `LIMIT`, or the network holds a layer of an unknown kind.
        ConfigError: Keras computes on a backend that cannot export it.
        ValueError: There is no picture.
    """
    check_exportable(backbone)
    where: dict[str, Any] = {"features": FEATURES, "pooled": POOLED, "subspace": subspace, "projection": projection}
    if backbone == LITE0:
        exact = to_onnx(network, **where, exact=True)
    else:
        from modiste.portable.tracing import trace_to_onnx  # noqa: PLC0415 - it needs PyTorch, which may be missing

        exact = trace_to_onnx(network, **where, heads=HEADS)
    converted = check_parity(network, exact, pixels, sizes)
    if not converted <= LIMIT:  # NaN is no small difference either
        raise BundleError(
            f"the exported network's probabilities differ by {converted:.2g} from the original's, more than {LIMIT:g}",
            fix="please report this with the settings of the training",
        )
    if backbone != LITE0:
        return Exported(exact, exact, converted, converted)
    small = to_onnx(network, **where)
    stored = check_parity(network, small, pixels, sizes)
    if stored > ROUNDING_LIMIT:
        return Exported(exact, exact, converted, converted)
    return Exported(small, exact, converted, stored)


def check_exportable(backbone: str) -> None:
    """Makes sure, before the work, that networks on a backbone can be exported from here.

    Raises:
        ConfigError: PyTorch would have to export it, and Keras computes on another backend.
    """
    if backbone != LITE0 and (backend := describe_backend()) != "torch":
        raise ConfigError(
            f"networks on {backbone} are exported by PyTorch, and Keras computes on {backend}",
            where="KERAS_BACKEND",
            fix="set it to torch for the export: a run can be read with any backend",
        )


def check_parity(
    network: Network, onnx: bytes, pixels: NDArray[np.uint8], sizes: Sequence[int], *, engine: str | None = None
) -> float:
    """Returns the largest absolute difference between the probabilities of a network and of its ONNX file.

    Args:
        network: The original.
        onnx: The exported file's bytes.
        pixels: (n, height, width, 3), n at least 1.
        sizes: How many labels each attribute has; each has a softmax of its own, without a temperature.
        engine: See `open_engine`.

    Raises:
        ValueError: There is no picture.
    """
    if not len(pixels):
        raise ValueError("need at least one picture to compare the answers on")
    runner = open_engine(onnx, name=engine, device="cpu")
    worst = 0.0
    for start in range(0, len(pixels), BATCH):
        batch = pixels[start : start + BATCH]
        original = np.asarray(network.predict_on_batch(batch))
        exported = runner.run(batch)["logits"]
        for one, other in zip(_probabilities(original, sizes), _probabilities(exported, sizes), strict=True):
            worst = float(np.maximum(worst, np.abs(one - other).max()))
    return worst


def heads_of(network: Network) -> NDArray[np.float16]:
    """Returns the weights of a network's last layer, for class activation maps: float16 (channels, labels)."""
    kernel: NDArray[np.float32] = network.get_layer(HEADS).get_weights()[0]
    return kernel.astype(np.float16)


def _probabilities(logits: NDArray[np.float32], sizes: Sequence[int]) -> list[NDArray[np.floating]]:
    return [softmax(each) for each in split_heads(logits, sizes)]
