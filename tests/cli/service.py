"""A service in a process of its own, on loopback, ended by the process that began it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2 as httpx
import psutil  # type: ignore[import-untyped]

PROGRAM = "from modiste.cli.main import main; main()"
PATIENCE = 120
"""Seconds; on a busy machine everything takes its time."""


@dataclass(frozen=True)
class Service:
    """A running service.

    Attributes:
        process: Its process.
        address: Where it answers.
        log: What it writes.
    """

    process: subprocess.Popen[bytes]
    address: str
    log: Path

    @property
    def memory(self) -> int:
        """Bytes of memory that it holds."""
        return int(psutil.Process(self.process.pid).memory_info().rss)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as opened:
        return int(opened.getsockname()[1])


@contextmanager
def served(folder: Path, *arguments: str, key: str | None = None, within: Sequence[str] = ()) -> Iterator[Service]:
    """Runs `modiste serve` in a folder until it is ready, and for as long as the block runs.

    Args:
        folder: Its log is there as well.
        arguments: Of the verb.
        key: What clients must know.
        within: A command that runs the service's.
    """
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if name != "MODISTE_API_KEY"}
    if key is not None:
        environment["MODISTE_API_KEY"] = key
    log = folder / "service.log"
    with log.open("wb") as output:
        command = [*within, sys.executable, "-c", PROGRAM, "serve", "--port", str(port), *arguments]
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output)
    try:
        service = Service(process, f"http://127.0.0.1:{port}", log)
        _wait(service)
        yield service
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


def _wait(service: Service) -> None:
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit:
        try:
            if httpx.get(f"{service.address}/readyz", timeout=1).is_success:
                return
        except httpx.TransportError:
            if service.process.poll() is not None:
                raise AssertionError(service.log.read_text()) from None
        time.sleep(0.02)
    raise AssertionError(service.log.read_text())
