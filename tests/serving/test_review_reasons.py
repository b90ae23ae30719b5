"""The review page shows why a photo is in the queue, and the catalogue's label beside the suggested one."""

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.serving.test_pages import field, photos, send

from modiste.review.items import NewItem, Progress, Question
from modiste.review.store import ReviewStore

LABELS = {"Class": ("Shirts", "Tshirts", "Tops"), "colour": ("Blue", "Red")}

SUSPECT = NewItem(
    "suspect.jpg",
    "digest 1",
    b"\xff\xd8",
    (
        Question("Class", "Tshirts", 0.8, (("Tshirts", 0.8), ("Shirts", 0.1)), catalogue_label="Shirts"),
        Question("colour", "Blue", 0.9, (("Blue", 0.9),), catalogue_label="Blue", asked=False),
    ),
    "suspect_label",
    0.8,
)
COPY = NewItem(
    "copy.jpg",
    "digest 2",
    b"\xff\xd8",
    (Question("Class", None, catalogue_label="Polos"),),
    "copy_with_other_label",
    0.5,
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ReviewStore]:
    with ReviewStore.open(tmp_path / "reviews.sqlite") as opened:
        opened.add([SUSPECT, COPY], bundle="b", labels=LABELS)
        yield opened


@pytest.fixture
def client(ask: Callable[..., TestClient], store: ReviewStore) -> TestClient:
    return ask(store=store)


def text_of(page: str) -> str:
    return " ".join(html.unescape(re.sub("<[^>]*>", "", page)).split())


def question(page: str, attribute: str) -> str:
    (found,) = re.findall(rf"<fieldset[^>]*>\s*<legend>{attribute}.*?</fieldset>", page, re.DOTALL)
    return str(found)


def test_the_page_says_why_and_shows_both_labels(client: TestClient) -> None:
    page = send(client, "/review/name", who="Ada")
    assert "The catalogue's label may be wrong" in text_of(page.partition("<figcaption>")[2])
    asked = question(page, "Class")
    assert "In the catalogue: Shirts. Suggested: Tshirts." in text_of(asked)
    assert re.findall(r'value="(\w+)"', asked)[:2] == ["Tshirts", "Shirts"], "both are chosen by one key"
    assert re.findall(r'value="(\w+)" checked', asked) == ["Tshirts"]
    assert "In the catalogue" not in question(page, "colour"), "nothing differs"
    assert "1 label that is decided or not asked: colour Blue" in text_of(page)


def test_a_photo_without_a_suggestion_proposes_the_catalogues_label(client: TestClient, store: ReviewStore) -> None:
    send(client, "/review/name", who="Ada")
    page = client.get("/review/?reason=copy_with_other_label").text
    asked = question(page, "Class")
    assert "In the catalogue: Polos." in text_of(asked)
    assert "Suggested" not in asked
    assert "%" not in asked, "nobody knows a probability"
    assert re.findall(r'value="(\w+)" checked', asked) == ["Polos"]
    send(client, "/review/decide", **{"item": field(page, "item"), "label-0": "Polos"})
    (decided,) = store.decisions()
    assert (decided.kind, decided.after) == ("accept", "Polos"), "although the bundle does not know that label"


def test_a_reviewer_stays_with_a_reason(client: TestClient, store: ReviewStore) -> None:
    store.add([replace(SUSPECT, path="2.jpg"), replace(SUSPECT, path="3.jpg")], bundle="b", labels=LABELS)
    page = send(client, "/review/name", who="Ada", reason="suspect_label")
    for action in ("decide", "skip", "decide"):
        assert "copy.jpg" not in page
        assert field(page, "reason") == "suspect_label"
        sent = {"item": field(page, "item"), "reason": "suspect_label", "label-0": "Shirts"}
        page = send(client, f"/review/{action}", **sent)
    assert "Nothing is waiting for you: The catalogue's label may be wrong" in text_of(page)
    assert "Saved." in page
    assert store.progress_by_reason()["copy_with_other_label"] == Progress(photos=1), "nobody was shown it"
    back = send(client, "/review/undo", reason="suspect_label")
    assert "Taken back; here it is again." in back
    assert field(back, "reason") == "suspect_label"


def test_a_photo_of_another_reason_that_is_taken_back_is_shown(client: TestClient) -> None:
    page = send(client, "/review/name", who="Ada")
    first = field(page, "item")
    send(client, "/review/decide", **{"item": first, "label-0": "Shirts"})
    other = client.get("/review/?reason=copy_with_other_label").text
    back = send(client, "/review/undo", item=field(other, "item"), reason="copy_with_other_label")
    assert "Taken back; here it is again." in back
    assert (field(back, "item"), field(back, "reason")) == (first, "")


def test_each_reason_has_its_progress_and_a_link(client: TestClient) -> None:
    page = send(client, "/review/name", who="Ada")
    send(client, "/review/decide", **{"item": field(page, "item"), "label-0": "Shirts"})
    page = client.get("/review/?reason=suspect_label").text
    links = re.findall(r'<a href="(/review/[^"]*)"( aria-current="page")?>([^<]*)<small>([^<]*)</small>', page)
    assert [(path, html.unescape(name).strip(), count, bool(current)) for path, current, name, count in links] == [
        ("/review/", "All", "1 of 2", False),
        ("/review/?reason=suspect_label", "The catalogue's label may be wrong", "1 of 1", True),
        ("/review/?reason=copy_with_other_label", "A copy of the photo has another label", "0 of 1", False),
    ]
    assert "1 of 1 photos decided" in text_of(page), "of the reason that is shown"
    assert "The catalogue's label may be wrong" in html.unescape(client.get("/review/record").text)


def test_a_reason_that_does_not_exist_is_refused(client: TestClient, store: ReviewStore) -> None:
    answered = client.get("/review/?reason=boredom", headers={"accept": "text/html"})
    assert answered.status_code == 422
    page = send(client, "/review/name", who="Ada")
    token = re.findall(r'name="csrf-token" content="([^"]+)"', page)[0]
    sent = {"csrf_token": token, "item": field(page, "item"), "label-0": "Shirts", "reason": "<b>"}
    refused = client.post(
        "/review/decide",
        files=[(name, (None, value)) for name, value in sent.items()],
        headers={"accept": "text/html"},
    )
    assert refused.status_code == 422
    assert "no reason is called '<b>'" in html.unescape(refused.text)
    assert "<b>'" not in refused.text
    assert store.progress().done == 0


def test_an_uploaded_photo_out_of_distribution_says_so(client: TestClient, store: ReviewStore) -> None:
    send(client, "/cards", files=photos(0), queue="yes")
    assert store.progress_by_reason()["out_of_distribution"] == Progress(photos=1)
