"""The server process: it listens, answers, and on SIGTERM answers what it has begun and stops."""

import ipaddress
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from modiste.errors import ConfigError
from modiste.serving.log import BoundedHandler, open_log
from modiste.serving.protocol import ConnectionLimits, bounded_protocol

__all__ = ["connection_limits", "is_loopback", "listen", "serve"]

GRACE = 30
"""Seconds to answer what has begun, once the service is told to stop."""

MINUTE = 60.0
"""Seconds; see `log.BoundedHandler`."""


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a host's name or address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def listen(host: str, port: int) -> socket.socket:
    """Opens the port.

    Args:
        host: A name or an address of this machine.
        port: Its number; 0 for any that is free.

    Raises:
        ConfigError: It cannot be opened.
    """
    try:
        return socket.create_server((host, port), family=_family(host), backlog=2048)
    except OSError as error:
        where = f"{host}:{port}"
        raise ConfigError(
            f"cannot listen there ({error.strerror or error})", where=where, fix="give another --host or --port"
        ) from error


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def serve(app: ASGIApp, opened: socket.socket, *, on_start: Callable[[], None], log_requests: bool = False) -> None:
    """Answers requests until SIGTERM or SIGINT.

    Args:
        app: See `create_app`.
        opened: See `listen`.
        on_start: Is called once requests are answered.
        log_requests: Write a line for each on standard error; it holds the route, not the path, and no header.
    """
    log = open_log(requests=log_requests)
    config = uvicorn.Config(
        app,
        http=bounded_protocol(connection_limits()),  # type: ignore[arg-type]
        lifespan="on",
        ws="none",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
    )
    with _clean_exit_on_sigterm():
        _Server(config, log, on_start).run(sockets=[opened])


def connection_limits() -> ConnectionLimits:
    """Returns the limits of connections: they may have half of this process's descriptors.

    So there is always one for whoever asks whether the service is well.
    """
    try:
        resource = import_module("resource")
    except ModuleNotFoundError:  # on Windows, where nothing limits them
        return ConnectionLimits()
    usual, (soft, _) = ConnectionLimits().connections, resource.getrlimit(resource.RLIMIT_NOFILE)
    return ConnectionLimits(usual if soft == resource.RLIM_INFINITY else min(usual, soft // 2))


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, log: BoundedHandler, on_start: Callable[[], None]) -> None:
        super().__init__(config)
        self._log = log
        self._on_start = on_start
        self._minute = time.monotonic()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._on_start()

    async def on_tick(self, counter: int) -> bool:
        if time.monotonic() - self._minute >= MINUTE:
            self._minute = time.monotonic()
            self._log.end_minute()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        self._log.end_minute()


@contextmanager
def _clean_exit_on_sigterm() -> Iterator[None]:
    """Makes SIGTERM end the process with success: uvicorn raises it again once everything is answered."""

    def ignore(_: int, __: FrameType | None) -> None:
        """The signal has been obeyed by then."""

    before = signal.signal(signal.SIGTERM, ignore)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
