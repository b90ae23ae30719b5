"""What is said of a shop's table of which no column is known: its rows, its columns and its pictures."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from modiste.cli.main import main
from modiste.errors import CatalogueError
from modiste.reports.pages import inspection_page
from modiste.workflows.inspect import inspect

ROWS = ["T1,Tee,blue,a.png", "T2,Tee,,b.png", "H1,Hat,red,c.png", "H2,Hat,red,d.png", "B1,Bag,,e.png"]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Five products: the pictures of two are the same, one is broken, one is not there."""
    random = np.random.default_rng(0)
    (tmp_path / "photos").mkdir()
    for name in ("a", "b", "c"):
        Image.fromarray(random.integers(0, 256, (80, 60, 3), dtype=np.uint8)).save(tmp_path / "photos" / f"{name}.png")
    (tmp_path / "photos" / "c.png").write_bytes((tmp_path / "photos" / "a.png").read_bytes())
    (tmp_path / "photos" / "d.png").write_bytes(b"broken")
    (tmp_path / "shop.csv").write_text("\n".join(["artikel,sort,farbe,foto", *ROWS]) + "\n")
    return tmp_path


@pytest.mark.parametrize("given", [{}, {"image": "foto"}, {"id": "artikel"}])
@pytest.mark.parametrize("path", ["shop.csv", "."])
def test_its_health_is_told(shop: Path, given: dict[str, str], path: str) -> None:
    found = inspect(shop / path, columns=given).as_json()
    assert (found["rows"], found["products"], found["photos"]) == (5, 3, 3)
    missing = found["missing_values"]
    assert isinstance(missing, dict)
    assert (missing["sort"], missing["farbe"]) == (0, 2)
    assert found["distinct_values"]["farbe"] == 2  # type: ignore[index]
    assert found["issues"]["identical_copies"] == [["H1", "T1"]]  # type: ignore[index]
    assert found["issues"]["missing"] == ["B1"]  # type: ignore[index]
    assert found["issues"]["unreadable"] == ["H2"]  # type: ignore[index]
    assert (found["excluded"], found["unlabelled"], found["classes"]) == ([], [], {})


def test_rows_are_named_by_what_is_called_like_an_id_or_differs_most(shop: Path) -> None:
    notes = inspect(shop / "shop.csv").warnings
    assert "no column 'id': rows are named by 'artikel'" in notes
    assert "pictures are those that the column 'foto' names" in notes
    table = pl.read_csv(shop / "shop.csv")
    table.select("sort", "foto", Artikel_Nr="artikel").write_csv(shop / "shop.csv")
    assert "no column 'id': rows are named by 'Artikel_Nr'" in inspect(shop / "shop.csv").warnings
    table.select("sort", "foto").write_parquet(shop / "shop.parquet")
    found = inspect(shop / "shop.parquet")
    assert "no column 'id': rows are named by 'foto'" in found.warnings
    assert found.products == 3


def test_it_has_a_page_and_no_pictures_are_no_end(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "bare").mkdir()
    (shop / "shop.csv").rename(shop / "bare" / "shop.csv")
    found = inspect(shop / "bare" / "shop.csv")
    assert (found.rows, found.products, found.photos) == (5, 0, 0)
    assert "no picture of any row was found" in "".join(found.warnings)
    assert "farbe" in inspection_page(found)
    main(["inspect", str(shop / "bare" / "shop.csv"), "--images", str(shop / "photos")])
    assert "picture of product H1: the same pixels as a.png" in capsys.readouterr().out


def test_who_has_some_of_our_columns_is_told_what_is_missing(shop: Path) -> None:
    table = pl.read_csv(shop / "shop.csv")
    table.rename({"farbe": "baseColour"}).write_csv(shop / "shop.csv")
    with pytest.raises(CatalogueError, match="no column 'id'"):
        inspect(shop / "shop.csv")
