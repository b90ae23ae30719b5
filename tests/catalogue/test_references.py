"""What a table says of its pictures, and which file that is."""

from pathlib import Path

import polars as pl
import pytest

from modiste.catalogue.pictures.references import CLOUDS, OUTSIDE, URLS, names_in, spelt, why_unusable


def reasons(names: pl.Series) -> list[str | None]:
    return names.to_frame("name").select(why_unusable(pl.col("name"))).to_series().to_list()


ROOT = Path("/data/Fotos gr\u00fcn")


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("a.jpg", "a.jpg"),
        ("sub/a b.jpg", "sub/a b.jpg"),
        ("  a.jpg\t", "a.jpg"),
        ("\u00a0a.jpg", "a.jpg"),
        ("./a.jpg", "a.jpg"),
        (".\\sub\\a.jpg", "sub/a.jpg"),
        ("sub//.//a.jpg", "sub/a.jpg"),
        ("/data/Fotos gr\u00fcn/sub/a.jpg", "sub/a.jpg"),
        ("/data/Fotos gru\u0308n//a.jpg", "a.jpg"),
        ("\\data\\Fotos gr\u00fcn\\a.jpg", "a.jpg"),
        ("  ", ""),
        ("12:30.jpg", "12:30.jpg"),
        (".hidden.jpg", ".hidden.jpg"),
        ("..a.jpg", "..a.jpg"),
        (None, None),
    ],
)
def test_a_cell_is_a_path_in_the_folder(cell: str | None, name: str | None) -> None:
    names = names_in(pl.Series("image", [cell], dtype=pl.String), ROOT)
    assert names.to_list() == [name]
    assert reasons(names) == [None]


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("https://shop.example/a.jpg", URLS),
        (" HTTP://shop.example/a.jpg ", URLS),
        ("s3://bucket/a.jpg", CLOUDS),
        ("../a.jpg", OUTSIDE),
        ("sub/../../a.jpg", OUTSIDE),
        ("sub\\..\\a.jpg", OUTSIDE),
        ("/data/other/a.jpg", OUTSIDE),
        ("/data/Fotos gr\u00fcn", OUTSIDE),
        ("/data/Fotos gr\u00fcnlich/a.jpg", OUTSIDE),
        ("/data/Fotos gr\u00fcn/../a.jpg", OUTSIDE),
        ("C:\\Fotos\\a.jpg", OUTSIDE),
        ("\\\\nas\\fotos\\a.jpg", OUTSIDE),
    ],
)
def test_a_cell_that_is_none_has_a_reason(cell: str, reason: str) -> None:
    assert reasons(names_in(pl.Series([cell]), ROOT)) == [reason]


def test_an_absolute_path_may_go_by_way_of_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "photos").symlink_to("disk")
    monkeypatch.chdir(tmp_path / "disk")
    cells = pl.Series([f"{tmp_path}/photos/a.jpg", f"{tmp_path}/disk/a.jpg"])
    assert names_in(cells, Path("../photos")).to_list() == ["a.jpg", "a.jpg"]


def test_a_name_is_looked_up_as_it_is_written_then_composed_then_in_any_case() -> None:
    files = [
        "a.jpg",
        "A.jpg",
        "gr\u00fcn.jpg",
        "B.JPG",
        "c.jpg",
        "C.JPG",
        " d.jpg",
        "sub /e.jpg",
        "win\\f.jpg",
        "\u00e9",
        "e\u0301",
    ]
    for said, expected in (
        ("a.jpg", "a.jpg"),
        ("A.jpg", "A.jpg"),
        ("a.JPG", None),
        ("gru\u0308n.jpg", "gr\u00fcn.jpg"),
        ("GR\u00dcN.jpg", "gr\u00fcn.jpg"),
        ("b.jpg", "B.JPG"),
        ("c.Jpg", None),
        ("d.jpg", " d.jpg"),
        ("sub/e.jpg", "sub /e.jpg"),
        ("win/f.jpg", "win\\f.jpg"),
        ("\u00e9", "\u00e9"),
        ("e\u0301", "e\u0301"),
        ("\u00c9", None),
        ("gone.jpg", None),
    ):
        assert spelt(pl.Series([said]), pl.Series(files)).to_list() == [expected], said
    assert spelt(pl.Series([], dtype=pl.String), pl.Series(files)).to_list() == []
    assert spelt(pl.Series(["a", None]), pl.Series([], dtype=pl.String)).to_list() == [None, None]
