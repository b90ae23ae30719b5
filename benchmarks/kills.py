"""Kills trainings, studies and exports at random moments, and does each again: it must end as one that nobody killed.

A run that was killed is resumed, and must get the same weights, scores and predictions, to the last bit. An export must
leave the old bundle or the new one, and then make the new one. Every job decodes its pictures anew, so that some kills
fall into that. The moments are drawn over the time that an undisturbed job takes.
"""

import json
import multiprocessing
import os
import random
import resource
import shutil
import time
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

__all__ = ["BENCHMARK", "VERBS", "Job", "Killed", "measure", "soak"]

VERBS = ("train", "study", "export")

PRODUCTS = 150
"""Of the drawn catalogue: a job takes seconds."""

OLD = b"the bundle of before"

SETTINGS = {
    "train": "epochs = 2\nbatch_size = 32\nwidth = 32\nheight = 40\nshift = 2\nshallow = true\n",
    "study": "epochs = 2\nbatch_size = 32\nbn_momentum = 0.9\n",
}
"""Verb -> its settings: a small network and few epochs."""

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
    if verb == "export":
        Job("train", catalogue, folder / "trained").finish()
    whole = Job(verb, catalogue, folder / "whole", run=folder / "trained" / "out")
    start = time.perf_counter()
    whole.finish()
    seconds = time.perf_counter() - start
    expected = whole.contents()
    moments = random.Random(f"{verb} {seed}")  # noqa: S311 - it draws moments
    running, different = 0, []
    for number in range(kills):
        job, moment = Job(verb, catalogue, folder / str(number), run=whole.run), moments.uniform(0, seconds)
        running += job.kill_after(moment)
        found = [] if job.is_whole(expected) else ["the bundle is neither the old one nor the new one"]
        job.finish()
        again = job.contents()
        found += [f"{name} is another" for name in expected | again if expected.get(name) != again.get(name)]
        different += [f"kill {number}, after {moment:.2f} s: {what}" for what in found[:1]]
        shutil.rmtree(job.folder)
    return Killed(verb, kills, running, kills - len(different), seconds, tuple(different))


class Job:
    """A command that may be killed, and is then given again.

    Args:
        verb: One of `VERBS`.
        catalogue: What to learn from.
        folder: Where it writes: `out`, its cache, and what it says.
        run: What to export.

    Attributes:
        folder: Where it writes.
        run: What to export.
        out: Its run folder or bundle. An export replaces a bundle.
    """

    def __init__(self, verb: str, catalogue: Path, folder: Path, *, run: Path | None = None) -> None:
        self.folder, self.run = folder, run
        self.out = folder / "out"
        self._verb = verb
        folder.mkdir()
        settings = folder / "settings.toml"
        settings.write_text(SETTINGS.get(verb, ""), encoding="utf-8")
        if verb == "export":
            self.out.write_bytes(OLD)
            self._arguments = [verb, str(run), str(self.out), "--float", "--overwrite"]
        else:
            self._arguments = [verb, str(catalogue), "--out", str(self.out), "--config", str(settings), "--resume"]

    def kill_after(self, seconds: float) -> bool:
        """Kills the job after so many seconds; returns whether it was still at work."""
        process = self._start(None)
        process.join(seconds)
        process.kill()
        process.join()
        return process.exitcode != 0

    def finish(self, *, largest: int | None = None) -> tuple[int | None, str]:
        """Does the job, or goes on with it, to its end.

        Args:
            largest: Bytes that a file may have: a larger one is refused as by a full disk.

        Returns:
            The exit code, and what was said on standard error.

        Raises:
            RuntimeError: It failed, although there was room.
        """
        process = self._start(largest)
        process.join()
        said = (self.folder / "log").read_text(encoding="utf-8")
        if process.exitcode != 0 and largest is None:
            raise RuntimeError(f"{self._verb} ended with {process.exitcode}: {said}")
        return process.exitcode, said

    def is_whole(self, expected: dict[str, str]) -> bool:
        """Whether a bundle is the old one or the new one."""
        return self._verb != "export" or self.out.read_bytes() == OLD or self.contents()["bundle"] == expected["bundle"]

    def contents(self) -> dict[str, str]:
        """Returns what the finished job wrote, by name, as digests; without times, and reports, which tell them.

        What only a job at work should have in its folder is named, too.
        """
        left = {path.name: "left" for path in self.folder.rglob("*") if path.name.endswith((".aside", ".lock"))}
        if self._verb == "export":
            return {"bundle": _digest(self.out.read_bytes())} | left
        history = json.loads((self.out / CHECKPOINTS / HISTORY).read_text(encoding="utf-8"))
        epochs = [{name: value for name, value in row.items() if name != "seconds"} for row in history["epochs"]]
        files = [self.out / name for name in (METRICS, PREDICTIONS, SCHEMA, SPLIT, TAXONOMY)]
        found = [path for path in (*files, *(self.out / CHECKPOINTS).glob("*.h5")) if path.exists()]
        report = {REPORT: "there"} if (self.out / REPORT).exists() else {}
        epochs_digest = {HISTORY: _digest(json.dumps(epochs).encode())}
        return {path.name: _digest(path.read_bytes()) for path in found} | report | epochs_digest | left

    def _start(self, largest: int | None) -> "multiprocessing.process.BaseProcess":
        process = PROGRAMS.Process(target=_work, args=(self._arguments, self.folder, largest))
        process.start()
        return process


def _work(arguments: list[str], folder: Path, largest: int | None) -> None:
    """Runs a command as `modiste` does, with a cache of its own."""
    os.environ["MODISTE_CACHE"] = str(folder / "cache")
    log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    if largest is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
    from modiste.cli.main import main  # noqa: PLC0415 - in a process of its own

    main(arguments)


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
