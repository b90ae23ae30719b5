"""The database of reviews is gone, or locked: the service says 503 and when to come back, until it can keep things."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.serving.test_pages import send

from modiste.review.items import NewItem, Question
from modiste.review.store import ReviewStore

LABELS = {"tone": ("dark", "grey")}


def test_a_decision_is_refused_until_the_file_is_back(
    ask: Callable[..., TestClient], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file, away = tmp_path / "reviews.db", tmp_path / "away.db"
    asked = (Question("tone", "dark", 0.6, (("dark", 0.6), ("grey", 0.3))),)
    with ReviewStore.open(file) as store:
        store.add([NewItem("1.png", "digest 1", b"\xff\xd8", asked, "uncertain", 0.4)], bundle="b", labels=LABELS)
        client = ask(store=store)
        send(client, "/review/name", who="Ada")
        decision = {"item": "1", "label-0": "grey"}
        page = client.get("/review/").text
        file.rename(away)
        for answered in (
            client.get("/review/"),
            client.get("/review/record"),
            client.post("/review/decide", files=fields(page, **decision)),
        ):
            assert answered.status_code == 503
            assert answered.headers["retry-after"] == "5"
            assert str(tmp_path) not in answered.text
        assert f"{file}: the database does not do what was asked (unable to open database file)" in caplog.text
        assert not file.exists()
        away.rename(file)
        assert store.progress().done == 0
        assert client.post("/review/decide", files=fields(page, **decision)).is_success
        assert store.progress().done == 1


def fields(page: str, **values: str) -> list[tuple[str, tuple[None, str]]]:
    token = page.partition('name="csrf-token" content="')[2].partition('"')[0]
    return [(name, (None, value)) for name, value in {"csrf_token": token, **values}.items()]
