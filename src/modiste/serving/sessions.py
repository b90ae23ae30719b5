"""Sessions of people at pages: a signed cookie. The process keeps only which of them were ended before their time.

The secret is drawn when the service starts, so sessions end with it, and no key can be guessed from a cookie.
"""

import hmac
import json
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from dataclasses import asdict, dataclass, field

__all__ = ["COOKIE", "LIFETIME", "Session", "Sessions"]

COOKIE = "modiste_session"

LIFETIME = 12 * 60 * 60
"""Seconds: a working day."""


@dataclass(frozen=True)
class Session:
    """Somebody at a page.

    Attributes:
        id: Drawn by chance.
        who: What they call themselves; empty as long as nobody asked.
        signed_in: Whether they know the key.
        since: When it began, in seconds.
    """

    id: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    who: str = ""
    signed_in: bool = False
    since: int = field(default_factory=lambda: int(time.time()))


class Sessions:
    """Signs sessions and knows its own signature again."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)
        self._ended: dict[str, int] = {}

    def pack(self, session: Session) -> str:
        """Returns a session as a cookie's value."""
        content = urlsafe_b64encode(json.dumps(asdict(session)).encode()).decode()
        return f"{content}.{self._sign('session', content)}"

    def unpack(self, value: str | None) -> Session | None:
        """Returns the session that a cookie holds, None where it is missing, forged, too old or ended."""
        content, _, signature = (value or "").rpartition(".")
        if not content or not self._signed("session", content, signature):
            return None
        try:
            session = Session(**json.loads(urlsafe_b64decode(content)))
        except (Error, TypeError, ValueError):
            return None
        return session if _lasts(session.since) and session.id not in self._ended else None

    def end(self, session: Session) -> None:
        """Ends a session, wherever its cookie may have got to."""
        self._ended = {each: since for each, since in self._ended.items() if _lasts(since)}
        self._ended[session.id] = session.since

    def token(self, session: Session) -> str:
        """Returns what a form must send along, to show that our own page made it (CSRF)."""
        return self._sign("form", session.id)

    def is_token(self, session: Session, token: str | None) -> bool:
        """Whether a form sent along what it must."""
        return self._signed("form", session.id, token or "")

    def _sign(self, purpose: str, text: str) -> str:
        return hmac.new(self._secret, f"{purpose}:{text}".encode("utf-8", "replace"), "sha256").hexdigest()

    def _signed(self, purpose: str, text: str, signature: str) -> bool:
        return hmac.compare_digest(self._sign(purpose, text).encode(), signature.encode("utf-8", "replace"))


def _lasts(since: int) -> bool:
    return 0 <= time.time() - since < LIFETIME
