"""No client can write a line of its own into the log, and none can fill it."""

import io
import logging

import pytest

from modiste.serving.log import MOST, BoundedHandler


@pytest.fixture
def written() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def log(written: io.StringIO) -> logging.Logger:
    handler, logger = BoundedHandler(), logging.Logger("of a test")
    handler.setStream(written)
    logger.addHandler(handler)
    return logger


def end_minute(log: logging.Logger) -> None:
    (handler,) = log.handlers
    assert isinstance(handler, BoundedHandler)
    handler.end_minute()


def test_a_flood_of_warnings_is_counted(log: logging.Logger, written: io.StringIO) -> None:
    for number in range(MOST + 1234):
        log.warning("damaged request %d", number)
    log.error("something else")
    end_minute(log)
    *first, other, told = written.getvalue().splitlines()
    assert len(first) == MOST
    assert other.endswith("ERROR something else")
    assert told.endswith("WARNING 1,234 more like this: damaged request 0")
    end_minute(log)
    log.warning("damaged request")
    assert len(written.getvalue().splitlines()) == MOST + 3


def test_what_was_asked_for_is_not_left_out(log: logging.Logger, written: io.StringIO) -> None:
    for _ in range(3 * MOST):
        log.info("GET /healthz 200")
    assert len(written.getvalue().splitlines()) == 3 * MOST


def test_no_message_makes_a_line_or_moves_the_cursor(log: logging.Logger, written: io.StringIO) -> None:
    log.warning("name %s", "a\n2026-01-01 ERROR forged\x1b[2J\x9b\u202e\udcff\u2028b")
    (line,) = written.getvalue().splitlines()
    assert line.endswith(r"WARNING name a\n2026-01-01 ERROR forged\x1b[2J\x9b\u202e\udcff\u2028b")


def test_a_traceback_keeps_its_lines_and_forges_none(log: logging.Logger, written: io.StringIO) -> None:
    try:
        raise RuntimeError("first\nERROR forged\x1b[2J")
    except RuntimeError:
        log.exception("it failed")
    first, *trace = written.getvalue().splitlines()
    assert first.endswith("ERROR it failed")
    assert len(trace) >= 4
    assert all(line.startswith("  ") for line in trace)
    assert "\x1b" not in written.getvalue()
