"""Jobs on the whole catalogue, each in a process of its own: this file as a program."""

import contextlib
import gc
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

STEPS = 30


class Enough(Exception):  # noqa: N818
    """Ends a training."""


@dataclass(frozen=True)
class Done:
    """A job that was done.

    Attributes:
        printed: What it printed.
        peak: Its peak of resident memory in bytes.
        seconds: Of the processor: by the clock, whatever else is at work on the machine would count.
    """

    printed: str
    peak: int
    seconds: float


def run(job: str, *arguments: Path) -> Done:
    """Runs a job."""
    done = subprocess.run([sys.executable, __file__, job, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    peak, seconds = done.stderr.splitlines()[-1].split()
    return Done(done.stdout, int(peak), float(seconds))


def peak_memory() -> int:
    """The process's peak in bytes. Not getrusage's: that begins with the peak of the process that started this one."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def inspect(catalogue: str) -> None:
    from modiste.cli.main import main

    main(["inspect", catalogue, "--json"])


def train(catalogue: str, out: str) -> None:
    """Begins the study; then reads every picture, as the rest of it would, and has the network answer."""
    from functools import partial

    import numpy as np

    from modiste.config import StudyConfig
    from modiste.learning.batches import Batches, Drawn, as_network_input
    from modiste.learning.prediction import predict
    from modiste.workflows.prepare import prepare
    from modiste.workflows.study import Study, study

    steps = 0

    def progress(stage: str, done: int, total: int, note: str = "") -> None:
        nonlocal steps
        if stage.startswith("epoch"):
            steps = done
            if done == STEPS:
                raise Enough

    config = StudyConfig()
    with contextlib.suppress(Enough):
        study(Path(catalogue), Path(out), config, progress=progress)
    gc.collect()  # the study's network, as one answers in place of it
    recipe = Study(config, progress)
    task = recipe.task(prepare(Path(catalogue)))
    rows = task.photos["row"].to_numpy()
    batches = partial(Batches, task.prepared.cache.pixels, to_input=partial(as_network_input, greyscale=False))
    # What was read once stays in the memory map's pages.
    drawn = batches(rows, np.zeros(len(rows), np.int64), batch_size=config.batch_size, drawn=Drawn(config.seed))
    read = sum(len(drawn[index][1]) for index in range(len(drawn)))
    some = batches(rows[:1024], np.zeros(1024, np.int64), batch_size=256)
    answers = predict(recipe.network(task), some)
    sys.stdout.write(json.dumps({"steps": steps, "read": read, "answers": answers.shape}))


JOBS: dict[str, Callable[..., None]] = {"inspect": inspect, "train": train}

if __name__ == "__main__":
    JOBS[sys.argv[1]](*sys.argv[2:])
    sys.stderr.write(f"\n{peak_memory()} {time.process_time()}\n")
