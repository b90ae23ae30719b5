import errno
import json
import subprocess
import sys
import tomllib
from collections.abc import Callable
from contextlib import suppress
from importlib import metadata
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modiste import __version__
from modiste.errors import OutputError, RunError
from modiste.runs import CONFIG, FORMAT, Run, check_folder, check_free, check_output, describe_environment, write_whole

SETTINGS = {"seed": 3, "rate": 0.25, "grey": False, "taxonomy": "", "columns": {"id": 'the "sku"\n'}}
WHOLE = f"""format = {FORMAT}
kind = "study"
catalogue = "/shop"

[config]
seed = 3

[environment]
python = "3.11"
"""


def made(path: Path) -> Run:
    return Run.create(path, kind="study", config=SETTINGS, catalogue=Path("shop"), packages=("polars",))


def folder_with(config: str, path: Path) -> Path:
    (path / CONFIG).write_text(config)
    return path


def test_a_run_comes_back_as_it_was_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    first = made(tmp_path / "runs" / "one")
    again = Run(first.path)
    assert (again.kind, again.config, again.environment) == ("study", SETTINGS, first.environment)
    assert again.catalogue == str(tmp_path / "shop")
    assert [path.name for path in first.path.iterdir()] == [CONFIG]
    assert tomllib.loads((first.path / CONFIG).read_text())["format"] == FORMAT


def test_a_run_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine")
    (tmp_path / "empty").mkdir()
    for name in ("file", "full"):
        for refuse in (check_free, made):
            with pytest.raises(RunError, match=f"{name}: exists already; give another --out"):
                refuse(tmp_path / name)
    check_free(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()
    assert made(tmp_path / "empty").kind == "study"
    with pytest.raises(OutputError, match=r"run: cannot be written .Not a directory.; give another --out"):
        made(tmp_path / "file" / "run")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "file", "full"]


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ("format =", "not a run folder"),
        ("seed = 3\n", f"a run of format None, and this program reads format {FORMAT}"),
        (f"format = {FORMAT + 1}\n", f"a run of format {FORMAT + 1}, and"),
        (
            WHOLE.replace(f"format = {FORMAT}", "format = 1"),
            f"a run of format 1, and this program reads format {FORMAT}; run it again, or use the version of modiste",
        ),
        (f"format = {FORMAT}\n", "damaged: there is no 'kind'"),
    ],
)
def test_what_is_no_run_is_told(config: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="not a run folder"):
        Run(tmp_path)
    with pytest.raises(RunError, match=reason):
        Run(folder_with(config, tmp_path))


def test_a_run_cut_anywhere_is_told_or_has_its_settings(tmp_path: Path) -> None:
    for length in range(len(WHOLE)):
        with suppress(RunError):
            assert Run(folder_with(WHOLE[:length], tmp_path)).config == {"seed": 3}
    assert Run(folder_with(WHOLE, tmp_path)).environment == {"python": "3.11"}


def test_a_run_goes_on_as_it_began(tmp_path: Path) -> None:
    run = made(tmp_path / "run")
    run.check_same(SETTINGS, Path("shop"))
    run.check_same({"seed": 3}, Path("shop").resolve())
    for config, catalogue, reason in (
        ({"seed": 4}, Path("shop"), "began with seed = 3, not 4"),
        ({"new": 1}, Path("shop"), "began with new = None, not 1"),
        (SETTINGS, Path("other"), "began with the catalogue .*shop; resume with the same one"),
    ):
        with pytest.raises(RunError, match=reason):
            run.check_same(config, catalogue)
    run.change_config(SETTINGS | {"seed": 5})
    again = Run(run.path)
    assert run.config == again.config == SETTINGS | {"seed": 5}
    assert (again.catalogue, again.environment) == (run.catalogue, run.environment)


def test_a_run_of_another_verb_is_told(tmp_path: Path) -> None:
    run = made(tmp_path / "run")
    run.check_kind("train", "study")
    with pytest.raises(RunError, match="run: made by `modiste study`; give a run of `modiste train`"):
        run.check_kind("train")


def test_a_file_s_place_is_looked_at_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    for path, overwrite, reason in (
        (tmp_path / "mine", False, "mine: exists already; give another name, or --overwrite"),
        (tmp_path, True, "is a folder"),
        (tmp_path / "mine" / "page.html", False, "its folder cannot be made .*File exists|Not a directory"),
    ):
        with pytest.raises(OutputError, match=reason):
            check_output(path, overwrite=overwrite)
    check_output(tmp_path / "mine", overwrite=True)
    check_output(tmp_path / "new" / "folder" / "page.html")
    assert (tmp_path / "new" / "folder").is_dir()


def test_a_folder_is_tried_before_the_work_and_nothing_is_left_of_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "there").mkdir()
    for path, reason in (
        (tmp_path / "mine", "mine: cannot be written .File exists.; give another --tensorboard"),
        (tmp_path / "mine" / "board", "board: cannot be written .Not a directory"),
        (tmp_path / "new" / ("x" * 300), "cannot be written .File name too long"),
    ):
        with pytest.raises(OutputError, match=reason):
            check_folder(path, flag="--tensorboard")
    check_folder(tmp_path / "there", flag="--out")
    check_folder(tmp_path / "new" / "folder", flag="--out")
    monkeypatch.setattr("modiste.runs.TemporaryFile", not_replaced)
    with pytest.raises(OutputError, match=r"there: cannot be written .Permission denied"):
        check_folder(tmp_path / "there", flag="--out")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["mine", "there"]


def test_json_is_plain_text(tmp_path: Path) -> None:
    run = made(tmp_path / "run")
    run.write_json("metrics.json", {"label": "Kürtchen", "n": 1})
    run.write_text("report.html", "<p>ü</p>")
    assert json.loads((run.path / "metrics.json").read_bytes()) == {"label": "Kürtchen", "n": 1}
    assert "Kürtchen" in (run.path / "metrics.json").read_text(encoding="utf-8")
    assert (run.path / "report.html").read_text(encoding="utf-8") == "<p>ü</p>"


@given(old=st.text(max_size=20), new=st.text(max_size=20))
def test_a_file_is_replaced_whole(old: str, new: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "whole.txt"
    for text in (old, new):
        write_whole(path, text)
        assert path.read_bytes() == text.encode()


def test_a_table_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, frame = made(tmp_path / "run"), pl.DataFrame({"id": [1, 2], "part": ["train", "holdout"]})
    run.write_parquet("split.parquet", frame)
    assert pl.read_parquet(run.path / "split.parquet").equals(frame)
    monkeypatch.setattr(Path, "write_bytes", half_written)
    with pytest.raises(OutputError, match=r"split\.parquet: cannot be written .No space left on device"):
        run.write_parquet("split.parquet", frame.head(1))
    assert pl.read_parquet(run.path / "split.parquet").equals(frame)


def half_written(path: Path, data: bytes) -> int:
    with path.open("wb") as file:
        file.write(data[: len(data) // 2])
    raise OSError(errno.ENOSPC, "No space left on device")


def not_replaced(*_: object, **__: object) -> Path:
    raise PermissionError(errno.EACCES, "Permission denied")


@pytest.mark.parametrize(
    ("step", "failing", "reason"),
    [("write_bytes", half_written, "No space left on device"), ("replace", not_replaced, "Permission denied")],
)
def test_the_old_file_stays_where_writing_fails(
    step: str, failing: Callable[..., object], reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_whole(tmp_path / "page.html", "old")
    monkeypatch.setattr(Path, step, failing)
    with pytest.raises(OutputError, match=rf"page\.html: cannot be written .{reason}"):
        write_whole(tmp_path / "page.html", "new")
    assert (tmp_path / "page.html").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_what_cannot_be_written_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    for path, text, reason in (
        (tmp_path / "nowhere" / "page.html", "new", "No such file or directory"),
        (tmp_path / "file" / "page.html", "new", "Not a directory"),
        (tmp_path / ("x" * 300), "new", "File name too long"),
        (tmp_path / "file", "\udce9", "surrogates not allowed"),
    ):
        with pytest.raises(OutputError, match=reason):
            write_whole(path, text)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "old"


def test_a_kill_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    program = """
import itertools, sys
from pathlib import Path
from modiste.runs import write_whole
for letter in itertools.cycle("ab"):
    write_whole(Path(sys.argv[1]), letter * 3_000_000)
    print(letter, flush=True)
"""
    path = tmp_path / "page.html"
    for lines in range(1, 7):
        writer = subprocess.Popen([sys.executable, "-c", program, path], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        for _ in range(lines):
            assert writer.stdout.readline()
        writer.kill()
        writer.communicate()
        assert path.read_text() in ("a" * 3_000_000, "b" * 3_000_000)


def test_the_environment_names_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    found = describe_environment(("polars",))
    assert (found["modiste"], found["polars"]) == (__version__, metadata.version("polars"))
    assert all(found[name] for name in ("machine", "system", "python"))
    # A package may come under another name.
    monkeypatch.setattr(metadata, "packages_distributions", lambda: {"tensorflow": ["polars"]})
    assert describe_environment(("tensorflow",))["tensorflow"] == metadata.version("polars")
