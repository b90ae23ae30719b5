"""The page of speeds is written from the tables alone."""

import runpy
from pathlib import Path

import polars as pl
import pytest

import result_page
from benchmarks.rows import Row, Side, as_table

SCRIPT = Path(__file__).parents[2] / "scripts" / "write_speed_results.py"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("speed")


@pytest.fixture(scope="module")
def page(folder: Path) -> str:
    """What the script makes of small tables, the others being away."""
    versions = {"python": "3.11"}
    ours, peer = Side("modiste", [900.0, 1100.0, 1000.0], "int8", 64, versions), Side("Keras", [100.0] * 3, "float32")
    ceiling = Side("matrix products", [2000.0] * 3, "int8")
    rows = [
        Row("tag", "images/s", "10 photos", ours, peer),
        Row("tag: arithmetic beside the int8 ceiling", "G", "10 photos", ours, ceiling),
    ]
    as_table(rows, {"machine": "M, 2 cores", "system": "Linux"}).write_csv(folder / "tagging.csv")
    accuracy = [
        Row("accuracy of Class", "share", "9 products", Side("b", [0.914], "int8"), Side("n", [0.915], "float32"))
    ]
    as_table(accuracy, {"machine": "M", "system": "Linux"}).write_csv(folder / "quantisation.csv")
    growing = {"photos": [10, 100], "seconds": [1.0, 9.0], "peak_megabytes": [100, 101], "runs": [5, 5]}
    named = {"tagger": ["t"] * 2, "precision": ["int8"] * 2, "batch": [64] * 2, "catalogue": ["c"] * 2}
    costs = {"milliseconds_a_photo": [100.0, 90.0], "times_the_first": [1.0, 0.9]}
    pl.DataFrame(growing | named | costs).write_csv(folder / "growth.csv")
    tried = {"candidate": ["a", "a"], "engine": ["e", "f"], "accuracy": [0.9, 0.9], "milliseconds": [1.0, 2.0]}
    more = {"attribute": ["Class"] * 2, "pixels": ["60x80"] * 2, "precision": ["int8"] * 2, "batch": [64] * 2}
    sizes = {"million_multiply_adds": [41.9] * 2, "megabytes": [9.5] * 2}
    pl.DataFrame(tried | more | sizes).write_csv(folder / "candidates.csv")
    held = {
        "seconds": [1.0, 2.0],
        "megabytes": [190.0, 195.0],
        "soak": [2.0] * 2,
        "clients": [8] * 2,
        "answers": [900] * 2,
    }
    pl.DataFrame(held | {"faults": [0] * 2, "machine": ["M"] * 2, "modiste": ["1"] * 2}).write_csv(
        folder / "serving-soak.csv"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(result_page, "MEASURED", folder)
        patch.setattr(result_page, "RESULTS", folder)
        runpy.run_path(str(SCRIPT))["main"]()
    return (folder / "speed.md").read_text(encoding="utf-8")


def test_claims_stand_beside_their_peers(page: str) -> None:
    assert "| **1,000 images/s** [900, 1,100]: modiste, int8, batch 64 | **100 images/s**: Keras, float32 |" in page
    assert "| 10 [9, 11] | 3 |" in page
    assert "| 50.0% of it | 3 |" in page
    assert "machine M, 2 cores, system Linux, python 3.11." in page.replace("\n", " ")


def test_the_points_lost_are_counted(page: str) -> None:
    assert "| accuracy of Class, 9 products | 0.9140 | 0.9150 | +0.10 |" in page


def test_a_soak_says_what_was_held_and_lost(page: str) -> None:
    assert "900 answers; 0 lost, refused or another's" in page
    assert "between 190 and 195 MB" in page


def test_charts_are_drawn(page: str, folder: Path) -> None:
    for name in ("speed-growth", "speed-soak", "speed-candidates"):
        assert f"({name}.svg)" in page
        assert (folder / f"{name}.svg").read_text(encoding="utf-8").startswith("<svg ")
    assert "## Learning" not in page
