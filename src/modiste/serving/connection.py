"""The client's side of a request: it sends a form, and it may disconnect, after which its work is cancelled."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request

from modiste.errors import RequestError
from modiste.serving.uploads import CheckField, Form, UploadBudget, read_form

__all__ = ["cancel_on_disconnect", "receive_form"]

_T = TypeVar("_T")

DISCARD_SECONDS = 5.0
"""How long the rest of a refused request is read."""


async def cancel_on_disconnect(request: Request, work: Coroutine[Any, Any, _T]) -> _T:
    """Returns the result of some work; cancels the work if the client disconnects.

    Args:
        request: The request, whose body has been read.
        work: What to do for it.

    Raises:
        ClientDisconnect: The client disconnected.
    """
    working = asyncio.ensure_future(work)
    watching = asyncio.ensure_future(_disconnected(request))
    try:
        await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise ClientDisconnect
    finally:
        working.cancel()
        watching.cancel()


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


@asynccontextmanager
async def receive_form(
    request: Request,
    budget: UploadBudget,
    *,
    most_bytes: int | None = None,
    check_field: CheckField | None = None,
) -> AsyncIterator[Form]:
    """Receives a form, and counts it in the budget for as long as the block runs.

    Args:
        request: The request, whose body has not been read.
        budget: Limits what is held in memory.
        most_bytes: How many bytes it may have, where these are fewer than usual.
        check_field: Is asked about each field.

    Raises:
        RequestError: See `read_form`.
        BusyError: There is no room for it.
        ClientDisconnect: The client disconnected.
    """
    body = _Body(request)
    try:
        with budget.reserve(most_bytes) as reservation:
            # Where the head says that it is too large, nothing of it is read into memory.
            reservation.check(int(request.headers.get("content-length", 0)))
            kind = request.headers.get("content-type", "")
            yield await read_form(kind, body.chunks(), reservation, check_field)
    except RequestError:
        await body.discard(2 * budget.limits.body_bytes)
        raise


class _Body:
    """The body of a request as it arrives."""

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

    async def discard(self, max_bytes: int) -> None:
        """Reads the rest of a form that is refused, within limits.

        A client that is still sending would otherwise find the connection broken before it reads why.
        """
        try:
            async with asyncio.timeout(DISCARD_SECONDS):
                async for chunk in self.chunks():
                    max_bytes -= len(chunk)
                    if max_bytes < 0:
                        return
        except (TimeoutError, ClientDisconnect):
            return
