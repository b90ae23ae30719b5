"""What a tagger's network starts from: settings that fit its backbone, and weights of ImageNet or of a bundle."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from modiste.config import TrainConfig
from modiste.errors import ConfigError, DownloadError, RunError, nearest
from modiste.learning.backbones import LITE0, OURS, find_backbone
from modiste.learning.checkpoints import read_history
from modiste.learning.training import Network
from modiste.portable.bundle import Bundle, default_bundle, read_bundle
from modiste.portable.recovery import load_bundle
from modiste.progress import Progress
from modiste.runs import CHECKPOINTS, START, Run
from modiste.workflows.networks import SMALLER
from modiste.workflows.task import Task

__all__ = ["Start", "check_network", "read_start", "start_bundle", "start_network"]

STARTS = ("imagenet", "random")
"""Weights to start from that are no bundle's."""

STATISTICS = 512
"""Pictures from which the batch norms of a bundle's network are brought back."""


@dataclass(frozen=True)
class Start:
    """What a network started from.

    Attributes:
        weights: Which weights, in words for reports and cards.
        note: Why these are not the weights that the settings ask for; empty where they are.
    """

    weights: str
    note: str = ""


def check_network(config: TrainConfig) -> TrainConfig:
    """Makes sure, before the work, that the settings fit the backbone.

    Returns:
        The settings, with the backbone's name as it is spelt.

    Raises:
        ConfigError: There is no such backbone, the pictures are too small for it, or a setting is for another one.
    """
    backbone = find_backbone(config.backbone)
    where = f"--backbone {backbone.name}"
    for other in OURS:
        for name in set(other.options) - set(backbone.options):
            if (value := getattr(config, name)) != getattr(TrainConfig, name):
                raise ConfigError(f"{name} = {value} is for {other.name} alone", where=where, fix=_leave_out(name))
    if config.start not in STARTS and backbone.name != LITE0:
        raise ConfigError(
            f"the weights of a bundle fit {LITE0} alone", where=where, fix="start --from imagenet or random"
        )
    shortest = min(config.height, config.width)
    if config.progressive:
        shortest = round(shortest * SMALLER)
    if shortest < backbone.smallest:
        raise ConfigError(
            f"it takes pictures of {backbone.smallest}x{backbone.smallest} pixels and more, and is to learn from "
            f"{config.width}x{config.height}{', smaller ones at first' if config.progressive else ''}",
            where=where,
            fix="give a larger --image-size" + (", or no progressive" if config.progressive else ""),
        )
    return replace(config, backbone=backbone.name)


def start_bundle(config: TrainConfig) -> Bundle | None:
    """Returns the bundle that the settings start from; None where they start from other weights.

    Raises:
        ConfigError: There is no such bundle.
        BundleError: It is damaged, or of another format.
    """
    if config.start in STARTS:
        return None
    path = default_bundle() if config.start == "default" else Path(config.start)
    if not path.exists():
        known = (*STARTS, "default")
        raise ConfigError(
            f"neither weights that we know{nearest(config.start, known)} nor a bundle",
            where=f"--from {config.start}",
            fix=f"give {', '.join(known)}, or the path of a bundle",
        )
    return read_bundle(path)


def start_network(
    network: Network, task: Task[TrainConfig], bundle: Bundle | None, begun: Run | None, progress: Progress
) -> Start:
    """Gives an untrained network the weights that the settings start from; where ImageNet's are out of reach, none.

    Args:
        network: The task's network, untrained.
        task: What is to be learned.
        bundle: See `start_bundle`.
        begun: The run that is resumed. Where it has finished an epoch, the network is left alone: it goes on from that.
        progress: Is told where the weights are downloaded, and where that fails.

    Raises:
        BundleError: The bundle is of another architecture.
        RunError: What the run keeps of its start is damaged.
    """
    if begun is not None and read_history(begun.path / CHECKPOINTS)[1]:
        return read_start(begun, task.config)
    if bundle is not None:
        rows = task.part("train")["row"].to_numpy()[:STATISTICS]
        load_bundle(network, bundle, task.schema.attributes, task.prepared.pixels[rows])
    elif task.config.start == "imagenet":
        backbone = find_backbone(task.config.backbone)
        if backbone.name != LITE0:  # its weights come with a package, those of others by way of the network
            progress("starting weights", 0, 1, f"those of {backbone.title}, learned on ImageNet")
        try:
            backbone.load_imagenet(network)
        except DownloadError as error:
            note = f"{error}; the training starts from random weights"
            progress("starting weights", 1, 1, note)
            return Start("random weights: ImageNet's could not be downloaded", note)
    return _stated(task.config)


def read_start(run: Run, config: TrainConfig) -> Start:
    """Returns what a run's network started from.

    Args:
        run: The run.
        config: Its settings, which say so where the run is older than its note.

    Raises:
        RunError: The note is damaged.
    """
    path = run.path / START
    if not path.exists():
        return _stated(config)
    try:
        start = Start(**json.loads(path.read_text(encoding="utf-8")))
        if not all(isinstance(value, str) for value in asdict(start).values()):
            raise TypeError("its values are no texts")
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise RunError("does not say what the network started from", where=path, fix="train again") from error
    return start


def _stated(config: TrainConfig) -> Start:
    if config.start == "imagenet":
        return Start(f"ImageNet weights of {find_backbone(config.backbone).title}")
    return Start("random weights" if config.start == "random" else Path(config.start).name)


def _leave_out(name: str) -> str:
    return "take --size base or large, and no shallow = true" if name == "shallow" else "leave it out"
