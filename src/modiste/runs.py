"""A run folder: the resolved settings, where and with what it ran, its checkpoints, metrics and report."""

import json
import os
import platform
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from importlib import metadata
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

import tomli_w

from modiste.errors import OutputError, RunError
from modiste.locks import one_after_another, only_one

if TYPE_CHECKING:
    import polars as pl
    from _typeshed import ReadableBuffer as Buffer

__all__ = [
    "CHECKPOINTS",
    "CONFIG",
    "CORRECTIONS",
    "FORMAT",
    "HISTORY",
    "LOCK",
    "METRICS",
    "PREDICTIONS",
    "REPORT",
    "SCHEMA",
    "SPLIT",
    "START",
    "TAXONOMY",
    "Run",
    "check_folder",
    "check_free",
    "check_output",
    "describe_environment",
    "hold_folder",
    "hold_output",
    "hold_run",
    "is_free",
    "write_whole",
]

ASIDE = ".aside"
"""The suffix of a file that is being written and is not in its place yet."""

FORMAT = 2
"""The version of the folder's layout; a program refuses a run of another version."""

CONFIG = "config.toml"
TAXONOMY = "taxonomy.toml"
CORRECTIONS = "corrections.parquet"
SPLIT = "split.parquet"
SCHEMA = "schema.toml"
START = "start.json"
CHECKPOINTS = "checkpoints"
HISTORY = "history.json"
METRICS = "metrics.json"
PREDICTIONS = "predictions.parquet"
REPORT = "report.html"
"""The files of a run folder, and the folder of its checkpoints, in which the history lies."""

ENTRIES = {"kind": str, "config": dict, "catalogue": str, "environment": dict}
"""What `CONFIG` says besides its format, and of which type each is."""

KINDS = {str: "no text", dict: "no table"}
LOCK = ".lock"
"""The file in a folder that its writer holds while it writes: see `locks`."""


class Run:
    """A run folder that exists.

    Attributes:
        path: The folder.
        kind: The verb that made it: ``study`` or ``train``.
        config: The settings, resolved.
        catalogue: The catalogue that it was made from, as an absolute path.
        environment: Machine and versions.
    """

    def __init__(self, path: Path) -> None:
        """Opens the run at `path`.

        Raises:
            RunError: No run, damaged, or of another version.
        """
        self.path = path
        try:
            document = tomllib.loads((path / CONFIG).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:  # ValueError: no UTF-8, or no TOML
            raise RunError(
                "not a run folder: no readable config.toml in it",
                where=path,
                fix="give a folder that `modiste train` or `modiste study` wrote",
            ) from error
        version = document.get("format")
        if version != FORMAT:
            raise RunError(
                f"a run of format {version}, and this program reads format {FORMAT}",
                where=path,
                fix="run it again, or use the version of modiste that made it",
            )
        for name, kind in ENTRIES.items():
            if not isinstance(document.get(name), kind):
                what = f"{name!r} is {KINDS[kind]}" if name in document else f"there is no {name!r}"
                raise RunError(
                    f"damaged: {what} in {CONFIG}", where=path, fix="bring the file back as it was, or run it again"
                )
        self.kind: str = document["kind"]
        self.config: dict[str, Any] = document["config"]
        self.catalogue: str = document["catalogue"]
        self.environment: dict[str, str] = {name: str(value) for name, value in document["environment"].items()}

    @classmethod
    def create(
        cls, path: Path, *, kind: str, config: Mapping[str, Any], catalogue: Path, packages: Sequence[str]
    ) -> "Run":
        """Makes a run folder.

        Args:
            path: Where; it must not exist, or be an empty folder.
            kind: The verb that makes it.
            config: The settings, resolved.
            catalogue: What it is made from.
            packages: The packages whose versions are worth keeping.

        Raises:
            RunError: Something is there already.
            OutputError: The folder cannot be written.
        """
        check_free(path)
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"the run folder cannot be made ({error.strerror})", where=path) from error
        environment = describe_environment(packages)
        _write_config(path, kind=kind, config=config, catalogue=str(catalogue.resolve()), environment=environment)
        return cls(path)

    def change_config(self, config: Mapping[str, Any]) -> None:
        """Keeps the settings with which the run goes on.

        Raises:
            OutputError: They cannot be written.
        """
        self.config = dict(config)
        _write_config(self.path, kind=self.kind, config=config, catalogue=self.catalogue, environment=self.environment)

    def check_kind(self, *kinds: str) -> None:
        """Makes sure that the run was made by one of some verbs.

        Raises:
            RunError: Another one made it.
        """
        if self.kind not in kinds:
            known = " or ".join(f"`modiste {kind}`" for kind in kinds)
            raise RunError(f"made by `modiste {self.kind}`", where=self.path, fix=f"give a run of {known}")

    def check_same(self, config: Mapping[str, Any], catalogue: Path) -> None:
        """Makes sure that a resumed run goes on as it began.

        Raises:
            RunError: A setting or the catalogue is another one.
        """
        for name, value in config.items():
            if self.config.get(name) != value:
                raise RunError(
                    f"began with {name} = {self.config.get(name)!r}, not {value!r}",
                    where=self.path,
                    fix="resume with the same settings, or start anew with another --out",
                )
        if self.catalogue != str(catalogue.resolve()):
            raise RunError(
                f"began with the catalogue {self.catalogue}", where=self.path, fix="resume with the same one"
            )

    def write_json(self, name: str, value: object) -> None:
        """Writes a value as JSON, whole or not at all."""
        write_whole(self.path / name, json.dumps(value, indent=2, ensure_ascii=False) + "\n")

    def write_text(self, name: str, text: str) -> None:
        """Writes a text file, whole or not at all."""
        write_whole(self.path / name, text)

    def write_parquet(self, name: str, frame: "pl.DataFrame") -> None:
        """Writes a table as Parquet, whole or not at all."""
        buffer = BytesIO()
        frame.write_parquet(buffer)
        write_whole(self.path / name, buffer.getbuffer())


def check_free(path: Path) -> None:
    """Makes sure that a run folder can be made at `path`: nothing is there, or an empty folder, and it can be written.

    Raises:
        RunError: Something is there already.
        OutputError: See `check_folder`.
    """
    if not is_free(path):
        raise RunError("exists already", where=path, fix="give another --out, or go on with --resume")
    check_folder(path, flag="--out")


def is_free(path: Path) -> bool:
    """Whether nothing is at `path`, or an empty folder; what a run leaves that is killed as it begins is nothing."""
    beginning = {LOCK, f".{CONFIG}{ASIDE}"}
    return not os.path.lexists(path) or (path.is_dir() and all(each.name in beginning for each in path.iterdir()))


def check_folder(path: Path, *, flag: str) -> None:
    """Makes sure, before the work, that a folder of files can be written; what is made to find out is removed again.

    Args:
        path: The folder.
        flag: The option that names it, for errors.

    Raises:
        OutputError: It cannot be made, or nothing can be written to it.
    """
    try:
        with _made(path), TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise OutputError(f"cannot be written ({error.strerror})", where=path, fix=f"give another {flag}") from error


@contextmanager
def _made(path: Path) -> Iterator[None]:
    """Makes a folder with those above it; at the end, what was made is removed again where nothing is in it."""
    missing = [folder for folder in (path, *path.parents) if not os.path.lexists(folder)]
    try:
        path.mkdir(parents=True, exist_ok=True)
        yield
    finally:
        for folder in missing:
            with suppress(OSError):
                folder.rmdir()


@contextmanager
def hold_run(path: Path, *, resume: bool) -> Iterator[None]:
    """Keeps other processes from writing to a run folder while the context lasts: see `hold_folder`.

    Args:
        path: The run folder.
        resume: Whether a run may lie there.

    Raises:
        RunError: Something is there already, and is not to be gone on with.
        OutputError: Another process writes to it, or it cannot be written.
    """
    if not resume and not (path / LOCK).exists():
        # Nothing is written to a folder that is somebody's own.
        check_free(path)
    with hold_folder(path):
        yield


@contextmanager
def hold_folder(path: Path) -> Iterator[None]:
    """Keeps other processes from writing to a folder of results while the context lasts.

    The folder is made where it is missing, and removed again where nothing came into it.

    Raises:
        OutputError: Another process writes to it, or it cannot be written.
    """
    with ExitStack() as held:
        try:
            held.enter_context(_made(path))
            fix = "wait until it is done, or give another --out"
            held.enter_context(only_one(path / LOCK, where=path, fix=fix))
        except OSError as error:
            raise OutputError(f"cannot be written ({error.strerror})", where=path, fix="give another --out") from error
        yield


@contextmanager
def hold_output(path: Path, *, overwrite: bool = False) -> Iterator[None]:
    """Keeps other processes from making the same file while the context lasts; see `check_output`, which it calls.

    Raises:
        OutputError: Another process makes it, something is there already, or it cannot be written.
    """
    check_output(path, overwrite=overwrite)
    with ExitStack() as held:
        try:
            fix = "wait until it is done, or give another name"
            held.enter_context(only_one(path.with_name(f".{path.name}{LOCK}"), where=path, fix=fix))
        except OSError as error:
            raise OutputError(f"cannot be written ({error.strerror})", where=path, fix="give another name") from error
        # Who held it before may have made it in between.
        check_output(path, overwrite=overwrite)
        yield


def check_output(path: Path, *, overwrite: bool = False) -> None:
    """Makes sure, before the work, that a file can be written at `path`; its folder is made where it is missing.

    Raises:
        OutputError: Something is there already, or the folder cannot be made.
    """
    if path.is_dir():
        raise OutputError("is a folder", where=path, fix="give the name of a file")
    if path.exists() and not overwrite:
        raise OutputError("exists already", where=path, fix="give another name, or --overwrite")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"its folder cannot be made ({error.strerror})", where=path, fix="give another name"
        ) from error


def _write_config(
    path: Path, *, kind: str, config: Mapping[str, Any], catalogue: str, environment: Mapping[str, str]
) -> None:
    document = {"format": FORMAT, "kind": kind, "catalogue": catalogue, "config": config, "environment": environment}
    write_whole(path / CONFIG, tomli_w.dumps(document))


def write_whole(path: Path, content: "str | Buffer") -> None:
    """Writes a file so that a kill or a full disk leaves either the old one or the new one; of two writers, the last's.

    Args:
        path: The file.
        content: Bytes, or text, which is written as UTF-8.

    Raises:
        OutputError: It cannot be written; what was there is still there.
    """
    aside = path.with_name(f".{path.name}{ASIDE}")
    try:
        data = content.encode() if isinstance(content, str) else content
        # What is aside is its own lock: nobody moves into place what another is still writing.
        with one_after_another(aside):
            aside.write_bytes(data)
            aside.replace(path)
    except (OSError, UnicodeEncodeError) as error:
        raise OutputError(
            f"cannot be written ({error.strerror if isinstance(error, OSError) else error})",
            where=path,
            fix="check the path, and that the disk has room",
        ) from error


def describe_environment(packages: Sequence[str]) -> dict[str, str]:
    """Returns the machine and the versions of Python and the named packages, for results that others can compare."""
    facts = {
        "machine": f"{_processor()}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }
    return facts | {name: _version(name) for name in ("modiste", *packages)}


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        # It may come under another name than the one it is imported by: tensorflow-cpu holds tensorflow. That is in the
        # lists of files of all packages, which take a tenth of a second to read.
        owners = metadata.packages_distributions().get(package, [package])
        return metadata.version(owners[0])


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
