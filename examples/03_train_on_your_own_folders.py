"""Learns labels of your own from a folder per class, and makes a tagger of it that is one file.

The same as `modiste train tour/photos --out tour/run --from default --epochs 2 --image-size 48x64 --batch-size 16`,
then `modiste export tour/run tour/mine.modiste`.
"""

import shutil
from pathlib import Path

from modiste import Tagger, TrainConfig, draw_catalogue, export, train

# A folder per class: tour/photos/Shirts/1234.jpg, tour/photos/Tops/5678.jpg, and so on. The names are the labels.
photos, run, bundle = Path("tour/photos"), Path("tour/run"), Path("tour/mine.modiste")
for folder in (photos, run):
    shutil.rmtree(folder, ignore_errors=True)
drawn = draw_catalogue(photos / "drawn", products=300, seed=2)
for product, label in drawn.labels.items():
    photo = drawn.directory / "images" / f"{product}.jpg"
    if label in {"Casual Shoes", "Shirts", "Tops", "Tshirts"} and photo.exists():
        (photos / label).mkdir(exist_ok=True)
        photo.rename(photos / label / photo.name)
shutil.rmtree(drawn.directory)

# Small, so that it takes seconds: for photos of your own, leave out all but `start`. `default` starts from what the
# tagger that ships has learned. Pictures that are the same, or nearly, are never on both sides of the split.
result = train(photos, run, TrainConfig(start="default", width=48, height=64, epochs=2, batch_size=16))
for name, item in result.scores["holdout"].items():
    print(f"{name}: {item.scores.n} photos held out, accuracy {item.scores.accuracy}")
print(f"Open {result.report} in a browser")

# The export proves that the file answers as the network does; the tagger needs no Keras.
exported = export(run, bundle, licence="my own photos", overwrite=True)
print(Tagger.load(exported.bundle).tag(min((photos / "Shirts").iterdir())))
