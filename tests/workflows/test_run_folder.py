from dataclasses import asdict, replace
from pathlib import Path

import pytest

from modiste.config import StudyConfig, TrainConfig
from modiste.errors import RunError
from modiste.runs import Run
from modiste.workflows.run_folder import as_begun, open_or_resume, start_run

OLD = TrainConfig(seed=3, epochs=9)


def older(path: Path, *, without: tuple[str, ...], **settings: object) -> Run:
    """Makes a run as a version would that did not know some settings, or had another default for one."""
    known = {name: value for name, value in asdict(OLD).items() if name not in without}
    return Run.create(path, kind="train", config=known | settings, catalogue=path.parent / "shop", packages=())


@pytest.fixture
def told() -> list[str]:
    return []


def resumed(run: Run, config: StudyConfig | TrainConfig, told: list[str]) -> Run | None:
    return open_or_resume(
        run.path,
        config,
        run.path.parent / "shop",
        kind="train",
        resume=True,
        progress=lambda stage, done, total, note="": told.append(f"{stage}: {note}"),
    )


def test_a_run_that_is_older_than_a_setting_goes_on_with_its_default(tmp_path: Path, told: list[str]) -> None:
    run = older(tmp_path / "run", without=("mirrored", "corrections"))
    found = resumed(run, OLD, told)
    line = "the run is older than some settings, and goes on with mirrored = False, corrections = ''"
    assert told == [f"resuming: {line}"]
    assert Run(run.path).config == run.config, "looking writes nothing"
    start_run(found, run.path, OLD, tmp_path / "shop", kind="train")
    assert Run(run.path).config == asdict(OLD)
    assert resumed(run, OLD, told)
    assert len(told) == 1


def test_a_run_that_is_older_than_a_setting_takes_no_other_value(tmp_path: Path, told: list[str]) -> None:
    run = older(tmp_path / "run", without=("mirrored",))
    with pytest.raises(RunError, match="began with mirrored = False, not True; resume with the same settings"):
        resumed(run, replace(OLD, mirrored=True), told)
    assert not told


def test_a_run_that_is_older_than_the_geometry_goes_on_on_white(tmp_path: Path, told: list[str]) -> None:
    run = older(tmp_path / "run", without=("fill", "stretch"))
    began = as_begun(OLD, run.path)
    assert (began.fill, began.stretch) == ("white", 1.0)
    start_run(resumed(run, began, told), run.path, began, tmp_path / "shop", kind="train")
    assert told == ["resuming: the run is older than some settings, and goes on with fill = 'white', stretch = 1.0"]
    assert resumed(run, as_begun(OLD, run.path), told), "it can be resumed again"
    assert as_begun(OLD, tmp_path / "new") == OLD
    with pytest.raises(RunError, match=r"began with stretch = 1\.0, not 1\.5"):
        resumed(run, as_begun(replace(OLD, stretch=1.5), run.path), told)


def test_a_run_of_another_default_does_not_take_the_one_of_today(tmp_path: Path, told: list[str]) -> None:
    run = older(tmp_path / "run", without=("mirrored",), progressive=0.5)
    with pytest.raises(RunError, match=r"began with progressive = 0\.5, not 0\.0"):
        resumed(run, OLD, told)
    assert resumed(run, replace(OLD, progressive=0.5), told)
