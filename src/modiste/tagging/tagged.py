"""One photo, tagged, as an object."""

from dataclasses import asdict, dataclass
from typing import Literal

__all__ = ["Answer", "Decision", "Tagged"]

Decision = Literal["accept", "review"]


@dataclass(frozen=True)
class Answer:
    """What is said of one attribute of a photo.

    Attributes:
        label: The label.
        probability: That it is right, calibrated, in [0, 1].
        decision: `accept`, or `review` where a person should look.
        top: The most probable labels with their probabilities, the most probable first.
    """

    label: str
    probability: float
    decision: Decision
    top: tuple[tuple[str, float], ...]

    def __str__(self) -> str:
        said = f"{self.label} ({self.probability:.2f}{', review' if self.decision == 'review' else ''})"
        best = ", ".join(f"{label} {probability:.2f}" for label, probability in self.top)
        return f"{said} [{best}]" if len(self.top) > 1 else said


@dataclass(frozen=True)
class Tagged:
    """One photo, tagged, or the reason why it could not be.

    Attributes:
        path: What the photo is called.
        answers: Attribute -> what is said of it; empty where there is an error.
        error: Why there is no answer, else None.
    """

    path: str
    answers: dict[str, Answer]
    error: str | None = None

    def as_json(self) -> dict[str, object]:
        """Returns the photo as plain values."""
        return asdict(self)

    def __str__(self) -> str:
        if self.error is not None:
            return f"{self.path}: {self.error}"
        return f"{self.path}: {'; '.join(f'{name} {answer}' for name, answer in self.answers.items())}"
