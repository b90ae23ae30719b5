"""Our training steps, profiled: those of `modiste train`, or of `modiste study`, as they run for everyone."""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.contest import Seat
from benchmarks.contestants.training import describe
from benchmarks.profiling import ProfiledSteps
from benchmarks.turns import Over
from modiste.config import StudyConfig, TrainConfig, load_config
from modiste.workflows.study import study
from modiste.workflows.train import train

WARM = 5
ENDLESS = 1000
"""Epochs: it ends when there is no other turn."""


def main() -> None:
    """Takes its seat."""
    seat = Seat()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("verb", choices=["train", "study"])
    parser.add_argument("catalogue", type=Path)
    parser.add_argument("--config", type=Path, help="settings of modiste train")
    arguments = parser.parse_args()
    steps = ProfiledSteps(seat, WARM)

    def told(stage: str, done: int, total: int, note: str = "") -> None:  # noqa: ARG001
        if stage.startswith(("training", "epoch")):
            steps.step()

    with TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        try:
            if arguments.verb == "train":
                config = load_config(TrainConfig, arguments.config, {"epochs": ENDLESS})
                seat.say(describe("the tagger, modiste train", config.batch_size, mixed=config.mixed))
                train(arguments.catalogue, out, config, progress=told)
            else:
                settings = StudyConfig(epochs=ENDLESS, patience=ENDLESS)
                seat.say(describe("the study's network, modiste study", settings.batch_size, mixed=False))
                study(arguments.catalogue, out, settings, progress=told)
        except Over:
            return


if __name__ == "__main__":
    main()
