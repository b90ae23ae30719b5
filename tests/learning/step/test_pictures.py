import keras
import numpy as np
import pytest

from modiste.learning import step


@pytest.mark.parametrize("size", [(20, 15), (32, 24), (9, 24)])
def test_pictures_are_resized_as_keras_does_it(size: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (3, 32, 24, 3), dtype=np.uint8)
    mine = step.resized(noise, *size)
    kerass = keras.ops.image.resize(noise.astype(np.float32), size, antialias=True, data_format="channels_last")
    assert mine.dtype == np.uint8
    assert mine.flags.c_contiguous
    # Rounded once more, between the axes.
    np.testing.assert_allclose(mine, keras.ops.convert_to_numpy(kerass), atol=1.51)
