"""A bundle at work: pictures in, answers out. Keras is not in the process."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from modiste.errors import BundleError, ConfigError
from modiste.measure.label_selection import LabelSelection
from modiste.portable.answers import answer, select
from modiste.portable.bundle import Bundle
from modiste.portable.engine import ANSWERED, FEATURES, open_engine, usable_cores
from modiste.predictions import Predictions

if TYPE_CHECKING:
    from modiste.config import Device

__all__ = ["DEFAULT_PRECISION", "MOST_AT_ONCE", "Predictor"]

DEFAULT_PRECISION = 0.98
"""The precision that accepted answers should have, unless another is asked for."""

MOST_AT_ONCE = 64
"""The engine is given at most so many pictures at a time: more are computed no faster, and take more memory."""


class Predictor:
    """Answers what is to be seen on pictures. Several threads may share one.

    Args:
        bundle: See `read_bundle`.
        engine: One of `engine.ENGINES`; by default the first that is installed.
        threads: How many cores to use; all by default.
        device: Where the engine computes; `auto` is a GPU where it can use one.

    Attributes:
        bundle: What it answers from.
        threads: How many cores it uses. One call for up to `MOST_AT_ONCE` pictures takes one
            core, several calls take several.

    Raises:
        ConfigError: There is no such engine, or it cannot compute on that device.
        MissingExtraError: The engine is not installed.
        BundleError: The engine cannot load the network, or the network and the labels do not fit together.
    """

    def __init__(
        self, bundle: Bundle, *, engine: str | None = None, threads: int | None = None, device: "Device" = "auto"
    ) -> None:
        if threads is not None and threads < 0:
            raise ConfigError(f"must be at least 1, not {threads}", where="threads", fix="leave it out for all cores")
        self.bundle = bundle
        self.threads = threads or usable_cores()
        self._engine = open_engine(bundle.network, name=engine, threads=threads, device=device)
        self._selections: dict[float, tuple[LabelSelection, ...]] = {}
        self._choosing = Lock()

    def predict(self, pixels: NDArray[np.uint8], precision: float = DEFAULT_PRECISION) -> Predictions:
        """Says what is to be seen on pictures.

        Args:
            pixels: uint8 (n, height, width, 3), as `bundle.image` wants them.
            precision: The target of the decisions, in (0, 1).

        Raises:
            ValueError: The pictures are of another shape or type, or the precision is out of its range.
            BundleError: The network gives something else than the bundle says.
        """
        selections = self.selections(precision)
        logits, visual, ood_score = self._run(pixels, ANSWERED)
        if logits.shape[-1] != (labels := sum(self.bundle.sizes)):
            raise self._unfit(f"{logits.shape[-1]} logits, and the bundle has {labels} labels")
        return answer(
            logits,
            visual,
            ood_score,
            self.bundle.schema,
            hierarchy=self.bundle.hierarchy,
            temperatures=self.bundle.temperatures,
            ood_threshold=self.bundle.ood_threshold,
            selections=selections,
            bundle=self.bundle.fingerprint,
            precision=precision,
        )

    @cached_property
    def empty(self) -> Predictions:
        """The predictions of no picture at all: what they would be like, and how many numbers an embedding has."""
        image = self.bundle.image
        return self.predict(np.zeros((1, image.height, image.width, 3), np.uint8))[:0]

    def features(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Returns the last feature maps, (n, rows, columns, channels), for `explain`.

        Args:
            pixels: As for `predict`.
        """
        (features,) = self._run(pixels, (FEATURES,))
        if features.shape[-1] != (channels := len(self.bundle.heads)):
            raise self._unfit(f"{features.shape[-1]} channels, and the bundle's heads take {channels}")
        return features

    def selections(self, precision: float = DEFAULT_PRECISION) -> tuple[LabelSelection, ...]:
        """Returns per attribute from which confidence on an answer is accepted; computed once for each precision.

        Raises:
            ValueError: The precision is out of its range.
        """
        with self._choosing:
            if precision not in self._selections:
                self._selections[precision] = select(self.bundle.calibration, self.bundle.attributes, precision)
            return self._selections[precision]

    def _run(self, pixels: NDArray[np.uint8], outputs: Sequence[str]) -> tuple[NDArray[np.float32], ...]:
        """Returns some of the network's outputs (see `engine.OUTPUTS`) for any number of pictures, in their order."""
        image = self.bundle.image
        if pixels.dtype != np.uint8 or pixels.shape != (len(pixels), image.height, image.width, 3) or not len(pixels):
            raise ValueError(
                f"need uint8 (n, {image.height}, {image.width}, 3), n at least 1, not {pixels.dtype} {pixels.shape}"
            )
        run = partial(self._engine.run, outputs=outputs)
        if len(pixels) <= MOST_AT_ONCE:
            given = run(pixels)
            return tuple(given[name] for name in outputs)
        starts = range(0, len(pixels), MOST_AT_ONCE)
        with ThreadPoolExecutor(self.threads) as pool:
            parts = list(pool.map(run, [pixels[start : start + MOST_AT_ONCE] for start in starts]))
        return tuple(np.concatenate([part[name] for part in parts]) for name in outputs)

    @staticmethod
    def _unfit(what: str) -> BundleError:
        return BundleError(f"the network gives {what}", fix="make it again with `modiste export`")
