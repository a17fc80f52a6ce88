"""Imitating a teacher."""

from __future__ import annotations

import torch

from tests.training.small import TINY
from training.losses import Teacher, divergence, loss_sum
from training.model import Decoder


def test_divergence_is_nothing_between_equals_and_counts_the_top_only() -> None:
    torch.manual_seed(0)
    wanted = torch.randn(4, 50)
    assert divergence(wanted, wanted, 50).abs().max() < 1e-5
    full = torch.nn.functional.kl_div(
        torch.zeros(4, 50).log_softmax(-1), wanted.log_softmax(-1), reduction="none", log_target=True
    ).sum(-1)
    torch.testing.assert_close(divergence(torch.zeros(4, 50), wanted, 50), full)
    raised = wanted.clone()
    raised[torch.arange(4), wanted.argmin(-1)] += 0.5
    assert (divergence(wanted, raised, 3) - divergence(wanted, wanted, 3)).abs().max() < 1e-6


def test_a_student_comes_to_choose_what_its_teacher_does() -> None:
    torch.manual_seed(0)
    teacher = Teacher(Decoder(TINY), share=1.0, num_top=8)
    torch.manual_seed(1)
    student = Decoder(TINY)
    tokens = torch.randint(20, 8000, (4, 16))
    positions = torch.arange(4 * 16)
    optimizer = torch.optim.AdamW(student.parameters(), lr=5e-3)
    unused = torch.zeros(64, dtype=torch.long)
    losses = []
    for _ in range(80):
        loss = loss_sum(student, tokens, positions, unused, teacher=teacher) / 64
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    assert losses[-1] < losses[0] / 4
    with torch.no_grad():
        same = student(tokens).argmax(-1) == teacher.decoder(tokens).argmax(-1)
    assert same.float().mean() > 0.8
