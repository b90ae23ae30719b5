"""`modiste serve` under load, with 1, 8 and 64 clients on loopback: beside a plain FastAPI endpoint that calls Keras
`predict` on the study's network. With `--soak SECONDS`, ours alone for so long, and what memory it holds meanwhile.
"""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from urllib.error import URLError
from urllib.request import urlopen

import polars as pl

from benchmarks.contest import ROOT, alternate
from benchmarks.harness import Benchmark, Setup, option
from benchmarks.load import Load, put_load
from benchmarks.rows import Row, Side, percentile
from modiste.runs import describe_environment

CLIENTS = (1, 8, 64)
PHOTOS = 200
WARM = 2.0
"""Seconds of load that are not counted."""

PATIENCE = 120
SOAK_CLIENTS = 8


@dataclass(frozen=True)
class Server:
    """A running service.

    Attributes:
        name: What it is.
        port: Where it answers on 127.0.0.1.
        pid: Of its process.
        start: Seconds from its command to its first answer.
    """

    name: str
    port: int
    pid: int
    start: float

    @property
    def memory(self) -> float:
        """MB of resident memory."""
        lines = Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:")) / 1e6

    @property
    def descriptors(self) -> int:
        """How many files and connections are open."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))


@contextmanager
def running(name: str, command: Sequence[str | Path], folder: str) -> Iterator[Server]:
    """Runs a service until it answers, and for as long as the block runs."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = int(found.getsockname()[1])
    words = [str(word) for word in command]
    start = time.monotonic()
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    environment = os.environ | {"PYTHONPATH": path, "TF_CPP_MIN_LOG_LEVEL": "2"}
    process = subprocess.Popen([*words, "--port", str(port)], cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    try:
        _wait(port, start)
        yield Server(name, port, process.pid, time.monotonic() - start)
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _wait(port: int, start: float) -> None:
    while True:
        try:
            with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1):
                return
        except (URLError, OSError) as error:
            if time.monotonic() - start > PATIENCE:
                raise RuntimeError(f"nothing answers on port {port}") from error
            time.sleep(0.005)


def commands(setup: Setup) -> Mapping[str, list[str | Path]]:
    """Returns how to start us and the peer."""
    return {
        "modiste serve": [Path(sys.executable).with_name("modiste"), "serve", *setup.tagger_flags],
        "FastAPI with Keras predict": [setup.peer, "-m", "benchmarks.peers.service"],
    }


def measure(setup: Setup) -> list[Row]:
    """Puts load on us and on the peer in turns, and starts both, in turns."""
    seconds, photos, services = setup.options.seconds, photos_to_send(setup), commands(setup)
    (ours, our_command), (peer, peer_command) = services.items()
    # Before the minutes of load, lest a package that is missing is found out after them.
    versions = {
        ours: versions_of(Path(sys.executable), ("fastapi", "uvicorn", "onnxruntime")),
        peer: versions_of(setup.peer, ("fastapi", "uvicorn", "keras", "tensorflow")),
    }
    with TemporaryDirectory() as folder:
        with running(ours, our_command, folder) as one, running(peer, peer_command, folder) as other:
            for server in (one, other):
                put_load(server.port, photos, clients=CLIENTS[1], seconds=WARM)
            turns = {
                (server.name, clients): partial(put_load, server.port, photos, clients=clients, seconds=seconds)
                for clients in CLIENTS
                for server in (one, other)
            }
            found = alternate(turns, setup.rounds)
        cold = {name: partial(_start, name, command, folder) for name, command in services.items()}
        starts = alternate(cold, setup.rounds)
    return [*_rows(versions, found, seconds), _start_row(versions, starts)]


def photos_to_send(setup: Setup) -> list[bytes]:
    """Returns the files that the clients send."""
    return [path.read_bytes() for path in sorted(setup.photos().iterdir())[:PHOTOS]]


def _start(name: str, command: Sequence[str | Path], folder: str) -> float:
    with running(name, command, folder) as server:
        return server.start


def versions_of(python: Path, packages: Sequence[str]) -> dict[str, str]:
    """Returns what `describe_environment` says where another Python runs."""
    asked = "import json, sys; from modiste.runs import describe_environment as describe; "
    asked += "print(json.dumps(describe(sys.argv[1:])))"
    told = subprocess.run([python, "-c", asked, *packages], check=True, capture_output=True, text=True).stdout
    found: dict[str, str] = json.loads(told)
    return found


def _rows(
    versions: Mapping[str, Mapping[str, str]], found: Mapping[tuple[str, int], Sequence[Load]], seconds: float
) -> Iterator[Row]:
    ours = next(iter(versions))
    for clients in CLIENTS:
        if faults := sum(load.faults for load in found[ours, clients]):
            raise RuntimeError(f"{faults} of our answers to {clients} clients were lost, refused or another's")
        size = f"{clients} client{'s' * (clients > 1)} for {seconds:g} s"
        sides = [(name, found[name, clients]) for name in versions]
        one, other = (
            Side(name, [len(load.milliseconds) / load.seconds for load in loads], versions=versions[name])
            for name, loads in sides
        )
        yield Row(f"requests of one photo over HTTP, {clients} at a time", "requests/s", size, one, other)
        for share in (50, 99):
            one, other = (
                Side(name, [percentile(load.milliseconds, share) for load in loads], versions=versions[name])
                for name, loads in sides
            )
            work = f"one photo over HTTP, {clients} at a time: p{share}"
            yield Row(work, "ms", size, one, other, better="less")


def _start_row(versions: Mapping[str, Mapping[str, str]], starts: Mapping[str, Sequence[float]]) -> Row:
    one, other = (Side(name, starts[name], versions=each) for name, each in versions.items())
    return Row("from the command to the first answer", "s", "cold processes, warm disk", one, other, better="less")


def soak(setup: Setup) -> None:
    """Puts load on us for long, writes what memory we held, and fails where an answer was not its request's."""
    seconds, photos = setup.options.soak, photos_to_send(setup)
    held: list[tuple[float, float]] = []
    ours, command = next(iter(commands(setup).items()))
    with TemporaryDirectory() as folder, running(ours, command, folder) as server:
        put_load(server.port, photos, clients=SOAK_CLIENTS, seconds=WARM)
        over, start = threading.Event(), time.monotonic()

        def watch() -> None:
            while not over.wait(1):
                held.append((round(time.monotonic() - start, 1), round(server.memory, 1)))

        watching = threading.Thread(target=watch)
        watching.start()
        load = put_load(server.port, photos, clients=SOAK_CLIENTS, seconds=seconds)
        over.set()
        watching.join()
    facts = {"soak": seconds, "clients": SOAK_CLIENTS, "answers": len(load.milliseconds), "faults": load.faults}
    table = pl.DataFrame(held, schema=["seconds", "megabytes"], orient="row")
    table = table.with_columns(pl.lit(value).alias(name) for name, value in (facts | describe_environment(())).items())
    table.write_csv(setup.out.with_name(f"{setup.out.stem}-soak.csv"))
    tenth = max(1, len(held) // 10)
    first, last = (fmean(memory for _, memory in part) for part in (held[tenth : 2 * tenth], held[-tenth:]))
    print(f"{len(load.milliseconds):,} answers in {load.seconds:.0f} s, {load.faults} faults")
    print(f"memory: {first:.1f} MB after a tenth of the time, {last:.1f} MB at the end")
    if load.faults:
        sys.exit("answers were lost, refused or another's")


BENCHMARK = Benchmark(
    "serving",
    __doc__,
    measure,
    (
        option("--seconds", type=float, default=10.0, help="of each turn (%(default)s)"),
        option("--soak", type=float, metavar="SECONDS", help="only ours, for so long"),
    ),
    tagger=True,
)


def main() -> None:
    """Measures load beside the peer's, or soaks, as the command line says."""
    setup = BENCHMARK.setup()
    if setup.options.soak:
        soak(setup)
    else:
        BENCHMARK.write(setup)


if __name__ == "__main__":
    main()
