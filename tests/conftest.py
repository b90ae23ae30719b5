"""What all tests share."""

import os
import resource
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.postgresql import Cluster, programs_of_postgresql, running_cluster
from tests.processor import computes_in_bfloat16

if TYPE_CHECKING:
    from modiste.workflows.export import ExportResult
    from modiste.workflows.pipeline import RunResult

# The package chooses this where the user has chosen nothing, but a test file may import Keras before it.
os.environ.setdefault("KERAS_BACKEND", "torch")
# The tests' networks are small: several threads would wait for each other more than they work, and where two workers
# have two cores, each for the other's. NumPy and PyTorch read this when they are imported, so nothing here does.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# As `modiste` does, before a test file imports ONNX Runtime.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

REAL_DATA = Path(os.environ.get("MODISTE_REAL_DATA") or Path(__file__).parents[2] / "shared" / "data")
WITHOUT_REAL = not REAL_DATA.is_dir() and not os.environ.get("CI")

WITHOUT_BROWSER = not (os.environ.get("MODISTE_CHROMIUM") or shutil.which("chromium") or os.environ.get("CI"))

WITHOUT_POSTGRESQL = programs_of_postgresql() is None and not os.environ.get("CI")

WITHOUT_BFLOAT16 = not computes_in_bfloat16()

collect_ignore = [*(["real"] if WITHOUT_REAL else []), *(["browser"] if WITHOUT_BROWSER else [])]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if WITHOUT_POSTGRESQL:
        items[:] = [item for item in items if "postgresql" not in getattr(item, "fixturenames", ())]
    if WITHOUT_BFLOAT16:
        items[:] = [item for item in items if item.get_closest_marker("bfloat16") is None]
    if config.pluginmanager.hasplugin("xdist"):
        from tests.distribution import place_in_queue

        items.sort(key=place_in_queue)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    if config.getoption("dist") != "loadscope":
        return None
    from tests.distribution import Scheduler

    config.option.loadscopereorder = False  # the order is ours
    return Scheduler(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_handlecrashitem(crashitem: str) -> None:
    """Ends the session where a worker's process ends: xdist would wait for its other tests without end."""
    pytest.exit(f"the process of a worker ended in {crashitem}", returncode=pytest.ExitCode.INTERNAL_ERROR)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if WITHOUT_REAL:
        terminalreporter.write_line(
            f"tests/real is left out: no real catalogue in {REAL_DATA} (MODISTE_REAL_DATA names another)"
        )
    if WITHOUT_BROWSER:
        terminalreporter.write_line(
            "tests/browser is left out: no Chromium (apt-get install chromium, or name one in MODISTE_CHROMIUM)"
        )
    if WITHOUT_POSTGRESQL:
        terminalreporter.write_line(
            "tests of reviews are run on SQLite alone, those on PostgreSQL are left out: apt-get install postgresql"
        )
    if WITHOUT_BFLOAT16:
        terminalreporter.write_line("tests in bfloat16 are left out: this processor does not compute in it")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of the real catalogue."""
    if not REAL_DATA.is_dir():
        pytest.fail(f"{REAL_DATA} is not there; name the folder of the real catalogue in MODISTE_REAL_DATA")
    return REAL_DATA


@pytest.fixture(scope="session")
def drawn_catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A drawn catalogue of 400 products, to be read and not to be written to."""
    from modiste.sample.draw import draw_catalogue

    return draw_catalogue(tmp_path_factory.mktemp("drawn") / "catalogue", products=400, seed=1).directory


@pytest.fixture(scope="session")
def small_catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalogue of the small run, to be read and not to be written to."""
    from tests.small_run import draw_small_catalogue

    return draw_small_catalogue(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="session")
def small_run(small_catalogue: Path, tmp_path_factory: pytest.TempPathFactory) -> "RunResult":
    """A finished training, to be read and not to be written to."""
    from tests.small_run import train_small_run

    return train_small_run(small_catalogue, tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="session")
def small_export(small_run: "RunResult", tmp_path_factory: pytest.TempPathFactory) -> "ExportResult":
    """Its bundle, in float32."""
    from tests.small_run import export_small_run

    return export_small_run(small_run.run, tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="session")
def brightness_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a bundle that sees nothing but brightness: see `tests.brightness`."""
    from tests.brightness import brightness_bundle as made

    from modiste.portable.bundle import write_bundle

    path = tmp_path_factory.mktemp("bundle") / "brightness.modiste"
    write_bundle(path, made())
    return path


@pytest.fixture
def no_file_above() -> Callable[[int], AbstractContextManager[None]]:
    """Stands for a full disk: in its context, the system refuses to write more than so many bytes to a file."""

    @contextmanager
    def limited(size: int) -> Iterator[None]:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    return limited


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keeps the decoded pixels out of the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODISTE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    """A PostgreSQL server."""
    programs = programs_of_postgresql()
    if programs is None:
        pytest.fail("PostgreSQL is not installed: apt-get install postgresql")
    with running_cluster(programs) as cluster:
        yield cluster


@pytest.fixture(params=["sqlite", *([] if WITHOUT_POSTGRESQL else ["postgresql"])])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty database of reviews is: a file that is not there yet, or a URL."""
    if request.param == "sqlite":
        return str(tmp_path / "reviews.db")
    import psycopg

    cluster: Cluster = request.getfixturevalue("postgresql")
    # A schema of its own is as empty as a database of its own, and made in no time.
    name = f"reviews_{secrets.token_hex(8)}"
    with psycopg.connect(cluster.url()) as connection:
        connection.execute(f"CREATE SCHEMA {name}".encode())
    return cluster.url(name)
