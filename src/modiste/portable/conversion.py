"""EfficientNet-Lite0 -> ONNX, layer by layer: whatever backend Keras computes on, the same graph. Networks on other
backbones are exported by PyTorch (see `tracing`), with the answers that are written here.

Why is Lite0 not? `Model.export(format="onnx")` and `torch.onnx` were measured on it at 60x80, in batches of
32 on one thread, medians of alternating runs (Keras 3.15, torch 2.13, ONNX Runtime 1.32, OpenVINO 2026.4):

- Keras's keeps the batch norms and computes paddings anew with each batch; under ONNX Runtime its logits are off by 8.
- torch's folds the batch norms, but around 49 convolutions it writes 94 transpositions between Keras's channels last
  and ONNX's channels first. ONNX Runtime removes them; OpenVINO does not, and takes 1.9 times as long as for the graph
  written here. It also takes 12 s to write, and one package more.

Here all is channels first, batch norms are folded into the convolutions, and paddings are constants. What is linear in
the pooled features, logits and embedding among it, is one matrix product: three take OpenVINO 48 us a picture, one 16.
"""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from modiste.errors import BundleError
from modiste.learning.mirror import AddMirror, FoldMirror
from modiste.measure.ood import SHORTEST
from modiste.portable.graph import Graph

__all__ = ["to_onnx", "write_answers"]

Shape = tuple[int | None, ...]

FIX = "teach it to portable/conversion.py"

COLUMNS = 3
"""The axis of a picture's or a feature map's columns, channels being first."""

FLOAT = 1
"""float32 in ONNX's numbering."""


def to_onnx(
    network: keras.Model,
    *,
    features: str,
    pooled: str,
    subspace: NDArray[np.float32],
    projection: NDArray[np.float32] | None = None,
    exact: bool = False,
) -> bytes:
    """Converts a network that gives logits from pooled features.

    Args:
        network: From uint8 (batch, height, width, 3) to logits (batch, labels).
        features: The name of the layer that gives the last feature map.
        pooled: The name of the layer that gives its mean.
        subspace: (channels, d), orthonormal: where the catalogue's pooled features lie.
        projection: (channels, d), from pooled features to the embedding; None takes them as they are.
        exact: Store all weights as float32 (see `graph`).

    Returns:
        An ONNX file with the input `pixels`, uint8 (batch, height, width, 3), and the float32 outputs `logits` (batch,
        labels), `embedding` (batch, d), L2-normalised, `ood_score` (batch,) and `features` (batch, rows, columns,
        channels).

    Raises:
        BundleError: A layer is of a kind that is not known here, or its weights are not finite.
    """
    graph = Graph()
    values: dict[str, str] = {}
    shapes: dict[str, Shape] = {}
    *trunk, heads = network.get_config()["layers"]
    for entry in trunk:
        sources = dict(_sources(entry["inbound_nodes"]))
        shapes |= sources
        layer = network.get_layer(entry["name"])
        values[layer.name] = _write(graph, layer, [values[name] for name in sources], [*sources.values()])
    shapes |= (sources := dict(_sources(heads["inbound_nodes"])))
    if [values[name] for name in sources] != [values[pooled]]:
        raise BundleError(f"its last layer, {heads['name']!r}, does not take the pooled features", fix=FIX)
    graph.node("Transpose", [values[features]], "features", perm=[0, 2, 3, 1])
    outputs = write_answers(graph, values[pooled], network.get_layer(heads["name"]), subspace, projection)
    outputs |= {"features": shapes[features][1:]}
    return graph.finish({"pixels": network.input.shape[1:]}, outputs, exact=exact)


def write_answers(
    graph: Graph,
    pooled: str,
    heads: keras.Layer,
    subspace: NDArray[np.float32],
    projection: NDArray[np.float32] | None,
) -> dict[str, Shape]:
    """Adds the outputs `logits`, `embedding` and `ood_score` (see `measure.ood`).

    Args:
        graph: The graph that gets them.
        pooled: The name of the value that holds pooled features.
        heads: The linear layer that gives the logits.
        subspace: See `to_onnx`.
        projection: See `to_onnx`.

    Returns:
        Their shapes without the batch, by name.
    """
    kernel, bias = heads.get_weights()
    linear = {"logits": (heads.name, kernel.T, bias), "inside": ("subspace", subspace.T, np.zeros(subspace.shape[1]))}
    if projection is not None:
        linear["projected"] = ("projection", projection.T, np.zeros(projection.shape[1]))
    kernels = [graph.array(f"{name}_kernel", values) for name, values, _ in linear.values()]
    biases = [graph.array(f"{name}_bias", values) for name, _, values in linear.values()]
    weights = [graph.node("Concat", kernels, "kernels", axis=0), graph.node("Concat", biases, "biases", axis=0)]
    graph.node("Gemm", [pooled, *weights], "linear", transB=1)
    graph.split("linear", {value: len(values) for value, (_, _, values) in linear.items()})
    squares = [
        graph.node("ReduceSumSquare", [vector], f"{name}_square", axes=[1], keepdims=0)
        for name, vector in (("inside", "inside"), ("whole", pooled))
    ]
    squares[1] = graph.node("Clip", [squares[1], graph.array("smallest_square", SHORTEST)], "whole_square_above_0")
    outside = graph.node("Sub", [graph.array("one", 1.0), graph.node("Div", squares, "inside_share")], "outside_share")
    # A part is no more than the whole, but rounding may say so.
    graph.node("Relu", [outside], "ood_score")
    vector = pooled if projection is None else "projected"
    length = graph.node("ReduceL2", [vector], "length", axes=[1], keepdims=1)
    length = graph.node("Clip", [length, graph.array("shortest", SHORTEST)], "length_above_0")
    graph.node("Div", [vector, length], "embedding")
    width = len(kernel) if projection is None else projection.shape[1]
    return {"logits": bias.shape, "embedding": (width,), "ood_score": ()}


def _sources(settings: Any) -> Iterator[tuple[str, Shape]]:
    """Yields the layers that a layer takes its input from, with their output's shape, out of its settings."""
    if isinstance(settings, dict) and settings.get("class_name") == "__keras_tensor__":
        yield settings["config"]["keras_history"][0], tuple(settings["config"]["shape"])
    elif isinstance(settings, dict | list | tuple):
        for item in settings.values() if isinstance(settings, dict) else settings:
            yield from _sources(item)


def _write(graph: Graph, layer: keras.Layer, inputs: list[str], shapes: list[Shape]) -> str:
    """Adds a layer; returns the name of the value that it gives."""
    match layer:
        case layers.Conv2D() | layers.DepthwiseConv2D():
            value = _convolution(graph, layer, inputs, shapes[0])
        case layers.BatchNormalization():
            value = _fold(graph, layer, inputs[0])
        case layers.Dropout():
            value = inputs[0]
        case AddMirror():
            value = graph.node("Concat", [*inputs, graph.turned(inputs[0], axis=COLUMNS)], f"{layer.name}_out", axis=0)
        case FoldMirror():
            value = _fold_mirror(graph, layer.name, inputs[0])
        case _:
            value = _weightless(graph, layer, inputs)
    return value


def _weightless(graph: Graph, layer: keras.Layer, inputs: list[str]) -> str:
    name = layer.name
    match layer:
        case layers.InputLayer():
            value = graph.node("Transpose", [name], f"{name}_first", perm=[0, 3, 1, 2])
            return graph.node("Cast", [value], f"{name}_out", to=FLOAT)
        case layers.Rescaling():
            value = graph.node("Mul", [*inputs, graph.array(f"{name}_scale", layer.scale)], f"{name}_scaled")
            return graph.node("Add", [value, graph.array(f"{name}_offset", layer.offset)], f"{name}_out")
        case layers.ReLU() if layer.max_value is not None:
            limits = [graph.array(f"{name}_low", 0.0), graph.array(f"{name}_high", layer.max_value)]
            return graph.node("Clip", [*inputs, *limits], f"{name}_out")
        case layers.Add():
            return graph.node("Add", inputs, f"{name}_out")
        case layers.GlobalAveragePooling2D():
            return graph.node("Flatten", [graph.node("GlobalAveragePool", inputs, f"{name}_mean")], f"{name}_out")
    raise BundleError(f"the layer {name!r}, of kind {type(layer).__name__}, cannot be exported", fix=FIX)


def _fold_mirror(graph: Graph, name: str, value: str) -> str:
    straight, mirrored = graph.halves(value)
    both = graph.node("Add", [straight, graph.turned(mirrored, axis=COLUMNS)], f"{name}_both")
    return graph.node("Mul", [both, graph.array(f"{name}_half", 0.5)], f"{name}_out")


def _convolution(graph: Graph, layer: keras.Layer, inputs: list[str], shape: Shape) -> str:
    """Pads as TensorFlow does for `same`: the odd one at the end."""
    name, strides = layer.name, layer.strides
    kernel, *bias = layer.get_weights()
    deep = isinstance(layer, layers.DepthwiseConv2D)
    kernel = kernel.transpose((2, 3, 0, 1) if deep else (3, 2, 0, 1))
    missing = [0, 0]
    if layer.padding == "same":
        sides = zip(shape[1:3], layer.kernel_size, strides, strict=True)
        missing = [max((-(-side // stride) - 1) * stride + window - side, 0) for side, window, stride in sides if side]
    pads = [side // 2 for side in missing] + [side - side // 2 for side in missing]
    weights = [
        graph.array(f"{name}_kernel", kernel),
        graph.array(f"{name}_bias", bias[0] if bias else np.zeros(len(kernel))),
    ]
    groups = len(kernel) if deep else 1
    return graph.node("Conv", [*inputs, *weights], f"{name}_out", strides=strides, pads=pads, group=groups)


def _fold(graph: Graph, layer: keras.Layer, value: str) -> str:
    """Scales and moves what the convolution before gives, in its own weights."""
    kernel, bias = (f"{value.removesuffix('_out')}_{part}" for part in ("kernel", "bias"))
    if kernel not in graph.arrays:
        raise BundleError(f"the batch norm {layer.name!r} follows no convolution", fix=FIX)
    gamma, beta, mean, variance = (weight.astype(np.float64) for weight in layer.get_weights())
    gain = gamma / np.sqrt(variance + layer.epsilon)
    graph.array(kernel, graph.arrays[kernel] * gain[:, None, None, None])
    graph.array(bias, (graph.arrays[bias] - mean) * gain + beta)
    return value
