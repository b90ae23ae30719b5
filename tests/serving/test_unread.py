"""Bodies that nobody may send, or that no route takes, are refused before they are read, let alone parsed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from python_multipart.multipart import MultipartParser
from tests.serving.test_every_route import BEARER, KEY
from tests.serving.test_security import sign_in, token_of

from modiste.review.store import ReviewStore
from modiste.serving import uploads
from modiste.serving.pages.site import TEXT_BYTES

FORM = {"Content-Type": "multipart/form-data; boundary=b"}
BODY = b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\nx\r\n' * 10 + b"--b--\r\n"


class Parsed(list[bytes]):
    """What parsers were given."""


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> Parsed:
    found = Parsed()

    class Parser(MultipartParser):
        def write(self, data: bytes) -> int:
            found.append(data)
            return super().write(data)

    monkeypatch.setattr(uploads, "MultipartParser", Parser)
    return found


@pytest.fixture
def client(ask: Callable[..., TestClient], tmp_path: Path) -> Iterator[TestClient]:
    with ReviewStore.open(tmp_path / "reviews.db") as store:
        yield ask(key=KEY, store=store)


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("POST", "/v1/tag", {}, 401),
        ("POST", "/v1/tag", {"Authorization": "Bearer wrong"}, 401),
        ("POST", "/v1/tag", BEARER | {"Content-Type": "application/json"}, 415),
        ("POST", "/v1/tag", BEARER | {"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ("POST", "/v1/tag?top=x", BEARER, 422),
        ("POST", "/v1/tag?explain=nothing", BEARER, 422),
        ("POST", "/v1/tag", BEARER | {"Origin": "https://elsewhere.example"}, 403),
        ("PUT", "/v1/tag", BEARER, 405),
        ("POST", "/v1/labels", BEARER, 405),
        ("GET", "/v1/labels", BEARER, 200),
        ("GET", "/healthz", {}, 200),
        ("POST", "/nowhere", {}, 404),
        ("POST", "/", {}, 303),
        ("POST", "/cards", {}, 403),
        ("POST", "/review/decide", {}, 303),
        ("POST", "/sign-in", {}, 403),
        ("POST", "/sign-out", {}, 303),
    ],
)
def test_what_is_refused_anyhow_is_not_parsed(
    client: TestClient, parsed: Parsed, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    answered = client.request(method, path, headers=FORM | headers, content=BODY, follow_redirects=False)
    assert answered.status_code == status
    assert parsed == []


def test_a_length_that_is_too_large_is_refused_before_it_is_read(client: TestClient, parsed: Parsed) -> None:
    page = client.get("/sign-in")
    token = {"csrf_token": (None, token_of(page.text)), "key": (None, "x" * TEXT_BYTES)}
    assert client.post("/sign-in", files=token).status_code == 413
    assert parsed == []


def test_a_form_without_photos_is_small(client: TestClient, parsed: Parsed) -> None:
    token = sign_in(client, KEY)
    parsed.clear()

    def body() -> Iterator[bytes]:
        yield f'--b\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n'.encode()
        yield b'--b\r\nContent-Disposition: form-data; name="x"; filename="x"\r\n\r\n'
        for _ in range(100):
            yield bytes(TEXT_BYTES // 10)

    assert client.post("/review/decide", headers=FORM, content=body()).status_code == 413
    assert sum(map(len, parsed)) <= TEXT_BYTES


def test_the_rest_of_a_form_with_a_wrong_token_is_not_parsed(client: TestClient, parsed: Parsed) -> None:
    sign_in(client, KEY)
    parsed.clear()

    def body() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\nwrong\r\n'
        for _ in range(100):
            yield b'--b\r\nContent-Disposition: form-data; name="photos"; filename="x"\r\n\r\n' + bytes(1000)

    assert client.post("/", headers=FORM, content=body()).status_code == 403
    assert len(parsed) <= 2
