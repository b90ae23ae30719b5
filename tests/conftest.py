"""What all tests share."""

import os
import resource
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

# The package chooses this where the user has chosen nothing, but a test file may import Keras before it.
os.environ.setdefault("KERAS_BACKEND", "torch")

REAL_DATA = Path(os.environ.get("MODISTE_REAL_DATA") or Path(__file__).parents[2] / "shared" / "data")
WITHOUT_REAL = not REAL_DATA.is_dir() and not os.environ.get("CI")

# Logits of the brightness bundle, from a brightness in [0, 1].
SLOPES, OFFSETS = np.array([0, 20, 40, 0, 8], np.float32), np.array([0, -5, -20, 0, -4], np.float32)

WITHOUT_BROWSER = not (os.environ.get("MODISTE_CHROMIUM") or shutil.which("chromium") or os.environ.get("CI"))

collect_ignore = [*(["real"] if WITHOUT_REAL else []), *(["browser"] if WITHOUT_BROWSER else [])]


def postgresql_programs() -> Path | None:
    """The folder of the newest PostgreSQL's programs, Debian's own place included, which is not on the path."""
    found = shutil.which("initdb")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    newest = debian[-1] if debian else Path(found) if found else None
    return newest.resolve().parent if newest else None


WITHOUT_POSTGRESQL = postgresql_programs() is None and not os.environ.get("CI")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if WITHOUT_POSTGRESQL:
        items[:] = [item for item in items if "postgresql" not in getattr(item, "fixturenames", ())]


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
def brightness_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a real bundle that sees nothing but brightness: small, made at once, and its answers are known.

    A photo is `dark` below a quarter of the light, `bright` above three, else `grey`; a dark one is out of
    distribution.
    """
    from modiste.portable.bundle import Bundle, write_bundle
    from modiste.portable.contents import Calibration, ImageFacts
    from modiste.schema import Attribute, Schema

    sure = Calibration(np.linspace(0, 1, 400, dtype=np.float32), np.ones(400, bool), np.zeros(400, np.uint16))
    made = Bundle(
        schema=Schema((Attribute("tone", ("dark", "grey", "bright")), Attribute("half", ("no", "yes")))),
        image=ImageFacts(8, 6),
        network=_brightness_network(8, 6),
        heads=np.tile(SLOPES / 3, (3, 1)).astype(np.float16),
        temperatures=(1.0, 1.0),
        calibration=(sure, sure),
        ood_threshold=0.5,
    )
    path = tmp_path_factory.mktemp("bundle") / "brightness.modiste"
    write_bundle(path, made)
    return path


def _brightness_network(height: int, width: int) -> bytes:
    from modiste.portable.graph import Graph

    graph = Graph()
    graph.node("Cast", ["pixels"], "values", to=1)
    graph.node("Div", ["values", graph.array("white", 255.0)], "features")
    graph.node("ReduceMean", ["features"], "embedding", axes=[1, 2], keepdims=0)
    kernel = graph.array("kernel", np.tile(SLOPES / 3, (3, 1)))
    graph.node("Gemm", ["embedding", kernel, graph.array("offsets", OFFSETS)], "logits")
    graph.node("ReduceMean", ["embedding"], "mean", axes=[1], keepdims=0)
    share = graph.node("Clip", ["mean", graph.array("none", 0.0), graph.array("all", 1.0)], "share")
    graph.node("Sub", [graph.array("one", 1.0), share], "ood_score")
    outputs = {"logits": (5,), "embedding": (3,), "ood_score": (), "features": (height, width, 3)}
    return graph.finish({"pixels": (height, width, 3)}, outputs)


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


@dataclass(frozen=True)
class Cluster:
    """A PostgreSQL server of the tests' own, on loopback.

    Attributes:
        programs: Where its programs lie.
        folder: Its data.
        port: Where it listens.
        password: Of its one user, `postgres`.
    """

    programs: Path
    folder: Path
    port: int
    password: str

    def url(self, schema: str = "public") -> str:
        place = f"127.0.0.1:{self.port}/postgres?options=-csearch_path%3D{schema}"
        return f"postgresql://postgres:{self.password}@{place}"

    def run(self, program: str, *arguments: str) -> None:
        command = [str(self.programs / program), "--pgdata", str(self.folder / "data"), *arguments]
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            command = ["runuser", "-u", "postgres", "--", *command]
        log = self.folder / "programs.log"
        with log.open("ab") as output:
            # Not a pipe: the server would hold it open for good.
            done = subprocess.run(command, check=False, stdout=output, stderr=output, cwd=self.folder)
        assert done.returncode == 0, log.read_text()

    def start(self) -> None:
        # It may answer before it has written, so what survives a crash does so because the store asked for it. The
        # machine itself does not crash, so nobody waits for its disk.
        relaxed = "-c synchronous_commit=off -c fsync=off"
        options = f"-h 127.0.0.1 -p {self.port} -c unix_socket_directories= {relaxed}"
        self.run("pg_ctl", "--wait", "--options", options, "--log", str(self.folder / "server.log"), "start")

    def crash(self) -> None:
        self.run("pg_ctl", "--wait", "--mode", "immediate", "stop")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    """A PostgreSQL server."""
    programs = postgresql_programs()
    if programs is None:
        pytest.fail("PostgreSQL is not installed: apt-get install postgresql")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    # Not below pytest's own folder, which another user cannot enter.
    with tempfile.TemporaryDirectory(prefix="modiste-postgresql-") as name:
        cluster = Cluster(programs, Path(name), port, secrets.token_hex(16))
        password = cluster.folder / "password"
        password.write_text(cluster.password)
        if os.geteuid() == 0:
            for path in (cluster.folder, password):
                shutil.chown(path, "postgres")
        safe = ("--auth=scram-sha-256", f"--pwfile={password}")
        cluster.run("initdb", "--username=postgres", *safe, "--encoding=UTF8", "--no-locale", "--no-sync")
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.crash()  # it leaves nothing that anybody needs


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
