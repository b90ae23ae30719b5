"""Which tests begin first, and which go to one worker together."""

import pytest
from xdist.scheduler import LoadScopeScheduling

LONG = (
    "tests/real/test_memory.py",
    "tests/real/",
    "tests/workflows/test_train.py",
    "tests/faults/test_killed.py",
    "tests/portable/test_tracing.py",
    "tests/faults/test_killed.py",
    "tests/faults/test_hostile_runs.py",
    "tests/browser/",
    "tests/workflows/",
    "tests/test_packaging.py",
    "tests/test_examples.py",
    "tests/portable/",
    "tests/cli/",
)
"""What takes long begins first, so that the workers end at about the same time; the longest first."""

TOGETHER = (
    # The catalogue is decoded and inspected once.
    ("tests/real/",),
    # `small_run` is trained once.
    ("tests/workflows/test_train.py", "tests/workflows/test_correcting.py", "tests/benchmarks/"),
    # The pages are drawn once.
    ("tests/reports/pages/",),
)
"""Modules that share what takes long to make; the tests of any other module go to one worker as well."""


def place_in_queue(item: pytest.Item) -> int:
    """Sorts tests."""
    name = item.path.relative_to(item.config.rootpath).as_posix()
    return next((place for place, beginning in enumerate(LONG) if name.startswith(beginning)), len(LONG))


class Scheduler(LoadScopeScheduling):
    """Hands out modules, or several of them, in the order of the tests."""

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.split("::", maxsplit=1)[0]
        return next((group[0] for group in TOGETHER if module.startswith(group)), module)
