"""`modiste tag` and `modiste inspect` say what they passed over, and which first."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from modiste.cli.main import main
from modiste.predictions import Predictions

SHOP = """id,image,image2
1,{photos}/000.png,
2,  .\\128.PNG ,
3,https://shop.example/255.png,
4,,
5,128.png,https://shop.example/255.png
6,255.png,gone.png
7,/etc/passwd,
"""


@pytest.fixture
def tag(bundle: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[str, list[str]]]:
    """Runs the verb and returns what it prints, and what it says besides, without the progress."""

    def run(*arguments: object) -> tuple[str, list[str]]:
        main(["tag", "--bundle", str(bundle), *map(str, arguments)])
        said = capsys.readouterr()
        return said.out, [line for line in said.err.splitlines() if not line.startswith("tagging: ")]

    return run


@pytest.fixture
def messy(photos: Path, tmp_path: Path) -> Path:
    """A folder of photos with all that lies beside them."""
    folder = tmp_path / "messy"
    (folder / "@eaDir").mkdir(parents=True)
    shutil.copy(photos / "000.png", folder / "dark")
    shutil.copy(photos / "255.png", folder / os.fsdecode(b"\xff.png"))
    (folder / "loop").symlink_to(".")
    for name in ("notes.txt", "b.xyz", "a.xyz", "c.xyz", ".hidden.png"):
        (folder / name).write_text("nothing")
    os.mkfifo(folder / "pipe.png")
    return folder


LINES = [
    "passed over, hidden files: 1 (.hidden.png)",
    "passed over, links that lead in a circle: 1 (loop/)",
    "passed over, no pictures: 4 (a.xyz, b.xyz, c.xyz, ...)",
    "passed over, system files: 1 (@eaDir/)",
]


def test_a_folder_s_omissions_are_told_beside_the_answers(tag: Any, messy: Path) -> None:
    for flags in ((), ("--json",)):
        out, lines = tag(messy, *flags)
        assert lines == LINES
        assert len(out.splitlines()) == 3
    rows = [json.loads(line) for line in out.splitlines()]
    assert [(Path(row["path"]).name, row["error"]) for row in rows] == [
        (r"\xff.png", None),
        ("dark", None),
        ("pipe.png", "cannot be read (it is a named pipe)"),
    ]


def test_a_table_s_summary_has_them_as_text_or_as_json(tag: Any, messy: Path, tmp_path: Path) -> None:
    out, lines = tag(messy, "--out", tmp_path / "a.csv")
    assert (out, lines) == (f"{tmp_path}/a.csv: 3 photos, 1 of them with an error\n", LINES)
    out, lines = tag(messy, "--out", tmp_path / "b.csv", "--json")
    told = json.loads(out)
    assert lines == []
    assert (told["photos"], told["errors"], len(told["omitted"])) == (3, 1, 4)
    assert told["omitted"][2] == {"reason": "no pictures", "count": 4, "examples": ["a.xyz", "b.xyz", "c.xyz"]}


def test_a_folder_without_photos_is_one_line_with_what_is_there(
    tag: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(SystemExit) as stopped:
        tag(tmp_path)
    assert stopped.value.code == 2
    assert capsys.readouterr().err == (
        f"modiste: {tmp_path}: no photo in it; passed over, no pictures: 1 (notes.txt); give a folder or a zip that "
        "holds picture files\n"
    )


def test_each_row_of_a_table_is_there_with_its_photo_or_its_reason(tag: Any, photos: Path, tmp_path: Path) -> None:
    (tmp_path / "shop.csv").write_text(SHOP.format(photos=photos))
    out, lines = tag(tmp_path / "shop.csv", "--images", photos, "--out", tmp_path / "out.parquet")
    assert out == f"{tmp_path}/out.parquet: 7 photos, 3 of them with an error\n"
    url = "https://shop.example/255.png"
    assert lines == [
        f"passed over, URLs, which are not fetched: 2 (row 3: {url}, row 5: {url})",
        "passed over, paths that climb out of the folder of pictures: 1 (row 7: /etc/passwd)",
        "passed over, rows that name no photo: 1 (row 4)",
    ]
    table = pl.read_parquet(tmp_path / "out.parquet")
    assert table["id"].to_list() == list("1234567")
    assert table["tone"].to_list() == ["dark", "grey", None, None, "grey", "bright", None]
    assert [Path(path).name for path in table["path"]] == ["000.png", "128.png", "", "", "128.png", "255.png", ""]
    assert table["error"].to_list() == [
        *(None, None),
        "'https://shop.example/255.png' is a URL, and URLs are not fetched; allow it with --allow-urls",
        "no photo is named",
        *(None, None),
        "the path '/etc/passwd' climbs out of the folder of photos",
    ]
    notes = [
        *[None] * 4,
        (
            "1 of 2 photos left out: 'https://shop.example/255.png' is a URL, and URLs are not fetched; "
            "allow it with --allow-urls"
        ),
        f"1 of 2 photos left out: {photos}/gone.png: cannot be read (No such file or directory)",
        None,
    ]
    assert table["note"].to_list() == notes
    back = Predictions.read_parquet(tmp_path / "out.parquet")
    assert back.notes == tuple(notes)
    assert [row.note for row in back.take([4, 0])] == [notes[4], None]
    assert Predictions.concat([back[:2], back[5:]]).notes == (None, None, notes[5], None)
    assert "note" not in back[:1].named(notes=()).to_frame().columns
    out, _ = tag(tmp_path / "shop.csv", "--images", photos, "--json")
    assert [json.loads(line).get("note") for line in out.splitlines()] == notes


def test_inspect_says_what_no_product_has(photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shop = tmp_path / "shop"
    shutil.copytree(photos, shop / "Hats")
    shutil.copytree(photos, shop / "Bags")
    shutil.copy(photos / "000.png", shop / "loose.png")
    (shop / "Hats" / "notes.txt").write_text("nothing")
    lines = [
        "passed over, no pictures: 1 (Hats/notes.txt)",
        "passed over, photos that lie loose, in no folder of a class: 1 (loose.png)",
    ]
    main(["inspect", str(shop)])
    assert [line for line in capsys.readouterr().out.splitlines() if line.startswith("passed")] == lines
    main(["inspect", str(shop), "--json"])
    assert json.loads(capsys.readouterr().out)["omitted"] == [
        {"reason": "no pictures", "count": 1, "examples": ["Hats/notes.txt"]},
        {"reason": "photos that lie loose, in no folder of a class", "count": 1, "examples": ["loose.png"]},
    ]
    (shop / "shop.csv").write_text("id,image,Class\n1,Hats/000.png,Hats\n2,Bags\\255.png,Bags\n3,gone.png,Bags\n")
    main(["inspect", str(shop / "shop.csv"), "--json"])
    told = json.loads(capsys.readouterr().out)["omitted"]
    assert {each["reason"]: (each["count"], each["examples"][0]) for each in told} == {
        "no pictures": (1, "Hats/notes.txt"),
        "pictures that the table names and that are not there": (1, "gone.png"),
        "pictures that no product has": (5, "Bags/000.png"),
    }
