"""A run of training: the decoder with its optimiser, running average, counters, log and checkpoint.

One step at a time, the same on every `Compute`. Figures stay on the device until they are logged, so that the host
runs ahead of it. It does not know where batches come from or when to stop.
"""

from __future__ import annotations

import json
import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training import checkpoint
from training.compute.base import COUNT, LOSS, TOKENS, Precision, Task
from training.compute.start import Kind, start
from training.export import read_gguf
from training.losses import Teacher
from training.model import Decoder, ModelConfig
from training.optimizer import Optimizer
from training.pack import Batch
from training.shards import Source

Positions = NDArray[np.int64]
WARMUP_STEPS = 100
KEPT_ON_RESUME = ("rope_theta", "max_context")
"""Of the shapes, what a checkpoint decides: a run that began with other positions goes on with them."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run is told; everything else follows from it."""

    work: Path
    source: Source
    config: ModelConfig
    deadline: float
    """Unix time at which the learning rate reaches zero and the run ends."""
    decay_share: float
    """The last share of the run over which the learning rate falls to nothing."""
    max_steps: int
    max_tokens: int
    """Tokens after which the run ends, decayed or not: with this far off, the deadline ends it."""
    tokens_per_batch: int
    batches_per_step: int
    prompt_share: float
    """The share of prompt tokens that is learnt too; it falls with the learning rate."""
    prompt_tokens: int
    """Tokens after which no prompt is learnt any more: it helps copying to form and drowns the answers later."""
    matrix_lr: float
    vector_lr: float
    kind: Kind
    num_workers: int
    """Of `workers` only."""
    precision: Precision
    held_out_tokens: int = 50_000
    """Of the documents that only measure."""
    num_producers: int = 1
    stock: Path | None = None
    """Read shards from this folder instead of starting producers."""
    teacher: Path | None = None
    """Checkpoint or GGUF file of a larger decoder to imitate."""
    teacher_share: float = 0.5
    teacher_top: int = 32


def rate(step: int, now: float, began: float, deadline: float, decay_share: float) -> float:
    """Learning-rate scale: linear warm-up, constant, linear decay over the last `decay_share` before the deadline."""
    left = (deadline - now) / max(1.0, decay_share * (deadline - began))
    return max(0.0, min(1.0, (step + 1) / WARMUP_STEPS, left))


def learnt_positions(batch: Batch, prompt_share: float, rng: np.random.Generator) -> tuple[Positions, Positions]:
    """Flat positions that predict something learnt, and the tokens they predict."""
    following = batch.ids[:, 1:]
    wanted = batch.learnt[:, 1:]
    if prompt_share:
        wanted = wanted | ((following != 0) & (rng.random(following.shape) < prompt_share))
    wanted = np.pad(wanted, ((0, 0), (0, 1)))
    positions = np.flatnonzero(wanted)
    return positions, batch.ids.reshape(-1)[positions + 1].astype(np.int64)


def resumed_config(wanted: ModelConfig, state: checkpoint.State) -> ModelConfig:
    """The checkpoint's shapes; raises where they are not those asked for."""
    found = ModelConfig(**state["config"])
    differing = [n for n, value in asdict(found).items() if value != getattr(wanted, n) and n not in KEPT_ON_RESUME]
    if differing:
        raise ValueError(f"the checkpoint has another {', '.join(differing)}: name another --work or the same shape")
    return found


def check_length(settings: Settings, config: ModelConfig) -> None:
    if settings.source.long_share and settings.source.max_length > config.max_context:
        raise ValueError(f"a context of {config.max_context} tokens: give --max-long {config.max_context} at most")


def load_teacher(settings: Settings) -> Teacher | None:
    if settings.teacher is None:
        return None
    is_file = settings.teacher.suffix == ".gguf"
    decoder = read_gguf(settings.teacher) if is_file else checkpoint.load_decoder(settings.teacher, "model")[0]
    if decoder.config.vocab_size != settings.config.vocab_size:
        raise ValueError("a teacher must have the student's vocabulary")
    check_length(settings, decoder.config)
    return Teacher(decoder, settings.teacher_share, settings.teacher_top)


class Trainer:
    """Everything of a run that outlives a step."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        torch.manual_seed(0)
        state = checkpoint.load(self.checkpoint_file) if self.checkpoint_file.exists() else None
        self.config = resumed_config(settings.config, state) if state else settings.config
        check_length(settings, self.config)
        decoder = Decoder(self.config)
        if state:
            decoder.load_state_dict(state["model"])
        self.compute = start(settings.kind, decoder, settings.precision, settings.num_workers, load_teacher(settings))
        self.decoder = self.compute.decoder
        self.optimizer = Optimizer(self.decoder, matrix_lr=settings.matrix_lr, vector_lr=settings.vector_lr)
        self.average = {name: value.clone() for name, value in self.decoder.state_dict().items()}
        self.step = 0
        self.tokens = 0
        self.seconds = 0.0
        self.began = time.time()
        self.generation = 0
        """How many times the run was started; seeds the data so that no start repeats another's."""
        self.times_read: dict[int, int] = {}
        """Of a stock's shards."""
        self.trained_context = settings.source.max_length
        if state:
            self.restore(state)
        self.sums = self.none = torch.zeros(3, dtype=torch.float64, device=self.device)
        """Loss, learnt positions and tokens since they were last counted."""
        self.norm = torch.zeros(())
        self.rng = np.random.default_rng((self.generation, self.compute.rank))

    @property
    def checkpoint_file(self) -> Path:
        return self.settings.work / "checkpoint.pt"

    @property
    def device(self) -> torch.device:
        return self.decoder.embed.weight.device

    def restore(self, state: checkpoint.State) -> None:
        self.optimizer.restore(state["optimizer"])
        self.average = {name: value.to(self.device) for name, value in (state["average"] or state["model"]).items()}
        self.step, self.tokens, self.seconds = state["step"], state["tokens"], state["seconds"]
        self.began, self.generation = state["began"], state["generation"] + 1
        self.times_read = dict(state.get("times_read", {}))
        self.trained_context = max(self.trained_context, state.get("trained_context", 0))

    def save(self) -> None:
        """Write the checkpoint, in the first process only; `counted` must have been called for this step."""
        if self.compute.rank:
            return
        state = {
            "config": checkpoint.config_state(self.config),
            "model": self.decoder.state_dict(),
            "average": self.average,
            "optimizer": self.optimizer.state(),
            "step": self.step,
            "tokens": self.tokens,
            "seconds": self.seconds,
            "began": self.began,
            "generation": self.generation,
            "times_read": dict(self.times_read),  # a thread reads ahead
            "trained_context": self.trained_context,
        }
        checkpoint.save(self.checkpoint_file, state)

    def rate(self, now: float) -> float:
        return rate(self.step, now, self.began, self.settings.deadline, self.settings.decay_share)

    def log(self, **entry: Any) -> None:
        """One line to the terminal and the log, from the first process only."""
        if self.compute.rank:
            return
        line = json.dumps({"step": self.step, "tokens": self.tokens, **entry})
        print(line, flush=True)
        with (self.settings.work / "log.jsonl").open("a") as file:
            file.write(line + "\n")

    def train_step(self, batches: list[Batch], now: float) -> None:
        """One optimiser step over `batches` at the rate of the time `now`, which all processes must share."""
        scale = self.rate(now)
        share = self.settings.prompt_share * scale if self.tokens < self.settings.prompt_tokens else 0.0
        self.learn([Task(batch.ids, *learnt_positions(batch, share, self.rng)) for batch in batches], scale)

    def learn(self, tasks: list[Task], scale: float) -> None:
        """One optimiser step over `tasks` at `scale` times the base rates."""
        self.sums = self.sums + self.compute.gradients(tasks)
        self.norm = self.optimizer.step(scale)
        self.step += 1
        self.update_average()

    def counted(self) -> dict[str, float]:
        """Mean loss since the last call and the last gradient's norm; waits for the device, moves the counters on."""
        sums = self.sums.tolist()
        self.sums = self.none
        self.tokens += int(sums[TOKENS])
        loss = sums[LOSS] / max(1.0, sums[COUNT])
        if not math.isfinite(loss):
            raise FloatingPointError(f"loss is {loss} at step {self.step}")
        return {"loss": loss, "norm": float(self.norm)}

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
            logits, wanted = self.logits_at(batch, positions), torch.from_numpy(targets)
            loss += torch.nn.functional.cross_entropy(logits, wanted, reduction="sum").item()
            hits = (logits.argmax(-1) == wanted).numpy()
            right, count = right + int(hits.sum()), count + len(targets)
            is_wrong = np.zeros(len(batch.ids), dtype=np.bool_)
            is_wrong[positions[~hits] // batch.ids.shape[1]] = True
            exact, rows = exact + int((~is_wrong).sum()), rows + len(batch.ids)
        return {"dev_loss": loss / count, "dev_token": right / count, "dev_exact": exact / rows}

    def logits_at(self, batch: Batch, positions: Positions) -> Tensor:
        ids = torch.from_numpy(batch.ids.astype(np.int64)).to(self.device)
        is_bf16 = self.settings.precision.is_bf16 and self.device.type == "cuda"
        with torch.autocast(self.device.type, torch.bfloat16, enabled=is_bf16):
            return self.decoder.logits_at(ids, torch.from_numpy(positions).to(self.device)).cpu()
