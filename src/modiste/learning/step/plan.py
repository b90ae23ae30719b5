"""How a network's training step is computed: layer by layer, with those that fuse taken together."""

import inspect
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import torch
from torch import Tensor

from modiste.learning.step.depthwise import Pair
from modiste.learning.step.fused import Normed, Settings, Widened
from modiste.learning.step.layers import (
    BatchNormalization,
    Conv2D,
    DepthwiseConv2D,
    ReLU,
    is_plain,
    sides_to_pad,
    tensor_of,
)

__all__ = ["Plan"]

NORM = 70
"""How many multiply-adds a number's batch norm is worth, forwards and backwards; measured at one thread."""


@dataclass(frozen=True)
class _Fused:
    """A convolution, its batch norm, maybe its rectifier, and maybe the depthwise convolution that alone reads them."""

    convolution: Conv2D | DepthwiseConv2D
    norm: BatchNormalization
    relu: ReLU | None
    reader: DepthwiseConv2D | None

    @property
    def depthwise(self) -> bool:
        return isinstance(self.convolution, DepthwiseConv2D)

    def widens(self, places: int) -> bool:
        """Returns whether the covariance of so many places is cheaper than their batch norm."""
        if self.relu is None or self.depthwise or {*self.convolution.kernel_size, *self.convolution.strides} != {1}:
            return False
        *_, channels, filters = self.convolution.kernel.shape
        return bool(places * (NORM * filters - channels**2) > 2 * filters * channels**2)

    def settings(self, padding: Pair, margin: Pair) -> Settings:
        return Settings(
            epsilon=self.norm.epsilon,
            ceiling=None if self.relu is None else self.relu.max_value,
            strides=tuple(self.convolution.strides),
            padding=padding,
            depthwise=self.depthwise,
            margin=margin,
        )


class Plan:
    """What is fused in a functional network.

    Args:
        network: Its operations, their order and their arguments are Keras's to say.
    """

    def __init__(self, network: keras.Model) -> None:
        self._network = network
        self._readers = _lone_readers(network)
        self._fused: dict[int, _Fused] = {}
        self._absorbed: set[int] = set()
        self._others: dict[int, Callable[..., Any]] = {}
        for operation in network.operations:
            if (fused := self._fuse(operation)) is not None:
                self._fused[id(operation)] = fused
                self._absorbed |= {id(each) for each in (fused.norm, fused.relu) if each is not None}
            elif type(operation) is keras.layers.Add:
                self._others[id(operation)] = sum
            elif "training" in inspect.signature(operation.call).parameters:
                self._others[id(operation)] = partial(operation, training=True)

    def __call__(self, inputs: Any, dtype: torch.dtype) -> Tensor:
        """Computes a training step's answers, and moves the averages of the batch norms.

        Args:
            inputs: What the network takes.
            dtype: The type in which fused operations are computed.
        """
        run = _Run(dtype)

        def computed_as(operation: Any) -> Callable[..., Any]:
            place = id(operation)
            if place in self._absorbed:
                return _as_it_comes
            if place in self._fused:
                return partial(run.compute, self._fused[place])
            return self._others.get(place, operation)

        given = zip(keras.tree.flatten(inputs), self._network.inputs, strict=True)
        tensors = [keras.ops.convert_to_tensor(each, dtype=like.dtype) for each, like in given]
        answers = self._network._run_through_graph(tensors, operation_fn=computed_as)  # noqa: SLF001
        return run.finish(answers)

    def _fuse(self, convolution: Any) -> _Fused | None:
        if not _is_bare(convolution):
            return None
        norm = self._readers.get(id(convolution))
        if not isinstance(norm, BatchNormalization) or not norm.trainable or not is_plain(norm, 4):
            return None
        relu = self._readers.get(id(norm))
        if not isinstance(relu, ReLU) or relu.max_value is None or relu.negative_slope or relu.threshold:
            return _Fused(convolution, norm, None, None)
        reader = self._readers.get(id(relu))
        return _Fused(convolution, norm, relu, reader if _is_bare(reader) and _is_depthwise(reader) else None)


class _Run:
    """One step: what the batch norms have seen, and which inputs have been padded ahead."""

    def __init__(self, dtype: torch.dtype) -> None:
        self._dtype = dtype
        self._seen: list[tuple[BatchNormalization, Tensor, Tensor]] = []
        self._padded: dict[int, Pair] = {}

    def compute(self, fused: _Fused, values: Tensor) -> Tensor:
        """Maps (batch, height, width, channels) to (batch, rows, columns, filters)."""
        values = values.to(self._dtype)
        padding = self._padded.get(id(fused.convolution))
        if padding is None:
            padding, after = sides_to_pad(fused.convolution, *values.shape[1:3])
            if padding != after:
                values = torch.nn.functional.pad(values, (0, 0, padding[1], after[1], padding[0], after[0]))
                padding = (0, 0)
        margin = (0, 0)
        widens = fused.widens(values[..., 0].numel())
        if widens and fused.reader is not None:
            before, after = sides_to_pad(fused.reader, *values.shape[1:3])
            self._padded[id(fused.reader)] = before
            margin = (after[0] - before[0], after[1] - before[1])
        operation = Widened if widens else Normed
        weights = (tensor_of(weight) for weight in (fused.convolution.kernel, fused.norm.gamma, fused.norm.beta))
        with torch.autocast("cpu", enabled=False):
            outputs, mean, variance = operation.apply(  # type: ignore[no-untyped-call]
                values, *weights, fused.settings(padding, margin)
            )
        self._seen.append((fused.norm, mean, variance))
        return outputs

    def finish(self, answers: Tensor) -> Tensor:
        """Moves the averages, and returns the answers.

        A rectifier makes a number of what is none. So that the loss shows it where a network goes astray, the answers
        are none either where the batch norms saw none.
        """
        with torch.no_grad():
            for norm, mean, variance in self._seen:
                norm.moving_mean.value.lerp_(mean, 1.0 - norm.momentum)
                norm.moving_variance.value.lerp_(variance, 1.0 - norm.momentum)
            nothing = torch.cat([each for _, *pair in self._seen for each in pair]).sum() * 0.0 if self._seen else 0.0
        return answers + nothing


def _lone_readers(network: keras.Model) -> dict[int, Any]:
    """Returns the operation that alone reads what another gives: id of the other -> operation."""
    readers: dict[int, Any] = {}
    times = Counter(id(output) for output in network.outputs)
    for operation in network.operations:
        for tensor in keras.tree.flatten(operation.input):
            times[id(tensor)] += 1
            readers[id(tensor)] = operation
    outputs = ((operation, operation.output) for operation in network.operations)
    return {
        id(each): readers[id(output)] for each, output in outputs if times[id(output)] == 1 and id(output) in readers
    }


def _is_bare(layer: Any) -> bool:
    """Returns whether a layer is one of our convolutions and nothing but that."""
    if not isinstance(layer, Conv2D | DepthwiseConv2D) or layer.use_bias or not layer.trainable:
        return False
    plain = set(layer.dilation_rate) == {1} and layer.activation is keras.activations.linear
    return plain and (layer.depth_multiplier == 1 if _is_depthwise(layer) else layer.groups == 1)


def _is_depthwise(layer: Any) -> bool:
    return isinstance(layer, DepthwiseConv2D)


def _as_it_comes(values: Tensor, *_: Any, **__: Any) -> Tensor:
    return values
