"""How errors are shown: as a page to a browser, as JSON to a program, or as a route wants it shown."""

from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response

from modiste.errors import NotSignedInError, RequestError, StoreError
from modiste.serving.middleware import HEADERS
from modiste.serving.pages.site import Site
from modiste.serving.problems import as_request_error, problem_response

__all__ = ["add_error_handlers", "route_showing_errors"]

CLIENT_CLOSED_REQUEST = 499
"""Nobody reads this status; it is for the metrics and the log, and nginx has it too."""

HEADINGS = {403: "Not possible", 404: "Not found", 405: "Not possible", 409: "Taken", 503: "Busy"}


def add_error_handlers(app: FastAPI, site: Site) -> None:
    """Makes the application show every error.

    Args:
        app: The application.
        site: Makes pages.
    """

    async def show(request: Request, error: Exception) -> Response:
        if isinstance(error, NotSignedInError):
            return RedirectResponse(f"/sign-in?then={quote(_page_of(request))}", 303)
        refused = as_request_error(error)
        response = _problem_page(site, request, refused) if _wants_page(request) else problem_response(refused)
        response.headers.update(HEADERS)  # an unforeseen error does not pass our middleware on its way out
        return response

    async def client_disconnected(_: Request, __: Exception) -> Response:
        return Response(status_code=CLIENT_CLOSED_REQUEST)

    for kind in (NotSignedInError, RequestError, StoreError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, show)
    app.add_exception_handler(ClientDisconnect, client_disconnected)


def route_showing_errors(show: Callable[[Request, Exception], Response], *kinds: type[Exception]) -> type[APIRoute]:
    """Returns a class of routes that show errors, those of their dependencies too, in a way of their own.

    Args:
        show: Makes a response of an error.
        kinds: The errors; all others are shown as everywhere.
    """

    class Route(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def handle_and_show_errors(request: Request) -> Response:
                try:
                    return await handle(request)
                except kinds as error:
                    return show(request, error)

            return handle_and_show_errors

    return Route


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/v1")


def _problem_page(site: Site, request: Request, error: RequestError) -> Response:
    heading = HEADINGS.get(error.status, "Something is wrong")
    # A page that does not exist leads back to the first one.
    back = "/" if request.method == "GET" and error.status == 404 else _page_of(request)
    content = {"problem": error, "heading": heading, "back": back}
    page = site.page(request, site.visitor(request), "problem.html", status=error.status, **content)
    page.headers.update(error.headers)
    return page


def _page_of(request: Request) -> str:
    """Returns the path of the page that is asked for, or that a form belongs to: where to come back to."""
    path = request.url.path
    return path if request.method == "GET" else path[: path.rindex("/") + 1]
