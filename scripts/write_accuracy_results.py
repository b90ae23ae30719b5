"""Writes docs/results/accuracy.md from finished runs of `modiste train` on the real catalogue.

Use: python scripts/write_accuracy_results.py RUN...

Nothing on that page is typed in by hand: every figure comes from a run folder.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import polars as pl
import tomli_w
from numpy.typing import NDArray

from modiste.config import TrainConfig
from modiste.learning.prediction import observe
from modiste.learning.training import load_best
from modiste.progress import silent
from modiste.runs import CHECKPOINTS, HISTORY, METRICS, PREDICTIONS, SPLIT, Run
from modiste.schema import Schema
from modiste.workflows.tagger import Task, network_of, open_task, ready

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "results" / "accuracy.md"

PROTOCOLS = {
    "random": "R: random, stratified by Class, 72/18/10",
    "grouped": "G: like R, identical and near-identical pictures on one side",
    "year": "Y: even years train, odd years are the hold-out",
}
PUBLISHED = "P: the published split"
SUMMARY: Mapping[str, Callable[[dict[str, Any]], float | None]] = {
    "accuracy": lambda scores: scores["accuracy"]["value"],
    "macro-F1": lambda scores: scores["macro_f1"]["value"],
    "accepted at 0.98": lambda scores: scores["decisions"]["coverage"]["value"],
    "P@10": lambda scores: scores.get("precision_at_10"),
}
"""Heading -> a score of an attribute."""

FREQUENT = 20
"""Protocol Y scores the most frequent article types apart from the rest."""

TYPE = "articleType"


def main() -> None:
    """Writes the page."""
    lines = [
        "# How accurate the tagger is on the real catalogue",
        "",
        "Written by `scripts/write_accuracy_results.py` from finished runs; nothing here is typed in by hand.",
        '`CATALOGUE` stands for the zip that Kaggle publishes as "Fashion Product Images (Small)". All is measured on',
        "the hold-out, which nothing was chosen on, with 95 % intervals; answers to the taxonomy's levels are joint.",
        "Macro-F1 counts every label that occurs or is answered, down to those with one product.",
        "",
    ]
    runs = [Run(Path(argument)) for argument in sys.argv[1:]]
    lines += _summary(runs)
    for run in runs:
        lines += _run(run)
    PAGE.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def _summary(runs: list[Run]) -> Iterator[str]:
    """Yields, score by score, one row a run, and one more for the mean of the runs that differ in their seed alone."""
    scores = [json.loads((run.path / METRICS).read_text(encoding="utf-8"))["holdout"] for run in runs]
    names = [name for name in Schema.load().names if any(name in each for each in scores)]
    for heading, score in SUMMARY.items():
        values = [{name: score(each[name]) for name in names if name in each} for each in scores]
        yield f"| {heading} | {' | '.join(names)} |"
        yield "|---" * (len(names) + 1) + "|"
        for alike in _alike(runs):
            for number in alike:
                yield f"| {_name(runs[number])} | {_cells([values[number]], names)} |"
            if len(alike) > 1:
                title = f"{_protocol(runs[alike[0]])}: mean of {len(alike)} seeds"
                yield f"| **{title}** | {_cells([values[number] for number in alike], names)} |"
        yield ""


def _alike(runs: list[Run]) -> list[list[int]]:
    """Returns the numbers of the runs in groups that differ in their seed alone."""
    groups: dict[str, list[int]] = {}
    for number, run in enumerate(runs):
        groups.setdefault(json.dumps(_changed(run) | {"seed": None}, sort_keys=True), []).append(number)
    return list(groups.values())


def _cells(values: list[dict[str, float | None]], names: list[str]) -> str:
    """Returns a row's cells, each the mean of the values; nothing where there is none."""
    columns = [[value for each in values if (value := each.get(name)) is not None] for name in names]
    return " | ".join(f"{fmean(column):.4f}" if column else "" for column in columns)


def _protocol(run: Run) -> str:
    return PROTOCOLS.get(_way(run), PUBLISHED)


def _name(run: Run) -> str:
    """Returns the protocol, the seed, and what sets the network apart from others on the same protocol."""
    marks = [f"{run.config['width']}x{run.config['height']} pixels"]
    marks += ["shallow"] * bool(run.config.get("shallow"))
    marks += ["with mirror images"] * bool(run.config.get("mirrored"))
    marks += ["taught by a larger network"] * bool(run.config.get("teacher"))
    return f"{_protocol(run)}; {', '.join(marks)}, seed {run.config['seed']}"


def _teacher(run: Run) -> Run | None:
    return Run(Path(run.config["teacher"])) if run.config.get("teacher") else None


def _way(run: Run) -> str:
    """Returns how the products were split; a teacher's split, taken as a file, is the teacher's way."""
    way, teacher = str(run.config["split"]), _teacher(run)
    return str(teacher.config["split"]) if teacher and way not in PROTOCOLS else way


def _run(run: Run) -> Iterator[str]:
    metrics = json.loads((run.path / METRICS).read_text(encoding="utf-8"))["holdout"]
    answers = pl.read_parquet(run.path / PREDICTIONS).filter(pl.col("part") == "holdout")
    way = _way(run)
    yield f"## {_name(run)}"
    yield ""
    teacher = _teacher(run)
    runs = {"TEACHER": teacher, "RUN": run} if teacher else {"RUN": run}
    for name, each in runs.items():
        yield from _command(name, each)
    yield f"{', '.join(f'{name} {value}' for name, value in run.environment.items())}; training:"
    yield f"{' and '.join(_effort(each) for each in runs.values())}."
    yield ""
    yield _header("products", "accuracy", "without leaks", "macro-F1 (labels, least products)", "balanced", "top-3")
    yield _rule(6)
    for name, scores in metrics.items():
        counts = answers[f"{name}_true"].drop_nulls().value_counts()["count"]
        clean = _estimate(scores["without_leaks"]["accuracy"]) if "without_leaks" in scores else "none leaked"
        least = counts.sort()[0]
        macro = f"{_estimate(scores['macro_f1'])} ({counts.len()}, {least})"
        cells = [f"{scores['n']:,}", _estimate(scores["accuracy"]), clean, macro]
        cells += [_estimate(scores["balanced_accuracy"]), _estimate(scores["top3"])]
        yield f"| {name} | {' | '.join(cells)} |"
    yield ""
    yield _header("calibration error", "accepted at a target of 0.98", "precision of these", "P@10 of similar products")
    yield _rule(4)
    for name, scores in metrics.items():
        decided = scores["decisions"]
        precision = _estimate(decided["precision"]) if decided["precision"] else "none accepted"
        similar = f"{scores['precision_at_10']:.4f}" if "precision_at_10" in scores else ""
        accepted = _estimate(decided["coverage"])
        yield f"| {name} | {scores['calibration_error']:.4f} | {accepted} | {precision} | {similar} |"
    yield ""
    if way == "year":
        yield from _by_frequency(run)
    elif way not in PROTOCOLS:
        yield from _by_name(run, answers)


def _command(name: str, run: Run) -> Iterator[str]:
    """Yields the command that trains a run again, with the settings that have no flag."""
    yield "```sh"
    yield f"modiste train CATALOGUE --out {name}{_flags(run)}"
    yield "```"
    yield ""
    if settings := _settings(run):
        yield "with `settings.toml`:"
        yield ""
        yield "```toml"
        yield from settings
        yield "```"
        yield ""


def _effort(run: Run) -> str:
    history = pl.DataFrame(json.loads((run.path / CHECKPOINTS / HISTORY).read_text(encoding="utf-8"))["epochs"])
    return f"{history.height} epochs in {history['seconds'].sum() / 60:.0f} minutes"


def _by_name(run: Run, answers: pl.DataFrame) -> Iterator[str]:
    """Yields the accuracy on products whose exact name no product of the training has."""
    products = open_task(run, silent).products
    known = set(products.filter(pl.col("part") == "train")["productDisplayName"].drop_nulls())
    new = products.filter(
        pl.col("part") == "holdout", ~pl.col("productDisplayName").is_in(known).fill_null(value=False)
    )
    some = answers.join(new.select("id"), on="id", how="semi")
    yield f"On the {some.height:,} products whose exact name no product of the training has:"
    yield ""
    for column in (name for name in answers.columns if name.endswith("_true")):
        name = column.removesuffix("_true")
        rows = some.drop_nulls(column)
        right = rows.select((pl.col(column) == pl.col(f"{name}_predicted")).mean()).item()
        yield f"- {name}: {right:.4f} ({rows.height:,} products)"
    yield ""


def _header(*columns: str) -> str:
    return f"| attribute | {' | '.join(columns)} |"


def _rule(columns: int) -> str:
    return "|---" * (columns + 1) + "|"


def _by_frequency(run: Run) -> Iterator[str]:
    """Yields the accuracy on the frequent article types and on the others, as it is published for this split."""
    task = open_task(run, silent)
    place = [attribute.name for attribute in task.attributes].index(TYPE)
    labels = np.array(task.attributes[place].labels)
    first = sum(task.sizes[:place])
    scores = _holdout_logits(run, task)[:, first : first + len(labels)]
    true = task.part("holdout")[TYPE].to_numpy()
    top = task.products[TYPE].value_counts(sort=True).head(FREQUENT)[TYPE].to_numpy()
    yield f"The {FREQUENT} most frequent of the {TYPE}s and the others are scored apart, each product answered with the"
    yield "types of its group, as others have published it (uditarora/fashion-product-classification):"
    yield ""
    for name, wanted in ((f"the {FREQUENT} most frequent", True), ("the others", False)):
        answered = labels[np.where(np.isin(labels, top) == wanted, scores, -np.inf).argmax(axis=1)]
        here = np.isin(true, top) == wanted
        unknown = int((~np.isin(true[here], labels)).sum())
        note = (
            f"{here.sum():,} products; {unknown:,} are of types that no product of the training has, and count as wrong"
        )
        yield f"- {name}: {(answered == true)[here].mean():.4f} ({note})"
    yield ""


def _holdout_logits(run: Run, task: Task) -> NDArray[np.float32]:
    network = network_of(task.config, task.attributes)
    ready(network, task)
    load_best(network, run.path / CHECKPOINTS)
    return observe(network, task.in_order("holdout")).logits


def _estimate(score: dict[str, float]) -> str:
    return f"{score['value']:.4f} [{score['low']:.4f}, {score['high']:.4f}]"


def _changed(run: Run) -> dict[str, Any]:
    given = TrainConfig()
    # A run that is older than a setting had nothing to set.
    names = [item.name for item in fields(TrainConfig) if item.name in run.config]
    return {name: run.config[name] for name in names if run.config[name] != getattr(given, name)}


FLAGS = ("split", "seed", "epochs", "batch_size", "learning_rate", "teacher")


def _flags(run: Run) -> str:
    # Names instead of places: what the page calls a teacher and a file of parts.
    changed, teacher = _changed(run), _teacher(run)
    if run.config["split"] not in PROTOCOLS:
        other = teacher is not None and teacher.config["split"] != run.config["split"]
        changed["split"] = f"TEACHER/{SPLIT}" if other else Path(run.config["split"]).name
    if teacher:
        changed["teacher"] = "TEACHER"
    flags = "".join(f" --{name.replace('_', '-')} {changed[name]}" for name in FLAGS if name in changed)
    return flags + (" --config settings.toml" if _settings(run) else "")


def _settings(run: Run) -> list[str]:
    """The changed settings that have no flag, as TOML."""
    rest = {name: value for name, value in _changed(run).items() if name not in FLAGS}
    return tomli_w.dumps(rest).splitlines()


if __name__ == "__main__":
    main()
