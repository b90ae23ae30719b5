"""The page that says what is wrong."""

from starlette.requests import Request
from starlette.responses import Response

from modiste.errors import RequestError
from modiste.services.serving.pages.site import Site, page_of
from modiste.services.serving.sessions import Session

__all__ = ["problem_page"]

HEADINGS = {403: "Not possible", 404: "Not found", 405: "Not possible", 409: "Taken", 503: "Busy"}


def problem_page(site: Site, request: Request, error: RequestError) -> Response:
    """Returns an error as a page."""
    session = site.access.session(request) or Session()
    heading = HEADINGS.get(error.status, "Something is wrong")
    # Home from a page that is not there.
    back = "/" if request.method == "GET" and error.status == 404 else page_of(request)
    page = site.page(request, session, "problem.html", status=error.status, problem=error, heading=heading, back=back)
    page.headers.update(error.headers)
    return page
