"""Who may use the service: whoever knows the key, where there is one."""

import hmac
from typing import Annotated

from fastapi import Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import Request

from modiste.errors import RequestError
from modiste.serving.sessions import COOKIE, Session, Sessions

__all__ = ["TOKEN_HEADER", "AccessControl"]

TOKEN_HEADER = "X-CSRF-Token"  # noqa: S105 (the header's name)

BEARER = HTTPBearer(auto_error=False, description="The key, if there is one.")


class AccessControl:
    """Decides who may use the service.

    Args:
        key: What clients must know; None where everyone may come in.

    Attributes:
        sessions: Of people at pages.
        has_key: Whether there is a key to know.
    """

    def __init__(self, key: str | None) -> None:
        # What is no text in the environment is bytes, as it is in a header.
        self._key = None if key is None else key.encode("utf-8", "surrogateescape")
        self.sessions = Sessions()
        self.has_key = key is not None

    def is_key(self, key: bytes) -> bool:
        """Whether this is the key, as UTF-8; compared in constant time."""
        return self._key is None or hmac.compare_digest(self._key, key)

    def session(self, request: Request) -> Session | None:
        """Returns the session of a request, None where it has none."""
        return self.sessions.unpack(request.cookies.get(COOKIE))

    def may_see_pages(self, session: Session | None) -> bool:
        """Whether somebody may see the pages."""
        return not self.has_key or (session is not None and session.signed_in)

    async def require_key(
        self, request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)]
    ) -> None:
        """Lets in a program that sends the key, or a page of ours whose user has signed in. A router depends on this.

        Raises:
            RequestError: The request comes from neither.
        """
        if not self.has_key:
            return
        # Headers come as Latin-1, whatever the client made of the key.
        if credentials is not None and self.is_key(credentials.credentials.encode("latin-1")):
            return
        session = self.session(request)
        if session and session.signed_in and self.sessions.is_csrf_token(session, request.headers.get(TOKEN_HEADER)):
            return
        raise RequestError(
            401,
            "no_key",
            "the key is missing or wrong",
            fix="send it as Authorization: Bearer KEY",
            headers={"WWW-Authenticate": "Bearer"},
        )
