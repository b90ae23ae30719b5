"""Many clients at once: each gets its own answer, or hears at once that there is no room."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

import httpx2 as httpx
import numpy as np
from fastapi.testclient import TestClient
from tests.serving.conftest import photo_of, running

from modiste.portable.predictor import Predictor
from modiste.serving.app import create_app
from modiste.serving.uploads import RequestLimits

SHADES = {0: "dark", 128: "grey", 255: "bright"}


def test_everybody_gets_their_own_answer(predictor: Predictor) -> None:
    with running(create_app(predictor)) as client:

        def ask(number: int) -> bool:
            shade, label = list(SHADES.items())[number % 3]
            files = [("photos", (f"{number}.png", photo_of(shade)))] * (1 + number % 3)
            answered = client.post("/v1/tag", files=files).json()["photos"]
            return [(each["name"], each["answers"]["tone"]["label"]) for each in answered] == [
                (f"{number}.png", label)
            ] * len(files)

        with ThreadPoolExecutor(32) as pool:
            assert all(pool.map(ask, range(300)))
        told = client.get("/metrics").text.splitlines()
    assert 'modiste_photos_total{outcome="answered"} 600.0' in told
    (batches,) = (float(line.split()[1]) for line in told if line.startswith("modiste_batch_photos_count"))
    assert batches < 300, "what arrives together is answered together"


def test_where_there_is_no_room_it_is_said_at_once(ask: Callable[..., TestClient]) -> None:
    for limits in (RequestLimits(concurrent_requests=0), RequestLimits(total_bytes=10)):
        answered = ask(limits=limits).post("/v1/tag", files=[("photos", ("a.png", photo_of(1)))])
        assert answered.status_code == 503
        assert answered.headers["retry-after"] == "1"
        assert answered.json()["error"]["code"] == "busy"


def test_a_flood_is_answered_or_refused_and_then_over(predictor: Predictor) -> None:
    go = threading.Event()

    class Slow:
        """Answers nothing before it is let go."""

        bundle, threads, selections = predictor.bundle, 1, staticmethod(predictor.selections)

        @staticmethod
        def predict(pixels: np.ndarray, precision: float) -> Any:
            if len(pixels) > 1 or pixels.any():
                go.wait(30)
            return predictor.predict(pixels, precision)

    with running(create_app(Slow())) as client:  # type: ignore[arg-type]
        files = [("photos", (f"{number}.png", photo_of(255))) for number in range(64)]

        def ask(_: int) -> httpx.Response:
            return client.post("/v1/tag", files=files, timeout=60)

        with ThreadPoolExecutor(12) as pool:
            asked = [pool.submit(ask, number) for number in range(12)]
            refused = next(as_completed(asked, timeout=60)).result()
            assert refused.status_code == 503
            go.set()
            statuses = [future.result().status_code for future in asked]
        assert set(statuses) == {200, 503}
        assert statuses.count(200) >= 8, "512 photos may wait"
        assert client.post("/v1/tag", files=files).status_code == 200
