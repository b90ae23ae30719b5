"""What a network is made of, in plain values."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import keras

__all__ = ["LayerFacts", "NetworkFacts", "network_facts"]


@dataclass(frozen=True)
class LayerFacts:
    """One layer.

    Attributes:
        name: Its name in the network.
        kind: Its class, for instance `Conv2D`.
        output_shape: What it gives, the batch being None.
        parameters: How many numbers it holds, learned or tracked.
    """

    name: str
    kind: str
    output_shape: tuple[int | None, ...]
    parameters: int


@dataclass(frozen=True)
class NetworkFacts:
    """A network: its layers in their order, and how many numbers it learns or only tracks."""

    layers: tuple[LayerFacts, ...]
    trainable: int
    non_trainable: int


def network_facts(network: keras.Model) -> NetworkFacts:
    """Returns what a built network is made of; the optimizer's state is left out."""
    layers = tuple(
        LayerFacts(layer.name, type(layer).__name__, tuple(layer.output.shape), int(layer.count_params()))
        for layer in network.layers
    )
    return NetworkFacts(layers, _numbers(network.trainable_weights), _numbers(network.non_trainable_weights))


def _numbers(weights: Sequence[keras.Variable]) -> int:
    return sum(math.prod(weight.shape) for weight in weights)
