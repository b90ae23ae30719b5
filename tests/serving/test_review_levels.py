"""The review page without scripts: what is chosen at one level carries the others along, or asks."""

import html
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.review.test_together import LABELS, TOGETHER, given, item
from tests.serving.test_pages import field, send

from modiste.review.items import NewItem
from modiste.review.store import ReviewStore

PLACES = {name: number for number, name in enumerate(LABELS)}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ReviewStore]:
    with ReviewStore.open(tmp_path / "reviews.sqlite") as opened:
        yield opened


@pytest.fixture
def client(ask: Callable[..., TestClient], store: ReviewStore) -> TestClient:
    return ask(store=store)


def begun(client: TestClient, store: ReviewStore, new: NewItem) -> str:
    store.add([new], bundle="b", labels=LABELS, combinations=TOGETHER)
    return send(client, "/review/name", who="Ada")


def checked(page: str) -> dict[str, str]:
    """Returns attribute -> the label that is chosen on the page."""
    found = {}
    for attribute, question in re.findall(r'data-attribute="(\w+)".*?>(.*?)</fieldset>', page, re.DOTALL):
        label = re.findall(r'value="([^"]*)" checked', question)
        if label == ["another"]:
            label = re.findall(r"<option selected>([^<]*)<", question)
        found[attribute] = html.unescape(label[0]) if label else ""
    return found


def form(page: str, **labels: str) -> dict[str, str]:
    """Returns what a browser sends: what is chosen on the page, but for some labels."""
    sent = {"item": field(page, "item")}
    for name, label in (checked(page) | labels).items():
        sent |= {f"label-{PLACES[name]}": "another", f"another-{PLACES[name]}": label}
    return sent


def decide(client: TestClient, page: str, **labels: str) -> tuple[int, str]:
    token = re.findall(r'name="csrf-token" content="([^"]+)"', page)[0]
    fields = {"csrf_token": token, **form(page, **labels)}
    answered = client.post("/review/decide", files=[(name, (None, value)) for name, value in fields.items()])
    return answered.status_code, answered.text


def test_what_follows_is_carried_along(client: TestClient, store: ReviewStore) -> None:
    page = begun(client, store, item("master", "article"))
    assert checked(page)["article"] == "Tshirts"
    status, page = decide(client, page, article="Perfume")
    assert status == 200
    assert "Saved. So are the labels that follow from it." in page
    assert given(store) == {"master": "Personal Care", "sub": "Fragrance", "article": "Perfume"}


def test_where_several_fit_the_page_asks(client: TestClient, store: ReviewStore) -> None:
    page = begun(client, store, item("sub"))
    status, page = decide(client, page, sub="Fragrance")
    assert status == 200
    assert "Several labels of article go with sub Fragrance: choose one." in page
    assert "Choose one that fits: Perfume, Deodorant." in page
    assert checked(page) == {"master": "Personal Care", "sub": "Fragrance", "article": "", "colour": "Red"}
    assert given(store) == {}
    status, page = decide(client, page, article="Deodorant")
    assert status == 200
    assert given(store) == {"master": "Personal Care", "sub": "Fragrance", "article": "Deodorant"}


def test_labels_that_contradict_one_another_are_not_saved(client: TestClient, store: ReviewStore) -> None:
    page = begun(client, store, item("sub", "article"))
    status, page = decide(client, page, sub="Skin", article="Perfume")
    assert status == 200
    assert "No product is sub Skin with article Perfume: choose again." in page
    assert given(store) == {}


def test_a_page_without_levels_is_as_it_was(client: TestClient, store: ReviewStore) -> None:
    store.add([item("sub")], bundle="b", labels=LABELS)
    page = send(client, "/review/name", who="Ada")
    assert "data-together" not in page
    status, page = decide(client, page, sub="Fragrance")
    assert (status, given(store)) == (200, {"sub": "Fragrance"})
