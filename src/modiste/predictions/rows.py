"""One photo's row as an object: what a program reads, prints and sends."""

from dataclasses import asdict, dataclass
from typing import Literal

__all__ = ["Answer", "Decision", "Prediction"]

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
class Prediction:
    """What is known of one photo, or the reason why nothing is.

    Attributes:
        path: What the photo is called.
        answers: Attribute -> what is said of it; empty where there is an error.
        error: Why there is no answer, else None.
        id: Whose photo it is; the path where nobody said.
        ood_score: How unlike the training data it is, in [0, 1]; None where there is an error.
    """

    path: str
    answers: dict[str, Answer]
    error: str | None = None
    id: str = ""
    ood_score: float | None = None

    def as_json(self) -> dict[str, object]:
        """Returns the photo with its answers as plain values."""
        answers = {name: asdict(answer) for name, answer in self.answers.items()}
        return {"path": self.path, "answers": answers, "error": self.error}

    def __str__(self) -> str:
        if self.error is not None:
            return f"{self.path}: {self.error}"
        return f"{self.path}: {'; '.join(f'{name} {answer}' for name, answer in self.answers.items())}"
