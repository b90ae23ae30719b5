"""The tour in `examples/` runs, in its order: what one step writes, a later one may read."""

import runpy
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "examples"
STEPS = sorted(FOLDER.glob("*.py"))


def test_the_tour_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    for step in STEPS:
        runpy.run_path(str(step), run_name="__main__")
        assert capsys.readouterr().out, step.name
    assert {path.name for path in (tmp_path / "tour").glob("*.*")} == {"why.png", "tags.parquet", "mine.modiste"}
    assert [path.name for path in tmp_path.iterdir()] == ["tour"]


def test_the_tour_s_page_names_each_step_once() -> None:
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert [line.split("](")[1].split(")")[0] for line in page.splitlines() if line.startswith("| [")] == [
        step.name for step in STEPS
    ]
