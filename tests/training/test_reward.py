"""Reinforcement on a tiny model: what the validator takes becomes likelier, with either method."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import numpy as np
import pytest

from tests.training.small import TINY, settings
from tests.training.tiny_mixture import tool
from training import checkpoint, tokenizer
from training.compute.base import Task
from training.data.sample import Call, Sample, calls, user
from training.encode import Encoder
from training.model import Decoder
from training.stages import reward as stage
from training.stages.reward import Method, Plan, Sampler, Tried
from training.tokenizer import CALL, END
from training.trainer import Trainer
from training.verify import Question, questions, reward

ENCODER = Encoder(tokenizer.load())


def decode(ids: list[int]) -> str:
    return str(ENCODER.tokenizer.decode(ids, skip_special_tokens=False))


def judge(ids: list[int], question: Question) -> float:
    return reward(ids, question, decode)


def asked(name: str) -> Question:
    sample = Sample((user("check it"), calls(Call(name, {"n": 1}))), (tool("ping"), tool("pong")))
    return questions(sample, ENCODER)[0]


def undecided(work: Path) -> Trainer:
    """A model that has seen both tools called after the same request, equally often."""
    trainer = Trainer(replace(settings(work), config=replace(TINY, max_context=256)))
    ids = [asked("ping").prompt + asked("ping").reference, asked("pong").prompt + asked("pong").reference]
    begin = len(asked("ping").prompt)
    task = stage.task([(row, begin, [1.0] * (len(row) - begin)) for row in ids])
    assert isinstance(task, Task)
    for _ in range(120):
        trainer.learn([task], 1.0)
    trainer.counted()
    return trainer


@pytest.mark.parametrize("method", ["grpo", "best"])
def test_reward_rises(method: Method, tmp_path: Path) -> None:
    undecided(tmp_path / "before").save()
    work = tmp_path / "after"
    config = stage.begin(tmp_path / "before" / "checkpoint.pt", work)
    trainer = Trainer(replace(settings(work), config=config, matrix_lr=1e-2, vector_lr=3e-3))
    assert (trainer.step, trainer.generation) == (0, 0)
    plan = Plan(2, 8, 1.0, 0.0, method, 25, 4096)
    questions_: Iterator[Question] = cycle([asked("ping")])
    stage.run(trainer, plan, questions_, [], Sampler(trainer, judge))
    given = [line["reward"] for line in map(json.loads, (work / "log.jsonl").read_text().splitlines())]
    assert 0.1 < given[0] < 0.9
    assert np.mean(given[-3:]) > given[0] + 0.2
    assert np.mean(given[-3:]) > 0.85
    assert checkpoint.load(work / "checkpoint.pt")["step"] == 25
    assert stage.begin(tmp_path / "before" / "checkpoint.pt", work) == config
    assert Trainer(replace(settings(work), config=config)).step == 25


def test_what_is_learnt_from_answers() -> None:
    question = asked("ping")
    right, wrong = question.reference, asked("pong").reference
    tried = [Tried(question, [right, wrong, wrong, [50, 51, END]], [1.0, 0.0, 0.0, 0.0])]
    plan = Plan(1, 4, 1.0, 0.0, "grpo", 1, 4096)
    made = stage.rows(tried, plan)
    assert [row[2][0] for row in made] == [0.75, -0.25, -0.25, -0.25]
    assert made[3][2] == [-0.25, 0.0, 0.0]  # of words, only the first token is credited
    assert [row[0] for row in stage.rows(tried, replace(plan, method="best"))] == [question.prompt + right]
    anchored = stage.rows(tried, replace(plan, anchor=0.1))
    assert anchored[-1] == (question.prompt + right, len(question.prompt), [0.1] * len(right))
    assert stage.rows([Tried(question, [right, right], [1.0, 1.0])], plan) == []


def test_a_task_predicts_the_answer_with_its_weights() -> None:
    made = stage.task([([5, 6, 7, CALL, 8, END], 3, [0.5, 0.0, -1.0]), ([5, 6, CALL, END], 2, [2.0, 2.0])])
    assert made.weights is not None
    assert made.targets.tolist() == [CALL, END, CALL, END]
    assert made.weights.tolist() == [0.5, -1.0, 2.0, 2.0]
    assert made.ids.reshape(-1)[made.positions].tolist() == [7, 8, 6, CALL]


def test_no_mixed_answers_leave_the_weights_alone(tmp_path: Path) -> None:
    trainer = Trainer(settings(tmp_path))
    before = {name: value.clone() for name, value in trainer.decoder.state_dict().items()}
    trainer.learn([], 1.0)
    moved = max(float((trainer.decoder.state_dict()[name] - value).abs().max()) for name, value in before.items())
    assert moved < 0.01  # weight decay alone
    assert isinstance(trainer.decoder, Decoder)
    assert time.time() < trainer.settings.deadline
