"""Stage 4: train a decoder on the mixture until a time of day, resumable after a kill.

Owns the loop and the command line. One process drives CPU workers or a GPU; `torchrun --nproc-per-node N -m
training.stages.train --device cuda …` drives N GPUs with the same command.
"""

from __future__ import annotations

import argparse
import datetime
import json
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from training import pack, shards, stock
from training.compute.base import Precision
from training.compute.start import KINDS
from training.model import CONFIGS
from training.pack import Batch
from training.stages.shards import add_source_arguments, source_of
from training.trainer import Settings, Trainer

HELD_OUT_SEED = 987_654_321
LOG_EVERY = 20
KILLED = 128 + signal.SIGTERM
"""Exit status after a kill, so that a recipe does not go on to export what is half trained."""
AHEAD = 4
"""Steps whose batches wait ready."""
Item = TypeVar("Item")


def steps(source: Iterable[pack.Shard], settings: Settings, rng: np.random.Generator) -> Iterator[list[Batch]]:
    """Batches of one optimiser step after another."""
    pending: list[Batch] = []
    for shard in source:
        for batch in pack.batches(shard, settings.tokens_per_batch, rng):
            pending.append(batch)
            if len(pending) == settings.batches_per_step:
                yield pending
                pending = []


def ahead(items: Iterator[Item], count: int) -> Iterator[Item]:
    """The same items, `count` of them made in advance by a thread; what it raises is raised here."""
    made: queue.Queue[Item | BaseException] = queue.Queue(count)

    def fill() -> None:
        try:
            for item in items:
                made.put(item)
        except BaseException as error:  # noqa: BLE001 - raised again by the reader
            made.put(error)

    threading.Thread(target=fill, daemon=True).start()
    while True:
        item = made.get()
        if isinstance(item, BaseException):
            raise item
        yield item


def held_out_batches(settings: Settings) -> list[Batch]:
    source = replace(settings.source, preferred_length=pack.MAX_LENGTH, long_share=0.0)
    shard = shards.shard(shards.documents(source, HELD_OUT_SEED), settings.held_out_tokens)
    return list(pack.batches(shard, 8192, np.random.default_rng(0)))


def shard_source(trainer: Trainer) -> tuple[Iterable[pack.Shard], Callable[[], None]]:
    """Where shards come from, and what ends their making."""
    settings, compute = trainer.settings, trainer.compute
    if settings.stock:
        return stock.Reader(settings.stock, compute.rank, compute.world, trainer.times_read), lambda: None
    seed = (1 + trainer.generation) * compute.world + compute.rank
    producers = shards.Producers(
        settings.source, settings.work / f"shards-{compute.rank}", seed, settings.num_producers
    )
    return producers, producers.stop


def run(settings: Settings, save_every_s: float, dev_every: int) -> bool:
    """Train to the end, or until SIGTERM; answers whether the end was reached."""
    settings.work.mkdir(parents=True, exist_ok=True)
    killed = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: killed.set())
    trainer = Trainer(settings)
    source, stop = shard_source(trainer)
    dev = held_out_batches(settings) if trainer.compute.rank == 0 else []
    trainer.log(event="start", parameters=trainer.decoder.num_parameters(), generation=trainer.generation)
    try:
        loop(trainer, source, dev, killed, save_every_s, dev_every)
    finally:
        stop()
    trainer.compute.stop()
    return not killed.is_set()


def loop(
    trainer: Trainer,
    source: Iterable[pack.Shard],
    dev: list[Batch],
    killed: threading.Event,
    save_every_s: float,
    dev_every: int,
) -> None:
    """Step until the deadline, the last step or a kill; each ends with a checkpoint."""
    settings = trainer.settings
    rng = np.random.default_rng((trainer.generation, trainer.compute.rank, 1))
    saved = mark = time.time()
    waited, mark_tokens = 0.0, trainer.tokens
    batches = ahead(steps(source, settings, rng), AHEAD)
    now, is_over = trainer.compute.agree(time.time(), killed.is_set())
    while not is_over:
        asked = time.time()
        next_batches = next(batches)
        waited += time.time() - asked
        trainer.train_step(next_batches, now)
        is_done = trainer.step >= settings.max_steps or trainer.tokens >= settings.max_tokens
        now, is_over = trainer.compute.agree(
            time.time(), killed.is_set() or is_done or time.time() >= settings.deadline
        )
        is_saving = now - saved > save_every_s or is_over
        if trainer.step % LOG_EVERY == 0 or is_saving:
            entry = trainer.counted()
            passed = time.time() - mark
            trainer.seconds += passed
            speed = (trainer.tokens - mark_tokens) / passed
            entry |= {"rate": trainer.rate(now), "tokens_per_s": speed, "waited": waited / passed}
            trainer.log(**{name: round(value, 4) for name, value in entry.items()})
            mark, mark_tokens, waited = time.time(), trainer.tokens, 0.0
        if dev and (trainer.step % dev_every == 0 or (is_over and not killed.is_set())):
            trainer.log(**{name: round(value, 4) for name, value in trainer.held_out(dev).items()})
        if is_saving:
            trainer.save()
            saved = now


def parse_until(text: str) -> float:
    """The next occurrence of HH:MM, local time."""
    now = datetime.datetime.now().astimezone()
    moment = datetime.datetime.combine(now.date(), datetime.time.fromisoformat(text), now.tzinfo)
    return (moment if moment > now else moment + datetime.timedelta(days=1)).timestamp()


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", choices=CONFIGS, default="nano")
    parser.add_argument("--shape", default="{}", help='JSON that overrides the config, e.g. {"num_layers":8}')
    parser.add_argument("--work", type=Path, default=Path(".tercet-train"))
    add_source_arguments(parser)
    parser.add_argument("--stock", type=Path, help="read the shards of this folder (stages/shards.py)")
    parser.add_argument("--producers", type=int, default=1, help="data processes, where no stock is read")
    stop = parser.add_mutually_exclusive_group(required=True)
    stop.add_argument("--until", help="HH:MM at which the run has decayed and ends")
    stop.add_argument("--minutes", type=float)
    stop.add_argument("--deadline", type=float, help="the same as Unix time: a resumed run keeps its end")
    parser.add_argument("--decay-share", type=float, default=0.4)
    parser.add_argument("--max-steps", type=int, default=10**9)
    parser.add_argument("--max-tokens", type=float, default=1e18)
    parser.add_argument("--tokens-per-batch", type=int, default=2048)
    parser.add_argument("--batches-per-step", type=int, default=4)
    parser.add_argument("--prompt-share", type=float, default=0.05)
    parser.add_argument("--prompt-tokens", type=float, default=1e18, help="tokens after which no prompt is learnt")
    parser.add_argument("--matrix-lr", type=float, default=0.02)
    parser.add_argument("--vector-lr", type=float, default=3e-3)
    parser.add_argument("--device", choices=KINDS, default="workers", help="CPU processes; this process's CPU or GPU")
    parser.add_argument("--workers", type=int, default=2, help="processes of --device workers")
    parser.add_argument("--eager", action="store_true")
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--teacher", type=Path, help="checkpoint or GGUF file of a larger model to imitate")
    parser.add_argument("--teacher-share", type=float, default=0.5, help="its share of the loss")
    parser.add_argument("--teacher-top", type=int, default=32, help="its likeliest tokens that are compared")
    parser.add_argument("--save-every-s", type=float, default=180)
    parser.add_argument("--dev-every", type=int, default=200)
    parser.add_argument("--held-out-tokens", type=int, default=50_000)
    return parser.parse_args()


def main() -> None:
    a = parsed()
    deadline = a.deadline or (parse_until(a.until) if a.until else time.time() + 60 * a.minutes)
    settings = Settings(
        work=a.work,
        source=source_of(a),
        config=replace(CONFIGS[a.config], **json.loads(a.shape)),
        deadline=deadline,
        decay_share=a.decay_share,
        max_steps=a.max_steps,
        max_tokens=int(a.max_tokens),
        tokens_per_batch=a.tokens_per_batch,
        batches_per_step=a.batches_per_step,
        prompt_share=a.prompt_share,
        prompt_tokens=int(a.prompt_tokens),
        matrix_lr=a.matrix_lr,
        vector_lr=a.vector_lr,
        kind=a.device,
        num_workers=a.workers,
        precision=Precision(not a.eager, a.bf16),
        held_out_tokens=a.held_out_tokens,
        num_producers=a.producers,
        stock=a.stock,
        teacher=a.teacher,
        teacher_share=a.teacher_share,
        teacher_top=a.teacher_top,
    )
    if not run(settings, a.save_every_s, a.dev_every):
        sys.exit(KILLED)


if __name__ == "__main__":
    main()
