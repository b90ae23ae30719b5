"""The worker: what it says of entries, and that it can travel."""

import multiprocessing
import pickle
import zipfile
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.tagging.conftest import Write

from modiste.errors import BundleError, ConfigError
from modiste.predictions import KEPT
from modiste.tagging.photos import Entry
from modiste.tagging.runner import BATCH
from modiste.tagging.sources import find_photos
from modiste.tagging.tagger import Tagger
from modiste.tagging.worker import Worker


def test_each_photo_gets_every_attribute(worker: Worker, photo: Write, tmp_path: Path) -> None:
    dark, middling = photo(tmp_path / "dark.png", 0), photo(tmp_path / "middling.png", 128)
    first, second = worker.predict(find_photos([dark, middling]), precision=0.9, top=2)
    assert (first.path, first.id) == (str(dark), str(dark))
    assert first.answers["tone"].label == "dark"
    assert first.answers["half"].label == "no"
    # Sure, and yet to be looked at: it is unlike the training data.
    assert first.answers["tone"].probability == pytest.approx(1, abs=0.01)
    assert (first.answers["tone"].decision, first.ood_score) == ("review", 1.0)
    assert (second.answers["tone"].label, second.answers["tone"].decision) == ("grey", "accept")
    assert (second.answers["half"].label, second.answers["half"].decision) == ("yes", "review")
    assert [label for label, _ in second.answers["half"].top] == ["yes", "no"]
    assert str(second).startswith(f"{middling}: tone grey (0.9")
    assert str(second).endswith("half yes (0.50, review) [yes 0.50, no 0.50]")
    (one,) = worker.predict(find_photos([middling]), precision=0.9)
    assert str(one).endswith("half yes (0.50, review)")


def test_a_photo_that_cannot_be_read_says_why_and_the_rest_are_tagged(
    worker: Worker, batches: list[int], shades: Path
) -> None:
    told = worker.predict(find_photos([shades, shades / "grey.png"]))
    assert told.labels("tone") == [None, "bright", "dark", "grey", "grey"]
    assert told.errors == ("not a picture", None, None, None, None)
    assert batches == [4]
    assert told.digests[0] is None
    assert told.digests[3] == blake2b((shades / "grey.png").read_bytes(), digest_size=16).hexdigest()
    assert worker.predict(find_photos([shades]), digests=False).digests == (None,) * 4


def test_nothing_but_broken_photos_needs_no_prediction(worker: Worker, batches: list[int], shades: Path) -> None:
    worker.predictor.empty  # noqa: B018 - asks once about a picture of its own
    batches.clear()
    told = worker.predict(find_photos([shades / "bad.png"]), precision=0.5)
    assert (told.errors, told.precision, batches) == (("not a picture",), 0.5, [])
    assert told.embedding.shape == (1, 8)
    assert np.isnan(told.embedding).all()


@pytest.fixture
def products(shades: Path, tmp_path: Path) -> Path:
    """A table of products with photos, some of which are bad."""
    photos = {
        "two": ["dark.png", "bright.png"],
        "one": ["grey.png"],
        "none": [],
        "half": ["bad.png", "bright.png"],
        "bad": ["bad.png", "gone.png"],
        "out": ["grey.png", "../dark.png"],
    }
    path = tmp_path / "products.parquet"
    pl.DataFrame({"id": list(photos), "images": list(photos.values())}).write_parquet(path)
    return path


def test_a_product_is_answered_by_all_its_photos(worker: Worker, products: Path, shades: Path) -> None:
    told = worker.predict(find_photos([products], images=shades))
    assert told.ids == ("two", "one", "none", "half", "bad", "out")
    assert told.errors == (
        *(None, None, "no photo is named", None, "not a picture"),
        "the path '../dark.png' climbs out of the folder of photos",
    )
    assert [path.removeprefix(f"{shades}/") for path in told.paths] == [
        *("dark.png", "grey.png", "", "bright.png", "bad.png", "")
    ]
    assert told.labels("tone") == ["dark", "grey", None, "bright", None, None]
    dark, bright = (worker.predict(find_photos([shades / f"{name}.png"])) for name in ("dark", "bright"))
    mean = (dark.probabilities("tone") + bright.probabilities("tone")) / 2
    assert told.probabilities("tone")[0] == pytest.approx(mean[0])
    # Of a product with photos of both, one says dark and the other bright: nothing is accepted.
    assert (told.decisions("tone")[0], told.decisions("tone")[3]) == ("review", "accept")
    assert (told.digests[2], told.digests[3]) == (None, bright.digests[0])


def test_entries_without_any_photo_are_rows_as_well(worker: Worker) -> None:
    told = worker.predict([Entry("1", (), "no photo is named"), Entry("2", ())])
    assert (told.ids, told.errors, told.paths) == (("1", "2"), ("no photo is named", "no photo"), ("", ""))
    assert len(worker.predict([])) == 0


def test_more_photos_than_an_engine_takes_are_shared_out(
    worker: Worker, batches: list[int], shades: Path, tmp_path: Path
) -> None:
    names = ["dark.png", "bright.png"] * (BATCH // 2) + ["grey.png"]
    pl.DataFrame({"images": [names, names]}).write_parquet(tmp_path / "t.parquet")
    told = worker.predict(find_photos([tmp_path / "t.parquet"], images=shades))
    assert sum(batches) == 2 * (BATCH + 1)
    assert max(batches) == BATCH
    assert told.probabilities("tone")[0] == pytest.approx(told.probabilities("tone")[1])


def _in_another_process(worker: Worker, entries: list[Entry]) -> Any:
    told = worker.predict(entries, precision=0.9, top=2)
    return told.to_frame(keep=KEPT), told.embedding, told.bundle


def test_it_works_elsewhere_as_it_does_here(worker: Worker, shades: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        archive.write(shades / "grey.png", "deep/grey.png")
    worker.predictor  # noqa: B018 - what is open here does not travel
    assert len(pickle.dumps(worker)) < 1000
    entries = list(find_photos([shades, tmp_path / "photos.zip"]))
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        frame, embedding, bundle = pool.apply(_in_another_process, (worker, entries))
    here, same, fingerprint = _in_another_process(worker, entries)
    assert frame.equals(here)
    assert np.array_equal(embedding, same, equal_nan=True)
    assert bundle == fingerprint == Tagger(worker).bundle.fingerprint
    assert frame["tone"].to_list() == [None, "bright", "dark", "grey", "grey"]


def test_what_arrives_is_the_same_worker(worker: Worker) -> None:
    arrived = pickle.loads(pickle.dumps(worker))
    assert arrived == worker
    assert "predictor" not in vars(arrived)
    assert arrived.predictor is arrived.predictor


def test_a_bundle_that_is_not_there_is_told_where_it_is_opened(tmp_path: Path) -> None:
    worker = Worker(tmp_path / "no.modiste")
    with pytest.raises(BundleError, match=r"no\.modiste: cannot be read"):
        worker.predict([])
    with pytest.raises(BundleError, match=r"no\.modiste"):
        Tagger(worker)


@pytest.mark.parametrize("method", ["tag", "stream", "write"])
@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"precision": 1.5}, "precision: must be above 0 and below 1, not 1.5; give"),
        ({"precision": 0.0}, "precision: must be above 0 and below 1, not 0.0; give"),
        ({"precision": float("nan")}, "precision: must be above 0 and below 1, not nan; give"),
        ({"precision": 0.9, "top": 0}, "top: must be at least 1, not 0; give"),
    ],
)
def test_what_a_tagger_cannot_do_is_told_at_once(
    method: str, settings: dict[str, Any], reason: str, tagger: Tagger, tmp_path: Path
) -> None:
    before = {"tag": (), "stream": (), "write": (tmp_path / "tags.csv",)}[method]
    with pytest.raises(ConfigError, match=reason):
        getattr(tagger, method)(*before, [], **settings)
    assert not list(tmp_path.iterdir())
