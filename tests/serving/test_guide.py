"""The guide to the service says what is so: its routes, limits, metrics and examples."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient

from modiste.serving.metrics import RECENT
from modiste.serving.protocol import ConnectionLimits
from modiste.serving.sessions import LIFETIME
from modiste.serving.uploads import RequestLimits

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "serve.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^\$ (curl .*)$", GUIDE, re.MULTILINE)
KEY = "k3y"


def test_the_table_of_routes_is_complete(client: TestClient) -> None:
    rows = [line for line in GUIDE.splitlines() if line.startswith("| `")]
    told = {route for row in rows for route in re.findall(r"`((?:GET|POST) /[^`]*)`", row.split("|")[1])}
    paths = client.get("/openapi.json").json()["paths"]
    assert told == {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_are_answered(ask: Callable[..., TestClient], photo: Callable[[int], bytes], example: str) -> None:
    client = ask(key=KEY if "MODISTE_API_KEY" in example else None, hosts=None)
    words = iter(shlex.split(example.replace("$MODISTE_API_KEY", KEY))[1:])
    headers, files, address = dict[str, str](), list[Any](), ""
    for word in words:
        if word == "-H":
            name, _, value = next(words).partition(": ")
            headers[name] = value
        elif word == "-F":
            field, _, file = next(words).partition("=@")
            files.append((field, (file, photo(255))))
        else:
            address = word
    url = urlsplit(address)
    answered = client.post(url.path, files=files, headers=headers | {"Host": url.netloc})
    assert answered.status_code == 200
    assert [each["name"] for each in answered.json()["photos"]] == [name for _, (name, _) in files]


def test_limits_are_those_that_apply() -> None:
    limits, text = RequestLimits(), " ".join(GUIDE.split())
    assert f"{limits.photos} photos and {limits.body_bytes // 2**20} MiB in a request" in text
    assert f"{limits.photo_bytes // 2**20} MiB and {limits.pixels // 10**6} million pixels in a photo" in text
    assert f"{limits.body_seconds:g} seconds for a request to arrive" in text
    assert f"{ConnectionLimits().head_bytes // 2**10} KiB for its head" in text
    assert f"last {RECENT:,} answers" in text
    assert (LIFETIME, "after twelve hours" in text) == (12 * 60 * 60, True)


def test_metrics_are_those_that_are_written(client: TestClient, photo: Callable[[int], bytes]) -> None:
    client.post("/v1/tag", files=[("photos", ("a.png", photo(0)))])
    written = set(re.findall(r"^# TYPE (\w+) ", client.get("/metrics").text, re.MULTILINE))
    assert set(re.findall(r"`(modiste_\w+)`", GUIDE)) == written
