"""`Tagger.tag`: whatever people have of photos, one or many."""

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image

from modiste.errors import CatalogueError, ConfigError, InputTypeError
from modiste.tagging.sources import TAKEN, find_photos
from modiste.tagging.tagger import Tagger


def zipped(folder: Path, path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("grey.png", "bright.png"):
            archive.write(folder / name, name)
    return path


def table_of(path: Path) -> Path:
    pl.DataFrame({"id": [7, 8], "image": ["bright.png", "grey.png"]}).write_csv(path)
    return path


def even(value: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.full((80, 60, 3), value, np.uint8)


ARCHIVE = zipfile.ZipFile(io.BytesIO(), "w")

Make = Callable[[Path], Any]

SINGLE: dict[str, Make] = {
    "a name": lambda folder: str(folder / "grey.png"),
    "a path": lambda folder: folder / "grey.png",
    "bytes": lambda folder: (folder / "grey.png").read_bytes(),
    "a bytearray": lambda folder: bytearray((folder / "grey.png").read_bytes()),
    "a memoryview": lambda folder: memoryview((folder / "grey.png").read_bytes()),
    "an open file": lambda folder: (folder / "grey.png").open("rb"),
    "a file in memory": lambda folder: io.BytesIO((folder / "grey.png").read_bytes()),
    "a picture that was opened": lambda folder: Image.open(folder / "grey.png"),
    "a picture that was made": lambda folder: Image.new("RGB", (60, 80), (128, 128, 128)),
    "a picture with a palette": lambda folder: Image.open(folder / "grey.png").convert("P"),
    "a grey array": lambda folder: even(128)[:, :, 0],
    "an array of one channel": lambda folder: even(128)[:, :, :1],
    "an array": lambda folder: even(128),
    "an array with transparency": lambda folder: np.dstack([even(0), np.full((80, 60), 127, np.uint8)]),
    "an array of one picture": lambda folder: even(128)[None],
    "an array that is no piece of memory": lambda folder: np.full((160, 120, 3), 128, np.uint8)[::-2, ::2, ::-1],
}


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
@pytest.mark.parametrize("kind", SINGLE)
@pytest.mark.parametrize("many", [False, True])
def test_one_photo_of_any_kind(tagger: Tagger, shades: Path, kind: str, many: bool) -> None:
    thing = SINGLE[kind](shades)
    told = tagger.tag([thing] if many else thing)
    assert (told.errors, told.labels("tone")) == ((None,), ["grey"])
    assert told[0].answers["tone"].probability == pytest.approx(0.99, abs=0.01)


MANY: dict[str, tuple[Make, list[str | None]]] = {
    "names and paths": (
        lambda folder: [str(folder / "dark.png"), folder / "bad.png", folder / "grey.png"],
        ["dark", None, "grey"],
    ),
    "a tuple": (lambda folder: (even(0), even(255)), ["dark", "bright"]),
    "a generator": (lambda folder: (even(value) for value in (255, 0, 128)), ["bright", "dark", "grey"]),
    "an iterator of paths": (lambda folder: sorted(folder.iterdir()).__iter__(), [None, "bright", "dark", "grey"]),
    "a series of names": (lambda folder: pl.Series([str(folder / "grey.png")] * 2), ["grey", "grey"]),
    "an array of many": (lambda folder: np.stack([even(255), even(128)]), ["bright", "grey"]),
    "a folder": (lambda folder: folder, [None, "bright", "dark", "grey"]),
    "nothing": (lambda folder: [], []),
    "all of it": (
        lambda folder: [folder / "bad.png", even(255), b"bad", (folder / "grey.png").read_bytes(), str(folder)],
        [None, "bright", None, "grey", None, "bright", "dark", "grey"],
    ),
}


@pytest.mark.parametrize("kind", MANY)
def test_many_photos_of_any_kind_in_their_order(tagger: Tagger, shades: Path, kind: str) -> None:
    make, expected = MANY[kind]
    assert tagger.tag(make(shades)).labels("tone") == expected
    assert [item.answers["tone"].label if item.answers else None for item in tagger.stream(make(shades))] == expected


def test_a_zip_and_a_table(tagger: Tagger, shades: Path, tmp_path: Path) -> None:
    archive = zipped(shades, tmp_path / "photos.zip")
    table = table_of(shades.with_name("table.csv"))
    told = tagger.tag([archive, even(0), find_photos([table], images=shades)[0].photos[0].path])
    assert told.labels("tone") == ["bright", "grey", "dark", "bright"]
    assert told.ids[:2] == (f"{archive}/bright.png", f"{archive}/grey.png")
    named = tagger.tag(find_photos([table], images=shades))
    assert (named.ids, named.labels("tone")) == (("7", "8"), ["bright", "grey"])


def test_a_table_is_one_row_a_row(tagger: Tagger, shades: Path, tmp_path: Path) -> None:
    for name in ("grey", "dark"):
        (tmp_path / f"{name}.png").write_bytes((shades / f"{name}.png").read_bytes())
    pl.DataFrame({"id": ["a", "b", "c", None], "image": ["grey.png", None, "gone.png", "dark.png"]}).write_parquet(
        tmp_path / "table.parquet"
    )
    told = tagger.tag(tmp_path / "table.parquet")
    assert told.ids == ("a", "b", "c", str(tmp_path / "dark.png"))
    assert told.labels("tone") == ["grey", None, None, "dark"]
    assert told.errors == (None, "no photo is named", "cannot be read (No such file or directory)", None)


def test_an_array_its_file_and_the_bytes_of_that_are_answered_alike(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 90, 70, 3), dtype=np.uint8)
    data = []
    for number, each in enumerate(pixels):
        Image.fromarray(each).save(tmp_path / f"{number}.png")
        data.append((tmp_path / f"{number}.png").read_bytes())
    tagger = Tagger.load()
    told = [tagger.tag(things) for things in (pixels, data, tmp_path, map(Image.fromarray, pixels))]
    for other in told[1:]:
        assert np.array_equal(told[0].label_ids, other.label_ids)
        assert np.array_equal(told[0].confidence, other.confidence)
        assert np.array_equal(told[0].embedding, other.embedding)
        assert np.array_equal(told[0].ood_score, other.ood_score)
    assert told[1].digests == told[2].digests
    assert told[0].digests == told[3].digests


@pytest.mark.parametrize(
    "thing", [None, 3, {"a": 1}, np.zeros((8, 6, 3)), io.StringIO("text"), np.zeros(0, np.uint8), ARCHIVE]
)
def test_what_cannot_be_taken_stops_it_before_anything_is_tagged(
    tagger: Tagger, batches: list[int], shades: Path, thing: Any
) -> None:
    for method in (tagger.tag, tagger.embed, lambda things: list(tagger.stream(things))):
        with pytest.raises(InputTypeError) as refused:
            method([shades / "grey.png", thing])
        assert str(refused.value).endswith(f" cannot be tagged; give {TAKEN}")
        assert len(str(refused.value).splitlines()) == 1
    assert batches == []


def test_a_path_that_is_not_there_stops_it(tagger: Tagger, batches: list[int], shades: Path) -> None:
    with pytest.raises(CatalogueError, match="nowhere: no such file or folder"):
        tagger.tag([even(0), shades / "grey.png", "nowhere"])
    with pytest.raises(CatalogueError, match=r"cannot be read \(File name too long\); check the path"):
        tagger.tag("x" * 300)
    with pytest.raises(CatalogueError, match="no such file or folder"):
        tagger.tag("a\0b")
    assert batches == []


def test_names_are_for_bundles_to_come(tagger: Tagger, shades: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        tagger.tag(shades / "grey.png", ["A grey shirt"])
    assert str(refused.value) == "names: this bundle reads pictures alone; leave names out"


def test_settings_may_be_given_in_their_order(tagger: Tagger) -> None:
    told = tagger.tag(even(128), None, 0.5, 2)
    assert (told.precision, told.top, told.bundle) == (0.5, 2, tagger.bundle.fingerprint)


@pytest.mark.parametrize(
    ("make", "broken"),
    [
        (lambda folder: folder, [True, False, False, False]),
        (lambda folder: folder / "bad.png", [True]),
        (lambda folder: [], []),
    ],
)
def test_embeddings_alone(tagger: Tagger, shades: Path, make: Make, broken: list[bool]) -> None:
    embedding = tagger.embed(make(shades))
    assert embedding.dtype == np.float32
    assert embedding.shape == (len(broken), 8)
    assert np.isnan(embedding).all(axis=1).tolist() == broken
    assert np.array_equal(embedding, tagger.tag(make(shades)).embedding, equal_nan=True)


def test_a_picture_may_stand_for_many(tagger: Tagger, shades: Path) -> None:
    with Image.open(shades / "grey.png") as opened:
        told = tagger.tag([opened] * 300)
    assert set(told.labels("tone")) == {"grey"}
    assert set(told.paths) == {str(shades / "grey.png")}


def endless(things: Iterable[Any]) -> Iterator[Any]:
    yield from things
    raise RuntimeError("no more")


def test_an_error_of_the_caller_s_own_is_the_caller_s(tagger: Tagger) -> None:
    with pytest.raises(RuntimeError, match="no more"):
        tagger.tag(endless([even(0)]))


def test_one_photo_of_any_kind_is_explained_and_no_more(tagger: Tagger, shades: Path) -> None:
    for thing in (shades / "grey.png", (shades / "grey.png").read_bytes(), even(128)):
        assert tagger.explain(thing, "half").size in {(6, 8), (60, 80)}
    with pytest.raises(
        ConfigError, match=r"no method is called 'occlusions' .did you mean 'occlusion'.*; take occlusion"
    ):
        tagger.explain(even(128), method="occlusions")  # type: ignore[arg-type]
    with pytest.raises(InputTypeError, match="4 photos cannot be explained together; give one of them"):
        tagger.explain(shades)


@pytest.mark.parametrize(
    "settings", [{"top": "2"}, {"top": 2.5}, {"top": None}, {"precision": "x"}, {"precision": None}]
)
def test_settings_of_another_type_are_said_so(tagger: Tagger, batches: list[int], settings: dict[str, Any]) -> None:
    ((name, value),) = settings.items()
    with pytest.raises(ConfigError, match=rf"^{name}: must be .*, not {value!r}; give"):
        tagger.tag(even(0), **settings)
    assert batches == []


def test_paths_may_be_names_and_one(shades: Path) -> None:
    found = [find_photos(each) for each in (str(shades), shades, [str(shades)], iter([shades]))]
    assert [len(each) for each in found] == [4, 4, 4, 4]
    table = table_of(shades.with_name("table.csv"))
    assert [len(entry.photos) for entry in find_photos(str(table), images=str(shades))] == [1, 1]


def test_fewer_than_no_threads_are_said_so() -> None:
    with pytest.raises(ConfigError, match="threads: must be at least 1, not -1; leave it out for all cores"):
        Tagger.load(threads=-1)
