"""Our side of learning: `modiste train`, in turns; a tagger that has a teacher has it trained first."""

import argparse
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.contest import Seat
from benchmarks.turns import Over, Turns
from modiste.config import TrainConfig, load_config
from modiste.learning.backend import mixed_precision_pays
from modiste.runs import SPLIT, describe_environment
from modiste.workflows.train import train

__all__ = ["describe"]


def describe(name: str, batch: int, *, mixed: bool) -> dict[str, Any]:
    """Returns what a training of ours is, for the tables."""
    return {
        "name": name,
        "precision": "bfloat16 and float32" if mixed and mixed_precision_pays("auto") else "float32",
        "batch": batch,
        "versions": describe_environment(("keras", "torch")),
    }


def main() -> None:
    """Takes its seat."""
    seat = Seat()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("catalogue", type=Path)
    parser.add_argument("out", type=Path, help="the folder of runs to write")
    parser.add_argument("--config", type=Path, help="settings of the tagger; by default those of modiste train")
    parser.add_argument("--teacher", type=Path, help="settings of its teacher, if it has one")
    parser.add_argument("--split", default="grouped")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, help="by default those of the settings")
    arguments = parser.parse_args()
    flags = {"split": arguments.split, "seed": arguments.seed}
    config = load_config(TrainConfig, arguments.config, flags | {"epochs": arguments.epochs})
    stages = {"tagger": config}
    if arguments.teacher:
        taught = replace(config, teacher=str(arguments.out / "teacher"), split=str(arguments.out / "teacher" / SPLIT))
        stages = {"teacher": load_config(TrainConfig, arguments.teacher, flags), "tagger": taught}
    turns = Turns(seat)

    def told(stage: str, done: int, total: int, note: str = "") -> None:  # noqa: ARG001
        turns.check()

    seat.say(describe("modiste train", config.batch_size, mixed=config.mixed))
    with suppress(Over):
        turns.begin()
        for name, settings in stages.items():
            result = train(arguments.catalogue, arguments.out / name, settings, progress=told)
            accuracy = result.scores["holdout"]["Class"].scores.accuracy.value
            turns.note(stage=name, epoch=settings.epochs, accuracy=accuracy)
        turns.finish()


if __name__ == "__main__":
    main()
