"""What a trainer asks of the hardware, whatever it is.

`workers.Workers` are processes of one thread each on this machine; `device.Device` is one device, alone or as one of
many under torchrun. Neither knows the optimiser, the schedule or the data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from training.model import Decoder


@dataclass(frozen=True, slots=True)
class Task:
    """One micro-batch: its rows, the flat positions learnt, their targets and, where they differ, their weights."""

    ids: NDArray[np.uint16]
    positions: NDArray[np.int64]
    targets: NDArray[np.int64]
    weights: NDArray[np.float32] | None = None

    def num_tokens(self) -> int:
        return int((self.ids != 0).sum())


@dataclass(frozen=True, slots=True)
class Precision:
    is_compiled: bool
    is_bf16: bool
    """Matrix products in bfloat16: pays on GPUs and on CPUs with AMX, not on AVX-512 alone."""


LOSS, COUNT, TOKENS = range(3)
"""Places in what `gradients` answers: the summed loss, the positions learnt, the tokens read."""


class Compute(Protocol):
    """Something that computes gradients."""

    decoder: Decoder
    """The weights that an optimiser changes, where they live."""
    rank: int
    """This process among those that train together; 0 writes files."""
    world: int
    """How many processes train together."""

    def gradients(self, tasks: Sequence[Task]) -> Tensor:
        """Leave the gradient of the mean loss over the tasks of all processes in the decoder's parameters.

        Answers [loss, count, tokens] summed over all processes, without waiting for the device to get there.
        """
        ...

    def agree(self, now: float, is_over: bool) -> tuple[float, bool]:
        """The first process's time, and whether any process wants to end: the same in all of them."""
        ...

    def stop(self) -> None:
        """Free what was started. Other processes may still be computing."""
        ...


def bind_gradients(decoder: Decoder, flat: Tensor) -> None:
    """Let the parameters' gradients live in `flat`, in order."""
    offset = 0
    for parameter in decoder.parameters():
        parameter.grad = flat[offset : offset + parameter.numel()].view_as(parameter)
        offset += parameter.numel()
