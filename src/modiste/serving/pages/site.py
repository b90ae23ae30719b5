"""What all pages have in common: templates, navigation, the session's cookie, and who may see them or send forms."""

import math
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from modiste import __version__
from modiste.errors import NotSignedInError, RequestError
from modiste.serving.access import AccessControl
from modiste.serving.connection import receive_form
from modiste.serving.sessions import COOKIE, LIFETIME, Session
from modiste.serving.uploads import Form, UploadBudget

__all__ = [
    "CSRF_FIELD",
    "FOLDER",
    "STATIC",
    "Link",
    "Site",
    "decimal",
    "inline_code",
    "percent",
    "static_files",
]

FOLDER = Path(__file__).parents[1]
STATIC = FOLDER / "static"

CSRF_FIELD = "csrf_token"
"""The field of a form that shows that a page of ours sent it."""

TEXT_BYTES = 256 * 1024
"""How many bytes a form without photos may have."""

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class Link:
    """An entry of the navigation.

    Attributes:
        path: The path of the page.
        name: The text of the link.
    """

    path: str
    name: str


class Site:
    """Makes pages, and the routers that protect them.

    Args:
        access: Decides who may see the pages.
        budget: Limits the forms that are held in memory.
        links: The navigation.

    Attributes:
        access: Decides who may see the pages.
        session: For a route's parameter, `Annotated[Session, site.session]`: the session of somebody who may see the
            pages.
        form: For a route's parameter, `Annotated[Form, site.form]`: the form that one of our pages sent.
        photo_form: The same, where it may hold photos.
    """

    def __init__(self, access: AccessControl, budget: UploadBudget, links: Sequence[Link]) -> None:
        self.access = access
        self.session: Any = Depends(self._session)
        self.form: Any = Depends(self._form, scope="function")
        self.photo_form: Any = Depends(self._photo_form, scope="function")
        self._budget = budget
        environment = Environment(
            loader=FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters |= {
            "inline_code": inline_code,
            "percent": percent,
            "decimal": decimal,
            "count": lambda number: f"{number:,}",
        }
        environment.globals |= {"version": __version__, "links": list(links), "csrf_field": CSRF_FIELD}
        self._environment = environment

    def pages(self, prefix: str = "") -> APIRouter:
        """Returns a router for pages that only those who signed in may see, where there is a key."""
        return APIRouter(prefix=prefix, include_in_schema=False, dependencies=[self.session])

    def forms(
        self, prefix: str = "", route_class: type[APIRoute] = APIRoute, *, with_photos: bool = False
    ) -> APIRouter:
        """Returns a router for forms that only those who signed in may send, and only from our own pages.

        Args:
            prefix: What the paths begin with.
            route_class: See `errors.route_showing_errors`.
            with_photos: Whether they may hold photos.
        """
        return APIRouter(
            prefix=prefix,
            include_in_schema=False,
            dependencies=[self.session, self.photo_form if with_photos else self.form],
            route_class=route_class,
        )

    async def _session(self, request: Request) -> Session:
        session = self.access.session(request)
        if not self.access.may_see_pages(session):
            raise NotSignedInError
        return session or Session()

    async def _form(self, request: Request) -> AsyncIterator[Form]:
        async with self.receive_form(request) as form:
            yield form

    async def _photo_form(self, request: Request) -> AsyncIterator[Form]:
        async with self.receive_form(request, most_bytes=None) as form:
            yield form

    @asynccontextmanager
    async def receive_form(self, request: Request, most_bytes: int | None = TEXT_BYTES) -> AsyncIterator[Form]:
        """Receives a form that one of our pages sent, and counts it in the budget for as long as the block runs.

        Nothing is read for whoever has no session; and nothing more once a token is wrong, which our pages send first.

        Args:
            request: The request, whose body has not been read.
            most_bytes: How many bytes it may have; as many as any, if None.

        Raises:
            RequestError: Another page sent it, or the session has ended since; or see `connection.receive_form`.
        """
        stale = RequestError(403, "stale_page", "this page is out of date", fix="load it again and repeat that")
        session = self.access.session(request)
        if session is None:
            raise stale

        def check(name: str, value: str) -> None:
            if name == CSRF_FIELD and not self.access.sessions.is_csrf_token(session, value):
                raise stale

        async with receive_form(request, self._budget, most_bytes=most_bytes, check_field=check) as form:
            if CSRF_FIELD not in form.fields:
                raise stale
            yield form

    def visitor(self, request: Request) -> Session:
        """Returns the session of anybody, signed in or not."""
        return self.access.session(request) or Session()

    def render(self, template: str, **content: object) -> str:
        """Returns a template filled in."""
        page = self._environment.get_template(template).render(**content)
        # A file name may hold bytes that are no text, a name control characters: neither is valid in HTML.
        return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", page.encode("utf-8", "replace").decode("utf-8"))

    def page(
        self, request: Request, session: Session, template: str, *, status: int = 200, **content: object
    ) -> Response:
        """Returns a page that sets the session's cookie.

        Args:
            request: The request for the page.
            session: The session of whoever asks for it.
            template: A file in `templates`.
            status: The HTTP status of the response.
            content: The template's variables.
        """
        page = self.render(
            template,
            path=request.url.path,
            session=session,
            locked=self.access.has_key,
            token=self.access.sessions.csrf_token(session),
            **content,
        )
        return self.keep(request, HTMLResponse(page, status), session)

    def keep(self, request: Request, response: Response, session: Session) -> Response:
        """Sets the session's cookie on a response."""
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


def inline_code(text: str) -> Markup:
    """Returns text with what is between `backticks` marked up as code."""
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
"""How long browsers keep static files. Their addresses hold the version, so that a new version is loaded at once."""


def static_files() -> APIRouter:
    """Returns the route of the static files, which are in memory: no request can name a path of this machine."""
    files = {path.name: path for path in STATIC.iterdir() if path.suffix in KINDS}
    # The style of the reports, so that both look the same.
    files["page.css"] = Path(str(resources.files("modiste.reports") / "templates" / "page.css"))
    contents = {name: (path.read_bytes(), KINDS[path.suffix]) for name, path in files.items()}
    router = APIRouter(include_in_schema=False)

    @router.get("/static/{name}")
    async def static(name: str) -> Response:
        if name not in contents:
            raise HTTPException(404)
        content, kind = contents[name]
        return Response(content, media_type=kind, headers={"Cache-Control": DAY})

    return router
