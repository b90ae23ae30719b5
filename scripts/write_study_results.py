"""Writes docs/results/study.md and its charts from finished runs.

Use: python scripts/write_study_results.py CATALOGUE RUN...

Nothing on that page is typed in by hand: every figure comes from a run folder, from `inspect`, or from a
benchmark's CSV.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import polars as pl
from matplotlib.figure import Figure

from modiste.catalogue.labels import judge_similarity
from modiste.config import StudyConfig
from modiste.reports.figures import class_bars, learning_curve
from modiste.reports.svg import to_svg
from modiste.runs import CHECKPOINTS, HISTORY, METRICS, Run
from modiste.workflows.inspect import inspect
from modiste.workflows.prepare import open_labelled

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "docs" / "results"
STEP = ROOT / "benchmarks" / "results" / "training_step.csv"
SCORES = ("accuracy", "top3", "macro_f1", "balanced_accuracy")


def main() -> None:
    """Writes the page."""
    catalogue, *runs = map(Path, sys.argv[1:])
    lines = ["# The study on the real catalogue", "", *_intro(), *_catalogue(catalogue)]
    for run in runs:
        lines += _run(Run(run))
    lines += _step()
    (RESULTS / "study.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _intro() -> Iterator[str]:
    yield "Written by `scripts/write_study_results.py` from finished runs; nothing here is typed in by hand."
    yield '`CATALOGUE` stands for the zip that Kaggle publishes as "Fashion Product Images (Small)".'
    yield ""


def _catalogue(path: Path) -> Iterator[str]:
    inspection = inspect(path)
    agreement = judge_similarity(open_labelled(path)[1])
    usable = ", ".join(f"{name} {item.balance:.4f} ({item.values})" for name, item in inspection.balance.items())
    _draw("classes", class_bars(inspection.classes_before, inspection.classes), "Products per label")
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
    yield "![Products per label](classes.svg)"
    yield ""


def _run(run: Run) -> Iterator[str]:
    history = pl.DataFrame(json.loads((run.path / CHECKPOINTS / HISTORY).read_text(encoding="utf-8"))["epochs"])
    metrics = json.loads((run.path / METRICS).read_text(encoding="utf-8"))
    best = int(history["val_loss"].arg_min() or 0) + 1
    colour = "greyscale" if run.config["greyscale"] else "colour"
    waited = history.height - best
    ended = (
        f"stopped early, {waited} epochs after the best"
        if waited >= run.config["patience"]
        else f"ended after {history.height} epochs, {waited} after the best, before early stopping"
    )
    _draw(f"accuracy-{colour}", learning_curve(history, "accuracy"), f"Accuracy per epoch, {colour}")
    yield f"## In {colour}"
    yield ""
    yield "```sh"
    yield f"modiste study CATALOGUE --out runs/{colour}{_flags(run)}"
    yield "```"
    yield ""
    yield f"{', '.join(f'{name} {value}' for name, value in run.environment.items())}; seed {run.config['seed']}."
    yield f"{history.height} epochs in {history['seconds'].sum() / 60:.0f} minutes of training; {ended}. "
    lowest = float(history["val_loss"][best - 1])
    yield f"Scored with the weights of epoch {best}, the lowest validation loss ({lowest:.3f})."
    yield ""
    yield "| part | products | accuracy | top-3 | macro-F1 | balanced accuracy |"
    yield "|---|---|---|---|---|---|"
    for part, scores in metrics.items():
        yield _row(part, scores)
        if "without_leaks" in scores:
            yield _row(f"{part} without {scores['leaked']} leaked pictures", scores["without_leaks"])
    yield ""
    yield f"![Accuracy per epoch](accuracy-{colour}.svg)"
    yield ""


def _flags(run: Run) -> str:
    given = StudyConfig()
    changed = {
        item.name: run.config[item.name]
        for item in fields(StudyConfig)
        if run.config.get(item.name) != getattr(given, item.name)
    }
    return "".join(
        f" --{name.replace('_', '-')}" + ("" if value is True else f" {value}") for name, value in changed.items()
    )


def _row(name: str, scores: dict[str, dict[str, float]]) -> str:
    cells = [f"{scores[key]['value']:.4f} [{scores[key]['low']:.4f}, {scores[key]['high']:.4f}]" for key in SCORES]
    return f"| {name} | {scores['n']:,} | {' | '.join(cells)} |"


def _step() -> Iterator[str]:
    table = pl.read_csv(STEP)
    facts = table.row(0, named=True)
    yield "## Where Keras on torch loses the time of a training step"
    yield ""
    yield f"`python benchmarks/training_step.py`: {facts['machine']}, keras {facts['keras']}, torch {facts['torch']}, "
    yield f"{facts['setting']}; the variants take turns in one process."
    yield ""
    yield "| variant | ms a step | images/s | times as fast |"
    yield "|---|---|---|---|"
    for row in table.iter_rows(named=True):
        yield f"| {row['variant']} | {row['milliseconds']} | {row['images_per_second']} | {row['ratio']} |"


def _draw(name: str, figure: Figure, alt: str) -> None:
    (RESULTS / f"{name}.svg").write_text(to_svg(figure, name=name, alt=alt), encoding="utf-8")


if __name__ == "__main__":
    main()
