"""Which answers to accept, so that a target precision holds on new data: a threshold with a guarantee, per attribute.

The method is Learn then Test (Angelopoulos, Bates, Candes, Jordan and Lei 2021, arXiv:2110.01052). Each threshold of a
fixed grid is a hypothesis, "the precision from here on is below the target", whose p-value is the binomial tail: how
probable so few errors among so many accepted answers would be at exactly the target. Hypotheses are tested from the
highest threshold down, each at the whole level, until one cannot be rejected, so that many tests cost nothing
(fixed-sequence testing). The last rejected is the threshold.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modiste.measure.binomial import binomial_tail, clopper_pearson
from modiste.measure.checks import check_answers, check_share
from modiste.measure.metrics import Estimate

__all__ = [
    "EVEN",
    "GRID",
    "Selection",
    "SelectiveScores",
    "accepted",
    "grid_counts",
    "grid_tails",
    "select_expected",
    "select_threshold",
    "selective_scores",
    "share",
]

GRID = 1 - np.geomspace(1e-8, 1, 1000)
"""The thresholds to choose from, highest first: fixed, as the guarantee wants it, and 2 % of 1 - threshold apart."""

EVEN = 0.5
"""A less probable answer is more likely wrong than right; it is never accepted, whatever the target."""

ROOM = 5
EARLY = 0.25
HALF = 0.5
"""Where the sequences of tests start: with so many errors to afford, or at such a share of answers accepted."""

ROUNDING = 1e-9
"""By so much a number may be missed that is not exact as binary fraction."""

SHARES = (0.75, 0.25)
"""How `delta` is divided between the two sequences; see `select_threshold`."""


@dataclass(frozen=True)
class Selection:
    """A threshold and what it does on the answers that it was chosen from.

    Attributes:
        threshold: Accept from this confidence on; None where the target cannot be certified at any.
        precision: Share of right answers among the accepted; NaN where none is.
        coverage: Share of answers accepted.
        n: Answers it was chosen from.
    """

    threshold: float | None
    precision: float
    coverage: float
    n: int

    def __str__(self) -> str:
        if self.threshold is None:
            return f"the target cannot be reached with confidence, seen on {self.n} answers"
        return f"from {self.threshold:.4f} on: precision {self.precision:.4f}, coverage {self.coverage:.4f}, n {self.n}"


@dataclass(frozen=True)
class SelectiveScores:
    """How good the accepted answers are, with exact 95 % intervals.

    Attributes:
        precision: Share of right answers among the accepted; NaN in [0, 1] where none is.
        coverage: Share of answers accepted.
        accepted: How many answers were accepted.
        n: How many answers there are.
    """

    precision: Estimate
    coverage: Estimate
    accepted: int
    n: int


def select_threshold(
    confidence: NDArray[np.floating], correct: NDArray[np.bool_], *, precision: float = 0.98, delta: float = 0.05
) -> Selection:
    """Chooses the lowest threshold, `EVEN` or more, whose precision is certified.

    The guarantee: with probability at least 1 - delta over the draw of these answers, a new answer that reaches the
    threshold is right with probability at least `precision`. It assumes that these answers are independent draws of
    what new data will be. So they come from products that neither the network nor its stopping was fitted to, and
    near-copies among them count as less evidence than they seem; a calibration of few parameters, fitted to the same
    rows, does no harm that a simulation would show.

    The highest thresholds accept so few that nothing could be certified even without an error, and a little lower one
    early error would end the sequence. So it starts where `ROOM` errors can be afforded, or, with few answers, where a
    quarter of them is accepted and none can. A second sequence, with a share of delta of its own, starts at half of the
    answers, so that a precision only just above the target does not end it all early. Both starts depend on how many
    answers reach each threshold and not on which are right. That keeps the level where precision never falls as the
    threshold rises: a start is late when few answers lie above it, and then those at it are worse than usual, if
    anything. Without that, no violation was found by enumerating distributions with two levels.

    Args:
        confidence: (n,) in [0, 1].
        correct: bool (n,).
        precision: The target, in (0, 1).
        delta: The risk that the target is missed, in (0, 1).

    Raises:
        ValueError: The arrays do not match, or an argument is out of its range.
    """
    check_answers(confidence, correct)
    check_share("precision", precision)
    check_share("delta", delta)
    n = len(confidence)
    count, errors = grid_counts(confidence, correct)
    tails = grid_tails(errors, count, 1 - precision)
    first, second = (share * delta for share in SHARES)
    early = (count >= EARLY * n) & (precision**count <= first)
    roomy = grid_tails(np.full_like(count, ROOM), count, 1 - precision) <= first
    half = (count >= HALF * n) & (precision**count <= second)
    last = max(_last_rejected(tails <= first, early | roomy), _last_rejected(tails <= second, half))
    threshold = max(float(GRID[last]), EVEN)
    kept = confidence >= threshold
    if last < 0 or not kept.any():
        return Selection(None, float("nan"), 0.0, n)
    return Selection(threshold, float(correct[kept].mean()), float(kept.mean()), n)


def select_expected(
    confidence: NDArray[np.floating], correct: NDArray[np.bool_], *, precision: float = 0.98
) -> Selection:
    """Chooses the lowest threshold, `EVEN` or more, at which the precision to expect is the target.

    For few answers, of which `select_threshold` would accept nothing. It is what it says and no more: not certified,
    but expected. After `count` answers of which `errors` are wrong, the next one is taken to be wrong with probability
    (errors + 1) / (count + 1), as it is at most where the errors come last (Vovk, Gammerman and Shafer 2005). The
    search begins where that can reach the target at all, with 49 answers and no error for 0.98, and ends at the first
    threshold that misses it: what a lower one would do by luck is not looked at.

    Args:
        confidence: (n,) in [0, 1].
        correct: bool (n,).
        precision: The target, in (0, 1).

    Raises:
        ValueError: The arrays do not match, or the precision is out of its range.
    """
    check_answers(confidence, correct)
    check_share("precision", precision)
    count, errors = grid_counts(confidence, correct)
    # By a little less than nothing, lest rounding ask for a 50th answer.
    reached = (errors + 1) <= (1 - precision) * (count + 1) * (1 + ROUNDING)
    last = _last_rejected(reached, (1 - precision) * (count + 1) * (1 + ROUNDING) >= 1)
    threshold = max(float(GRID[last]), EVEN)
    kept = confidence >= threshold
    if last < 0 or not kept.any():
        return Selection(None, float("nan"), 0.0, len(confidence))
    return Selection(threshold, float(correct[kept].mean()), float(kept.mean()), len(confidence))


def grid_counts(
    confidence: NDArray[np.floating], correct: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Returns how many answers reach each threshold of `GRID`, and how many of these are wrong.

    Args:
        confidence: (n,) in [0, 1].
        correct: bool (n,).
    """
    order = np.argsort(-confidence, kind="stable")
    count = np.searchsorted(-confidence[order].astype(np.float64), -GRID, side="right")
    return count, np.concatenate([[0], np.cumsum(~correct[order])])[count]


def grid_tails(hits: NDArray[np.int64], count: NDArray[np.int64], rate: float) -> NDArray[np.float64]:
    """Returns `binomial_tail` for each threshold of `GRID`; most let through as many answers as the one before.

    Args:
        hits: How many of the answers that reach a threshold count; the same wherever `count` is.
        count: How many answers reach it; never fewer than reach the one before.
        rate: See `binomial_tail`.
    """
    other = np.diff(count, prepend=-1) != 0
    return binomial_tail(hits[other], count[other], rate)[np.cumsum(other) - 1]


def accepted(
    confidence: NDArray[np.floating], answers: NDArray[np.int64], thresholds: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Returns bool (n,): which answers reach their label's threshold.

    Args:
        confidence: (n,) in [0, 1].
        answers: (n,) the label ids answered.
        thresholds: (labels,), infinite where a label is never accepted.
    """
    return confidence >= thresholds[answers]


def selective_scores(correct: NDArray[np.bool_], accept: NDArray[np.bool_]) -> SelectiveScores:
    """Scores decisions on data that they were not chosen from.

    Args:
        correct: bool (n,): which answers are right.
        accept: bool (n,): which are accepted.

    Raises:
        ValueError: The arrays differ in shape.
    """
    if correct.shape != accept.shape:
        raise ValueError(f"correct {correct.shape} and accept {accept.shape} must have the same shape")
    kept, n = int(accept.sum()), len(accept)
    return SelectiveScores(share(int((correct & accept).sum()), kept), share(kept, n), kept, n)


def share(hits: int, n: int) -> Estimate:
    """Returns a share of n with its exact 95 % interval (Clopper and Pearson 1934); NaN in [0, 1] where n is 0."""
    low, high = clopper_pearson(hits, n)
    return Estimate(hits / n if n else float("nan"), float(low), float(high))


def _last_rejected(rejected: NDArray[np.bool_], start: NDArray[np.bool_]) -> int:
    """The last index of the unbroken run of rejections that begins at the first start; -1 where there is none."""
    if not start.any():
        return -1
    first = int(start.argmax())
    run = rejected[first:]
    length = len(run) if run.all() else int(run.argmin())
    return first + length - 1 if length else -1
