"""Who gets in, from where, and what every answer says of itself."""

import logging
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from modiste.review.store import ReviewStore
from modiste.serving.access import AccessControl
from modiste.serving.pages.tag import _as_csv
from modiste.serving.schemas import AttributeAnswer, PhotoAnswer
from modiste.serving.sessions import COOKIE, LIFETIME, Session, Sessions

KEY = "open sesame, näturlich"
Photo = Callable[[int], bytes]
Ask = Callable[..., TestClient]


def token_of(page: str) -> str:
    (found,) = set(re.findall(r'name="csrf_token" value="([^"]+)"', page))
    return str(found)


def sign_in(client: TestClient, key: str = KEY) -> str:
    """Signs in; returns the token of the page that follows."""
    token = token_of(client.get("/sign-in").text)
    form = {"csrf_token": (None, token), "key": (None, key), "then": (None, "/model")}
    answered = client.post("/sign-in", files=form)
    return re.findall(r'name="csrf-token" content="([^"]+)"', answered.text)[0] if answered.is_success else ""


@pytest.mark.parametrize("path", ["/", "/model", "/docs", "/v1/labels", "/healthz", "/nothing", "/static/tag.js"])
def test_every_answer_has_strict_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers


def test_no_page_holds_a_script_or_an_address_elsewhere(client: TestClient) -> None:
    for path in ("/", "/model", "/docs"):
        page = client.get(path, headers={"accept": "text/html"}).text
        assert not re.search(r"<script(?![^>]*\bsrc=\"/static/)", page)
        assert not re.search(r"\son\w+=", page)
        assert not re.search(r"(?:src|href)=\"(?:https?:)?//", page)


def test_another_name_of_the_host_is_turned_away(client: TestClient, ask: Ask) -> None:
    assert client.get("/healthz", headers={"host": "evil.example"}).status_code == 400
    assert client.get("/healthz", headers={"host": "127.0.0.1:8000"}).status_code == 200
    assert client.get("/healthz", headers={"host": "[::1]:8000"}).status_code == 200
    assert ask(hosts=None).get("/healthz", headers={"host": "shop.example"}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ],
)
def test_another_sites_page_cannot_send(client: TestClient, photo: Photo, headers: dict[str, str]) -> None:
    answered = client.post("/v1/tag", files=[("photos", ("a.png", photo(1)))], headers=headers)
    assert answered.status_code == 403


def test_our_own_page_can_send(client: TestClient, photo: Photo) -> None:
    for headers in ({"sec-fetch-site": "same-origin"}, {"origin": "http://localhost"}):
        assert client.post("/v1/tag", files=[("photos", ("a.png", photo(1)))], headers=headers).status_code == 200


def test_programs_need_the_key(ask: Ask, photo: Photo) -> None:
    client = ask(key=KEY)
    photos: Any = [("photos", ("a.png", photo(1)))]
    for path in ("/v1/labels", "/v1/bundle", "/metrics"):
        answered = client.get(path)
        assert answered.status_code == 401
        assert answered.headers["www-authenticate"] == "Bearer"
    assert client.post("/v1/tag", files=photos).status_code == 401
    for scheme in ("", "Bearer", "Bearer wrong", f"Basic {KEY}", f"Bearer {KEY}x"):
        assert client.get("/v1/labels", headers=[(b"authorization", scheme.encode())]).status_code == 401
    assert client.get("/v1/labels", headers=[(b"authorization", f"Bearer {KEY}".encode())]).status_code == 200
    for open_to_all in ("/healthz", "/readyz", "/openapi.json"):
        assert client.get(open_to_all).status_code == 200


def test_a_key_of_ascii_gets_in(ask: Ask, photo: Photo) -> None:
    client = ask(key="k3y")
    photos: Any = [("photos", ("a.png", photo(1)))]
    assert client.post("/v1/tag", files=photos, headers={"authorization": "Bearer k3y"}).status_code == 200
    assert client.get("/metrics", headers={"authorization": "bearer k3y"}).status_code == 200


def test_a_key_may_be_any_bytes() -> None:
    """As the environment gives them."""
    access = AccessControl(b"k\xff3y".decode("utf-8", "surrogateescape"))
    assert access.is_key(b"k\xff3y")
    assert not access.is_key(b"k3y")


def test_people_sign_in_with_the_key(ask: Ask, photo: Photo) -> None:
    client = ask(key=KEY)
    page = client.get("/model", headers={"accept": "text/html"})
    assert page.url.path == "/sign-in"
    assert page.url.params["then"] == "/model"
    assert sign_in(client, "wrong") == ""
    token = sign_in(client)
    assert client.get("/model").url.path == "/model"
    photos: Any = [("photos", ("a.png", photo(1)))]
    assert client.post("/v1/tag", files=photos, headers={"x-csrf-token": token}).status_code == 200
    assert client.post("/v1/tag", files=photos).status_code == 401, "a cookie alone is what another site could use"
    cookie = client.cookies[COOKIE]
    client.post("/sign-out", files={"csrf_token": (None, token)})
    assert client.get("/model").url.path == "/sign-in"
    client.cookies.clear()
    client.cookies.set(COOKIE, cookie)
    assert client.get("/model").url.path == "/sign-in", "a cookie that was copied before is worth nothing now"


def test_whoever_sent_a_form_comes_back_to_its_page(ask: Ask, tmp_path: Path) -> None:
    with ReviewStore.open(tmp_path / "reviews.db") as store:
        client = ask(key=KEY, store=store)
        for form, page in {"/review/decide": "/review/", "/sign-out": "/", "/": "/"}.items():
            answered = client.post(form, follow_redirects=False)
            assert answered.headers["location"] == f"/sign-in?then={page}"


def test_signing_in_leads_nowhere_else(ask: Ask) -> None:
    for then in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:x"):
        client = ask(key=KEY)
        token = token_of(client.get("/sign-in").text)
        form = {"csrf_token": (None, token), "key": (None, KEY), "then": (None, then)}
        assert client.post("/sign-in", files=form, follow_redirects=False).headers["location"] == "/"


def test_the_cookie_is_ours_alone(ask: Ask) -> None:
    client = ask(key=KEY)
    cookie = client.get("/sign-in").headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie
    assert "secure" in client.get("https://localhost/sign-in").headers["set-cookie"].lower()
    forged = Sessions().pack(Session(signed_in=True))
    client.cookies.set(COOKIE, forged)
    assert client.get("/model").url.path == "/sign-in"


@pytest.mark.parametrize("value", [None, "", ".", "x.y", "e30.", ".e30.", "\udcff.x"])
def test_no_nonsense_is_a_session(value: str | None) -> None:
    assert Sessions().unpack(value) is None


def test_a_session_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions, session = Sessions(), Session(since=0)
    assert sessions.unpack(sessions.pack(session)) is None
    fresh = Session()
    assert sessions.unpack(sessions.pack(fresh)) == fresh


def test_a_session_does_not_get_longer_by_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page signs the cookie again."""
    sessions, session = Sessions(), Session()
    last = session.since + LIFETIME - 1
    monkeypatch.setattr(time, "time", lambda: last)
    cookie = sessions.pack(session)
    assert sessions.unpack(cookie) == session
    monkeypatch.setattr(time, "time", lambda: last + 1)
    assert sessions.unpack(cookie) is None


def test_what_is_signed_for_one_purpose_is_worth_nothing_for_another() -> None:
    sessions, session = Sessions(), Session(id="a", who="Ada", signed_in=True)
    content, _, signature = sessions.pack(session).rpartition(".")
    token = sessions.csrf_token(session)
    assert sessions.is_csrf_token(session, token)
    assert not sessions.is_csrf_token(Session(id="b"), token), "somebody else's"
    assert not sessions.is_csrf_token(session, signature)
    assert not sessions.is_csrf_token(Session(id=content), signature), "the same text, signed for another purpose"
    assert sessions.unpack(f"{content}.{token}") is None
    assert not Sessions().is_csrf_token(session, token), "of another process"


@pytest.mark.parametrize("token", [None, "", "x", "ä", "\udcff", "=" * 10_000])
def test_no_nonsense_is_a_token(token: str | None) -> None:
    assert not Sessions().is_csrf_token(Session(), token)


def test_a_form_needs_its_token(client: TestClient, photo: Photo) -> None:
    photos: Any = [("photos", ("a.png", photo(1)))]
    assert client.post("/", files=photos).status_code == 403
    token = token_of(client.get("/").text)
    assert client.post("/", files=[*photos, ("csrf_token", (None, token))]).status_code == 200
    client.cookies.clear()
    assert client.post("/", files=[*photos, ("csrf_token", (None, token))]).status_code == 403


HOSTILE = [
    "<script>alert(1)</script>.png",
    '"><img src=x onerror=alert(1)>.png',
    "=cmd|' /C calc'!A0.png",
    "\x00\x1b[2J.png",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_escaped(client: TestClient, photo: Photo, name: str) -> None:
    token = token_of(client.get("/").text)
    sent: Any = [("photos", (name, photo(1))), ("photos", (name, b"bad")), ("csrf_token", (None, token))]
    for path in ("/", "/cards"):
        page = client.post(path, files=sent).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "\x1b" not in page
        assert "\x00" not in page
    assert "\n=cmd" not in client.post("/", files=sent).text
    assert client.post("/v1/tag", files=sent[:2]).status_code == 200


def test_no_attribute_is_a_formula() -> None:
    answer = AttributeAnswer(label="-1", probability=0.5, decision="accept", top=[])
    photo = PhotoAnswer(name="@a.png", answers={"=1+1": answer}, path=[], out_of_distribution=False, ood_score=0.1)
    assert _as_csv([photo]).splitlines() == [
        "photo,'=1+1,'=1+1_probability,'=1+1_decision",
        "'@a.png,'-1,0.5000,accept",
    ]


def test_an_unforeseen_error_tells_nothing(ask: Ask, photo: Photo, monkeypatch: pytest.MonkeyPatch) -> None:
    from modiste.serving.inference import InferenceService

    def fail(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(InferenceService, "_answer_batch", fail)
    client = ask()
    client._transport.raise_server_exceptions = False  # type: ignore[attr-defined]
    answered = client.post("/v1/tag", files=[("photos", ("a.png", photo(1)))])
    assert answered.status_code == 500
    assert answered.json()["error"]["code"] == "internal"
    assert "secret" not in answered.text
    assert "default-src 'none'" in answered.headers["content-security-policy"]
    assert answered.headers["x-content-type-options"] == "nosniff"


def test_logs_hold_no_photo_no_name_and_no_key(ask: Ask, photo: Photo, caplog: pytest.LogCaptureFixture) -> None:
    client = ask(key="k3y-of-ours")
    with caplog.at_level(logging.DEBUG):
        headers = {"authorization": "Bearer k3y-of-ours"}
        client.post("/v1/tag?explain=half", files=[("photos", ("secret-name.png", photo(7)))], headers=headers)
        client.post("/v1/tag?key=k3y-of-ours", files=[("photos", ("secret-name.png", b"PHOTO"))], headers=headers)
        client.get("/k3y-of-ours")
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith(("modiste", "uvicorn")))
    assert "POST /v1/tag 200" in ours
    for secret in ("k3y-of-ours", "secret-name", "PHOTO", "IHDR"):
        assert secret not in ours
