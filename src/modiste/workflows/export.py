"""A run folder -> a bundle: the best epoch's network, proven to answer as before, in 8 bits, calibrated as it ships."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from modiste.dataset.geometry import Fit, Size
from modiste.dataset.split import PARTS
from modiste.errors import ConfigError
from modiste.learning.backbones import LITE0
from modiste.learning.backend import computing_on
from modiste.portable.bundle import Bundle, write_bundle
from modiste.portable.contents import ImageFacts
from modiste.portable.export import check_exportable, check_parity, export_network, heads_of
from modiste.portable.predictor import DEFAULT_PRECISION
from modiste.progress import Progress, silent
from modiste.runs import Run, hold_output
from modiste.workflows.card import model_card
from modiste.workflows.findings import collect_findings
from modiste.workflows.naming import calibrate_names, name_scores
from modiste.workflows.pipeline import Recipe, open_task, trained_network
from modiste.workflows.quantise import MOST_LOST, Cost, quantised
from modiste.workflows.task import Task
from modiste.workflows.train import Training

__all__ = ["ExportResult", "export"]

CHECKED = 1000
"""Pictures, those of the hold-out first, that the exported network must answer as the original does."""

LICENCE = "not stated: whoever trained it decides; the photos it learned from are their owners' and are not included"
"""Where no terms are given."""


@dataclass(frozen=True)
class ExportResult:
    """What was exported.

    Attributes:
        bundle: The file.
        bytes: The size of the file.
        checked: Pictures on which its answers were compared with the original's.
        converted: The largest difference between their probabilities, the weights being float32.
        stored: The same for the file as it is: in 8 bits, or with weights of half the precision where that does little
            harm.
        int8: Whether it computes in 8 bits.
        cost: What computing in 8 bits costs, also where that was too much; None where it was not tried.
    """

    bundle: Path
    bytes: int
    checked: int
    converted: float
    stored: float
    int8: bool
    cost: Cost | None

    def as_json(self) -> dict[str, Any]:
        """Returns the facts as plain values."""
        return asdict(self) | {"bundle": str(self.bundle)}

    def facts(self) -> dict[str, Any]:
        """Returns what the model card says of it."""
        said: dict[str, Any] = {"numbers": "int8" if self.int8 else "float32", "checked": self.checked}
        said |= {"converted": self.converted, "stored": self.stored}
        return said if self.cost is None else said | {"int8_on_validation": asdict(self.cost)}


@computing_on("cpu")
def export(
    run: Path | str,
    bundle: Path | str,
    *,
    int8: bool | None = None,
    licence: str | None = None,
    overwrite: bool = False,
    max_pixels: int | None = None,
    progress: Progress = silent,
) -> ExportResult:
    """Makes a bundle of a run.

    Args:
        run: What `train` wrote.
        bundle: The file to write.
        int8: Whether it is to compute in 8 bits; None where that costs no more than `MOST_LOST` of the accuracy, for
            EfficientNet-Lite0 alone.
        licence: Under what terms the bundle may be used: a line for its model card; None where nobody said.
        overwrite: Whether it may replace one that is there.
        max_pixels: How many pixels a picture may have: see `images.decode`; by default as many as in the run.
        progress: Is told of each picture and batch.

    Raises:
        OutputError: The file is there, or cannot be written.
        RunError: No run of `train`, or without a finished epoch, or its catalogue has changed.
        BundleError: The exported network does not answer as the original does.
        ConfigError: The network cannot compute in 8 bits, or cannot be exported with this backend of Keras.
    """
    opened, out = Run(Path(run)), Path(bundle)
    opened.check_kind(Training.kind)
    backbone = opened.config.get("backbone", LITE0)
    check_exportable(backbone)
    if backbone != LITE0:
        if int8:
            raise ConfigError(
                f"only {LITE0} can be made to compute in 8 bits, and this run is on {backbone}",
                where="--int8",
                fix="leave it out",
            )
        int8 = False
    # The run before the file, lest a slip in its name leaves an empty folder.
    with hold_output(out, overwrite=overwrite):
        # Where ONNX Runtime's answers, with which the network's are compared, are computed too.
        recipe, task = open_task({Training.kind: Training}, opened, progress, device="cpu", max_pixels=max_pixels)
        return _export(recipe, task, opened, out, int8=int8, licence=licence or LICENCE, progress=progress)


def _export(
    recipe: Recipe[Any],
    task: Task[Any],
    opened: Run,
    out: Path,
    *,
    int8: bool | None,
    licence: str,
    progress: Progress,
) -> ExportResult:
    network, trained = trained_network(recipe, task, opened)
    findings = collect_findings(task, network, precision=DEFAULT_PRECISION, progress=progress)
    rows = np.concatenate([task.part(part)["row"].to_numpy() for part in reversed(PARTS)])[:CHECKED]
    exported = export_network(
        network,
        task.schema.sizes,
        task.prepared.pixels[rows],
        subspace=findings.space.subspace,
        projection=findings.space.projection,
        backbone=opened.config.get("backbone", LITE0),
    )
    onnx, stored, cost = exported.onnx, exported.stored, None
    if int8 is not False:
        small = quantised(task, exported.exact, findings, progress=progress)
        cost = small.cost
        int8 = int8 or cost.lost <= MOST_LOST
        if int8:
            onnx, findings = small.onnx, small.findings
            stored = check_parity(network, onnx, task.prepared.pixels[rows], task.schema.sizes)
    result = ExportResult(out, len(onnx), len(rows), exported.converted, stored, int8=int8, cost=cost)
    calibrated, config = findings.calibrated, task.config
    size, fit = Size(config.width, config.height), Fit(config.fill, config.stretch)
    naming = None if task.names is None else calibrate_names(task.names, task, findings.logits["validation"])
    card = model_card(task, findings, trained, opened, export=result.facts(), licence=licence)
    if naming is not None:
        card["names"] = name_scores(task, findings.logits["holdout"], findings.alone, naming, calibrated)
    write_bundle(
        out,
        Bundle(
            schema=task.schema,
            image=ImageFacts.of(size, fit),
            network=onnx,
            heads=heads_of(network),
            temperatures=calibrated.temperatures,
            calibration=calibrated.calibration,
            ood_threshold=calibrated.ood_threshold,
            hierarchy=calibrated.hierarchy,
            naming=naming,
            card=card,
        ),
    )
    return replace(result, bytes=out.stat().st_size)
