"""The service on a bundle that sees nothing but brightness, asked in the process and over loopback."""

import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image

from modiste.portable.bundle import read_bundle
from modiste.portable.predictor import Predictor
from modiste.serving.app import create_app

Photo = Callable[[int], bytes]
Ask = Callable[..., TestClient]


@pytest.fixture(scope="session")
def predictor(brightness_bundle: Path) -> Predictor:
    return Predictor(read_bundle(brightness_bundle), engine="onnxruntime", threads=1)


def photo_of(value: int, size: tuple[int, int] = (6, 8), kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, (value, value, value)).save(buffer, format=kind)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def photo() -> Photo:
    """A PNG file of one brightness."""
    return photo_of


@pytest.fixture
def ask(predictor: Predictor) -> Iterator[Ask]:
    """Makes a client of a service with options of its own."""
    clients = []

    def make(**options: Any) -> TestClient:
        client = TestClient(create_app(predictor, **options), base_url="http://localhost")
        clients.append(client)
        return client.__enter__()

    yield make
    for client in clients:
        client.__exit__(None, None, None)


@pytest.fixture
def client(ask: Ask) -> TestClient:
    """A client of a service without a key."""
    return ask()


@contextmanager
def running(app: FastAPI, **options: Any) -> Iterator[httpx.Client]:
    """Serves on a free port of loopback, in a thread of this process, for as long as the block runs."""
    with socket.create_server(("127.0.0.1", 0)) as opened:
        config = uvicorn.Config(app, lifespan="on", log_config=None, log_level="error", **options)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]})
        thread.start()
        try:
            limit = time.monotonic() + 30
            while not server.started and time.monotonic() < limit:
                time.sleep(0.01)
            with httpx.Client(base_url=f"http://127.0.0.1:{opened.getsockname()[1]}", timeout=60) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join(timeout=60)
            assert not thread.is_alive()
