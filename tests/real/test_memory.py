"""What the whole catalogue takes in memory and time. Each job runs in a process of its own: this file as a program."""

import contextlib
import gc
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

GIGABYTE = 2**30
STEPS = 30


class Enough(Exception):  # noqa: N818
    """Ends a training."""


def test_inspect_takes_less_than_a_gigabyte_and_a_minute(real_zip: Path) -> None:
    report, peak, seconds = run("inspect", real_zip)
    assert json.loads(report)["products"] == 44_440
    assert peak < GIGABYTE
    assert seconds < 60


def test_training_takes_less_than_three_gigabytes(real_zip: Path, tmp_path: Path) -> None:
    report, peak, _ = run("train", real_zip, tmp_path / "run")
    assert json.loads(report) == {"steps": STEPS, "read": 44_440, "answers": [1024, 30]}
    assert peak < 3 * GIGABYTE


def run(job: str, *arguments: Path) -> tuple[str, int, float]:
    """Runs a job; returns what it printed, its peak of resident memory in bytes and the seconds that it took.

    Seconds of the processor: by the clock, whatever else is at work on the machine would count.
    """
    done = subprocess.run([sys.executable, __file__, job, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    peak, seconds = done.stderr.splitlines()[-1].split()
    return done.stdout, int(peak), float(seconds)


def peak_memory() -> int:
    """The process's peak in bytes. Not getrusage's: that begins with the peak of the process that started this one."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def inspect(catalogue: str) -> None:
    from modiste.cli.main import main

    main(["inspect", catalogue, "--json"])


def train(catalogue: str, out: str) -> None:
    """Begins the study; then reads every picture, as the rest of it would, and has the network answer."""
    from modiste.workflows.scoring import answer, batches_of, network_of

    from modiste.config import StudyConfig
    from modiste.workflows.prepare import prepare
    from modiste.workflows.study import study

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
    prepared = prepare(Path(catalogue))
    # What was read once stays in the memory map's pages.
    batches = batches_of(prepared, prepared.products, config, training=True)
    read = sum(len(batches[index][1]) for index in range(len(batches)))
    some = prepared.products.sample(1024, seed=0)
    answers = answer(network_of(config, prepared), prepared, some, config, progress, "some").probabilities
    sys.stdout.write(json.dumps({"steps": steps, "read": read, "answers": answers.shape}))


JOBS: dict[str, Callable[..., None]] = {"inspect": inspect, "train": train}

if __name__ == "__main__":
    JOBS[sys.argv[1]](*sys.argv[2:])
    sys.stderr.write(f"\n{peak_memory()} {time.process_time()}\n")
