"""Answers side by side are those of each prompt alone."""

from __future__ import annotations

import torch

from tests.training.small import TINY
from training import rollout
from training.model import Decoder
from training.tokenizer import END


def decoder() -> Decoder:
    torch.manual_seed(0)
    return Decoder(TINY).eval()


@torch.no_grad()
def slowly(model: Decoder, prompt: list[int], count: int) -> list[int]:
    ids = list(prompt)
    for _ in range(count):
        ids.append(int(model(torch.tensor([ids]))[0, -1].argmax()))
        if ids[-1] == END:
            break
    return ids[len(prompt) :]


def test_greedy_answers_need_no_cache_to_be_the_same() -> None:
    model = decoder()
    generator = torch.Generator().manual_seed(3)
    prompts = [torch.randint(20, 8000, (n,), generator=generator).tolist() for n in (3, 17, 40, 9)]
    assert rollout.answers(model, prompts, 12) == [slowly(model, prompt, 12) for prompt in prompts]


def test_an_answer_ends_at_its_end_token() -> None:
    model = decoder()
    prompts = [[30, 31, 32], [40, 41]]
    third = slowly(model, prompts[0], 3)[2]
    with torch.no_grad():
        model.embed.weight[[END, third]] = model.embed.weight[[third, END]]
    first, _ = rollout.answers(model, prompts, 12)
    assert first == [*slowly(model, prompts[0], 12)]
    assert first[-1] == END
    assert len(first) <= 3


def test_drawing_is_repeatable_and_varied() -> None:
    model = decoder()
    drawn = [
        rollout.answers(model, [[30, 31, 32]] * 4, 6, 1.0, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
    ]
    assert drawn[0] == drawn[1] != drawn[2]
    assert len({tuple(answer) for answer in drawn[0]}) > 1


def test_groups_hold_every_prompt_once_within_the_limit() -> None:
    prompts = [[0] * n for n in (5, 100, 7, 90, 6, 300)]
    made = list(rollout.groups(prompts, 10, 250))
    assert sorted(number for group in made for number in group) == list(range(6))
    for group in made:
        assert len(group) == 1 or len(group) * (max(len(prompts[n]) for n in group) + 10) <= 250
    assert list(rollout.groups([], 10, 250)) == []
