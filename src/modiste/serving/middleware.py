"""The middleware that every request passes: it checks the host and the origin, adds security headers, and counts.

Plain ASGI: it costs a request microseconds.
"""

import logging
import time
from collections.abc import Collection, Mapping

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from modiste.errors import RequestError
from modiste.serving.metrics import Metrics
from modiste.serving.problems import problem_response

__all__ = ["HEADERS", "LOOPBACK", "SecurityMiddleware"]

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})

# Charts are SVG with style attributes; a page holds no other style, and no script at all.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "style-src-attr 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

HEADERS: Mapping[str, str] = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), geolocation=(), microphone=()",
    "cache-control": "no-store",
}

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

log = logging.getLogger("modiste.requests")


class SecurityMiddleware:
    """Refuses requests to other hosts and from other sites' pages, adds security headers, and counts requests.

    Args:
        app: The application.
        hosts: The host names that requests may name; None for any. This turns away a page elsewhere whose own name
            was made to point to this machine (DNS rebinding).
        metrics: Counts the requests.
    """

    def __init__(self, app: ASGIApp, *, hosts: Collection[str] | None, metrics: Metrics) -> None:
        self._app = app
        self._hosts = None if hosts is None else frozenset(hosts)
        self._metrics = metrics
        self._headers = [(name.encode(), value.encode()) for name, value in HEADERS.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, or refuses it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start = time.monotonic()
        status = 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message.setdefault("headers", [])
                given = {name.lower() for name, _ in headers}
                headers.extend(pair for pair in self._headers if pair[0] not in given)
            await send(message)

        try:
            refused = self._refusal(scope["method"], Headers(scope=scope))
            app = self._app if refused is None else problem_response(refused)
            await app(scope, receive, send_with_headers)
        finally:
            self._count(scope, status, time.monotonic() - start)

    def _refusal(self, method: str, headers: Headers) -> RequestError | None:
        host = headers.get("host", "")
        if self._hosts is not None and _without_port(host) not in self._hosts:
            return RequestError(400, "wrong_host", "the service does not answer to this host name", fix="use localhost")
        if method in SAFE:
            return None
        # Browsers say where a request comes from; programs do not, and hold no cookies.
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        foreign = site not in {"same-origin", "none"} if site else bool(origin) and _host_of(origin or "") != host
        if foreign:
            return RequestError(
                403, "foreign_page", "another site's page made this request", fix="use the service's own pages"
            )
        return None

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        # The route's pattern, not the path: a path may be anything, and series by path would be without end.
        route = getattr(scope.get("route"), "path", None) or "other"
        self._metrics.count_request(route, scope["method"], status, seconds)
        if log.isEnabledFor(logging.INFO):
            log.info("%s %s %d %.1f ms", scope["method"], route, status, 1000 * seconds)


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdecimal() else host).lower()


def _host_of(origin: str) -> str:
    return origin.partition("://")[2]
