"""Draws the charts of docs/results from a catalogue and a run: python scripts/draw_result_charts.py CATALOGUE RUN..."""

import sys
from pathlib import Path

import polars as pl

from modiste.reports.figures import class_bars, learning_curve
from modiste.reports.svg import to_svg
from modiste.workflows.inspect import inspect

RESULTS = Path(__file__).parents[1] / "docs" / "results"


def main() -> None:
    """Draws the products per label, and each run's validation accuracy."""
    catalogue, *runs = map(Path, sys.argv[1:])
    inspection = inspect(catalogue)
    bars = class_bars(inspection.classes_before, inspection.classes)
    write("classes", to_svg(bars, name="classes", alt="Products per label before and after the reassignment"))
    for run in runs:
        history = pl.read_json(run / "checkpoints" / "history.json")
        curve = learning_curve(history, "accuracy")
        write(f"accuracy-{run.name}", to_svg(curve, name="accuracy", alt=f"Accuracy per epoch, {run.name}"))


def write(name: str, svg: str) -> None:
    """Writes one chart."""
    path = RESULTS / f"{name}.svg"
    path.write_text(svg, encoding="utf-8")
    print(path)


if __name__ == "__main__":
    main()
