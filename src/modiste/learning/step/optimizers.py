"""Adam, whose step Keras makes in seven walks over all parameters, in one."""

from typing import Any

import keras
import torch
from torch import Tensor

__all__ = ["Adam", "AdamW"]


class _FusedStep:
    """The step of Adam (Kingma and Ba 2015) in torch's fused kernel, on Keras's own state, so that checkpoints stay
    Keras's. Keras takes the weight decay off before the step, for its own AdamW and so for ours.
    """

    def _backend_update_step(
        self: Any, grads: list[Tensor], trainable_variables: list[Any], learning_rate: Any
    ) -> None:
        slots = [self._get_variable_index(variable) for variable in trainable_variables]
        step = torch.tensor(float(self.iterations.value) + 1.0, dtype=torch.float32)
        with torch.no_grad():
            # What torch.optim does after a walk of Python over all parameters.
            torch._fused_adam_(
                [variable.value for variable in trainable_variables],
                [gradient.contiguous() for gradient in grads],
                [self._momentums[slot].value for slot in slots],
                [self._velocities[slot].value for slot in slots],
                [],
                [step] * len(slots),
                amsgrad=False,
                beta1=self.beta_1,
                beta2=self.beta_2,
                lr=float(learning_rate),
                weight_decay=0.0,
                eps=self.epsilon,
                maximize=False,
            )


class Adam(_FusedStep, keras.optimizers.Adam):
    """Adam with the fused step."""


class AdamW(_FusedStep, keras.optimizers.AdamW):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019) and the fused step."""
