from pathlib import Path

from modiste.sample.draw import draw_catalogue
from modiste.workflows.inspect import inspect, write_inspection_page


def test_it_finds_what_the_sample_says_it_hid(tmp_path: Path) -> None:
    sample = draw_catalogue(tmp_path / "catalogue", products=600, seed=2)
    inspection = inspect(sample.directory)
    report = inspection.as_json()
    hidden = sample.defects
    images = report["images"]
    assert isinstance(images, dict)
    assert report["rows"] == sample.rows
    assert report["repaired"] == hidden["broken_rows"]
    assert report["rejected"] == []
    assert len(images["missing"]) == hidden["missing_images"]
    assert len(images["unreadable"]) == hidden["truncated_images"] + hidden["empty_images"]
    assert images["greyscale"] == hidden["greyscale_images"]
    assert images["odd_sized"] == hidden["odd_sized_images"]
    assert images["identical_copies"] == hidden["identical_copies"]
    assert len(report["reassigned"]) == hidden["free_items"]  # type: ignore[arg-type]
    assert len(report["excluded"]) == hidden["home"]  # type: ignore[arg-type]
    assert sum(inspection.classes.values()) == report["products"]


def test_the_page_is_one_file(drawn_catalogue: Path, tmp_path: Path) -> None:
    write_inspection_page(inspect(drawn_catalogue), tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert page.startswith(("<!DOCTYPE html>", "<!doctype html>"))
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
