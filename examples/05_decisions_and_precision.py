"""Shows how the target precision divides the answers: what is accepted, and what a person should look at first."""

from pathlib import Path

import polars as pl

from modiste import Tagger, draw_catalogue

catalogue = Path("tour/catalogue")
if not catalogue.exists():
    draw_catalogue(catalogue, products=400, seed=1)

# The more precision is asked for, the fewer answers are accepted. The promise, that with 95 % confidence so many of the
# accepted answers are right, holds for photos like those that the tagger was calibrated on; these are drawings, so that
# a good part of them goes to review for being unlike all of those.
tagger = Tagger.load()
for precision in (0.90, 0.95, 0.98, 0.99):
    tags = tagger.tag(catalogue / "images", precision=precision).to_frame().filter(pl.col("error").is_null())
    shares = {
        name: (tags[f"{name}_decision"] == "accept").sum() / tags.height for name in ("Class", "gender", "baseColour")
    }
    print(f"{precision:.2f}: " + ", ".join(f"{share:4.0%} of {name} accepted" for name, share in shares.items()))

# What a person should look at: the least sure first.
review = tags.filter(pl.col("Class_decision") == "review").sort("Class_probability")
print(review.select("path", "Class", "Class_probability").head(10))
