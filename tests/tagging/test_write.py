"""`Tagger.write`: photos, or a table that names them, become a table with answers."""

import csv
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from modiste.errors import ConfigError, InputTypeError, OutputError
from modiste.predictions import KEPT, Predictions
from modiste.tagging import tables
from modiste.tagging import tagger as taggers
from modiste.tagging.photos import Entries
from modiste.tagging.runner import in_threads
from modiste.tagging.sources import find_photos
from modiste.tagging.tables import Written
from modiste.tagging.tagger import Tagger

READERS: dict[str, Callable[[Path], pl.DataFrame]] = {
    ".parquet": pl.read_parquet,
    ".csv": pl.read_csv,
    ".jsonl": pl.read_ndjson,
}

SHOP = pl.DataFrame(
    {
        "id": [30, 10, 20, 50, 40, 60],
        "images": [["dark.png", "bright.png"], ["grey.png"], [], ["gone.png"], None, ["../grey.png", "dark.png"]],
        "image2": [None, None, "bright.png", "  ", "", None],
        "price": [1.5, None, 3.0, 4.0, 5.0, 6.0],
        "day": [date(2026, 1, 2), None, None, None, None, date(2026, 3, 4)],
        "tone": ["sombre", "mid", None, "x", "y", "z"],
        "predicted_tone": ["a", "b", "c", "d", "e", "f"],
        "error": [0, 0, 1, 0, 0, 0],
    }
)
TONES = ["dark", "grey", "bright", None, None, None]
ERRORS = [
    *(None, None, None, "cannot be read (No such file or directory)", "no photo is named"),
    "the path '../grey.png' climbs out of the folder of photos",
]
OURS = [
    *("path", "predicted_predicted_tone", "tone_probability", "tone_decision"),
    *("half", "half_probability", "half_decision", "predicted_error", "note"),
]


@pytest.fixture
def shop(shades: Path, tmp_path: Path) -> Path:
    """A table of products: with several photos, one, none; with one that is not there, and one that climbs out."""
    path = tmp_path / "shop.parquet"
    SHOP.write_parquet(path)
    return path


@pytest.mark.parametrize("suffix", READERS)
def test_a_table_keeps_its_columns_and_gets_one_row_a_row(
    tagger: Tagger, shop: Path, shades: Path, tmp_path: Path, suffix: str
) -> None:
    out = tmp_path / f"out{suffix}"
    assert tagger.write(out, find_photos([shop], images=shades)) == Written(6, 3)
    read = READERS[suffix](out)
    assert read.columns == [*SHOP.columns, *OURS]
    assert read["id"].to_list() == SHOP["id"].to_list()
    assert read["tone"].to_list() == SHOP["tone"].to_list()
    assert read["predicted_predicted_tone"].to_list() == TONES
    assert read["predicted_error"].to_list() == ERRORS
    assert [Path(path).name for path in read["path"]] == ["dark.png", "grey.png", "bright.png", "gone.png", "", ""]
    if suffix == ".parquet":
        assert read.select(SHOP.columns).equals(SHOP)
    else:
        assert read["day"].to_list() == ["2026-01-02", *[None] * 4, "2026-03-04"]
    if suffix == ".csv":
        assert [json.loads(cell) if cell else cell for cell in read["images"]] == SHOP["images"].to_list()


def test_text_of_a_csv_table_stays_as_it_is(tagger: Tagger, shades: Path, tmp_path: Path) -> None:
    rows = [
        ["id", "image", "price", "note"],
        ["007", "grey.png", "1.50", 'he said "1,000",\nand left'],
        ["008", "", "", " =1+1"],
        ["009", "dark.png", "NaN", ""],
    ]
    with (tmp_path / "shop.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    tagger.write(tmp_path / "out.csv", find_photos([tmp_path / "shop.csv"], images=shades))
    with (tmp_path / "out.csv").open(newline="") as file:
        written = list(csv.reader(file))
    assert [row[:4] for row in written] == rows
    assert [row[5] for row in written] == ["tone", "grey", "", "dark"]


def test_a_folder_and_a_table_are_written_together(tagger: Tagger, shop: Path, shades: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    assert tagger.write(out, find_photos([shades, shop], images=shades)) == Written(10, 4)
    read = pl.read_parquet(out)
    assert read.columns == [*SHOP.columns, *OURS]
    assert read["predicted_predicted_tone"].to_list() == [None, "bright", "dark", "grey", *TONES]
    assert read[:4].select(pl.all_horizontal(pl.col(SHOP.columns).is_null())).to_series().all()
    assert read[4:].select(SHOP.columns).equals(SHOP)


@pytest.mark.parametrize("things", [lambda folder: [], lambda folder: [folder / "grey.png", folder / "bad.png"]])
@pytest.mark.parametrize("suffix", READERS)
def test_few_rows_or_none_are_a_table_as_well(
    tagger: Tagger, shades: Path, tmp_path: Path, suffix: str, things: Callable[[Path], list[Path]]
) -> None:
    out = tmp_path / f"out{suffix}"
    count = len(things(shades))
    assert tagger.write(out, things(shades), keep=KEPT, top=2) == Written(count, count // 2)
    if suffix != ".jsonl" or count:
        read = READERS[suffix](out)
        assert read.height == count
        assert read.columns[:5] == ["path", "tone", "tone_probability", "tone_decision", "tone_top"]
    if suffix == ".parquet":
        back = Predictions.read_parquet(out)
        assert (len(back), back.embedding.shape, back.kept) == (count, (count, 8), KEPT)


def test_anything_in_memory_is_written_too(tagger: Tagger, shades: Path, tmp_path: Path) -> None:
    things: Any = [np.full((8, 6, 3), 255, np.uint8), (shades / "grey.png").read_bytes(), str(shades / "dark.png")]
    assert tagger.write(str(tmp_path / "out.csv"), things) == Written(3, 0)
    read = pl.read_csv(tmp_path / "out.csv")
    assert read["path"].to_list() == ["picture 1", "picture 2", str(shades / "dark.png")]
    assert read["tone"].to_list() == ["bright", "grey", "dark"]
    with pytest.raises(InputTypeError):
        tagger.write(tmp_path / "none.csv", [None])  # type: ignore[list-item]
    assert not (tmp_path / "none.csv").exists()


@pytest.mark.parametrize("keep", [(), ("probabilities",), ("embedding",), ("embedding", "probabilities")])
def test_what_is_kept_is_read_again(tagger: Tagger, shop: Path, shades: Path, tmp_path: Path, keep: Any) -> None:
    out = tmp_path / "out.parquet"
    entries = find_photos([shop], images=shades)
    tagger.write(out, entries, keep=keep, precision=0.9, top=2)
    table = pl.read_parquet(out)
    if "embedding" in keep:
        assert table.schema["embedding"] == pl.Array(pl.Float16, 8)
        assert table["embedding"].null_count() == 3
    assert table.schema.get("tone_probabilities") == (pl.Array(pl.Float16, 3) if "probabilities" in keep else None)
    # The table has an `id`, and ours is beside it.
    assert table["id"].to_list() == SHOP["id"].to_list()
    assert table["predicted_id"].to_list() == [str(each) for each in SHOP["id"]]
    back, told = Predictions.read_parquet(out), tagger.tag(entries, precision=0.9, top=2)
    assert (back.schema, back.bundle, back.precision, back.top) == (told.schema, told.bundle, 0.9, 2)
    assert back.kept == tuple(name for name in KEPT if name in keep)
    assert (back.ids, back.paths, back.errors, back.digests) == (told.ids, told.paths, told.errors, told.digests)
    assert back.labels("tone") == TONES
    assert np.array_equal(back.accepted, told.accepted)
    assert back.confidence == pytest.approx(told.confidence, nan_ok=True)
    assert back.ood_score == pytest.approx(told.ood_score, nan_ok=True)
    if "probabilities" in keep:
        assert back.probabilities("tone") == pytest.approx(told.probabilities("tone"), abs=1e-3, nan_ok=True)
    if "embedding" in keep:
        assert back.embedding == pytest.approx(told.embedding, abs=1e-3, nan_ok=True)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_what_is_kept_is_lists_in_text(tagger: Tagger, shades: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"out{suffix}"
    tagger.write(out, shades, keep=KEPT)
    read = READERS[suffix](out)
    told = tagger.tag(shades)
    for column, expected in (("tone_probabilities", told.probabilities("tone")), ("embedding", told.embedding)):
        cells = [json.loads(cell) if isinstance(cell, str) else cell for cell in read[column].to_list()]
        assert cells[0] is None
        assert np.array(cells[1:]) == pytest.approx(expected[1:], abs=1e-3)
    assert read["digest"].to_list() == list(told.digests)


def test_without_keep_it_is_read_as_well(tagger: Tagger, shop: Path, shades: Path, tmp_path: Path) -> None:
    entries = find_photos([shades, shop], images=shades)
    tagger.write(tmp_path / "out.parquet", entries)
    back = Predictions.read_parquet(tmp_path / "out.parquet")
    assert (back.kept, back.digests) == ((), (None,) * 10)
    assert back.labels("tone") == [None, "bright", "dark", "grey", *TONES]
    # A photo of the folder is called by its path, a product by its id.
    assert back.ids == (*(str(shades / f"{name}.png") for name in ("bad", "bright", "dark", "grey")), *SHOP_IDS)
    assert back[4].ood_score is None
    tagger.write(tmp_path / "plain.parquet", shades)
    assert Predictions.read_parquet(tmp_path / "plain.parquet").ids == back.ids[:4]


SHOP_IDS = ("30", "10", "20", "50", "40", "60")


def test_what_cannot_be_kept_is_told_before_anything_is_written(tagger: Tagger, shades: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        tagger.write(tmp_path / "out.csv", shades, keep=("embeding",))
    assert str(refused.value) == (
        "keep: nothing called 'embeding' can be kept (did you mean 'embedding'?); there are probabilities and embedding"
    )
    pl.DataFrame({"image": ["grey.png"], "raw": [b"x"]}).write_parquet(tmp_path / "shop.parquet")
    with pytest.raises(OutputError, match=r"out\.csv: the column 'raw' is of type Binary, which no \.csv file holds"):
        tagger.write(tmp_path / "out.csv", find_photos([tmp_path / "shop.parquet"], images=shades))
    assert [path.name for path in tmp_path.iterdir()] == ["shop.parquet"]


# What follows stops in the middle, and goes on.


@pytest.fixture
def rows(shades: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table of 10 rows, of which parts of 3 are written."""
    monkeypatch.setattr(tables, "PART", 3)
    monkeypatch.setattr(taggers, "BATCH", 2)
    names = ["dark.png", "grey.png", "bright.png", "bad.png", "grey.png"] * 2
    pl.DataFrame({"image": names, "price": range(10)}).write_parquet(tmp_path / "rows.parquet")
    return tmp_path / "rows.parquet"


def stopping_after(parts: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the next writing stop when so many parts are there."""
    add = tables.PartedTable.add

    def counted(self: Any, number: int, part: pl.DataFrame) -> None:
        if len(list(self._parts.glob("*.parquet"))) == parts:
            raise KeyboardInterrupt
        add(self, number, part)

    monkeypatch.setattr(tables.PartedTable, "add", counted)


def test_parts_that_were_finished_are_not_tagged_again(
    tagger: Tagger, batches: list[int], rows: Path, shades: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = find_photos([rows], images=shades)
    out = tmp_path / "out.parquet"
    with monkeypatch.context() as patch:
        stopping_after(3, patch)
        with pytest.raises(KeyboardInterrupt):
            tagger.write(out, entries)
    parts = tmp_path / ".out.parquet.parts"
    first, second, _ = sorted(parts.glob("*.parquet"))
    # One in the middle is lost.
    second.unlink()
    pl.read_parquet(first).with_columns(path=pl.lit("kept")).write_parquet(first)
    # Meanwhile the table was changed, but for what names the photos.
    pl.read_parquet(rows).with_columns(pl.col("price") * 10).write_parquet(rows)
    batches.clear()
    seen: list[tuple[int, int]] = []
    again = find_photos([rows], images=shades)
    written = tagger.write(out, again, progress=lambda stage, done, total, note="": seen.append((done, total)))
    assert written == Written(10, 2)
    assert sum(batches) == 3, "rows 3, 4, 5 and 9, of which one is bad"
    assert seen == [(8, 10), (9, 10), (10, 10)]
    read = pl.read_parquet(out)
    assert read["price"].to_list() == [10 * number for number in range(10)]
    assert read["tone"].to_list() == ["dark", "grey", "bright", None, "grey"] * 2
    assert [Path(path).name for path in read["path"]][:4] == ["kept", "kept", "kept", "bad.png"]
    assert not parts.exists()


def darken(kind: str, things: Path, shades: Path) -> None:
    """Puts a dark picture in the place of the fifth one, of the same size on the disk where that is possible."""
    dark = (shades / "dark.png").read_bytes()
    if kind == "folder":
        (things / "4.png").write_bytes(dark)
    elif kind == "repaired":
        (things / "7.png").write_bytes(dark)
    elif kind == "zip":
        zip_of(things, {f"{number}.png": shades / ("dark.png" if number == 4 else "grey.png") for number in range(10)})
    else:
        pl.DataFrame({"image": ["grey.png"] * 4 + ["dark.png"] + ["grey.png"] * 5}).write_csv(things)


def zip_of(path: Path, files: dict[str, Path]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, file in files.items():
            archive.write(file, name)


@pytest.mark.parametrize("kind", ["folder", "repaired", "zip", "table"])
def test_a_resumed_tagging_answers_for_the_photo_that_is_there_now(
    kind: str, tagger: Tagger, batches: list[int], shades: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "PART", 3)
    monkeypatch.setattr(taggers, "BATCH", 2)
    grey = {f"{number}.png": shades / "grey.png" for number in range(10)}
    things = tmp_path / {"zip": "photos.zip", "table": "photos.csv"}.get(kind, "photos")
    if kind == "zip":
        zip_of(things, grey)
    elif kind == "table":
        pl.DataFrame({"image": ["grey.png"] * 10}).write_csv(things)
    else:
        things.mkdir()
        for name, file in grey.items():
            (things / name).write_bytes(file.read_bytes() if name != "7.png" or kind == "folder" else b"")

    def found() -> Entries:
        return find_photos([things], images=shades if kind == "table" else None)

    out = tmp_path / "out.parquet"
    with monkeypatch.context() as patch:
        stopping_after(3, patch)
        with pytest.raises(KeyboardInterrupt):
            tagger.write(out, found())
    darken(kind, things, shades)
    tagger.predictor.empty  # noqa: B018 - asks once about a picture of its own
    batches.clear()
    assert tagger.write(out, found()) == Written(10, 0)
    changed = 7 if kind == "repaired" else 4
    assert pl.read_parquet(out)["tone"].to_list() == ["dark" if row == changed else "grey" for row in range(10)]
    assert sum(batches) == 4, "the part with the photo that changed, and the one that was missing"


def test_what_another_process_writes_is_not_written_twice(tagger: Tagger, shades: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    seen = []

    def meanwhile(*_: object, **__: object) -> None:
        with pytest.raises(OutputError, match=r"another process \(process \d+ on .*\) is writing to it; wait until"):
            tagger.write(out, shades, overwrite=True)
        seen.append(out.exists())

    tagger.write(out, shades, progress=meanwhile)
    assert seen == [False]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("out") or "out.csv" in path.name] == [
        out.name
    ]


@pytest.mark.parametrize(
    "change", [{"precision": 0.5}, {"top": 2}, {"keep": ()}, {"keep": ("embedding",)}, {"callback": "mine"}]
)
def test_another_question_starts_anew(
    tagger: Tagger,
    batches: list[int],
    rows: Path,
    shades: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, Any],
) -> None:
    class Callback:
        name, top = "mine", 1

        def __call__(self, *batch: object) -> None:
            pass

    change = {"callback": Callback()} if "callback" in change else change
    entries, out = find_photos([rows], images=shades), tmp_path / "out.parquet"
    with monkeypatch.context() as patch:
        stopping_after(2, patch)
        with pytest.raises(KeyboardInterrupt):
            tagger.write(out, entries)
    batches.clear()
    tagger.predictor.empty  # noqa: B018 - asks once about a picture of its own
    batches.clear()
    tagger.write(out, entries, **change)
    assert sum(batches) == 8, "all that can be read"


def test_other_pictures_in_memory_are_not_taken_for_those_of_before(
    tagger: Tagger, rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.parquet"
    with monkeypatch.context() as patch:
        stopping_after(1, patch)
        with pytest.raises(KeyboardInterrupt):
            tagger.write(out, np.zeros((5, 8, 6, 3), np.uint8))
    tagger.write(out, np.full((5, 8, 6, 3), 255, np.uint8))
    assert pl.read_parquet(out)["tone"].to_list() == ["bright"] * 5


def test_an_interruption_keeps_the_parts_that_are_done(
    tagger: Tagger, rows: Path, shades: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*given: Any, **options: Any) -> Iterator[Any]:
        yield from islice(in_threads(*given, **options), 3)
        # As Ctrl-C does, which tests/cli/test_tag_stopped.py sends to a process of its own.
        raise KeyboardInterrupt

    monkeypatch.setattr(taggers, "in_threads", interrupted)
    with pytest.raises(KeyboardInterrupt):
        tagger.write(tmp_path / "out.parquet", find_photos([rows], images=shades))
    (part,) = (tmp_path / ".out.parquet.parts").glob("*.parquet")
    assert part.name.startswith("00000000-")
