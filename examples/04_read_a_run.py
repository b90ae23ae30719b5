"""Reads what a training left behind: all of it is plain files, and none of this needs Keras.

Run 03_train_on_your_own_folders.py first.
"""

import json
from pathlib import Path

import polars as pl

run = Path("tour/run")

# metrics.json: part -> attribute -> scores, each with its 95 % interval.
metrics = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
for part, attributes in metrics.items():
    accuracy = attributes["Class"]["accuracy"]
    print(f"{part:>10}: accuracy {accuracy['value']:.3f}, between {accuracy['low']:.3f} and {accuracy['high']:.3f}")

# history.json: one row an epoch.
for epoch in json.loads((run / "checkpoints" / "history.json").read_text(encoding="utf-8"))["epochs"]:
    print(f"   epoch {epoch['epoch']}: loss {epoch['loss']:.3f}, validation accuracy {epoch['val_Class']:.3f}")

# split.parquet: which product was learned from, chosen on, held out. Give it to `--split` to compare another training.
print(pl.read_parquet(run / "split.parquet").group_by("part").len().sort("part"))

# predictions.parquet: what `modiste tag` writes too, with the truth beside it. Here: what was mistaken for what, the
# surest first.
answers = pl.read_parquet(run / "predictions.parquet").sort("Class_probability", descending=True)
wrong = answers.filter(pl.col("Class_true") != pl.col("Class"), pl.col("part") != "train")
print(wrong.select("id", "part", "Class_true", "Class", "Class_probability"))
