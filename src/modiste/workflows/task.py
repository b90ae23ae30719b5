"""What a run learns, and from what: the same for every recipe."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.catalogue.label_map import LabelMap
from modiste.config import StudyConfig, TrainConfig
from modiste.dataset.geometry import ON_WHITE, Fit, Size
from modiste.dataset.partial import PartialLabels
from modiste.dataset.split import PARTS, Split, leaked
from modiste.dataset.targets import encode_labels
from modiste.errors import RunError, SchemaError
from modiste.progress import Progress
from modiste.runs import SCHEMA, TAXONOMY
from modiste.schema import Schema
from modiste.text.names import NameModel
from modiste.workflows.other_sources import maps_of
from modiste.workflows.prepare import Prepared, prepare
from modiste.workflows.prepare_others import with_others

__all__ = ["Config", "Task", "copies_of_maps", "learned_schema", "prepare_for"]

Config = TypeVar("Config", StudyConfig, TrainConfig)


@dataclass(frozen=True, eq=False)
class Task(Generic[Config]):
    """What a network is to learn, and from what.

    Attributes:
        config: The settings.
        schema: What it is to say of a picture: the attributes, with the labels that training has.
        prepared: The catalogue.
        photos: Its photos that are in a part, one a row: `id` (the product's), `part`, `group` (the same for
            near-identical pictures and for photos of one product), `row` (in the pixel cache), and the columns of
            labels.
        split: Which product is in which part.
        notes: What else a reader of the scores should know, a line each.
        partial: The sets of labels that photos of other catalogues have where theirs mean one of several of ours.
        taught: float32 (train photos, labels): what a teacher says of them (see `teacher`); None without one.
        names: What products' names say; None where none are learned from.
    """

    config: Config
    schema: Schema
    prepared: Prepared
    photos: pl.DataFrame
    split: Split
    notes: tuple[str, ...] = ()
    partial: PartialLabels = field(default_factory=PartialLabels)
    taught: NDArray[np.float32] | None = field(default=None, repr=False)
    names: NameModel | None = field(default=None, repr=False)

    def part(self, name: str) -> pl.DataFrame:
        """Returns the photos of a part."""
        return self.photos.filter(pl.col("part") == name)

    def products(self, part: str) -> pl.DataFrame:
        """Returns the products of a part, each with its first photo."""
        return self.part(part).unique("id", keep="first", maintain_order=True)

    def owners(self, part: str) -> list[str]:
        """Returns for each photo of a part the id of its product, as text."""
        return self.part(part)["id"].cast(pl.String).to_list()

    def label_ids(self, part: str) -> NDArray[np.int64]:
        """Returns the label ids of a part's photos: see `encode_labels`."""
        return encode_labels(self.part(part), self.schema.attributes, self.partial)

    def product_label_ids(self, part: str) -> NDArray[np.int64]:
        """Returns the label ids of a part's products: see `encode_labels`."""
        return encode_labels(self.products(part), self.schema.attributes, self.partial)

    def leaked(self, part: str, column: str) -> NDArray[np.bool_]:
        """Returns which products of a part have a photo in common with another part: bool (products,).

        Args:
            part: The part.
            column: `digest`: the very same picture; `group`: nearly the same.
        """
        ids = leaked(self.split, self.photos, part, column=column, seen=PARTS)
        return self.products(part)["id"].is_in(ids.implode()).to_numpy()


def prepare_for(
    config: StudyConfig | TrainConfig, catalogue: Path, *, run: Path | None = None, progress: Progress
) -> Prepared:
    """Prepares a catalogue as settings ask.

    Args:
        config: The settings.
        catalogue: Where it lies.
        run: A run folder whose label rules and schema to take instead of the settings' own; the catalogue may lack what
            the run learned.
        progress: Is told of each picture.
    """
    if run is None:
        schema = Schema.load(config.schema or None)
        if isinstance(config, TrainConfig) and config.text:
            schema = replace(schema, text=config.text)
        rules = Path(config.taxonomy) if config.taxonomy else None
    else:
        schema = learned_schema(run)
        # What was not learned need not be found out again.
        rules = run / TAXONOMY if schema.ruled else None
    targets = None if run else config.targets if isinstance(config, TrainConfig) else ()
    size, fit = None, ON_WHITE
    if isinstance(config, TrainConfig):
        size, fit = Size(config.width, config.height), Fit(config.fill, config.stretch)
    maps = _maps(config, run)
    first = prepare(
        catalogue,
        schema=schema,
        taxonomy=rules,
        columns=config.columns,
        images=Path(config.images) if config.images else None,
        targets=targets,
        size=size,
        fit=fit,
        max_pixels=config.max_pixels,
        progress=progress,
    )
    if not isinstance(config, TrainConfig) or not config.sources:
        return first
    return with_others(
        first,
        config.sources,
        maps,
        size=size or Size(),
        fit=fit,
        max_pixels=config.max_pixels,
        progress=progress,
    )


def _maps(config: StudyConfig | TrainConfig, run: Path | None) -> dict[str, LabelMap]:
    """Returns what the labels of other catalogues mean; from a run's own copies, where there is a run."""
    if not isinstance(config, TrainConfig):
        return {}
    if run is None:
        return maps_of(config.sources, config.maps)
    return maps_of(config.sources, {path: str(copy) for path, copy in copies_of_maps(run, config).items()})


def copies_of_maps(run: Path, config: TrainConfig) -> dict[str, Path]:
    """Returns where a run folder keeps its copies of the maps: path of a catalogue -> file."""
    return {path: run / f"map-{number}.toml" for number, path in enumerate(sorted(config.maps), start=1)}


def learned_schema(run: Path) -> Schema:
    """Returns what a run learned, its labels in the order of the network's logits.

    Raises:
        RunError: Its schema is missing or damaged.
    """
    try:
        schema = Schema.load(run / SCHEMA)
    except SchemaError as error:
        raise RunError(f"no readable schema ({error.what})", where=run / SCHEMA, fix="train again") from error
    if not schema.names or min(schema.sizes) < 2:
        raise RunError("it has no attribute, or one of fewer than two labels", where=run / SCHEMA, fix="train again")
    return schema
