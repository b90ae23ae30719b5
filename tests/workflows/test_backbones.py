"""A tagger on another backbone from end to end, on a machine that cannot download ImageNet's weights."""

import json
import urllib.error
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.portable.conftest import draw, settle

from modiste.cli.main import main
from modiste.config import TrainConfig
from modiste.errors import ConfigError, RunError
from modiste.learning.training import Trained, load_best
from modiste.portable.bundle import read_bundle
from modiste.runs import START, Run
from modiste.sample.draw import draw_catalogue
from modiste.tagging.tagger import Tagger
from modiste.workflows.export import ExportResult, export
from modiste.workflows.pipeline import RunResult
from modiste.workflows.starting import check_network, read_start
from modiste.workflows.train import train

CONFIG = TrainConfig(backbone="mobilenetv3small", epochs=1, batch_size=16, width=32, height=40, targets=["Class"])


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_catalogue(tmp_path_factory.mktemp("backbones") / "catalogue", products=120, seed=3).directory


@pytest.fixture(scope="module", autouse=True)
def _offline(tmp_path_factory: pytest.TempPathFactory) -> object:
    def fail(*_: object) -> None:
        raise urllib.error.URLError("no network")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("keras.src.backend.config._KERAS_DIR", str(tmp_path_factory.mktemp("keras")))
        patch.setattr("keras.src.utils.file_utils.urlretrieve", fail)
        yield


@pytest.fixture(scope="module")
def told() -> list[str]:
    return []


@pytest.fixture(scope="module")
def result(catalogue: Path, told: list[str], tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    def progress(stage: str, done: int, total: int, note: str = "") -> None:
        if stage == "starting weights" and done:
            told.append(note)

    return train(catalogue, tmp_path_factory.mktemp("backbones") / "run", CONFIG, progress=progress)


@pytest.fixture(scope="module")
def exported(result: RunResult, tmp_path_factory: pytest.TempPathFactory) -> ExportResult:
    """Its bundle. After a few steps from random weights all pictures look the same to it, so it is helped along."""

    def load(network: Any, folder: Path) -> Trained:
        trained = load_best(network, folder)
        settle(network, draw(24, CONFIG.height, CONFIG.width))
        return trained

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("modiste.workflows.pipeline.load_best", load)
        return export(result.run, tmp_path_factory.mktemp("backbones") / "small.modiste")


def test_a_download_that_fails_is_told_and_the_training_goes_on(result: RunResult, told: list[str]) -> None:
    (note,) = result.notes
    assert told == [note]
    assert note.startswith("the ImageNet weights of MobileNetV3Small cannot be downloaded (")
    assert note.endswith("no network); the training starts from random weights")
    assert note.split(" (")[0] in result.report.read_text()
    assert result.trained.history.height == 1
    assert Run(result.run).config["backbone"] == "MobileNetV3Small", "as Keras spells it"


def test_it_is_exported_in_float32_and_answers_as_in_keras(exported: ExportResult, result: RunResult) -> None:
    assert exported.converted == exported.stored < 1e-3
    assert not exported.int8
    assert exported.cost is None
    card = read_bundle(exported.bundle).card
    assert card["training"]["network"] == "MobileNetV3Small"
    assert card["training"]["start"] == "random weights: ImageNet's could not be downloaded"
    assert card["export"]["numbers"] == "float32"


def test_its_bundle_tags_and_shows_what_labels_were_seen_from(exported: ExportResult, catalogue: Path) -> None:
    tagger = Tagger.load(exported.bundle, device="cpu")
    photo = next((catalogue / "images").glob("*.jpg"))
    tags = tagger.tag(catalogue).to_frame()
    assert tags["error"].null_count() == len(tags)
    assert tags["Class"].n_unique() > 3, "answers that do not depend on the picture prove nothing"
    map_ = tagger.explain(photo, method="activation")
    with Image.open(photo) as opened:
        assert map_.size == opened.size
        assert np.asarray(map_).std() > 0


def test_8_bits_are_for_the_backbone_that_ships(
    result: RunResult, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["export", str(result.run), str(tmp_path / "small.modiste"), "--int8"])
    told = "only efficientnet-lite0 can be made to compute in 8 bits, and this run is on MobileNetV3Small; leave it out"
    assert capsys.readouterr().err == f"modiste: --int8: {told}\n"
    assert not (tmp_path / "small.modiste").exists()


def test_resuming_downloads_nothing_and_may_be_on_another_device(
    result: RunResult, catalogue: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keras.src.utils.file_utils.urlretrieve", None)
    again = train(catalogue, result.run, replace(CONFIG, device="cpu"), resume=True)
    assert again.trained.history.equals(result.trained.history)
    assert again.notes == result.notes
    assert Run(result.run).config["device"] == "cpu"
    with pytest.raises(RunError, match="began with backbone = 'MobileNetV3Small', not 'ConvNeXtTiny'"):
        train(catalogue, result.run, replace(CONFIG, backbone="ConvNeXtTiny"), resume=True)


def test_what_a_network_started_from(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", kind="train", config={}, catalogue=tmp_path, packages=())
    assert read_start(run, TrainConfig()).weights == "ImageNet weights of EfficientNet-Lite0"
    assert read_start(run, TrainConfig(backbone="ResNet50")).weights == "ImageNet weights of ResNet50"
    assert read_start(run, TrainConfig(start="random")).weights == "random weights"
    assert read_start(run, TrainConfig(start="shops/mine.modiste")).weights == "mine.modiste"
    run.write_json(START, {"weights": "what it says"})
    assert read_start(run, TrainConfig()).weights == "what it says"
    for damaged in ("{", json.dumps({"wait": 1}), "[]"):
        run.write_text(START, damaged)
        with pytest.raises(RunError, match=r"start.json: does not say what the network started from; train again"):
            read_start(run, TrainConfig())


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"backbone": "ConvNextTny"}, r"no backbone is called 'ConvNextTny' \(did you mean 'ConvNeXtTiny'"),
        ({"shallow": True}, r"shallow = True is for efficientnet-lite0 alone; take --size base or large"),
        ({"last_stride": 1}, r"last_stride = 1 is for efficientnet-lite0 alone; leave it out"),
        (
            {"start": "default"},
            r"the weights of a bundle fit efficientnet-lite0 alone; start --from imagenet or random",
        ),
        ({"start": "my.modiste"}, r"the weights of a bundle fit efficientnet-lite0 alone"),
        (
            {"backbone": "Xception", "width": 70},
            r"it takes pictures of 71x71 pixels and more, and is to learn from 70x",
        ),
        ({"progressive": 0.5, "width": 50}, r"32x32 pixels and more, .* 50x128, smaller ones at first; .* no progress"),
    ],
)
def test_settings_that_do_not_fit_the_backbone_are_one_clear_line(settings: dict[str, object], told: str) -> None:
    config = replace(TrainConfig(backbone="ConvNeXtTiny"), **settings)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=rf"^--backbone.*{told}") as caught:
        check_network(config)
    assert len(str(caught.value).splitlines()) == 1


def test_settings_that_fit_are_taken() -> None:
    assert check_network(TrainConfig(shallow=True, last_stride=1, start="default")).shallow
    assert check_network(TrainConfig(backbone="xception", width=71, height=71)).backbone == "Xception"
    assert check_network(TrainConfig(backbone="ConvNeXtTiny", progressive=0.5, width=52, mirrored=True)).mirrored
