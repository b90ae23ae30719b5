"""A tagger's network: built and compiled, and the batches that it sees."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from modiste.config import TrainConfig
from modiste.dataset.shifts.augmentation import Augmentation
from modiste.dataset.shifts.grounds import grounds_for
from modiste.learning.backbones import LITE0, find_backbone
from modiste.learning.backend import mixed_precision_pays
from modiste.learning.batches import Batches, Drawn
from modiste.learning.compilation import compile_tagger
from modiste.learning.imbalance import MaskedCrossEntropy, attribute_losses, sampling_weights
from modiste.learning.tagger_net import tagger_net
from modiste.learning.training import Network
from modiste.schema import Attribute, Imbalance
from modiste.workflows.other_sources import SOURCE
from modiste.workflows.task import Task

__all__ = [
    "build_network",
    "compile_network",
    "imbalance_of",
    "in_order",
    "is_mixed",
    "shuffled",
]

PREDICTION_BATCH = 64

GROUNDS = 3000
"""Drawn grounds, and at most as many patches of photos: so many that none is learned by heart."""

SMALLER = 5 / 8
"""How much smaller the pictures of the first epochs are, along each side."""


def build_network(task: Task[TrainConfig]) -> Network:
    """Builds the network that the settings and the attributes ask for, untrained."""
    config = task.config
    return tagger_net(
        task.schema.sizes,
        backbone=config.backbone,
        height=config.height,
        width=config.width,
        mirrored=config.mirrored,
        dropout=config.dropout,
        seed=config.seed,
        device=config.device,
        **find_backbone(config.backbone).options_of(config),
    )


def compile_network(network: Network, task: Task[TrainConfig]) -> int:
    """Compiles a network for its task, and returns how many steps the whole training has.

    A checkpoint holds the optimizer's state too, so it fits a compiled network only.
    """
    config = task.config
    steps = config.epochs * len(shuffled(task))
    compile_tagger(
        network,
        _loss(task),
        learning_rate=config.learning_rate,
        steps=steps,
        weight_decay=config.weight_decay,
        mixed=is_mixed(config),
        device=config.device,
    )
    return steps


def is_mixed(config: TrainConfig) -> bool:
    """Whether to train in bfloat16."""
    return config.mixed and config.backbone == LITE0 and mixed_precision_pays(config.device)


def imbalance_of(config: TrainConfig, attributes: Sequence[Attribute]) -> tuple[Imbalance, ...]:
    """Returns what is done about rare labels, for each attribute: as the settings say, else as the schema does."""
    default = config.imbalance.get("default")
    return tuple(config.imbalance.get(each.name, default or each.imbalance) for each in attributes)


def _loss(task: Task[TrainConfig]) -> MaskedCrossEntropy:
    """Returns what the training makes small."""
    config, attributes = task.config, task.schema.attributes
    return MaskedCrossEntropy(
        attribute_losses(
            task.label_ids("train"),
            task.schema.sizes,
            weights=[_share(config, attribute, first=index == 0) for index, attribute in enumerate(attributes)],
            methods=imbalance_of(config, attributes),
        ),
        label_smoothing=config.label_smoothing,
        sets=task.partial.masks(task.schema.sizes),
        teaching=0.0 if task.taught is None else config.teaching,
    )


def _share(config: TrainConfig, attribute: Attribute, *, first: bool) -> float:
    """Returns an attribute's share of the loss: as the settings say, else as the schema does."""
    if attribute.name in config.weights:
        return config.weights[attribute.name]
    if attribute.weight is not None:
        return attribute.weight
    return 1.0 if first else config.other_weight


def shuffled(task: Task[TrainConfig]) -> Batches:
    """Returns the batches of the training part: shuffled, varied, flipped and shifted."""
    config, label_ids = task.config, task.label_ids("train")
    targets: NDArray[np.int64] | NDArray[np.float32] = label_ids
    if task.taught is not None:
        targets = np.concatenate([label_ids, task.taught], axis=1, dtype=np.float32)
    balanced = imbalance_of(config, task.schema.attributes)[0] == "balanced"
    often = _drawn_often(task)
    label_ids, targets = label_ids[often], targets[often]
    return Batches(
        task.prepared.pixels,
        task.part("train")["row"].to_numpy()[often],
        targets,
        batch_size=config.batch_size,
        drawn=Drawn(
            seed=config.seed,
            shift=config.shift,
            weights=sampling_weights(label_ids[:, 0], task.schema.sizes[0]) if balanced else None,
            scale=lambda epoch: SMALLER if epoch <= round(config.progressive * config.epochs) else 1.0,
            augmentation=_augmentation(task) if config.augmented else None,
        ),
    )


def _drawn_often(task: Task[TrainConfig]) -> NDArray[np.int64]:
    """Returns the places of the training's photos, each as often as an epoch draws it."""
    photos = task.part("train")
    times = {other.name: other.times for other in task.prepared.others}
    if not times:
        return np.arange(photos.height)
    return np.repeat(np.arange(photos.height), photos[SOURCE].replace_strict(times, default=1).to_numpy())


def _augmentation(task: Task[TrainConfig]) -> Augmentation:
    """Returns how training varies pictures: see the settings `augmented` and `on_ground`."""
    config = task.config
    pixels, rows = task.prepared.pixels, task.part("train")["row"].to_numpy()
    grounds = grounds_for(pixels, rows, most=GROUNDS if config.on_ground else 0, seed=config.seed)
    return Augmentation(share=config.augmented, on_ground=config.on_ground, grounds=grounds)


def in_order(task: Task[TrainConfig], part: str) -> Batches:
    """Returns batches of a part's photos, in their order and as they are."""
    rows = task.part(part)["row"].to_numpy()
    return Batches(task.prepared.pixels, rows, task.label_ids(part), batch_size=PREDICTION_BATCH)
