"""Stage 4: train a decoder on the mixture until a time of day, resumable after a kill.

Owns the loop, the schedule and the log. The mixture comes in shards from a process beside it.
"""

from __future__ import annotations

import argparse
import datetime
import json
import math
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from training import checkpoint, pack, shards
from training.model import CONFIGS, Decoder, ModelConfig
from training.optimizer import Optimizer
from training.pack import Batch
from training.paths import data_root
from training.workers import Precision, Task, Workers

Positions = NDArray[np.int64]

HELD_OUT_SEED = 987_654_321
WARMUP_STEPS = 100


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run is told; everything else follows from it."""

    work: Path
    source: shards.Source
    config: ModelConfig
    deadline: float
    """Unix time at which the learning rate reaches zero and the run ends."""
    decay_share: float
    """The last share of the run over which the learning rate falls to nothing."""
    max_steps: int
    tokens_per_batch: int
    batches_per_step: int
    prompt_share: float
    """The share of prompt tokens that is learnt too; it falls with the learning rate."""
    matrix_lr: float
    vector_lr: float
    num_workers: int
    is_compiled: bool
    is_bf16: bool
    """Matrix products in bfloat16: pays on CPUs with AMX and on GPUs, not on AVX-512 alone."""


def rate(step: int, now: float, began: float, deadline: float, decay_share: float) -> float:
    """Learning-rate scale: linear warm-up, constant, linear decay over the last `decay_share` before the deadline."""
    left = (deadline - now) / max(1.0, decay_share * (deadline - began))
    return max(0.0, min(1.0, (step + 1) / WARMUP_STEPS, left))


def learnt_positions(batch: Batch, prompt_share: float, rng: np.random.Generator) -> tuple[Positions, Positions]:
    """Flat positions that predict something learnt, and the tokens they predict."""
    following = batch.ids[:, 1:]
    wanted = batch.learnt[:, 1:] | ((following != 0) & (rng.random(following.shape) < prompt_share))
    wanted = np.pad(wanted, ((0, 0), (0, 1)))
    positions = np.flatnonzero(wanted)
    return positions, batch.ids.reshape(-1)[positions + 1].astype(np.int64)


class Trainer:
    """A decoder with its optimiser, running average, counters and log."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        torch.manual_seed(0)
        self.decoder = Decoder(settings.config)
        self.optimizer = Optimizer(self.decoder, matrix_lr=settings.matrix_lr, vector_lr=settings.vector_lr)
        self.step = 0
        self.tokens = 0
        self.seconds = 0.0
        self.began = time.time()
        self.generation = 0
        """How many times the run was started; seeds the data so that no start repeats another's."""
        if self.checkpoint_file.exists():
            self.restore(checkpoint.load(self.checkpoint_file))
        self.average = {name: value.clone() for name, value in self.decoder.state_dict().items()}
        precision = Precision(settings.is_compiled, settings.is_bf16)
        self.workers = Workers(self.decoder, settings.num_workers, precision)
        self.rng = np.random.default_rng(self.generation)

    @property
    def checkpoint_file(self) -> Path:
        return self.settings.work / "checkpoint.pt"

    def restore(self, state: checkpoint.State) -> None:
        self.decoder.load_state_dict(state["model"])
        self.optimizer.restore(state["optimizer"])
        self.step, self.tokens, self.seconds = state["step"], state["tokens"], state["seconds"]
        self.began, self.generation = state["began"], state["generation"] + 1

    def save(self) -> None:
        state = {
            "config": checkpoint.config_state(self.settings.config),
            "model": self.decoder.state_dict(),
            "average": self.average,
            "optimizer": self.optimizer.state(),
            "step": self.step,
            "tokens": self.tokens,
            "seconds": self.seconds,
            "began": self.began,
            "generation": self.generation,
        }
        checkpoint.save(self.checkpoint_file, state)

    def rate(self, now: float) -> float:
        return rate(self.step, now, self.began, self.settings.deadline, self.settings.decay_share)

    def log(self, **entry: Any) -> None:
        line = json.dumps({"step": self.step, "tokens": self.tokens, **entry})
        print(line, flush=True)
        with (self.settings.work / "log.jsonl").open("a") as file:
            file.write(line + "\n")

    def train_step(self, batches: list[Batch]) -> tuple[float, float]:
        """One optimiser step over `batches`; answers the mean loss and the gradient norm."""
        scale = self.rate(time.time())
        targeted = [learnt_positions(batch, self.settings.prompt_share * scale, self.rng) for batch in batches]
        count = sum(len(targets) for _, targets in targeted)
        total = self.workers.accumulate(
            Task(batch.ids, positions, targets, count)
            for batch, (positions, targets) in zip(batches, targeted, strict=True)
        )
        norm = self.optimizer.step(scale)
        self.step += 1
        self.tokens += sum(batch.num_tokens() for batch in batches)
        self.update_average()
        return total / count, norm

    @torch.no_grad()
    def update_average(self) -> None:
        weight = max(1 / 300, 1 / (self.step + 1))
        torch._foreach_lerp_(list(self.average.values()), list(self.decoder.state_dict().values()), weight)

    @torch.no_grad()
    def held_out(self, batches: list[Batch]) -> dict[str, float]:
        """Loss, share of right tokens and share of fully right answers on held-out samples (greedy, exact)."""
        loss, right, count, exact, rows = 0.0, 0, 0, 0, 0
        for batch in batches:
            positions, targets = learnt_positions(batch, 0.0, self.rng)
            states = self.decoder.hidden(torch.from_numpy(batch.ids.astype(np.int64))).flatten(0, 1)
            logits = torch.nn.functional.linear(states[torch.from_numpy(positions)], self.decoder.embed.weight)
            loss += torch.nn.functional.cross_entropy(logits, torch.from_numpy(targets), reduction="sum").item()
            hits = (logits.argmax(-1) == torch.from_numpy(targets)).numpy()
            right, count = right + int(hits.sum()), count + len(targets)
            is_wrong = np.zeros(len(batch.ids), dtype=np.bool_)
            is_wrong[positions[~hits] // batch.ids.shape[1]] = True
            exact, rows = exact + int((~is_wrong).sum()), rows + len(batch.ids)
        return {"dev_loss": loss / count, "dev_token": right / count, "dev_exact": exact / rows}


def endless_steps(trainer: Trainer, source: Iterator[pack.Shard]) -> Iterator[list[Batch]]:
    """Batches of one optimiser step after another."""
    settings = trainer.settings
    pending: list[Batch] = []
    for shard in source:
        for batch in pack.batches(shard, settings.tokens_per_batch, trainer.rng):
            pending.append(batch)
            if len(pending) == settings.batches_per_step:
                yield pending
                pending = []


def held_out_batches(settings: Settings) -> list[Batch]:
    source = replace(settings.source, preferred_length=pack.MAX_LENGTH)
    shard = shards.shard(shards.documents(source, HELD_OUT_SEED), 50_000)
    return list(pack.batches(shard, 8192, np.random.default_rng(0)))


def run(settings: Settings, save_every_s: float, dev_every: int) -> None:
    settings.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(settings.num_workers)
    trainer = Trainer(settings)
    seed = 1 + trainer.generation
    folder = settings.work / "shards"
    producer = shards.start(settings.source, folder, seed)
    dev = held_out_batches(settings)
    trainer.log(event="start", parameters=trainer.decoder.num_parameters(), generation=trainer.generation)
    saved = mark = time.time()
    mark_tokens = trainer.tokens
    losses: list[float] = []
    killed = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: killed.set())
    for batches in endless_steps(trainer, shards.consume(folder, producer)):
        loss, norm = trainer.train_step(batches)
        losses.append(loss)
        now = time.time()
        if not math.isfinite(loss):
            raise FloatingPointError(f"loss is {loss} at step {trainer.step}")
        is_over = killed.is_set() or now >= settings.deadline or trainer.step >= settings.max_steps
        if trainer.step % 20 == 0 or is_over:
            trainer.seconds += now - mark
            speed = (trainer.tokens - mark_tokens) / (now - mark)
            entry = {"loss": sum(losses) / len(losses), "norm": norm, "rate": trainer.rate(now), "tokens_per_s": speed}
            trainer.log(**{name: round(value, 4) for name, value in entry.items()})
            mark, mark_tokens, losses = now, trainer.tokens, []
        if trainer.step % dev_every == 0 or (is_over and not killed.is_set()):
            trainer.log(**{name: round(value, 4) for name, value in trainer.held_out(dev).items()})
        if now - saved > save_every_s or is_over:
            trainer.save()
            saved = time.time()
        if is_over:
            break
    trainer.workers.stop()
    producer.terminate()


def parse_until(text: str) -> float:
    """The next occurrence of HH:MM, local time."""
    now = datetime.datetime.now().astimezone()
    moment = datetime.datetime.combine(now.date(), datetime.time.fromisoformat(text), now.tzinfo)
    return (moment if moment > now else moment + datetime.timedelta(days=1)).timestamp()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", choices=CONFIGS, default="nano")
    parser.add_argument("--shape", default="{}", help='JSON that overrides the config, e.g. {"num_layers":8}')
    parser.add_argument("--work", type=Path, default=Path(".tercet-train"))
    parser.add_argument("--data", type=Path, default=data_root())
    parser.add_argument("--prefer-length", type=int, default=pack.MAX_LENGTH, help="thin out longer documents")
    parser.add_argument("--full-share", type=float, default=0.0, help="thin out documents with less learnt than this")
    parser.add_argument("--late", action="store_true", help="the mixture's weights for a last stage")
    parser.add_argument("--keep", default="{}", help='JSON: shares kept by source, e.g. {"gsm8k":0.2}')
    parser.add_argument("--mixture", default="training.data.mixture")
    stop = parser.add_mutually_exclusive_group(required=True)
    stop.add_argument("--until", help="HH:MM at which the run has decayed and ends")
    stop.add_argument("--minutes", type=float)
    parser.add_argument("--decay-share", type=float, default=0.4)
    parser.add_argument("--max-steps", type=int, default=10**9)
    parser.add_argument("--tokens-per-batch", type=int, default=2048)
    parser.add_argument("--batches-per-step", type=int, default=4)
    parser.add_argument("--prompt-share", type=float, default=0.05)
    parser.add_argument("--matrix-lr", type=float, default=0.02)
    parser.add_argument("--vector-lr", type=float, default=3e-3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--eager", action="store_true")
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--save-every-s", type=float, default=180)
    parser.add_argument("--dev-every", type=int, default=200)
    a = parser.parse_args()
    settings = Settings(
        work=a.work,
        source=shards.Source(a.mixture, a.data, a.late, json.loads(a.keep), a.prefer_length, a.full_share),
        config=replace(CONFIGS[a.config], **json.loads(a.shape)),
        deadline=parse_until(a.until) if a.until else time.time() + 60 * a.minutes,
        decay_share=a.decay_share,
        max_steps=a.max_steps,
        tokens_per_batch=a.tokens_per_batch,
        batches_per_step=a.batches_per_step,
        prompt_share=a.prompt_share,
        matrix_lr=a.matrix_lr,
        vector_lr=a.vector_lr,
        num_workers=a.workers,
        is_compiled=not a.eager,
        is_bf16=a.bf16,
    )
    run(settings, a.save_every_s, a.dev_every)


if __name__ == "__main__":
    main()
