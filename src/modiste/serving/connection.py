"""The client's side of a request: it sends a form, it may go away, and then nobody works for it any longer."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request

from modiste.errors import RequestError
from modiste.serving.uploads import Intake, Uploads, read_uploads

__all__ = ["received", "while_connected"]

_T = TypeVar("_T")

PATIENCE = 5.0
"""Seconds for which the rest of a refused request is taken in."""


async def while_connected(request: Request, work: Coroutine[Any, Any, _T]) -> _T:
    """Returns what work comes to; cancels it where the client goes away.

    Args:
        request: Its body has been read.
        work: What to do for it.

    Raises:
        ClientDisconnect: The client went away.
    """
    working = asyncio.ensure_future(work)
    watching = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise ClientDisconnect
    finally:
        working.cancel()
        watching.cancel()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


@asynccontextmanager
async def received(request: Request, intake: Intake) -> AsyncIterator[Uploads]:
    """Receives a form, and counts it as under way for as long as the block runs.

    Args:
        request: Of which nothing has been read.
        intake: Bounds what comes in.

    Raises:
        RequestError: See `read_uploads`.
        BusyError: There is no room for it.
        ClientDisconnect: The client went away.
    """
    body = _Body(request)
    try:
        with intake.request() as held:
            yield await read_uploads(request.headers.get("content-type", ""), body.chunks(), held)
    except RequestError:
        await body.discard(2 * intake.limits.body_bytes)
        raise


class _Body:
    """What a client sends."""

    def __init__(self, request: Request) -> None:
        self._receive = request.receive
        self._finished = False

    async def chunks(self) -> AsyncIterator[bytes]:
        while not self._finished:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self._finished = True
                raise ClientDisconnect
            self._finished = not message.get("more_body", False)
            yield message.get("body", b"")

    async def discard(self, most: int) -> None:
        """Takes in the rest of a form that is refused, within limits.

        A client that is still sending would otherwise find the connection broken before it reads why.
        """
        try:
            async with asyncio.timeout(PATIENCE):
                async for chunk in self.chunks():
                    most -= len(chunk)
                    if most < 0:
                        return
        except (TimeoutError, ClientDisconnect):
            return
