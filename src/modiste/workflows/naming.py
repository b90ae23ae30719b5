"""What a training learns of products' names: the words' model, how far it is believed, and what that is worth."""

import io
from collections.abc import Mapping, Sequence
from typing import Any
from zipfile import BadZipFile

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.errors import RunError
from modiste.measure.selection import selective_scores
from modiste.portable.answers import select
from modiste.portable.calibration import Calibrated, calibrate
from modiste.portable.naming import Naming, answer_named
from modiste.predictions import Predictions
from modiste.progress import Progress
from modiste.runs import Run, write_whole
from modiste.schema import Schema
from modiste.text.fitting import fit_names, fit_shares
from modiste.text.fusion import fused
from modiste.text.names import NameModel
from modiste.workflows.task import Config, Task

__all__ = [
    "NAMES",
    "calibrate_names",
    "learn_names",
    "name_scores",
    "names_of",
    "read_names",
    "with_names",
    "write_names",
]

NAMES = "names.npz"
"""The file of a run folder that holds the words' model."""

TERMS = "terms"

PICTURE_ALONE = (1.0, 0.0)
"""How far the picture is believed, and the name, where a name says nothing that its words do not say already."""


def write_names(run: Run, model: NameModel) -> None:
    """Keeps the words' model in a run folder."""
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {name: value for name, value in vars(model).items() if isinstance(value, np.ndarray)}
    arrays[TERMS] = np.frombuffer("\n".join(model.terms).encode(), np.uint8)
    np.savez(buffer, **arrays)
    write_whole(run.path / NAMES, buffer.getbuffer())


def read_names(run: Run) -> NameModel | None:
    """Returns a run's words' model; None where it has none.

    Raises:
        RunError: It is damaged.
    """
    path = run.path / NAMES
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as held:
            arrays = dict(held.items())
        return NameModel(tuple(arrays.pop(TERMS).tobytes().decode().split("\n")), **arrays)
    except (OSError, EOFError, KeyError, TypeError, ValueError, BadZipFile) as error:
        raise RunError("its words cannot be read", where=path, fix="train again") from error


def names_of(task: Task[Config], part: str) -> list[str | None]:
    """Returns the name of each photo's product in a part; None where it has none."""
    return task.part(part)[task.schema.text].cast(pl.String).to_list()


def learn_names(task: Task[Config], *, progress: Progress) -> NameModel | None:
    """Fits the words' model on the training products' names; None where the catalogue has no names.

    Args:
        task: What is learned, its schema naming the column of text.
        progress: Is told of each attribute.
    """
    if task.schema.text not in task.photos.columns:
        return None
    products = task.products("train")
    return fit_names(
        products[task.schema.text].cast(pl.String).to_list(),
        task.product_label_ids("train"),
        task.schema.sizes,
        on_attribute=lambda done: progress("reading names", done, len(task.schema.names)),
    )


def calibrate_names(model: NameModel, task: Task[Config], logits: NDArray[np.float32]) -> Naming:
    """Fits on validation products how far picture and name are believed, and what makes their confidence honest.

    Args:
        model: What names say.
        task: What was learned.
        logits: (validation photos, labels of all attributes): what the network gives for them.
    """
    names, sizes = names_of(task, "validation"), task.schema.sizes
    known = model.known(names)
    seen, said = logits[known], model.logits([name for name, is_known in zip(names, known, strict=True) if is_known])
    true = task.label_ids("validation")[known]
    shares = fit_shares(seen, said, true, sizes)
    # Words tell these labels, so of the names that training has none is wrong, and of one without such a word nothing
    # is known.
    told_by_words = [attribute.kind == "words" for attribute in task.schema.attributes]
    shares[told_by_words] = PICTURE_ALONE
    fitted = calibrate(
        task.schema,
        fused(seen, said, shares, sizes),
        np.zeros(int(known.sum()), np.float32),  # the gate is that of pictures alone
        train=task.label_ids("train"),
        validation=true,
        first_of_group=task.part("validation")["group"].is_first_distinct().to_numpy()[known],
    )
    weights = np.empty(0) if fitted.hierarchy is None else fitted.hierarchy.weights
    return Naming(model, shares, weights, np.array(fitted.temperatures), fitted.calibration)


def with_names(
    alone: Predictions,
    logits: NDArray[np.float32],
    names: Sequence[str | None],
    *,
    schema: Schema,
    naming: Naming,
    calibrated: Calibrated,
) -> Predictions:
    """Returns the answers from pictures and names, out of those from photos alone: see `answer_named`."""
    return answer_named(
        alone,
        logits,
        names,
        schema,
        naming=naming,
        hierarchy=calibrated.hierarchy,
        ood_threshold=calibrated.ood_threshold,
        selections=select(naming.calibration, schema.attributes, alone.precision),
    )


def name_scores(
    task: Task[Config], logits: NDArray[np.float32], alone: Predictions, naming: Naming, calibrated: Calibrated
) -> dict[str, Any]:
    """Returns what a model card says of names, on the hold-out's photos, as plain values.

    By picture, by name, and by both; for names that training has and others; and by both where the name is that of
    another product, or missing.

    Args:
        task: What was learned.
        logits: (hold-out photos, labels of all attributes).
        alone: The answers about the hold-out's photos from the pictures alone.
        naming: What names are read with.
        calibrated: What makes answers of pictures alone.
    """
    names, true = names_of(task, "holdout"), task.label_ids("holdout")
    learned = set(names_of(task, "train"))
    seen = np.array([name in learned for name in names])
    shuffled = [names[row] for row in np.random.default_rng(task.config.seed).permutation(len(names))]
    said = naming.model.logits(names)
    by_name = np.stack([part.argmax(axis=1) for part in np.split(said, np.cumsum(task.schema.sizes)[:-1], axis=1)], 1)

    def both(given: Sequence[str | None]) -> Predictions:
        return with_names(alone, logits, given, schema=task.schema, naming=naming, calibrated=calibrated)

    told, wrong = both(names), both(shuffled)
    cases: Mapping[str, tuple[NDArray[np.int64], NDArray[np.bool_] | None, NDArray[np.bool_] | None]] = {
        "picture": (alone.label_ids, alone.accepted, None),
        "name": (by_name, None, None),
        "name, seen": (by_name, None, seen),
        "name, unseen": (by_name, None, ~seen),
        "both": (told.label_ids, told.accepted, None),
        "both, seen": (told.label_ids, told.accepted, seen),
        "both, unseen": (told.label_ids, told.accepted, ~seen),
        "both, another product's name": (wrong.label_ids, wrong.accepted, None),
    }
    return {
        case: {
            attribute: _scores(answers[:, at], true[:, at], None if kept is None else kept[:, at], rows)
            for at, attribute in enumerate(task.schema.names)
        }
        for case, (answers, kept, rows) in cases.items()
    }


def _scores(
    answers: NDArray[np.int64],
    true: NDArray[np.int64],
    accepted: NDArray[np.bool_] | None,
    rows: NDArray[np.bool_] | None,
) -> dict[str, float | int | None]:
    known = (true >= 0) if rows is None else (true >= 0) & rows
    right = answers[known] == true[known]
    found: dict[str, float | int | None] = {"n": len(right), "accuracy": _rounded(right.mean()) if len(right) else None}
    if accepted is None or not len(right):
        return found
    decided = selective_scores(right, accepted[known])
    precision = _rounded(decided.precision.value) if decided.accepted else None
    return found | {"coverage": _rounded(decided.coverage.value), "precision": precision}


def _rounded(value: float) -> float:
    return round(float(value), 4)
