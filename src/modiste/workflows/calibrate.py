"""A bundle and some hundred labelled photos -> a bundle that knows what it may accept of such photos."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.catalogue.label_map import LabelMap
from modiste.catalogue.matching import match_labels, match_mapped
from modiste.catalogue.omissions import Omissions
from modiste.catalogue.photos import IMAGE
from modiste.catalogue.products import ID
from modiste.catalogue.sources import Catalogue
from modiste.catalogue.unknown import open_any
from modiste.dataset.images import MAX_PIXELS
from modiste.errors import CatalogueError, ConfigError, ImageError, MissingIdError
from modiste.portable.bundle import Bundle, default_bundle, read_bundle, write_bundle
from modiste.portable.predictor import DEFAULT_PRECISION, MOST_AT_ONCE, Predictor
from modiste.portable.recalibration import FEWEST, Expected, Observed, recalibrate
from modiste.progress import Progress, silent
from modiste.runs import hold_output
from modiste.schema import Schema
from modiste.tagging.photos import FilePhoto
from modiste.tagging.worker import check_settings

__all__ = ["CalibrateResult", "calibrate"]

YOURS, CATALOGUE = "yours", "catalogue"
"""The domains on the card of a bundle that was calibrated."""


@dataclass(frozen=True)
class CalibrateResult:
    """A bundle that was calibrated on photos of its user's own.

    Attributes:
        bundle: The file.
        fingerprint: The new bundle's.
        photos: How many photos it was calibrated on.
        groups: How many groups they are of, such as products or senders.
        familiar: The share of them that the bundle took for photos like those it learned from.
        precision: The target of the decisions that are reported.
        expected: What to expect of each attribute's answers about such photos.
        columns: Attribute -> the column that its labels came from.
        unmatched: How many photos have a label, and none that the bundle knows.
        omissions: What was passed over, by reason.
        notes: What else to know of how the photos were read, a line each.
    """

    bundle: Path
    fingerprint: str
    photos: int
    groups: int
    familiar: float
    precision: float
    expected: tuple[Expected, ...]
    columns: Mapping[str, str]
    unmatched: int
    omissions: Omissions
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Returns the result as plain values."""
        said: dict[str, Any] = {
            "bundle": str(self.bundle),
            "fingerprint": self.fingerprint,
            "columns": dict(self.columns),
        }
        omitted = [each.as_json() for each in self.omissions]
        return said | self.facts() | {"omitted": omitted, "notes": list(self.notes)}

    def facts(self) -> dict[str, Any]:
        """Returns what the model card says of it."""
        attributes = {each.attribute: asdict(each) for each in self.expected}
        for each in attributes.values():
            del each["attribute"]
        return {
            "photos": self.photos,
            "groups": self.groups,
            "unmatched": self.unmatched,
            "familiar": self.familiar,
            "precision": self.precision,
            "attributes": attributes,
        }


def calibrate(  # noqa: PLR0913 - how to read photos and their labels
    bundle: Path | str | None,
    photos: Path | str,
    out: Path | str,
    *,
    label_map: LabelMap | Path | str | None = None,
    labels: str | None = None,
    group: str | None = None,
    precision: float = DEFAULT_PRECISION,
    columns: Mapping[str, str] | None = None,
    images: Path | str | None = None,
    overwrite: bool = False,
    max_pixels: int = MAX_PIXELS,
    progress: Progress = silent,
) -> CalibrateResult:
    """Calibrates a bundle on labelled photos, and says what to expect of it on others like them.

    Args:
        bundle: What `modiste export` wrote; None for the bundle that comes with the package.
        photos: A folder per label, or a table with a column of labels: see `Catalogue.open`.
        out: The bundle to write.
        label_map: What the photos' labels mean in the bundle's, or the TOML that says it; None where they are called
            alike.
        labels: The column of labels, without a map; by default the columns called like the attributes of the bundle.
        group: The column of what photos share that makes them no independent evidence, such as who took them; by
            default the one that the map names, or the product that they show.
        precision: The target of the decisions to report on, in (0, 1); the new bundle answers at any.
        columns: See `Catalogue.open`.
        images: The folder of a table's photos.
        overwrite: Whether `out` may replace a bundle that is there.
        max_pixels: How many pixels a photo may have: see `images.decode`.
        progress: Is told of the photos that were read.

    Raises:
        BundleError: The bundle is missing, damaged, or of another format.
        CatalogueError: The photos cannot be read, or their labels are too few, or none of the bundle's.
        ConfigError: The precision is not above 0 and below 1, or the map does not fit the bundle.
        OutputError: `out` is there already, or cannot be written.
    """
    check_settings(precision=precision, top=1)
    before = read_bundle(Path(bundle) if bundle is not None else default_bundle())
    path = Path(out)
    given = LabelMap.load(label_map) if isinstance(label_map, Path | str) else label_map
    if given is not None and labels is not None:
        raise ConfigError("the map names the column of labels", where="--labels", fix="leave it out")
    with hold_output(path, overwrite=overwrite):
        named = {**(given.columns if given else {}), **(columns or {})}
        catalogue = _open(photos, before.schema, named, images)
        frame, where = catalogue.photos(), str(photos)
        if frame.is_empty():
            raise CatalogueError(
                "no photo of any row was found", where=where, fix="name their column with --column image=NAME"
            )
        if given is None:
            matched = match_labels(frame, before.schema, column=labels, where=where)
        else:
            matched = match_mapped(frame, before.schema, given, where=where)
        group = group or (given.group or None if given else None)
        omissions = Omissions([*catalogue.omissions, *matched.omissions])
        grouping = _groups(frame, group, where)
        rows = np.flatnonzero(matched.usable)
        read = _read(before, catalogue, frame[IMAGE].gather(rows).to_list(), omissions, max_pixels, progress)
        rows = rows[read.rows]
        observed = Observed(read.logits, read.ood_score, tuple(each[rows] for each in matched.allowed), grouping[rows])
        _check_enough(observed, before, where, group)
        after = recalibrate(before, observed, precision=precision)
        result = CalibrateResult(
            bundle=path,
            fingerprint=after.bundle.fingerprint,
            photos=len(rows),
            groups=len(np.unique(observed.groups)),
            familiar=after.familiar,
            precision=precision,
            expected=after.expected,
            columns=matched.columns,
            unmatched=matched.unmatched,
            omissions=omissions,
            notes=catalogue.notes,
        )
        write_bundle(path, replace(after.bundle, card=_card(before.card, result)))
    return result


def _open(
    photos: Path | str, schema: Schema, columns: Mapping[str, str] | None, images: Path | str | None
) -> Catalogue:
    """Opens photos with labels, as a catalogue; a table of them needs no ids."""
    try:
        return Catalogue.open(photos, schema=schema, columns=columns, images=images)
    except MissingIdError:
        return open_any(photos, schema=schema.narrowed(()), columns=columns, images=images)


@dataclass(frozen=True, eq=False)
class _Read:
    """What the network gave for the photos that could be read, and which of the names those were."""

    rows: NDArray[np.int64]
    logits: NDArray[np.float32]
    ood_score: NDArray[np.float32]


def _read(
    bundle: Bundle,
    catalogue: Catalogue,
    names: Sequence[str],
    omissions: Omissions,
    max_pixels: int,
    progress: Progress,
) -> _Read:
    """Reads photos and asks the network; those that cannot be read are counted, each by its reason."""
    predictor, image = Predictor(bundle), bundle.image

    def load(name: str) -> NDArray[np.uint8] | str:
        try:
            photo = FilePhoto(name, catalogue.pictures, name)
            return photo.load(image.size, image.fit, digest=False, max_pixels=max_pixels)[0]
        except (CatalogueError, ImageError) as error:
            return error.reason

    rows, logits, scores = [], [np.empty((0, sum(bundle.sizes)), np.float32)], [np.empty(0, np.float32)]
    with ThreadPoolExecutor(predictor.threads) as pool:
        for start in range(0, len(names), MOST_AT_ONCE):
            some = names[start : start + MOST_AT_ONCE]
            pixels = []
            for row, loaded in enumerate(pool.map(load, some), start=start):
                if isinstance(loaded, str):
                    omissions.add(f"photos that cannot be read, {loaded}", names[row])
                else:
                    rows.append(row)
                    pixels.append(loaded)
            if pixels:
                given = predictor.outputs(np.stack(pixels))
                logits.append(given[0])
                scores.append(given[2])
            progress("reading photos", start + len(some), len(names))
    return _Read(np.array(rows, np.int64), np.concatenate(logits), np.concatenate(scores))


def _groups(frame: pl.DataFrame, group: str | None, where: str) -> NDArray[np.int64]:
    """Returns which group each photo is of; one that the column says nothing of is of its own."""
    if group is not None and group not in frame.columns:
        raise ConfigError(
            f"no column {group!r} in {where}", where="--group", fix=f"there are {', '.join(frame.columns)}"
        )
    own = pl.format("product {}", pl.col(ID))
    named = own if group is None else pl.coalesce(pl.format("group {}", pl.col(group)), own)
    return frame.select(named.rank("dense").cast(pl.Int64)).to_series().to_numpy()


def _check_enough(observed: Observed, bundle: Bundle, where: str, group: str | None) -> None:
    """Makes sure that there is something to learn from.

    Raises:
        CatalogueError: There is not.
    """
    counts = observed.known.sum(axis=0)
    if not len(counts) or counts.max(initial=0) < FEWEST:
        most = bundle.schema.names[int(counts.argmax())]
        raise CatalogueError(
            f"{int(counts.max(initial=0))} photos with a label of {most} that could be read, and {FEWEST} are the "
            "fewest that anything can be learned from",
            where=where,
            fix="label some hundred",
        )
    if len(np.unique(observed.groups)) < 2:
        raise CatalogueError(
            f"all photos are of one group ({group or 'product'}), which says nothing of others",
            where=where,
            fix="give photos of several",
        )


def _card(card: Mapping[str, Any], result: CalibrateResult) -> dict[str, Any]:
    """Returns the card of a bundle that was calibrated: what holds in each domain."""
    known = {
        name: {part: scores.get(part) for part in ("accuracy", "decisions")}
        for name, scores in card.get("metrics", {}).items()
    }
    before = {"note": "before it was calibrated on your photos", "attributes": known}
    return {**card, "domains": {CATALOGUE: before, YOURS: result.facts()}}
