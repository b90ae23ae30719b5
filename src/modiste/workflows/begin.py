"""How a training begins, or goes on: the run folder it writes to."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modiste.learning.backend import describe_backend
from modiste.runs import Run, check_free

__all__ = ["begin", "look"]

PACKAGES = ("keras", "numpy", "pillow", "polars")


PATHS = ("corrections", "images", "split", "start", "taxonomy", "teacher")
"""Settings that name a file or a folder, or are one of `WORDS`."""

WORDS = ("", "default", "grouped", "imagenet", "random", "year")


def look(
    out: Path,
    settings: Mapping[str, Any],
    catalogue: Path,
    *,
    kind: str,
    resume: bool,
    changeable: frozenset[str] = frozenset(),
) -> Run | None:
    """Returns the run to go on with, or None for a new one.

    It comes before the pictures are decoded and writes nothing, so that a training that cannot start says so at once
    and leaves nothing behind.

    Args:
        out: The run folder.
        settings: Resolved.
        catalogue: What to learn from.
        kind: The verb.
        resume: Whether to go on with what lies there.
        changeable: Settings that a resumed run may change.

    Raises:
        RunError: Something is in the way, or was made by another verb, or began otherwise.
    """
    if not resume or not out.exists():
        check_free(out)
        return None
    run = Run(out)
    run.check_kind(kind)
    run.config = _absolute(run.config)
    wanted = _absolute(settings)
    run.check_same({name: value for name, value in wanted.items() if name not in changeable}, catalogue)
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
        return Run.create(out, kind=kind, config=_absolute(settings), catalogue=catalogue, packages=packages)
    begun.change_config(_absolute(settings))
    return begun


def _absolute(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Returns settings with absolute paths, so that the run can be used from any folder."""
    paths = {name: settings[name] for name in PATHS if settings.get(name, "") not in WORDS}
    return dict(settings) | {name: str(Path(path).resolve()) for name, path in paths.items()}
