"""Names of products beside their photos, on a bundle that knows one word."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from tests.serving.conftest import Ask, Photo

from modiste.portable.bundle import read_bundle
from modiste.portable.naming import Naming
from modiste.portable.predictor import Predictor
from modiste.serving.app import create_app
from modiste.text.names import NameModel


@pytest.fixture(scope="module")
def reader(brightness_bundle: Path) -> Any:
    """A client of a service that knows the word "noir", which speaks for dark."""
    bundle = read_bundle(brightness_bundle)
    model = NameModel(
        ("noir",),
        np.ones(1, np.float32),
        np.array([0, 1], np.int32),
        np.array([bundle.attributes[0].labels.index("dark")], np.uint16),
        np.array([100], np.int8),
        np.full(sum(bundle.sizes), 0.02, np.float32),
        np.zeros(sum(bundle.sizes), np.float32),
    )
    weights = np.ones(0) if bundle.hierarchy is None else bundle.hierarchy.weights
    shares, temperatures = np.ones((len(bundle.sizes), 2)), np.array(bundle.temperatures)
    named = replace(bundle, naming=Naming(model, shares, weights, temperatures, bundle.calibration))
    predictor = Predictor(named, engine="onnxruntime", threads=1)
    with TestClient(create_app(predictor), base_url="http://localhost") as client:
        yield client


def dark(client: TestClient, photo: bytes, *names: str, photos: int = 1) -> list[float]:
    """How probable the service holds it that each photo is dark."""
    sent = [("photos", ("photo.png", photo))] * photos
    answered = client.post("/v1/tag?top=3", files=sent, data={"name": list(names)} if names else None)
    assert answered.status_code == 200, answered.text
    return [
        next(each["probability"] for each in one["answers"]["tone"]["top"] if each["label"] == "dark")
        for one in answered.json()["photos"]
    ]


def test_a_name_speaks_beside_its_photo(reader: TestClient, photo: Photo) -> None:
    (alone,) = dark(reader, photo(128))
    with_word, without, empty = dark(reader, photo(128), "Robe NOIR", "robe", "", photos=3)
    assert with_word > 3 * alone
    assert without == empty == pytest.approx(alone)


def test_a_name_for_each_photo_or_none(reader: TestClient, photo: Photo) -> None:
    sent = [("photos", ("photo.png", photo(1)))] * 2
    answered = reader.post("/v1/tag", files=sent, data={"name": ["noir"]})
    assert answered.status_code == 422
    assert answered.json()["error"]["code"] == "names_do_not_match"
    assert reader.get("/v1/labels").json()["names"]


def test_a_tagger_that_reads_no_names_says_so(ask: Ask, photo: Photo) -> None:
    client = ask()
    answered = client.post("/v1/tag", files=[("photos", ("photo.png", photo(1)))], data={"name": "noir"})
    assert answered.status_code == 422
    assert answered.json()["error"]["code"] == "no_names_read"
    assert not client.get("/v1/labels").json()["names"]
