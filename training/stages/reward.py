"""Stage 5b: reinforcement with verifiable rewards: several answers to each prompt, judged by the validator.

`grpo` raises an answer's likelihood by how much better it did than the others to its prompt; `best` learns the right
ones only. A share of ordinary learning from the references keeps the rest of what the model knows in place.
"""

from __future__ import annotations

import argparse
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import torch

from training import checkpoint, rollout, tokenizer
from training.compute.base import Precision, Task
from training.compute.start import KINDS
from training.data.mixture import Mixture
from training.encode import Encoder
from training.model import ModelConfig
from training.optimizer import Optimizer
from training.paths import data_root
from training.shards import Source
from training.tokenizer import CALL
from training.trainer import Settings, Trainer
from training.verify import Question, questions, reward

Method = Literal["grpo", "best"]
MAX_PROMPT, MAX_ANSWER = 1024, 192
HELD_OUT_SEED = 987_654_322
ROLLOUT_TOKENS = {"cpu": 30_000, "cuda": 600_000}
"""Tokens of prompts and answers that are sampled at once."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What each step does."""

    num_prompts: int
    num_answers: int
    temperature: float
    anchor: float
    """Weight of learning from the references, beside the rewards' 1."""
    method: Method
    num_steps: int
    tokens_per_batch: int


@dataclass(frozen=True, slots=True)
class Tried:
    """A question with the answers drawn for it and their rewards."""

    question: Question
    answers: list[list[int]]
    rewards: list[float]

    @property
    def mean(self) -> float:
        return sum(self.rewards) / len(self.rewards)

    def weights(self, method: Method) -> list[float]:
        """How much each answer is to become likelier."""
        if method == "best":
            return [float(given == 1.0 and self.mean < 1.0) for given in self.rewards]
        return [given - self.mean for given in self.rewards]


def endless_questions(root: Path, seed: int, encoder: Encoder) -> Iterator[Question]:
    """One question of each of the mixture's samples that fits."""
    rng = random.Random(seed)
    for sample in Mixture(root, seed, is_late=True):
        found = [one for one in questions(sample, encoder) if len(one.prompt) <= MAX_PROMPT]
        if found:
            yield rng.choice(found)


class Sampler:
    """Draws answers from a decoder and judges them."""

    def __init__(self, trainer: Trainer, judge: Callable[[list[int], Question], float]) -> None:
        self.trainer, self.judge = trainer, judge
        self.generator = torch.Generator(trainer.device).manual_seed(trainer.generation * 1000 + trainer.compute.rank)

    def tried(self, asked: list[Question], num_answers: int, temperature: float) -> list[Tried]:
        """Every question with `num_answers` answers."""
        prompts = [question.prompt for question in asked for _ in range(num_answers)]
        said: list[list[int]] = [[] for _ in prompts]
        device = self.trainer.device.type
        with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
            for group in rollout.groups(prompts, MAX_ANSWER, ROLLOUT_TOKENS[device]):
                made = rollout.answers(
                    self.trainer.decoder, [prompts[n] for n in group], MAX_ANSWER, temperature, self.generator
                )
                for number, answer in zip(group, made, strict=True):
                    said[number] = answer
        result = []
        for place, question in enumerate(asked):
            answers = said[place * num_answers : (place + 1) * num_answers]
            result.append(Tried(question, answers, [self.judge(answer, question) for answer in answers]))
        return result


Row = tuple[list[int], int, list[float]]
"""A whole row of tokens, where its answer begins, the weight of each of the answer's tokens."""


def rows(tried: list[Tried], plan: Plan) -> list[Row]:
    """What is learnt from what was tried. Words are credited at their first token: the rest is not verified."""
    made: list[Row] = []
    for one in tried:
        prompt = one.question.prompt
        for answer, weight in zip(one.answers, one.weights(plan.method), strict=True):
            if weight:
                is_called = CALL in answer
                given = [weight if is_called or number == 0 else 0.0 for number in range(len(answer))]
                made.append((prompt + answer, len(prompt), given))
        if plan.anchor:
            reference = one.question.reference
            made.append((prompt + reference, len(prompt), [plan.anchor] * len(reference)))
    return made


def tasks(made: list[Row], tokens_per_batch: int) -> list[Task]:
    """The rows in micro-batches of alike length."""
    return [task([made[n] for n in group]) for group in rollout.groups([row[0] for row in made], 0, tokens_per_batch)]


def task(made: list[Row]) -> Task:
    width = max(len(ids) for ids, _, _ in made)
    ids = np.zeros((len(made), width), dtype=np.uint16)
    positions, weights = [], []
    for number, (row, begin, given) in enumerate(made):
        ids[number, : len(row)] = row
        learnt = [(number * width + begin - 1 + place, weight) for place, weight in enumerate(given) if weight]
        positions += [place for place, _ in learnt]
        weights += [weight for _, weight in learnt]
    at = np.array(positions, dtype=np.int64)
    return Task(ids, at, ids.reshape(-1)[at + 1].astype(np.int64), np.array(weights, dtype=np.float32))


def begin(source: Path, work: Path) -> ModelConfig:
    """Put the weights of `source` into `work` as a run that has not begun, unless it has; answers their shapes."""
    path = work / "checkpoint.pt"
    if path.exists():
        return ModelConfig(**checkpoint.load(path)["config"])
    decoder, state = checkpoint.load_decoder(source, "model")
    fresh = {
        **state, "model": decoder.state_dict(), "average": decoder.state_dict(), "step": 0, "generation": -1,
        "began": time.time(), "optimizer": Optimizer(decoder).state(), "times_read": {},
    }  # fmt: skip
    checkpoint.save(path, fresh)
    return decoder.config


def run(trainer: Trainer, plan: Plan, asked: Iterator[Question], held_out: list[Question], sampler: Sampler) -> None:
    """Steps until the last, a kill or the deadline; each leaves a line in the log and every tenth a checkpoint."""
    killed = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: killed.set())

    def measure() -> None:
        if held_out and trainer.compute.rank == 0:
            found = sampler.tried(held_out, 1, 0.0)
            trainer.log(held_out_reward=round(sum(one.mean for one in found) / len(found), 4))

    measure()
    is_over = trainer.step >= plan.num_steps
    while not is_over:
        tried = sampler.tried([next(asked) for _ in range(plan.num_prompts)], plan.num_answers, plan.temperature)
        trainer.learn(tasks(rows(tried, plan), plan.tokens_per_batch), 1 - trainer.step / plan.num_steps)
        figures = trainer.counted()
        mixed = sum(0 < one.mean < 1 for one in tried) / len(tried)
        given = sum(one.mean for one in tried) / len(tried)
        trainer.log(reward=round(given, 4), mixed=round(mixed, 4), norm=round(figures["norm"], 4))
        is_late = killed.is_set() or time.time() >= trainer.settings.deadline or trainer.step >= plan.num_steps
        _, is_over = trainer.compute.agree(time.time(), is_late)
        if trainer.step % 10 == 0 or is_over:
            trainer.save()
    if not killed.is_set():
        measure()
    trainer.compute.stop()


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, help="checkpoint to begin with")
    parser.add_argument("--work", type=Path, required=True, help="folder of this run's checkpoint and log")
    parser.add_argument("--data", type=Path, default=data_root())
    parser.add_argument("--method", choices=get_args(Method), default="grpo")
    parser.add_argument("--prompts", type=int, default=32, help="per step and process")
    parser.add_argument("--answers", type=int, default=8, help="drawn for each prompt")
    parser.add_argument("--temperature", type=float, default=1.0)
    parser.add_argument("--anchor", type=float, default=0.1)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=1e6)
    parser.add_argument("--tokens-per-batch", type=int, default=8192)
    parser.add_argument("--matrix-lr", type=float, default=1e-3)
    parser.add_argument("--vector-lr", type=float, default=1e-4)
    parser.add_argument("--device", choices=KINDS, default="cpu")
    parser.add_argument("--workers", type=int, default=2, help="processes of --device workers")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--held-out", type=int, default=200, help="questions that only measure")
    return parser.parse_args()


def main() -> None:
    a = parsed()
    settings = Settings(
        work=a.work,
        source=Source("training.data.mixture", a.data, True, {}, MAX_PROMPT),
        config=begin(a.source, a.work),
        deadline=time.time() + 60 * a.minutes,
        decay_share=1.0,
        max_steps=a.steps,
        max_tokens=10**18,
        tokens_per_batch=a.tokens_per_batch,
        batches_per_step=1,
        prompt_share=0.0,
        prompt_tokens=0,
        matrix_lr=a.matrix_lr,
        vector_lr=a.vector_lr,
        kind=a.device,
        num_workers=a.workers,
        precision=Precision(a.compile, a.device == "cuda"),
    )
    plan = Plan(a.prompts, a.answers, a.temperature, a.anchor, a.method, a.steps, a.tokens_per_batch)
    trainer = Trainer(settings)
    encoder = Encoder(tokenizer.load())

    def judge(ids: list[int], question: Question) -> float:
        return reward(ids, question, lambda part: encoder.tokenizer.decode(part, skip_special_tokens=False))

    fixed = endless_questions(a.data, HELD_OUT_SEED, encoder)
    held_out = [next(fixed) for _ in range(a.held_out)] if trainer.compute.rank == 0 else []
    asked = endless_questions(a.data, 1 + trainer.generation * 1000 + trainer.compute.rank, encoder)
    run(trainer, plan, asked, held_out, Sampler(trainer, judge))


if __name__ == "__main__":
    main()
