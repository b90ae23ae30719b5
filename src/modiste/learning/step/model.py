"""A network whose training steps are lean."""

import ctypes
import sys
from contextlib import AbstractContextManager
from typing import Any

import keras
import torch
from torch import Tensor

from modiste.learning.step.plan import Plan

__all__ = ["MixedModel", "cuda_available", "mixed_precision", "mixed_precision_pays"]


class MixedModel(keras.Model):
    """A network that computes its training steps as a `Plan` lays out, and multiplies matrices in bfloat16 there where
    `mixed` is set (Micikevicius and others 2018); answers are computed layer by layer, in float32.
    """

    mixed = False
    _plan: Plan | None = None
    _stepping = False

    def make_train_function(self, force: bool = False) -> Any:  # noqa: FBT001, FBT002 (Keras's own signature)
        """Prepares for training; see Keras."""
        if self.train_function is None or force:
            _keep_memory()
            self._plan = Plan(self)
        return super().make_train_function(force)

    def train_step(self, data: Any) -> Any:
        """Makes one step; see Keras."""
        self._stepping = True
        try:
            return super().train_step(data)
        finally:
            self._stepping = False

    def call(self, inputs: Tensor, training: bool | None = None, mask: Any = None) -> Tensor:  # noqa: FBT001
        """Maps pictures to answers; see Keras."""
        if self._stepping and self._plan is not None:
            with mixed_precision(enabled=self.mixed):
                return self._plan(inputs, torch.bfloat16 if self.mixed else torch.float32)
        return super().call(inputs, training=training, mask=mask)


def mixed_precision(*, enabled: bool) -> AbstractContextManager[object]:
    """Returns a context in which matrices are multiplied in bfloat16, where that is enabled."""
    return torch.autocast("cpu", torch.bfloat16, enabled=enabled)


def cuda_available() -> bool:
    """Returns whether PyTorch was built for CUDA and sees a GPU."""
    return torch.cuda.is_available()


def mixed_precision_pays() -> bool:
    """Returns whether the processor multiplies matrices faster in bfloat16 than in float32."""
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())  # noqa: SLF001


M_TRIM_THRESHOLD = -1
M_MMAP_MAX = -4


def _keep_memory() -> None:
    """Tells the C library to keep the memory that a step frees for the next step.

    It would give large pieces back to the system and ask for them again, cleared, page by page: 15,000 page faults a
    step of the tagger's network, 5 % of its time.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
