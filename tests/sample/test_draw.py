"""The sample catalogue: its layout, its determinism, and the defects it admits to, counted independently."""

import csv
import hashlib
import io
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from modiste.catalogue.labels import label_products
from modiste.catalogue.products import read_products
from modiste.catalogue.taxonomy import load_taxonomy
from modiste.errors import CatalogueError, OutputError
from modiste.sample.assortment import ASSORTMENT, BRANDS, SHARES
from modiste.sample.defects import DEFECTS
from modiste.sample.draw import Sample, _labels, draw_catalogue
from modiste.schema import Schema

PRODUCTS = 400

FIELDS = ["id", "gender", "masterCategory", "subCategory", "articleType", "baseColour", "season", "year", "usage"]
FIELDS += ["productDisplayName"]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return draw_catalogue(tmp_path_factory.mktemp("sample") / "catalogue", products=PRODUCTS, seed=7)


@pytest.fixture(scope="module")
def rows(sample: Sample) -> list[list[str]]:
    with (sample.directory / "styles.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def files(directory: Path) -> dict[str, str]:
    found = (path for path in directory.rglob("*") if path.is_file())
    return {str(p.relative_to(directory)): hashlib.sha256(p.read_bytes()).hexdigest() for p in found}


def readable(sample: Sample) -> dict[int, Image.Image]:
    """Every picture that decodes, by id."""
    pictures: dict[int, Image.Image] = {}
    for path in (sample.directory / "images").iterdir():
        try:
            picture = Image.open(io.BytesIO(path.read_bytes()))
            picture.load()
        except OSError:
            continue
        pictures[int(path.stem)] = picture
    return pictures


def test_layout_is_kaggles(sample: Sample, rows: list[list[str]]) -> None:
    assert rows[0] == FIELDS
    assert sample.rows == len(rows) - 1 == PRODUCTS
    ids = [row[0] for row in rows[1:]]
    assert len(set(ids)) == PRODUCTS
    assert ids != sorted(ids, key=int)
    names = {path.name for path in (sample.directory / "images").iterdir()}
    assert len(names) == sample.images
    assert names == {f"{id_}.jpg" for id_ in ids} - {f"{id_}.jpg" for id_ in sample.affected["missing_images"]}


def test_same_seed_and_size_give_the_same_bytes(sample: Sample, tmp_path: Path) -> None:
    again = draw_catalogue(tmp_path / "again", products=PRODUCTS, seed=7)
    other = draw_catalogue(tmp_path / "other", products=30, seed=8)
    assert files(again.directory) == files(sample.directory)
    assert files(other.directory).items().isdisjoint(files(sample.directory).items())
    assert (again.affected, again.labels) == (sample.affected, sample.labels)


def test_every_kind_of_defect_occurs_and_no_product_has_two(sample: Sample) -> None:
    assert set(sample.defects) == {defect.kind for defect in DEFECTS}
    assert min(sample.defects.values()) >= 1
    assert all(sample.defects[d.kind] == max(d.least, round(d.rate * PRODUCTS)) for d in DEFECTS)
    affected = [id_ for ids in sample.affected.values() for id_ in ids]
    assert len(affected) == len(set(affected))


def test_broken_rows_and_inch_signs(sample: Sample, rows: list[list[str]]) -> None:
    broken = {int(row[0]): len(row) for row in rows[1:] if len(row) != len(FIELDS)}
    assert set(broken) == set(sample.affected["broken_rows"])
    assert set(broken.values()) == {11, 12}
    lines = (sample.directory / "styles.csv").read_text(encoding="utf-8").splitlines()
    assert {int(line.split(",")[0]) for line in lines if '""' in line} == set(sample.affected["inch_signs"])
    named = {row[-1] for row in rows if int(row[0] if row[0].isdigit() else 0) in sample.affected["inch_signs"]}
    assert all('"' in name and '""' not in name for name in named)


@pytest.mark.parametrize("field", ["baseColour", "season", "year", "usage", "productDisplayName"])
def test_missing_fields(sample: Sample, rows: list[list[str]], field: str) -> None:
    column = FIELDS.index(field)
    missing = {int(row[0]) for row in rows[1:] if row[column] in {"", "NA"}}
    assert missing == set(sample.affected[f"missing_{field}"])


def test_pictures_are_damaged_as_told(sample: Sample) -> None:
    pictures = readable(sample)
    images = sample.directory / "images"
    empty = {int(path.stem) for path in images.iterdir() if path.stat().st_size == 0}
    assert empty == set(sample.affected["empty_images"])
    unreadable = {int(path.stem) for path in images.iterdir()} - set(pictures)
    assert unreadable - empty == set(sample.affected["truncated_images"])
    assert {id_ for id_, p in pictures.items() if p.mode == "L"} == set(sample.affected["greyscale_images"])
    assert {id_ for id_, p in pictures.items() if p.size != (60, 80)} == set(sample.affected["odd_sized_images"])
    assert {p.format for p in pictures.values()} == {"JPEG"}


def test_identical_copies_are_the_only_pictures_that_occur_twice(sample: Sample) -> None:
    groups: dict[bytes, set[int]] = {}
    for id_, picture in readable(sample).items():
        groups.setdefault(repr((picture.mode, picture.size)).encode() + picture.tobytes(), set()).add(id_)
    copies = set(sample.affected["identical_copies"])
    assert sum(len(ids) - 1 for ids in groups.values()) == len(copies)
    for ids in groups.values():
        assert len(ids - copies) == 1
        assert len({sample.labels.get(id_) for id_ in ids}) == 1


def test_home_and_free_items(sample: Sample, rows: list[list[str]]) -> None:
    home = [row for row in rows if row[2] == "Home"]
    assert [row[3:5] for row in home] == [["Home Furnishing", "Cushion Covers"]]
    assert {int(row[0]) for row in home} == set(sample.affected["home"])
    free = [row for row in rows if row[2] == "Free Items"]
    assert {int(row[0]) for row in free} == set(sample.affected["free_items"])
    assert {row[3] for row in free} == {"Free Gifts", "Vouchers"}
    nouns = {label: [a.noun for a in ASSORTMENT if a.label == label] for label in SHARES}
    for row in free:
        assert any(row[9].endswith(noun) for noun in nouns[sample.labels[int(row[0])]])


def test_the_shipped_taxonomy_gives_the_labels_that_were_drawn(sample: Sample) -> None:
    data = (sample.directory / "styles.csv").read_bytes()
    table = read_products(data, where="styles.csv", schema=Schema.load())
    assert table.frame.height == PRODUCTS
    assert len(table.repaired) == sample.defects["broken_rows"]
    assert not table.rejected
    labelled = label_products(table.frame, load_taxonomy(), schema=Schema.load())
    found = dict(labelled.frame.select("id", "Class").iter_rows())
    assert {id_: label for id_, label in found.items() if label} == sample.labels


def test_names_fit_the_attributes(sample: Sample, rows: list[list[str]]) -> None:
    for row in rows[1:]:
        name = ",".join(row[9:])
        if int(row[0]) in sample.affected["missing_productDisplayName"]:
            continue
        assert name.startswith(BRANDS)
        assert f" {row[1]} " in name
        assert int(row[0]) in sample.affected["missing_baseColour"] or f" {row[5]} " in name


def test_label_counts_are_skewed_but_none_is_rare() -> None:
    counts = Counter(_labels(3000, np.random.default_rng(0)))
    assert set(counts) == set(SHARES)
    assert min(counts.values()) >= 30
    assert max(counts.values()) > 9 * min(counts.values())


@given(count=st.integers(0, 5000))
def test_label_counts_add_up(count: int) -> None:
    counts = Counter(_labels(count, np.random.default_rng(0)))
    assert counts.total() == count
    assert all(abs(counts[label] - share * count / sum(SHARES.values())) < 1 for label, share in SHARES.items())


@pytest.mark.parametrize("products", [1, 10, 50])
def test_small_samples(tmp_path: Path, products: int) -> None:
    seen: list[int] = []
    sample = draw_catalogue(tmp_path, products=products, on_progress=seen.append)
    assert seen == list(range(1, products + 1))
    assert sample.rows == sample.images == products == len(list((tmp_path / "images").iterdir()))
    table = read_products((tmp_path / "styles.csv").read_bytes(), where="styles.csv", schema=Schema.load())
    assert table.frame.height == products
    assert set(sample.labels) == set(table.frame["id"].to_list())


@pytest.mark.parametrize("arguments", [{"products": 0}, {"products": -3}, {"seed": -1}])
def test_impossible_arguments(tmp_path: Path, arguments: dict[str, int]) -> None:
    with pytest.raises(CatalogueError, match=r"cannot draw .*; (ask|give) "):
        draw_catalogue(tmp_path / "new", **arguments)  # type: ignore[arg-type]
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("occupied", ["styles.csv", "images/1.jpg"])
def test_nothing_is_overwritten(tmp_path: Path, occupied: str) -> None:
    path = tmp_path / occupied
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="is already there; draw the sample into another folder"):
        draw_catalogue(tmp_path, products=5)
    assert path.read_text(encoding="utf-8") == "mine"
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [path]


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"cannot be written: .*; choose another folder"):
        draw_catalogue(tmp_path / "file" / "below", products=5)
