"""The service's log, on standard error: no client can write a line of its own into it, and none can fill it."""

import logging
from dataclasses import dataclass

from modiste.escaping import printable

__all__ = ["MOST", "BoundedHandler", "open_log"]

MOST = 20
"""Warnings of one kind in a minute; of more, only their number is logged."""


@dataclass
class _Kind:
    """What one line of code has warned of.

    Attributes:
        example: The first such warning.
        count: How many there were since the last minute ended.
    """

    example: logging.LogRecord
    count: int = 0


class BoundedHandler(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes records, but no more than `MOST` of each kind of warning until it is told that a minute is over."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(_Formatter("%(asctime)s %(levelname)s %(message)s"))
        self._kinds: dict[tuple[str, int], _Kind] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Writes a record, unless too many of its kind have been written."""
        if record.levelno >= logging.WARNING:
            kind = self._kinds.setdefault((record.pathname, record.lineno), _Kind(record))
            kind.count += 1
            if kind.count > MOST:
                return
        super().emit(record)

    def end_minute(self) -> None:
        """Writes how many records were left out, and counts anew."""
        self.acquire()
        try:
            for kind in self._kinds.values():
                if kind.count > MOST:
                    self._tell(kind)
            self._kinds.clear()
        finally:
            self.release()

    def _tell(self, kind: _Kind) -> None:
        told = {"levelname": kind.example.levelname, "msg": "%s more like this: %s"}
        args = (f"{kind.count - MOST:,}", kind.example.getMessage())
        super().emit(logging.makeLogRecord(told | {"args": args}))


class _Formatter(logging.Formatter):
    """Makes one line of a message, whatever is in it, and sets off the lines of a traceback."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (logging calls it so)
        return printable(super().formatMessage(record).rstrip())

    def formatException(self, ei: object) -> str:  # noqa: N802
        lines = super().formatException(ei).splitlines()  # type: ignore[arg-type]
        return "\n".join(f"  {printable(line)}" for line in lines)


def open_log(*, requests: bool) -> BoundedHandler:
    """Makes all that is logged go to standard error.

    Args:
        requests: Whether to log each request.
    """
    handler = BoundedHandler()
    logging.basicConfig(handlers=[handler])
    logging.getLogger("modiste.requests").setLevel(logging.INFO if requests else logging.WARNING)
    # It warns of damaged forms, and whoever sent one is told.
    logging.getLogger("python_multipart").setLevel(logging.ERROR)
    return handler
