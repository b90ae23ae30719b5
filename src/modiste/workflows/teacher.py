"""What a network that is trained already says of the training pictures, for another to learn from besides the labels.

A larger or slower network can so hand on what it knows to the one that ships, and where labels are wrong it often knows
better (Hinton et al. 2015; Beyer et al. 2022).
"""

from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from modiste.config import TrainConfig
from modiste.errors import RunError
from modiste.learning.prediction import observe
from modiste.learning.training import Network
from modiste.measure.calibration import softmax
from modiste.portable.answers import split_heads
from modiste.progress import Progress
from modiste.runs import Run
from modiste.workflows.networks import in_order, is_mixed
from modiste.workflows.task import Task

__all__ = ["check_teacher", "find_teacher", "taught_by"]


def find_teacher(config: TrainConfig) -> Run | None:
    """Returns the run whose network is to teach; None where the settings name none.

    Raises:
        RunError: It is not there, or no training's.
    """
    if not config.teacher:
        return None
    run = Run(Path(config.teacher))
    run.check_kind("train")
    return run


def check_teacher(teacher: Task[TrainConfig], task: Task[TrainConfig], where: Path) -> None:
    """Makes sure that a teacher learned the same: its answers to products that are this one's hold-out would be known.

    Args:
        teacher: What it was trained for.
        task: Of the network that is to learn.
        where: The teacher's run folder, for errors.

    Raises:
        RunError: It learned something else.
    """
    ids = [each.photos.sort("id").select("id", "part") for each in (teacher, task)]
    same = ids[0].equals(ids[1])
    if not same or teacher.schema.attributes != task.schema.attributes:
        raise RunError(
            f"this teacher learned {'other attributes or labels' if same else 'from other products'}",
            where=where,
            fix="train it with the same catalogue, --split, --seed and --targets",
        )


def taught_by(
    teacher: Task[TrainConfig], network: Network, task: Task[TrainConfig], *, progress: Progress
) -> NDArray[np.float32]:
    """Returns the probabilities that a trained network gives to the labels of the pictures that another learns from.

    Args:
        teacher: What it was trained for.
        network: With the weights that are to answer.
        task: Of the network that is to learn, for the same photos: see `check_teacher`.
        progress: Is told of each batch.

    Returns:
        float32 (train photos, labels of all attributes).
    """
    # In the order of the learner's photos, not of the teacher's.
    order = (
        task.part("train")
        .select("id", "image")
        .join(
            teacher.part("train").select("id", "image").with_row_index("row_of_teacher"),
            on=["id", "image"],
            how="left",
            maintain_order="left",
        )["row_of_teacher"]
        .to_numpy()
    )
    batches = in_order(teacher, "train")
    told = partial(progress, "asking the teacher", total=len(batches))
    logits = observe(network, batches, mixed=is_mixed(teacher.config), on_batch=told).logits
    parts = split_heads(logits, teacher.schema.sizes)
    return np.concatenate([softmax(part) for part in parts], axis=1).astype(np.float32)[order]
