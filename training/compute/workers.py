"""Data parallelism on one machine: processes of one thread each that share weights and leave gradients in memory.

Single-threaded workers that pull micro-batches need no barrier inside a matrix product, so a core that is busy with
something else slows a step by its share and no more. It does not know the optimiser or the schedule.
"""

from __future__ import annotations

import queue
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.multiprocessing as processes
from torch import Tensor

from training.compute.base import Precision, Task, bind_gradients
from training.losses import Teacher, loss_sum
from training.model import Decoder, ModelConfig


@dataclass(frozen=True, slots=True)
class Shared:
    """A decoder that several processes can see: its shapes and its weights."""

    config: ModelConfig
    weights: Tensor

    @classmethod
    def of(cls, decoder: Decoder) -> Shared:
        """Move the decoder's parameters into shared memory."""
        weights = shared(decoder.num_parameters())
        torch.cat([p.detach().flatten() for p in decoder.parameters()], out=weights)
        bind(decoder, weights)
        return cls(decoder.config, weights)

    def decoder(self) -> Decoder:
        """A decoder over the same memory."""
        made = Decoder(self.config)
        bind(made, self.weights)
        return made


@dataclass(frozen=True, slots=True)
class SharedTeacher:
    decoder: Shared
    share: float
    num_top: int


def shared(*shape: int) -> Tensor:
    """Zeros that processes started from here can see."""
    made: Tensor = torch.zeros(shape).share_memory_()  # type: ignore[no-untyped-call]
    return made


def bind(decoder: Decoder, flat: Tensor) -> None:
    """Let the decoder's parameters live in `flat`, in order."""
    offset = 0
    for parameter in decoder.parameters():
        parameter.data = flat[offset : offset + parameter.numel()].view_as(parameter)
        offset += parameter.numel()


def work(
    student: Shared, taught: SharedTeacher | None, gradient: Tensor, precision: Precision, tasks: Any, losses: Any
) -> None:
    """A worker's life: add the gradient of each task to `gradient`, answer with its summed loss."""
    torch.set_num_threads(1)
    decoder = student.decoder()
    bind_gradients(decoder, gradient)
    teacher = Teacher(taught.decoder.decoder().eval(), taught.share, taught.num_top) if taught else None
    if precision.is_compiled:
        for layer in decoder.layers:
            layer.compile(dynamic=True)
    while (item := tasks.get()) is not None:
        task, divisor = item
        with torch.autocast("cpu", torch.bfloat16, enabled=precision.is_bf16):
            loss = loss_sum(
                decoder,
                torch.from_numpy(task.ids.astype(np.int64)),
                torch.from_numpy(task.positions),
                torch.from_numpy(task.targets),
                None if task.weights is None else torch.from_numpy(task.weights),
                teacher,
            )
        (loss / divisor).backward()
        losses.put(loss.item())


class Workers:
    """The processes, the weights they read and the gradients they leave; a `Compute`."""

    rank, world = 0, 1

    def __init__(self, decoder: Decoder, num_workers: int, precision: Precision, teacher: Teacher | None) -> None:
        self.decoder = decoder
        student = Shared.of(decoder)
        taught = SharedTeacher(Shared.of(teacher.decoder), teacher.share, teacher.num_top) if teacher else None
        self.flat = shared(num_workers, decoder.num_parameters())
        context = processes.get_context("spawn")
        self.tasks, self.losses = context.Queue(), context.Queue()
        self.processes = [
            context.Process(
                target=work, args=(student, taught, gradient, precision, self.tasks, self.losses), daemon=True
            )
            for gradient in self.flat
        ]
        for process in self.processes:
            process.start()

    def gradients(self, tasks: Sequence[Task]) -> Tensor:
        """See `Compute.gradients`."""
        count = sum(len(task.targets) for task in tasks)
        for task in tasks:
            self.tasks.put((task, max(1, count)))
        total = sum(self.next_loss() for _ in tasks)
        bind_gradients(self.decoder, self.flat.sum(0))
        self.flat.zero_()
        return torch.tensor([total, count, sum(task.num_tokens() for task in tasks)], dtype=torch.float64)

    def agree(self, now: float, is_over: bool) -> tuple[float, bool]:
        """See `Compute.agree`; alone, one agrees with oneself."""
        return now, is_over

    def next_loss(self) -> float:
        while True:
            try:
                return float(self.losses.get(timeout=10))
            except queue.Empty:
                if not all(process.is_alive() for process in self.processes):
                    raise RuntimeError("a training worker has died: see its traceback above") from None

    def stop(self) -> None:
        """End the processes."""
        for _ in self.processes:
            self.tasks.put(None)
        for process in self.processes:
            process.join(timeout=5)
