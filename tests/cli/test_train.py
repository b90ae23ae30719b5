from pathlib import Path

import pytest

from modiste.cli.main import main
from modiste.config import StudyConfig, TrainConfig
from modiste.errors import ConfigError


def settings_of(monkeypatch: pytest.MonkeyPatch, *flags: str) -> TrainConfig:
    seen: list[TrainConfig] = []

    def train(_catalogue: object, _out: object, config: TrainConfig, **_: object) -> None:
        seen.append(config)
        raise ConfigError("enough")

    monkeypatch.setattr("modiste.workflows.train.train", train)
    with pytest.raises(SystemExit):
        main(["train", "catalogue", *flags])
    return seen[0]


def test_a_size_stands_for_settings_and_what_is_given_by_itself_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings_of(monkeypatch) == TrainConfig()
    assert settings_of(monkeypatch, "--size", "small") == TrainConfig(width=60, height=80, shallow=True)
    given = settings_of(monkeypatch, "--size", "small", "--image-size", "120x160")
    assert given == TrainConfig(width=120, height=160, shallow=True)
    assert settings_of(monkeypatch, "--image-size", "120x160") == TrainConfig(width=120, height=160)


def test_a_backbone_and_a_device_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    given = settings_of(monkeypatch, "--backbone", "ConvNeXtTiny", "--device", "cpu")
    assert given == TrainConfig(backbone="ConvNeXtTiny", device="cpu")


def test_the_study_takes_a_device(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[StudyConfig] = []

    def study(_catalogue: object, _out: object, config: StudyConfig, **_: object) -> None:
        seen.append(config)
        raise ConfigError("enough")

    monkeypatch.setattr("modiste.workflows.study.study", study)
    with pytest.raises(SystemExit):
        main(["study", "catalogue", "--device", "cuda"])
    assert seen == [StudyConfig(device="cuda")]


@pytest.mark.parametrize("verb", ["train", "study"])
def test_a_gpu_that_is_not_there_is_told_before_anything_is_read(
    verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("modiste.learning.backend.cuda_available", lambda: False)
    with pytest.raises(SystemExit) as stop:
        main([verb, str(tmp_path / "nowhere"), "--out", str(tmp_path / "run"), "--device", "cuda"])
    assert stop.value.code == 2
    assert capsys.readouterr().err.startswith("modiste: --device cuda: Keras on torch sees no GPU; take --device cpu")
    assert not (tmp_path / "run").exists()
