"""`modiste serve`, as a process."""

import io
import signal
import socket
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx2 as httpx
import psutil  # type: ignore[import-untyped]
import pytest
from PIL import Image
from tests.cli.service import Service, served

from modiste.cli.main import main


def photo(value: int, size: tuple[int, int] = (6, 8)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, (value, value, value)).save(buffer, format="PNG")
    return buffer.getvalue()


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as stopped:
        main(["serve", *arguments])
    assert stopped.value.code == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    return line


def test_bad_input_is_one_line(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODISTE_API_KEY", " ")
    monkeypatch.chdir(tmp_path)
    assert "MODISTE_API_KEY" in refused(capsys, "--host", "0.0.0.0", "--bundle", str(bundle))
    assert "nowhere.modiste" in refused(capsys, "--port", "0", "--bundle", "nowhere.modiste")
    assert "onnxruntime-gpu" in refused(capsys, "--port", "0", "--bundle", str(bundle), "--device", "cuda")
    assert "no such file" in refused(capsys, "--port", "0", "--bundle", str(bundle), "--catalogue", "nowhere")
    assert "no kind of database" in refused(capsys, "--port", "0", "--bundle", str(bundle), "--database", "mysql://x/y")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert "cannot listen there" in refused(capsys, "--port", str(taken.getsockname()[1]), "--bundle", str(bundle))
    assert "cannot listen there" in refused(
        capsys, "--host", "no.such.host.invalid", "--no-auth", "--bundle", str(bundle)
    )


def test_it_answers_without_keras_whoever_goes_away_in_the_middle_and_ends_well(bundle: Path, tmp_path: Path) -> None:
    with served(tmp_path, "--bundle", str(bundle)) as service:
        # Ready in 1.5 s on a quiet machine; on a busy one, the processor's time tells whether that still holds.
        spent = psutil.Process(service.process.pid).cpu_times()
        assert spent.user + spent.system < 3
        answered = httpx.post(f"{service.address}/v1/tag", timeout=60, files=[("photos", ("a.png", photo(255)))])
        assert answered.json()["photos"][0]["answers"]["tone"]["label"] == "bright"
        mapped = {Path(each.path).name for each in psutil.Process(service.process.pid).memory_maps()}
        assert not {name for name in mapped if "torch" in name or "tensorflow" in name or "jax" in name}
        assert (tmp_path / "reviews.db").exists()
        _go_away_in_the_middle(service)
        answered = httpx.post(f"{service.address}/v1/tag", timeout=60, files=[("photos", ("a.png", photo(0)))])
        assert answered.status_code == 200
    assert service.process.returncode == 0
    log = service.log.read_text()
    assert "Traceback" not in log
    assert "boundary" not in log, "what clients send is not for the log"


def _go_away_in_the_middle(service: Service) -> None:
    port = urlsplit(service.address).port
    head = b"POST /v1/tag HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    for body in (b"Content-Length: 9999\r\n\r\n--b\r\n", b"Transfer-Encoding: chunked\r\n\r\nzz", b"\r\n"):
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(head + body)
    form = {"Content-Type": "multipart/form-data; boundary=b"}
    damaged = httpx.post(f"{service.address}/v1/tag", timeout=60, headers=form, content=b"--xSECRET")
    assert damaged.status_code == 400


def test_a_key_is_asked_for(bundle: Path, tmp_path: Path) -> None:
    with served(tmp_path, "--bundle", str(bundle), "--log-requests", key="k3y-of-ours\n") as service:
        assert httpx.get(f"{service.address}/v1/labels", timeout=60).status_code == 401
        headers = {"Authorization": "Bearer k3y-of-ours"}
        assert httpx.get(f"{service.address}/v1/labels?key=k3y-of-ours", timeout=60, headers=headers).status_code == 200
        # A proxy before it passes on the name that it is asked by.
        headers |= {"Host": "shop.example"}
        assert httpx.get(f"{service.address}/v1/labels", timeout=60, headers=headers).status_code == 200
    log = service.log.read_text()
    assert "GET /v1/labels 200" in log
    assert "k3y-of-ours" not in log


def test_sigterm_answers_what_is_under_way_and_then_stops(bundle: Path, tmp_path: Path) -> None:
    with served(tmp_path, "--bundle", str(bundle)) as service:
        answers: list[httpx.Response] = []
        # Large photos and heat maps keep it at work for a while.
        large = [("photos", (f"{number}.png", photo(255, (900, 900)))) for number in range(8)]
        asking = [threading.Thread(target=_ask, args=(service, large, answers)) for _ in range(3)]
        for thread in asking:
            thread.start()
        _wait_until_under_way(service)
        service.process.send_signal(signal.SIGTERM)
        for thread in asking:
            thread.join(120)
        assert [answer.status_code for answer in answers] == [200] * 3
        assert all(len(answer.json()["photos"]) == 8 for answer in answers)
        assert service.process.wait(120) == 0
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{service.address}/healthz", timeout=60)


def _ask(service: Service, photos: list[tuple[str, tuple[str, bytes]]], answers: list[httpx.Response]) -> None:
    answers.append(httpx.post(f"{service.address}/v1/tag?explain=tone", files=photos, timeout=120))


def _wait_until_under_way(service: Service) -> None:
    for _ in range(1000):
        told = httpx.get(f"{service.address}/metrics", timeout=60).text
        if any(line == 'modiste_photos_total{outcome="answered"} 24.0' for line in told.splitlines()):
            return
        time.sleep(0.005)
    pytest.fail("nothing was asked")
