"""Writes docs/results/study.md and its charts from finished runs.

Use: python scripts/write_study_results.py CATALOGUE RUN...

Nothing on that page is typed in by hand: every figure comes from a run folder, from `inspect`, or from a
benchmark's CSV.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from finished_run import changed_settings, effort, estimate, history, scores
from modiste.catalogue.labels import judge_similarity
from modiste.config import StudyConfig
from modiste.reports.figures import class_bars, learning_curve
from modiste.runs import Run
from modiste.workflows.inspect import inspect
from modiste.workflows.prepare import open_labelled
from result_page import CATALOGUE, code, draw, listed, measured, table, write_page, written_by

SCORES = ("accuracy", "top3", "macro_f1", "balanced_accuracy")


def main() -> None:
    """Writes the page."""
    catalogue, *runs = map(Path, sys.argv[1:])
    lines = ["# The study on the real catalogue", "", *_intro(), *_catalogue(catalogue)]
    for run in runs:
        lines += _run(Run(run))
    write_page("study", [*lines, *_step()])


def _intro() -> Iterator[str]:
    yield from (written_by("write_study_results.py", "finished runs"), CATALOGUE, "")


def _catalogue(path: Path) -> Iterator[str]:
    inspection = inspect(path)
    agreement = judge_similarity(open_labelled(path)[1])
    usable = ", ".join(f"{name} {item.balance:.4f} ({item.values})" for name, item in inspection.balance.items())
    bars = class_bars(inspection.classes_before, inspection.classes)
    yield "## The catalogue"
    yield ""
    yield f"`modiste inspect CATALOGUE`: {inspection.rows:,} rows, {len(inspection.repaired)} repaired, "
    yield f"{len(inspection.rejected)} rejected; {inspection.products:,} products with a label and a readable picture; "
    yield f"{inspection.reassigned.height} reassigned by the similarity of their names."
    yield f"Balance (and number of values): {usable}."
    yield ""
    yield f"On the {agreement.products:,} products whose label is known by rule, the nearest label by text"
    yield f"is the same for {agreement.overall:.4f} of them."
    yield ""
    yield from draw("classes", bars, alt="Products per label")


def _run(run: Run) -> Iterator[str]:
    epochs = history(run)
    best = int(epochs["val_loss"].arg_min() or 0) + 1
    colour = "greyscale" if run.config["greyscale"] else "colour"
    waited = epochs.height - best
    ended = (
        f"stopped early, {waited} epochs after the best"
        if waited >= run.config["patience"]
        else f"ended after {epochs.height} epochs, {waited} after the best, before early stopping"
    )
    yield f"## In {colour}"
    yield ""
    yield from code("sh", f"modiste study CATALOGUE --out runs/{colour}{_flags(run)}")
    yield f"{listed(run.environment)}; seed {run.config['seed']}."
    yield f"{effort(run)} of training; {ended}. "
    lowest = float(epochs["val_loss"][best - 1])
    yield f"Scored with the weights of epoch {best}, the lowest validation loss ({lowest:.3f})."
    yield ""
    yield from table(("part", "products", "accuracy", "top-3", "macro-F1", "balanced accuracy"), _rows(run))
    curve = learning_curve(epochs, "accuracy")
    yield from draw(f"accuracy-{colour}", curve, alt=f"Accuracy per epoch, {colour}", caption="Accuracy per epoch")


def _flags(run: Run) -> str:
    changed = changed_settings(run, StudyConfig)
    return "".join(
        f" --{name.replace('_', '-')}" + ("" if value is True else f" {value}") for name, value in changed.items()
    )


def _rows(run: Run) -> Iterator[list[str]]:
    for part, found in scores(run).items():
        yield _row(part, found)
        if "without_leaks" in found:
            yield _row(f"{part} without {found['leaked']} leaked pictures", found["without_leaks"])


def _row(name: str, found: dict[str, Any]) -> list[str]:
    return [name, f"{found['n']:,}", *(estimate(found[key]) for key in SCORES)]


def _step() -> Iterator[str]:
    steps = measured("training_step")
    if steps is None:
        return
    facts = steps.row(0, named=True)
    yield "## Where Keras on torch loses the time of a training step"
    yield ""
    yield f"`python -m benchmarks.training_step`: {facts['machine']}, keras {facts['keras']}, torch {facts['torch']}, "
    yield f"{facts['setting']}; the variants take turns in one process."
    yield ""
    header = ("variant", "ms a step", "images/s", "times as fast")
    yield from table(header, steps.select("variant", "milliseconds", "images_per_second", "ratio").iter_rows())


if __name__ == "__main__":
    main()
