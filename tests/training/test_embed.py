"""The embedding model's file computes what training computes, and learning learns."""

import json
import random
from pathlib import Path

import numpy as np
import torch
import xllamacpp
from torch.nn import functional

from training import tokenizer as family
from training.embed.corpus import pack
from training.embed.export import write_gguf
from training.embed.model import Encoder
from training.embed.pair import Pair
from training.embed.train import Batches, frequencies, recall, run

TEXTS = ["Book a table for two.", "The quick brown fox jumps over the lazy dog, 42 times.", "x"]


def test_the_file_gives_the_vectors_of_training(tmp_path: Path) -> None:
    torch.manual_seed(1)
    encoder = Encoder()
    write_gguf(tmp_path / "e.gguf", encoder, "f32")
    params = xllamacpp.CommonParams()
    params.model.path = str(tmp_path / "e.gguf")
    params.embedding = True
    params.n_ctx = params.n_batch = params.n_ubatch = 512
    params.n_parallel = 1
    params.warmup = False
    answer = json.loads(xllamacpp.Server(params).handle_embeddings(json.dumps({"input": TEXTS})))
    tokenizer = family.load()
    for text, entry in zip(TEXTS, answer["data"], strict=True):
        ids = [family.BOS, *tokenizer.encode(text, add_special_tokens=False).ids]
        wanted = functional.normalize(encoder(torch.tensor([ids])), dim=1)[0].detach().numpy()
        assert np.abs(wanted - np.array(entry["embedding"])).max() < 1e-3


def test_a_few_seconds_teach_what_belongs_together() -> None:
    torch.manual_seed(1)
    dice = random.Random(1)
    halves = [("apple", "orchard"), ("ship", "harbour"), ("piano", "concert"), ("oven", "bakery")]
    pairs = [Pair(f"{one} {dice.random()}", f"{two} {dice.random()}", "question", one) for one, two in halves * 30]
    packed = pack(pairs, family.load())
    encoder = Encoder()
    encoder.dampen(frequencies(packed))
    before = recall(encoder, packed, "question")
    seen = run(encoder, Batches(packed, 1), packed, cpu_s=3, size=384, width=32, lr=4e-3)
    assert seen > 100
    assert recall(encoder, packed, "question") > max(90.0, before)
