"""The application factory: it receives the predictor and the store, and adds routes and pages."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from fastapi import FastAPI

from modiste import __version__
from modiste.portable.predictor import DEFAULT_PRECISION, Predictor
from modiste.review.store import ReviewStore
from modiste.serving.access import AccessControl
from modiste.serving.api import Services, api_routes, health_routes
from modiste.serving.background import CatalogueJobs
from modiste.serving.inference import InferenceService
from modiste.serving.metrics import Drift, Metrics
from modiste.serving.middleware import LOOPBACK, SecurityMiddleware
from modiste.serving.pages.errors import add_error_handlers
from modiste.serving.pages.overview import overview_pages
from modiste.serving.pages.reference import reference_pages
from modiste.serving.pages.review import review_pages
from modiste.serving.pages.review_forms import review_forms
from modiste.serving.pages.sign_in import sign_in_pages
from modiste.serving.pages.site import Link, Site, static_files
from modiste.serving.pages.tag import tag_pages
from modiste.serving.reviewing import Reviewing
from modiste.serving.uploads import RequestLimits, UploadBudget

__all__ = ["create_app"]

NO_TELEMETRY = dict.fromkeys(("auto_configure", "logs", "metrics", "operation_spans", "tracing"), False)
"""FastAPI sends requests and errors to a collector, where another program's environment variables name one."""

ABOUT = """Tags photos of fashion products. Every refusal has one form: `error`, with a `code` for programs, a
`message`, and what can be done about it."""


def create_app(
    predictor: Predictor,
    *,
    precision: float = DEFAULT_PRECISION,
    limits: RequestLimits | None = None,
    key: str | None = None,
    hosts: Collection[str] | None = LOOPBACK,
    store: ReviewStore | None = None,
    jobs: CatalogueJobs | None = None,
) -> FastAPI:
    """Returns the application.

    Args:
        predictor: Answers about pixels.
        precision: The precision that accepted answers should have, in (0, 1).
        limits: What the service accepts.
        key: What clients must know; None where everyone may come in.
        hosts: The host names that requests may name; None for any.
        store: The review queue, which stays open; None for none.
        jobs: The background jobs on a catalogue; None where there is no catalogue.
    """
    limits = limits or RequestLimits()
    metrics = Metrics(Drift(predictor.bundle.attributes, predictor.bundle.calibration))
    inference = InferenceService(predictor, precision=precision, limits=limits, metrics=metrics)
    services = Services(inference, UploadBudget(limits), AccessControl(key), metrics)
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
        telemetry=NO_TELEMETRY,  # type: ignore[arg-type]
    )
    app.include_router(api_routes(services))
    app.include_router(health_routes(ready.is_set))
    reviewing = None if store is None else Reviewing(store, predictor.bundle)
    _add_pages(app, services, reviewing, jobs)
    app.add_middleware(SecurityMiddleware, hosts=hosts, metrics=metrics)
    return app


def _add_pages(app: FastAPI, services: Services, reviewing: Reviewing | None, jobs: CatalogueJobs | None) -> None:
    links = {"/": "Tag", "/review/": "Review", "/catalogue": "Catalogue", "/model": "Model", "/docs": "API"}
    left_out = {path for path, part in (("/review/", reviewing), ("/catalogue", jobs)) if part is None}
    navigation = [Link(path, name) for path, name in links.items() if path not in left_out]
    site = Site(services.access, services.budget, navigation)
    app.include_router(tag_pages(site, services, reviewing))
    if reviewing is not None:
        app.include_router(review_pages(site, reviewing))
        app.include_router(review_forms(site, reviewing))
    app.include_router(overview_pages(site, services.inference, jobs))
    app.include_router(reference_pages(site, app.openapi))
    app.include_router(sign_in_pages(site))
    app.include_router(static_files())
    add_error_handlers(app, site)
