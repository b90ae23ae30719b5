"""An ONNX graph in the making: nodes, arrays, and how arrays are stored.

Arrays of more than `EXACT` numbers are stored in 16 bits: whole numbers, and the size of their step in each row, which
is an output channel. Both engines turn them back into float32 once, when they load the file; it is half the size and no
slower. Measured with EfficientNet-Lite0 on 1,000 real pictures, that moves a probability by at most 7e-4, where float16
for all arrays moves it by 2e-2. (`DequantizeLinear` would say the same in one node, but ONNX Runtime computes it again
with each batch: 4 times as slow.)
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError
from numpy.typing import ArrayLike, NDArray
from onnx import (
    GraphProto,
    ModelProto,
    NodeProto,
    TensorProto,
    ValueInfoProto,
    checker,
    helper,
    load_model_from_string,
    numpy_helper,
)

from modiste import __version__
from modiste.errors import BundleError

__all__ = ["EXACT", "ZERO", "Graph", "pack", "read_arrays"]

EXACT = 8192
"""Arrays of up to so many numbers stay float32: biases, half of the depthwise kernels, the first layers. They are few
numbers, and rounding them would do most of the harm."""

OPSET, IR = 17, 8
"""Operators and file format of ONNX 1.12, from 2022, so that engines of the last years read it."""

STEPS = 2**15 - 1

ZERO = "pixels_zero"
"""The array that says which byte stands for 0, where the first convolution takes bytes as they are: its bias has that
taken off already (see `quantisation`)."""


class Graph:
    """Nodes and arrays so far, each under a name of its own.

    Attributes:
        arrays: Name -> values; they may change until the graph is finished.
    """

    def __init__(self) -> None:
        self.arrays: dict[str, NDArray[np.float32]] = {}
        self._nodes: list[NodeProto] = []

    def node(self, kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        """Adds an operator; returns the name of what it gives."""
        self._nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def split(self, value: str, parts: Mapping[str, int]) -> None:
        """Cuts a value's second axis into named parts.

        Args:
            value: What to cut.
            parts: Name -> length, in their order; together they are the whole.
        """
        lengths = f"{value}_lengths"
        self._nodes.append(helper.make_node("Constant", [], [lengths], name=lengths, value_ints=[*parts.values()]))
        self._nodes.append(helper.make_node("Split", [value, lengths], [*parts], name=f"{value}_parts", axis=1))

    def halves(self, value: str) -> tuple[str, str]:
        """Cuts a value's first axis, the batch, into halves; returns their names."""
        parts = (f"{value}_first", f"{value}_second")
        self._nodes.append(helper.make_node("Split", [value], parts, name=f"{value}_halves", axis=0))
        return parts

    def turned(self, value: str, *, axis: int) -> str:
        """Reverses an axis; returns the name of what that gives."""
        ends = {"starts": [-1], "ends": [np.iinfo(np.int64).min], "axes": [axis], "steps": [-1]}
        names = [f"{value}_{end}" for end in ends]
        for name, values in zip(names, ends.values(), strict=True):
            self._nodes.append(helper.make_node("Constant", [], [name], name=name, value_ints=values))
        return self.node("Slice", [value, *names], f"{value}_turned")

    def array(self, name: str, values: ArrayLike) -> str:
        """Adds an array or replaces it; returns its name."""
        self.arrays[name] = np.asarray(values, np.float32)
        return name

    def finish(
        self,
        inputs: Mapping[str, Sequence[int]],
        outputs: Mapping[str, Sequence[int | None]],
        *,
        exact: bool = False,
        kind: int = TensorProto.UINT8,
    ) -> bytes:
        """Returns the ONNX file.

        Args:
            inputs: Name -> shape without the batch.
            outputs: Name -> shape without the batch, of float32 values.
            exact: Store all arrays as float32.
            kind: Of the inputs' values, in ONNX's numbering; by default they are bytes.

        Raises:
            BundleError: An array holds NaN or infinity.
        """
        stored = [part for name, values in self.arrays.items() for part in _stored(name, values, exact=exact)]
        graph = helper.make_graph(
            [part for part in stored if isinstance(part, NodeProto)] + self._nodes,
            "tagger",
            [_described(name, shape, kind) for name, shape in inputs.items()],
            [_described(name, shape, TensorProto.FLOAT) for name, shape in outputs.items()],
            [part for part in stored if isinstance(part, TensorProto)],
        )
        return _written(graph)


def pack(model: ModelProto) -> bytes:
    """Returns the ONNX file of a model whose float32 arrays are stored as `Graph.finish` stores them.

    Args:
        model: A graph of ours that a tool has changed. Arrays that nothing takes any more are left out.
    """
    taken = {name for node in model.graph.node for name in node.input}
    arrays = [array for array in model.graph.initializer if array.name in taken]
    stored: list[TensorProto | NodeProto] = []
    for array in arrays:
        values = numpy_helper.to_array(array)
        stored += [array] if values.dtype != np.float32 else _stored(array.name, values, exact=False)
    nodes = [part for part in stored if isinstance(part, NodeProto)]
    tensors = [part for part in stored if isinstance(part, TensorProto)]
    graph = model.graph
    return _written(
        helper.make_graph([*nodes, *graph.node], graph.name, graph.input, graph.output, tensors),
    )


def _written(graph: GraphProto) -> bytes:
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR,
        producer_name="modiste",
        producer_version=__version__,
    )
    checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))


def read_arrays(onnx: bytes) -> dict[str, NDArray[np.float32]]:
    """Returns the arrays of a graph of ours, name -> values, as exact as they were stored.

    Raises:
        BundleError: It is no ONNX file.
    """
    try:
        graph = load_model_from_string(onnx).graph
        stored = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    except (DecodeError, ValueError) as error:
        raise BundleError(
            f"its network is no ONNX file ({error})", fix="make it again with `modiste export`"
        ) from error
    plain = {name: values for name, values in stored.items() if not name.endswith(("_whole", "_step"))}
    for name, values in stored.items():
        if name.endswith("_whole"):
            whole = name.removesuffix("_whole")
            plain[whole] = values.astype(np.float32) * stored[f"{whole}_step"]
    # What `quantisation.quantise` has rounded to 8 bits, biases to 32; steps are those of the first axis.
    for node in graph.node:
        if node.op_type == "DequantizeLinear" and node.input[0] in stored:
            values, step = stored[node.input[0]], stored[node.input[1]]
            steps = step.reshape(-1, *(1,) * (values.ndim - 1))
            plain[node.input[0].removesuffix("_quantized")] = values.astype(np.float32) * steps
    return plain


def _described(name: str, shape: Sequence[int | None], kind: int) -> ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, ["batch", *shape])


def _stored(name: str, values: NDArray[np.float32], *, exact: bool) -> Iterator[TensorProto | NodeProto]:
    """Yields what brings an array into the graph."""
    if not np.isfinite(values).all():
        raise BundleError(f"{name} holds NaN or infinity", fix="train anew with a lower learning rate")
    if exact or values.size <= EXACT:
        yield numpy_helper.from_array(values, name)
        return
    step = np.abs(values).max(axis=tuple(range(1, values.ndim)), keepdims=True) / np.float32(STEPS)
    step[step == 0] = 1
    yield numpy_helper.from_array(np.rint(values / step).astype(np.int16), f"{name}_whole")
    yield numpy_helper.from_array(step, f"{name}_step")
    yield helper.make_node("Cast", [f"{name}_whole"], [f"{name}_cast"], to=TensorProto.FLOAT)
    yield helper.make_node("Mul", [f"{name}_cast", f"{name}_step"], [name])
