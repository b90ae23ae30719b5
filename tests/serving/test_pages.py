"""The pages, as a browser without scripts sees them."""

import html
import io
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from fastapi.testclient import TestClient
from tests.serving.conftest import photo_of

from modiste.errors import CatalogueError, StoreError
from modiste.portable.predictor import Predictor
from modiste.progress import Progress
from modiste.review.items import NewItem, Question
from modiste.review.store import ReviewStore
from modiste.serving.app import create_app
from modiste.serving.background import BackgroundJob, CatalogueJobs
from modiste.workflows.confusions import Confusion, Confusions

Ask = Callable[..., TestClient]
Photo = Callable[[int], bytes]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ReviewStore]:
    with ReviewStore.open(tmp_path / "reviews.sqlite") as opened:
        yield opened


@pytest.fixture
def reviewing(ask: Ask, store: ReviewStore) -> Callable[[], TestClient]:
    """Opens a browser on a service with a queue; all of them are on the same one."""
    first = ask(store=store)

    def browser() -> TestClient:
        return TestClient(first.app, base_url="http://localhost")

    return browser


def send(client: TestClient, path: str, /, files: Any = (), **fields: str) -> str:
    """Sends a form as the page before it would, and returns the page that follows."""
    token = re.findall(r'name="csrf-token" content="([^"]+)"', client.get("/").text)[0]
    parts = [("csrf_token", (None, token)), *((name, (None, value)) for name, value in fields.items()), *files]
    answered = client.post(path, files=parts)
    assert answered.is_success, answered.text
    return answered.text


def photos(*values: int) -> list[tuple[str, tuple[str, bytes]]]:
    return [("photos", (f"{value}.png", photo_of(value))) for value in values]


def field(page: str, name: str) -> str:
    return str(re.findall(rf'name="{name}" value="([^"]*)"', page)[0])


def test_the_tag_page_answers_a_plain_form(client: TestClient) -> None:
    files = [*photos(255), ("photos", ("bad.png", b"bad"))]
    page = send(client, "/", files=files, explain="half")
    assert "bright" in page
    assert "not a picture" in page
    assert page.count('src="data:image/jpeg;base64,') == 2, "the photo and its heat map"
    as_json, as_csv = (html.unescape(text) for text in re.findall(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL))
    assert json.loads(as_json)[0]["answers"]["tone"]["label"] == "bright"
    table = pl.read_csv(io.StringIO(as_csv))
    assert table.select("photo", "tone", "tone_decision").row(0) == ("255.png", "bright", "accept")


def test_the_tag_page_says_what_is_wrong(client: TestClient) -> None:
    token = re.findall(r'name="csrf-token" content="([^"]+)"', client.get("/").text)[0]
    answered = client.post("/", files=[("csrf_token", (None, token)), ("photos", ("", b""))])
    assert answered.status_code == 422
    assert "there is no photo in the form" in answered.text


def test_doubtful_answers_are_queued_where_that_was_asked_for(
    reviewing: Callable[[], TestClient], store: ReviewStore
) -> None:
    client = reviewing()
    send(client, "/", files=photos(0, 255))
    assert store.progress().photos == 0
    cards = send(client, "/cards", files=photos(0, 255), queue="yes")
    assert store.progress().photos == 1, "what is accepted needs no review"
    assert cards.count("Sent to the") == 1
    item = store.claim("Ada")
    assert item is not None
    assert item.path == "0.png"


def test_what_the_tagger_is_sure_of_now_leaves_the_queue(
    reviewing: Callable[[], TestClient], store: ReviewStore
) -> None:
    digest = blake2b(photo_of(255), digest_size=16).hexdigest()
    old = NewItem("255.png", digest, b"jpeg", (Question("tone", "dark", 0.5),), "uncertain", 0.5)
    store.add([old], bundle="an older one", labels={})
    send(reviewing(), "/cards", files=photos(255))
    assert store.progress().photos == 1
    send(reviewing(), "/cards", files=photos(255), queue="yes")
    assert store.progress().photos == 0


def test_a_review_round(reviewing: Callable[[], TestClient], store: ReviewStore) -> None:
    ada, bob = reviewing(), reviewing()
    send(ada, "/cards", files=photos(0, 20, 40), queue="yes")
    first = send(ada, "/review/name", who="  Ada\n Lovelace ")
    assert "You are Ada Lovelace." in first
    second = send(bob, "/review/name", who="Bob")
    assert field(first, "item") != field(second, "item"), "nobody gets what somebody else has"
    assert bob.get(f"/review/photos/{field(second, 'item')}").content.startswith(b"\xff\xd8")

    third = send(ada, "/review/decide", **{"item": field(first, "item"), "label-0": "grey", "label-1": "no"})
    assert "Saved." in third
    assert field(third, "item") not in {field(first, "item"), field(second, "item")}
    none = send(ada, "/review/skip", item=field(third, "item"))
    assert "Nothing is waiting for you" in none
    again = send(ada, "/review/undo")
    assert field(again, "item") == field(third, "item")
    back = send(ada, "/review/undo", item=field(again, "item"))
    assert "Taken back" in back
    assert field(back, "item") == field(first, "item")
    send(
        ada,
        "/review/decide",
        **{"item": field(back, "item"), "label-0": "another", "another-0": "bright", "label-1": "no"},
    )

    late = send(bob, "/review/decide", **{"item": field(back, "item"), "label-0": "dark", "label-1": "no"})
    assert "Somebody else has that photo" in late
    assert field(late, "item") == field(second, "item")

    table = pl.read_csv(io.BytesIO(ada.get("/review/corrections.csv").content))
    assert table.select("attribute", "before", "after", "reviewer").rows() == [
        ("half", "no", "no", "Ada Lovelace"),
        ("tone", "dark", "bright", "Ada Lovelace"),
    ]
    record = ada.get("/review/record").text
    assert record.count("(taken back)") == 3
    assert store.progress().done == 1


def test_a_decision_that_is_sent_again_is_saved_once(reviewing: Callable[[], TestClient], store: ReviewStore) -> None:
    client = reviewing()
    send(client, "/cards", files=photos(0), queue="yes")
    number = field(send(client, "/review/name", who="Ada"), "item")
    for _ in range(2):
        assert "Saved." in send(client, "/review/decide", **{"item": number, "label-0": "dark", "label-1": "no"})
    assert len(store.decisions()) == 2
    other = send(client, "/review/decide", **{"item": number, "label-0": "grey", "label-1": "no"})
    assert "has decided it" in other


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"label-0": "purple", "label-1": "no"}, "no label"),
        ({"label-0": "dark"}, "has no label"),
        ({"item": "x"}, "names no photo"),
        ({"item": "٣"}, "names no photo"),
        ({"item": "999", "label-0": "dark"}, "there is no photo 999"),
    ],
)
def test_a_wrong_decision_is_refused(
    reviewing: Callable[[], TestClient], store: ReviewStore, fields: dict[str, str], what: str
) -> None:
    client = reviewing()
    send(client, "/cards", files=photos(0), queue="yes")
    page = send(client, "/review/name", who="Ada")
    token = re.findall(r'name="csrf-token" content="([^"]+)"', page)[0]
    sent = {"csrf_token": token, "item": field(page, "item")} | fields
    answered = client.post(
        "/review/decide",
        files=[(name, (None, value)) for name, value in sent.items()],
        headers={"accept": "text/html"},
    )
    assert answered.status_code in {404, 422}
    assert what in html.unescape(answered.text)
    assert 'class="button" href="/review/"' in answered.text, "back to the queue"
    assert store.progress().done == 0


@pytest.mark.parametrize("number", ["999", "0", "-1", "9" * 30, "x"])
def test_what_is_not_in_the_queue_is_the_askers_mistake(reviewing: Callable[[], TestClient], number: str) -> None:
    client = reviewing()
    assert client.get(f"/review/photos/{number}").status_code in {404, 422}
    assert client.get(f"/review/record?before={number}").status_code in {200, 422}


def test_who_corrects_their_name_gives_back_the_photo(reviewing: Callable[[], TestClient]) -> None:
    client = reviewing()
    send(client, "/cards", files=photos(0), queue="yes")
    page = send(client, "/review/name", who="Aad")
    assert 'maxlength="200"' in send(client, "/review/name", item=field(page, "item"), who="")
    assert field(send(client, "/review/name", who="a" * 200), "item") == field(page, "item")
    token = re.findall(r'name="csrf-token" content="([^"]+)"', page)[0]
    long = {"csrf_token": (None, token), "who": (None, "a" * 201)}
    assert client.post("/review/name", files=long).status_code == 422


def test_a_script_hears_why_there_is_no_card(ask: Ask, store: ReviewStore, monkeypatch: pytest.MonkeyPatch) -> None:
    answered = ask(key="k3y").post("/cards", files=photos(1), follow_redirects=False)
    assert (answered.status_code, answered.text) == (403, "you are not signed in; sign in again")

    def fail(*_: object, **__: object) -> None:
        raise StoreError("it is gone", where="the database")

    monkeypatch.setattr(store, "add", fail)
    client = ask(store=store)
    token = re.findall(r'name="csrf-token" content="([^"]+)"', client.get("/").text)[0]
    sent = [*photos(0), ("queue", (None, "yes")), ("csrf_token", (None, token))]
    answered = client.post("/cards", files=sent)
    assert answered.status_code == 503
    assert answered.text == "the review database cannot be used now; try again"


def test_nobody_decides_without_a_name(reviewing: Callable[[], TestClient]) -> None:
    client = reviewing()
    send(client, "/cards", files=photos(0), queue="yes")
    assert "What are you called?" in client.get("/review/").text
    token = re.findall(r'name="csrf-token" content="([^"]+)"', client.get("/").text)[0]
    assert client.post("/review/skip", files={"csrf_token": (None, token), "item": (None, "1")}).status_code == 422
    assert client.post("/review/skip", files={"item": (None, "1")}).status_code == 403


def test_hostile_names_in_the_queue_are_escaped_and_defused(reviewing: Callable[[], TestClient], photo: Photo) -> None:
    client = reviewing()
    names = ["<script>alert(1)</script>.png", "=HYPERLINK(0).png"]
    send(client, "/cards", files=[("photos", (name, photo(place))) for place, name in enumerate(names)], queue="yes")
    page = send(client, "/review/name", who='<b onclick="x">')
    assert "<script>alert" not in page
    assert "<b onclick" not in page
    for _ in names:
        page = send(client, "/review/decide", **{"item": field(page, "item"), "label-0": "dark", "label-1": "no"})
    assert "<script>alert" not in client.get("/review/record").text
    rows = client.get("/review/corrections.csv").text.splitlines()
    assert {row.split(",")[0] for row in rows[1:]} == {names[0], f"'{names[1]}"}


def jobs(health: Callable[[Progress], str]) -> CatalogueJobs:
    found = Confusions("tone", 10, 8, (Confusion("dark", "<grey>", 2, 0.4, (photo_of(9, kind="JPEG"),)),))
    return CatalogueJobs("shop & co", BackgroundJob(health), BackgroundJob(lambda _: (found,)))


def until_over(client: TestClient, path: str) -> str:
    for _ in range(200):
        page = client.get(path).text
        if 'http-equiv="refresh"' not in page:
            return page
        time.sleep(0.02)
    pytest.fail("it is never over")


def test_the_job_on_the_catalogue_starts_when_somebody_asks(ask: Ask) -> None:
    def health(progress: Progress) -> str:
        progress("looking at pictures", 1, 2)
        return "<p>Healthy</p>"

    client = ask(jobs=jobs(health))
    page = until_over(client, "/catalogue")
    assert "job.js" not in page
    assert "<p>Healthy</p>" in page
    assert "shop &amp; co" in page


def test_who_waits_for_a_job_keeps_their_place(ask: Ask) -> None:
    """A page that loads itself again takes readers back to its beginning, so it does only without scripts."""
    go = threading.Event()
    client = ask(jobs=jobs(lambda _: str(go.wait(30))))
    page = client.get("/catalogue").text
    assert page.count("refresh") == page.count('<noscript><meta http-equiv="refresh" content="5"></noscript>') == 1
    assert 'src="/static/job.js' in page
    assert "data-waiting" in page
    go.set()
    assert "data-waiting" not in until_over(client, "/catalogue")


def test_a_catalogue_that_cannot_be_read_says_why(ask: Ask) -> None:
    def health(progress: Progress) -> str:
        raise CatalogueError("no table in it", where="shop", fix="give another")

    assert "shop: no table in it; give another" in until_over(ask(jobs=jobs(health)), "/catalogue")


def test_the_model_page_shows_confusions(ask: Ask) -> None:
    page = until_over(ask(jobs=jobs(lambda _: "")), "/model")
    assert "&lt;grey&gt;" in page
    assert "80.0" in page
    assert "Reliability diagram of tone" in page


def test_a_card_of_another_form_is_no_error(client: TestClient) -> None:
    page = client.get("/model").text
    assert "Its card does not say." in page
    assert "--catalogue" in page


@pytest.mark.parametrize("value", ["text", 3, ["text"], {"tone": 3}, {"tone": [3, {"f1": "x"}]}, None])
def test_whatever_a_card_holds_is_no_error(predictor: Predictor, value: object) -> None:
    card = dict.fromkeys(("data", "protocol", "metrics", "labels", "limits", "licence"), value)
    odd = Predictor(replace(predictor.bundle, card=card), engine="onnxruntime", threads=1)
    with TestClient(create_app(odd), base_url="http://localhost") as client:
        assert client.get("/model").status_code == 200
        assert client.get("/v1/bundle").json()["card"] == card


def test_pages_that_are_not_there_say_so(client: TestClient) -> None:
    answered = client.get("/nowhere", headers={"accept": "text/html"})
    assert answered.status_code == 404
    assert "Not found" in answered.text
    assert client.get("/review/", headers={"accept": "text/html"}).status_code == 404
    assert client.get("/static/../app.py").status_code == 404


def test_the_reference_shows_every_route_with_an_example(client: TestClient) -> None:
    page = html.unescape(client.get("/docs").text)
    for path in client.get("/openapi.json").json()["paths"]:
        assert path in page
    assert "curl -F photos=@shirt.jpg" in page
    assert '"label": "Tshirts"' in page
