"""How a training begins, or goes on: the run folder it writes to."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modiste.learning.backend import describe_backend
from modiste.runs import Run, check_free

__all__ = ["begin", "look"]

PACKAGES = ("keras", "numpy", "pillow", "polars")


def look(
    out: Path, settings: Mapping[str, Any], catalogue: Path, *, resume: bool, changeable: frozenset[str] = frozenset()
) -> Run | None:
    """Returns the run to go on with, or None for a new one.

    It comes before the pictures are decoded and writes nothing, so that a training that cannot start says so at once
    and leaves nothing behind.

    Args:
        out: The run folder.
        settings: Resolved.
        catalogue: What to learn from.
        resume: Whether to go on with what lies there.
        changeable: Settings that a resumed run may change.

    Raises:
        RunError: Something is in the way, or began otherwise.
    """
    if not resume or not out.exists():
        check_free(out)
        return None
    run = Run(out)
    run.check_same({name: value for name, value in settings.items() if name not in changeable}, catalogue)
    return run


def begin(begun: Run | None, out: Path, settings: Mapping[str, Any], catalogue: Path, *, kind: str) -> Run:
    """Makes the run folder, or notes the settings with which an old one goes on.

    Args:
        begun: What `look` found.
        out: The run folder.
        settings: Resolved.
        catalogue: What to learn from.
        kind: The verb.
    """
    if begun is None:
        packages = (*PACKAGES, describe_backend())
        return Run.create(out, kind=kind, config=settings, catalogue=catalogue, packages=packages)
    begun.change_config(settings)
    return begun
