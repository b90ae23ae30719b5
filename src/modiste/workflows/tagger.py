"""What train, evaluate and export share: the run's network, its batches, and its logits for products."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.config import Imbalance, TrainConfig
from modiste.dataset.targets import Attribute, label_numbers
from modiste.learning.batches import Batches
from modiste.learning.imbalance import sampling_weights
from modiste.learning.tagger_net import tagger_net
from modiste.learning.training import Network, predict
from modiste.progress import Progress, silent
from modiste.workflows.prepare import Prepared

__all__ = ["imbalance_of", "in_order", "logits_of", "network_of", "per_attribute", "shuffled"]

PREDICTION_BATCH = 256


def network_of(config: TrainConfig, attributes: Sequence[Attribute]) -> Network:
    """Builds the network that the settings and the attributes ask for, untrained."""
    return tagger_net(
        [len(attribute.labels) for attribute in attributes],
        height=config.height,
        width=config.width,
        last_stride=config.last_stride,
        dropout=config.dropout,
        seed=config.seed,
    )


def imbalance_of(config: TrainConfig, attributes: Sequence[Attribute]) -> tuple[Imbalance, ...]:
    """Returns what the settings do about rare labels, for each attribute."""
    default = config.imbalance.get("default", "plain")
    return tuple(config.imbalance.get(attribute.name, default) for attribute in attributes)


def shuffled(
    prepared: Prepared, products: pl.DataFrame, attributes: Sequence[Attribute], config: TrainConfig
) -> Batches:
    """Returns the batches of a training: shuffled, flipped and shifted."""
    numbers = label_numbers(products, attributes)
    balanced = imbalance_of(config, attributes)[0] == "balanced"
    return Batches(
        prepared.cache.pixels,
        products["row"].to_numpy(),
        numbers,
        batch_size=config.batch_size,
        seed=config.seed,
        shift=config.shift,
        weights=sampling_weights(numbers[:, 0], len(attributes[0].labels)) if balanced else None,
    )


def in_order(prepared: Prepared, products: pl.DataFrame, attributes: Sequence[Attribute]) -> Batches:
    """Returns batches of products in their order and as they are."""
    rows = products["row"].to_numpy()
    return Batches(prepared.cache.pixels, rows, label_numbers(products, attributes), batch_size=PREDICTION_BATCH)


def logits_of(
    network: Network, batches: Batches, sizes: Sequence[int], progress: Progress = silent, name: str = ""
) -> list[NDArray[np.float32]]:
    """Returns a network's logits for batches in order: float32 (products, labels) for each attribute."""
    logits = predict(network, batches, on_batch=lambda done: progress(f"scoring {name}", done, len(batches)))
    return per_attribute(logits, sizes)


def per_attribute(logits: NDArray[np.float32], sizes: Sequence[int]) -> list[NDArray[np.float32]]:
    """Splits logits (products, sum of sizes) into the attributes' own."""
    return np.split(logits, np.cumsum(sizes)[:-1], axis=1)
