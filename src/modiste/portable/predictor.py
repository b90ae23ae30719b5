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
from modiste.portable.contents import Calibration
from modiste.portable.engine import ANSWERED, EMBEDDING, FEATURES, LOGITS, OOD_SCORE, open_engine, usable_cores
from modiste.portable.naming import answer_named
from modiste.predictions import Predictions

if TYPE_CHECKING:
    from modiste.config import Device

__all__ = ["DEFAULT_PRECISION", "MOST_AT_ONCE", "Predictor"]

DEFAULT_PRECISION = 0.98
"""The precision that accepted answers should have, unless another is asked for."""

MOST_AT_ONCE = 64
"""The engine is given at most so many pictures at a time: more are computed no faster, and take more memory."""

AXES = {LOGITS: 2, EMBEDDING: 2, OOD_SCORE: 1, FEATURES: 4}
"""How many axes each of the network's outputs has; the first one is the pictures."""

TRIED = 2
"""Pictures for which a network is asked at first: one that was made for a single picture would do for one."""


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
        BundleError: The engine cannot load the network, or what it gives for white pictures is not what the bundle
            says.
    """

    def __init__(
        self, bundle: Bundle, *, engine: str | None = None, threads: int | None = None, device: "Device" = "auto"
    ) -> None:
        if threads is not None and threads < 0:
            raise ConfigError(f"must be at least 1, not {threads}", where="threads", fix="leave it out for all cores")
        self.bundle = bundle
        self.threads = threads or usable_cores()
        self._engine = open_engine(bundle.network, name=engine, threads=threads, device=device)
        self._selections: dict[tuple[float, bool], tuple[LabelSelection, ...]] = {}
        self._choosing = Lock()
        # Whether the network gives what it should is known after a first answer only; the first one warms it up, too.
        self._run(np.full((TRIED, bundle.image.height, bundle.image.width, 3), 255, np.uint8), ANSWERED)

    def predict(
        self,
        pixels: NDArray[np.uint8],
        precision: float = DEFAULT_PRECISION,
        names: Sequence[str | None] | None = None,
    ) -> Predictions:
        """Says what is to be seen on pictures.

        Args:
            pixels: uint8 (n, height, width, 3), as `bundle.image` wants them.
            precision: The target of the decisions, in (0, 1).
            names: (n,) the products' names; where there is none, or no word of it is known, and for a bundle that reads
                none, the picture alone answers.

        Raises:
            ValueError: The pictures are of another shape or type, or the precision is out of its range.
            BundleError: The network gives something else than the bundle says.
        """
        selections = self.selections(precision)
        logits, visual, ood_score = self.outputs(pixels)
        alone = answer(
            logits,
            visual,
            ood_score,
            self.bundle.schema,
            hierarchy=self.bundle.hierarchy,
            temperatures=self.bundle.temperatures,
            ood_threshold=self.bundle.ood_threshold,
            selections=selections,
            offsets=self.bundle.offsets,
            bundle=self.bundle.fingerprint,
            precision=precision,
        )
        if names is None or self.bundle.naming is None:
            return alone
        return answer_named(
            alone,
            logits,
            names,
            self.bundle.schema,
            naming=self.bundle.naming,
            hierarchy=self.bundle.hierarchy,
            ood_threshold=self.bundle.ood_threshold,
            selections=self._chosen(precision, self.bundle.naming.calibration, named=True),
        )

    def outputs(self, pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], ...]:
        """Returns what answers are made of: logits (n, labels of all attributes), embedding (n, d), OOD score (n,).

        Args:
            pixels: As for `predict`.
        """
        return self._run(pixels, ANSWERED)

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
        return features

    def selections(self, precision: float = DEFAULT_PRECISION) -> tuple[LabelSelection, ...]:
        """Returns per attribute from which confidence on an answer is accepted; computed once for each precision.

        Raises:
            ValueError: The precision is out of its range.
        """
        return self._chosen(precision, self.bundle.calibration)

    def _chosen(
        self, precision: float, calibration: Sequence[Calibration], *, named: bool = False
    ) -> tuple[LabelSelection, ...]:
        with self._choosing:
            if (precision, named) not in self._selections:
                self._selections[precision, named] = select(
                    calibration, self.bundle.attributes, precision, self.bundle.assurance
                )
            return self._selections[precision, named]

    def _run(self, pixels: NDArray[np.uint8], outputs: Sequence[str]) -> tuple[NDArray[np.float32], ...]:
        """Returns some of the network's outputs (see `engine.OUTPUTS`) for any number of pictures, in their order."""
        image = self.bundle.image
        if pixels.dtype != np.uint8 or pixels.shape != (len(pixels), image.height, image.width, 3) or not len(pixels):
            raise ValueError(
                f"need uint8 (n, {image.height}, {image.width}, 3), n at least 1, not {pixels.dtype} {pixels.shape}"
            )
        run = partial(self._run_checked, outputs=outputs)
        if len(pixels) <= MOST_AT_ONCE:
            return run(pixels)
        starts = range(0, len(pixels), MOST_AT_ONCE)
        with ThreadPoolExecutor(self.threads) as pool:
            parts = list(pool.map(run, [pixels[start : start + MOST_AT_ONCE] for start in starts]))
        return tuple(np.concatenate(each) for each in zip(*parts, strict=True))

    def _run_checked(self, pixels: NDArray[np.uint8], outputs: Sequence[str]) -> tuple[NDArray[np.float32], ...]:
        """Runs the engine, and makes sure of what it gives.

        Raises:
            BundleError: It is of another type or shape than the bundle says, or holds NaN or infinity.
        """
        given = self._engine.run(pixels, outputs)
        for name in outputs:
            self._check(name, given[name], len(pixels))
        return tuple(given[name] for name in outputs)

    def _check(self, name: str, values: NDArray[np.generic], count: int) -> None:
        length = values.shape[-1] if values.ndim else 0
        if values.dtype != np.float32 or values.ndim != AXES[name] or len(values) != count or not values.size:
            wrong = f"{name} of type {values.dtype} and shape {values.shape} for {count} pictures"
        elif name == LOGITS and length != (labels := sum(self.bundle.sizes)):
            wrong = f"{length} logits, and the bundle has {labels} labels"
        elif name == FEATURES and length != (channels := len(self.bundle.heads)):
            wrong = f"{length} channels, and the bundle's heads take {channels}"
        elif not np.isfinite(values).all():
            wrong = f"NaN or infinity as {name}"
        else:
            return
        raise BundleError(f"the network gives {wrong}", fix="make the bundle again with `modiste export`")
