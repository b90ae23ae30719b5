"""One photo's row of predictions, as an object."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from math import isnan
from typing import TYPE_CHECKING, Literal

from modiste.predictions.frames import most_probable

if TYPE_CHECKING:
    from modiste.predictions.photos import Predictions

__all__ = ["Answer", "Decision", "Prediction", "rows_of"]

Decision = Literal["accept", "review"]


@dataclass(frozen=True)
class Answer:
    """The answer about one attribute of a photo.

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
        answers: Attribute -> the answer about it; empty where there is an error.
        error: Why there is no answer, else None.
        id: Whose photo it is; the path where nobody said.
        note: What else there is to know: which of a product's photos could not be read, for instance; else None.
        ood_score: How unlike the training data it is, in [0, 1]; None where there is an error, or it was not kept.
    """

    path: str
    answers: dict[str, Answer]
    error: str | None = None
    id: str = ""
    ood_score: float | None = None
    note: str | None = None

    def as_json(self) -> dict[str, object]:
        """Returns the photo with its answers as plain values."""
        answers = {name: asdict(answer) for name, answer in self.answers.items()}
        said: dict[str, object] = {"path": self.path, "id": self.id, "answers": answers, "error": self.error}
        return said if self.note is None else said | {"note": self.note}

    @property
    def name(self) -> str:
        """What to call it: its path, or where it has no photo, whose it would be."""
        return self.path or self.id

    def __str__(self) -> str:
        if self.error is not None:
            return f"{self.name}: {self.error}"
        said = f"{self.name}: {'; '.join(f'{name} {answer}' for name, answer in self.answers.items())}"
        return said if self.note is None else f"{said} ({self.note})"


def rows_of(predictions: "Predictions") -> Iterator[Prediction]:
    """Yields one object a photo, in order."""
    columns = [_answers(predictions, index) for index in range(len(predictions.schema.attributes))]
    names = predictions.schema.names
    scores = predictions.ood_score.tolist()
    notes = predictions.notes or (None,) * len(predictions)
    told = zip(predictions.paths, predictions.ids, predictions.errors, notes, scores, *columns, strict=True)
    for path, owner, error, note, score, *answers in told:
        if error is None:
            known = dict(zip(names, answers, strict=True))
            yield Prediction(path, known, None, owner, None if isnan(score) else score, note)
        else:
            yield Prediction(path, {}, error, owner)


def _answers(predictions: "Predictions", index: int) -> Iterator[Answer]:
    """Yields the answers about one attribute; where a photo has an error, one that `rows_of` leaves out."""
    labels = predictions.schema.attributes[index].labels
    label_ids, confidence = predictions.label_ids[:, index], predictions.confidence[:, index]
    if predictions.all_probabilities is None:
        best, shares = label_ids[:, None], confidence[:, None]
    else:
        best, shares = most_probable(predictions.all_probabilities[index], predictions.top)
    columns = (each.tolist() for each in (label_ids, confidence, predictions.accepted[:, index], best, shares))
    for label_id, probability, accepted, first, theirs in zip(*columns, strict=True):
        top = tuple(zip([labels[each] for each in first], theirs, strict=True))
        yield Answer(labels[label_id], probability, "accept" if accepted else "review", top)
