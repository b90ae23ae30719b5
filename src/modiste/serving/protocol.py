"""Limits for uvicorn's HTTP protocol: alone, it accepts endless heads, and waits for ever for the rest of a request."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

__all__ = ["BoundedProtocol"]


class BoundedProtocol(HttpToolsProtocol):
    """Closes a connection where a request takes too long to arrive, or has too many bytes besides its body.

    Attributes:
        max_seconds: For a request to arrive, from the first byte to the last, and for a connection's first one to
            begin; more than `RequestLimits.body_seconds`, which tells a client what was wrong.
        max_head_bytes: Of head and trailers. A body that is sent in pieces may have as many bytes around the pieces as
            in them, and so many more.
    """

    max_seconds = 60.0
    max_head_bytes = 64 * 1024
    _timeout: asyncio.TimerHandle
    _besides_body = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Is called when somebody connects."""
        super().connection_made(transport)
        self._start_timeout()

    def connection_lost(self, exc: Exception | None) -> None:
        """Is called when the connection is closed."""
        self._timeout.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Is called when something arrives."""
        self._besides_body += len(data)
        super().data_received(data)
        if self._besides_body > self.max_head_bytes:
            self.transport.close()

    def on_message_begin(self) -> None:
        """Is called when a request begins."""
        super().on_message_begin()
        self._besides_body = 0
        self._timeout.cancel()
        self._start_timeout()

    def on_body(self, body: bytes) -> None:
        """Is called with a piece of a body."""
        self._besides_body -= 2 * len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Is called when a request has arrived."""
        self._timeout.cancel()
        super().on_message_complete()

    def _start_timeout(self) -> None:
        self._timeout = self.loop.call_later(self.max_seconds, self.transport.close)
