"""`modiste review`: how far the reviews are, and what was decided, as a file that a training reads."""

import json
from pathlib import Path

import pytest

from modiste.catalogue.corrections import read_corrections
from modiste.cli.main import main
from modiste.review.items import NewItem, Question
from modiste.review.store import ReviewStore


def review(*arguments: object) -> None:
    main(["review", *map(str, arguments)])


@pytest.fixture
def reviewed(database: str) -> str:
    """A queue of two uncertain photos, of which one is decided, and a suspect label."""
    questions = (Question("Class", "Dress", 0.5, (("Dress", 0.5),)), Question("gender", "Men", 0.6))
    suspect = NewItem(
        "c.jpg", "c.jpg", b"jpeg", (Question("gender", "Men", catalogue_label="Women"),), "suspect_label", 1
    )
    with ReviewStore.open(database) as store:
        uncertain = [NewItem(name, name, b"jpeg", questions, "uncertain", 0.9) for name in ("=1.jpg", "b.jpg")]
        store.add([*uncertain, suspect], bundle="b", labels={})
        item = store.claim("=Ann", "uncertain")
        assert item is not None
        store.decide(item.id, "=Ann", {"Class": "Tops", "gender": "Men"})
    return database


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_what_was_decided_becomes_a_file(
    reviewed: str, suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / f"corrections{suffix}"
    review(reviewed, "--out", out)
    assert capsys.readouterr().out == (
        "1 of 3 photos are decided (33%); 0 are being looked at, 0 were skipped\n"
        "1 answers were found right, 1 were changed\n"
        "  The tagger is uncertain: 1 of 2 decided\n"
        "  The catalogue's label may be wrong: 0 of 1 decided\n"
        f"{out}: 2 labels that people gave or found right\n"
    )
    assert read_corrections(out).rows() == [("=1.jpg", "Class", "Tops"), ("=1.jpg", "gender", "Men")]
    review(reviewed, "--out", out, "--overwrite", "--json")
    said = json.loads(capsys.readouterr().out)
    assert said["waiting"] == 2
    assert list(said["reasons"]) == ["uncertain", "suspect_label"]
    assert said["reasons"]["uncertain"] == {
        "photos": 2, "done": 1, "claimed": 0, "skipped": 0, "accepted": 1, "changed": 1, "waiting": 1
    }  # fmt: skip
    assert said["reasons"]["suspect_label"]["waiting"] == 1
    assert (said["corrections"], said["out"]) == (2, str(out))


def test_an_empty_queue_has_no_share(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    ReviewStore.open(database).close()
    review(database)
    assert capsys.readouterr().out.startswith("0 of 0 photos are decided; ")


def test_a_slip_is_one_line_and_leaves_nothing_behind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database, there = tmp_path / "reviews.db", tmp_path / "there.csv"
    there.write_text("mine")
    for arguments, told in (
        ((database,), "reviews.db: no such file; give the one that `modiste tag --review` wrote"),
        ((database, "--out", tmp_path / "c.xlsx"), "no format of corrections is called '.xlsx'"),
        ((database, "--out", there), "there.csv: exists already"),
    ):
        with pytest.raises(SystemExit) as stopped:
            review(*arguments)
        assert stopped.value.code == 2
        (line,) = capsys.readouterr().err.strip().splitlines()
        assert told in line
    assert [path.name for path in tmp_path.iterdir()] == ["there.csv"]
