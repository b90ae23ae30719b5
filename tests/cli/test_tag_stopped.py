"""`modiste tag` stopped in the middle, and run again."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from modiste.cli.main import main
from modiste.portable.bundle import read_bundle, write_bundle
from modiste.tagging.runner import BATCH, in_threads
from modiste.tagging.tables import PART

Write = Callable[[Path, int], Path]

PROGRAM = "from modiste.cli.main import main; main()"
PARTS = ".tags.csv.parts"


@pytest.fixture
def arguments(bundle: Path, photos: Path, many_photos: Write, tmp_path: Path) -> list[str]:
    """The command line for three parts of a table and a photo."""
    table = many_photos(tmp_path / "photos.csv", 3 * PART + 1)
    return ["tag", str(table), "--images", str(photos), "--bundle", str(bundle), "--out", str(tmp_path / "tags.csv")]


def check_table(path: Path) -> None:
    table = pl.read_csv(path)
    assert table.height == 3 * PART + 1
    assert (table["tone"] == pl.Series(["dark", "grey", "bright"] * (PART + 1))[: 3 * PART + 1]).all()
    assert not path.with_name(PARTS).exists()


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[str]], None]:
    """Runs the verb until it has one part and three batches of the next."""

    def run(arguments: list[str]) -> None:
        def stopped_early(*given: Any, **options: Any) -> Iterator[Any]:
            yield from islice(in_threads(*given, **options), PART // BATCH + 3)
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr("modiste.tagging.tagger.in_threads", stopped_early)
            with pytest.raises(SystemExit) as stopped:
                main(arguments)
        assert stopped.value.code == 130

    return run


def test_an_interruption_keeps_what_was_finished(
    interrupted: Any, arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    interrupted(arguments)
    assert capsys.readouterr().err.strip() == "modiste: interrupted; what was finished is kept"
    (part,) = (tmp_path / PARTS).glob("*.parquet")
    assert pl.read_parquet(part).height == PART
    main(arguments)
    assert capsys.readouterr().err.splitlines()[-1] == f"tagging: {3 * PART + 1} of {3 * PART + 1}"
    check_table(tmp_path / "tags.csv")


def test_a_part_in_the_middle_may_be_missing(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("modiste.tagging.tables.PartedTable.finish", lambda *_: sys.exit(1))
        with pytest.raises(SystemExit):
            main(arguments)
    parts = sorted((tmp_path / PARTS).glob("*.parquet"))
    assert len(parts) == 4
    parts[1].unlink()
    # A mark, by which to see which parts are made again.
    for part in (parts[0], parts[2], parts[3]):
        pl.read_parquet(part).with_columns(path=pl.lit("kept")).write_parquet(part)
    main(arguments)
    check_table(tmp_path / "tags.csv")
    again = (pl.read_csv(tmp_path / "tags.csv")["path"] != "kept").arg_true()
    assert again.to_list() == list(range(PART, 2 * PART))


def test_a_bundle_that_differs_in_labels_alone_starts_anew(
    interrupted: Any, arguments: list[str], tmp_path: Path, bundle: Path
) -> None:
    interrupted(arguments)
    schema = read_bundle(bundle).schema
    tone, half = schema.attributes
    translated = schema.narrowed((replace(tone, labels=("dunkel", "grau", "hell")), half))
    write_bundle(tmp_path / "translated.modiste", replace(read_bundle(bundle), schema=translated))
    main([*arguments, "--bundle", str(tmp_path / "translated.modiste")])
    assert set(pl.read_csv(tmp_path / "tags.csv")["tone"]) == {"dunkel", "grau", "hell"}


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_the_same_command_goes_on_after_a_signal(
    arguments: list[str], tmp_path: Path, number: signal.Signals, code: int
) -> None:
    def first() -> Path | None:
        return next((tmp_path / PARTS).glob(f"{0:08d}-*.parquet"), None)

    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments], stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as running:
        while first() is None and running.poll() is None:
            time.sleep(0.01)
        running.send_signal(number)
        _, said = running.communicate()
    assert running.returncode == code
    assert said.strip() == ("modiste: interrupted; what was finished is kept" if code == 130 else "")
    assert not (tmp_path / "tags.csv").exists()
    # A mark, by which to see that the part was not made again.
    part = first()
    assert part is not None
    pl.read_parquet(part).with_columns(path=pl.lit("kept")).write_parquet(part)
    main(arguments)
    check_table(tmp_path / "tags.csv")
    assert (pl.read_csv(tmp_path / "tags.csv")["path"] == "kept").sum() == PART


def test_of_two_at_once_one_writes_the_table_and_one_is_refused(arguments: list[str], tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, *arguments]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as first:
        while not list((tmp_path / PARTS).glob("*.parquet")) and first.poll() is None:
            time.sleep(0.01)
        first.send_signal(signal.SIGSTOP)
        second = subprocess.run(command, capture_output=True, text=True, check=False)
        first.send_signal(signal.SIGCONT)
        assert first.communicate()[1].splitlines()[-1] == f"tagging: {3 * PART + 1} of {3 * PART + 1}"
    assert (first.returncode, second.returncode) == (0, 2)
    (line,) = second.stderr.splitlines()
    assert f"tags.csv: another process (process {first.pid} on " in line
    assert line.endswith("is writing to it; wait until it is done, or give another --out")
    check_table(tmp_path / "tags.csv")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["photos.csv", "tags.csv"]
