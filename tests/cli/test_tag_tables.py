"""`modiste tag` on tables of products, and what it keeps beside the answers, as one types it."""

import csv
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from modiste.cli.main import main
from modiste.portable.bundle import read_bundle
from modiste.predictions import Predictions

READERS: dict[str, Callable[[Path], pl.DataFrame]] = {
    ".parquet": pl.read_parquet,
    ".csv": lambda path: pl.read_csv(path, infer_schema=False),
    ".jsonl": pl.read_ndjson,
}

WHAT_CAN = "there are probabilities and embedding"

ROWS = """sku,image,image_back,price,tone
7,000.png,128.png,1.50,sombre
8,,,,
9,gone.png,,2,
10,../../255.png,,3,light
11,255.png,,4,light
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A table of products, with photos and without."""
    (tmp_path / "shop.csv").write_text(ROWS)
    return tmp_path / "shop.csv"


@pytest.fixture
def tag(bundle: Path, photos: Path) -> Callable[..., None]:
    """Runs the verb on photos that lie elsewhere than the table."""

    def run(*arguments: object) -> None:
        main(["tag", "--bundle", str(bundle), "--images", str(photos), *map(str, arguments)])

    return run


@pytest.fixture
def refused(tag: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs the verb and returns the one line with which it stops."""

    def run(*arguments: object) -> str:
        with pytest.raises(SystemExit) as stopped:
            tag(*arguments)
        assert stopped.value.code == 2
        (line,) = capsys.readouterr().err.strip().splitlines()
        return line.removeprefix("modiste: ")

    return run


@pytest.mark.parametrize("suffix", READERS)
def test_each_row_of_a_table_is_a_row(
    tag: Any, shop: Path, tmp_path: Path, suffix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / f"out{suffix}"
    tag(shop, "--out", out)
    assert capsys.readouterr().out == f"{out}: 5 photos, 3 of them with an error\n"
    table = READERS[suffix](out)
    assert table.columns == [
        *("sku", "image", "image_back", "price", "tone", "path", "predicted_tone", "tone_probability", "tone_decision"),
        *("half", "half_probability", "half_decision", "error", "note"),
    ]
    assert table.select("sku", "image", "image_back", "price", "tone").rows() == [
        tuple(cell or None for cell in row) for row in csv.reader(ROWS.splitlines()[1:])
    ]
    # Of two photos, one dark and one grey, the dark one is surer.
    assert table["predicted_tone"].to_list() == ["dark", None, None, None, "bright"]
    assert table["error"].to_list() == [
        *(None, "no photo is named", "cannot be read (No such file or directory)"),
        *("the path '../../255.png' climbs out of the folder of photos", None),
    ]


def test_a_folder_beside_a_table_has_none_of_its_columns(tag: Any, shop: Path, photos: Path, tmp_path: Path) -> None:
    tag(photos, shop, "--out", tmp_path / "out.parquet")
    table = pl.read_parquet(tmp_path / "out.parquet")
    assert table["predicted_tone"].to_list() == ["dark", "grey", "bright", "dark", None, None, None, "bright"]
    assert table["sku"].to_list() == [None, None, None, "7", "8", "9", "10", "11"]


def test_without_a_table_to_write_each_row_is_a_line(
    tag: Any, shop: Path, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tag(shop)
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        *(f"{photos}/000.png", "row 2", f"{photos}/gone.png", "row 4", f"{photos}/255.png")
    ]
    assert lines[1] == "row 2: no photo is named"
    tag(shop, "--json")
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (said[1]["path"], said[1]["id"], said[1]["answers"], said[1]["error"]) == (
        *("", "row 2", {}, "no photo is named"),
    )


def test_a_table_of_which_no_photo_can_be_read_is_one_line(refused: Any, shop: Path, photos: Path) -> None:
    shop.write_text("id,image\n1,gone.png\n")
    assert refused(shop) == (
        f"{photos}/gone.png: cannot be read (No such file or directory); give a photo, folder, zip or table"
    )
    shop.write_text("id,image\n1,\n2,  \n")
    assert refused(shop) == f"{shop}: the column 'image' names no photo; give another table"


def test_what_is_kept_is_read_as_predictions(tag: Any, bundle: Path, tmp_path: Path) -> None:
    frame = pl.DataFrame({"id": [7, 8], "image": ["000.png", "128.png"], "embedding": ["mine", "too"], "half": [1, 2]})
    frame.write_parquet(tmp_path / "shop.parquet")
    out = tmp_path / "out.parquet"
    tag(tmp_path / "shop.parquet", "--out", out, "--keep", "embedding, probabilities", "--top", 2)
    table = pl.read_parquet(out)
    assert table.select(frame.columns).equals(frame)
    assert table.schema["tone_probabilities"] == pl.Array(pl.Float16, 3)
    assert table.schema["predicted_embedding"] == pl.Array(pl.Float16, 8)
    back = Predictions.read_parquet(out)
    assert (back.ids, back.labels("half"), back.labels("tone")) == (("7", "8"), ["no", "yes"], ["dark", "grey"])
    written = np.array(table["predicted_embedding"].to_list(), np.float32)
    assert back.embedding == pytest.approx(written / np.linalg.norm(written, axis=1, keepdims=True))
    assert back.bundle == read_bundle(bundle).fingerprint


@pytest.mark.parametrize(
    ("flags", "line"),
    [
        (
            ("--out", "out.csv", "--keep", "embeddings"),
            f"keep: nothing called 'embeddings' can be kept (did you mean 'embedding'?); {WHAT_CAN}",
        ),
        (
            ("--out", "out.csv", "--keep", ""),
            f"keep: nothing called '' can be kept; {WHAT_CAN}",
        ),
        (("--keep", "embedding"), "--keep: says what a table keeps; add --out, or leave it out"),
    ],
)
def test_what_cannot_be_kept_is_one_line(
    refused: Any, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...], line: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert refused(shop, *flags) == line
    assert list(tmp_path.iterdir()) == [shop]


def test_a_bundle_of_the_first_format_is_refused_with_what_to_do(
    bundle: Path, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = tmp_path / "old.modiste"
    with zipfile.ZipFile(bundle) as now, zipfile.ZipFile(old, "w") as before:
        for name in now.namelist():
            data = now.read(name)
            if name == "bundle.json":
                data = json.dumps(json.loads(data) | {"format": 1}).encode()
            before.writestr(name, data)
    with pytest.raises(SystemExit) as stopped:
        main(["tag", str(photos), "--bundle", str(old)])
    assert stopped.value.code == 2
    assert capsys.readouterr().err == (
        f"modiste: {old}: a bundle of format 1, and this program reads format 2; train and export again, or use "
        "the version of modiste that made it\n"
    )
