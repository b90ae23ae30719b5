"""Heat maps of what tags were seen from: of one photo, or of many as a folder of pictures."""

import io
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path, PurePath
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from modiste.dataset.geometry import resize
from modiste.dataset.images import MAX_PIXELS
from modiste.errors import CatalogueError, ConfigError, ImageError, OutputError, nearest
from modiste.portable.explain import activation_map, heat_map, occlusion_map, overlay
from modiste.portable.predictor import Predictor
from modiste.progress import Progress, silent
from modiste.runs import hold_folder, write_whole
from modiste.tagging.photos import Entry, Photo

__all__ = ["HeatMaps", "Method", "explain_photo", "explain_picture"]

Method = Literal["occlusion", "activation"]
"""How to find out what a label was seen from: by covering parts of the photo, or by the network's last feature map."""

LEAST = 1e-12
"""A probability is taken to be no less."""

LONGEST = 50
"""Letters of a photo's name in the name of its heat map; four times as many bytes, and no file system takes 255."""


def explain_photo(
    predictor: Predictor, photo: Photo, index: int, method: Method = "occlusion", *, max_pixels: int = MAX_PIXELS
) -> Image.Image:
    """Returns a photo under the heat map of what an attribute's label was seen from.

    Args:
        predictor: Answers.
        photo: What to show.
        index: The attribute's: its index in the bundle's schema.
        method: See `Method`.
        max_pixels: See `images.decode`.

    Raises:
        ImageError: The photo cannot be decoded.
        CatalogueError: It cannot be read.
        ConfigError: There is no such method.
    """
    if method not in get_args(Method):
        raise ConfigError(
            f"no method is called {method!r}{nearest(method, get_args(Method))}",
            fix=f"take {' or '.join(get_args(Method))}",
        )
    return explain_picture(predictor, photo.picture(max_pixels=max_pixels), index, method)[0]


def explain_picture(
    predictor: Predictor,
    picture: Image.Image,
    index: int,
    method: Method = "occlusion",
    *,
    pixels: NDArray[np.uint8] | None = None,
) -> tuple[Image.Image, str]:
    """Returns a picture under its heat map, and the label that it explains.

    Args:
        predictor: Answers.
        picture: What to show, RGB.
        index: The attribute's: its index in the bundle's schema.
        method: See `Method`.
        pixels: uint8 (height, width, 3), what the network sees where that was made of a larger copy of the picture.
    """
    bundle = predictor.bundle
    if pixels is None:
        pixels = np.asarray(resize(picture, bundle.image.size, bundle.image.fit))
    attribute = bundle.attributes[index]
    label_id = predictor.predict(pixels[None]).label_ids[0, index]
    label = attribute.labels[label_id]
    if method == "activation":
        seen = activation_map(bundle, predictor.features(pixels[None])[0], attribute.name, label)
    else:
        seen = occlusion_map(lambda views: _log_probability(predictor, views, attribute.name, label_id), pixels)
    return overlay(picture, heat_map(seen, bundle.image, picture.size, even=method == "occlusion")), label


def _log_probability(
    predictor: Predictor, pixels: NDArray[np.uint8], attribute: str, label_id: int
) -> NDArray[np.floating]:
    return np.log(np.maximum(predictor.predict(pixels).probabilities(attribute)[:, label_id], LEAST))


class HeatMaps:
    """A folder of heat maps that is to be written; what would stand in its way is found before any work is done.

    Args:
        folder: Where; it is made when the first is written.
        predictor: Answers.
        attribute: Whose answers to explain; by default those of the first.
        method: See `explain_photo`.
        max_pixels: See `images.decode`.
        overwrite: Whether pictures that are there may be replaced.

    Raises:
        ConfigError: There is no such attribute.
        OutputError: There are pictures in the folder, or it is a file.
    """

    def __init__(
        self,
        folder: Path,
        predictor: Predictor,
        attribute: str | None,
        *,
        method: Method = "occlusion",
        max_pixels: int = MAX_PIXELS,
        overwrite: bool,
    ) -> None:
        self._index = 0 if attribute is None else predictor.bundle.schema.index(attribute)
        if folder.exists() and not folder.is_dir():
            raise OutputError("is no folder", where=folder, fix="give another --out, or move it away")
        self._folder = folder
        self._overwrite = overwrite
        self._check_empty()
        self._predictor = predictor
        self._method = method
        self._max_pixels = max_pixels

    def _check_empty(self) -> None:
        if not self._overwrite and any(self._folder.glob("*.png")):
            raise OutputError("holds pictures already", where=self._folder, fix="give another --out, or --overwrite")

    def write(self, entries: Sequence[Entry], *, progress: Progress = silent) -> int:
        """Writes one of each photo that can be read, numbered in their order; returns how many these are.

        Args:
            entries: Whose photos to show.
            progress: Is told of each photo.

        Raises:
            OutputError: The folder cannot be written, or another process writes to it.
        """
        with hold_folder(self._folder):
            # Who held it before may have filled it in between.
            self._check_empty()
            return self._write(entries, progress)

    def _write(self, entries: Sequence[Entry], progress: Progress) -> int:
        photos = [photo for entry in entries for photo in entry.photos]
        written = 0
        try:
            for number, photo in enumerate(photos):
                with suppress(ImageError, CatalogueError):
                    shown = explain_photo(
                        self._predictor, photo, self._index, self._method, max_pixels=self._max_pixels
                    )
                    # Put together in memory, so that a full disk leaves no half of a picture.
                    buffer = io.BytesIO()
                    shown.save(buffer, "png")
                    name = f"{number:06d}-{PurePath(photo.path).stem[:LONGEST]}.png"
                    write_whole(self._folder / name, buffer.getbuffer())
                    written += 1
                progress("heat maps", number + 1, len(photos))
        except (OSError, OutputError) as error:
            what = error.what if isinstance(error, OutputError) else f"cannot be written ({error.strerror})"
            raise OutputError(
                f"{what}; {written:,} heat maps are done",
                where=self._folder,
                fix="make room, and run the same command again with --overwrite",
            ) from error
        return written
