"""Tags a folder of photos into a table, and looks at what is in it.

The same as `modiste tag tour/catalogue/images --out tour/tags.parquet --overwrite`. After an interruption, it goes on
where it was.
"""

from pathlib import Path

import polars as pl

from modiste import Tagger, draw_catalogue, find_photos

catalogue = Path("tour/catalogue")
if not catalogue.exists():
    draw_catalogue(catalogue, products=400, seed=1)

# Folders are searched to the bottom; zips, and tables with a column of photo files, may be given as well.
photos = find_photos([catalogue / "images"])
table = Path("tour/tags.parquet")
written = Tagger.load().write(table, photos, overwrite=True)
print(f"{table}: {written.photos} photos, {written.errors} of them with an error")

tags = pl.read_parquet(table)
print(tags.select("path", "Class", "Class_probability", "Class_decision", "baseColour").head())

# A photo that cannot be read is a row with its reason; the others are tagged all the same.
for path, error in tags.drop_nulls("error").select("path", "error").iter_rows():
    print(f"{path}: {error}")

accepted = tags.filter(pl.col("Class_decision") == "accept")
print(accepted.group_by("Class").len().sort("len", "Class", descending=[True, False]).head())
