"""Requests that are refused: an error of our tree with the status that HTTP gives it."""

from collections.abc import Mapping

from modiste.errors import ModisteError

__all__ = ["BusyError", "RequestError"]

RETRY_AFTER = 1
"""Seconds after which a client may try again: what waits is answered sooner."""


class RequestError(ModisteError):
    """A request cannot be answered.

    Args:
        status: The HTTP status.
        code: One word for programs.
        what: What is wrong, as a clause without a full stop.
        fix: What the client can do about it, likewise.
        headers: What to send along.
    """

    def __init__(
        self, status: int, code: str, what: str, *, fix: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(what, fix=fix)
        self.status = status
        self.code = code
        self.headers = dict(headers or {})


class BusyError(RequestError):
    """There is more to do than can wait: the client should come back."""

    def __init__(self, what: str) -> None:
        super().__init__(503, "busy", what, fix="try again in a second", headers={"Retry-After": str(RETRY_AFTER)})
