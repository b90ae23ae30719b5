from typing import Any

import keras
import numpy as np
import pytest

from modiste.learning import step


@pytest.mark.parametrize(
    ("lean", "plain", "options"),
    [(step.Adam, keras.optimizers.Adam, {}), (step.AdamW, keras.optimizers.AdamW, {"weight_decay": 0.3})],
)
def test_an_optimizer_is_keras_s(lean: type, plain: type, options: dict[str, Any]) -> None:
    weights = []
    for kind in (lean, plain):
        keras.utils.set_random_seed(3)
        network = keras.Sequential(
            [keras.Input((8,)), keras.layers.Dense(16, activation="tanh"), keras.layers.Dense(1)]
        )
        optimizer = kind(0.01, **options)
        if options:
            optimizer.exclude_from_weight_decay(var_names=["bias"])
        network.compile(optimizer, "mse")
        generator = np.random.default_rng(0)
        for _ in range(6):
            network.train_on_batch(generator.random((16, 8)), generator.random((16, 1)))
        weights.append(network.get_weights())
    for mine, kerass in zip(*weights, strict=True):
        np.testing.assert_allclose(mine, kerass, rtol=1e-3, atol=1e-6)
