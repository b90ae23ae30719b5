"""The API's routes: thin, and all under /v1 but for what monitors ask."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response, Security
from fastapi.security import HTTPBearer
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse

from modiste.errors import RequestError, nearest
from modiste.serving.access import Access
from modiste.serving.connection import received, while_connected
from modiste.serving.inference import InferenceService, Shown
from modiste.serving.metrics import MEDIA_TYPE, Metrics
from modiste.serving.problems import documented, documented_beside_text
from modiste.serving.responses import labels_of, tag_response
from modiste.serving.schemas import BundleCard, Health, Labels, TagQuestion, TagResponse
from modiste.serving.uploads import PHOTOS, Intake, Uploads, photos_of

__all__ = ["CLIENT_GONE", "Api", "api_routes", "health_routes"]

CLIENT_GONE = 499

FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [PHOTOS],
                    "additionalProperties": False,
                    "properties": {
                        PHOTOS: {
                            "type": "array",
                            "minItems": 1,
                            "items": {"type": "string", "format": "binary"},
                            "description": "One or many pictures: JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF.",
                        }
                    },
                },
                "encoding": {PHOTOS: {"contentType": "image/*"}},
            }
        },
    }
}


@dataclass(frozen=True)
class Api:
    """What the routes work with.

    Attributes:
        inference: Answers about photos.
        intake: Bounds what comes in.
        access: Lets clients in.
        metrics: Counts.
    """

    inference: InferenceService
    intake: Intake
    access: Access
    metrics: Metrics


def api_routes(api: Api) -> APIRouter:
    """Returns the routes."""
    # It documents the key; `Access` is what checks it.
    router = APIRouter(dependencies=[Security(HTTPBearer(auto_error=False, description="The key, if there is one."))])
    router.include_router(_tag_routes(api))
    router.include_router(_facts_routes(api))
    return router


def _tag_routes(api: Api) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["photos"])

    @router.post(
        "/tag",
        response_model=TagResponse,
        responses=documented(401, 408, 413, 415, 422, 503),
        openapi_extra=FORM,
        summary="Say what is to be seen on photos",
    )
    async def tag(request: Request, question: Annotated[TagQuestion, Query()]) -> Response:
        """Answers about each photo; one that cannot be answered gets an error of its own, and the rest their answers.

        The photos are the files of a multipart form, in the field `photos`.
        """
        api.access.check_program(request)
        index = _attribute_index(api.inference, question.explain)
        try:
            async with received(request, api.intake) as form:
                start = time.monotonic()
                _check_no_fields(form)
                work = api.inference.answer(photos_of(form), Shown(index, question.explain_by))
                answered = await while_connected(request, work)
                return tag_response(api.inference, answered, question.top, 1000 * (time.monotonic() - start))
        except ClientDisconnect:
            return Response(status_code=CLIENT_GONE)

    return router


def _facts_routes(api: Api) -> APIRouter:
    router = APIRouter(tags=["the tagger"])
    inference = api.inference
    bundle = inference.predictor.bundle

    @router.get("/v1/labels", responses=documented(401), summary="What can be answered")
    async def labels(request: Request) -> Labels:
        """The attributes, their labels and thresholds, and the ways through the taxonomy."""
        api.access.check_program(request)
        return labels_of(inference)

    @router.get("/v1/bundle", responses=documented(401), summary="The bundle that answers")
    async def bundle_card(request: Request) -> BundleCard:
        """The bundle's version and its model card."""
        api.access.check_program(request)
        return BundleCard(
            version=inference.version,
            made_with=bundle.made_with,
            width=bundle.image.width,
            height=bundle.image.height,
            precision=inference.precision,
            card=dict(bundle.card),
        )

    @router.get(
        "/metrics",
        response_class=PlainTextResponse,
        responses=documented_beside_text(401),
        summary="Numbers for Prometheus",
    )
    async def metrics(request: Request) -> Response:
        """Requests, latency, batches, decisions, labels, and how far recent answers have drifted."""
        api.access.check_program(request)
        return Response(api.metrics.exposition(waiting=inference.waiting), media_type=MEDIA_TYPE)

    return router


def health_routes(is_ready: Callable[[], bool]) -> APIRouter:
    """Returns what monitors ask; it needs no key.

    Args:
        is_ready: Whether photos are answered now.
    """
    router = APIRouter(tags=["health"])

    @router.get("/healthz", responses=documented(), summary="Whether the process lives")
    async def healthz() -> Health:
        """It does, if it answers."""
        return Health(status="ok")

    @router.get("/readyz", responses=documented(503), summary="Whether photos are answered now")
    async def readyz() -> Health:
        """They are, once the network is loaded and until the service is told to stop."""
        if not is_ready():
            raise RequestError(503, "not_ready", "photos are not answered now", headers={"Retry-After": "1"})
        return Health(status="ready")

    return router


def _check_no_fields(form: Uploads) -> None:
    """Makes sure that a form asks nothing: what it asked would go unheard.

    Raises:
        RequestError: It does.
    """
    if (name := next(iter(form.fields), None)) is not None:  # it may be empty
        what = f"the form has a field {name!r}"
        raise RequestError(422, "unknown_field", what, fix="send photos, and ask in the address, as in /v1/tag?top=5")


def _attribute_index(inference: InferenceService, attribute: str | None) -> int | None:
    """Returns the place of the attribute to explain.

    Raises:
        RequestError: There is no such attribute.
    """
    if attribute is None:
        return None
    names = [each.name for each in inference.predictor.bundle.attributes]
    if attribute not in names:
        what = f"no attribute {attribute!r}{nearest(attribute, names)}"
        raise RequestError(422, "no_such_attribute", what, fix=f"there are {', '.join(names)}")
    return names.index(attribute)
