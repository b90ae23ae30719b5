from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from modiste.config import SIZES, StudyConfig, TrainConfig, load_config, make_config, settings_of_size
from modiste.errors import ConfigError

TEXTS = st.text(max_size=8)
SETTINGS: dict[str, st.SearchStrategy[Any]] = {
    "seed": st.integers(0, 2**32 - 1),
    "split": st.sampled_from(["random", "grouped"]),
    "epochs": st.integers(1, 1000),
    "patience": st.integers(1, 1000),
    "batch_size": st.integers(1, 1000),
    "learning_rate": st.floats(1e-300, 1e300),
    "bn_momentum": st.floats(0, 1, exclude_max=True),
    "greyscale": st.booleans(),
    "device": st.sampled_from(["auto", "cpu", "cuda"]),
    "schema": TEXTS,
    "taxonomy": TEXTS,
    "columns": st.dictionaries(TEXTS, TEXTS, max_size=3),
    "images": TEXTS,
    "max_pixels": st.integers(1, 2**40),
}


def settings_file(folder: Path, text: str) -> Path:
    path = folder / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_defaults_are_the_study_s_own() -> None:
    config = load_config(StudyConfig, None, {})
    assert config == make_config(StudyConfig, {}) == StudyConfig()
    assert (config.epochs, config.patience, config.batch_size, config.learning_rate) == (40, 5, 32, 1e-3)
    assert (config.seed, config.split, config.greyscale, config.bn_momentum) == (0, "auto", False, 0.99)


@given(values=st.fixed_dictionaries({}, optional=SETTINGS))
def test_settings_come_back_from_a_file(values: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> None:
    config = make_config(StudyConfig, values)
    assert asdict(config) == asdict(StudyConfig()) | values
    path = tmp_path_factory.getbasetemp() / "study.toml"
    path.write_bytes(tomli_w.dumps(asdict(config)).encode())
    assert load_config(StudyConfig, path, {}) == config


def test_every_setting_is_drawn_above() -> None:
    assert list(SETTINGS) == [item.name for item in fields(StudyConfig)]


def test_flags_win_over_the_file_and_the_file_over_the_defaults(tmp_path: Path) -> None:
    path = settings_file(tmp_path, "epochs = 3\npatience = 4\n[columns]\nid = 'sku'\n")
    config = load_config(StudyConfig, path, {"epochs": 7, "patience": None, "greyscale": False, "columns": None})
    assert (config.epochs, config.patience, config.greyscale, config.columns) == (7, 4, False, {"id": "sku"})


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"epoch": 3}, r"settings: unknown setting 'epoch' .did you mean 'epochs'.*the settings are seed, split"),
        ({"Batch-Size": 3}, r"unknown setting 'Batch-Size' .did you mean 'batch_size'"),
        ({"xyz": 3}, r"unknown setting 'xyz'; the settings are"),
        ({"epochs": 0}, r"epochs = 0: input should be greater than or equal to 1"),
        ({"epochs": 2.5}, r"epochs = 2\.5: input should be a valid integer"),
        ({"epochs": "3"}, r"epochs = '3': input should be a valid integer"),
        ({"epochs": True}, r"epochs = True: input should be a valid integer"),
        ({"seed": -1}, r"seed = -1"),
        ({"seed": 2**32}, r"seed = 4294967296: input should be less than"),
        ({"bn_momentum": 1}, r"bn_momentum = 1"),
        ({"learning_rate": 0}, r"learning_rate = 0"),
        ({"learning_rate": float("inf")}, r"learning_rate = inf: input should be a finite number"),
        ({"learning_rate": float("nan")}, r"learning_rate = nan"),
        ({"greyscale": "yes"}, r"greyscale = 'yes': input should be a valid boolean"),
        ({"split": "year"}, r"split = 'year': input should be 'random', 'grouped', 'given' or 'auto'"),
        ({"columns": {"id": 3}}, r"columns\.id = 3: input should be a valid string"),
    ],
)
def test_what_is_wrong_is_named(values: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        make_config(StudyConfig, values)


def test_the_file_is_named_where_it_is_wrong_and_the_flags_where_they_are(tmp_path: Path) -> None:
    path = settings_file(tmp_path, "epochs = 3\n")
    with pytest.raises(ConfigError, match=r"^flags: epochs = 0"):
        load_config(StudyConfig, path, {"epochs": 0})
    for text, reason in (
        ("epochs = 0", "epochs = 0"),
        ("epoch = 3", "unknown setting"),
        ("epochs =", "cannot be read as TOML"),
    ):
        with pytest.raises(ConfigError, match=rf"study\.toml: {reason}"):
            load_config(StudyConfig, settings_file(tmp_path, text), {"epochs": 5})
    path.write_bytes(b"taxonomy = 'caf\xe9'")
    for unreadable, reason in (
        (path, "cannot be read as TOML"),
        (tmp_path, "cannot be read .Is a directory"),
        (tmp_path / "nowhere.toml", r"nowhere\.toml: cannot be read .No such file or directory.; check --config"),
    ):
        with pytest.raises(ConfigError, match=reason):
            load_config(StudyConfig, unreadable, {})


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"weights": {"gender": -1.0}}, r"weights\.gender = -1\.0: input should be greater than or equal to 0"),
        ({"weights": {"gender": float("nan")}}, r"weights\.gender = nan"),
        ({"other_weight": -1}, r"other_weight = -1"),
        ({"imbalance": {"gender": "fokal"}}, r"imbalance\.gender = 'fokal': input should be 'plain'"),
    ],
)
def test_what_is_wrong_in_a_table_of_settings_is_named(values: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        make_config(TrainConfig, values)


def test_sizes_are_settings_of_a_training_and_the_largest_is_the_default() -> None:
    made = [make_config(TrainConfig, settings_of_size(name)) for name in SIZES]
    assert [(each.width, each.height, each.shallow) for each in made] == [
        (60, 80, True),
        (60, 80, False),
        (96, 128, False),
    ]
    assert made[-1] == TrainConfig()
    with pytest.raises(ConfigError, match="no size is called 'smal'"):
        settings_of_size("smal")


def test_settings_stay_as_they_are() -> None:
    with pytest.raises(AttributeError):
        StudyConfig().epochs = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"epochs": 0}, "TrainConfig: epochs = 0: input should be greater than or equal to 1"),
        ({"epochs": "many"}, "TrainConfig: epochs = 'many': input should be a valid integer"),
        ({"epoch": 3}, r"TrainConfig: unknown setting 'epoch' \(did you mean 'epochs'\?\)"),
    ],
)
def test_wrong_settings_in_python_are_told_in_one_line(values: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told) as caught:
        TrainConfig(**values)
    assert "\n" not in str(caught.value)


def test_pictures_may_have_as_many_pixels_as_everywhere() -> None:
    from modiste.dataset.images import MAX_PIXELS

    assert StudyConfig().max_pixels == TrainConfig().max_pixels == MAX_PIXELS
