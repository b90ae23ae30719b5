"""The one validator of answers with a confidence."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["check_answers", "check_share"]


def check_answers(confidence: NDArray[np.floating], correct: NDArray[np.bool_]) -> None:
    """Refuses what is not a list of answers.

    Args:
        confidence: (n,) in [0, 1].
        correct: bool (n,).

    Raises:
        ValueError: The arrays are no vectors of the same length, or hold other values.
    """
    if confidence.ndim != 1 or confidence.shape != correct.shape:
        raise ValueError(
            f"confidence {confidence.shape} and correct {correct.shape} must be vectors of the same length"
        )
    if correct.dtype != np.bool_:
        raise ValueError(f"correct must be bool, not {correct.dtype}")
    if not ((confidence >= 0) & (confidence <= 1)).all():
        raise ValueError("confidence must be in [0, 1]")


def check_share(name: str, value: float) -> None:
    """Raises ValueError unless 0 < value < 1."""
    if not 0 < value < 1:
        raise ValueError(f"{name} must be between 0 and 1, not {value}")
