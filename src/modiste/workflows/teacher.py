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
from modiste.learning.training import load_best
from modiste.measure.calibration import softmax
from modiste.progress import Progress
from modiste.runs import CHECKPOINTS, Run
from modiste.workflows.tagger import Task, network_of, open_task, ready

__all__ = ["find_teacher", "taught_by"]


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


def taught_by(run: Run, task: Task, progress: Progress) -> NDArray[np.float32]:
    """Returns the probabilities that a run's network gives to each label of the pictures that another is to learn from:
    float32 (train products, labels of all attributes).

    Args:
        run: What `train` wrote, for the same products, split and attributes.
        task: Of the network that is to learn.
        progress: Is told of each batch.

    Raises:
        RunError: The run is not finished, or it learned something else: for instance from products that
            are this one's hold-out.
    """
    teacher = open_task(run, progress, device=task.config.device)
    same = teacher.products.sort("id").select("id", "part").equals(task.products.sort("id").select("id", "part"))
    if not same or teacher.attributes != task.attributes:
        raise RunError(
            f"this teacher learned {'other attributes or labels' if same else 'from other products'}",
            where=run.path,
            fix="train it with the same catalogue, --split, --seed and --targets",
        )
    network = network_of(teacher.config, teacher.attributes)
    ready(network, teacher)
    load_best(network, run.path / CHECKPOINTS)
    # In the order of the learner's products, not of the teacher's.
    order = (
        task.part("train")
        .select("id")
        .join(teacher.part("train").select("id").with_row_index("place"), on="id", how="left", maintain_order="left")[
            "place"
        ]
        .to_numpy()
    )
    batches = teacher.in_order("train")
    told = partial(progress, "asking the teacher", total=len(batches))
    logits = observe(network, batches, mixed=teacher.mixed, on_batch=told).logits
    parts = np.split(logits, np.cumsum(teacher.sizes)[:-1], axis=1)
    return np.concatenate([softmax(part) for part in parts], axis=1).astype(np.float32)[order]
