"""The application: what it works with comes in, routes and pages come out; nothing is made when this is imported."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from modiste import __version__
from modiste.portable.predictor import DEFAULT_PRECISION, Predictor
from modiste.services.serving.access import Access
from modiste.services.serving.answering import Answering
from modiste.services.serving.api import Api, api_routes, health_routes
from modiste.services.serving.guard import LOOPBACK, Guard
from modiste.services.serving.metrics import Drift, Metrics
from modiste.services.serving.problems import as_request_error, problem_response
from modiste.services.serving.refusals import RequestError
from modiste.services.serving.uploads import Intake, Limits

__all__ = ["create_app"]

ABOUT = """Says what is to be seen on photos of fashion products. Every refusal has one form: `error`, with a `code` for
programs, a `message`, and what can be done about it."""


def create_app(
    predictor: Predictor,
    *,
    precision: float = DEFAULT_PRECISION,
    limits: Limits | None = None,
    key: str | None = None,
    hosts: Collection[str] | None = LOOPBACK,
) -> FastAPI:
    """Returns the application.

    Args:
        predictor: Answers.
        precision: What accepted answers should have, in (0, 1).
        limits: What clients may send.
        key: What clients must know; None where everyone may come in.
        hosts: The names by which the service may be asked; None for any.
    """
    limits = limits or Limits()
    metrics = Metrics(Drift(predictor.bundle.attributes, predictor.bundle.calibration))
    answering = Answering(predictor, precision=precision, limits=limits, metrics=metrics)
    api = Api(answering, Intake(limits), Access(key), metrics)
    ready = asyncio.Event()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(answering.warm_up)
        ready.set()
        yield
        ready.clear()
        await answering.drain()

    app = FastAPI(
        title="Modiste",
        description=ABOUT,
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.include_router(api_routes(api))
    app.include_router(health_routes(ready.is_set))
    for kind in (RequestError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, _problem)
    app.add_middleware(Guard, hosts=hosts, metrics=metrics)
    return app


async def _problem(_: Request, error: Exception) -> Response:
    return problem_response(as_request_error(error))
