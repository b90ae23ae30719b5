"""Requests that would never end, answers that nobody takes, and more connections than there may be."""

import resource
import socket
import time
from collections.abc import Iterator
from contextlib import closing

import httpx2 as httpx
import pytest
from fastapi import FastAPI
from starlette.responses import Response
from tests.serving.conftest import photo_of, running

from modiste.portable.predictor import Predictor
from modiste.serving.app import create_app
from modiste.serving.protocol import ConnectionLimits, bounded_protocol
from modiste.serving.server import connection_limits

HEAD = b"POST /v1/tag HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


IMPATIENT = ConnectionLimits(arrival_seconds=1.0)


@pytest.fixture(scope="module")
def service(predictor: Predictor) -> Iterator[httpx.Client]:
    with running(create_app(predictor), http=bounded_protocol()) as client:
        yield client


def connected(service: httpx.Client) -> socket.socket:
    return socket.create_connection(("127.0.0.1", service.base_url.port or 0), timeout=30)


@pytest.mark.parametrize("start", [HEAD + b"X: ", b"GET /", CHUNKED + b"0\r\nX: ", b"GET /healthz HTTP/1.1\r\nX: "])
def test_what_has_no_end_around_a_body_is_not_kept(service: httpx.Client, start: bytes) -> None:
    with closing(connected(service)) as connection:
        connection.sendall(start)
        with pytest.raises(ConnectionError):
            connection.sendall(b"a" * 16_000_000)
    assert service.get("/healthz").is_success


@pytest.mark.parametrize("start", [b"", b"GE", HEAD, CHUNKED, CHUNKED + b"5\r\n--b"])
def test_what_does_not_come_is_not_waited_for(predictor: Predictor, start: bytes) -> None:
    with (
        running(create_app(predictor), http=bounded_protocol(IMPATIENT)) as service,
        closing(connected(service)) as connection,
    ):
        connection.sendall(start)
        assert connection.recv(100) == b""


def test_a_large_body_in_small_pieces_arrives(service: httpx.Client) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="photos"; filename="a.png"\r\n\r\n'
    body = part + photo_of(255) + bytes(400_000) + b"\r\n--b--\r\n"
    pieces = (body[start : start + 50] for start in range(0, len(body), 50))
    kind = {"content-type": "multipart/form-data; boundary=b"}
    assert service.post("/v1/tag", content=pieces, headers=kind).status_code == 200
    assert service.post("/v1/tag", content=body, headers=kind).status_code == 200, "over the same connection"


MUCH = 30_000_000


def asked_for_much(service: httpx.Client, times: int = 1) -> socket.socket:
    """Asks so many times over one connection, and reads no answer."""
    connection = connected(service)
    connection.sendall(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n" * times)
    return connection


def app_with_much(predictor: Predictor) -> FastAPI:
    app = create_app(predictor)
    app.get("/large")(lambda: Response(bytes(MUCH)))
    return app


def is_ended(connection: socket.socket) -> bool:
    """Whether the other side has ended a connection; reads nothing."""
    state = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
    return state != 1  # established


@pytest.mark.parametrize("times", [1, 2])
def test_whoever_never_reads_is_not_waited_for(predictor: Predictor, times: int) -> None:
    limits = ConnectionLimits(delivery_seconds=0.5)
    app = app_with_much(predictor)
    with running(app, http=bounded_protocol(limits)) as service, closing(asked_for_much(service, times)) as connection:
        end = time.monotonic() + 20
        while not is_ended(connection) and time.monotonic() < end:
            time.sleep(0.05)
        assert is_ended(connection)


def test_whoever_reads_slowly_but_steadily_gets_all(predictor: Predictor) -> None:
    limits = ConnectionLimits(delivery_seconds=0.5, delivery_bytes=1)
    app = app_with_much(predictor)
    with running(app, http=bounded_protocol(limits)) as service, closing(asked_for_much(service)) as connection:
        got = 0
        while got < MUCH:
            got += len(connection.recv(MUCH // 20))
            time.sleep(0.1)


def test_one_connection_more_ends_the_one_that_was_waited_for_longest(predictor: Predictor) -> None:
    with running(create_app(predictor), http=bounded_protocol(ConnectionLimits(connections=8))) as service:
        idle = [connected(service) for _ in range(30)]
        assert service.get("/healthz").is_success
        time.sleep(0.1)
        assert [is_ended(each) for each in idle[:22]] == [True] * 22
        assert not is_ended(idle[-1])
        for each in idle:
            each.close()


def test_there_is_a_descriptor_left_for_whoever_asks_whether_the_service_is_well() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1000, hard))
    try:
        assert connection_limits().connections == 500
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
