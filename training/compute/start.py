"""Choosing where to train."""

from __future__ import annotations

from typing import Literal, get_args

import torch

from training.compute.base import Compute, Precision
from training.compute.device import Device
from training.compute.workers import Workers
from training.losses import Teacher
from training.model import Decoder

Kind = Literal["workers", "cpu", "cuda"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""Processes on the CPU's cores; this one process's CPU, or one GPU, either of them once per process of torchrun."""


def start(
    kind: Kind, decoder: Decoder, precision: Precision, num_workers: int, teacher: Teacher | None = None
) -> Compute:
    """Where the decoder trains from now on. Raises where the machine has no such device."""
    if kind == "workers":
        torch.set_num_threads(num_workers)
        return Workers(decoder, num_workers, precision, teacher)
    if kind == "cuda" and not torch.cuda.is_available():
        raise RuntimeError("no CUDA device is here: use --device workers or --device cpu")
    return Device(decoder, kind, precision, teacher)
