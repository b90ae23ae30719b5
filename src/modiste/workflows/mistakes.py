"""The answers that were wrong although the network was sure of them."""

from typing import Any

import numpy as np

from modiste.predictions import Predictions
from modiste.reports.study import Mistake
from modiste.workflows.task import Task

__all__ = ["worst_mistakes"]

GALLERY = 30
"""How many to show."""


def worst_mistakes(task: Task[Any], predictions: Predictions, index: int) -> tuple[Mistake, ...]:
    """Returns the wrong answers about an attribute that the network was surest of, the surest first.

    Args:
        task: What was learned.
        predictions: The predictions for the hold-out's products.
        index: The attribute's.
    """
    products, labels = task.products("holdout"), task.schema.attributes[index].labels
    true, said = task.product_label_ids("holdout")[:, index], predictions.label_ids[:, index]
    confidence = predictions.confidence[:, index]
    wrong = np.flatnonzero((true >= 0) & (true < len(labels)) & (true != said))
    worst = sorted(wrong.tolist(), key=lambda row: (-confidence[row], row))[:GALLERY]
    return tuple(
        Mistake(
            id=products["id"][row],
            true=labels[true[row]],
            predicted=labels[said[row]],
            probability=float(confidence[row]),
            pixels=task.prepared.pixels[products["row"][row]],
        )
        for row in worst
    )
