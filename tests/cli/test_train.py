import pytest

from modiste.cli.main import main
from modiste.config import TrainConfig
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
