"""Answers of a decoder in torch, many prompts at once: for verifiable rewards and for measuring a checkpoint on a GPU.

Nothing constrains the answers. Keys and values are kept per layer; each row writes at its own place, so that prompts of
different lengths stand side by side. It does not know what is asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor

from training.model import Block, Decoder
from training.tokenizer import END, PAD

Ids = list[int]
Cache = list[tuple[Tensor, Tensor]]


def empty_cache(decoder: Decoder, rows: int, width: int, dtype: torch.dtype) -> Cache:
    """Room for `width` keys and values of each layer, [rows, kv heads, width, head_dim]."""
    c = decoder.config
    shape = (rows, c.num_kv_heads, width, c.head_dim)
    where = decoder.embed.weight.device
    return [(torch.zeros(shape, dtype=dtype, device=where), torch.zeros(shape, dtype=dtype, device=where))
            for _ in range(c.num_layers)]  # fmt: skip


def states(decoder: Decoder, tokens: Tensor, places: Tensor, cache: Cache) -> Tensor:
    """Final states [rows, length, width] of `tokens` at `places` [rows, length], seeing what the cache holds before."""
    x = decoder.embed(tokens)
    cos, sin = decoder.cos[places][:, None], decoder.sin[places][:, None]
    mask = torch.arange(cache[0][0].shape[2], device=places.device) <= places[:, None, :, None]
    rows = torch.arange(len(tokens), device=places.device)[:, None]
    for layer, (keys, values) in zip(cast(list[Block], decoder.layers), cache, strict=True):
        q, k, v = layer.attn.projected(layer.attn_norm(x), cos, sin)
        keys[rows, :, places] = k.transpose(1, 2).to(keys.dtype)
        values[rows, :, places] = v.transpose(1, 2).to(values.dtype)
        x = x + layer.attn.mixed(q, keys.to(q.dtype), values.to(q.dtype), mask)
        x = x + layer.ffn(layer.ffn_norm(x))
    out: Tensor = decoder.norm(x)
    return out


def drawn(logits: Tensor, temperature: float, generator: torch.Generator | None) -> Tensor:
    """A token per row of `logits`: the likeliest at temperature 0."""
    if temperature == 0:
        return logits.argmax(-1)
    return torch.multinomial((logits.float() / temperature).softmax(-1), 1, generator=generator)[:, 0]


@torch.no_grad()
def answers(
    decoder: Decoder,
    prompts: Sequence[Ids],
    max_tokens: int,
    temperature: float = 0.0,
    generator: torch.Generator | None = None,
) -> list[Ids]:
    """What the decoder says after each prompt, up to and with `<|end|>`, or `max_tokens` long without it."""
    where = decoder.embed.weight.device
    lengths = torch.tensor([len(prompt) for prompt in prompts], device=where)
    longest = int(lengths.max())
    tokens = torch.full((len(prompts), longest), PAD, device=where)
    for row, prompt in enumerate(prompts):
        tokens[row, : len(prompt)] = torch.tensor(prompt)
    is_half = torch.is_autocast_enabled(where.type)
    cache = empty_cache(decoder, len(prompts), longest + max_tokens, torch.bfloat16 if is_half else torch.float32)
    places = torch.arange(longest, device=where).expand(len(prompts), -1)
    last = states(decoder, tokens, places, cache)[torch.arange(len(prompts), device=where), lengths - 1]
    said: list[Tensor] = []
    is_done = torch.zeros(len(prompts), dtype=torch.bool, device=where)
    for number in range(max_tokens):
        token = drawn(last @ decoder.embed.weight.T.to(last.dtype), temperature, generator)
        said.append(token)
        is_done |= token == END
        if bool(is_done.all()) or number == max_tokens - 1:
            break
        last = states(decoder, token[:, None], (lengths + number)[:, None], cache)[:, 0]
    return [until_end(row) for row in torch.stack(said, 1).tolist()]


def until_end(ids: Ids) -> Ids:
    return ids[: ids.index(END) + 1] if END in ids else ids


def groups(prompts: Sequence[Ids], max_tokens: int, most: int) -> Iterator[list[int]]:
    """Numbers of the prompts in groups of alike length that hold at most `most` tokens with their answers."""
    order = sorted(range(len(prompts)), key=lambda number: len(prompts[number]))
    cuts = [0]
    for place, number in enumerate(order):
        if place > cuts[-1] and (place - cuts[-1] + 1) * (len(prompts[number]) + max_tokens) > most:
            cuts.append(place)
    for first, end in pairwise([*cuts, len(order)]):
        if first < end:
            yield order[first:end]
