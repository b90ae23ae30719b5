"""Compile: which loss, optimizer and schedule each kind of network learns with."""

import keras

from modiste.config import Device
from modiste.learning.backend import pieces_for
from modiste.learning.imbalance import MaskedAccuracy, MaskedCrossEntropy
from modiste.learning.training import Network

__all__ = ["compile_classifier", "compile_tagger"]


def compile_classifier(network: Network, *, learning_rate: float, device: Device = "auto") -> None:
    """Compiles a network that gives one probability per label, for label ids as targets: Adam,
    cross-entropy, accuracy.

    Args:
        network: See `study_cnn`.
        learning_rate: The learning rate of Adam.
        device: Where the network computes.
    """
    network.compile(pieces_for(device).Adam(learning_rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    # Without its variables the optimizer would skip its state in a checkpoint, and a resumed training would go astray.
    network.optimizer.build(network.trainable_variables)


def compile_tagger(
    network: Network,
    loss: MaskedCrossEntropy,
    *,
    learning_rate: float,
    steps: int,
    warmup: int = 200,
    weight_decay: float = 0.02,
    mixed: bool = False,
    device: Device = "auto",
) -> None:
    """Compiles a network that gives the logits of several attributes: AdamW, a cosine from the learning rate to zero
    after a linear warm-up, masked cross-entropy, and the mean accuracy over the attributes.

    Args:
        network: See `tagger_net`.
        loss: How each attribute is learned.
        learning_rate: The highest, at the end of the warm-up.
        steps: How many steps the whole training has.
        warmup: Steps of the warm-up; at most a tenth of all.
        weight_decay: Decoupled; biases and batch norms are spared.
        mixed: Whether to train in bfloat16 where that is as good (see `step.MixedModel`).
        device: Where the network computes.
    """
    warmup = min(warmup, steps // 10)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, max(steps - warmup, 1), warmup_target=learning_rate, warmup_steps=warmup
    )
    optimizer = pieces_for(device).AdamW(schedule, weight_decay=weight_decay)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    network.mixed = mixed
    network.compile(optimizer, loss, metrics=[MaskedAccuracy(loss.sizes)])
    network.optimizer.build(network.trainable_variables)
