"""The inference service: photos are decoded in threads, answered in batches, and explained one by one."""

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

from modiste.errors import PhotoError
from modiste.portable.predictor import Predictor
from modiste.predictions import Prediction
from modiste.serving.metrics import Metrics
from modiste.serving.micro_batching import MicroBatcher
from modiste.serving.pictures import DecodedPhoto, decode_upload
from modiste.serving.schemas import MOST_LABELS
from modiste.serving.uploads import RequestLimits, Upload
from modiste.tagging.heat_maps import Method, explain_picture

__all__ = ["HeatMap", "InferenceService", "PhotoOptions", "PhotoResult", "data_uri", "jpeg_data_uri"]

_T = TypeVar("_T")

MAX_BATCH = 32
"""Photos of a batch: more would make all of them wait for the last one."""

MAX_WAITING = 512
"""Photos that may wait for their batch."""

MAX_WAITING_HEAT_MAPS = 64
"""Fewer, for each costs as much as some 130 answers."""


@dataclass(frozen=True)
class HeatMap:
    """A photo under a heat map that explains one answer.

    Attributes:
        attribute: The attribute that was answered.
        label: The answer.
        method: How it was computed: see `tagging.heat_maps`.
        image: The picture: see `jpeg_data_uri`.
    """

    attribute: str
    label: str
    method: Method
    image: str


@dataclass(frozen=True)
class PhotoResult:
    """The result for one upload.

    Attributes:
        prediction: Its answers, or the reason why there are none, under the client's name for it.
        out_of_distribution: Whether it is unlike the training data, None where there is an error.
        error: The reason as one word, else None.
        photo: The photo, small, where it was to be kept.
        heat_map: The heat map that was asked for.
    """

    prediction: Prediction
    out_of_distribution: bool | None = None
    error: PhotoError | None = None
    photo: Image.Image | None = None
    heat_map: HeatMap | None = None


@dataclass(frozen=True)
class PhotoOptions:
    """What to return for each photo besides its answers.

    Attributes:
        explain: The index of the attribute whose answer to explain, or None.
        method: How to explain it.
        keep: Whether to return the photo.
    """

    explain: int | None = None
    method: Method = "occlusion"
    keep: bool = False

    @property
    def needs_picture(self) -> bool:
        """Whether the decoded photo is needed, and not only the network's input."""
        return self.keep or self.explain is not None


class InferenceService:
    """Answers about uploads. It belongs to one event loop.

    Args:
        predictor: Answers about pixels.
        precision: What accepted answers should have.
        limits: What it accepts of a photo.
        metrics: Counts photos, batches and answers.

    Attributes:
        predictor: Answers about pixels.
        precision: What accepted answers should have.
        version: The version of the bundle: half of its fingerprint.
        hierarchy: Attributes whose answers fit together, from the broadest to the finest.
        reads_names: Whether the bundle reads products' names.
    """

    def __init__(self, predictor: Predictor, *, precision: float, limits: RequestLimits, metrics: Metrics) -> None:
        self.predictor = predictor
        self.precision = precision
        self.version = predictor.bundle.fingerprint[:16]
        together = predictor.bundle.hierarchy.attributes if predictor.bundle.hierarchy else ()
        self.hierarchy = tuple(name for name in predictor.bundle.schema.hierarchy if name in together)
        self.reads_names = predictor.bundle.naming is not None
        self._limits = limits
        self._metrics = metrics
        self._image = predictor.bundle.image
        self._decoders = ThreadPoolExecutor(max_workers=2, thread_name_prefix="decode")
        # One call computes on one core. The last one is for HTTP and for decoding.
        workers = max(1, predictor.threads - 1)
        self._batcher = MicroBatcher(
            self._answer_batch,
            max_batch=MAX_BATCH,
            max_waiting=MAX_WAITING,
            workers=workers,
            on_batch=metrics.count_batch,
        )
        self._explainer = MicroBatcher(self._explain_batch, max_batch=1, max_waiting=MAX_WAITING_HEAT_MAPS)

    @property
    def waiting(self) -> int:
        """How many photos wait for their batch."""
        return self._batcher.waiting

    def warm_up(self) -> None:
        """Answers a blank picture, so that the first client does not wait for what is initialised only once."""
        self.predictor.predict(np.zeros((1, self._image.height, self._image.width, 3), np.uint8), self.precision)

    async def answer(
        self, uploads: Sequence[Upload], options: PhotoOptions, names: Sequence[str | None] | None = None
    ) -> list[PhotoResult]:
        """Returns the results for photos, in their order; one that cannot be answered has its reason.

        Args:
            uploads: The photos.
            options: What else to return.
            names: The name of each photo's product, None where it has none; by default none has.

        Raises:
            BusyError: There is no room for them.
        """
        decoded = await asyncio.gather(
            *(self._decode(upload, keep_picture=options.needs_picture) for upload in uploads)
        )
        named = zip(decoded, names or [None] * len(decoded), strict=True)
        known = [(photo, name) for photo, name in named if isinstance(photo, DecodedPhoto)]
        good = [photo for photo, _ in known]
        answered = iter(await self._batcher.submit([(photo.pixels, name) for photo, name in known]))
        heat_maps: list[HeatMap | None] = [None] * len(good)
        if options.explain is not None:
            explain = [(photo, options.explain, options.method) for photo in good]
            heat_maps = list(await self._explainer.submit(explain))
        heat_map = iter(heat_maps)
        results = []
        for upload, photo in zip(uploads, decoded, strict=True):
            if isinstance(photo, PhotoError):
                self._metrics.count_refused_photo(photo.code)
                results.append(PhotoResult(Prediction(upload.name, {}, photo.reason), error=photo))
                continue
            prediction, outside = next(answered)
            called = replace(prediction, path=upload.name)
            kept = photo.picture if options.keep else None
            results.append(PhotoResult(called, outside, photo=kept, heat_map=next(heat_map)))
        return results

    async def _decode(self, upload: Upload, *, keep_picture: bool) -> DecodedPhoto | PhotoError:
        if upload.too_large:
            what = f"the file has more than {self._limits.photo_bytes:,} bytes"
            return PhotoError("too_large", what, fix="save it as JPEG")
        size, fit, most = self._image.size, self._image.fit, self._limits.pixels
        decode = partial(decode_upload, upload.data, size, most, fit=fit, keep_picture=keep_picture)
        try:
            return await self.in_decoder_thread(decode)
        except PhotoError as error:
            return error

    async def in_decoder_thread(self, work: Callable[[], _T]) -> _T:
        """Returns the result of some work on pictures, which would hold up the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._decoders, work)

    def _answer_batch(self, photos: Sequence[tuple[NDArray[np.uint8], str | None]]) -> list[tuple[Prediction, bool]]:
        pixels, names = zip(*photos, strict=True)
        more = (names,) if any(names) else ()
        predictions = self.predictor.predict(np.stack(pixels), self.precision, *more).named(top=MOST_LABELS)
        outside = predictions.ood_score > np.float32(self.predictor.bundle.ood_threshold)
        self._metrics.count_answers(predictions, outside)
        return list(zip(predictions, outside.tolist(), strict=True))

    def _explain_batch(self, photos: Sequence[tuple[DecodedPhoto, int, Method]]) -> list[HeatMap]:
        heat_maps = []
        for photo, index, method in photos:
            if photo.picture is None:
                raise ValueError("a photo that is to be explained must be kept")
            shown, label = explain_picture(self.predictor, photo.picture, index, method, pixels=photo.pixels)
            heat_maps.append(HeatMap(self.predictor.bundle.attributes[index].name, label, method, jpeg_data_uri(shown)))
        return heat_maps

    async def drain(self) -> None:
        """Waits until everything that was taken is answered, and stops the threads."""
        await self._batcher.drain()
        await self._explainer.drain()
        self._decoders.shutdown()


def jpeg_data_uri(picture: Image.Image) -> str:
    """Returns a picture as `data:image/jpeg;base64,...`."""
    buffer = io.BytesIO()
    picture.save(buffer, format="JPEG", quality=85)
    return data_uri(buffer.getvalue())


def data_uri(jpeg: bytes) -> str:
    """Returns a JPEG file as `data:image/jpeg;base64,...`."""
    return "data:image/jpeg;base64," + b64encode(jpeg).decode("ascii")
