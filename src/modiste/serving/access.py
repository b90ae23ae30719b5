"""Access control: where there is a key, only those who know it may use the service."""

import hmac

from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import HTTPConnection

from modiste.errors import RequestError
from modiste.serving.sessions import COOKIE, Session, Sessions

__all__ = ["TOKEN_HEADER", "AccessControl", "RequiredKey"]

TOKEN_HEADER = "X-CSRF-Token"  # noqa: S105 (the header's name)


class AccessControl:
    """Decides who may use the service.

    Args:
        key: What clients must know; None where everyone may come in.

    Attributes:
        sessions: The sessions of people at the pages.
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

    def session(self, request: HTTPConnection) -> Session | None:
        """Returns the session of a request, None where it has none."""
        return self.sessions.unpack(request.cookies.get(COOKIE))

    def may_see_pages(self, session: Session | None) -> bool:
        """Whether somebody may see the pages."""
        return not self.has_key or (session is not None and session.signed_in)


class RequiredKey(HTTPBearer):
    """Lets in a program that sends the key, or a page of ours whose user has signed in; a router depends on it.

    Args:
        access: Knows the key.
    """

    def __init__(self, access: AccessControl) -> None:
        super().__init__(scheme_name="HTTPBearer", description="The key, if there is one.", auto_error=False)
        self._access = access

    async def __call__(self, request: HTTPConnection) -> HTTPAuthorizationCredentials | None:
        """Returns the key that was sent, where one was.

        Raises:
            RequestError: The request comes from neither.
        """
        sent = await super().__call__(request)
        if self._access.has_key and not self._knows_key(sent) and not self._is_ours(request):
            raise RequestError(
                401,
                "no_key",
                "the key is missing or wrong",
                fix="send it as Authorization: Bearer KEY",
                headers={"WWW-Authenticate": "Bearer"},
            )
        return sent

    def _knows_key(self, sent: HTTPAuthorizationCredentials | None) -> bool:
        # Headers come as Latin-1, whatever the client made of the key.
        return sent is not None and self._access.is_key(sent.credentials.encode("latin-1"))

    def _is_ours(self, request: HTTPConnection) -> bool:
        """Whether a page of ours sent the request, for a user who has signed in."""
        session, token = self._access.session(request), request.headers.get(TOKEN_HEADER)
        return session is not None and session.signed_in and self._access.sessions.is_csrf_token(session, token)
