"""Nothing phones home: no look-up, no connection, and no file of anybody's in the user's home."""

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx2 as httpx
import pytest
from PIL import Image
from tests.cli.service import PROGRAM, served

OFFLINE = (sys.executable, str(Path(__file__).with_name("offline.py")))

LOOKED_UP = 12.0
"""Seconds: if it may, ONNX Runtime looks up its maker's collector nine seconds after its start."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home; the environment holds nothing that would keep a package quiet, as CI does."""
    for name in os.environ:
        if name.startswith("XDG_") or name in {"CI", "ORT_DISABLE_TELEMETRY"}:
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    return home


def offline(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*OFFLINE, sys.executable, *command], capture_output=True, text=True, check=False)


def png() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (6, 8), (255, 255, 255)).save(buffer, format="PNG")
    return buffer.getvalue()


def test_a_look_up_would_be_seen() -> None:
    assert offline("-c", "import socket; socket.getaddrinfo('modiste.invalid', 443)").returncode == -signal.SIGSYS
    refused = offline("-c", "import socket; socket.create_connection(('192.0.2.1', 443), timeout=5)")
    assert "Network is unreachable" in refused.stderr


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
def test_tagging_tells_nobody(home: Path, tmp_path: Path, brightness_bundle: Path, engine: str) -> None:
    photo = tmp_path / "a.png"
    photo.write_bytes(png())
    done = offline("-c", PROGRAM, "tag", str(photo), "--bundle", str(brightness_bundle), "--engine", engine)
    assert done.returncode == 0, done.stderr
    assert "bright" in done.stdout
    assert list(home.rglob("*")) == []


def test_the_python_interface_tells_nobody(home: Path, brightness_bundle: Path) -> None:
    done = offline("-c", f"import modiste; modiste.Tagger.load({str(brightness_bundle)!r})")
    assert done.returncode == 0, done.stderr
    assert list(home.rglob("*")) == []


def test_serving_tells_nobody(home: Path, tmp_path: Path, brightness_bundle: Path) -> None:
    with served(tmp_path, "--bundle", str(brightness_bundle), within=OFFLINE) as service:
        answered = httpx.post(f"{service.address}/v1/tag", timeout=60, files=[("photos", ("a.png", png()))])
        assert answered.is_success
        time.sleep(LOOKED_UP)
        assert service.process.poll() is None
    assert service.process.returncode == 0, service.log.read_text()
    assert list(home.rglob("*")) == []
