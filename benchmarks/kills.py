"""Kills trainings, studies and exports at random moments, and does each again: it must end as one that nobody killed.

A run that was killed is resumed, and must get the same weights, scores and predictions, to the last bit. An export must
leave the old bundle or the new one, and then make the new one. Every job decodes its pictures anew, so that some kills
fall into that. The moments are drawn over the time that an undisturbed job takes.
"""

import json
import multiprocessing
import os
import random
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import polars as pl

from benchmarks.harness import Benchmark, Setup, option
from modiste.runs import (
    CHECKPOINTS,
    HISTORY,
    METRICS,
    PREDICTIONS,
    REPORT,
    SCHEMA,
    SPLIT,
    TAXONOMY,
    describe_environment,
)

__all__ = ["BENCHMARK", "VERBS", "Killed", "measure", "soak"]

VERBS = ("train", "study", "export")

PRODUCTS = 300
"""Of the drawn catalogue: a job takes seconds."""

OLD = b"the bundle of before"

PROGRAMS = multiprocessing.get_context("forkserver")
# Keras and PyTorch are imported once; each job is a process of its own that begins with them.
PROGRAMS.set_forkserver_preload(["modiste.workflows.train", "modiste.workflows.study", "modiste.workflows.export"])


@dataclass(frozen=True)
class Killed:
    """What came of the kills of one verb.

    Attributes:
        verb: The verb.
        kills: How many jobs were to be killed.
        running: How many of them were at work when they were killed; the others had just finished.
        same: How many ended as the undisturbed one, done again.
        seconds: What the undisturbed one took.
        different: What was different after which kill, for whoever looks into it.
    """

    verb: str
    kills: int
    running: int
    same: int
    seconds: float
    different: tuple[str, ...] = ()


def measure(setup: Setup) -> pl.DataFrame:
    """Kills the jobs of each verb; returns a row a verb."""
    rows = []
    for verb in setup.options.verbs:
        killed = soak(verb, setup.catalogue(PRODUCTS), setup.work, kills=setup.options.kills, seed=setup.options.seed)
        print(killed, flush=True)
        counts = {"verb": verb, "kills": killed.kills, "running": killed.running, "same": killed.same}
        facts = {"seconds": round(killed.seconds, 1), "seed": setup.options.seed}
        rows.append(counts | facts | describe_environment(("keras", "torch")))
    return pl.DataFrame(rows)


def soak(verb: str, catalogue: Path, work: Path, *, kills: int, seed: int) -> Killed:
    """Kills a verb's jobs at moments that follow from the seed, and does each again.

    Args:
        verb: One of `VERBS`.
        catalogue: What to learn from.
        work: A folder for what they write.
        kills: How many.
        seed: Of the moments.
    """
    folder = work / f"kills-{verb}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    run = folder / "run"
    if verb == "export":
        _finish("train", catalogue, run, run, folder / "cache")
    start = time.perf_counter()
    _finish(verb, catalogue, run, _out(verb, folder / "whole"), folder / "whole" / "cache")
    seconds = time.perf_counter() - start
    expected = _contents(verb, _out(verb, folder / "whole"))
    moments = random.Random(f"{verb} {seed}")  # noqa: S311 - it draws moments
    running, different = 0, []
    for number in range(kills):
        place = folder / str(number)
        out, moment = _out(verb, place), moments.uniform(0, seconds)
        job = _start(verb, catalogue, run, out, place / "cache")
        job.join(moment)
        job.kill()
        job.join()
        running += job.exitcode != 0
        found = [f"kill {number}, after {moment:.2f} s: {what}" for what in _harm(verb, out, expected)]
        _finish(verb, catalogue, run, out, place / "cache")
        again = _contents(verb, out)
        names = [name for name in expected.keys() | again.keys() if expected.get(name) != again.get(name)]
        found += [f"kill {number}, after {moment:.2f} s: {name} is another" for name in sorted(names)]
        different += found[:1]
        shutil.rmtree(place)
    return Killed(verb, kills, running, kills - len(different), seconds, tuple(different))


def _out(verb: str, folder: Path) -> Path:
    """Returns what a job is to write; an export replaces a bundle."""
    folder.mkdir(exist_ok=True)
    out = folder / ("out.modiste" if verb == "export" else "out")
    if verb == "export":
        out.write_bytes(OLD)
    return out


def _harm(verb: str, out: Path, expected: dict[str, str]) -> list[str]:
    """Returns what a kill has spoiled before anything is done again."""
    whole = verb != "export" or out.read_bytes() == OLD or _contents(verb, out)["bundle"] == expected["bundle"]
    return [] if whole else ["the bundle is neither the old one nor the new one"]


def _start(verb: str, catalogue: Path, run: Path, out: Path, cache: Path) -> "multiprocessing.process.BaseProcess":
    job = PROGRAMS.Process(target=_work, args=(verb, catalogue, run, out, cache))
    job.start()
    return job


def _finish(verb: str, catalogue: Path, run: Path, out: Path, cache: Path) -> None:
    job = _start(verb, catalogue, run, out, cache)
    job.join()
    if job.exitcode != 0:
        raise RuntimeError(f"{verb} ended with {job.exitcode}")


def _work(verb: str, catalogue: Path, run: Path, out: Path, cache: Path) -> None:
    """Does a job, or goes on with it."""
    os.environ["MODISTE_CACHE"] = str(cache)
    from modiste.config import StudyConfig, TrainConfig  # noqa: PLC0415 - in a process of its own
    from modiste.workflows.export import export  # noqa: PLC0415
    from modiste.workflows.study import study  # noqa: PLC0415
    from modiste.workflows.train import train  # noqa: PLC0415

    tagger = TrainConfig(epochs=3, batch_size=32, width=32, height=40, shift=2, label_smoothing=0.05, shallow=True)
    jobs: dict[str, Callable[[], object]] = {
        "train": lambda: train(catalogue, out, tagger, resume=True),
        "study": lambda: study(catalogue, out, StudyConfig(epochs=3, bn_momentum=0.9), resume=True),
        "export": lambda: export(run, out, int8=False, overwrite=True),
    }
    jobs[verb]()


def _contents(verb: str, out: Path) -> dict[str, str]:
    """Returns what a finished job wrote, by name, each as a digest; without times, and reports, which tell them."""
    if verb == "export":
        return {"bundle": _digest(out.read_bytes()), **_left(out.parent)}
    files = [path for path in (METRICS, PREDICTIONS, SCHEMA, SPLIT, TAXONOMY) if (out / path).exists()]
    history = json.loads((out / CHECKPOINTS / HISTORY).read_text(encoding="utf-8"))
    epochs = [{name: value for name, value in row.items() if name != "seconds"} for row in history["epochs"]]
    weights = {path.name: _digest(path.read_bytes()) for path in (out / CHECKPOINTS).glob("*.h5")}
    report = {REPORT: "there"} if (out / REPORT).exists() else {}
    named = {name: _digest((out / name).read_bytes()) for name in files}
    return named | weights | report | {HISTORY: _digest(json.dumps(epochs).encode())} | _left(out)


def _left(folder: Path) -> dict[str, str]:
    """Returns what only a job at work should have in its folder."""
    return {
        str(path.relative_to(folder)): "left" for path in folder.rglob("*") if path.name.endswith((".aside", ".lock"))
    }


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=16).hexdigest()


BENCHMARK = Benchmark(
    name="kills",
    description=__doc__,
    measure=measure,
    options=(
        option("--kills", type=int, default=20, help="of each verb (%(default)s)"),
        option("--seed", type=int, default=15, help="of their moments (%(default)s)"),
        option("--verbs", nargs="+", choices=VERBS, default=VERBS, help="by default all: %(default)s"),
    ),
    shown=("verb", "kills", "running", "same", "seconds", "seed"),
)

if __name__ == "__main__":
    BENCHMARK.main()
