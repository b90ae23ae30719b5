from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib import import_module
from types import ModuleType

import numpy as np
import onnx
import pytest
from tests.portable.conftest import Lab

from modiste.errors import BundleError, ConfigError, MissingExtraError
from modiste.portable import engine as engines
from modiste.portable.bundle import Bundle
from modiste.portable.engine import ANSWERED, ENGINES, OUTPUTS, open_engine


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


def test_an_engine_that_is_broken_is_not_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(name: str) -> ModuleType:
        raise ModuleNotFoundError("No module named 'flatbuffers'", name="flatbuffers")

    monkeypatch.setattr(engines, "import_module", load)
    with pytest.raises(ModuleNotFoundError, match="flatbuffers"):
        open_engine(b"")
