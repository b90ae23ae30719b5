"""Run folders with files that somebody, or a broken disk, has changed: each is one line, from every verb that opens it.

Many changes to each file are drawn, by kind; what a run never says is refused, and nothing is a traceback.
"""

import json
import shutil
import tomllib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest
import tomli_w

from modiste.catalogue.taxonomy import load_taxonomy
from modiste.config import StudyConfig, TrainConfig, make_config
from modiste.dataset.split import read_split
from modiste.errors import ModisteError, RunError, TaxonomyError
from modiste.learning.checkpoints import read_history
from modiste.runs import CHECKPOINTS, CONFIG, HISTORY, SCHEMA, SPLIT, START, TAXONOMY, Run
from modiste.sample.draw import draw_catalogue
from modiste.workflows.evaluate import evaluate
from modiste.workflows.export import export
from modiste.workflows.starting import read_start
from modiste.workflows.study import study
from modiste.workflows.task import learned_schema
from modiste.workflows.train import train

SETTINGS = TrainConfig(
    epochs=1, batch_size=32, width=32, height=32, shift=0, shallow=True, targets=["gender", "season"]
)

WRONG: tuple[Any, ...] = ("", "x", -1, 10**30, 1.5, float("nan"), True, [], ["x"], [1], {}, {"x": 1}, "\x1b[31m")
"""Values, some of which are of a wrong type wherever they are put."""

Document = dict[str, Any]


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_catalogue(tmp_path_factory.mktemp("hostile") / "catalogue", products=80, seed=3).directory


@pytest.fixture(scope="module")
def sound(catalogue: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run."""
    return train(catalogue, tmp_path_factory.mktemp("hostile") / "run", SETTINGS).run


@pytest.fixture
def run(sound: Path, tmp_path: Path) -> Path:
    """A copy of it that may be changed."""
    return Path(shutil.copytree(sound, tmp_path / "run"))


def refused(run: Path, job: Callable[[Path], object] = evaluate) -> str:
    """Returns the one line with which a verb refuses a run."""
    with pytest.raises(ModisteError) as caught:
        job(run)
    line = str(caught.value)
    assert len(line.splitlines()) == 1
    assert len(line) < 600
    return line


def places(document: Any, *, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yields where each value of a document stands: the keys that lead to it."""
    known = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in known:
        yield (*above, key)
        if isinstance(value, dict | list):
            yield from places(value, above=(*above, key))


def changed(document: Document, place: tuple[Any, ...], value: Any) -> Document:
    """A copy with another value in one place."""
    copy = json.loads(json.dumps(document))
    inner = copy
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return dict(copy)


def test_settings_that_no_run_has(run: Path) -> None:
    sound: Document = tomllib.loads((run / CONFIG).read_text())
    random, lines = Random(16), set[str]()
    wrong = [*sound["config"], *("format", "kind", "config", "catalogue", "environment")]
    for name in random.sample(wrong, len(wrong)):
        place = (name,) if name in sound else ("config", name)
        for value in random.sample(WRONG, len(WRONG)):
            (run / CONFIG).write_text(tomli_w.dumps(changed(sound, place, value)))
            # Known before any picture is looked at; some values are right somewhere.
            with suppress(ModisteError):
                settings_of(run)
                continue
            lines.add(refused(run, settings_of))
    assert len(lines) > 150
    for text in ("", "{", "\x00", "format = " + "9" * 5000, "a = " + "[" * 5000, "format = 2"):
        (run / CONFIG).write_text(text)
        assert str(run) in refused(run)
    (run / CONFIG).write_bytes(b"\xff\xfe")
    assert str(run) in refused(run)


def settings_of(run: Path) -> None:
    opened = Run(run)
    opened.check_kind("train")
    make_config(TrainConfig, opened.config, where=str(run))


@pytest.mark.parametrize("verb", ["evaluate", "export", "train", "study"])
def test_every_verb_refuses_them(run: Path, catalogue: Path, verb: str) -> None:
    jobs: dict[str, Callable[[Path], object]] = {
        "evaluate": evaluate,
        "export": lambda run: export(run, run.parent / "x.modiste"),
        "train": lambda run: train(catalogue, run, SETTINGS, resume=True),
        "study": lambda run: study(catalogue, run, StudyConfig(), resume=True),
    }
    act = jobs[verb]
    sound: Document = tomllib.loads((run / CONFIG).read_text())
    for place, value in ((("config",), 1), (("kind",), []), (("kind",), "bake"), (("catalogue",), 3), (("format",), 1)):
        (run / CONFIG).write_text(tomli_w.dumps(changed(sound, place, value)))
        assert str(run) in refused(run, act)
    (run / CONFIG).write_text(tomli_w.dumps(changed(sound, ("config", "epochs"), [2])))
    refused(run, act)
    assert not (run.parent / "x.modiste").exists()


def test_a_schema_that_no_run_has(run: Path) -> None:
    text = (run / SCHEMA).read_text()
    sound: Document = tomllib.loads(text)
    wrong: tuple[Any, ...] = ([[]], [{}])
    values = [changed(sound, place, value) for place in places(sound) for value in wrong]
    texts = [tomli_w.dumps(value) for value in Random(4).sample(values, 20)]
    texts += [
        "",
        "[" * 5000,
        text.replace('name = "gender"', 'name = "season_top"'),
        text.replace('name = "gender"', 'name = "path"'),
        text.replace('"Men"', '"Women"'),
    ]
    for each in texts:
        (run / SCHEMA).write_text(each)
        with pytest.raises(RunError, match=r"no readable schema|no attribute") as caught:
            learned_schema(run)
        assert str(run / SCHEMA) in str(caught.value)


def test_labels_that_are_not_those_of_the_network(run: Path) -> None:
    sound: Document = tomllib.loads((run / SCHEMA).read_text())
    labels = sound["attribute"][0]["labels"]
    for other, reason in ((labels[1:], "a label that is not in it"), ([*labels, "more"], "do not fit the network")):
        (run / SCHEMA).write_text(tomli_w.dumps(changed(sound, ("attribute", 0, "labels"), other)))
        assert reason in refused(run)


def test_a_history_that_no_training_wrote(run: Path) -> None:
    path = run / CHECKPOINTS / HISTORY
    sound: Document = json.loads(path.read_text())
    wrong: tuple[Any, ...] = ("x", [], {}, None, float("nan"))
    values = [changed(sound, place, value) for place in places(sound) for value in wrong]
    texts = [json.dumps(value) for value in values]
    texts += ["", "{", "[]", "[" * 100_000, json.dumps(changed(sound, ("epochs", 0, "loss"), 10**400))]
    for text in texts:
        if text == json.dumps(changed(sound, ("epochs",), [])):
            continue  # a training that has not finished its first epoch
        path.write_text(text)
        with pytest.raises(RunError, match=r"history\.json: the training's history cannot be read"):
            read_history(path.parent)


def test_a_split_that_no_run_has(run: Path) -> None:
    path = run / SPLIT
    frame, whole = pl.read_parquet(path), path.read_bytes()
    for other in (
        frame.head(0),
        frame.drop("id"),
        frame.rename({"id": "sku"}),
        frame.select("part", "id"),
        frame.with_columns(pl.lit(1).alias("part")),
        frame.with_columns(pl.lit(["train"]).alias("part")),
        frame.with_columns(pl.lit("train").alias("part")),
        frame.with_columns(pl.lit("test").alias("part")),
        frame.with_columns(pl.lit(None, dtype=pl.String).alias("part")),
        frame.with_columns(pl.lit(None).alias("id")),
        pl.concat([frame, frame]),
    ):
        other.write_parquet(path)
        with pytest.raises(RunError, match="not a split"):
            read_split(path)
    for length in range(0, len(whole), len(whole) // 20):
        path.write_bytes(whole[:length])
        with pytest.raises(RunError, match="no readable split"):
            read_split(path)
    frame.with_columns(pl.col("id").cast(pl.Float64) + 0.5).write_parquet(path)
    assert "its ids are of the type" in refused(run)


def test_a_note_of_the_start_that_no_run_has(run: Path) -> None:
    for text in ("", "[]", "{}", "[" * 100_000, '{"weights": 3}', '{"weights": "x", "note": []}', '{"weight": "x"}'):
        (run / START).write_text(text)
        with pytest.raises(RunError, match="does not say what the network started from"):
            read_start(Run(run), SETTINGS)


def test_a_taxonomy_that_no_run_has(run: Path) -> None:
    for text in ("", "[" * 5000, "label = 3", "[[label]]", "n = " + "9" * 5000):
        (run / TAXONOMY).write_text(text)
        with pytest.raises(TaxonomyError):
            load_taxonomy(run / TAXONOMY)
