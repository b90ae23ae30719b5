"""Bundles with right checksums and wrong contents: each is refused with one line, and nothing but its file is read."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tests.brightness import brightness_bundle

from modiste.errors import BundleError
from modiste.portable.bundle import read_bundle, write_bundle
from modiste.portable.engine import ENGINES
from modiste.portable.predictor import Predictor

SOUND = brightness_bundle()
PICTURES = np.zeros((3, 8, 6, 3), np.uint8)

SAME = "the same"
"""An input of a node that is what its first one is."""

Change = Callable[[onnx.ModelProto], object]


def changed(change: Change) -> bytes:
    """The network that sees brightness, changed."""
    model = onnx.load_from_string(SOUND.network)
    change(model)
    return bytes(model.SerializeToString())


def node_of(model: onnx.ModelProto, output: str) -> onnx.NodeProto:
    return next(node for node in model.graph.node if output in node.output)


def array_of(model: onnx.ModelProto, name: str) -> TensorProto:
    return next(array for array in model.graph.initializer if array.name == name)


def outside(array: TensorProto, place: str) -> None:
    """Says that an array lies in another file."""
    array.ClearField("raw_data")
    array.data_location = TensorProto.EXTERNAL
    array.external_data.add(key="location", value=place)


def after(output: str, kind: str, *inputs: str, **attributes: Any) -> Change:
    """Puts a node between what gives an output and the output itself."""

    def change(model: onnx.ModelProto) -> None:
        given, before = node_of(model, output), f"{output}_before_{kind}"
        given.output[list(given.output).index(output)] = before
        for other in model.graph.node:
            for place, name in enumerate(other.input):
                if name == output:
                    other.input[place] = before
        more = [before if name == SAME else name for name in inputs]
        model.graph.node.append(helper.make_node(kind, [before, *more], [output], **attributes))

    return change


def both(*changes: Change) -> Change:
    return lambda model: [change(model) for change in changes]


def constant(name: str, values: Any, dtype: Any = np.int64) -> Change:
    return lambda model: model.graph.initializer.append(numpy_helper.from_array(np.array(values, dtype), name))


def grown(array: TensorProto, *dims: int) -> None:
    del array.dims[:]
    array.dims.extend(dims)


def in_an_attribute(model: onnx.ModelProto, place: str) -> None:
    tensor = TensorProto(data_type=TensorProto.FLOAT, dims=[1])
    outside(tensor, place)
    model.graph.node.append(helper.make_node("Constant", [], ["unused"], value=tensor))


def in_a_branch(model: onnx.ModelProto) -> None:
    branch = helper.make_graph([helper.make_node("Identity", ["mean"], ["m"])], "b", [], [])
    model.graph.node.append(helper.make_node("If", ["mean"], ["unused"], then_branch=branch, else_branch=branch))


def with_a_function(model: onnx.ModelProto) -> None:
    node = helper.make_node("Identity", ["x"], ["y"])
    model.functions.append(helper.make_function("ours", "F", ["x"], ["y"], [node], model.opset_import))


def sparse(model: onnx.ModelProto) -> None:
    values = numpy_helper.from_array(np.ones(1, np.float32), "s")
    indices = numpy_helper.from_array(np.zeros(1, np.int64), "i")
    model.graph.sparse_initializer.append(helper.make_sparse_tensor(values, indices, [10**9]))


def renamed(model: onnx.ModelProto) -> None:
    node_of(model, "logits").output[0] = model.graph.output[0].name = "answers"


# What `read_bundle` finds.
SCREENED: dict[str, tuple[Change, str]] = {
    "an array in a file beside": (lambda m: outside(array_of(m, "kernel"), "kernel.bin"), "outside of the file"),
    "an array in any file": (lambda m: outside(array_of(m, "kernel"), "/etc/passwd"), "outside of the file"),
    "an array in a file above": (lambda m: outside(array_of(m, "kernel"), "../secret"), "outside of the file"),
    "an array in memory": (lambda m: outside(array_of(m, "kernel"), "*/_ORT_MEM_ADDR_/*"), "outside of the file"),
    "a place without the mark": (
        lambda m: array_of(m, "kernel").external_data.add(key="location", value="/etc/passwd"),
        "outside of the file",
    ),
    "an attribute in any file": (lambda m: in_an_attribute(m, "/etc/passwd"), "outside of the file"),
    "a branch": (in_a_branch, "a loop or a branch"),
    "a function": (with_a_function, "functions of its own"),
    "a training": (lambda m: m.training_info.add(), "a training of its own"),
    "a sparse array": (sparse, "a sparse array"),
    "texts": (
        lambda m: m.graph.initializer.append(numpy_helper.from_array(np.array(["x"], object), "t")),
        "an array of texts",
    ),
    "another's operator": (lambda m: setattr(m.graph.node[0], "domain", "com.evil"), "not one of ONNX's own"),
    "an operator of Microsoft's": (
        lambda m: setattr(m.graph.node[0], "domain", "com.microsoft"),
        "not one of ONNX's own",
    ),
    "a giant array": (lambda m: grown(array_of(m, "kernel"), 10**9, 10**6), "larger than what the file holds"),
    "a negative array": (lambda m: grown(array_of(m, "kernel"), -3, 5), "larger than what the file holds"),
}

# What the first answer finds.
TRIED: dict[str, tuple[Change, str]] = {
    "no rows": (
        both(
            *(constant(name, [values]) for name, values in (("at0", 0), ("ax0", 0))),
            after("logits", "Slice", "at0", "at0", "ax0"),
        ),
        "logits",
    ),
    "one row": (
        both(
            *(constant(name, [values]) for name, values in (("at0", 0), ("at1", 1))),
            after("logits", "Slice", "at0", "at1", "at0"),
        ),
        "logits",
    ),
    "more labels": (after("logits", "Concat", SAME, axis=1), "10 logits, and the bundle has 5 labels"),
    "fewer labels": (
        both(
            *(constant(name, [values]) for name, values in (("at0", 0), ("at4", 4), ("ax1", 1))),
            after("logits", "Slice", "at0", "at4", "ax1"),
        ),
        "4 logits, and the bundle has 5 labels",
    ),
    "NaN": (after("logits", "Log"), "logits"),
    "infinity": (both(constant("zero", 0, np.float32), after("logits", "Div", "zero")), "NaN or infinity as logits"),
    "a NaN among the weights": (
        lambda m: array_of(m, "kernel").CopyFrom(
            numpy_helper.from_array(np.full((3, 5), np.nan, np.float32), "kernel")
        ),
        "NaN or infinity as logits",
    ),
    "scores that are NaN": (
        after("ood_score", "Log"),
        "NaN or infinity as ood_score",
    ),
    "scores of another shape": (
        both(constant("ax1", [1]), after("ood_score", "Unsqueeze", "ax1")),
        "ood_score",
    ),
    "embeddings without numbers": (
        both(
            *(constant(name, [values]) for name, values in (("at0", 0), ("ax1", 1))),
            after("embedding", "Slice", "at0", "at0", "ax1"),
        ),
        "embedding",
    ),
    "whole numbers": (after("logits", "Cast", to=TensorProto.INT64), "the network"),
    "no logits": (lambda m: m.graph.output.pop(0), "gives no logits"),
    "another name": (renamed, "gives no logits"),
    "two inputs": (
        both(
            lambda m: m.graph.input.append(helper.make_tensor_value_info("more", TensorProto.FLOAT, [1])),
            after("ood_score", "Add", "more"),
        ),
        "it takes something else",
    ),
    "pictures of another size": (
        lambda m: setattr(m.graph.input[0].type.tensor_type.shape.dim[1], "dim_value", 80),
        "the network",
    ),
    "pictures of floats": (
        lambda m: setattr(m.graph.input[0].type.tensor_type, "elem_type", TensorProto.FLOAT),
        "the network",
    ),
    "one picture at a time": (
        lambda m: setattr(m.graph.input[0].type.tensor_type.shape.dim[0], "dim_value", 1),
        "the network",
    ),
    "more memory than there is": (
        both(constant("wide", [1, 2**20, 2**20, 2**10]), after("logits", "Expand", "wide")),
        "the network",
    ),
    "an operator that is not": (after("logits", "Nonsense"), "cannot load the network"),
    "no graph": (lambda m: m.ClearField("graph"), "cannot load the network"),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "hostile.modiste"


def test_a_file_that_a_network_names_is_not_opened(path: Path, tmp_path: Path, brightness_bundle: Path) -> None:
    """The very weights lie there: an engine that reads them would answer."""
    beside = tmp_path / "kernel.bin"
    beside.write_bytes(array_of(onnx.load_from_string(SOUND.network), "kernel").raw_data)
    for place in (str(beside), "kernel.bin", f"../{tmp_path.name}/kernel.bin"):
        model = onnx.load_from_string(SOUND.network)
        outside(array_of(model, "kernel"), place)
        write_bundle(path, replace(SOUND, network=model.SerializeToString()))
        command = [sys.executable, "-c", LISTENER, str(tmp_path), str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
        said = "its parts do not fit together (the network has an array that lies outside of the file)"
        assert (done.returncode, done.stdout) == (2, f"{[str(path)]}\n"), done.stderr
        assert done.stderr.startswith(f"modiste: {path}: {said}")
        assert len(done.stderr.splitlines()) == 1


LISTENER = """
import atexit, os, sys
folder, bundle = sys.argv[1:]
opened = []
def listen(event, arguments):
    if event == "open" and str(arguments[0]).startswith(folder):
        opened.append(str(arguments[0]))
sys.addaudithook(listen)
from modiste.cli.main import main
atexit.register(lambda: print(sorted(set(opened))))
main(["card", bundle])
"""


@pytest.mark.parametrize("kind", SCREENED)
def test_a_network_that_reaches_out_is_refused_when_it_is_read(path: Path, kind: str) -> None:
    change, reason = SCREENED[kind]
    write_bundle(path, replace(SOUND, network=changed(change)))
    with pytest.raises(BundleError, match=reason) as caught:
        read_bundle(path)
    assert str(path) in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", TRIED)
def test_a_network_that_gives_something_else_is_refused_when_it_is_loaded(
    path: Path, kind: str, engine: str, capfd: pytest.CaptureFixture[str]
) -> None:
    change, reason = TRIED[kind]
    write_bundle(path, replace(SOUND, network=changed(change)))
    with pytest.raises(BundleError, match=reason) as caught:
        Predictor(read_bundle(path), engine=engine, threads=1)
    assert len(str(caught.value).splitlines()) == 1
    assert capfd.readouterr() == ("", ""), "engines log nothing of their own"


@pytest.mark.parametrize("engine", ENGINES)
def test_what_a_network_gives_later_is_looked_at_as_well(
    path: Path, engine: str, capfd: pytest.CaptureFixture[str]
) -> None:
    # The logarithm of a logit is a number for white pictures and none for black ones.
    lifted = both(constant("lift", 5, np.float32), after("logits", "Add", "lift"), after("logits", "Log"))
    write_bundle(path, replace(SOUND, network=changed(lifted)))
    predictor = Predictor(read_bundle(path), engine=engine, threads=1)
    with pytest.raises(BundleError, match="the network gives NaN or infinity as logits"):
        predictor.predict(PICTURES)
    flat = after("features", "ReduceMean", axes=[1], keepdims=0)
    predictor = Predictor(replace(SOUND, network=changed(flat)), engine=engine, threads=1)
    with pytest.raises(BundleError, match="the network gives features of type float32 and shape"):
        predictor.features(PICTURES)
    assert capfd.readouterr() == ("", "")
