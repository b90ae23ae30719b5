"""`modiste serve` killed in the middle of reviews: whatever was acknowledged is there after the restart."""

import re
import threading
import time
from pathlib import Path

import httpx2 as httpx
from tests.cli.service import Service, served

from modiste.review.items import NewItem, Question
from modiste.review.store import ReviewStore

PHOTOS = 60
ENOUGH = 12
"""Decisions after which the process is killed."""

LABELS = {"tone": ("dark", "grey", "bright")}


def queue(database: str) -> None:
    """Puts photos into the queue."""
    asked = (Question("tone", "dark", 0.6, (("dark", 0.6), ("grey", 0.3))),)
    items = [
        NewItem(f"{number}.png", f"digest {number}", b"\xff\xd8", asked, "uncertain", 0.4) for number in range(PHOTOS)
    ]
    with ReviewStore.open(database) as store:
        store.add(items, bundle="b", labels=LABELS)


class Reviewer:
    """Somebody who decides by way of the pages, until the service is gone or the queue is empty.

    Attributes:
        acknowledged: The photos whose decisions the service said that it kept.
    """

    def __init__(self, service: Service, who: str) -> None:
        self.acknowledged: list[int] = []
        self._service = service
        self._who = who
        self.thread = threading.Thread(target=self._review)
        self.thread.start()

    def _review(self) -> None:
        try:
            with httpx.Client(base_url=self._service.address, timeout=30) as client:
                page = client.get("/review/").text
                self._send(client, "/review/name", page, who=self._who)
                while item := re.search(r'name="item" value="(\d+)"', page := client.get("/review/").text):
                    sent = {"item": item[1], "label-0": "grey"}
                    answered = self._send(client, "/review/decide", page, **sent)
                    if answered.headers.get("location") == "/review/?note=decided":
                        self.acknowledged.append(int(item[1]))
        except httpx.TransportError:
            return

    @staticmethod
    def _send(client: httpx.Client, path: str, page: str, **fields: str) -> httpx.Response:
        token = re.findall(r'name="csrf-token" content="([^"]+)"', page)[0]
        files = [(name, (None, value)) for name, value in {"csrf_token": token, **fields}.items()]
        return client.post(path, files=files)


def test_every_acknowledged_decision_outlives_a_kill(bundle: Path, tmp_path: Path, database: str) -> None:
    queue(database)
    options = ("--bundle", str(bundle), "--database", database)
    with served(tmp_path, *options) as service:
        reviewers = [Reviewer(service, who) for who in ("Ada", "Bob", "Cyd")]
        limit = time.monotonic() + 60
        while sum(len(each.acknowledged) for each in reviewers) < ENOUGH and time.monotonic() < limit:
            time.sleep(0.001)
        service.process.kill()
        for each in reviewers:
            each.thread.join(60)
    acknowledged = {item: who for who, each in enumerate(reviewers) for item in each.acknowledged}
    assert sum(len(each.acknowledged) for each in reviewers) == len(acknowledged) >= ENOUGH, (
        "nobody got another's photo"
    )

    with ReviewStore.open(database) as store:
        assert {item for item in acknowledged if store.item(item).state == "done"} == set(acknowledged)
        assert all(store.item(item).questions[0].chosen == "grey" for item in acknowledged)
        # What was kept when nobody could be told any more is kept as a whole.
        kept = len(store.corrections())
        assert len(acknowledged) <= kept <= len(acknowledged) + len(reviewers)

    with served(tmp_path, *options) as service:
        again = [Reviewer(service, who) for who in ("Ada", "Bob", "Cyd")]
        for each in again:
            each.thread.join(120)
    with ReviewStore.open(database) as store:
        assert store.progress().done == PHOTOS
        assert len(store.corrections()) == PHOTOS
