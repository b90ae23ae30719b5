"""What a bundle learned, and its network's outputs, from its catalogue alone: a run folder is not needed."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from modiste.config import TrainConfig
from modiste.dataset.split import PARTS
from modiste.errors import CatalogueError
from modiste.portable.bundle import Bundle
from modiste.portable.engine import ANSWERED, open_engine, usable_cores
from modiste.progress import silent
from modiste.workflows.splitting import split_for
from modiste.workflows.task import Task, prepare_for

__all__ = ["Given", "given", "task_of"]

BATCH = 32


@dataclass(frozen=True)
class Given:
    """What a bundle's network gives for n photos.

    Attributes:
        logits: float32 (n, labels of all attributes).
        visual: float32 (n, d), L2-normalised.
        ood_score: float32 (n,).
    """

    logits: NDArray[np.float32]
    visual: NDArray[np.float32]
    ood_score: NDArray[np.float32]


def task_of(bundle: Bundle, catalogue: Path) -> Task[TrainConfig]:
    """Returns what a bundle learned: its schema, and its catalogue in the parts that its card names.

    Raises:
        CatalogueError: The catalogue gives other parts than the card says.
    """
    protocol, learned = bundle.card["protocol"], bundle.card["data"]["products"]
    image = bundle.image
    config = TrainConfig(
        width=image.width,
        height=image.height,
        fill=image.fill,
        stretch=image.stretch,
        split=protocol["split"],
        seed=protocol["seed"],
    )
    prepared = prepare_for(config, catalogue, progress=silent)
    photos, split = split_for(prepared, config, progress=silent)
    task = Task(config, bundle.schema, prepared, photos, split)
    found = {part: task.products(part).height for part in PARTS}
    if found != learned:
        raise CatalogueError(f"gives {found}, and the bundle learned from {learned}", where=catalogue)
    return task


def given(bundle: Bundle, task: Task[TrainConfig], part: str) -> Given:
    """Returns what a bundle's network gives for the photos of a part."""
    engine = open_engine(bundle.network, device="cpu")
    pixels, rows = task.prepared.pixels, task.part(part)["row"].to_numpy()
    batches = [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]
    with ThreadPoolExecutor(usable_cores()) as pool:
        parts = list(pool.map(lambda batch: engine.run(pixels[batch], ANSWERED), batches))
    return Given(*(np.concatenate([each[name] for each in parts]) for name in ANSWERED))
