"""`modiste tag --review`: photos with uncertain answers land in the queue, once."""

import io
from collections.abc import Callable
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from modiste.cli.main import main
from modiste.portable.bundle import read_bundle, write_bundle
from modiste.portable.contents import Calibration
from modiste.review.items import NewItem, Question
from modiste.review.store import ReviewStore


def tag(*arguments: object) -> None:
    main(["tag", *map(str, arguments)])


@pytest.fixture(scope="module")
def bundle(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that was wrong whenever it was less than four fifths sure."""
    stated = np.linspace(0, 1, 4000, dtype=np.float32)
    wrong = Calibration(stated, stated > 0.8, np.zeros(4000, np.uint16))
    path = tmp_path_factory.mktemp("bundle") / "wrong.modiste"
    write_bundle(path, replace(read_bundle(bundle), calibration=(wrong, wrong)))
    return path


@pytest.fixture
def doubtful(tmp_path: Path) -> Path:
    """A folder of photos between grey and bright, of which the tagger is not sure, and one that it is sure of."""
    folder = tmp_path / "photos, =1+1"
    folder.mkdir()
    for value in (186, 190, 194, 255):
        Image.new("RGB", (600, 800), (value, value, value)).save(folder / f"{value:03d}.png")
    (folder / "bad.png").write_bytes(b"no picture")
    return folder


def test_photos_with_answers_for_review_are_queued(
    bundle: Path, doubtful: Path, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for told in ("3 photos to review, 0 known before", "0 photos to review, 3 known before"):
        tag(doubtful, "--bundle", bundle, "--review", database)
        assert told in capsys.readouterr().err
    with ReviewStore.open(database) as store:
        assert store.progress().photos == 3
        item = store.claim("Ann")
        assert item is not None
        assert Path(item.path).parent == doubtful
        assert [question.attribute for question in item.questions] == ["tone", "half"]
        assert "tone" in item.open
        assert [label for label, _ in item.questions[0].top] == ["grey", "bright", "dark"]
        assert store.labels(item.bundle) == {"tone": ("dark", "grey", "bright"), "half": ("no", "yes")}
        with Image.open(io.BytesIO(store.thumbnail(item.id))) as picture:
            assert (picture.format, picture.size) == ("JPEG", (360, 480))


def test_what_a_newer_bundle_is_sure_of_leaves_the_queue(bundle: Path, doubtful: Path, tmp_path: Path) -> None:
    sure = doubtful / "255.png"
    digest = blake2b(sure.read_bytes(), digest_size=16).hexdigest()
    old = NewItem(str(sure), digest, b"jpeg", (Question("tone", "dark", 0.5),), "uncertain", 0.5)
    with ReviewStore.open(str(tmp_path / "reviews.db")) as store:
        store.add([old], bundle="an older one", labels={})
        assert store.progress().photos == 1
        tag(sure, "--bundle", bundle, "--review", tmp_path / "reviews.db")
        assert store.progress().photos == 0


def test_the_table_is_the_same_with_and_without(bundle: Path, doubtful: Path, tmp_path: Path) -> None:
    common = (doubtful, "--bundle", bundle)
    tag(*common, "--out", tmp_path / "plain.parquet")
    tag(*common, "--out", tmp_path / "queued.parquet", "--review", tmp_path / "reviews.db")
    tag(*common, "--out", tmp_path / "two.parquet", "--review", tmp_path / "reviews.db", "--top", 2)
    plain = pl.read_parquet(tmp_path / "plain.parquet")
    assert pl.read_parquet(tmp_path / "queued.parquet").equals(plain)
    assert pl.read_parquet(tmp_path / "two.parquet")["tone_top"].list.len().to_list() == [2, 2, 2, 2, None]
    doubted = plain.filter((pl.col("tone_decision") == "review") | (pl.col("half_decision") == "review"))
    with ReviewStore.open(tmp_path / "reviews.db") as store:
        assert store.progress().photos == doubted.height == 3


def test_more_than_one_batch_is_queued(
    bundle: Path, doubtful: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("modiste.tagging.runner.BATCH", 2)
    tag(doubtful, "--bundle", bundle, "--review", tmp_path / "reviews.db")
    with ReviewStore.open(tmp_path / "reviews.db") as store:
        names = [Path(store.item(number).path).name for number in (1, 2, 3)]
    assert names == ["186.png", "190.png", "194.png"]


def test_a_photo_that_is_out_of_distribution_says_so(bundle: Path, doubtful: Path, tmp_path: Path) -> None:
    Image.new("RGB", (600, 800), (0, 0, 0)).save(doubtful / "000.png")
    tag(doubtful, "--bundle", bundle, "--review", tmp_path / "reviews.db")
    with ReviewStore.open(tmp_path / "reviews.db") as store:
        assert {reason: each.photos for reason, each in store.progress_by_reason().items()} == {
            "uncertain": 3,
            "out_of_distribution": 1,
        }
        item = store.claim("Ann")
        assert item is not None
        assert (Path(item.path).name, item.reason, item.open) == ("000.png", "out_of_distribution", ("tone", "half"))
        tone, half = item.questions
        assert tone.probability is not None
        assert half.probability is not None
        assert item.priority == pytest.approx(2 - (tone.probability + half.probability) / 2)


def test_a_photo_that_was_changed_is_another(bundle: Path, doubtful: Path, tmp_path: Path) -> None:
    for value in (190, 191):
        Image.new("RGB", (6, 8), (value, value, value)).save(doubtful / "190.png")
        tag(doubtful / "190.png", "--bundle", bundle, "--review", tmp_path / "reviews.db")
    with ReviewStore.open(tmp_path / "reviews.db") as store:
        assert store.progress().photos == 2


def test_a_database_that_will_not_do_stops_before_the_work(
    bundle: Path, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.txt").write_text("not a database, but longer than a header of one would have to be" * 20)
    for review, told in (
        (tmp_path / "notes.txt", "give another file"),
        (tmp_path, "is a folder"),
        ("mysql://host/reviews", "no kind of database is called 'mysql'"),
        ("postgresql://me:secret@127.0.0.1:1/reviews", "postgresql://me:***@127.0.0.1:1/reviews"),
    ):
        with pytest.raises(SystemExit) as stopped:
            tag(photos, "--bundle", bundle, "--out", tmp_path / "tags.csv", "--review", review)
        assert stopped.value.code == 2
        (line,) = capsys.readouterr().err.strip().splitlines()
        assert told in line
    assert not (tmp_path / "tags.csv").exists()


def test_every_photo_of_a_large_batch_is_queued_once(
    bundle: Path, many_photos: Callable[[Path, int], Path], photos: Path, tmp_path: Path
) -> None:
    table = many_photos(tmp_path / "table.csv", 40)
    tag(table, "--images", photos, "--bundle", bundle, "--review", tmp_path / "reviews.db")
    with ReviewStore.open(tmp_path / "reviews.db") as store:
        assert 0 < store.progress().photos <= 3, "the table names each photo many times"
