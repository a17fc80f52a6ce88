"""Learning: cross-entropy on answers, AdamW with warm-up and cosine decay, the best epoch by held-back loss kept.

Every weight, or low-rank adapters on the linear layers (LoRA, Hu et al. 2021, through `peft`).
"""

import math
import random
import warnings
from collections.abc import Callable, Sequence
from typing import Any, Literal

import msgspec
import torch
from peft import LoraConfig, get_peft_model

from tercet.tuning.rendering import Document

Method = Literal["lora", "full"]
TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
_IGNORED = -100
WARM_UP, WEIGHT_DECAY, MAX_NORM = 0.05, 0.01, 1.0


class Recipe(msgspec.Struct, frozen=True):
    """How to learn. `rate` None: 3e-4 for adapters, 5e-5 for all weights."""

    method: Method = "lora"
    epochs: int = 3
    rate: float | None = None
    rank: int = 16
    alpha: float = 32.0
    batch_tokens: int = 1024
    seed: int = 0

    @property
    def peak_rate(self) -> float:
        """The learning rate after warm-up."""
        return self.rate if self.rate is not None else (3e-4 if self.method == "lora" else 5e-5)


class Progress(msgspec.Struct, frozen=True):
    """How far the learning is; losses are nats per learnt token."""

    epoch: int
    step: int
    num_steps: int
    loss: float
    held_loss: float | None = None
    """At the end of an epoch."""


def adapted(module: Any, recipe: Recipe) -> Any:
    """Return `module` with adapters on its linear layers, nothing else of it learning; itself for `full`."""
    if recipe.method == "full":
        return module
    config = LoraConfig(
        r=recipe.rank, lora_alpha=recipe.alpha, target_modules=list(TARGETS), lora_dropout=0.0, task_type="CAUSAL_LM"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft asks transformers by a name that is on its way out
        return get_peft_model(module, config)


def learn(
    module: Any,
    documents: Sequence[Document],
    held: Sequence[Document],
    recipe: Recipe,
    tell: Callable[[Progress], None],
) -> float:
    """Train `module` in place, leave it at its best epoch and return that epoch's held-back loss."""
    torch.manual_seed(recipe.seed)
    rng = random.Random(recipe.seed)  # noqa: S311 - an order of documents, not a secret
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    module.to(device).train()
    weights = [weight for weight in module.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=recipe.peak_rate, weight_decay=WEIGHT_DECAY, betas=(0.9, 0.99))
    per_epoch = len(batches(documents, recipe.batch_tokens, rng))
    num_steps = max(1, per_epoch * recipe.epochs)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, num_steps))
    best, kept, step = held_loss(module, held, recipe), _kept(module), 0
    for epoch in range(1, recipe.epochs + 1):
        for batch in batches(documents, recipe.batch_tokens, rng):
            loss = _loss(module, batch)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(weights, MAX_NORM)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)
            step += 1
            tell(Progress(epoch, step, num_steps, float(loss.detach())))
        now = held_loss(module, held, recipe)
        tell(Progress(epoch, step, num_steps, float(loss.detach()), now))
        if now < best:
            best, kept = now, _kept(module)
    module.load_state_dict(kept, strict=False)
    module.eval()
    return best


def held_loss(module: Any, documents: Sequence[Document], recipe: Recipe) -> float:
    """Return the mean loss per learnt token of `documents`, in nats."""
    module.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for batch in batches(documents, recipe.batch_tokens, None):
            num = sum(len(document.ids) - document.start for document in batch)
            total += float(_loss(module, batch)) * num
            count += num
    module.train()
    return total / max(1, count)


def batches(documents: Sequence[Document], batch_tokens: int, rng: random.Random | None) -> list[list[Document]]:
    """Return groups of documents of like length whose padded size is within `batch_tokens`, in a random order."""
    ordered = sorted(documents, key=lambda document: len(document.ids))
    groups: list[list[Document]] = []
    for document in ordered:
        if groups and len(document.ids) * (len(groups[-1]) + 1) <= batch_tokens:
            groups[-1].append(document)
        else:
            groups.append([document])
    if rng is not None:
        rng.shuffle(groups)
    return groups


def _rate(step: int, num_steps: int) -> float:
    warm = max(1, math.ceil(WARM_UP * num_steps))
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, num_steps - warm)))


def _loss(module: Any, batch: Sequence[Document]) -> torch.Tensor:
    width = max(len(document.ids) for document in batch)
    device = next(module.parameters()).device
    ids = torch.zeros(len(batch), width, dtype=torch.long)
    labels = torch.full((len(batch), width), _IGNORED, dtype=torch.long)
    mask = torch.zeros(len(batch), width, dtype=torch.long)
    for row, document in enumerate(batch):
        length = len(document.ids)
        ids[row, :length] = torch.tensor(document.ids)
        labels[row, document.start : length] = ids[row, document.start : length]
        mask[row, :length] = 1
    loss: torch.Tensor = module(input_ids=ids.to(device), attention_mask=mask.to(device), labels=labels.to(device)).loss
    return loss


def _kept(module: Any) -> dict[str, torch.Tensor]:
    """Return copies of the weights that learn."""
    return {name: weight.detach().clone() for name, weight in module.named_parameters() if weight.requires_grad}
