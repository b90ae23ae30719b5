"""Limits for uvicorn's HTTP protocol: alone, it accepts endless heads, and waits for ever for clients that do nothing.

A client that is waited for holds a descriptor, and there are only so many of them.
"""

import asyncio
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

__all__ = ["BoundedProtocol", "ConnectionLimits", "bounded_protocol"]

AT_ONCE = struct.pack("ii", 1, 0)
"""To linger for no time."""


@dataclass(frozen=True)
class ConnectionLimits:
    """What the service accepts of a connection, and of all of them.

    Attributes:
        connections: How many may be open. One more ends the one whose client has been waited for longest.
        arrival_seconds: For a request to arrive, from the first byte to the last, and for a connection's first one to
            begin; more than `RequestLimits.body_seconds`, which tells a client what was wrong.
        delivery_seconds: For a client to take an answer, or at least `delivery_bytes` of it, time and again.
        delivery_bytes: Fewer in that time is slower than any network that can be worked with.
        head_bytes: Of head and trailers. A body that is sent in pieces may have as many bytes around the pieces as in
            them, and so many more.
    """

    connections: int = 2048
    arrival_seconds: float = 60.0
    delivery_seconds: float = 30.0
    delivery_bytes: int = 2**18
    head_bytes: int = 64 * 1024


@dataclass
class _Connections:
    """Those that are open.

    Attributes:
        limits: Of one and of all of them.
        open: How many there are.
        waited_for: Those whose clients are to do something, send or read; who has been waited for longest comes first.
    """

    limits: ConnectionLimits
    open: int = 0
    waited_for: "dict[BoundedProtocol, None]" = field(default_factory=dict)

    def make_room(self) -> None:
        """Ends connections until there are no more than there may be; those that are being answered stay."""
        while self.open > self.limits.connections and self.waited_for:
            next(iter(self.waited_for)).end()


def bounded_protocol(limits: ConnectionLimits | None = None) -> Callable[..., "BoundedProtocol"]:
    """Returns what makes the protocols of one server's connections, for `uvicorn.Config(http=...)`.

    Args:
        limits: Of these connections.
    """
    return partial(BoundedProtocol, _Connections(limits or ConnectionLimits()))


class BoundedProtocol(HttpToolsProtocol):
    """Ends a connection where a request takes too long to arrive, or its answer to be taken, or where it has too many
    bytes besides its body, and where there are too many connections.
    """

    def __init__(self, connections: _Connections, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._connections = connections
        self._limits = connections.limits
        self._besides_body = 0
        self._arrival: asyncio.TimerHandle | None = None
        self._delivery: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Is called when somebody connects."""
        super().connection_made(transport)
        self._connections.open += 1
        self._wait_for_request()
        self._connections.make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Is called when the connection is closed."""
        self._forget()
        super().connection_lost(exc)

    def end(self) -> None:
        """Ends the connection; what its client has not taken is forgotten, by the system as well."""
        self._forget()
        if self.transport.get_write_buffer_size():
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Is called when something arrives."""
        self._besides_body += len(data)
        super().data_received(data)
        if self._besides_body > self._limits.head_bytes:
            self.end()

    def on_message_begin(self) -> None:
        """Is called when a request begins."""
        super().on_message_begin()
        self._besides_body = 0
        self._wait_for_request()

    def on_body(self, body: bytes) -> None:
        """Is called with a piece of a body."""
        self._besides_body -= 2 * len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Is called when a request has arrived."""
        _stop(self._arrival)
        if self.cycle is not None and not self.cycle.response_complete:
            self._connections.waited_for.pop(self, None)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Is called when an answer has been written, which need not mean that it has been sent."""
        if not self.pipeline:  # which holds what the client asked next, before it was answered
            self._wait_for_client()
        self._watch_delivery()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Is called when more has been written than the client takes at once."""
        super().pause_writing()
        self._wait_for_client()
        self._watch_delivery()

    def _wait_for_request(self) -> None:
        _stop(self._arrival)
        self._arrival = self.loop.call_later(self._limits.arrival_seconds, self.end)
        self._wait_for_client()

    def _wait_for_client(self) -> None:
        if self in self.connections:
            self._connections.waited_for.pop(self, None)
            self._connections.waited_for[self] = None

    def _watch_delivery(self) -> None:
        """Comes back to see how much the client has taken, unless it has taken all."""
        _stop(self._delivery)
        if self in self.connections and (left := self.transport.get_write_buffer_size()):
            self._delivery = self.loop.call_later(self._limits.delivery_seconds, self._check_delivery, left)

    def _check_delivery(self, before: int) -> None:
        left = self.transport.get_write_buffer_size()
        if left and before - left < self._limits.delivery_bytes:
            self.end()
        else:
            self._watch_delivery()

    def _forget(self) -> None:
        """Does so once: `end` is followed by `connection_lost`."""
        _stop(self._arrival)
        _stop(self._delivery)
        self._connections.waited_for.pop(self, None)
        if self in self.connections:
            self._connections.open -= 1
            self.connections.discard(self)


def _stop(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
