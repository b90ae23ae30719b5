"""The application: what it works with comes in, routes and pages come out; nothing is made when this is imported."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from modiste import __version__
from modiste.errors import NotSignedInError, RequestError, StoreError
from modiste.portable.predictor import DEFAULT_PRECISION, Predictor
from modiste.review.store import ReviewStore
from modiste.serving.access import Access
from modiste.serving.api import Api, api_routes, health_routes
from modiste.serving.background import CatalogueJobs
from modiste.serving.guard import HEADERS, LOOPBACK, Guard
from modiste.serving.inference import InferenceService
from modiste.serving.metrics import Drift, Metrics
from modiste.serving.pages.catalogue import catalogue_pages
from modiste.serving.pages.model import model_pages
from modiste.serving.pages.reference import reference_pages
from modiste.serving.pages.review import review_pages
from modiste.serving.pages.review_forms import review_forms
from modiste.serving.pages.sign_in import sign_in_pages
from modiste.serving.pages.site import Link, Site, page_of, problem_page, static_files
from modiste.serving.pages.tag import tag_pages
from modiste.serving.problems import as_request_error, problem_response
from modiste.serving.reviewing import Reviewing
from modiste.serving.uploads import Intake, Limits

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
    store: ReviewStore | None = None,
    jobs: CatalogueJobs | None = None,
) -> FastAPI:
    """Returns the application.

    Args:
        predictor: Answers.
        precision: What accepted answers should have, in (0, 1).
        limits: What clients may send.
        key: What clients must know; None where everyone may come in.
        hosts: The names by which the service may be asked; None for any.
        store: The queue of reviews, which stays open; None for none.
        jobs: What can be found in a catalogue; None where none is loaded.
    """
    limits = limits or Limits()
    metrics = Metrics(Drift(predictor.bundle.attributes, predictor.bundle.calibration))
    inference = InferenceService(predictor, precision=precision, limits=limits, metrics=metrics)
    api = Api(inference, Intake(limits), Access(key), metrics)
    ready = asyncio.Event()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(inference.warm_up)
        ready.set()
        yield
        ready.clear()
        await inference.drain()

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
    reviewing = None if store is None else Reviewing(store, predictor.bundle)
    _add_pages(app, api, reviewing, jobs)
    app.add_middleware(Guard, hosts=hosts, metrics=metrics)
    return app


def _add_pages(app: FastAPI, api: Api, reviewing: Reviewing | None, jobs: CatalogueJobs | None) -> None:
    links = {"/": "Tag", "/review/": "Review", "/catalogue": "Catalogue", "/model": "Model", "/docs": "API"}
    left_out = {path for path, part in (("/review/", reviewing), ("/catalogue", jobs)) if part is None}
    site = Site(api.access, [Link(path, name) for path, name in links.items() if path not in left_out])
    app.include_router(tag_pages(site, api, reviewing))
    if reviewing is not None:
        app.include_router(review_pages(site, reviewing))
        app.include_router(review_forms(site, reviewing, api.intake))
    if jobs is not None:
        app.include_router(catalogue_pages(site, jobs))
    app.include_router(model_pages(site, api.inference, jobs))
    app.include_router(reference_pages(site, app.openapi))
    app.include_router(sign_in_pages(site, api.intake))
    app.include_router(static_files())
    _add_problems(app, site)


def _add_problems(app: FastAPI, site: Site) -> None:
    async def problem(request: Request, error: Exception) -> Response:
        if isinstance(error, NotSignedInError):
            return RedirectResponse(f"/sign-in?then={quote(page_of(request))}", 303)
        refused = as_request_error(error)
        answer = problem_page(site, request, refused) if _wants_page(request) else problem_response(refused)
        answer.headers.update(HEADERS)  # what nobody foresaw does not pass the guard on its way out
        return answer

    for kind in (NotSignedInError, RequestError, StoreError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, problem)


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/v1")
