import json
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

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
