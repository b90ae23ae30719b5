from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
import pytest

from modiste.errors import RunError, TrainingError
from modiste.learning.batches import Batches, Drawn, as_network_input
from modiste.learning.compilation import compile_classifier
from modiste.learning.prediction import evaluate, predict
from modiste.learning.training import Trained, fit, load_best

GENERATOR = np.random.default_rng(0)
PIXELS = GENERATOR.integers(0, 256, (60, 8, 6, 3), dtype=np.uint8)
TARGETS = GENERATOR.integers(0, 3, 60)
TRAIN, VALIDATION = np.arange(40), np.arange(40, 60)


def network(units: int = 8, learning_rate: float = 0.01) -> keras.Model:
    keras.utils.set_random_seed(5)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((8, 6, 3)),
            layers.Flatten(),
            layers.Dense(units, "relu"),
            layers.Dropout(0.3),
            layers.Dense(3, "softmax"),
        ]
    )
    compile_classifier(model, learning_rate=learning_rate)
    return model


def run(folder: Path, model: keras.Model, epochs: int = 4, patience: int = 9, on_batch: object = None) -> Trained:
    train = Batches(PIXELS, TRAIN, TARGETS[TRAIN], batch_size=8, to_input=as_network_input, drawn=Drawn(1))
    validation = Batches(PIXELS, VALIDATION, TARGETS[VALIDATION], batch_size=16, to_input=as_network_input)
    return fit(
        model,
        train,
        lambda: evaluate(model, validation),
        folder=folder,
        seed=1,
        epochs=epochs,
        patience=patience,
        on_batch=on_batch,  # type: ignore[arg-type]
    )


def test_a_training_that_was_interrupted_ends_as_one_that_was_not(tmp_path: Path) -> None:
    whole_network, resumed_network = network(), network()
    whole = run(tmp_path / "whole", whole_network)

    def kill(epoch: int, batch: int, logs: Mapping[str, float]) -> None:
        if (epoch, batch) == (3, 2):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "parts", network(), on_batch=kill)
    resumed = run(tmp_path / "parts", resumed_network)
    assert resumed.best == whole.best
    assert resumed.history.drop("seconds").equals(whole.history.drop("seconds"))
    for mine, theirs in zip(resumed_network.get_weights(), whole_network.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_it_stops_when_validation_no_longer_improves(tmp_path: Path) -> None:
    trained = run(tmp_path, network(learning_rate=0.05), epochs=60, patience=2)
    losses = trained.history["val_loss"].to_list()
    assert trained.best == losses.index(min(losses)) + 1
    assert len(losses) == trained.best + 2 < 60
    kept = {path.name for path in tmp_path.glob("*.h5")}
    assert kept == {f"epoch-{epoch:04d}.weights.h5" for epoch in (trained.best, len(losses))}


def test_the_best_epoch_answers(tmp_path: Path) -> None:
    first, second = network(), network()
    run(tmp_path, first)
    load_best(second, tmp_path)
    batches = Batches(PIXELS, VALIDATION, TARGETS[VALIDATION], batch_size=7, to_input=as_network_input)
    np.testing.assert_array_equal(predict(first, batches), predict(second, batches))


def test_a_loss_that_is_no_number_stops_and_keeps_the_last_good_epoch(tmp_path: Path) -> None:
    run(tmp_path, network(), epochs=1)
    model = network(learning_rate=0.01)

    def poison(epoch: int, batch: int, logs: Mapping[str, float]) -> None:
        model.layers[-1].bias.assign(np.full(3, np.nan))

    told = "the loss is nan at step 2 of epoch 2; .* lower --learning-rate; the epochs before are kept"
    with pytest.raises(TrainingError, match=told):
        run(tmp_path, model, on_batch=poison)
    assert load_best(network(), tmp_path).history.height == 1
    with pytest.raises(TrainingError, match=r"step 2 of epoch 1; .* lower --learning-rate$"):
        run(tmp_path / "new", model := network(), on_batch=poison)


def test_no_finished_epoch(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no finished epoch"):
        load_best(network(), tmp_path)
