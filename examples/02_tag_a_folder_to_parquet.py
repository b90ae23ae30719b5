"""Tags a folder of photos into a table, and looks at what is in it.

The same as `modiste tag tour/catalogue/images --out tour/tags.parquet --keep embedding --overwrite`. After an
interruption, it goes on where it was.
"""

from pathlib import Path

import numpy as np
import polars as pl

from modiste import Predictions, Tagger, draw_catalogue

catalogue = Path("tour/catalogue")
if not catalogue.exists():
    draw_catalogue(catalogue, products=400, seed=1)

# Folders are searched to the bottom; zips, and tables with a column of photo files, may be given as well.
table = Path("tour/tags.parquet")
written = Tagger.load().write(table, catalogue / "images", keep=["embedding"], overwrite=True)
print(f"{table}: {written.photos} photos, {written.errors} of them with an error")

tags = pl.read_parquet(table)
print(tags.select("path", "Class", "Class_probability", "Class_decision", "baseColour").head())

# A photo that cannot be read is a row with its reason; the others are tagged all the same.
for path, error in tags.drop_nulls("error").select("path", "error").iter_rows():
    print(f"{path}: {error}")

accepted = tags.filter(pl.col("Class_decision") == "accept")
print(accepted.group_by("Class").len().sort("len", "Class", descending=[True, False]).head())

# The same file as predictions: by their embeddings, the two photos that are most alike.
told = Predictions.read_parquet(table)
read = told.filter([error is None for error in told.errors])
alike = read.embedding @ read.embedding.T
np.fill_diagonal(alike, -1)
one, other = np.unravel_index(alike.argmax(), alike.shape)
print(f"{read.paths[one]} and {read.paths[other]} are most alike: {alike.max():.3f}")
