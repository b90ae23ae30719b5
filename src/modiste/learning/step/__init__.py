"""Where Keras on torch loses the time of a training step on the CPU, and how it is won back.

- `layers`: Keras's layers, each with one method in torch's kernels for the very same arithmetic, and smaller pictures;
- `depthwise`: depthwise convolutions that always find a fast kernel;
- `fused`: a convolution, its batch norm and its rectifier as one operation;
- `plan`: which layers of a network are taken together in a training step;
- `model`: the network that trains by such a plan, in bfloat16 where that is as good;
- `optimizers`: Adam in one walk.

Weights, names and checkpoints stay Keras's throughout.
"""

from modiste.learning.step.layers import BatchNormalization, Conv2D, DepthwiseConv2D, MaxPooling2D, ReLU, resized
from modiste.learning.step.model import MixedModel, cuda_available, mixed_precision, mixed_precision_pays
from modiste.learning.step.optimizers import Adam, AdamW

__all__ = [
    "Adam",
    "AdamW",
    "BatchNormalization",
    "Conv2D",
    "DepthwiseConv2D",
    "MaxPooling2D",
    "MixedModel",
    "ReLU",
    "cuda_available",
    "mixed_precision",
    "mixed_precision_pays",
    "resized",
]
