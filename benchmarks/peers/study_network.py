"""The study's network of plain Keras layers, as anyone would type it in from the study."""

import keras
from keras import layers

__all__ = ["study_network"]


def study_network(classes: int = 30) -> keras.Sequential:
    """Builds and compiles it: from float32 (batch, 80, 60, 3) in [0, 1] to probabilities (batch, classes)."""
    network = keras.Sequential(
        [
            keras.Input((80, 60, 3)),
            *_block(32),
            *_block(64),
            layers.Flatten(),
            layers.Dense(512, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.25),
            layers.Dense(classes, activation="softmax"),
        ]
    )
    network.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return network


def _block(filters: int) -> list[keras.Layer]:
    return [
        layers.Conv2D(filters, 3, padding="same", activation="relu"),
        layers.BatchNormalization(),
        layers.Conv2D(filters, 3, padding="same", activation="relu"),
        layers.BatchNormalization(),
        layers.MaxPooling2D(2),
        layers.Dropout(0.2),
    ]
