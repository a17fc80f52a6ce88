"""The same gradient wherever it is computed: workers, one device, several processes; taught and weighted."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.training.small import TINY, random_task
from training.compute.base import Compute, Precision, Task
from training.compute.start import Kind, start
from training.losses import Teacher
from training.model import Decoder

PLAIN = Precision(is_compiled=False, is_bf16=False)
ROOT = Path(__file__).resolve().parents[2]


def decoder(seed: int = 0) -> Decoder:
    torch.manual_seed(seed)
    return Decoder(TINY)


def gradient(compute: Compute, tasks: list[Task]) -> tuple[Tensor, list[float]]:
    sums = compute.gradients(tasks)
    found = [p.grad.flatten() for p in compute.decoder.parameters() if p.grad is not None]
    return torch.cat(found).clone(), sums.tolist()


def by_hand(tasks: list[Task]) -> Tensor:
    made = decoder()
    total = torch.zeros(())
    for task in tasks:
        logits = made(torch.from_numpy(task.ids.astype(np.int64))).flatten(0, 1)[torch.from_numpy(task.positions)]
        total = total + torch.nn.functional.cross_entropy(logits, torch.from_numpy(task.targets), reduction="sum")
    (total / sum(len(task.targets) for task in tasks)).backward()  # type: ignore[no-untyped-call]
    return torch.cat([p.grad.flatten() for p in made.parameters() if p.grad is not None])


@pytest.fixture
def on() -> Callable[..., tuple[Tensor, list[float]]]:
    def computed(kind: Kind, tasks: list[Task], teacher: Teacher | None = None) -> tuple[Tensor, list[float]]:
        compute = start(kind, decoder(), PLAIN, 2, teacher)
        try:
            gradient(compute, tasks)
            return gradient(compute, tasks)  # nothing is left of the first
        finally:
            compute.stop()

    return computed


@pytest.mark.parametrize("kind", ["workers", "cpu"])
def test_gradients_are_those_of_the_mean_loss(on: Callable[..., tuple[Tensor, list[float]]], kind: Kind) -> None:
    tasks = [random_task(1), random_task(2), random_task(3)]
    found, sums = on(kind, tasks)
    torch.testing.assert_close(found, by_hand(tasks), rtol=1e-4, atol=1e-6)
    assert sums[1:] == [30, 3 * 72]


def test_weights_scale_each_position(on: Callable[..., tuple[Tensor, list[float]]]) -> None:
    task = random_task(1)
    kept = np.arange(10) % 2 == 0
    weighted = replace(task, weights=kept.astype(np.float32))
    halved = replace(task, positions=task.positions[kept], targets=task.targets[kept])
    for kind in ("cpu", "workers"):
        torch.testing.assert_close(on(kind, [weighted])[0] * 2, on("cpu", [halved])[0], rtol=1e-4, atol=1e-6)


def test_a_teacher_pulls_the_same_way_everywhere(on: Callable[..., tuple[Tensor, list[float]]]) -> None:
    torch.manual_seed(7)
    larger = Decoder(replace(TINY, d_model=64, num_layers=3))
    tasks = [random_task(1), random_task(2)]
    alone, _ = on("cpu", tasks)
    taught, _ = on("cpu", tasks, Teacher(larger, 0.5, 16))
    assert (alone - taught).abs().max() > 1e-3
    torch.testing.assert_close(on("workers", tasks, Teacher(larger, 0.5, 16))[0], taught, rtol=1e-4, atol=1e-6)
    itself, _ = on("cpu", tasks, Teacher(decoder(), 1.0, 8192))
    assert itself.abs().max() < 1e-6


def test_no_cuda_is_said_plainly() -> None:
    if torch.cuda.is_available():
        pytest.skip("a CUDA device is here")
    with pytest.raises(RuntimeError, match="no CUDA device"):
        start("cuda", decoder(), PLAIN, 1)


PROGRAM = """
import sys, time, torch
from tests.training.small import random_task
from tests.training.test_compute import PLAIN, decoder, gradient
from training.compute.start import start
compute = start("cpu", decoder(seed=int(__import__("os").environ["RANK"])), PLAIN, 1)
found, sums = gradient(compute, [random_task(1)] if compute.rank == 0 else [random_task(2), random_task(3)])
agreed = compute.agree(100.0 + compute.rank, compute.rank == 1)
torch.save((found, sums, agreed), f"{sys.argv[1]}/{compute.rank}.pt")
compute.stop()
"""


@pytest.mark.timeout(300)
def test_processes_together_compute_what_one_does(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "OMP_NUM_THREADS": "1"}
    subprocess.run([*launch, str(tmp_path / "program.py"), str(tmp_path)], cwd=ROOT, env=environment, check=True)
    for rank in range(2):
        found, sums, agreed = torch.load(tmp_path / f"{rank}.pt")
        torch.testing.assert_close(found, by_hand([random_task(n) for n in (1, 2, 3)]), rtol=1e-4, atol=1e-6)
        assert sums[1:] == [30, 3 * 72]
        assert agreed == (100.0, True)
