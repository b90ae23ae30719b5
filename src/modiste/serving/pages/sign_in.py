"""Signing in with the key, and out again."""

import asyncio

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from modiste.serving.connection import received
from modiste.serving.pages.site import CSRF, Site
from modiste.serving.sessions import Session
from modiste.serving.uploads import Intake

__all__ = ["sign_in_pages"]

PENALTY = 0.5
"""Seconds that a wrong key costs, which makes guessing hopeless."""


def sign_in_pages(site: Site, intake: Intake) -> APIRouter:
    """Returns the routes.

    Args:
        site: Makes pages.
        intake: Bounds what comes in.
    """
    router = APIRouter(include_in_schema=False)

    @router.get("/sign-in")
    async def form(request: Request, then: str = "/") -> Response:
        session = site.access.session(request) or Session()
        if site.access.may_see_pages(session):
            return RedirectResponse(_own(then), 303)
        return site.page(request, session, "sign-in.html", then=_own(then), wrong=False)

    @router.post("/sign-in")
    async def sign_in(request: Request) -> Response:
        session = site.access.session(request) or Session()
        async with received(request, intake) as sent:
            site.check_form(session, sent.fields.get(CSRF))
            then = _own(sent.fields.get("then", "/"))
            if site.access.knows_key(sent.fields.get("key", "").encode("utf-8", "replace")):
                # Another session than before: nobody who saw the old cookie is signed in with us.
                return site.keep(request, RedirectResponse(then, 303), Session(who=session.who, signed_in=True))
        await asyncio.sleep(PENALTY)
        return site.page(request, session, "sign-in.html", status=403, then=then, wrong=True)

    @router.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        session = site.session(request)
        async with received(request, intake) as sent:
            site.check_form(session, sent.fields.get(CSRF))
        site.access.sessions.end(session)
        return site.keep(request, RedirectResponse("/", 303), Session(who=session.who))

    return router


def _own(path: str) -> str:
    """Returns a path of ours, whatever was asked for: `//elsewhere` would lead to another host."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"
