"""Trainings that cannot start, through the command line: exit code 2, one clear line, nothing left behind."""

import os
from pathlib import Path

import pytest

from modiste.cli.main import main
from modiste.runs import Run, hold_run, is_free


def refused(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    """Returns the line that says why."""
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    shown = capsys.readouterr().err
    assert stop.value.code == 2
    assert "Traceback" not in shown
    (line,) = [line for line in shown.splitlines() if line.startswith("modiste: ")]
    assert shown.endswith(line + "\n")
    return line


@pytest.mark.parametrize(
    ("targets", "reason"),
    [
        ("Class,Class", "--targets: the column 'Class' is named twice"),
        ("", "--targets: an empty name of a column"),
        ("Class,,gender", "--targets: an empty name of a column"),
        ("id", "the column 'id' has a name that Modiste itself uses"),
        ("baseColor", "no column 'baseColor' (did you mean 'baseColour'?)"),
    ],
)
def test_targets(
    targets: str, reason: str, drawn_catalogue: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = refused(capsys, "train", drawn_catalogue, "--out", tmp_path / "run", "--targets", targets)
    assert reason in line
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        (["--split", "groupd"], "--split groupd: neither a way to split (did you mean 'grouped'?) nor a file"),
        (["--split", "parts.csv"], "parts.csv: no column 'part' (did you mean 'parts'?)"),
        (["--size", "smal"], "--size: no size is called 'smal' (did you mean 'small'?); take small, base, large"),
        (["--from", "imagnet"], "--from imagnet: neither weights that we know (did you mean 'imagenet'?) nor a bundle"),
        (["--from", "parts.csv"], "parts.csv: damaged, or not a bundle at all"),
        (["--teacher", "runs/nowhere"], "runs/nowhere: not a run folder"),
        (["--teacher", "study"], "made by `modiste study`; give a run of `modiste train`"),
    ],
)
def test_names_are_looked_up_before_pictures_are_decoded(
    flags: list[str],
    reason: str,
    drawn_catalogue: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "parts.csv").write_text("id,parts\n1,train\n")
    Run.create(tmp_path / "study", kind="study", config={}, catalogue=drawn_catalogue, packages=())

    def never(*_: object, **__: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr("modiste.workflows.pipeline.prepare_for", never)
    assert reason in refused(capsys, "train", drawn_catalogue, "--out", tmp_path / "run", *flags)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        (["--split", "year"], "split by year: no column 'year' (did you mean 'years'?); name the column that holds it"),
        (["--config", "weights.toml"], "[weights]: unknown column 'knd' (did you mean 'kind'?); the columns are kind,"),
        (["--config", "imbalance.toml"], "[imbalance]: unknown column 'baseColor' (did you mean 'baseColour'?)"),
        (["--out", "file/run"], "file/run: cannot be written (Not a directory); give another --out"),
        (["--tensorboard", "file"], "file: cannot be written (File exists); give another --tensorboard"),
    ],
)
def test_what_the_table_and_the_settings_tell_is_told_before_pictures_are_decoded(
    flags: list[str], reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    files = {
        "own.csv": "id,image,kind,years\n"
        + "".join(f"{row},a.jpg,{'hat' if row % 2 else 'cap'},2012\n" for row in range(9)),
        "weights.toml": "[weights]\nknd = 2.0\n",
        "imbalance.toml": '[imbalance]\nkind = "focal"\nbaseColor = "focal"\n',
        "a.jpg": "",
        "file": "mine",
    }
    for name, text in files.items():
        Path(name).write_text(text)

    def never(*_: object, **__: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr("modiste.workflows.prepare.open_pixels", never)
    assert reason in refused(capsys, "train", "own.csv", "--out", "new/run", "--targets", "kind", *flags)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(files)


def test_a_table_of_other_columns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "own.csv").write_text("id,image,kind,articletype\n1,a.jpg,hat,x\n2,a.jpg,cap,y\n")
    (tmp_path / "a.jpg").write_bytes(b"")
    line = refused(capsys, "train", tmp_path / "own.csv", "--out", tmp_path / "run")
    for words in (
        "own.csv: no columns 'masterCategory'",
        "'articleType' (did you mean 'articletype'?)",
        "'subCategory'",
    ):
        assert words in line
    assert "--targets" in line
    line = refused(capsys, "train", tmp_path / "own.csv", "--out", tmp_path / "run", "--targets", "knd")
    assert "no column 'knd' (did you mean 'kind'?)" in line


def test_runs_of_other_verbs(drawn_catalogue: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for kind in ("study", "guess"):
        Run.create(tmp_path / kind, kind=kind, config={}, catalogue=drawn_catalogue, packages=())
    line = refused(capsys, "train", drawn_catalogue, "--out", tmp_path / "study", "--resume")
    assert "made by `modiste study`" in line
    line = refused(capsys, "evaluate", tmp_path / "guess")
    assert "made by `modiste guess`; give a run of `modiste train` or `modiste study`" in line
    line = refused(capsys, "export", tmp_path / "study", tmp_path / "new" / "b.modiste")
    assert "made by `modiste study`; give a run of `modiste train`" in line
    assert not (tmp_path / "new").exists()
    line = refused(capsys, "evaluate", tmp_path / "study", "--images", tmp_path)
    assert "give it, too" in line


def test_outputs_are_looked_at_before_the_work(
    drawn_catalogue: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("mine")
    line = refused(capsys, "inspect", tmp_path / "nowhere", "--report", tmp_path / "file" / "page.html")
    assert "its folder cannot be made" in line
    main(["inspect", str(drawn_catalogue), "--report", str(tmp_path / "new" / "page.html")])
    assert (tmp_path / "new" / "page.html").is_file()


def test_settings(drawn_catalogue: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = refused(capsys, "train", drawn_catalogue, "--config", tmp_path / "nofile.toml")
    assert "nofile.toml: cannot be read (No such file or directory); check --config" in line


def test_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "random.parquet").write_bytes(bytes(range(200)))
    assert "write it again" in refused(capsys, "inspect", tmp_path / "random.parquet")
    (tmp_path / "folder").mkdir()
    assert "one folder of pictures per label" in refused(capsys, "inspect", tmp_path / "folder")
    (tmp_path / "large.csv").write_text("id,image\n" + "1,a.jpg\n" * 10)
    monkeypatch.setattr("modiste.catalogue.tables.reading.MOST_BYTES", 50)
    assert "a table of 89 bytes, and 50 are the most" in refused(capsys, "inspect", tmp_path / "large.csv")


@pytest.mark.parametrize("verb", ["train", "study"])
def test_a_run_folder_that_another_process_writes_to(
    verb: str, drawn_catalogue: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    with hold_run(out, resume=False):
        for more in ((), ("--resume",)):
            line = refused(capsys, verb, drawn_catalogue, "--out", out, *more)
            assert f"{out}: another process (process {os.getpid()} on " in line
            assert line.endswith("is writing to it; wait until it is done, or give another --out")
        Run.create(out, kind=verb, config={}, catalogue=drawn_catalogue, packages=())
        assert "is writing to it" in refused(capsys, verb, drawn_catalogue, "--out", out, "--resume")
    assert [path.name for path in out.iterdir()] == ["config.toml"]


def test_a_run_that_was_killed_as_it_began_is_begun_again(tmp_path: Path) -> None:
    (tmp_path / ".lock").touch()
    (tmp_path / ".config.toml.aside").touch()
    assert is_free(tmp_path)
    assert is_free(tmp_path / "nowhere")
    (tmp_path / "photo.jpg").touch()
    assert not is_free(tmp_path)
    assert not is_free(tmp_path / "photo.jpg")
