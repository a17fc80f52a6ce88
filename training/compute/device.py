"""One device per process: a GPU (or this process's CPU), alone or as one of many that torchrun started.

Weights are the same in all processes because each makes the same step from the same summed gradient. It does not know
the optimiser or the schedule.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, distributed

from training.compute.base import Precision, Task, bind_gradients
from training.losses import Teacher, loss_sum
from training.model import Decoder

GROUP_TIMEOUT = timedelta(minutes=30)
"""The first process measures and saves while the others wait."""


class Device:
    """A decoder on one device; a `Compute`."""

    def __init__(self, decoder: Decoder, kind: str, precision: Precision, teacher: Teacher | None) -> None:
        self.rank, self.world = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
        self.device = (
            torch.device(kind, int(os.environ.get("LOCAL_RANK", "0"))) if kind == "cuda" else torch.device(kind)
        )
        if kind == "cuda":
            torch.cuda.set_device(self.device)
            torch.set_float32_matmul_precision("high")
        if self.world > 1:
            distributed.init_process_group("nccl" if kind == "cuda" else "gloo", timeout=GROUP_TIMEOUT)
        self.precision = precision
        self.decoder = decoder.to(self.device)
        self.teacher = Teacher(teacher.decoder.to(self.device), teacher.share, teacher.num_top) if teacher else None
        self.flat = torch.zeros(decoder.num_parameters(), device=self.device)
        for parameter in decoder.parameters() if self.world > 1 else ():
            distributed.broadcast(parameter.data, 0)
        for model in [decoder, *([teacher.decoder] if teacher else [])] if precision.is_compiled else []:
            for layer in model.layers:
                layer.compile(dynamic=True)

    def gradients(self, tasks: Sequence[Task]) -> Tensor:
        """See `Compute.gradients`."""
        self.flat.zero_()
        bind_gradients(self.decoder, self.flat)
        count = sum(len(task.targets) for task in tasks)
        read = sum(task.num_tokens() for task in tasks)
        totals = torch.tensor([0.0, count, read], dtype=torch.float64).to(self.device, non_blocking=True)
        for task in tasks:
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision.is_bf16):
                loss = loss_sum(
                    self.decoder,
                    self.there(task.ids.astype(np.int64)),
                    self.there(task.positions),
                    self.there(task.targets),
                    None if task.weights is None else self.there(task.weights),
                    self.teacher,
                )
            loss.backward()  # type: ignore[no-untyped-call]
            totals[0] += loss.detach()
        if self.world > 1:
            distributed.all_reduce(self.flat)
            distributed.all_reduce(totals)
        self.flat.div_(totals[1].clamp(min=1))
        return totals

    def there(self, array: NDArray[Any]) -> Tensor:
        """The array on the device; from pinned memory, so that the copy overlaps what the GPU is doing."""
        here = torch.from_numpy(array)
        return here.pin_memory().to(self.device, non_blocking=True) if self.device.type == "cuda" else here

    def agree(self, now: float, is_over: bool) -> tuple[float, bool]:
        """See `Compute.agree`."""
        if self.world == 1:
            return now, is_over
        said = torch.tensor([now if self.rank == 0 else 0.0, float(is_over)], dtype=torch.float64, device=self.device)
        distributed.all_reduce(said, distributed.ReduceOp.MAX)
        return float(said[0]), bool(said[1])

    def stop(self) -> None:
        """Leave the group."""
        if self.world > 1:
            distributed.barrier()
            distributed.destroy_process_group()
