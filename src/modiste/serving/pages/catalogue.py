"""The catalogue page: counts, balance and health, as `modiste inspect` tells them."""

from fastapi import APIRouter, Request, Response
from markupsafe import Markup

from modiste.serving.background import CatalogueJobs
from modiste.serving.pages.site import Site

__all__ = ["catalogue_pages"]


def catalogue_pages(site: Site, jobs: CatalogueJobs) -> APIRouter:
    """Returns the route.

    Args:
        site: Makes pages.
        jobs: What is found in the catalogue.
    """
    router = APIRouter(include_in_schema=False)

    @router.get("/catalogue")
    async def catalogue(request: Request) -> Response:
        session = site.session(request)
        jobs.health.begin()
        found = jobs.health.found
        shown = None if found is None else Markup(found)  # noqa: S704 (the report's templates escape)
        return site.page(request, session, "catalogue.html", name=jobs.name, job=jobs.health, shown=shown)

    return router
