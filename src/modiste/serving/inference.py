"""Answers about uploaded photos: decoded side by side, inferred together, explained one after another."""

import asyncio
import io
from base64 import b64encode
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from modiste.dataset.images import Size
from modiste.errors import PhotoError
from modiste.portable.predictor import Predictor
from modiste.predictions import Prediction
from modiste.serving.metrics import Metrics
from modiste.serving.micro_batching import MicroBatcher
from modiste.serving.pictures import DecodedPhoto, decode_upload
from modiste.serving.schemas import MOST_LABELS
from modiste.serving.uploads import Limits, Upload
from modiste.tagging.heat_maps import Method, explain_picture

__all__ = ["Answered", "Explained", "InferenceService", "Shown", "jpeg_uri"]

_T = TypeVar("_T")

TOGETHER = 32
"""Photos of a batch: more would make all of them wait for the last one."""

WAITING = 512
EXPLAINING = 64
"""Heat maps that may wait: each costs some 130 answers."""


@dataclass(frozen=True)
class Explained:
    """A heat map.

    Attributes:
        attribute: What it explains.
        label: The answer that it explains.
        method: See `tagging.heat_maps`.
        image: The photo under it: see `jpeg_uri`.
    """

    attribute: str
    label: str
    method: Method
    image: str


@dataclass(frozen=True)
class Answered:
    """What is said of an upload.

    Attributes:
        prediction: Its answers, or the reason why there are none, under the client's name for it.
        out_of_distribution: Whether it is unlike the training data, None where there is an error.
        error: The reason as one word, else None.
        photo: The photo, small, where it was to be kept.
        explained: The heat map that was asked for.
    """

    prediction: Prediction
    out_of_distribution: bool | None = None
    error: PhotoError | None = None
    photo: Image.Image | None = None
    explained: Explained | None = None


@dataclass(frozen=True)
class Shown:
    """What to show of each photo besides its answers.

    Attributes:
        explain: The place of an attribute whose answer to explain, or None.
        method: How.
        keep: Whether to keep the photo.
    """

    explain: int | None = None
    method: Method = "occlusion"
    keep: bool = False

    @property
    def pictured(self) -> bool:
        """Whether the photo is shown, and not only its answers."""
        return self.keep or self.explain is not None


class InferenceService:
    """Answers about uploads. It belongs to one event loop.

    Args:
        predictor: Answers about pixels.
        precision: What accepted answers should have.
        limits: What a photo may be like.
        metrics: Is told of everything.

    Attributes:
        predictor: Likewise.
        precision: Likewise.
        version: Of the bundle.
        hierarchy: Attributes whose answers fit together, from the broadest to the finest.
    """

    def __init__(self, predictor: Predictor, *, precision: float, limits: Limits, metrics: Metrics) -> None:
        self.predictor = predictor
        self.precision = precision
        self.version = predictor.bundle.fingerprint[:16]
        together = predictor.bundle.hierarchy.attributes if predictor.bundle.hierarchy else ()
        self.hierarchy = tuple(name for name in predictor.bundle.schema.hierarchy if name in together)
        self._limits = limits
        self._metrics = metrics
        self._size = Size(predictor.bundle.image.width, predictor.bundle.image.height)
        self._decoders = ThreadPoolExecutor(max_workers=2, thread_name_prefix="decode")
        # One call computes on one core. The last one is for HTTP and for decoding.
        workers = max(1, predictor.threads - 1)
        self._batcher = MicroBatcher(
            self._answer_together, most=TOGETHER, waiting=WAITING, workers=workers, on_batch=metrics.batches.add
        )
        self._explainer = MicroBatcher(self._explain_each, most=1, waiting=EXPLAINING)

    @property
    def waiting(self) -> int:
        """How many photos wait for their batch."""
        return self._batcher.waiting

    def warm_up(self) -> None:
        """Answers about nothing once, so that the first client does not wait for what is made only once."""
        self.predictor.predict(np.zeros((1, self._size.height, self._size.width, 3), np.uint8), self.precision)

    async def answer(self, uploads: Sequence[Upload], shown: Shown) -> list[Answered]:
        """Answers about photos, in their order; one that cannot be answered says why.

        Args:
            uploads: The photos.
            shown: What else to return.

        Raises:
            BusyError: There is no room for them.
        """
        decoded = await asyncio.gather(*(self._decode(upload, keep=shown.pictured) for upload in uploads))
        good = [photo for photo in decoded if isinstance(photo, DecodedPhoto)]
        results = iter(await self._batcher.submit([photo.pixels for photo in good]))
        heat: list[Explained | None] = [None] * len(good)
        if shown.explain is not None:
            wanted = [(photo, shown.explain, shown.method) for photo in good]
            heat = list(await self._explainer.submit(wanted))
        maps = iter(heat)
        answered = []
        for upload, photo in zip(uploads, decoded, strict=True):
            if isinstance(photo, PhotoError):
                self._metrics.photos.add(photo.code)
                answered.append(Answered(Prediction(upload.name, {}, photo.what), error=photo))
                continue
            told, outside = next(results)
            kept = photo.picture if shown.keep else None
            answered.append(Answered(replace(told, path=upload.name), outside, photo=kept, explained=next(maps)))
        return answered

    async def _decode(self, upload: Upload, *, keep: bool) -> DecodedPhoto | PhotoError:
        if upload.too_large:
            return PhotoError("too_large", f"the file has more than {self._limits.photo_bytes:,} bytes")
        decode = partial(decode_upload, upload.data, self._size, self._limits.pixels, keep=keep)
        try:
            return await self.beside(decode)
        except PhotoError as error:
            return error

    async def beside(self, work: Callable[[], _T]) -> _T:
        """Returns what work on pictures comes to, done where photos are decoded: it is not the event loop's."""
        return await asyncio.get_running_loop().run_in_executor(self._decoders, work)

    def _answer_together(self, pixels: Sequence[NDArray[np.uint8]]) -> list[tuple[Prediction, bool]]:
        predictions = self.predictor.predict(np.stack(pixels), self.precision).named(top=MOST_LABELS)
        outside = predictions.ood_score > np.float32(self.predictor.bundle.ood_threshold)
        self._metrics.count_answers(predictions, outside)
        return list(zip(predictions, outside.tolist(), strict=True))

    def _explain_each(self, photos: Sequence[tuple[DecodedPhoto, int, Method]]) -> list[Explained]:
        explained = []
        for photo, index, method in photos:
            if photo.picture is None:
                raise ValueError("a photo that is to be explained must be kept")
            shown, label = explain_picture(self.predictor, photo.picture, index, method, pixels=photo.pixels)
            explained.append(Explained(self.predictor.bundle.attributes[index].name, label, method, jpeg_uri(shown)))
        return explained

    async def drain(self) -> None:
        """Waits until everything that was taken is answered, and stops the threads."""
        await self._batcher.drain()
        await self._explainer.drain()
        self._decoders.shutdown()


def jpeg_uri(picture: Image.Image) -> str:
    """Returns a picture as `data:image/jpeg;base64,...`."""
    buffer = io.BytesIO()
    picture.save(buffer, format="JPEG", quality=85)
    return "data:image/jpeg;base64," + b64encode(buffer.getvalue()).decode("ascii")
