"""The pages that only show something: the catalogue's health, as `modiste inspect` reports it, and the model's card.

The model's page shows scores for each label, calibration, and the labels that are confused with each other.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from markupsafe import Markup

from modiste.measure.calibration import calibration_error, reliability
from modiste.portable.bundle import Bundle
from modiste.portable.contents import Calibration
from modiste.schema import Attribute
from modiste.serving.background import CatalogueJobs
from modiste.serving.inference import InferenceService, data_uri
from modiste.serving.pages.site import Site
from modiste.serving.sessions import Session

__all__ = ["overview_pages"]

BINS = 10
FACTS = ("data", "protocol", "training", "consistency", "export")


@dataclass(frozen=True)
class _Dot:
    """A bin of the reliability diagram; all but the count in per cent of the diagram's sides."""

    confidence: float
    accuracy: float
    radius: float
    count: int


@dataclass(frozen=True)
class _AttributeScores:
    """An attribute's scores as the page shows them; what the card does not hold is None or empty."""

    name: str
    labels: int
    accuracy: float | None
    macro_f1: float | None
    error: float | None
    coverage: float | None
    dots: list[_Dot]
    calibration_error: float | None
    per_label: list[Mapping[str, Any]]


def overview_pages(site: Site, inference: InferenceService, jobs: CatalogueJobs | None) -> APIRouter:
    """Returns the routes.

    Args:
        site: Makes pages.
        inference: Holds the bundle.
        jobs: The background jobs on a catalogue; None where there is no catalogue.
    """
    router = site.pages()
    if jobs is not None:
        _add_catalogue_page(router, site, jobs)
    _add_model_page(router, site, inference, jobs)
    return router


def _add_catalogue_page(router: APIRouter, site: Site, jobs: CatalogueJobs) -> None:
    job = jobs.health

    @router.get("/catalogue")
    async def catalogue(request: Request, session: Annotated[Session, site.session]) -> Response:
        job.start()
        result = job.result
        health = None if result is None else Markup(result)  # noqa: S704 (the report's templates escape)
        return site.page(request, session, "catalogue.html", name=jobs.name, job=job, health=health)


def _add_model_page(router: APIRouter, site: Site, inference: InferenceService, jobs: CatalogueJobs | None) -> None:
    bundle = inference.predictor.bundle
    pairs = zip(bundle.attributes, bundle.calibration, strict=True)
    scores = [_scores(bundle.card, attribute, calibration) for attribute, calibration in pairs]
    job = None if jobs is None else jobs.confusions

    @router.get("/model")
    async def model(request: Request, session: Annotated[Session, site.session]) -> Response:
        if job is not None:
            job.start()
        return site.page(
            request,
            session,
            "model.html",
            bundle=bundle,
            fingerprint=inference.version,
            precision=inference.precision,
            scores=scores,
            facts=_facts(bundle),
            limits=[str(line) for line in _list(bundle.card.get("limits"))],
            licence=str(bundle.card.get("licence") or "not stated"),
            card=json.dumps(bundle.card, indent=2, ensure_ascii=False),
            job=job,
            catalogue=None if jobs is None else jobs.name,
            picture=data_uri,
        )


def _scores(card: Mapping[str, Any], attribute: Attribute, calibration: Calibration) -> _AttributeScores:
    scores = _entry(card, "metrics", attribute.name)
    rows = [row for row in _list(_entry(card, "labels", attribute.name)) if isinstance(row, Mapping)]
    known = len(calibration.confidence) > 0
    return _AttributeScores(
        name=attribute.name,
        labels=len(attribute.labels),
        accuracy=_number(_entry(scores, "accuracy", "value")),
        macro_f1=_number(_entry(scores, "macro_f1", "value")),
        error=_number(_entry(scores, "calibration_error")),
        coverage=_number(_entry(scores, "decisions", "coverage", "value")),
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
        (f"{section}: {name.replace('_', ' ')}", _as_text(value))
        for section in FACTS
        for name, value in _mapping(_entry(bundle.card, section)).items()
    ]


def _as_text(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_as_text(item)}" for name, item in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _entry(card: object, *names: str) -> Any:
    """Returns the entry of a card under nested names, None where it has none."""
    for name in names:
        card = card.get(name) if isinstance(card, Mapping) else None
    return card


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
