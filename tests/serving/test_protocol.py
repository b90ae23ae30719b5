"""Requests that would never end."""

import socket
from collections.abc import Iterator
from contextlib import closing

import httpx2 as httpx
import pytest
from tests.serving.conftest import photo_of, running

from modiste.portable.predictor import Predictor
from modiste.serving.app import create_app
from modiste.serving.protocol import BoundedProtocol

HEAD = b"POST /v1/tag HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


class Impatient(BoundedProtocol):
    max_seconds = 1.0


@pytest.fixture(scope="module")
def service(predictor: Predictor) -> Iterator[httpx.Client]:
    with running(create_app(predictor), http=BoundedProtocol) as client:
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
    with running(create_app(predictor), http=Impatient) as service, closing(connected(service)) as connection:
        connection.sendall(start)
        assert connection.recv(100) == b""


def test_a_large_body_in_small_pieces_arrives(service: httpx.Client) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="photos"; filename="a.png"\r\n\r\n'
    body = part + photo_of(255) + bytes(400_000) + b"\r\n--b--\r\n"
    pieces = (body[start : start + 50] for start in range(0, len(body), 50))
    kind = {"content-type": "multipart/form-data; boundary=b"}
    assert service.post("/v1/tag", content=pieces, headers=kind).status_code == 200
    assert service.post("/v1/tag", content=body, headers=kind).status_code == 200, "over the same connection"
