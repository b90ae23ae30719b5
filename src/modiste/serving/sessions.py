"""Sessions of people at the pages, as signed cookies. The process keeps only which of them were ended early.

The secret is drawn when the service starts, so sessions end with it, and no key can be guessed from a cookie.
"""

import hashlib
import secrets
import time
from dataclasses import asdict, dataclass, field

from itsdangerous import BadData, Signer, URLSafeSerializer

__all__ = ["COOKIE", "LIFETIME", "Session", "Sessions"]

COOKIE = "modiste_session"

LIFETIME = 12 * 60 * 60
"""Seconds: a working day."""


@dataclass(frozen=True)
class Session:
    """The session of somebody at the pages.

    Attributes:
        id: Drawn by chance.
        who: The name they gave as a reviewer; empty until then.
        signed_in: Whether they know the key.
        since: When it began, in seconds.
    """

    id: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    who: str = ""
    signed_in: bool = False
    since: int = field(default_factory=lambda: int(time.time()))


class Sessions:
    """Signs sessions and the tokens of their forms, and checks the signatures.

    A session lasts from its own beginning. The timestamps of `itsdangerous` would count from the last page, for every
    page signs the cookie again.
    """

    def __init__(self) -> None:
        secret = secrets.token_bytes(32)
        # The salts keep apart what is signed for one purpose from what is signed for the other.
        self._cookies = URLSafeSerializer(
            secret, salt="session", signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256}
        )
        self._tokens = Signer(secret, salt="form", key_derivation="hmac", digest_method=hashlib.sha256)
        self._ended: dict[str, int] = {}

    def pack(self, session: Session) -> str:
        """Returns a session as a cookie's value."""
        return str(self._cookies.dumps(asdict(session)))

    def unpack(self, value: str | None) -> Session | None:
        """Returns the session that a cookie holds, None where it is missing, forged, too old or ended."""
        try:
            session = Session(**self._cookies.loads(value or ""))
        except (BadData, UnicodeEncodeError):  # a header may hold what is no text
            return None
        return session if _lasts(session.since) and session.id not in self._ended else None

    def end(self, session: Session) -> None:
        """Ends a session, also where somebody has copied its cookie."""
        self._ended = {each: since for each, since in self._ended.items() if _lasts(since)}
        self._ended[session.id] = session.since

    def csrf_token(self, session: Session) -> str:
        """Returns the token that a form sends along, to show that it is on a page of ours (CSRF)."""
        return self._tokens.get_signature(session.id).decode("ascii")

    def is_csrf_token(self, session: Session, token: str | None) -> bool:
        """Whether a form sent the token of its session."""
        return self._tokens.verify_signature(session.id, token or "")


def _lasts(since: int) -> bool:
    return 0 <= time.time() - since < LIFETIME
