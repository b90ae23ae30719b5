"""The bundle that ships, as its users meet it."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from modiste.errors import BundleError, ConfigError
from modiste.portable.bundle import default_bundle
from modiste.sample.draw import draw_catalogue
from modiste.schema import Schema
from modiste.tagging.heat_maps import Method
from modiste.tagging.tagger import Tagger

MOST_BYTES = 10_000_000


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return Tagger.load()


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_catalogue(tmp_path_factory.mktemp("tagged") / "catalogue", products=120, seed=4).directory


def test_it_is_small_and_knows_every_attribute(tagger: Tagger) -> None:
    assert default_bundle().stat().st_size <= MOST_BYTES
    # What words of names tell, it learns with its next training.
    assert tagger.attributes == tuple(each.name for each in Schema.load().attributes if each.kind != "words")


def test_drawings_of_products_are_recognised_better_than_by_chance(tagger: Tagger, catalogue: Path) -> None:
    tags = tagger.tag(catalogue / "images").to_frame().filter(pl.col("error").is_null())
    styles = pl.read_csv(catalogue / "styles.csv", truncate_ragged_lines=True, infer_schema=False)
    both = tags.with_columns(pl.col("path").str.extract(r"(\d+)\.jpg$").alias("id")).join(styles, on="id")
    right = both.filter(pl.col("masterCategory") == pl.col("masterCategory_right")).height
    assert right > 0.5 * both.height


def test_three_lines_tag_and_print_and_become_a_table(catalogue: Path) -> None:
    tags = Tagger.load().tag(catalogue / "images", precision=0.9, top=2)
    assert len(tags) == len(list((catalogue / "images").iterdir()))
    assert str(tags).count("\n") == len(tags) - 1
    assert "masterCategory" in str(tags)
    assert tags.to_frame().height == len(tags)
    assert len(tags[0].answers["Class"].top) == 2


def test_embeddings_say_how_alike_photos_are(tagger: Tagger, catalogue: Path) -> None:
    told = tagger.tag(catalogue / "images")
    read = told.filter([error is None for error in told.errors])
    assert read.embedding.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(read.embedding, axis=1), 1, atol=1e-5)
    nearest = (read.embedding @ read.embedding.T - 2 * np.eye(len(read))).argmax(axis=1)
    kinds = np.array(read.labels("masterCategory"))
    assert (kinds[nearest] == kinds).mean() > 0.8


def test_no_photos_are_an_empty_table(tagger: Tagger, catalogue: Path) -> None:
    tags = tagger.tag([], top=2)
    assert (len(tags), list(tags), str(tags)) == (0, [], "")
    assert tags.to_frame().schema == tagger.tag(min((catalogue / "images").iterdir()), top=2).to_frame().schema


@pytest.mark.parametrize("method", ["occlusion", "activation"])
def test_a_heat_map_lies_over_the_photo(tagger: Tagger, tmp_path: Path, method: Method) -> None:
    pixels = np.full((200, 150, 3), 250, np.uint8)
    pixels[60:140, 40:110] = (20, 60, 200)
    Image.fromarray(pixels).save(tmp_path / "white.png")
    shown = tagger.explain(tmp_path / "white.png", "baseColour", method=method)
    assert shown.size == (150, 200)
    assert np.abs(np.asarray(shown).astype(int) - pixels).max() > 50
    with pytest.raises(ConfigError, match=r"no attribute 'colour'.*there are Class"):
        tagger.explain(tmp_path / "white.png", "colour")


def test_a_bundle_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"no\.modiste"):
        Tagger.load(tmp_path / "no.modiste")


def test_tagging_never_loads_keras(catalogue: Path) -> None:
    program = f"""
import sys
from modiste.tagging.heat_maps import Method
from modiste.tagging.tagger import Tagger
Tagger.load().tag({str(catalogue / "images")!r})
print(sorted({{"keras", "torch", "tensorflow", "sklearn", "scipy", "matplotlib"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
