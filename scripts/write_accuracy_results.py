"""Writes docs/results/accuracy.md from finished runs of `modiste train` on the real catalogue.

Use: python scripts/write_accuracy_results.py RUN...

Nothing on that page is typed in by hand: every figure comes from a run folder.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import polars as pl
import tomli_w

from finished_run import changed_settings, effort, estimate, learned, scores
from modiste.config import TrainConfig
from modiste.learning.prediction import observe
from modiste.runs import PREDICTIONS, SPLIT, Run
from modiste.workflows.networks import in_order
from result_page import CATALOGUE, code, listed, table, write_page, written_by

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

ACCURACY = (
    "attribute",
    "products",
    "accuracy",
    "without leaks",
    "macro-F1 (labels, least products)",
    "balanced",
    "top-3",
)
DECISIONS = (
    "attribute",
    "calibration error",
    "accepted at a target of 0.98",
    "precision of these",
    "P@10 of similar products",
)
"""Headings of a run's two tables."""

FREQUENT = 20
"""Protocol Y scores the most frequent article types apart from the rest."""

TYPE = "articleType"


def main() -> None:
    """Writes the page."""
    lines = [
        "# How accurate the tagger is on the real catalogue",
        "",
        written_by("write_accuracy_results.py", "finished runs"),
        f"{CATALOGUE} All is measured on",
        "the hold-out, which nothing was chosen on, with 95 % intervals; answers to the taxonomy's levels are joint.",
        "Macro-F1 counts every label that occurs or is answered, down to those with one product.",
        "",
    ]
    runs = [Run(Path(argument)) for argument in sys.argv[1:]]
    lines += _summary(runs)
    for run in runs:
        lines += _run(run)
    write_page("accuracy", lines)


def _summary(runs: list[Run]) -> Iterator[str]:
    """Yields, score by score, one row a run, and one more for the mean of the runs that differ in their seed alone."""
    found = [scores(run)["holdout"] for run in runs]
    names = list(dict.fromkeys(name for each in found for name in each))
    for heading, score in SUMMARY.items():
        values = [{name: score(each[name]) for name in names if name in each} for each in found]
        rows = []
        for alike in _alike(runs):
            rows += [[_name(runs[number]), *_cells([values[number]], names)] for number in alike]
            if len(alike) > 1:
                title = f"**{_protocol(runs[alike[0]])}: mean of {len(alike)} seeds**"
                rows.append([title, *_cells([values[number] for number in alike], names)])
        yield from table((heading, *names), rows)


def _alike(runs: list[Run]) -> list[list[int]]:
    """Returns the numbers of the runs in groups that differ in their seed alone."""
    groups: dict[str, list[int]] = {}
    for number, run in enumerate(runs):
        groups.setdefault(json.dumps(changed_settings(run, TrainConfig) | {"seed": None}, sort_keys=True), []).append(
            number
        )
    return list(groups.values())


def _cells(values: list[dict[str, float | None]], names: list[str]) -> list[str]:
    """Returns a row's cells, each the mean of the values; nothing where there is none."""
    columns = [[value for each in values if (value := each.get(name)) is not None] for name in names]
    return [f"{fmean(column):.4f}" if column else "" for column in columns]


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
    holdout = scores(run)["holdout"]
    answers = pl.read_parquet(run.path / PREDICTIONS).filter(pl.col("part") == "holdout")
    way = _way(run)
    yield f"## {_name(run)}"
    yield ""
    teacher = _teacher(run)
    runs = {"TEACHER": teacher, "RUN": run} if teacher else {"RUN": run}
    for name, each in runs.items():
        yield from _command(name, each)
    yield f"{listed(run.environment)}; training:"
    yield f"{' and '.join(effort(each) for each in runs.values())}."
    yield ""
    yield from table(ACCURACY, (_accuracy(name, each, answers) for name, each in holdout.items()))
    yield from table(DECISIONS, (_decisions(name, each) for name, each in holdout.items()))
    if way == "year":
        yield from _by_frequency(run)
    elif way not in PROTOCOLS:
        yield from _by_name(run, answers)


def _accuracy(name: str, found: dict[str, Any], answers: pl.DataFrame) -> Iterator[str]:
    counts = answers[f"{name}_true"].drop_nulls().value_counts()["count"]
    yield name
    yield f"{found['n']:,}"
    yield estimate(found["accuracy"])
    clean = found.get("without_leaks", found)
    yield estimate(clean["accuracy"]) if clean["n"] < found["n"] else "none leaked"
    yield f"{estimate(found['macro_f1'])} ({counts.len()}, {counts.sort()[0]})"
    yield estimate(found["balanced_accuracy"])
    yield estimate(found["top3"])


def _decisions(name: str, found: dict[str, Any]) -> Iterator[str]:
    decided = found["decisions"]
    yield name
    yield f"{found['calibration_error']:.4f}"
    yield estimate(decided["coverage"])
    yield estimate(decided["precision"]) if decided["precision"] else "none accepted"
    yield f"{found['precision_at_10']:.4f}" if "precision_at_10" in found else ""


def _command(name: str, run: Run) -> Iterator[str]:
    """Yields the command that trains a run again, with the settings that have no flag."""
    yield from code("sh", f"modiste train CATALOGUE --out {name}{_flags(run)}")
    if settings := _settings(run):
        yield from ("with `settings.toml`:", "", *code("toml", *settings))


def _by_name(run: Run, answers: pl.DataFrame) -> Iterator[str]:
    """Yields the accuracy on products whose exact name no product of the training has."""
    products = learned(run)[0].photos.unique("id", keep="first", maintain_order=True)
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
        right = rows.select((pl.col(column) == pl.col(name)).mean()).item()
        yield f"- {name}: {right:.4f} ({rows.height:,} products)"
    yield ""


def _by_frequency(run: Run) -> Iterator[str]:
    """Yields the accuracy on the frequent article types and on the others, as it is published for this split."""
    task, network = learned(run)
    place = task.schema.index(TYPE)
    labels = np.array(task.schema.attributes[place].labels)
    first = sum(task.schema.sizes[:place])
    logits = observe(network, in_order(task, "holdout")).logits[:, first : first + len(labels)]
    true = task.part("holdout")[TYPE].to_numpy()
    top = task.photos[TYPE].value_counts(sort=True).head(FREQUENT)[TYPE].to_numpy()
    yield f"The {FREQUENT} most frequent of the {TYPE}s and the others are scored apart, each product answered with the"
    yield "types of its group, as others have published it (uditarora/fashion-product-classification):"
    yield ""
    for name, wanted in ((f"the {FREQUENT} most frequent", True), ("the others", False)):
        answered = labels[np.where(np.isin(labels, top) == wanted, logits, -np.inf).argmax(axis=1)]
        here = np.isin(true, top) == wanted
        unknown = int((~np.isin(true[here], labels)).sum())
        note = (
            f"{here.sum():,} products; {unknown:,} are of types that no product of the training has, and count as wrong"
        )
        yield f"- {name}: {(answered == true)[here].mean():.4f} ({note})"
    yield ""


FLAGS = ("split", "seed", "epochs", "batch_size", "learning_rate", "teacher")


def _flags(run: Run) -> str:
    # Names instead of places: what the page calls a teacher and a file of parts.
    changed, teacher = changed_settings(run, TrainConfig), _teacher(run)
    if run.config["split"] not in PROTOCOLS:
        other = teacher is not None and teacher.config["split"] != run.config["split"]
        changed["split"] = f"TEACHER/{SPLIT}" if other else Path(run.config["split"]).name
    if teacher:
        changed["teacher"] = "TEACHER"
    flags = "".join(f" --{name.replace('_', '-')} {changed[name]}" for name in FLAGS if name in changed)
    return flags + (" --config settings.toml" if _settings(run) else "")


def _settings(run: Run) -> list[str]:
    """The changed settings that have no flag, as TOML."""
    rest = {name: value for name, value in changed_settings(run, TrainConfig).items() if name not in FLAGS}
    return tomli_w.dumps(rest).splitlines()


if __name__ == "__main__":
    main()
