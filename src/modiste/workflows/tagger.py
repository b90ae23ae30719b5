"""What train, evaluate and export share: a tagger's task, its network and its batches."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.catalogue.corrections import read_corrections
from modiste.config import Device, Imbalance, TrainConfig, make_config
from modiste.dataset.images import Size
from modiste.dataset.split import read_split
from modiste.dataset.targets import Attribute, encode_labels
from modiste.errors import RunError
from modiste.learning.backbones import LITE0, find_backbone
from modiste.learning.backend import mixed_precision_pays
from modiste.learning.batches import Batches, Drawn
from modiste.learning.compilation import compile_tagger
from modiste.learning.imbalance import MaskedCrossEntropy, attribute_losses, sampling_weights
from modiste.learning.tagger_net import tagger_net
from modiste.learning.training import Network
from modiste.progress import Progress
from modiste.runs import ATTRIBUTES, CORRECTIONS, SPLIT, TAXONOMY, Run
from modiste.workflows.correcting import correct
from modiste.workflows.prepare import Prepared, prepare
from modiste.workflows.splitting import grouped

__all__ = ["Task", "imbalance_of", "network_of", "open_task", "prepare_for", "ready"]

PREDICTION_BATCH = 64

SMALLER = 5 / 8
"""How much smaller the pictures of the first epochs are, along each side."""


@dataclass(frozen=True, eq=False)
class Task:
    """What is to be learned, and from what.

    Attributes:
        config: The settings.
        attributes: What a network is to say of a picture.
        prepared: The catalogue.
        products: Its products that are in a part, with `part`, and `group`, the same for near-identical pictures.
        taught: float32 (train products, labels): what a teacher says of them (see `teacher`); None without one.
    """

    config: TrainConfig
    attributes: tuple[Attribute, ...]
    prepared: Prepared
    products: pl.DataFrame
    taught: NDArray[np.float32] | None = None

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many labels each attribute has."""
        return tuple(len(attribute.labels) for attribute in self.attributes)

    @property
    def mixed(self) -> bool:
        """Whether to train in bfloat16."""
        return self.config.mixed and self.config.backbone == LITE0 and mixed_precision_pays(self.config.device)

    def part(self, name: str) -> pl.DataFrame:
        """Returns the products of a part."""
        return self.products.filter(pl.col("part") == name)

    def label_ids(self, part: str) -> NDArray[np.int64]:
        """Returns the label ids of a part's products: see `encode_labels`."""
        return encode_labels(self.part(part), self.attributes)

    def loss(self) -> MaskedCrossEntropy:
        """Returns what the training makes small."""
        shares = [
            self.config.weights.get(attribute.name, self.config.other_weight if index else 1.0)
            for index, attribute in enumerate(self.attributes)
        ]
        methods = imbalance_of(self.config, self.attributes)
        return MaskedCrossEntropy(
            attribute_losses(self.label_ids("train"), self.sizes, weights=shares, methods=methods),
            label_smoothing=self.config.label_smoothing,
            teaching=0.0 if self.taught is None else self.config.teaching,
        )

    def shuffled(self) -> Batches:
        """Returns the batches of the training part: shuffled, flipped and shifted."""
        label_ids = self.label_ids("train")
        targets = (
            label_ids if self.taught is None else np.concatenate([label_ids, self.taught], axis=1, dtype=np.float32)
        )
        balanced = imbalance_of(self.config, self.attributes)[0] == "balanced"
        return Batches(
            self.prepared.cache.pixels,
            self.part("train")["row"].to_numpy(),
            targets,
            batch_size=self.config.batch_size,
            drawn=Drawn(
                seed=self.config.seed,
                shift=self.config.shift,
                weights=sampling_weights(label_ids[:, 0], self.sizes[0]) if balanced else None,
                scale=lambda epoch: SMALLER if epoch <= round(self.config.progressive * self.config.epochs) else 1.0,
            ),
        )

    def in_order(self, part: str) -> Batches:
        """Returns batches of a part's products, in their order and as they are."""
        rows = self.part(part)["row"].to_numpy()
        return Batches(self.prepared.cache.pixels, rows, self.label_ids(part), batch_size=PREDICTION_BATCH)


def prepare_for(config: TrainConfig, catalogue: Path, *, taxonomy: Path | None = None, progress: Progress) -> Prepared:
    """Prepares a catalogue as a tagger's settings ask.

    Args:
        config: The settings.
        catalogue: Where it lies.
        taxonomy: The label rules of a run, instead of the settings' own; its targets may be missing then.
        progress: Is told of each picture.
    """
    rules = taxonomy or (Path(config.taxonomy) if config.taxonomy else None)
    return prepare(
        catalogue,
        taxonomy=rules,
        columns=config.columns,
        images=Path(config.images) if config.images else None,
        targets=() if taxonomy else config.targets,
        size=Size(config.width, config.height),
        progress=progress,
    )


def open_task(run: Run, progress: Progress, *, device: Device = "auto") -> Task:
    """Returns what a run learned, from its folder and its catalogue.

    Args:
        run: The run.
        progress: Is told of each picture.
        device: Where the network is to compute now, wherever it was trained.

    Raises:
        RunError: It is no run of `modiste train`, or its catalogue no longer holds its products.
        CatalogueError: The catalogue cannot be read.
    """
    run.check_kind("train")
    config = make_config(TrainConfig, run.config | {"device": device}, where=str(run.path))
    prepared = prepare_for(config, Path(run.catalogue), taxonomy=run.path / TAXONOMY, progress=progress)
    split = read_split(run.path / SPLIT)
    products = grouped(prepared, progress=progress).join(split.frame, on="id", how="inner", maintain_order="left")
    if products.height != split.frame.height:
        raise RunError(
            f"{split.frame.height - products.height} of the run's products are no longer there",
            where=run.catalogue,
            fix="bring the catalogue back, or train again",
        )
    if (run.path / CORRECTIONS).exists():
        # The run's own copy: the file that it was made from may have grown since.
        products = correct(products, prepared.taxonomy, read_corrections(run.path / CORRECTIONS)).products
    return Task(config, _read_attributes(run), prepared, products)


def _read_attributes(run: Run) -> tuple[Attribute, ...]:
    try:
        found = json.loads((run.path / ATTRIBUTES).read_text(encoding="utf-8"))
        return tuple(Attribute(name, tuple(labels)) for name, labels in found.items())
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise RunError("no readable list of attributes", where=run.path / ATTRIBUTES, fix="train again") from error


def network_of(config: TrainConfig, attributes: Sequence[Attribute]) -> Network:
    """Builds the network that the settings and the attributes ask for, untrained."""
    return tagger_net(
        [len(attribute.labels) for attribute in attributes],
        backbone=config.backbone,
        height=config.height,
        width=config.width,
        mirrored=config.mirrored,
        dropout=config.dropout,
        seed=config.seed,
        device=config.device,
        **find_backbone(config.backbone).options_of(config),
    )


def imbalance_of(config: TrainConfig, attributes: Sequence[Attribute]) -> tuple[Imbalance, ...]:
    """Returns what the settings do about rare labels, for each attribute."""
    default = config.imbalance.get("default", "plain")
    return tuple(config.imbalance.get(attribute.name, default) for attribute in attributes)


def ready(network: Network, task: Task) -> int:
    """Compiles a network for its task, and returns how many steps the whole training has.

    A checkpoint holds the optimizer's state too, so it fits a compiled network only.
    """
    config = task.config
    steps = config.epochs * len(task.shuffled())
    compile_tagger(
        network,
        task.loss(),
        learning_rate=config.learning_rate,
        steps=steps,
        weight_decay=config.weight_decay,
        mixed=task.mixed,
        device=config.device,
    )
    return steps
