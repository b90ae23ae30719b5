"""A training from two catalogues: the drawn one, and photos of another origin with labels of their own."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.small_run import CONFIG

from modiste.dataset.partial import FIRST_CODE, PartialLabels, known
from modiste.dataset.stacked import StackedPixels
from modiste.errors import ConfigError
from modiste.schema import Attribute, Schema
from modiste.workflows.evaluate import evaluate
from modiste.workflows.other_sources import SOURCE, maps_of, with_known_labels
from modiste.workflows.pipeline import RunResult
from modiste.workflows.train import train

MAP = """
column = "kind"
group = "sender"
times = 2
[labels]
nothing = false
[labels.upper]
Class = ["Tshirts", "Shirts", "Tops"]
masterCategory = "Apparel"
[labels.watch]
Class = "Watches"
"""


@pytest.fixture(scope="module")
def homes(small_catalogue: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of photos of the drawn catalogue, as if people had sent them: `id`, `image`, `kind`, `sender`."""
    table = pl.read_csv(small_catalogue / "styles.csv", truncate_ragged_lines=True, ignore_errors=True)
    kinds = {"Tshirts": "upper", "Shirts": "upper", "Tops": "upper", "Watches": "watch", "Belts": "nothing"}
    photos = table.select(
        "id",
        pl.format("images/{}.jpg", "id").alias("image"),
        pl.col("articleType").replace_strict(kinds, default=None).alias("kind"),
        (pl.col("id") % 17).alias("sender"),
        pl.lit("Summer").alias("season"),  # theirs, of which the map says nothing
    ).drop_nulls()
    folder = tmp_path_factory.mktemp("homes")
    (folder / "images").mkdir()
    there = [(small_catalogue / name).exists() for name in photos["image"]]
    for name in photos["image"].filter(pl.Series(there)):
        shutil.copy(small_catalogue / name, folder / name)
    file = folder / "photos.csv"
    photos.filter(pl.Series(there)).write_csv(file)
    return file


@pytest.fixture(scope="module")
def result(small_catalogue: Path, homes: Path, tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    folder = tmp_path_factory.mktemp("two")
    (folder / "map.toml").write_text(MAP)
    config = replace(CONFIG, epochs=1)
    return train([small_catalogue, homes], folder / "run", config, maps={str(homes): folder / "map.toml"})


def test_each_source_is_split_and_scored_by_itself(result: RunResult, small_run: RunResult) -> None:
    split = pl.read_parquet(result.run / "split.parquet")
    assert set(split["part"]) == {
        *("train", "validation", "holdout"),
        *("validation of photos", "holdout of photos"),
    }
    first = split.filter(~pl.col("id").str.starts_with("photos/"))
    alone = pl.read_parquet(small_run.run / "split.parquet").with_columns(pl.col("id").cast(pl.String))
    assert first.sort("id").equals(alone.sort("id"))
    metrics = json.loads((result.run / "metrics.json").read_text())
    theirs = metrics["holdout of photos"]
    assert set(theirs) == {"Class", "masterCategory"}
    assert 0 <= theirs["Class"]["accuracy"]["low"] <= theirs["Class"]["accuracy"]["value"] <= 1
    assert set(metrics["holdout"]) == set(json.loads((small_run.run / "metrics.json").read_text())["holdout"])


def test_no_origin_is_on_two_sides(result: RunResult, homes: Path) -> None:
    senders = pl.read_csv(homes).select(pl.format("photos/{}", "id").alias("id"), "sender")
    split = pl.read_parquet(result.run / "split.parquet").join(senders, on="id")
    assert split.height > 20
    assert split.group_by("sender").agg(pl.col("part").n_unique())["part"].max() == 1


def test_notes_say_what_was_added_and_left_out(result: RunResult) -> None:
    told = "\n".join(result.notes)
    assert "photos: passed over, products of the label 'nothing'" in told
    assert "photos of" in told
    assert "holdout of photos: Class" in result.report.read_text()


def test_the_run_keeps_the_map_and_can_be_opened_again(result: RunResult) -> None:
    kept = (result.run / "map-1.toml").read_text()
    assert 'group = "sender"' in kept
    again = evaluate(result.run)
    assert again.scores["Class"].scores == result.scores["holdout"]["Class"].scores


def test_a_map_for_no_source_is_refused(small_catalogue: Path, homes: Path, tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text(MAP.replace('"Watches"', '"Wathces"'))
    with pytest.raises(ConfigError, match="which is no other catalogue"):
        train(small_catalogue, tmp_path / "run", CONFIG, maps={"photos": tmp_path / "map.toml"})
    with pytest.raises(ConfigError, match=r"no label 'Wathces' .did you mean 'Watches'"):
        train([small_catalogue, homes], tmp_path / "run", CONFIG, maps={str(homes): tmp_path / "map.toml"})
    assert not (tmp_path / "run").exists()


def test_no_catalogue_is_learned_from_twice_however_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text(MAP)
    found = maps_of([str(tmp_path / "b")], {f"{tmp_path}/./b": str(tmp_path / "map.toml")})
    assert list(found) == [str(tmp_path / "b")]
    with pytest.raises(ConfigError, match="to be learned from twice"):
        maps_of([str(tmp_path / "b"), f"{tmp_path}/./b"], {})


def test_partial_labels_have_ids_of_their_own() -> None:
    attributes = (Attribute("kind", ("a", "b", "c")), Attribute("colour", ("red", "blue")))
    products = pl.DataFrame(
        {
            "kind": ["a", None, None, None],
            "one of kind": [None, ["c", "b"], ["b", "none of ours"], ["x"]],
            "colour": ["red", None, "blue", None],
        }
    )
    partial = PartialLabels.of(products, attributes)
    assert partial.sets == ((0, (1, 2)),)
    label_ids = np.array([[0, 0], [-1, -1], [-1, 1], [-1, -1]])
    partial.encode(products, attributes, label_ids)
    np.testing.assert_array_equal(label_ids, [[0, 0], [FIRST_CODE, -1], [1, 1], [-1, -1]])
    answers = np.array([[0, 1], [2, 0], [2, 1], [0, 0]])
    np.testing.assert_array_equal(
        partial.allow(answers, label_ids), [[True, False], [True, False], [False, True], [False, False]]
    )
    np.testing.assert_array_equal(known(label_ids).sum(axis=0), [3, 2])
    np.testing.assert_array_equal(partial.masks((3, 2))[0], [[False, True, True], [False, False, False]])


def test_stacked_pixels_are_looked_up_where_they_lie() -> None:
    pixels = np.arange(7 * 2 * 2 * 3, dtype=np.uint8).reshape(7, 2, 2, 3)
    stacked = StackedPixels([pixels[:3], pixels[3:4], pixels[4:]])
    rows = np.array([6, 0, 3, 3, 2])
    np.testing.assert_array_equal(stacked[rows], pixels[rows])
    np.testing.assert_array_equal(stacked[4], pixels[4])
    assert (len(stacked), stacked.shape) == (7, (7, 2, 2, 3))


def test_labels_that_the_first_catalogue_lacks_are_not_learned() -> None:
    photos = pl.DataFrame({"kind": ["a", "x", "y", None, "b"], SOURCE: [None, None, "shop", "shop", "shop"]})
    kept, notes = with_known_labels(photos, Schema((Attribute("kind", ("a", "b")),)))
    assert kept["kind"].to_list() == ["a", "x", None, None, "b"]
    assert notes == ("labels of kind that the first catalogue does not have, not learned: 1 photos of others (y)",)
    alone = photos.drop(SOURCE)
    assert with_known_labels(alone, Schema((Attribute("kind", ("a",)),))) == (alone, ())
