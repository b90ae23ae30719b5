"""How a training begins, or goes on: the run folder it writes to."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from modiste.config import StudyConfig, TrainConfig
from modiste.learning.backend import describe_backend
from modiste.progress import Progress
from modiste.runs import Run, check_free, is_free

__all__ = ["open_or_resume", "start_run"]

PACKAGES = ("keras", "numpy", "pillow", "polars")

PATHS = ("corrections", "images", "schema", "split", "start", "taxonomy", "teacher")
"""Settings that name a file or a folder, or are one of `WORDS`."""

WORDS = ("", "auto", "default", "given", "grouped", "imagenet", "random", "year")


def open_or_resume(
    out: Path,
    config: StudyConfig | TrainConfig,
    catalogue: Path,
    *,
    kind: str,
    resume: bool,
    changeable: frozenset[str] = frozenset(),
    progress: Progress,
) -> Run | None:
    """Returns the run to go on with, or None for a new one.

    It comes before the pictures are decoded and leaves nothing behind, so that a training that cannot start says so at
    once.

    A run that is older than a setting goes on with what the setting is where nobody says otherwise.

    Args:
        out: The run folder.
        config: The settings.
        catalogue: What to learn from.
        kind: The verb.
        resume: Whether to go on with what lies there.
        changeable: Settings that a resumed run may change.
        progress: Is told of the settings that the run is older than.

    Raises:
        RunError: Something is in the way, or was made by another verb, or began otherwise.
        OutputError: The run folder cannot be written.
    """
    if not resume or is_free(out):
        check_free(out)
        return None
    run = Run(out)
    run.check_kind(kind)
    added = {name: value for name, value in asdict(type(config)()).items() if name not in run.config}
    run.config = _absolute(added | run.config)
    wanted = _absolute(asdict(config))
    # A split that was left to the catalogue is the one that the run has.
    free = changeable | ({"split"} if config.split == "auto" else set())
    run.check_same({name: value for name, value in wanted.items() if name not in free}, catalogue)
    if added:
        defaults = ", ".join(f"{name} = {value!r}" for name, value in added.items())
        progress("resuming", 1, 1, f"the run is older than some settings, and takes their defaults: {defaults}")
    return run


def start_run(begun: Run | None, out: Path, config: StudyConfig | TrainConfig, catalogue: Path, *, kind: str) -> Run:
    """Makes the run folder, or notes the settings with which an old one goes on.

    Args:
        begun: What `open_or_resume` found.
        out: The run folder.
        config: The settings.
        catalogue: What to learn from.
        kind: The verb.
    """
    settings = _absolute(asdict(config))
    if begun is None:
        packages = (*PACKAGES, describe_backend())
        return Run.create(out, kind=kind, config=settings, catalogue=catalogue, packages=packages)
    begun.change_config(settings)
    return begun


def _absolute(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Returns settings with absolute paths, so that the run can be used from any folder."""
    paths = {name: settings[name] for name in PATHS if settings.get(name, "") not in WORDS}
    absolute: dict[str, Any] = {name: _resolved(path) for name, path in paths.items()}
    if "sources" in settings:
        absolute["sources"] = [_resolved(path) for path in settings["sources"]]
        absolute["maps"] = {_resolved(path): _resolved(file) for path, file in settings["maps"].items()}
    return dict(settings) | absolute


def _resolved(path: str) -> str:
    return str(Path(path).resolve())
