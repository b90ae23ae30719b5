"""Learning: how long until the study network's best accuracy on the hold-out, and how long to the end.

Three trainings take turns of a minute: the study's network with Keras `fit` on TensorFlow, the fastest backend for it;
`modiste train` with the settings of the race; and `modiste train` with those of the tagger that ships. All learn from
the same products; the clocks of ours include opening the catalogue, calibration, scores and report.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.contest import Contestant
from benchmarks.harness import Benchmark, Setup, option
from benchmarks.rows import Row, Side
from modiste.config import TrainConfig
from modiste.progress import silent
from modiste.workflows.prepare import Prepared, prepare
from modiste.workflows.splitting import split_for

RACE = Path(__file__).parent / "race.toml"


def measure(setup: Setup) -> list[Row]:
    """Trains all three as often as there are rounds, each round with a seed of its own."""
    catalogue = setup.catalogue(setup.options.products)
    folder = setup.work / "training"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    products = _write_parts(prepare(catalogue), folder)
    rounds = [_train(setup, catalogue, folder, seed) for seed in range(setup.rounds)]
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


def _train(setup: Setup, catalogue: Path, folder: Path, seed: int) -> dict[str, Any]:
    """Returns what each contestant is, with the `log` of its training and its `clock` at the end."""
    options = setup.options
    for name in ("race", "tagger", "teacher"):
        shutil.rmtree(folder / name, ignore_errors=True)
    seeded = ["--seed", seed]
    ours = [catalogue, "--split", folder / "split.parquet", *seeded]
    racing = ["--epochs", options.race_epochs] if options.race_epochs else []
    stopping = ["--epochs", options.epochs, "--patience", options.patience]
    settings = [
        part for name in ("config", "teacher") if (path := getattr(options, name)) for part in (f"--{name}", path)
    ]
    contestants = {
        "keras": Contestant(
            "peers.training", folder / "pixels.npy", folder / "parts.npz", *stopping, *seeded, python=setup.peer
        ),
        "race": Contestant("contestants.training", *ours, folder / "race", "--config", options.race, *racing),
        "tagger": Contestant("contestants.training", *ours, folder, *settings),
    }
    found = {name: each.facts | {"log": []} for name, each in contestants.items()}
    going = dict(contestants)
    while going:
        for name, contestant in list(going.items()):
            told = contestant.go(seconds=options.turn)
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


BENCHMARK = Benchmark(
    "training",
    __doc__,
    measure,
    (
        option("--config", type=Path, help="settings of the tagger that ships; by default those of train"),
        option("--teacher", type=Path, help="settings of its teacher, if it has one"),
        option("--race", type=Path, default=RACE, help="settings of the race (%(default)s)"),
        option("--race-epochs", type=int, help="of the race; by default those of its settings"),
        option("--epochs", type=int, default=40, help="of the study's network at most (%(default)s)"),
        option("--patience", type=int, default=5, help="of its early stopping (%(default)s)"),
        option("--products", type=int, default=2000, help="of a drawn catalogue (%(default)s)"),
        option("--turn", type=float, default=60, help="seconds of a turn (%(default)s)"),
    ),
    rounds=1,
)

if __name__ == "__main__":
    BENCHMARK.main()
