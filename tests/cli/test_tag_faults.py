"""`modiste tag` with what it cannot do: one clear line, and nothing is done before it is said."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from PIL import Image

from modiste.cli.main import main


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str], bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the verb in an empty folder and returns the one line with which it stops."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object, printed: int = 0) -> str:
        with pytest.raises(SystemExit) as stopped:
            main(["tag", "--bundle", str(bundle), *map(str, arguments)])
        assert stopped.value.code == 2
        captured = capsys.readouterr()
        assert captured.out.count("\n") == printed
        return captured.err.strip().splitlines()[-1].removeprefix("modiste: ")

    return run


def test_heat_maps_are_refused_before_the_table_is_written(refused: Any, photos: Path, tmp_path: Path) -> None:
    asked = (photos, "--out", "tags.csv", "--attribute", "tnoe")
    assert refused(*asked) == "--attribute: says what --explain shows; add --explain, or leave it out"
    assert "no attribute 'tnoe' (did you mean 'tone'?)" in refused(*asked, "--explain")
    (tmp_path / "tags-explained").mkdir()
    (tmp_path / "tags-explained/mine.png").write_bytes(b"old")
    assert "tags-explained: holds pictures already" in refused(photos, "--out", "tags.csv", "--explain")
    assert [path.name for path in tmp_path.rglob("*")] == ["tags-explained", "mine.png"]


@pytest.mark.parametrize(
    ("flags", "line"),
    [
        (("--precision", "1.5"), "precision: must be above 0 and below 1, not 1.5; give 0.98, say"),
        (("--precision", "nan"), "precision: must be above 0 and below 1, not nan; give 0.98, say"),
        (("--top", "0"), "top: must be at least 1, not 0; give how many labels to name"),
    ],
)
def test_what_cannot_be_wanted_is_refused_before_anything_is_written(
    flags: tuple[str, str], line: str, refused: Any, photos: Path, tmp_path: Path
) -> None:
    assert refused(photos, "--out", "tags.csv", "--explain", "--review", "reviews.db", *flags) == line
    assert not list(tmp_path.iterdir())


def test_what_tells_how_to_read_a_table_needs_one(refused: Any, photos: Path, tmp_path: Path) -> None:
    for flag, value in (("--images", photos), ("--image-column", "image")):
        told = refused(photos, "--out", "tags.csv", flag, value)
        assert told == f"{flag}: is for tables, and no path is one; leave it out"
    assert "nowhere.csv: no such file or folder" in refused("nowhere.csv", "--images", photos)
    assert not list(tmp_path.iterdir())


def test_heat_maps_are_replaced_where_that_is_asked_for(
    bundle: Path, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for more in ((), ("--overwrite",)):
        main(["tag", str(photos), "--bundle", str(bundle), "--explain", "--attribute", "half", *more])
        captured = capsys.readouterr()
        assert captured.out.endswith("explained: 3 heat maps\n")
        assert captured.err == "heat maps: 3 of 3\n"


def test_photos_of_which_none_can_be_tagged_are_an_error(refused: Any, photos: Path, tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("no picture")
    one = "a.txt: not a picture; give a photo, folder, zip or table"
    assert refused("a.txt") == one
    assert refused("a.txt", "--json") == one
    assert "b.txt: not a picture; none of the 2 photos could be tagged" in refused("a.txt", "b.txt", printed=1)
    assert refused("a.txt", "--out", "tags.csv") == "tags.csv: no photo could be tagged; see its column 'error'"
    assert pl.read_csv("tags.csv")["error"].to_list() == ["not a picture"]


def test_photos_of_which_some_can_be_tagged_are_none(
    bundle: Path, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.txt").write_text("no picture")
    main(["tag", str(photos), str(tmp_path / "a.txt"), "--bundle", str(bundle)])
    assert capsys.readouterr().out.endswith("a.txt: not a picture\n")


def test_a_gpu_that_the_engine_cannot_use_is_told(refused: Any, photos: Path) -> None:
    alone = "computes on the CPU alone"
    assert refused(photos, "--device", "cuda", "--engine", "openvino").startswith(f"--device cuda: OpenVINO {alone}")
    told = refused(photos, "--device", "cuda")
    assert told.startswith(f"--device cuda: the onnxruntime that is installed {alone}; install the other package:")
    assert "pip install onnxruntime-gpu" in told


def test_what_is_too_large_says_which_limit_would_do(
    refused: Any, bundle: Path, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.new("RGB", (60, 50)).save(tmp_path / "a.png")
    Image.new("RGB", (60, 50)).save(tmp_path / "b.jpg")
    one = "60x50 pixels, more than 2,000; allow it with --max-pixels 3000, in Python with max_pixels=3000"
    assert refused("a.png", "--max-pixels", "2000") == f"a.png: {one}"
    main(["tag", "a.png", "b.jpg", "--bundle", str(bundle), "--max-pixels", "2000", "--out", "tags.csv"])
    assert pl.read_csv("tags.csv")["error"].to_list() == [one, None]
    main(["tag", "a.png", "--bundle", str(bundle), "--max-pixels", "3000", "--out", "more.csv"])
    assert pl.read_csv("more.csv")["error"].to_list() == [None]
    capsys.readouterr()
    for verb in ("tag", "serve", "inspect", "study", "train", "evaluate", "export"):
        with suppress(SystemExit):
            main([verb, "--help"])
        assert "--max-pixels N" in capsys.readouterr().out, verb
