"""Who may use the service: whoever knows the key, where there is one."""

import hmac

from starlette.requests import Request

from modiste.errors import RequestError
from modiste.serving.sessions import COOKIE, Session, Sessions

__all__ = ["TOKEN_HEADER", "Access"]

TOKEN_HEADER = "X-CSRF-Token"  # noqa: S105 (the header's name)


class Access:
    """Lets requests in or turns them away.

    Args:
        key: What a client must know; None where everyone may come in.

    Attributes:
        sessions: Of people at pages.
        locked: Whether there is a key.
    """

    def __init__(self, key: str | None) -> None:
        # What is no text in the environment is bytes, as it is in a header.
        self._key = None if key is None else key.encode("utf-8", "surrogateescape")
        self.sessions = Sessions()
        self.locked = key is not None

    def knows_key(self, key: bytes) -> bool:
        """Whether this is the key, as UTF-8; compared in constant time."""
        return self._key is None or hmac.compare_digest(self._key, key)

    def session(self, request: Request) -> Session | None:
        """Returns the session of a request, None where it has none."""
        return self.sessions.unpack(request.cookies.get(COOKIE))

    def may_see_pages(self, session: Session | None) -> bool:
        """Whether somebody may see pages."""
        return not self.locked or (session is not None and session.signed_in)

    def check_program(self, request: Request) -> None:
        """Lets a program in that sends the key, or a page of ours whose user has signed in.

        Raises:
            RequestError: It does not.
        """
        if not self.locked:
            return
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        # Headers come as Latin-1, whatever the client made of the key.
        if scheme.lower() == "bearer" and self.knows_key(key.strip().encode("latin-1")):
            return
        session = self.session(request)
        if session and session.signed_in and self.sessions.is_csrf_token(session, request.headers.get(TOKEN_HEADER)):
            return
        raise RequestError(
            401,
            "no_key",
            "this needs the key",
            fix="send it as Authorization: Bearer KEY",
            headers={"WWW-Authenticate": "Bearer"},
        )
