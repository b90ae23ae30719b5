"""Signing in with the key, and out again."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from modiste.serving.pages.site import Site
from modiste.serving.sessions import Session

__all__ = ["sign_in_pages"]

WRONG_KEY_DELAY = 0.5
"""Seconds to wait after a wrong key, which makes guessing hopeless."""


def sign_in_pages(site: Site) -> APIRouter:
    """Returns the routes. Only the form to sign in is open to everybody.

    Args:
        site: Makes pages.
    """
    router, forms = APIRouter(include_in_schema=False), site.forms()

    @router.get("/sign-in")
    async def form(request: Request, then: str = "/") -> Response:
        session = site.visitor(request)
        if site.access.may_see_pages(session):
            return RedirectResponse(_own_path(then), 303)
        return site.page(request, session, "sign-in.html", then=_own_path(then), wrong=False)

    @router.post("/sign-in")
    async def sign_in(request: Request) -> Response:
        session = site.visitor(request)
        async with site.receive_form(request) as form:
            then = _own_path(form.fields.get("then", "/"))
            if site.access.is_key(form.fields.get("key", "").encode("utf-8", "replace")):
                # Another session than before: nobody who saw the old cookie is signed in with us.
                return site.keep(request, RedirectResponse(then, 303), Session(who=session.who, signed_in=True))
        # The form no longer counts in the budget while this waits.
        await asyncio.sleep(WRONG_KEY_DELAY)
        return site.page(request, session, "sign-in.html", status=403, then=then, wrong=True)

    @forms.post("/sign-out")
    async def sign_out(request: Request, session: Annotated[Session, site.session]) -> Response:
        site.access.sessions.end(session)
        return site.keep(request, RedirectResponse("/", 303), Session(who=session.who))

    router.include_router(forms)
    return router


def _own_path(path: str) -> str:
    """Returns a path of ours, whatever was asked for: `//elsewhere` would lead to another host."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"
