"""A bundle calibrated anew on some hundred labelled photos of its user's own: in seconds, and without training.

The network stays as it is. What is fitted is how far its answers are believed, and an offset a label for how often it
says each (see `measure.prior_shift`). The answers that thresholds are chosen from are then those about these photos,
each given by a fit that did not see its group; and what precision and coverage to expect is measured with thresholds
that did not see it either. An attribute of which nothing is known keeps what it has where it still holds, and accepts
nothing where it does not.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from modiste.measure.clustering import clustered_share, folds_by_group, intraclass_correlation
from modiste.measure.consistency import best_labels
from modiste.measure.metrics import Estimate
from modiste.measure.ood import ood_threshold
from modiste.measure.prior_shift import fit_shift, weights_by_group
from modiste.measure.selection import accepted
from modiste.portable.answers import (
    calibrated,
    combinations_of,
    confidence_in,
    join_heads,
    joint_scores,
    select,
    split_heads,
)
from modiste.portable.bundle import Bundle
from modiste.portable.contents import EXPECTED, MOST, Calibration

__all__ = ["FEWEST", "Expected", "Observed", "Recalibrated", "recalibrate"]

FEWEST = 30
"""An attribute of fewer labelled photos is left as one of which nothing is known."""

FOLDS = 5
"""Parts of the photos, each of which is answered by what the others gave."""

IMPLIED = 0.95
"""The least share of the photos for which labels must follow from others."""

FAMILIAR = 0.9
"""Where the gate lets such a share of the photos pass, they are of the kind that the bundle knows, and it stays."""


@dataclass(frozen=True, eq=False)
class Observed:
    """What is known of n photos, and what a bundle's network gives for them.

    Attributes:
        logits: float32 (n, labels of all attributes).
        ood_score: float32 (n,).
        allowed: Per attribute, bool (n, its labels): which labels are right; none where nothing is known.
        groups: int64 (n,): photos of one group, such as of one sender, are no independent evidence.
    """

    logits: NDArray[np.float32]
    ood_score: NDArray[np.float32]
    allowed: tuple[NDArray[np.bool_], ...]
    groups: NDArray[np.int64]

    def __getitem__(self, rows: NDArray[np.bool_]) -> "Observed":
        """Returns some of the photos."""
        allowed = tuple(each[rows] for each in self.allowed)
        return Observed(self.logits[rows], self.ood_score[rows], allowed, self.groups[rows])

    @cached_property
    def known(self) -> NDArray[np.bool_]:
        """Of which photos something is known: bool (n, attributes)."""
        return np.stack([each.any(axis=1) for each in self.allowed], axis=1)


@dataclass(frozen=True)
class Expected:
    """What to expect of an attribute's answers about photos like those that a bundle was calibrated on.

    Attributes:
        attribute: Its name.
        photos: How many photos have a label of it.
        before: The share of right answers of the bundle as it was; None without a photo.
        accuracy: The share of right answers now; None where nothing was fitted.
        coverage: The share of answers that are accepted; None where nothing was fitted.
        precision: The share of right ones among them; None where none was accepted.
        accepted: How many answers that is measured on.
        kept: Whether it is as it was, its photos being of the kind that the bundle knows.
    """

    attribute: str
    photos: int
    before: Estimate | None
    accuracy: Estimate | None = None
    coverage: Estimate | None = None
    precision: Estimate | None = None
    accepted: int = 0
    kept: bool = False


@dataclass(frozen=True, eq=False)
class Recalibrated:
    """A bundle that was calibrated anew.

    Attributes:
        bundle: The bundle; its card is as it was.
        expected: What to expect of each attribute's answers at the precision that was asked for.
        familiar: The share of the photos that the bundle's gate let pass before.
    """

    bundle: Bundle
    expected: tuple[Expected, ...]
    familiar: float


def recalibrate(bundle: Bundle, observed: Observed, *, precision: float) -> Recalibrated:
    """Calibrates a bundle anew.

    Args:
        bundle: The bundle.
        observed: What is known of photos of at least two groups, with `FEWEST` labels of an attribute or more.
        precision: The target that is reported on, in (0, 1).

    Raises:
        ValueError: There is one group alone, or no attribute has labels enough.
    """
    observed = replace(observed, allowed=_implied(bundle, observed.allowed))
    fitted = observed.known.sum(axis=0) >= FEWEST
    if len(np.unique(observed.groups)) < 2 or not fitted.any():
        raise ValueError(f"need photos of two groups at least, and {FEWEST} labels of an attribute")
    familiar = float((observed.ood_score <= np.float32(bundle.ood_threshold)).mean())
    gate = bundle.ood_threshold
    if familiar < FAMILIAR:
        gate = max(gate, ood_threshold(observed.ood_score))
    after = replace(_fit(bundle, observed, fitted), ood_threshold=gate, assurance=EXPECTED)
    parts = list(folds_by_group(observed.groups, FOLDS))
    told = _Answers.joined([_answers(_fit(bundle, observed[~part], fitted), observed[part]) for part in parts], parts)
    evidence = told.evidence(observed, gate)
    kept = ~fitted & ~_touched(bundle, fitted) & (gate == bundle.ood_threshold)
    calibration = tuple(
        evidence[index].all if fitted[index] else each if kept[index] else _nothing()
        for index, each in enumerate(bundle.calibration)
    )
    before = _answers(bundle, observed)
    expected = tuple(
        _expected(after, observed, told, before, evidence[index], parts, index, precision)
        if fitted[index]
        else _unfitted(after, observed, before, index, kept=bool(kept[index]))
        for index in range(len(bundle.attributes))
    )
    return Recalibrated(replace(after, calibration=calibration), expected, familiar)


@dataclass(frozen=True, eq=False)
class _Answers:
    """Answers about n photos: label ids, confidence and whether they are right, each (n, attributes)."""

    label_ids: NDArray[np.int64]
    confidence: NDArray[np.float32]
    correct: NDArray[np.bool_]

    @classmethod
    def joined(cls, answers: Sequence["_Answers"], parts: Sequence[NDArray[np.bool_]]) -> "_Answers":
        """Returns answers about parts of the photos in the order of the whole."""
        order = np.argsort(np.concatenate([np.flatnonzero(part) for part in parts]), kind="stable")
        columns = zip(*(vars(each).values() for each in answers), strict=True)
        return cls(*(np.concatenate(each)[order] for each in columns))

    def evidence(self, observed: Observed, gate: float) -> tuple["_Evidence", ...]:
        """Returns each attribute's answers that thresholds are chosen from: of what is known and passes the gate."""
        inside = observed.ood_score <= np.float32(gate)
        return tuple(
            _Evidence(self, index, inside & observed.known[:, index]) for index in range(self.label_ids.shape[1])
        )


@dataclass(frozen=True, eq=False)
class _Evidence:
    """The answers about an attribute that thresholds are chosen from."""

    answers: _Answers
    index: int
    rows: NDArray[np.bool_]

    @property
    def all(self) -> Calibration:
        return self.of(np.ones_like(self.rows))

    def of(self, photos: NDArray[np.bool_]) -> Calibration:
        """Returns those about some photos."""
        rows, told = self.rows & photos, self.answers
        answer = told.label_ids[rows, self.index].astype(np.uint16)
        return Calibration(told.confidence[rows, self.index], told.correct[rows, self.index], answer)


def _nothing() -> Calibration:
    return Calibration(np.empty(0, np.float32), np.empty(0, np.bool_), np.empty(0, np.uint16))


def _together(bundle: Bundle) -> list[int]:
    """Returns the indices of the attributes whose answers must fit together."""
    return [bundle.schema.index(name) for name in bundle.hierarchy.attributes] if bundle.hierarchy else []


def _touched(bundle: Bundle, fitted: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Returns which attributes' answers change, as those do that must fit to others that are fitted."""
    touched, together = fitted.copy(), _together(bundle)
    touched[together] |= fitted[together].any()
    return touched


def _implied(bundle: Bundle, allowed: Sequence[NDArray[np.bool_]]) -> tuple[NDArray[np.bool_], ...]:
    """Adds what follows from the labels that are known: of a hierarchy, whatever only one label fits to.

    Not where it follows for some photos alone: these are easier or harder than the others, and no evidence of them.
    """
    found, together = list(allowed), _together(bundle)
    if bundle.hierarchy is None:
        return tuple(found)
    combinations = bundle.hierarchy.combinations.astype(np.int64)
    possible = np.ones((len(allowed[0]), len(combinations)), np.bool_)
    known = [allowed[index].any(axis=1) for index in together]
    for index, labels, rows in zip(together, combinations.T, known, strict=True):
        possible[rows] &= allowed[index][rows][:, labels]
    some = np.any(known, axis=0)
    for index, labels, rows in zip(together, combinations.T, known, strict=True):
        fits = np.stack([possible[:, labels == label].any(axis=1) for label in range(allowed[index].shape[1])], axis=1)
        follows = some & ~rows & (fits.sum(axis=1) == 1)
        if (follows | rows).sum() < IMPLIED * some.sum():
            continue
        found[index] = np.where(follows[:, None], fits, allowed[index])
    return tuple(found)


def _fit(bundle: Bundle, observed: Observed, fitted: NDArray[np.bool_]) -> Bundle:
    """Returns the bundle with the offsets, weights and temperatures that make its answers to these photos likely."""
    weights, together = weights_by_group(observed.groups), _together(bundle)
    offsets = np.zeros(sum(bundle.sizes)) if bundle.offsets is None else bundle.offsets.astype(np.float64)
    added = split_heads(offsets[None], bundle.sizes)
    temperatures, hierarchy = list(bundle.temperatures), bundle.hierarchy
    scores = join_heads(observed.logits, bundle.attributes, bundle.hierarchy, bundle.offsets)
    for index in np.flatnonzero(fitted).tolist():
        if index in together:
            continue
        start = scores[index] / temperatures[index]
        labels = np.arange(bundle.sizes[index])[:, None]
        shift = fit_shift(start, labels, [observed.allowed[index]], weights)
        temperatures[index] = _bounded(temperatures[index] / shift.scale)
        added[index] = added[index] + shift.offsets[0] * temperatures[index]
    some = [index for index in together if fitted[index]]
    if hierarchy is not None and some:
        combinations = hierarchy.combinations.astype(np.int64)
        columns = combinations[:, [together.index(index) for index in some]]
        joint = joint_scores(observed.logits, bundle.attributes, hierarchy, bundle.offsets)
        shift = fit_shift(joint, columns, [observed.allowed[index] for index in some], weights)
        hierarchy = replace(hierarchy, weights=np.clip(hierarchy.weights * shift.scale, 1 / MOST, MOST))
        for index in together:
            added[index] = added[index] * shift.scale
            temperatures[index] = 1.0
        for index, values in zip(some, shift.offsets, strict=True):
            added[index] = added[index] + values
    whole = np.clip(np.concatenate(added, axis=1)[0], -MOST, MOST).astype(np.float32)
    return replace(bundle, temperatures=tuple(temperatures), hierarchy=hierarchy, offsets=whole)


def _bounded(temperature: float) -> float:
    return float(np.clip(temperature, 1 / MOST, MOST))


def _answers(bundle: Bundle, observed: Observed) -> _Answers:
    scores = join_heads(observed.logits, bundle.attributes, bundle.hierarchy, bundle.offsets)
    probabilities = calibrated(scores, bundle.temperatures)
    label_ids = best_labels(probabilities, combinations_of(bundle.hierarchy, bundle.attributes))
    rows = np.arange(len(label_ids))
    correct = np.stack([each[rows, said] for each, said in zip(observed.allowed, label_ids.T, strict=True)], axis=1)
    confidence = np.minimum(confidence_in(label_ids, probabilities), np.float32(1))
    return _Answers(label_ids, confidence, correct)


def _expected(
    bundle: Bundle,
    observed: Observed,
    told: _Answers,
    before: _Answers,
    evidence: _Evidence,
    parts: Sequence[NDArray[np.bool_]],
    index: int,
    precision: float,
) -> Expected:
    """Measures an attribute's answers; each part's thresholds are chosen from the others."""
    attribute, known = bundle.attributes[index], observed.known[:, index]
    certain = np.zeros(len(known), np.bool_)
    for part in parts:
        (chosen,) = select([evidence.of(~part)], [attribute], precision, EXPECTED)
        certain |= part & accepted(told.confidence[:, index], told.label_ids[:, index], chosen.thresholds)
    certain &= evidence.rows
    correct, groups = told.correct[:, index], observed.groups
    alike = intraclass_correlation(correct[known].astype(np.float64), groups[known])

    def share(hits: NDArray[np.bool_], rows: NDArray[np.bool_]) -> Estimate:
        return clustered_share(hits[rows], groups[rows], alike)

    return Expected(
        attribute.name,
        int(known.sum()),
        share(before.correct[:, index], known),
        share(correct, known),
        share(certain, known),
        share(correct, certain) if certain.any() else None,
        int(certain.sum()),
    )


def _unfitted(bundle: Bundle, observed: Observed, before: _Answers, index: int, *, kept: bool) -> Expected:
    known = observed.known[:, index]
    shares: Iterator[Estimate] = (
        clustered_share(before.correct[rows, index], observed.groups[rows], 1.0) for rows in [known] if rows.any()
    )
    return Expected(bundle.attributes[index].name, int(known.sum()), next(shares, None), kept=kept)
