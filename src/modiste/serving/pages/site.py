"""What all pages have in common: templates, navigation, the session's cookie, and forms that only we can have made."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from fastapi import APIRouter
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from modiste import __version__
from modiste.errors import NotSignedInError, RequestError
from modiste.serving.access import Access
from modiste.serving.sessions import COOKIE, LIFETIME, Session

__all__ = [
    "CSRF",
    "FOLDER",
    "STATIC",
    "Link",
    "Site",
    "coded",
    "decimal",
    "page_of",
    "percent",
    "problem_page",
    "static_files",
]

FOLDER = Path(__file__).parents[1]
STATIC = FOLDER / "static"

CSRF = "csrf_token"
"""The name of the field by which our own forms are known."""

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class Link:
    """An entry of the navigation.

    Attributes:
        path: Where it leads.
        name: What it is called.
    """

    path: str
    name: str


class Site:
    """Makes pages.

    Args:
        access: Knows who may see them.
        links: The navigation.
    """

    def __init__(self, access: Access, links: Sequence[Link]) -> None:
        self.access = access
        environment = Environment(
            loader=FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters |= {
            "coded": coded,
            "percent": percent,
            "decimal": decimal,
            "count": lambda number: f"{number:,}",
        }
        environment.globals |= {"version": __version__, "links": list(links), "csrf_field": CSRF}
        self._environment = environment

    def session(self, request: Request) -> Session:
        """Returns the session of somebody who may see pages.

        Raises:
            NotSignedInError: They may not yet.
        """
        session = self.access.session(request)
        if not self.access.may_see_pages(session):
            raise NotSignedInError
        return session or Session()

    def check_form(self, session: Session, token: str | None) -> None:
        """Makes sure that a page of ours sent a form.

        Raises:
            RequestError: It did not, or the session has ended since.
        """
        if not self.access.sessions.is_csrf_token(session, token):
            raise RequestError(403, "stale_page", "this page is out of date", fix="load it again and repeat that")

    def render(self, template: str, **content: object) -> str:
        """Returns a template filled in."""
        page = self._environment.get_template(template).render(**content)
        # A file name may hold bytes that are no text, a name control characters: neither is valid in HTML.
        return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", page.encode("utf-8", "replace").decode("utf-8"))

    def page(
        self, request: Request, session: Session, template: str, *, status: int = 200, **content: object
    ) -> Response:
        """Returns a page, and keeps the session.

        Args:
            request: Asks for it.
            session: Whose.
            template: A file in `templates`.
            status: Of the answer.
            content: Name -> what the template calls by that name.
        """
        token = self.access.sessions.csrf_token(session)
        shown = self.render(
            template,
            path=request.url.path,
            session=session,
            locked=self.access.locked,
            token=token,
            **content,
        )
        return self.keep(request, HTMLResponse(shown, status), session)

    def keep(self, request: Request, response: Response, session: Session) -> Response:
        """Has the browser keep a session."""
        response.set_cookie(
            COOKIE,
            self.access.sessions.pack(session),
            max_age=LIFETIME,
            httponly=True,
            # Strict would sign out whoever follows a link to us.
            samesite="lax",
            secure=request.url.scheme == "https",
        )
        return response


def page_of(request: Request) -> str:
    """Returns the path of the page that is asked for, or whose form is sent."""
    path = request.url.path
    return path if request.method == "GET" else path[: path.rindex("/") + 1]


def coded(text: str) -> Markup:
    """Returns text with what stands between `backticks` as code."""
    parts = text.split("`")
    return Markup().join(
        Markup("<code>{}</code>").format(part) if index % 2 else part for index, part in enumerate(parts)
    )


def percent(share: float | None, digits: int = 1) -> str:
    """Returns a share in per cent, a dash for one that is missing; never 100 for what is less."""
    if share is None or not math.isfinite(share):
        return "\N{EN DASH}"
    least = 10.0**-digits
    if 0 < 100 * share < least / 2:
        return f"<{least:.{digits}f}\N{NO-BREAK SPACE}%"
    if 100 - least / 2 < 100 * share < 100:
        return f">{100 - least:.{digits}f}\N{NO-BREAK SPACE}%"
    return f"{100 * share:.{digits}f}\N{NO-BREAK SPACE}%"


def decimal(value: float | None, digits: int = 3) -> str:
    """Returns a number with so many decimals, a dash for one that is missing."""
    return "\N{EN DASH}" if value is None or not math.isfinite(value) else f"{value:.{digits}f}"


KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

DAY = "public, max-age=86400"
"""The version is a part of their addresses, so that a new one is asked for at once."""


def static_files() -> APIRouter:
    """Returns the route, with the files in memory: no request names a path of this machine."""
    files = {path.name: path for path in STATIC.iterdir() if path.suffix in KINDS}
    # The reports' own look, so that there is one.
    files["page.css"] = Path(str(resources.files("modiste.reports") / "templates" / "page.css"))
    held = {name: (path.read_bytes(), KINDS[path.suffix]) for name, path in files.items()}
    router = APIRouter(include_in_schema=False)

    @router.get("/static/{name}")
    async def static(name: str) -> Response:
        if name not in held:
            raise HTTPException(404)
        content, kind = held[name]
        return Response(content, media_type=kind, headers={"Cache-Control": DAY})

    return router


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
