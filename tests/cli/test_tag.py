"""`modiste tag` and `modiste card`, as one types them."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from modiste.cli.main import cli, main


def run(*arguments: object) -> str:
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    assert stopped.value.code == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    return line


def test_one_photo_is_one_line(drawn_catalogue: Path) -> None:
    photo = min((drawn_catalogue / "images").iterdir())
    (line,) = run("tag", photo).strip().splitlines()
    assert line.startswith(f"{photo}: Class ")
    said = json.loads(run("tag", photo, "--json", "--top", 2))
    assert len(said["answers"]["gender"]["top"]) == 2


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".jsonl"])
def test_a_folder_becomes_a_table(drawn_catalogue: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"tags{suffix}"
    assert "photos" in run("tag", drawn_catalogue / "images", "--out", out)
    readers: dict[str, Callable[[Path], pl.DataFrame]] = {
        ".parquet": pl.read_parquet,
        ".csv": pl.read_csv,
        ".jsonl": partial(pl.read_ndjson, infer_schema_length=None),
    }
    table = readers[suffix](out)
    assert table.height == len(list((drawn_catalogue / "images").iterdir()))
    assert table.columns[:4] == ["path", "Class", "Class_probability", "Class_decision"]
    assert table.columns[-1] == "error"
    assert table["error"].count() > 0, "the drawn catalogue has pictures that cannot be read"


def test_a_higher_precision_accepts_less(drawn_catalogue: Path, tmp_path: Path) -> None:
    accepted = []
    for precision in (0.9, 0.999):
        out = tmp_path / f"{precision}.parquet"
        run("tag", drawn_catalogue / "images", "--out", out, "--precision", precision)
        accepted.append((pl.read_parquet(out)["Class_decision"] == "accept").sum())
    assert accepted[0] >= accepted[1]


def test_heat_maps_are_written(drawn_catalogue: Path, tmp_path: Path) -> None:
    photo = min((drawn_catalogue / "images").iterdir())
    run("tag", photo, "--out", tmp_path / "tags.csv", "--explain", "--attribute", "season")
    assert [path.suffix for path in (tmp_path / "tags-explained").iterdir()] == [".png"]


def test_bad_input_is_one_line(drawn_catalogue: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images, out = drawn_catalogue / "images", tmp_path / "tags.csv"
    (tmp_path / "empty").mkdir()
    out.write_text("old")
    assert "no photo in it" in refused(capsys, "tag", tmp_path / "empty")
    assert "exists already" in refused(capsys, "tag", images, "--out", out)
    assert out.read_text() == "old"
    assert "no table format" in refused(capsys, "tag", images, "--out", tmp_path / "tags.doc")
    assert "no attribute 'hue'" in refused(capsys, "tag", images, "--explain", "--attribute", "hue")
    assert "no such file" in refused(capsys, "tag", tmp_path / "nowhere")
    (tmp_path / "no.modiste").write_bytes(b"no")
    assert "no.modiste" in refused(capsys, "tag", images, "--bundle", tmp_path / "no.modiste")


def test_the_card_of_the_shipped_bundle_is_shown() -> None:
    card = json.loads(run("card", "--json"))
    assert card["metrics"]["Class"]["accuracy"]["value"] > 0.9
    assert card["consistency"]["inconsistent_answers"] == 0
    shown = run("card")
    for words in ("limits", "licence", "weakest"):
        assert words in shown
