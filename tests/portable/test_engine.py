from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib import import_module
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from tests.portable.conftest import Lab

from modiste.config import Device
from modiste.errors import BundleError, ConfigError, MissingExtraError
from modiste.portable import engine as engines
from modiste.portable.bundle import Bundle
from modiste.portable.engine import ANSWERED, ENGINES, OUTPUTS, choose_providers, open_engine


@pytest.mark.parametrize("outputs", [OUTPUTS, ANSWERED])
@pytest.mark.parametrize("name", ENGINES)
def test_several_threads_may_run_one_engine(bundle: Bundle, lab: Lab, name: str, outputs: tuple[str, ...]) -> None:
    engine = open_engine(bundle.network, name=name, threads=1)

    def run(row: int) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
        return engine.run(lab.pixels[row : row + 1 + row % 3], outputs)

    alone = [run(row) for row in range(20)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(run, range(20)))
    for one, other in zip(alone, together, strict=True):
        assert one.keys() == other.keys() == set(outputs)
        for output in outputs:
            np.testing.assert_allclose(one[output], other[output], atol=1e-5)


@pytest.mark.parametrize("name", ENGINES)
def test_outputs_stay_when_the_engine_runs_again(bundle: Bundle, lab: Lab, name: str) -> None:
    engine = open_engine(bundle.network, name=name, threads=1)
    first = engine.run(lab.pixels[:3])
    assert first.keys() == set(OUTPUTS)
    kept = {key: values.copy() for key, values in first.items()}
    engine.run(lab.pixels[3:6])
    for key, values in kept.items():
        np.testing.assert_array_equal(first[key], values)


@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_is_silent(bundle: Bundle, lab: Lab, name: str, capfd: pytest.CaptureFixture[str]) -> None:
    open_engine(bundle.network, name=name).run(lab.pixels[:1])
    with pytest.raises(BundleError):
        open_engine(b"no network", name=name)
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")


@pytest.mark.parametrize("name", ENGINES)
def test_what_is_no_network_is_told_in_one_line(bundle: Bundle, name: str) -> None:
    newer = onnx.load_from_string(bundle.network)
    newer.opset_import[0].version = 999
    nameless = onnx.load_from_string(bundle.network)
    nameless.graph.node.pop()
    del nameless.graph.output[1:]
    for data in (b"", b"no network", bundle.network[:-100_000], nameless.SerializeToString()):
        with pytest.raises(BundleError, match="cannot load the network") as caught:
            open_engine(data, name=name)
        assert len(str(caught.value).splitlines()) == 1
    with suppress(BundleError):  # nothing else
        open_engine(newer.SerializeToString(), name=name)


def test_an_unknown_engine_is_told_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"'openvinoo' \(did you mean 'openvino'\?\)"):
        open_engine(b"", name="openvinoo")


def test_an_engine_that_is_missing(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    absent = {"onnxruntime"}

    def load(name: str) -> ModuleType:
        if name in absent:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return import_module(name)

    monkeypatch.setattr(engines, "import_module", load)
    assert type(open_engine(bundle.network)) is engines._OpenVino
    absent.add("openvino")
    for name in (None, "openvino"):
        with pytest.raises(MissingExtraError, match=r"pip install 'modiste\[openvino\]'"):
            open_engine(bundle.network, name=name)


@pytest.mark.parametrize(
    ("device", "available", "chosen"),
    [
        ("auto", ["CUDAExecutionProvider", "CPUExecutionProvider"], "CUDAExecutionProvider"),
        (
            "cuda",
            ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"],
            "CUDAExecutionProvider",
        ),
        ("cpu", ["CUDAExecutionProvider", "CPUExecutionProvider"], "CPUExecutionProvider"),
        ("auto", ["AzureExecutionProvider", "CPUExecutionProvider"], "CPUExecutionProvider"),
        ("cpu", ["CPUExecutionProvider"], "CPUExecutionProvider"),
    ],
)
def test_onnx_runtime_computes_with_cuda_where_it_is_installed(
    device: Device, available: list[str], chosen: str
) -> None:
    providers = choose_providers(device, available)
    assert providers[0] == chosen
    assert providers[-1] == "CPUExecutionProvider", "what CUDA does not know is computed by the CPU"


class FakeSession:
    """What ONNX Runtime is asked for; CUDA is loaded where a driver is."""

    def __init__(self, *, driver: bool) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.driver = driver

    def __call__(self, _: bytes, __: object, *, providers: list[tuple[str, dict[str, str]]]) -> "FakeSession":
        self.asked = providers
        return self

    def get_providers(self) -> list[str]:
        return [name for name, _ in self.asked if self.driver or not name.startswith("CUDA")]

    def get_outputs(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(name=name) for name in OUTPUTS]

    def get_inputs(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(name="pixels")]


@pytest.fixture
def with_cuda(monkeypatch: pytest.MonkeyPatch) -> Callable[..., FakeSession]:
    """Makes believe that onnxruntime-gpu is installed, on a machine with a driver or without."""

    def installed(*, driver: bool) -> FakeSession:
        session = FakeSession(driver=driver)
        monkeypatch.setattr(onnxruntime, "InferenceSession", session)
        monkeypatch.setattr(
            onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"]
        )
        return session

    return installed


def test_cuda_is_asked_for_the_answers_of_the_cpu(with_cuda: Callable[..., FakeSession]) -> None:
    session = with_cuda(driver=True)
    for device in ("auto", "cuda"):
        open_engine(b"", device=device)
        (first, options), (second, _) = session.asked
        assert (first, second) == ("CUDAExecutionProvider", "CPUExecutionProvider")
        assert options["use_tf32"] == "0"
    open_engine(b"", device="cpu")
    assert [name for name, _ in session.asked] == ["CPUExecutionProvider"]


def test_cuda_that_cannot_be_loaded_stops_only_those_who_asked_for_it(with_cuda: Callable[..., FakeSession]) -> None:
    with_cuda(driver=False)
    open_engine(b"", device="auto")
    with pytest.raises(ConfigError, match="--device cuda: onnxruntime-gpu cannot use a GPU here; see that"):
        open_engine(b"", device="cuda")


@pytest.mark.parametrize(
    ("name", "device", "told"),
    [
        (None, "cuda", "--device cuda: the onnxruntime that is installed .* CPU alone; .* pip install onnxruntime-gpu"),
        ("onnxruntime", "cuda", "--device cuda: the onnxruntime that is installed computes on the CPU alone"),
        ("openvino", "cuda", "--device cuda: OpenVINO computes on the CPU alone; leave --engine out, or give onnx"),
        (None, "cud", r"no device is called 'cud' \(did you mean 'cuda'\?\); take auto, cpu, cuda"),
    ],
)
def test_a_device_that_cannot_be_used_is_one_clear_line(
    bundle: Bundle, name: str | None, device: Any, told: str
) -> None:
    with pytest.raises(ConfigError, match=told) as caught:
        open_engine(bundle.network, name=name, device=device)
    assert len(str(caught.value).splitlines()) == 1
    assert type(open_engine(bundle.network, name="openvino", device="auto")) is engines._OpenVino


def test_an_engine_that_is_broken_is_not_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(name: str) -> ModuleType:
        raise ModuleNotFoundError("No module named 'flatbuffers'", name="flatbuffers")

    monkeypatch.setattr(engines, "import_module", load)
    with pytest.raises(ModuleNotFoundError, match="flatbuffers"):
        open_engine(b"")
