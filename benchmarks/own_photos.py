"""How long `modiste train` takes on somebody's own photos: a folder per class, 3,000 of them, 400x600 pixels.

The photos are drawn products, enlarged and laid on a cluttered ground, since nobody's photos are ours to keep.
"""

import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
from numpy.random import Generator
from PIL import Image

from benchmarks.harness import Benchmark, Setup, option
from modiste.catalogue.photos import one_a_photo
from modiste.config import TrainConfig
from modiste.runs import describe_environment
from modiste.sample.draw import draw_catalogue
from modiste.workflows.prepare import open_labelled
from modiste.workflows.train import train

SIZE = (400, 600)
ACCURACY = "Class accuracy on the hold-out"


def photograph(product: Image.Image, generator: Generator) -> Image.Image:
    """Returns a photo of a drawn product among other things."""
    clutter = generator.integers(0, 256, (6, 4, 3), dtype=np.uint8)
    ground = Image.fromarray(clutter).resize(SIZE, Image.Resampling.BILINEAR)
    share = float(generator.uniform(0.55, 0.95))
    width, height = int(SIZE[0] * share), int(SIZE[1] * share)
    place = int(generator.integers(0, SIZE[0] - width)), int(generator.integers(0, SIZE[1] - height))
    ground.paste(product.resize((width, height), Image.Resampling.BICUBIC), place)
    return ground


def draw_photos(folder: Path, count: int) -> int:
    """Draws a folder per class; returns how many photos are in it."""
    drawn = draw_catalogue(folder.parent / "drawn", products=count + count // 20, seed=0).directory
    products = one_a_photo(open_labelled(drawn)[1].frame).drop_nulls("Class").head(count)
    generator = np.random.default_rng(0)
    written = 0
    for label, name in products.select("Class", "image").iter_rows():
        try:
            product = Image.open(drawn / name).convert("RGB")
        except OSError:
            continue  # one of the drawn catalogue's defects
        (folder / label).mkdir(parents=True, exist_ok=True)
        photograph(product, generator).save(folder / label / f"{written:05d}.jpg", quality=90)
        written += 1
    return written


def measure(setup: Setup) -> pl.DataFrame:
    """Trains once, on photos that nothing has decoded yet; returns the only row."""
    with TemporaryDirectory() as folder:
        os.environ["MODISTE_CACHE"] = f"{folder}/cache"
        photos = draw_photos(Path(folder) / "photos", setup.options.photos)
        config = TrainConfig(start="default", epochs=setup.options.epochs)
        start = time.perf_counter()
        result = train(Path(folder) / "photos", Path(folder) / "run", config)
        minutes = (time.perf_counter() - start) / 60
    row = {
        "photos": photos,
        "pixels": f"{SIZE[0]}x{SIZE[1]}",
        "network sees": f"{config.width}x{config.height}",
        "epochs": config.epochs,
        "minutes": round(minutes, 2),
        ACCURACY: round(result.scores["holdout"]["Class"].scores.accuracy.value, 4),
        **describe_environment(("keras", "torch")),
    }
    return pl.DataFrame([row])


BENCHMARK = Benchmark(
    "own_photos",
    __doc__,
    measure,
    (
        option("--photos", type=int, default=3000),
        option("--epochs", type=int, default=TrainConfig().epochs, help="of the training (%(default)s)"),
    ),
    shown=("photos", "epochs", "minutes", ACCURACY),
)

if __name__ == "__main__":
    BENCHMARK.main()
