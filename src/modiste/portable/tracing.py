"""A network on any backbone of Keras's -> ONNX, by PyTorch's own exporter, which follows what Keras computes.

Keras's `Model.export(format="onnx")` was tried as well: with PyTorch and batches of any size it goes by way of
TorchScript, which PyTorch has given up, and refuses ConvNeXt's layer norms (Keras 3.15, torch 2.13).
"""

import io
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from functools import partial
from typing import Any

import keras
import numpy as np
import torch
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, checker, compose, load_model_from_string, version_converter
from torch import Tensor

from modiste.errors import BundleError
from modiste.portable.conversion import write_answers
from modiste.portable.graph import Graph

__all__ = ["trace_to_onnx"]

OPSET = 18
"""Operators of ONNX 1.13: the oldest that PyTorch writes."""

TRACED = 2
"""Pictures that the exporter follows; it would take one for a number that never changes."""

PREFIX = "trunk/"
"""The prefix of the names of all values that PyTorch writes, so that none is like one of ours."""


def trace_to_onnx(
    network: keras.Model,
    *,
    features: str,
    pooled: str,
    heads: str,
    subspace: NDArray[np.float32],
    projection: NDArray[np.float32] | None = None,
) -> bytes:
    """Exports a network that gives logits from pooled features.

    Args:
        network: From uint8 (batch, height, width, 3) to logits (batch, labels), on Keras with PyTorch.
        features: The name of the layer that gives the last feature map.
        pooled: The name of the layer that gives its mean.
        heads: The name of the linear layer that gives the logits.
        subspace: (channels, d), orthonormal: where the catalogue's pooled features lie.
        projection: (channels, d), from pooled features to the embedding; None takes them as they are.

    Returns:
        An ONNX file with the input and the outputs that `conversion.to_onnx` describes, all weights as float32.

    Raises:
        BundleError: PyTorch cannot export it, or its weights are not finite.
    """
    trunk = keras.Model(network.input, [network.get_layer(name).output for name in (features, pooled)])
    model = _bare(_traced(trunk))
    graph = Graph()
    outputs = write_answers(graph, "pooled", network.get_layer(heads), subspace, projection)
    answers = load_model_from_string(
        graph.finish({"pooled": trunk.outputs[1].shape[1:]}, outputs, exact=True, kind=TensorProto.FLOAT)
    )
    answers = version_converter.convert_version(answers, OPSET)
    answers.ir_version = model.ir_version
    whole = compose.merge_models(model, answers, [("pooled", "pooled")], outputs=[*outputs, "features"])
    checker.check_model(whole, full_check=True)
    return bytes(whole.SerializeToString(deterministic=True))


class _Inference(torch.nn.Module):
    """A Keras network in inference, as PyTorch sees it; each of its batch norms is a product and a sum.

    Keras computes a batch norm from a dozen operations, which ONNX Runtime does not find again in a graph. Without them
    it takes half the time for MobileNetV3Small and 0.6 of it for EfficientNetV2B0 (64x48, 16 pictures, one core).
    """

    def __init__(self, network: keras.Model) -> None:
        super().__init__()
        self._network = network

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        return tuple(_answer(self._network, pixels))


def _answer(network: keras.Model, *inputs: Any, **_: Any) -> Any:
    return network._run_through_graph(inputs, operation_fn=_as_answered)  # noqa: SLF001


def _as_answered(operation: Any) -> Callable[..., Any]:
    """Returns what an operation of a network does to its inputs in answers."""
    match operation:
        case keras.Model() if not isinstance(operation, keras.Sequential):
            return partial(_answer, operation)
        case keras.layers.BatchNormalization():
            return partial(_normalised, operation)
    return operation


def _normalised(norm: Any, values: Tensor, **_: Any) -> Tensor:
    mean, gain = norm.moving_mean.value, torch.rsqrt(norm.moving_variance.value + norm.epsilon)
    if norm.scale:
        gain = gain * norm.gamma.value
    offset = -mean * gain
    if norm.center:
        offset = offset + norm.beta.value
    return values * gain + offset


def _traced(trunk: keras.Model) -> ModelProto:
    """Exports what gives feature maps and their means."""
    pixels = keras.ops.zeros((TRACED, *trunk.input.shape[1:]), "uint8")
    try:
        with _in_silence():
            program = torch.onnx.export(
                _Inference(trunk).eval(),
                (pixels,),
                dynamo=True,
                input_names=["pixels"],
                output_names=["features", "pooled"],
                dynamic_shapes={"pixels": {0: torch.export.Dim("batch")}},
                opset_version=OPSET,
                verbose=False,
            )
    except torch.onnx.errors.OnnxExporterError as error:
        raise BundleError(
            f"PyTorch cannot export this network ({str(error.__cause__ or error)[:200]})",
            fix="please report this with its backbone",
        ) from error
    if program is None or not program.model_proto.graph.input[0].type.tensor_type.shape.dim[0].dim_param:
        # The exporter tries several ways, and the last ones may keep the number of pictures that it followed.
        raise BundleError(
            "PyTorch exports this network for one number of pictures alone", fix="please report this with its backbone"
        )
    return program.model_proto


def _bare(model: ModelProto) -> ModelProto:
    """Returns a model without the exporter's notes, which name files of this machine, and with names of its own."""
    model.ClearField("metadata_props")
    for part in (*model.graph.node, *model.graph.initializer, *model.graph.input, *model.graph.output):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    model.graph.ClearField("value_info")
    model.graph.ClearField("metadata_props")
    return compose.add_prefix(model, PREFIX, rename_inputs=False, rename_outputs=False)


@contextmanager
def _in_silence() -> Iterator[None]:
    """Silences PyTorch's exporter: it tells of packages that are not installed, and of what its authors will change."""
    log = logging.getLogger("torch.onnx")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        with redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(before)
