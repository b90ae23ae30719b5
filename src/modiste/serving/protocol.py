"""Requests as they arrive, bounded in time and in the bytes around their bodies: uvicorn alone would take in heads
without end, and wait for ever.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

__all__ = ["BoundedProtocol"]


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which closes a connection where a request is too slow, or has too much around its body.

    Attributes:
        seconds: For a request to arrive, from the first byte to the last, and for a connection's first one to begin;
            more than `Limits.seconds`, which tells a client what was wrong.
        most: Bytes around the body; in pieces, as many may come as are in it, and so many more.
    """

    seconds = 60.0
    most = 64 * 1024
    _arriving: asyncio.TimerHandle
    _around = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Is called when somebody connects."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Is called when the connection is closed."""
        self._arriving.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Is called when something arrives."""
        self._around += len(data)
        super().data_received(data)
        if self._around > self.most:
            self.transport.close()

    def on_message_begin(self) -> None:
        """Is called when a request begins."""
        super().on_message_begin()
        self._around = 0
        self._arriving.cancel()
        self._wait()

    def on_body(self, body: bytes) -> None:
        """Is called with a piece of a body."""
        self._around -= 2 * len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Is called when a request has arrived."""
        self._arriving.cancel()
        super().on_message_complete()

    def _wait(self) -> None:
        self._arriving = self.loop.call_later(self.seconds, self.transport.close)
