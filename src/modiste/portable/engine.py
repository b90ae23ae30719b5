"""What computes a network outside the lab: ONNX Runtime or OpenVINO, behind one small protocol.

Each call is computed by one core, and as many calls at once as there are cores. Measured with the whole
EfficientNet-Lite0 at 60x80 in int8, 2 cores, batches of 32: that gives 3,700 (ONNX Runtime) and 4,200 (OpenVINO)
pictures a second, and two cores for each call 2,400 and 2,500; one picture takes 0.56 ms on one core and 0.66 on two,
which wait for each other.

Where onnxruntime-gpu is installed and CUDA works, ONNX Runtime computes on the GPU instead; OpenVINO stays on the CPU.
"""

import os
import sys
import threading
from collections.abc import Sequence
from functools import cached_property
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from modiste.errors import BundleError, ConfigError, MissingExtraError, nearest

if TYPE_CHECKING:  # it would bring pydantic, which tagging does without
    from modiste.config import Device

__all__ = [
    "ANSWERED",
    "EMBEDDING",
    "ENGINES",
    "FEATURES",
    "LOGITS",
    "OOD_SCORE",
    "OUTPUTS",
    "Engine",
    "choose_providers",
    "open_engine",
    "usable_cores",
]

ENGINES = ("onnxruntime", "openvino")
"""The packages, the default one first. In int8 OpenVINO tags a quarter more photos a second (docs/results/speed.md);
ONNX Runtime starts a third of a second sooner, takes 50 MB less memory, and weighs 78 MB instead of 180, so it is what
the base install brings."""

DEVICES = ("auto", "cpu", "cuda")

LOGITS, EMBEDDING, OOD_SCORE = "logits", "embedding", "ood_score"
ANSWERED = (LOGITS, EMBEDDING, OOD_SCORE)
"""What answers are made of."""

FEATURES = "features"
OUTPUTS = (*ANSWERED, FEATURES)
"""What a network gives: see `conversion.to_onnx`. Only heat maps want feature maps, which are large."""

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"

CUDA_OPTIONS = {
    # TensorFloat-32 keeps 10 bits of each number, and answers would no longer be those of the CPU.
    "use_tf32": "0",
    # By default cuDNN tries all its algorithms out whenever a batch has a size that is new.
    "cudnn_conv_algo_search": "HEURISTIC",
}

SILENT, WARNING = 4, 2
"""Severities of ONNX Runtime's own log; the latter is what it logs by default. Its errors are raised as well."""

# What ONNX Runtime raises on a file that it cannot load or compute; these have no parent in common but Exception.
FAILURES = (
    "EPFail",
    "EngineError",
    "Fail",
    "InvalidArgument",
    "InvalidGraph",
    "InvalidProtobuf",
    "NoSuchFile",
    "NotImplemented",
    "RuntimeException",
)

BUILT_IN = (MemoryError, RuntimeError, ValueError)
"""What engines raise besides, such as for an array that no memory holds, or an input that nobody gives."""


class Engine(Protocol):
    """A network that can be run, by several threads at once."""

    def run(self, pixels: NDArray[np.uint8], outputs: Sequence[str] = OUTPUTS) -> dict[str, NDArray[np.float32]]:
        """Computes some of `OUTPUTS`: name -> (n, ...).

        Args:
            pixels: (n, height, width, 3), of the size that the network was made for.
            outputs: Their names.

        Raises:
            BundleError: The network cannot be computed.
        """


def usable_cores() -> int:
    """Returns how many cores this process may use."""
    # Not every system tells; there it may use all of them.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def open_engine(
    onnx: bytes, *, name: str | None = None, threads: int | None = None, device: "Device" = "auto"
) -> Engine:
    """Prepares a network for running.

    Args:
        onnx: The network's file.
        name: One of `ENGINES`; by default the first that is installed.
        threads: How many calls are computed at once; as many as there are cores by default.
        device: Where they are computed; `auto` is a GPU where the engine can use one.

    Raises:
        ConfigError: There is no such engine, or it cannot compute on that device.
        MissingExtraError: It is not installed.
        BundleError: It cannot load the network.
    """
    if name is not None and name not in ENGINES:
        raise ConfigError(f"no engine is called {name!r}{nearest(name, ENGINES)}", fix=f"take {' or '.join(ENGINES)}")
    if device not in DEVICES:
        raise ConfigError(f"no device is called {device!r}{nearest(device, DEVICES)}", fix=f"take {', '.join(DEVICES)}")
    if device == "cuda" and name == "openvino":
        raise ConfigError(
            "OpenVINO computes on the CPU alone", where="--device cuda", fix="leave --engine out, or give onnxruntime"
        )
    _switch_telemetry_off()
    found, package = _load([name] if name else list(ENGINES[:1] if device == "cuda" else ENGINES))
    return _OnnxRuntime(package, onnx, device) if found == "onnxruntime" else _OpenVino(package, onnx, threads)


def _switch_telemetry_off() -> None:
    """Keeps OpenVINO from telling its maker of each import: where this package is missing, a stub stands in for it.

    `modiste/__init__.py` does the same for ONNX Runtime.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]


def _load(names: list[str]) -> tuple[str, ModuleType]:
    for name in names:
        try:
            return name, import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name:
                raise
    raise MissingExtraError(names[-1], "openvino")


def choose_providers(device: "Device", available: Sequence[str]) -> list[str]:
    """Returns what ONNX Runtime is to compute with, the first choice first.

    Args:
        device: Where to compute.
        available: What the installed package brings: see `onnxruntime.get_available_providers`.

    Raises:
        ConfigError: A GPU is asked for, and the package does not know CUDA.
    """
    if device != "cpu" and CUDA in available:
        return [CUDA, CPU]
    if device == "cuda":
        raise ConfigError(
            "the onnxruntime that is installed computes on the CPU alone",
            where="--device cuda",
            fix="install the other package: pip uninstall onnxruntime; pip install onnxruntime-gpu",
        )
    return [CPU]


class _OnnxRuntime:
    def __init__(self, package: Any, onnx: bytes, device: "Device") -> None:
        providers = choose_providers(device, package.get_available_providers())
        state = import_module("onnxruntime.capi.onnxruntime_pybind11_state")
        self._failures = (*(getattr(state, kind) for kind in FAILURES if hasattr(state, kind)), *BUILT_IN)
        # Windows has another way, and a program may have imported the package before ours.
        package.disable_telemetry_events()
        options = package.SessionOptions()
        options.log_severity_level = SILENT
        # Each call is computed by the thread that makes it.
        options.intra_op_num_threads = 1
        if CUDA in providers:
            # Where CUDA cannot be loaded it writes ten lines and goes on with the CPU.
            package.set_default_logger_severity(SILENT)
        try:
            chosen = [(each, CUDA_OPTIONS if each == CUDA else {}) for each in providers]
            self._session = package.InferenceSession(onnx, options, providers=chosen)
        except self._failures as error:
            raise _not_loaded(error) from error
        finally:
            if CUDA in providers:
                package.set_default_logger_severity(WARNING)
        if device == "cuda" and CUDA not in self._session.get_providers():
            raise ConfigError(
                "onnxruntime-gpu cannot use a GPU here",
                where="--device cuda",
                fix="see that there is one, with the CUDA and cuDNN that onnxruntime-gpu asks for",
            )
        # Whether it takes bytes, ONNX Runtime finds out itself when it is given some.
        given = {output.name for output in self._session.get_outputs()}
        _check_ports(bytes_alone=len(self._session.get_inputs()) == 1, outputs=given)
        self._input = self._session.get_inputs()[0].name

    def run(self, pixels: NDArray[np.uint8], outputs: Sequence[str] = OUTPUTS) -> dict[str, NDArray[np.float32]]:
        try:
            return dict(zip(outputs, self._session.run(outputs, {self._input: pixels}), strict=True))
        except self._failures as error:
            raise _not_computed(error) from error


class _Requests(threading.local):
    """What the calling thread has asked OpenVINO with: by whether it gives feature maps."""

    def __init__(self) -> None:
        self.made: dict[bool, Any] = {}


class _OpenVino:
    def __init__(self, package: Any, onnx: bytes, threads: int | None) -> None:
        cores = threads or usable_cores()
        self._options = {
            # Without the hint it computes in bfloat16 wherever the processor can, and answers change.
            "INFERENCE_PRECISION_HINT": "f32",
            "PERFORMANCE_HINT": "THROUGHPUT",
            "NUM_STREAMS": str(cores),
            "INFERENCE_NUM_THREADS": cores,
        }
        self._package, self._onnx = package, onnx
        self._answering = self._compile(ANSWERED)
        self._requests = _Requests()
        # When it first sees an array it prepares something once, and two threads that both are the first wait for each
        # other for ever: a static of C++ is being made while Python's lock is let go, and taken by the other (2026.4).
        package.Tensor(np.zeros(1, np.uint8)).data.copy()

    @cached_property
    def _whole(self) -> Any:
        return self._compile(OUTPUTS)

    def _compile(self, outputs: Sequence[str]) -> Any:
        """Prepares the part of the network that gives some outputs: it would compute all that it has."""
        core = self._package.Core()
        try:
            model = core.read_model(self._onnx)
            bytes_alone = [port.get_element_type() for port in model.inputs] == [self._package.Type.u8]
            given = {name for port in model.outputs for name in port.get_names()}
            _check_ports(bytes_alone=bytes_alone, outputs=given)
            wanted = [port.get_node() for port in model.outputs if not port.get_names().isdisjoint(outputs)]
            part = self._package.Model(wanted, model.get_parameters(), "part")
            return core.compile_model(part, "CPU", self._options)
        except BUILT_IN as error:
            raise _not_loaded(error) from error

    def run(self, pixels: NDArray[np.uint8], outputs: Sequence[str] = OUTPUTS) -> dict[str, NDArray[np.float32]]:
        request = self._request(whole=FEATURES in outputs)
        try:
            given = request.get_input_tensor()
            given.shape = pixels.shape
            given.data[:] = pixels
            request.infer()
            return {name: request.get_tensor(name).data.copy() for name in outputs}
        except BUILT_IN as error:
            raise _not_computed(error) from error

    def _request(self, *, whole: bool) -> Any:
        """Returns a request of the calling thread's own, for each serves one at a time; a new one for each call, with
        new memory, costs a sixth of the pictures a second.
        """
        made = self._requests.made
        if whole not in made:
            made[whole] = (self._whole if whole else self._answering).create_infer_request()
        return made[whole]


def _check_ports(*, bytes_alone: bool, outputs: set[str]) -> None:
    """Makes sure that a network takes pictures alone, as bytes, and gives all that is asked for."""
    if not bytes_alone:
        raise _not_loaded("it takes something else than pictures of bytes")
    if missing := [name for name in OUTPUTS if name not in outputs]:
        raise _not_loaded(f"it gives no {', '.join(missing)}")


def _not_loaded(reason: object) -> BundleError:
    return BundleError(
        f"the engine cannot load the network ({_short(reason)})",
        fix="update the engine, or make the bundle again with `modiste export`",
    )


def _not_computed(reason: object) -> BundleError:
    return BundleError(
        f"the engine cannot compute the network ({_short(reason)})",
        fix="see that there is memory enough, or make the bundle again with `modiste export`",
    )


def _short(reason: object) -> str:
    return " ".join(str(reason).split())[:200]
