"""The pieces of the benchmarks run; no test looks at a time."""

import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from onnx import TensorProto, helper

from benchmarks import serving
from benchmarks.contest import Contestant
from benchmarks.multiply_adds import multiply_adds
from benchmarks.photos import folder_of, photos_of
from benchmarks.profiling import ARITHMETIC
from modiste.dataset.images import decode


def test_photos_are_readable_and_repeated_under_new_names(drawn_catalogue: Path, tmp_path: Path) -> None:
    all_of_them = sorted(photos_of(drawn_catalogue, tmp_path).iterdir())
    assert 300 < len(all_of_them) < 400  # some of the drawn ones are damaged, on purpose
    more = sorted(folder_of(len(all_of_them) + 2, drawn_catalogue, tmp_path).iterdir())
    assert len(more) == len(all_of_them) + 2
    assert more[-1].samefile(all_of_them[1])
    decode(more[-1].read_bytes())


def test_our_contestant_tags(drawn_catalogue: Path, brightness_bundle: Path, tmp_path: Path) -> None:
    folder, out = folder_of(5, drawn_catalogue, tmp_path), tmp_path / "tags.parquet"
    with Contestant("contestants.tagger", "--bundle", brightness_bundle, "--engine", "onnxruntime") as tagger:
        assert tagger.facts["name"] == "modiste on onnxruntime"
        done = tagger.go(job="tag", folder=str(folder), out=str(out))
        assert done["photos"] == pl.read_parquet(out).height == 5
        assert done["seconds"] > 0
        assert done["peak"] > 10
        photo = str(next(folder.iterdir()))
        assert len(tagger.go(job="one", photo=photo, count=2)["milliseconds"]) == 2
        assert tagger.go(job="answer", count=513)["photos"] == 1024


def test_multiply_adds_are_counted() -> None:
    nodes = [
        helper.make_node("Conv", ["x", "kernel"], ["wide"], pads=[1, 1, 1, 1], strides=[2, 2]),
        helper.make_node("Conv", ["wide", "deep"], ["filtered"], group=4),
        helper.make_node("Flatten", ["filtered"], ["flat"]),
        helper.make_node("Gemm", ["flat", "dense"], ["y"], transB=1),
    ]
    arrays = {"kernel": (4, 3, 3, 3), "deep": (4, 1, 2, 2), "dense": (5, 4 * 3 * 3)}
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 3, 8, 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 5])],
        [helper.make_tensor(name, TensorProto.FLOAT, s, np.zeros(s).ravel()) for name, s in arrays.items()],
    )
    expected = 4 * 4 * 4 * 27 + 4 * 3 * 3 * 4 + 5 * 36
    assert multiply_adds(helper.make_model(graph).SerializeToString()) == expected


def test_the_peer_is_the_study_s_network() -> None:
    from modiste.learning.study_cnn import study_cnn

    # isort: split
    from benchmarks.peers.study_network import study_network

    ours, peer = study_cnn(), study_network()
    assert [type(layer).__name__ for layer in ours.layers] == [type(layer).__name__ for layer in peer.layers]
    assert [weight.shape for weight in ours.weights] == [weight.shape for weight in peer.weights]
    changing = [layer.get_config()["rate"] for layer in ours.layers if "rate" in layer.get_config()]
    assert changing == [layer.get_config()["rate"] for layer in peer.layers if "rate" in layer.get_config()]


@pytest.mark.parametrize(
    "name", ["aten::mm", "aten::addmm", "aten::bmm", "aten::baddbmm", "aten::convolution_backward"]
)
def test_what_counts_as_arithmetic(name: str) -> None:
    assert ARITHMETIC.search(name)
    assert not ARITHMETIC.search("aten::native_batch_norm")
    assert not ARITHMETIC.search("aten::_fused_adam_")


def test_versions_of_packages_are_known_by_what_they_are_imported_as() -> None:
    told = serving.versions_of(Path(sys.executable), ("numpy", "PIL"))
    assert told["numpy"] == np.__version__
    assert told["PIL"] == version("pillow")
