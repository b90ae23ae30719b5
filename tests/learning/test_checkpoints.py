import json
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from modiste.errors import OutputError, RunError
from modiste.learning.checkpoints import best_epoch, keep_epoch, load_epoch, read_history
from modiste.runs import HISTORY


def network(units: int = 8) -> keras.Model:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(units), keras.layers.Dense(200)])
    model.compile(keras.optimizers.Adam(), "mse")
    return model


def row(epoch: int, error: float) -> dict[str, float]:
    return {"epoch": epoch, "loss": 1.0, "accuracy": 0.5, "val_error": error, "seconds": 1.0}


def keep(model: keras.Model, folder: Path, *errors: float) -> None:
    rows = [row(number, error) for number, error in enumerate(errors, start=1)]
    keep_epoch(model, folder, watch="val_error", rows=rows)


def test_weights_come_back_and_keras_itself_can_read_them(tmp_path: Path) -> None:
    model, again, others = network(), network(), network()
    keep(model, tmp_path, 0.5)
    load_epoch(again, tmp_path, 1)
    others.load_weights(tmp_path / "epoch-0001.weights.h5")
    for mine, theirs, third in zip(model.get_weights(), again.get_weights(), others.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
        np.testing.assert_array_equal(mine, third)


def test_weights_that_keras_itself_wrote_are_read(tmp_path: Path) -> None:
    model, again = network(), network()
    model.save_weights(tmp_path / "epoch-0001.weights.h5")
    load_epoch(again, tmp_path, 1)
    np.testing.assert_array_equal(model.get_weights()[0], again.get_weights()[0])


def test_the_last_and_the_best_are_kept(tmp_path: Path) -> None:
    model = network()
    for count in range(1, 5):
        keep(model, tmp_path, *[0.5, 0.2, 0.4, 0.3][:count])
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "epoch-0002.weights.h5",
        "epoch-0004.weights.h5",
        HISTORY,
    ]
    watch, rows = read_history(tmp_path)
    assert (best_epoch(rows, watch), len(rows)) == (2, 4)


def test_a_full_disk_keeps_the_epochs_before(
    tmp_path: Path, no_file_above: Callable[[int], AbstractContextManager[None]]
) -> None:
    model = network()
    keep(model, tmp_path, 0.5)
    with no_file_above(2000), pytest.raises(OutputError, match=r"epochs done so far are kept.*--resume"):
        keep(model, tmp_path, 0.5, 0.4)
    assert len(read_history(tmp_path)[1]) == 1
    load_epoch(network(), tmp_path, 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["epoch-0001.weights.h5", HISTORY]


def test_weights_that_do_not_serve_are_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep(network(), tmp_path, 0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(RunError, match="do not fit the network: they are those of another one; start anew"):
            load_epoch(network(units=9), tmp_path, 1)
    with pytest.raises(RunError, match="the weights of epoch 2 are missing"):
        load_epoch(network(), tmp_path, 2)
    (tmp_path / "epoch-0001.weights.h5").write_bytes(b"no weights")
    with pytest.raises(RunError, match="the weights of epoch 1 are damaged"):
        load_epoch(network(), tmp_path, 1)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "history",
    [
        "{",
        [],
        {"watch": "val_error"},
        {"watch": "val_error", "epochs": 3},
        {"watch": "val_error", "epochs": [{"epoch": 1}]},
        {"watch": "val_error", "epochs": [row(2, 0.5)]},
        {"watch": "val_loss", "epochs": [row(1, 0.5)]},
        {"watch": "val_error", "epochs": [row(1, 0.5), row(2, 0.5) | {"val_Class": 1.0}]},
        {"watch": "val_error", "epochs": [row(1, 0.5) | {"loss": "low"}]},
        {"watch": "val_error", "epochs": [None]},
    ],
)
def test_a_damaged_history_is_told(history: object, tmp_path: Path) -> None:
    (tmp_path / HISTORY).write_text(history if isinstance(history, str) else json.dumps(history))
    with pytest.raises(RunError, match=r"history\.json: the training's history cannot be read"):
        read_history(tmp_path)


def test_no_history_yet(tmp_path: Path) -> None:
    assert read_history(tmp_path) == ("", [])


def linked(file: h5py.File, other: Path) -> None:
    del file["layers"]
    file["layers"] = h5py.ExternalLink(str(other), "layers")


def softly(file: h5py.File, _: Path) -> None:
    file.move("layers", "elsewhere")
    file["layers"] = h5py.SoftLink("/elsewhere")


def stored_elsewhere(file: h5py.File, other: Path) -> None:
    place = replaced(file)
    file.create_dataset(place, (4, 8), np.float32, external=[(str(other), 0, 4 * 8 * 4)])


def virtual(file: h5py.File, other: Path) -> None:
    place = replaced(file)
    layout = h5py.VirtualLayout((4, 8), np.float32)
    layout[:] = h5py.VirtualSource(str(other), KERNEL, (4, 8))
    file.create_virtual_dataset(place, layout)


def huge(file: h5py.File, _: Path) -> None:
    file.create_dataset(replaced(file), (10**9, 10**6), np.float32, chunks=(1000, 1000))


def never_written(file: h5py.File, _: Path) -> None:
    file.create_dataset(replaced(file), (4, 8), np.float32, chunks=(4, 8))


def packed(file: h5py.File, _: Path) -> None:
    place = replaced(file)
    file.create_dataset(place, data=np.zeros((4, 8), np.float32), compression="gzip")


def texts(file: h5py.File, _: Path) -> None:
    file.create_dataset(replaced(file), data=np.full((4, 8), "x", object), dtype=h5py.string_dtype())


def references(file: h5py.File, _: Path) -> None:
    file.create_dataset(replaced(file), (4, 8), h5py.ref_dtype)


def records(file: h5py.File, _: Path) -> None:
    file.create_dataset(replaced(file), (4, 8), np.dtype([("a", "f4")]))


def no_numbers(file: h5py.File, _: Path) -> None:
    file.create_dataset(replaced(file), data=h5py.Empty("f4"))


def round_and_round(file: h5py.File, _: Path) -> None:
    file["layers/again"] = file["layers"]


def a_type(file: h5py.File, _: Path) -> None:
    file["layers/kind"] = np.dtype("f4")


def without_a_layer(file: h5py.File, _: Path) -> None:
    del file[KERNEL.rsplit("/", 2)[0]]


def of_another_shape(file: h5py.File, _: Path) -> None:
    file.create_dataset(replaced(file), data=np.zeros((8, 4), np.float32))


def a_group_instead(file: h5py.File, _: Path) -> None:
    file.create_group(replaced(file))


def not_finite(file: h5py.File, _: Path) -> None:
    file[KERNEL][0, 0] = np.nan


KERNEL = "layers/dense/vars/0"


def replaced(file: h5py.File) -> str:
    del file[KERNEL]
    return KERNEL


@pytest.mark.parametrize(
    "change",
    [
        linked,
        softly,
        stored_elsewhere,
        virtual,
        huge,
        never_written,
        packed,
        texts,
        references,
        records,
        no_numbers,
        round_and_round,
        a_type,
        without_a_layer,
        of_another_shape,
        a_group_instead,
        not_finite,
    ],
)
def test_weights_that_lie_elsewhere_or_are_none_are_refused(
    change: Callable[[h5py.File, Path], None], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other").mkdir()
    keep(network(), tmp_path / "other", 0.5)
    keep(network(), tmp_path, 0.5)
    path = tmp_path / "epoch-0001.weights.h5"
    with h5py.File(path, "r+") as file:
        assert KERNEL in file
        change(file, tmp_path / "other" / path.name)
    with pytest.raises(RunError, match=r"these weights do not fit the network|hold NaN or infinity") as caught:
        load_epoch(network(), tmp_path, 1)
    assert len(str(caught.value).splitlines()) == 1
    assert capfd.readouterr() == ("", "")


def test_weights_that_were_cut_off_or_changed_are_told_or_are_weights(tmp_path: Path) -> None:
    keep(network(), tmp_path, 0.5)
    path = tmp_path / "epoch-0001.weights.h5"
    whole, random = path.read_bytes(), np.random.default_rng(3)
    for length in random.integers(0, len(whole), 30):
        path.write_bytes(whole[:length])
        with pytest.raises(RunError):
            load_epoch(network(), tmp_path, 1)
