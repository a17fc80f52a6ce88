"""A tiny decoder and the settings of a tiny run."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from training.compute.base import Precision, Task
from training.model import ModelConfig
from training.pack import Batch
from training.shards import Source
from training.trainer import Settings

TINY = ModelConfig(d_model=32, num_layers=2, num_heads=2, num_kv_heads=1, head_dim=32, d_ffn=64, max_context=256)


def settings(work: Path) -> Settings:
    return Settings(
        work=work,
        source=Source("tests.training.tiny_mixture", work, is_late=False, kept_shares={}, preferred_length=1024),
        config=TINY,
        deadline=time.time() + 3600,
        decay_share=0.25,
        max_steps=10**9,
        max_tokens=10**18,
        tokens_per_batch=512,
        batches_per_step=1,
        prompt_share=0.0,
        prompt_tokens=0,
        matrix_lr=0.02,
        vector_lr=3e-3,
        kind="cpu",
        num_workers=1,
        precision=Precision(is_compiled=False, is_bf16=False),
    )


def repeated_batch() -> Batch:
    ids = np.tile(np.arange(20, 52, dtype=np.uint16), (4, 1))
    return Batch(ids, np.ones_like(ids, dtype=np.bool_))


def random_task(seed: int) -> Task:
    rng = np.random.default_rng(seed)
    ids = rng.integers(20, 8000, (3, 24)).astype(np.uint16)
    positions = np.sort(rng.choice(60, 10, replace=False)).astype(np.int64)
    return Task(ids, positions, rng.integers(20, 8000, 10))
