"""`modiste calibrate` from its options to the bundle, on photos whose brightness is all that there is to see."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image
from tests.brightness import brightness_bundle

import modiste
from modiste.catalogue.label_map import LabelMap
from modiste.cli.main import main
from modiste.errors import ConfigError
from modiste.portable.bundle import read_bundle, write_bundle


def run(*arguments: object) -> int:
    try:
        main(list(map(str, arguments)))
    except SystemExit as stopped:
        return int(stopped.code or 0)
    return 0


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    path = tmp_path / "tones.modiste"
    write_bundle(path, brightness_bundle())
    return path


def photos(folder: Path, count: int = 90) -> pl.DataFrame:
    """Draws photos, and the table of what they show: 'Greys' and 'BRIGHT' in capitals, and some that nobody knows."""
    generator, rows = np.random.default_rng(0), []
    folder.mkdir(exist_ok=True)
    for number in range(count):
        light = int(generator.integers(70, 255))
        Image.new("RGB", (6, 8), (light,) * 3).save(folder / f"{number}.png")
        label = "Greys" if light < 0.75 * 255 else "BRIGHT"
        rows.append((f"{number}.png", "fancy" if number < 5 else label, f"sender {number // 4}"))
    return pl.DataFrame(rows, schema=["image", "what", "sender"], orient="row")


def test_a_table_of_labels_without_ids_gives_a_bundle_and_what_to_expect(
    tmp_path: Path, bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, out = tmp_path / "photos", tmp_path / "mine.modiste"
    photos(folder).write_csv(folder / "photos.csv")
    (folder / "7.png").write_bytes(b"no picture")
    command = ("calibrate", bundle, folder / "photos.csv", "--out", out, "--labels", "what", "--group", "sender")
    assert run(*command, "--precision", 0.9, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["photos"], said["groups"], said["unmatched"]) == (84, 22, 5)
    assert said["columns"] == {"tone": "what"}
    tone = said["attributes"]["tone"]
    assert tone["photos"] == 84
    assert tone["accuracy"]["low"] <= tone["accuracy"]["value"] <= tone["accuracy"]["high"]
    assert said["attributes"]["half"]["photos"] == 0
    reasons = {each["reason"]: each["examples"] for each in said["omitted"]}
    assert reasons["photos with a label that is none of tone's"] == ["fancy 5"]
    assert [names for reason, names in reasons.items() if "cannot be read" in reason] == [["7.png"]]
    found = read_bundle(out)
    assert found.fingerprint == said["fingerprint"] != brightness_bundle().fingerprint
    assert found.card["domains"]["yours"]["attributes"]["tone"] == tone
    assert run("card", out) == 0
    assert "yours" in capsys.readouterr().out
    assert run(*command) == 2
    assert "mine.modiste" in capsys.readouterr().err
    assert run(*command, "--overwrite") == 0
    assert "calibrated on 84 photos of 22 groups" in capsys.readouterr().out
    told = modiste.Tagger.load(out).tag(Image.new("RGB", (6, 8), (150,) * 3))
    assert told.labels("tone") == ["grey"]


def test_a_map_says_what_the_labels_mean_and_which_photos_belong_together(tmp_path: Path, bundle: Path) -> None:
    folder = tmp_path / "photos"
    photos(folder).write_csv(folder / "photos.csv")
    means: dict[str, dict[str, tuple[str, ...]]] = {
        "Greys": {"tone": ("grey",), "half": ("no", "yes")},
        "BRIGHT": {"tone": ("bright",)},
        "fancy": {},
    }
    told = LabelMap(means, "what", group="sender")
    (tmp_path / "map.toml").write_text(told.to_toml())
    for label_map in (told, tmp_path / "map.toml"):
        out = tmp_path / f"{type(label_map).__name__}.modiste"
        result = modiste.calibrate(bundle, folder / "photos.csv", out, label_map=label_map, precision=0.9)
        assert (result.photos, result.groups, result.unmatched) == (85, 22, 5)
        assert dict(result.columns) == {"tone": "what", "half": "what"}
        half = result.expected[1]
        assert half.accuracy is not None
        assert half.accuracy.value == 1, "either label is right"
        assert "means none of ours" in " ".join(each.reason for each in result.omissions)
    wrong = LabelMap({"Greys": {"tone": ("green",)}}, "what")
    with pytest.raises(ConfigError, match="tone has no label 'green'"):
        modiste.calibrate(bundle, folder / "photos.csv", tmp_path / "wrong.modiste", label_map=wrong)


def test_a_folder_per_label_needs_no_options(tmp_path: Path, bundle: Path) -> None:
    folder = tmp_path / "all"
    for image, label, _ in photos(folder).iter_rows():
        (tmp_path / "sorted" / label).mkdir(parents=True, exist_ok=True)
        (folder / image).rename(tmp_path / "sorted" / label / image)
    result = modiste.calibrate(bundle, tmp_path / "sorted", tmp_path / "mine.modiste", precision=0.9)
    assert result.photos == 85
    assert result.unmatched == 5
    assert [each.attribute for each in result.expected if each.accuracy] == ["tone"]


def test_what_cannot_be_used_is_one_clear_error_and_nothing_is_written(
    tmp_path: Path, bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, out = tmp_path / "photos", tmp_path / "mine.modiste"
    table = photos(folder)
    table.write_csv(folder / "photos.csv")
    table.head(20).write_csv(folder / "few.csv")
    wrong = {
        "no column 'wat'": ("photos.csv", "--labels", "wat"),
        "none of the labels in 'sender'": ("photos.csv", "--labels", "sender"),
        "no column 'room'": ("photos.csv", "--labels", "what", "--group", "room"),
        "15 photos with a label of tone": ("few.csv", "--labels", "what"),
        "must be above 0 and below 1": ("photos.csv", "--labels", "what", "--precision", "1"),
        "no such file": ("none.csv", "--labels", "what"),
    }
    for message, (name, *options) in wrong.items():
        assert run("calibrate", bundle, folder / name, "--out", out, *options) == 2, message
        said = capsys.readouterr().err
        assert message in said
        assert len([line for line in said.splitlines() if line.startswith("modiste: ")]) == 1
    assert not out.exists()
