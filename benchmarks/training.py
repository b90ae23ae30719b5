"""Learning: how long until the study network's best accuracy on the hold-out, and how long to the end.

Three trainings take turns of a minute: the study's network with Keras `fit` on TensorFlow, the fastest backend for it;
`modiste train` with the settings of the race; and `modiste train` with those of the tagger that ships. All learn from
the same products; the clocks of ours include opening the catalogue, calibration, scores and report.
"""

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.contest import Contestant
from benchmarks.options import Common, common, parser
from benchmarks.photos import catalogue_of
from benchmarks.rows import Row, Side, write_rows
from modiste.config import TrainConfig
from modiste.progress import silent
from modiste.runs import describe_environment
from modiste.workflows.prepare import Prepared, prepare
from modiste.workflows.splitting import split_for

RACE = Path(__file__).parent / "race.toml"

TURN = 60
"""Seconds."""


def main() -> None:
    """Measures, prints and writes the table."""
    options = parser("training", __doc__)
    options.set_defaults(rounds=1)
    options.add_argument("--config", type=Path, help="settings of the tagger that ships; by default those of train")
    options.add_argument("--teacher", type=Path, help="settings of its teacher, if it has one")
    options.add_argument("--race", type=Path, default=RACE, help="settings of the race (%(default)s)")
    options.add_argument("--race-epochs", type=int, help="of the race; by default those of its settings")
    options.add_argument("--epochs", type=int, default=40, help="of the study's network at most (%(default)s)")
    options.add_argument("--patience", type=int, default=5, help="of its early stopping (%(default)s)")
    options.add_argument("--products", type=int, default=2000, help="of a drawn catalogue (%(default)s)")
    options.add_argument("--turn", type=float, default=TURN, help="seconds of a turn (%(default)s)")
    arguments = options.parse_args()
    write_rows(arguments.out, measure(arguments), describe_environment(()))


def measure(arguments: argparse.Namespace) -> list[Row]:
    """Trains all three as often as there are rounds, each round with a seed of its own."""
    shared = common(arguments)
    catalogue = catalogue_of(shared.catalogue, shared.work, arguments.products)
    folder = shared.work / "training"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    prepared = prepare(catalogue)
    products = _write_parts(prepared, folder)
    rounds = [_train(arguments, shared, catalogue, folder, seed) for seed in range(shared.rounds)]
    return _rows(rounds, f"{products:,} products to learn from, {catalogue.stem}")


def _write_parts(prepared: Prepared, folder: Path) -> int:
    """Writes the split, the pixels and the labels that all three share; returns how many products are learned from."""
    products, split = split_for(prepared, TrainConfig(), progress=silent)
    split.frame.write_parquet(folder / "split.parquet")
    np.save(folder / "pixels.npy", prepared.cache.pixels)
    numbers = {label: number for number, label in enumerate(prepared.labels)}
    arrays = {"labels": np.array(len(numbers))}
    for (part,), frame in products.group_by("part"):
        arrays[f"{part}_rows"] = frame["row"].to_numpy()
        arrays[f"{part}_numbers"] = frame["Class"].replace_strict(numbers).to_numpy()
    np.savez(folder / "parts.npz", allow_pickle=False, **arrays)
    return len(arrays["train_rows"])


def _train(arguments: argparse.Namespace, shared: Common, catalogue: Path, folder: Path, seed: int) -> dict[str, Any]:
    """Returns what each contestant is, with the `log` of its training and its `clock` at the end."""
    for name in ("race", "tagger", "teacher"):
        shutil.rmtree(folder / name, ignore_errors=True)
    seeded = ["--seed", seed]
    ours = [catalogue, "--split", folder / "split.parquet", *seeded]
    racing = ["--epochs", arguments.race_epochs] if arguments.race_epochs else []
    stopping = ["--epochs", arguments.epochs, "--patience", arguments.patience]
    settings = [
        part for name in ("config", "teacher") if (path := getattr(arguments, name)) for part in (f"--{name}", path)
    ]
    contestants = {
        "keras": Contestant(
            "peers.training", folder / "pixels.npy", folder / "parts.npz", *stopping, *seeded, python=shared.peer
        ),
        "race": Contestant("contestants.training", *ours, folder / "race", "--config", arguments.race, *racing),
        "tagger": Contestant("contestants.training", *ours, folder, *settings),
    }
    found = {name: each.facts | {"log": []} for name, each in contestants.items()}
    going = dict(contestants)
    while going:
        for name, contestant in list(going.items()):
            told = contestant.go(seconds=arguments.turn)
            found[name]["log"] += told["log"]
            found[name]["clock"] = told["clock"]
            if told["done"]:
                contestant.close()
                del going[name]
            print(f"{name}: {told['clock']:.0f} s {told['log'] or ''}", flush=True)
    return found


def _rows(rounds: Sequence[dict[str, Any]], size: str) -> list[Row]:
    best = [max(each["keras"]["log"], key=lambda entry: entry["accuracy"]) for each in rounds]
    raced = [each["race"]["log"][-1] for each in rounds]
    # Who does not get there takes for ever.
    clocks = [
        ours["clock"] if ours["accuracy"] >= theirs["accuracy"] else float("inf")
        for ours, theirs in zip(raced, best, strict=True)
    ]
    facts = rounds[0]
    reached = f"{_all(best)} on Keras, {_all(raced)} on ours; {size}"
    ends = {name: [each[name]["clock"] for each in rounds] for name in ("keras", "tagger")}
    last = f"{_all([each['keras']['log'][-1] for each in rounds])} on Keras, "
    last += f"{_all([each['tagger']['log'][-1] for each in rounds])} on ours; {size}"
    return [
        Row(
            "to the study network's best accuracy on the hold-out",
            "s",
            reached,
            Side.of(facts["race"], clocks),
            Side.of(facts["keras"], [entry["clock"] for entry in best]),
            better="less",
        ),
        Row(
            "the whole training of the tagger that ships, beside the study's until its early stopping",
            "s",
            last,
            Side.of(facts["tagger"], ends["tagger"]),
            Side.of(facts["keras"], ends["keras"]),
            better="less",
        ),
    ]


def _all(entries: Sequence[dict[str, Any]]) -> str:
    return " and ".join(f"accuracy {entry['accuracy']:.4f} after epoch {entry['epoch']}" for entry in entries)


if __name__ == "__main__":
    main()
