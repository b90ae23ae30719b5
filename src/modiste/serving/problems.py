"""Errors as responses: one JSON form for everything that the API refuses."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from modiste.errors import ClaimError, NotSignedInError, RequestError, StoreError
from modiste.serving.schemas import ErrorBody, PhotoAnswer, Problem

__all__ = ["as_request_error", "problem_response", "problem_responses", "problem_responses_of_text"]

log = logging.getLogger("modiste.reviews")

DESCRIPTIONS = {
    400: "The request or its form is damaged, or asks for another host.",
    401: "The key is missing or wrong.",
    403: "Another site's page made the request.",
    408: "The request took too long to arrive.",
    413: "The request has more photos or bytes than are accepted.",
    415: "The body is not a multipart form.",
    422: "Something in the request is not as described, or none of its photos can be answered.",
    503: "Too much is waiting, or the service is not ready; `Retry-After` says in how many seconds to come back.",
}

CODES = {404: "not_found", 405: "wrong_method"}


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Returns the `responses` of a route for its OpenAPI description.

    Args:
        statuses: Those of its errors, besides 400 and 403, which every route may answer.
    """
    return {status: {"model": Problem, "description": DESCRIPTIONS[status]} for status in sorted({400, 403, *statuses})}


def problem_responses_of_text(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Returns the same for a route whose answer is text: FastAPI would describe a model as text there, too."""
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}}}
    responses = problem_responses(*statuses)
    return {status: {"description": each["description"], "content": content} for status, each in responses.items()}


def problem_response(error: RequestError, photos: Sequence[PhotoAnswer] = ()) -> Response:
    """Returns an error as JSON.

    Args:
        error: What is wrong.
        photos: What is wrong with each photo.
    """
    body = Problem(error=ErrorBody(code=error.code, message=error.what, fix=error.fix), photos=list(photos))
    return Response(body.model_dump_json(), error.status, error.headers, media_type="application/json")


def as_request_error(error: Exception) -> RequestError:
    """Returns an error of the framework or of the review database as an error of the request.

    The client learns nothing of an error that nobody foresaw, but that there was one.
    """
    if isinstance(error, RequestError):
        return error
    if isinstance(error, NotSignedInError):
        return RequestError(403, "not_signed_in", error.what, fix=error.fix)
    if isinstance(error, StoreError):
        return _of_store(error)
    if isinstance(error, RequestValidationError):
        first: Mapping[str, Any] = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        return RequestError(422, "not_as_described", f"{place}: {str(first['msg']).lower()}", fix="see /docs")
    if isinstance(error, HTTPException):
        code = CODES.get(error.status_code, "refused")
        return RequestError(error.status_code, code, str(error.detail).lower(), headers=error.headers)
    return RequestError(500, "internal", "the service failed to answer", fix="its log says why")


def _of_store(error: StoreError) -> RequestError:
    if isinstance(error, ClaimError):
        return RequestError(409, "taken", error.what, fix=error.fix)
    if error.where is None:  # about what was asked, and not about the database
        return RequestError(404, "not_found", error.what, fix=error.fix)
    # Its name and the reason are not for clients.
    log.error("%s", error)
    return RequestError(
        503, "no_database", "the review database cannot be used now", fix="try again", headers={"Retry-After": "5"}
    )
