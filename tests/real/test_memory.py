"""What the whole catalogue takes in memory and time."""

import json
from pathlib import Path

from tests.real.jobs import STEPS, Done, run

GIGABYTE = 2**30


def test_inspect_takes_less_than_a_gigabyte_and_a_minute(inspected: Done) -> None:
    assert json.loads(inspected.printed)["products"] == 44_440
    assert inspected.peak < GIGABYTE
    assert inspected.seconds < 60


def test_training_takes_less_than_three_gigabytes(real_zip: Path, tmp_path: Path) -> None:
    done = run("train", real_zip, tmp_path / "run")
    assert json.loads(done.printed) == {"steps": STEPS, "read": 44_440, "answers": [1024, 30]}
    assert done.peak < 3 * GIGABYTE
