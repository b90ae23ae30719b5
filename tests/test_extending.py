"""The guide "Extending Modiste": each of its pieces is put where the guide says, and used from end to end."""

import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from modiste import Tagger, TrainConfig, export, inspect, train
from modiste.dataset import health
from modiste.dataset.issues import KINDS
from modiste.learning import backbones
from modiste.portable.bundle import read_bundle
from modiste.portable.predictor import Predictor
from modiste.serving.access import AccessControl
from modiste.serving.api import Services, api_routes
from modiste.serving.inference import InferenceService
from modiste.serving.metrics import Drift, Metrics
from modiste.serving.pages.errors import add_error_handlers
from modiste.serving.pages.site import Site
from modiste.serving.uploads import RequestLimits, UploadBudget
from modiste.tagging import tables
from modiste.tagging.formats import FORMATS

GUIDE = Path(__file__).parents[1] / "docs" / "guides" / "extending.md"
A_PAGE = 45
"""Lines of a section, with its code."""


@pytest.fixture(scope="module")
def pieces() -> dict[str, Any]:
    """What the guide's blocks define."""
    names: dict[str, Any] = {"__name__": "guide"}
    for block in re.findall(r"^```python\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
        exec(compile(block, GUIDE.name, "exec"), names)
    return names


def test_each_is_under_a_page() -> None:
    sections = re.split(r"^## ", GUIDE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    assert [section.splitlines()[0] for section in sections] == [
        "An attribute",
        "A backbone",
        "An output format",
        "A route",
        "A kind of issue",
    ]
    assert all(len(section.splitlines()) <= A_PAGE for section in sections)


def test_an_attribute_and_a_backbone(
    pieces: dict[str, Any], drawn_catalogue: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema, bundle = tmp_path / "schema.toml", tmp_path / "mine.modiste"
    schema.write_text(pieces["schema"].to_toml(), encoding="utf-8")
    monkeypatch.setattr(backbones, "OURS", (*backbones.OURS, pieces["backbone"]))
    config = TrainConfig(
        schema=str(schema), backbone="two-convolutions", epochs=1, width=36, height=48, targets=["Class", "year"]
    )
    done = train(drawn_catalogue, tmp_path / "run", config)
    assert done.schema.names == ("Class", "year")
    assert done.schema.attributes[1].display["de"] == "Jahr"
    assert "nobody trained this backbone on ImageNet" in done.notes[0]
    assert export(done.run, bundle).converted < 1e-3
    predictions = Tagger.load(bundle).tag(drawn_catalogue / "images")
    assert set(predictions.labels("year")) - {None} <= set(done.schema.attributes[1].labels)
    assert read_bundle(bundle).card["training"]["network"] == "Two convolutions"


def test_an_output_format(
    pieces: dict[str, Any],
    drawn_catalogue: Path,
    brightness_bundle: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tables, "FORMATS", (*FORMATS, pieces["arrow"]))
    written = Tagger.load(brightness_bundle).write(tmp_path / "tags.arrow", drawn_catalogue / "images")
    assert pl.read_ipc(tmp_path / "tags.arrow").height == written.photos > 0


def test_a_route(pieces: dict[str, Any], brightness_bundle: Path) -> None:
    predictor = Predictor(read_bundle(brightness_bundle), engine="onnxruntime", threads=1)
    limits, metrics = RequestLimits(), Metrics(Drift([], []))
    inference = InferenceService(predictor, precision=0.98, limits=limits, metrics=metrics)
    services = Services(inference, UploadBudget(limits), AccessControl("secret"), metrics)
    router = api_routes(services)
    router.include_router(pieces["count_routes"](services))
    app = FastAPI()
    app.include_router(router)
    add_error_handlers(app, Site(services.access, services.budget, []))
    client = TestClient(app)
    assert client.get("/v1/counts").status_code == 401
    answered = client.get("/v1/counts", headers={"Authorization": "Bearer secret"})
    assert answered.json() == {each.name: len(each.labels) for each in predictor.bundle.schema.attributes}


def test_a_kind_of_issue(pieces: dict[str, Any], drawn_catalogue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = inspect(drawn_catalogue, kinds=(pieces["tiny"],))
    monkeypatch.setattr(health, "KINDS", (*KINDS, pieces["tiny"]))
    known = inspect(drawn_catalogue)
    for inspection in (given, known):
        found = json.loads(json.dumps(inspection.as_json()))["issues"]["tiny"]
        small = {str(each) for each in found}
        assert small
        assert len(small) <= inspection.products + len(inspection.excluded)
