"""The model page: the bundle's card, how good it is on each label, how well it knows that, and what it confuses."""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response

from modiste.measure.calibration import calibration_error, reliability
from modiste.portable.bundle import Bundle
from modiste.portable.contents import Calibration
from modiste.schema import Attribute
from modiste.serving.background import CatalogueJobs
from modiste.serving.inference import InferenceService
from modiste.serving.pages.site import Site

__all__ = ["model_pages"]

BINS = 10
FACTS = ("data", "protocol", "training", "consistency", "export")


@dataclass(frozen=True)
class _Dot:
    """A bin of the reliability diagram, in per cent of its sides."""

    confidence: float
    accuracy: float
    radius: float
    count: int


@dataclass(frozen=True)
class _Shown:
    """An attribute as the page shows it; what the card does not hold is None or empty."""

    name: str
    labels: int
    accuracy: float | None
    macro_f1: float | None
    error: float | None
    coverage: float | None
    dots: list[_Dot]
    calibration_error: float | None
    per_label: list[Mapping[str, Any]]


def model_pages(site: Site, inference: InferenceService, jobs: CatalogueJobs | None) -> APIRouter:
    """Returns the route.

    Args:
        site: Makes pages.
        inference: Knows the bundle.
        jobs: What is found in a catalogue; None where none is loaded.
    """
    router = APIRouter(include_in_schema=False)
    bundle = inference.predictor.bundle
    pairs = zip(bundle.attributes, bundle.calibration, strict=True)
    shown = [_shown(bundle.card, attribute, calibration) for attribute, calibration in pairs]

    @router.get("/model")
    async def model(request: Request) -> Response:
        session = site.session(request)
        job = None if jobs is None else jobs.confusions
        if job is not None:
            job.begin()
        return site.page(
            request,
            session,
            "model.html",
            bundle=bundle,
            fingerprint=inference.version,
            precision=inference.precision,
            shown=shown,
            facts=_facts(bundle),
            limits=[str(line) for line in _list(bundle.card.get("limits"))],
            licence=str(bundle.card.get("licence") or "not stated"),
            card=json.dumps(bundle.card, indent=2, ensure_ascii=False),
            job=job,
            catalogue=None if jobs is None else jobs.name,
            picture=_picture,
        )

    return router


def _shown(card: Mapping[str, Any], attribute: Attribute, calibration: Calibration) -> _Shown:
    scores = _at(card, "metrics", attribute.name)
    rows = [row for row in _list(_at(card, "labels", attribute.name)) if isinstance(row, Mapping)]
    known = len(calibration.confidence) > 0
    return _Shown(
        name=attribute.name,
        labels=len(attribute.labels),
        accuracy=_number(_at(scores, "accuracy", "value")),
        macro_f1=_number(_at(scores, "macro_f1", "value")),
        error=_number(_at(scores, "calibration_error")),
        coverage=_number(_at(scores, "decisions", "coverage", "value")),
        dots=_dots(calibration) if known else [],
        calibration_error=calibration_error(calibration.confidence, calibration.correct) if known else None,
        per_label=sorted(rows, key=lambda row: (_number(row.get("f1")) is None, _number(row.get("f1")) or 0.0)),
    )


def _dots(calibration: Calibration) -> list[_Dot]:
    found = reliability(calibration.confidence, calibration.correct, bins=BINS)
    bins = zip(found.confidence.tolist(), found.accuracy.tolist(), found.count.tolist(), strict=True)
    most = int(found.count.max())
    return [
        _Dot(100 * stated, 100 * right, 1.5 + 3.5 * (count / most) ** 0.5, count)
        for stated, right, count in bins
        if count
    ]


def _facts(bundle: Bundle) -> list[tuple[str, str]]:
    """Returns the card's facts as names and values."""
    return [
        (f"{section}: {name.replace('_', ' ')}", _said(value))
        for section in FACTS
        for name, value in _mapping(_at(bundle.card, section)).items()
    ]


def _said(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_said(item)}" for name, item in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _at(card: object, *names: str) -> Any:
    """Returns what a card has under names within names, None where it has nothing there."""
    for name in names:
        card = card.get(name) if isinstance(card, Mapping) else None
    return card


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _picture(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + b64encode(jpeg).decode("ascii")
