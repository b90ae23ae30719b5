"""A PostgreSQL server of the tests' own."""

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


def programs_of_postgresql() -> Path | None:
    """The folder of the newest PostgreSQL's programs, Debian's own place included, which is not on the path."""
    found = shutil.which("initdb")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    newest = debian[-1] if debian else Path(found) if found else None
    return newest.resolve().parent if newest else None


@dataclass(frozen=True)
class Cluster:
    """A server on loopback.

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


@contextmanager
def running_cluster(programs: Path) -> Iterator[Cluster]:
    """Runs a new server for as long as the block runs."""
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
