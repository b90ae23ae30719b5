"""Trainings, studies and exports that are killed, or run out of room, and are done again: as if nothing had happened.

`python -m benchmarks.kills` does the same with as many kills as one likes.
"""

from pathlib import Path

import pytest

from benchmarks.kills import PRODUCTS, VERBS, Job, soak
from modiste.sample.draw import draw_catalogue

KILLS = 1
SEED = 15


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_catalogue(tmp_path_factory.mktemp("drawn") / "catalogue", products=PRODUCTS, seed=3).directory


@pytest.fixture(autouse=True)
def _torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "torch")


@pytest.mark.parametrize("verb", VERBS)
def test_a_killed_job_is_resumed_to_the_undisturbed_result(verb: str, catalogue: Path, tmp_path: Path) -> None:
    killed = soak(verb, catalogue, tmp_path, kills=KILLS, seed=SEED)
    assert killed.same == KILLS, killed.different


def test_a_full_disk_is_one_line_and_what_was_done_is_gone_on_with(catalogue: Path, tmp_path: Path) -> None:
    whole, full = Job("train", catalogue, tmp_path / "whole"), Job("train", catalogue, tmp_path / "full")
    whole.finish()
    weights = min(path.stat().st_size for path in whole.out.rglob("*.h5"))
    code, said = full.finish(largest=weights - 1)
    (line,) = [line for line in said.splitlines() if line.startswith("modiste: ")]
    assert code == 2
    assert "cannot be written (File too large)" in line
    assert "Traceback" not in said
    assert said.endswith(line + "\n")
    full.finish()
    assert full.contents() == whole.contents()
