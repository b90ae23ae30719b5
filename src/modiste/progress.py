"""How a job reports its progress."""

from typing import Protocol

__all__ = ["Progress", "silent"]


class Progress(Protocol):
    """Called as a job goes on."""

    def __call__(self, stage: str, done: int, total: int, note: str = "") -> None:
        """Reports a step.

        Args:
            stage: What is being done; another stage means that the one before is over.
            done: Steps of the stage done so far.
            total: Steps of the stage in all.
            note: What else is worth showing, for instance the loss.
        """


def silent(stage: str, done: int, total: int, note: str = "") -> None:
    """Reports nothing: the default where nobody watches."""
