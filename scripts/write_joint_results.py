"""Writes docs/results/joint.md: what the choice of the joint answer does to each level of the hierarchy.

Use: python scripts/write_joint_results.py CATALOGUE

The tagger that ships, on its catalogue's validation part, on which the choice was made; the hold-out is looked at once.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bundle_task import given, task_of
from modiste.config import TrainConfig
from modiste.measure.calibration import calibration_error, softmax
from modiste.measure.consistency import best_labels, joint_log_probabilities
from modiste.measure.label_selection import select_by_label
from modiste.measure.selection import accepted
from modiste.portable.answers import calibrated, combinations_of, confidence_in, join_heads, split_heads
from modiste.portable.bundle import Bundle, default_bundle, read_bundle
from modiste.portable.predictor import DEFAULT_PRECISION
from modiste.runs import describe_environment
from modiste.workflows.task import Task
from result_page import CATALOGUE, code, listed, table, write_page

SEED = 0
FOLDS = 5
DRAWS = 1000

PATH, LEVELS, RAW = "likeliest path", "most levels right", "most levels right, before temperatures"
MEASURES = ("accuracy", "coverage", "precision", "ECE")

Answers = Mapping[str, tuple[NDArray[np.int64], NDArray[np.float32]]]
"""Rule -> the answers about the levels, (n, levels), and the confidence in each."""


@dataclass(frozen=True)
class Level:
    """One level's answers by one rule.

    Attributes:
        confidence: (n,).
        correct: bool (n,).
        kept: bool (n,): which are accepted, by thresholds that were chosen on other products.
    """

    confidence: NDArray[np.float64]
    correct: NDArray[np.bool_]
    kept: NDArray[np.bool_]

    def measures(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Returns `MEASURES` on some of the products."""
        correct, kept = self.correct[rows], self.kept[rows]
        error = calibration_error(self.confidence[rows], correct)
        return np.array([correct.mean(), kept.mean(), correct[kept].mean() if kept.any() else np.nan, error])


def answers_by_rule(bundle: Bundle, logits: NDArray[np.float32]) -> tuple[list[int], Answers]:
    """Returns which attributes are levels, and the answers about them by each rule."""
    hierarchy = bundle.hierarchy
    assert hierarchy is not None
    levels = [bundle.schema.names.index(name) for name in hierarchy.attributes]
    scores = join_heads(logits, bundle.attributes, hierarchy)
    probabilities = calibrated(scores, bundle.temperatures)
    combinations = combinations_of(hierarchy, bundle.attributes)
    heads = split_heads(logits, bundle.sizes)
    allowed = hierarchy.combinations.astype(np.int64)
    joint = joint_log_probabilities([heads[level] for level in levels], allowed, hierarchy.weights)
    path = best_labels(probabilities, None)
    path[:, levels] = allowed[joint.argmax(axis=1)]
    by_rule = {
        PATH: path,
        LEVELS: best_labels(probabilities, combinations),
        RAW: best_labels([softmax(each) for each in scores], combinations),
    }
    return levels, {
        rule: (answers[:, levels], confidence_in(answers, probabilities)[:, levels])
        for rule, answers in by_rule.items()
    }


def decided(
    answers: NDArray[np.int64],
    confidence: NDArray[np.float32],
    correct: NDArray[np.bool_],
    chosen_on: NDArray[np.bool_],
    labels: int,
) -> NDArray[np.bool_]:
    """Returns which answers thresholds accept that were chosen on some of them."""
    selection = select_by_label(
        confidence[chosen_on], correct[chosen_on], answers[chosen_on], labels, precision=DEFAULT_PRECISION
    )
    return accepted(confidence, answers, selection.thresholds)


def level_of(
    answers: NDArray[np.int64],
    confidence: NDArray[np.float32],
    true: NDArray[np.int64],
    labels: int,
    folds: NDArray[np.int64],
    first: NDArray[np.bool_],
) -> Level:
    """Returns a level's answers; those of each fold are decided by what was chosen on the other folds."""
    correct = answers == true
    kept = np.zeros(len(true), bool)
    for fold in range(FOLDS):
        others = decided(answers, confidence, correct, (folds != fold) & first, labels)
        kept[folds == fold] = others[folds == fold]
    return Level(np.minimum(confidence.astype(np.float64), 1), correct, kept)


def with_interval(one: Level, other: Level, groups: NDArray[np.int64]) -> list[str]:
    """Returns the difference of each of `MEASURES`, with the 95 % interval of a paired bootstrap over groups."""
    generator = np.random.default_rng(SEED)
    members = np.split(np.argsort(groups, kind="stable"), np.cumsum(np.bincount(groups))[:-1])
    draws = []
    for _ in range(DRAWS):
        rows = np.concatenate([members[each] for each in generator.integers(0, len(members), len(members))])
        draws.append(other.measures(rows) - one.measures(rows))
    everything = np.arange(len(groups))
    differences = other.measures(everything) - one.measures(everything)
    return [_told(difference, column) for difference, column in zip(differences, np.transpose(draws), strict=True)]


def _told(difference: float, draws: NDArray[np.float64]) -> str:
    """Returns a difference with its interval."""
    known = draws[np.isfinite(draws)]
    if np.isnan(difference) or not len(known):
        return "none accepted"
    low, high = np.quantile(known, [0.025, 0.975])
    return f"{difference:+.4f} [{low:+.4f}, {high:+.4f}]"


def levels_by_rule(
    bundle: Bundle, levels: Sequence[int], by_rule: Answers, true: NDArray[np.int64], task: Task[TrainConfig]
) -> tuple[dict[str, list[Level]], NDArray[np.int64]]:
    """Returns rule -> the levels' answers on validation, and the group of each product."""
    column = task.part("validation")["group"]
    groups = np.unique(column.to_numpy(), return_inverse=True)[1]
    folds = np.random.default_rng(SEED).integers(0, FOLDS, groups.max() + 1)[groups]
    first = column.is_first_distinct().to_numpy()
    return {
        rule: [
            level_of(answers[:, at], confidence[:, at], true[:, level], bundle.sizes[level], folds, first)
            for at, level in enumerate(levels)
        ]
        for rule, (answers, confidence) in by_rule.items()
    }, groups


def page(bundle: Bundle, task: Task[TrainConfig]) -> Iterator[str]:
    """Yields the lines of the page."""
    true = task.label_ids("validation")
    levels, by_rule = answers_by_rule(bundle, given(bundle, task, "validation").logits)
    found, groups = levels_by_rule(bundle, levels, by_rule, true, task)
    names = [bundle.schema.names[level] for level in levels]
    everything = np.arange(len(true))
    yield "# Which combination of labels is the answer"
    yield ""
    yield "Written by `python scripts/write_joint_results.py CATALOGUE`; nothing here is typed in by hand."
    yield CATALOGUE
    yield ""
    yield "Of the joint distribution over the allowed combinations, *likeliest path* answers with the most probable"
    yield "single combination, and *most levels right* with the one that has the greatest sum of its labels'"
    yield "probabilities, which is how many levels it is expected to have right. The latter is what Modiste answers."
    yield ""
    yield f"## Validation ({len(true):,} products), on which the choice was made"
    yield ""
    yield f"At a target precision of {DEFAULT_PRECISION}. The thresholds for each fifth of the products were chosen on"
    yield f"the other four (seed {SEED}), near-identical pictures in one fifth. Temperatures are those of the whole"
    yield "part, and nothing is accepted that is more likely wrong than right, by either rule."
    yield ""
    yield from table(
        ("level", "answer", *MEASURES),
        (
            (name, rule, *(f"{value:.4f}" for value in found[rule][at].measures(everything)))
            for at, name in enumerate(names)
            for rule in by_rule
        ),
    )
    yield f"What *{LEVELS}* adds to *{PATH}*, with 95 % intervals ({DRAWS:,} paired bootstrap draws of groups of"
    yield f"near-identical pictures, seed {SEED}):"
    yield ""
    yield from table(
        ("level", *MEASURES),
        ((name, *with_interval(found[PATH][at], found[LEVELS][at], groups)) for at, name in enumerate(names)),
    )
    yield from _counts(by_rule, true[:, levels])
    yield from _holdout(bundle, task, levels, by_rule, true)
    facts = describe_environment(("numpy", "onnxruntime", "polars", "scipy"))
    yield from code("sh", "python scripts/write_joint_results.py CATALOGUE")
    yield f"{listed(facts)}; bundle {bundle.fingerprint}."


def _counts(by_rule: Answers, true: NDArray[np.int64]) -> Iterator[str]:
    path, levels, raw = (by_rule[rule][0] for rule in (PATH, LEVELS, RAW))
    yield f"Of {len(path):,} products, {int((path != levels).any(axis=1).sum())} get another answer at some level."
    yield f"The mean number of right levels is {(path == true).sum(axis=1).mean():.4f} by the likeliest path and"
    yield f"{(levels == true).sum(axis=1).mean():.4f} by most levels right; all levels are right for"
    yield f"{(path == true).all(axis=1).mean():.4f} and {(levels == true).all(axis=1).mean():.4f} of the products."
    yield f"Probabilities before temperatures give another answer for {int((raw != levels).any(axis=1).sum())} of them,"
    yield "so it matters little which are summed: it is those after, which people see."
    yield ""


def _holdout(
    bundle: Bundle, task: Task[TrainConfig], levels: Sequence[int], by_rule: Answers, true: NDArray[np.int64]
) -> Iterator[str]:
    first = task.part("validation")["group"].is_first_distinct().to_numpy()
    _, tested = answers_by_rule(bundle, given(bundle, task, "holdout").logits)
    known = task.label_ids("holdout")
    yield f"## Hold-out ({len(known):,} products), looked at once, with thresholds chosen on all of validation"
    yield ""
    rows = []
    for at, level in enumerate(levels):
        for rule in (PATH, LEVELS):
            (chosen, sure), (answers, confidence) = by_rule[rule], tested[rule]
            selection = select_by_label(
                sure[first, at],
                (chosen[:, at] == true[:, level])[first],
                chosen[first, at],
                bundle.sizes[level],
                precision=DEFAULT_PRECISION,
            )
            kept = accepted(confidence[:, at], answers[:, at], selection.thresholds)
            stated = np.minimum(confidence[:, at].astype(np.float64), 1)
            values = Level(stated, answers[:, at] == known[:, level], kept).measures(np.arange(len(known)))
            rows.append((bundle.schema.names[level], rule, *(f"{value:.4f}" for value in values)))
    yield from table(("level", "answer", *MEASURES), rows)


def main() -> None:
    """Writes the page."""
    bundle = read_bundle(default_bundle())
    write_page("joint", page(bundle, task_of(bundle, Path(sys.argv[1]))))


if __name__ == "__main__":
    main()
