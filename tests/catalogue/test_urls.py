"""Photos at web addresses, from a server of the test's own on loopback."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

import pytest

from modiste.catalogue.pictures.urls import UrlPictures, is_public, is_url
from modiste.errors import CatalogueError

PHOTO = b"\x89PNG" + bytes(1000)
HERE = {"127.0.0.1"}


class Shop(BaseHTTPRequestHandler):
    """A shop's server: each path is one way to answer."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/"))
            self.end_headers()
        elif self.path == "/drip":
            self.send_response(200)
            self.end_headers()
            for _ in range(100):
                self.wfile.write(b"x")
                time.sleep(0.05)
        elif self.path == "/cut":
            self.send_response(200)
            self.send_header("Content-Length", "5000")
            self.end_headers()
            self.wfile.write(PHOTO)
        elif self.path in {"/a.png", "/a%20b/%C3%BC.png?size=2"}:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(PHOTO)
        else:
            self.send_error(404)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def here(**limits: float) -> UrlPictures:
    return UrlPictures(may_connect=lambda address: str(address) in HERE, **limits)  # type: ignore[arg-type]


def refused(pictures: UrlPictures, url: str, most: int = 10**6) -> str:
    with pytest.raises(CatalogueError) as caught:
        pictures.read(url, most)
    assert caught.value.where is not None
    return caught.value.what


def test_a_photo_is_fetched_also_behind_blanks_letters_and_redirects(shop: str) -> None:
    for path in ("/a.png", " /a.png ".strip(), "/a b/ü.png?size=2", f"/to/{shop}/a.png", "/to//a.png", "/a.png#top"):
        assert here().read(f" {shop}{path}\n") == PHOTO, path


def test_limits_hold(shop: str) -> None:
    assert refused(here(), f"{shop}/a.png", 999) == "cannot be fetched: more than 999 bytes"
    assert refused(here(), f"{shop}/cut", 999) == "cannot be fetched: more than 999 bytes"
    started = time.monotonic()
    assert refused(here(seconds=0.5), f"{shop}/drip") == "cannot be fetched: took more than 0.5 s"
    assert time.monotonic() - started < 3
    assert refused(here(), f"{shop}/cut") == "cannot be fetched: 1,004 of 5,000 bytes came"
    assert "redirected more than 2 times" in refused(here(most_redirects=2), f"{shop}/to//to//to//to//a.png")


def test_a_head_that_never_ends_is_broken_off() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, _dripping(server):
        started = time.monotonic()
        assert "took more than" in refused(here(seconds=0.5), f"http://127.0.0.1:{server.getsockname()[1]}/")
        assert time.monotonic() - started < 3


@contextmanager
def _dripping(server: socket.socket) -> Iterator[None]:
    def drip() -> None:
        connection, _ = server.accept()
        with connection:
            try:
                while True:
                    connection.sendall(b"H")
                    time.sleep(0.05)
            except OSError:
                pass

    thread = threading.Thread(target=drip)
    thread.start()
    yield
    thread.join(10)
    assert not thread.is_alive()


def test_what_is_there_is_a_photo_or_a_reason(shop: str) -> None:
    assert refused(here(), f"{shop}/nothing") == "cannot be fetched: the server answers 404 Not Found"
    assert "no http or https address" in refused(here(), "ftp://127.0.0.1/a.png")
    assert "no http or https address" in refused(here(), f"/to/{shop}")
    assert "no http or https address" in refused(here(), "http://user:secret@127.0.0.1/a.png")
    assert "no http or https address" in refused(here(), f"{shop}/to/file:///etc/passwd")
    with socket.create_server(("127.0.0.1", 0)) as full:
        port = full.getsockname()[1]
    assert "refused" in refused(here(), f"http://127.0.0.1:{port}/")
    for broken in ("http://", "http://[::1", "http://a b/", "https://x:99999/", "http://\x00/"):
        assert refused(here(), broken)


def test_private_addresses_are_never_connected_to_also_after_a_redirect(shop: str) -> None:
    port = shop.rpartition(":")[2]
    assert "private address 127.0.0.1" in refused(UrlPictures(), f"{shop}/a.png")
    assert "private address 127.0.0.2" in refused(here(), f"{shop}/to/http://127.0.0.2:{port}/a.png")
    for name in ("localhost", "2130706433", "0x7f.1", "127.1", "0"):
        assert "private address" in refused(UrlPictures(), f"http://{name}:{port}/a.png"), name


@pytest.mark.parametrize(
    "address",
    ["10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1", "::1", "fe80::1",
     "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "ff02::1"],
)  # fmt: skip
def test_which_addresses_are_private(address: str) -> None:
    assert not is_public(ip_address(address))


def test_which_addresses_are_public() -> None:
    assert all(is_public(ip_address(address)) for address in ("93.184.216.34", "2606:2800::1", "64:ff9b::808:808"))


def test_which_names_are_addresses_of_the_web() -> None:
    assert all(map(is_url, ("http://a/b.jpg", " HTTPS://a/b.jpg")))
    assert not any(map(is_url, ("a/http://b.jpg", "http.jpg", "httpx://", "file:///a")))
