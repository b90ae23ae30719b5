"""The API's routes: thin, and all under /v1 except those that monitors ask.

The key is checked by a dependency of the router, so no route can forget it. A route reads its form with `receive_form`
and declares no body: FastAPI would read that before it asks any dependency.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response, Security
from starlette.responses import PlainTextResponse

from modiste.errors import RequestError, nearest
from modiste.serving.access import AccessControl, RequiredKey
from modiste.serving.connection import cancel_on_disconnect, receive_form
from modiste.serving.inference import InferenceService, PhotoOptions
from modiste.serving.metrics import MEDIA_TYPE, Metrics
from modiste.serving.problems import problem_responses, problem_responses_of_text
from modiste.serving.responses import labels_response, tag_response
from modiste.serving.schemas import BundleCard, Health, Labels, TagQuery, TagResponse
from modiste.serving.uploads import NAME_FIELD, PHOTO_FIELD, Form, UploadBudget, names_of, photos_of

__all__ = ["Services", "api_routes", "health_routes"]

FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [PHOTO_FIELD],
                    "additionalProperties": False,
                    "properties": {
                        PHOTO_FIELD: {
                            "type": "array",
                            "minItems": 1,
                            "items": {"type": "string", "format": "binary"},
                            "description": "One or many pictures: JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF.",
                        },
                        NAME_FIELD: {
                            "type": "array",
                            "items": {"type": "string"},
                            "description": "The name of each photo's product, in their order, empty for one without; "
                            "for taggers that read names (`names` in /v1/labels).",
                        },
                    },
                },
                "encoding": {PHOTO_FIELD: {"contentType": "image/*"}},
            }
        },
    }
}


@dataclass(frozen=True)
class Services:
    """What routes and pages work with.

    Attributes:
        inference: Answers about photos.
        budget: Limits the uploads that are held in memory.
        access: Decides who may come in.
        metrics: Counts.
    """

    inference: InferenceService
    budget: UploadBudget
    access: AccessControl
    metrics: Metrics


def api_routes(services: Services) -> APIRouter:
    """Returns the routes that need the key."""
    router = APIRouter(dependencies=[Security(RequiredKey(services.access))])
    router.include_router(_tag_routes(services))
    router.include_router(_tagger_routes(services))
    return router


def _tag_routes(services: Services) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["photos"])
    inference = services.inference

    @router.post(
        "/tag",
        response_model=TagResponse,
        responses=problem_responses(401, 408, 413, 415, 422, 503),
        openapi_extra=FORM,
        summary="Tag photos",
    )
    async def tag(request: Request, query: Annotated[TagQuery, Query()]) -> Response:
        """Answers about each photo; one that cannot be answered gets an error of its own, and the rest their answers.

        The photos are the files of a multipart form, in the field `photos`; the field `name`, once for each photo, has
        the products' names.
        """
        options = PhotoOptions(_attribute_index(inference, query.explain), query.explain_by)
        async with receive_form(request, services.budget) as form:
            start = time.monotonic()
            _check_no_fields(form)
            photos = photos_of(form)
            names = _names(inference, form, len(photos))
            results = await cancel_on_disconnect(request, inference.answer(photos, options, names))
            return tag_response(inference, results, query.top, 1000 * (time.monotonic() - start))

    return router


def _tagger_routes(services: Services) -> APIRouter:
    router = APIRouter(tags=["the tagger"])
    inference = services.inference
    bundle = inference.predictor.bundle

    @router.get("/v1/labels", responses=problem_responses(401), summary="The attributes and their labels")
    async def labels() -> Labels:
        """The attributes, their labels and thresholds, and the labels of the taxonomy that fit together."""
        return labels_response(inference)

    @router.get("/v1/bundle", responses=problem_responses(401), summary="The bundle that answers")
    async def bundle_card() -> BundleCard:
        """The bundle's version and its model card."""
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
        responses=problem_responses_of_text(401),
        summary="Metrics for Prometheus",
    )
    async def metrics() -> Response:
        """Requests, latency, batches, decisions, labels, and how far recent answers have drifted."""
        return Response(services.metrics.exposition(waiting=inference.waiting), media_type=MEDIA_TYPE)

    return router


def health_routes(is_ready: Callable[[], bool]) -> APIRouter:
    """Returns the routes that monitors ask; they need no key.

    Args:
        is_ready: Whether photos are answered now.
    """
    router = APIRouter(tags=["health"])

    @router.get("/healthz", responses=problem_responses(), summary="Whether the process lives")
    async def healthz() -> Health:
        """It does, if it answers."""
        return Health(status="ok")

    @router.get("/readyz", responses=problem_responses(503), summary="Whether photos are answered now")
    async def readyz() -> Health:
        """They are, once the network is loaded and until the service is told to stop."""
        if not is_ready():
            raise RequestError(503, "not_ready", "photos are not answered now", headers={"Retry-After": "1"})
        return Health(status="ready")

    return router


def _check_no_fields(form: Form) -> None:
    """Makes sure that a form has no fields besides its photos, since they would be ignored.

    Raises:
        RequestError: It has.
    """
    if (name := next(iter(form.fields), None)) is not None:  # it may be empty
        what = f"the form has an unknown field {name!r}"
        fix = "send only photos in the form, and options in the address, as in /v1/tag?top=5"
        raise RequestError(422, "unknown_field", what, fix=fix)


def _names(inference: InferenceService, form: Form, photos: int) -> list[str | None] | None:
    """Returns the names of a form's photos, where it has any: see `names_of`.

    Raises:
        RequestError: The tagger reads none, or they are not as many as the photos.
    """
    names = names_of(form, photos)
    if names is not None and not inference.reads_names:
        what = "this tagger reads no names"
        raise RequestError(422, "no_names_read", what, fix=f"leave {NAME_FIELD!r} out, or train with --text")
    return names


def _attribute_index(inference: InferenceService, attribute: str | None) -> int | None:
    """Returns the index of the attribute to explain.

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
