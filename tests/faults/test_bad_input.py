"""Bad input through the command line: exit code 2, one clear line, no traceback."""

import struct
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from modiste.cli.main import main

HEADER = "id,gender,masterCategory,subCategory,articleType,baseColour,season,year,usage,productDisplayName\n"
ROW = "1,Men,Apparel,Topwear,Tshirts,Blue,Summer,2012,Casual,Plain Tshirt\n"


def refused(capsys: pytest.CaptureFixture[str], arguments: Sequence[str | Path], *words: str) -> None:
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    lines = [line for line in capsys.readouterr().err.splitlines() if not line.startswith(("looking", "decoding"))]
    assert stop.value.code == 2
    assert len(lines) == 1, lines
    assert lines[0].startswith("modiste: ")
    for word in words:
        assert word in lines[0]


def shop(folder: Path, table: str | bytes, **pictures: bytes) -> Path:
    (folder / "images").mkdir(parents=True)
    (folder / "styles.csv").write_bytes(table.encode() if isinstance(table, str) else table)
    for name, data in pictures.items():
        (folder / "images" / f"{name.strip('_')}.jpg").write_bytes(data)
    return folder


@pytest.fixture(scope="module")
def photo(drawn_catalogue: Path) -> bytes:
    return max((drawn_catalogue / "images").glob("*.jpg"), key=lambda path: path.stat().st_size).read_bytes()


def test_nothing_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused(capsys, ["inspect", tmp_path / "nowhere"], "nowhere", "no such file")
    refused(capsys, ["study"], "CATALOGUE")
    refused(capsys, ["evaluate", tmp_path], "not a run folder")


def test_zips(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 not a zip")
    refused(capsys, ["inspect", tmp_path / "broken.zip"], "broken.zip", "zip")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme.txt", "hello")
    refused(capsys, ["inspect", tmp_path / "other.zip"], "no styles.csv")
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("styles.csv", HEADER + ROW)
        archive.writestr("../evil.jpg", b"")
    refused(capsys, ["inspect", tmp_path / "evil.zip"], "../evil.jpg", "climbs")
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("styles.csv", HEADER + "\n" * 40_000_000)
    refused(capsys, ["inspect", tmp_path / "bomb.zip"], "styles.csv", "decompression bomb")


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("", ["empty"]),
        (HEADER, ["no usable product"]),
        (HEADER.replace("id,", "ids,") + ROW, ["'id'", "did you mean 'ids'"]),
        (HEADER.replace("articleType", "articletype") + ROW, ["articleType", "did you mean 'articletype'"]),
        (HEADER.encode() + ROW.encode() + b"2,Men,Caf\xe9\n", ["2 rows"]),
        (HEADER + ROW, ["1 rows"]),
    ],
)
def test_tables(table: str | bytes, words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused(capsys, ["inspect", shop(tmp_path / "shop", table)], *words)


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ("attributes = 3", ["schema.toml", "unknown key 'attributes'"]),
        ('id = "sku"', ["no column 'sku' for id"]),
        ("pictures = [", ["no valid TOML"]),
        ('[[attribute]]\nname = "kind"', ["none of 1 rows has both a label"]),
        (None, ["cannot be read"]),
    ],
)
def test_schemas(
    schema: str | None, words: list[str], tmp_path: Path, photo: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    if schema is not None:
        (tmp_path / "schema.toml").write_text(schema)
    folder = shop(tmp_path / "shop", HEADER + ROW, _1=photo)
    refused(capsys, ["inspect", folder, "--schema", tmp_path / "schema.toml"], *words)


def test_tables_with_types(tmp_path: Path, photo: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.jpg").write_bytes(photo)
    (tmp_path / "schema.toml").write_text('[[attribute]]\nname = "kind"\n')
    table, schema = tmp_path / "shop.arrow", ["--schema", str(tmp_path / "schema.toml")]
    for frame, words in (
        (pl.DataFrame({"id": [[1]]}), ["the ids are of the type List(Int64)"]),
        (pl.DataFrame({"id": [1], "kind": [["a"]], "image": ["a.jpg"]}), ["'kind' is of the type List(String)"]),
        (pl.DataFrame({"id": [1], "kind": ["a"], "image": [["b.jpg"]]}), ["no picture of the column 'image'"]),
    ):
        frame.write_ipc(table)
        refused(capsys, ["inspect", table, *schema], *words)
    pl.DataFrame({"id": [1, 1, None], "kind": ["a", "b", "c"], "image": [["a.jpg"]] * 3}).write_ipc(table)
    main_ok(["inspect", str(table), *schema])
    told = capsys.readouterr().out
    assert "line 2 rejected: id 1 stands in row 1 already" in told
    assert "line 3 rejected: no id" in told


def test_bad_pictures_are_reported_and_the_rest_goes_on(
    tmp_path: Path, photo: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    rows = "".join(ROW.replace("1,", f"{n},", 1) for n in range(1, 6))
    folder = shop(tmp_path / "shop", HEADER + rows, _1=photo, _2=photo[: len(photo) // 2], _3=b"", _4=b"hello", _5=bomb)
    main_ok(["inspect", str(folder), "--json"])
    report = capsys.readouterr().out
    for reason in ("damaged", "the file is empty", "not a picture", "60000x60000 pixels, more than 64,000,000"):
        assert reason in report
    assert '"products": 1' in report


def main_ok(arguments: Sequence[str]) -> None:
    main(arguments)


def test_a_stray_quote_swallows_nothing(tmp_path: Path, photo: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    rows = ROW + ROW.replace("1,", "2,", 1).replace("Plain", '"Plain') + ROW.replace("1,", "3,", 1) + "4,Men\n" + ROW
    main_ok(["inspect", str(shop(tmp_path / "shop", HEADER + rows, _1=photo, _2=photo, _3=photo)), "--json"])
    report = capsys.readouterr().out
    assert '"products": 3' in report
    assert "2 fields where the header has 10" in report
    assert "id 1 stands on line 2 already" in report


def test_settings(tmp_path: Path, drawn_catalogue: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "study.toml").write_text("epoch = 3\n")
    refused(capsys, ["study", drawn_catalogue, "--config", tmp_path / "study.toml"], "epoch", "did you mean 'epochs'")
    refused(capsys, ["study", drawn_catalogue, "--bn-momentum", "2"], "bn_momentum")
    refused(capsys, ["study", drawn_catalogue, "--epochs", "many"], "epochs")
    refused(capsys, ["study", drawn_catalogue, "--column", "id"], "FIELD=NAME")


def test_runs(tmp_path: Path, drawn_catalogue: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "config.toml").write_text("format = 99\n")
    refused(capsys, ["study", drawn_catalogue, "--out", tmp_path], "exists already", "--resume")
    refused(capsys, ["evaluate", tmp_path], "format 99")


def test_a_report_that_exists_is_kept(
    tmp_path: Path, drawn_catalogue: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "page.html").write_text("mine")
    refused(capsys, ["inspect", drawn_catalogue, "--report", tmp_path / "page.html"], "exists already", "--overwrite")
    assert (tmp_path / "page.html").read_text() == "mine"
