"""The decoder: a Qwen3-like transformer in plain PyTorch, and the three sizes of the family.

It matches llama.cpp's `qwen3` architecture tensor for tensor. It knows nothing of text, data or optimisers.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """Shapes of one decoder; every width is a multiple of 32 so that all matrices quantise to q8_0."""

    d_model: int
    num_layers: int
    num_heads: int
    num_kv_heads: int
    head_dim: int
    d_ffn: int
    vocab_size: int = 8192
    rope_theta: float = 1e6
    """The slowest pair must turn less than once over the context, and the angles between near and far stay apart: for
    32k positions that asks for about 6e5 or more."""
    norm_eps: float = 1e-6
    max_context: int = 32_768


CONFIGS = {
    "nano": ModelConfig(d_model=160, num_layers=10, num_heads=4, num_kv_heads=2, head_dim=32, d_ffn=384),
    "mini": ModelConfig(d_model=320, num_layers=10, num_heads=8, num_kv_heads=4, head_dim=32, d_ffn=768),
    "full": ModelConfig(d_model=320, num_layers=16, num_heads=8, num_kv_heads=4, head_dim=32, d_ffn=768),
}


def rope_tables(length: int, head_dim: int, theta: float) -> tuple[Tensor, Tensor]:
    """Cosines and sines, each [length, head_dim], for rotation of half-split pairs."""
    inverse = theta ** (-torch.arange(0, head_dim, 2, dtype=torch.float64) / head_dim)
    angles = torch.outer(torch.arange(length, dtype=torch.float64), inverse)
    doubled = torch.cat((angles, angles), dim=-1)
    return doubled.cos().float(), doubled.sin().float()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary embedding of x [batch, heads, length, head_dim]."""
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-second, first), dim=-1) * sin


class RMSNorm(nn.Module):
    """Root-mean-square norm with a learnt gain, computed in float32."""

    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        wide = x.float()
        return (wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + self.eps) * self.weight).to(x.dtype)


class Attention(nn.Module):
    """Causal grouped-query attention with normalised queries and keys."""

    def __init__(self, c: ModelConfig) -> None:
        super().__init__()
        self.config = c
        self.q_proj = nn.Linear(c.d_model, c.num_heads * c.head_dim, bias=False)
        self.k_proj = nn.Linear(c.d_model, c.num_kv_heads * c.head_dim, bias=False)
        self.v_proj = nn.Linear(c.d_model, c.num_kv_heads * c.head_dim, bias=False)
        self.o_proj = nn.Linear(c.num_heads * c.head_dim, c.d_model, bias=False)
        self.q_norm = RMSNorm(c.head_dim, c.norm_eps)
        self.k_norm = RMSNorm(c.head_dim, c.norm_eps)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        return self.mixed(*self.projected(x, cos, sin))

    def projected(self, x: Tensor, cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Rotated queries and keys, and values, each [batch, heads, length, head_dim]."""
        batch, length, _ = x.shape
        c = self.config
        q = self.q_norm(self.q_proj(x).view(batch, length, c.num_heads, c.head_dim)).transpose(1, 2)
        k = self.k_norm(self.k_proj(x).view(batch, length, c.num_kv_heads, c.head_dim)).transpose(1, 2)
        v = self.v_proj(x).view(batch, length, c.num_kv_heads, c.head_dim).transpose(1, 2)
        return rotate(q, cos, sin).to(v.dtype), rotate(k, cos, sin).to(v.dtype), v

    def mixed(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
        """What the queries gather; causal where no `mask` (true where a query sees a key) is given."""
        repeat = self.config.num_heads // self.config.num_kv_heads
        k, v = k.repeat_interleave(repeat, dim=1), v.repeat_interleave(repeat, dim=1)
        gathered = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=mask is None)
        merged: Tensor = self.o_proj(gathered.transpose(1, 2).flatten(2))
        return merged


class FeedForward(nn.Module):
    """SwiGLU."""

    def __init__(self, c: ModelConfig) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(c.d_model, c.d_ffn, bias=False)
        self.up_proj = nn.Linear(c.d_model, c.d_ffn, bias=False)
        self.down_proj = nn.Linear(c.d_ffn, c.d_model, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.down_proj(functional.silu(self.gate_proj(x)) * self.up_proj(x))
        return out


class Block(nn.Module):
    """One pre-norm layer."""

    def __init__(self, c: ModelConfig) -> None:
        super().__init__()
        self.attn_norm = RMSNorm(c.d_model, c.norm_eps)
        self.attn = Attention(c)
        self.ffn_norm = RMSNorm(c.d_model, c.norm_eps)
        self.ffn = FeedForward(c)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        x = x + self.attn(self.attn_norm(x), cos, sin)
        out: Tensor = x + self.ffn(self.ffn_norm(x))
        return out


class Decoder(nn.Module):
    """Embedding, layers, final norm; the output head is the embedding, transposed."""

    cos: Tensor
    sin: Tensor

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.embed = nn.Embedding(config.vocab_size, config.d_model)
        self.layers = nn.ModuleList(Block(config) for _ in range(config.num_layers))
        self.norm = RMSNorm(config.d_model, config.norm_eps)
        cos, sin = rope_tables(config.max_context, config.head_dim, config.rope_theta)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        self.reset()

    def reset(self) -> None:
        """Fresh weights: matrices scaled by their input width, residual outputs by depth."""
        nn.init.normal_(self.embed.weight, std=self.config.d_model**-0.5)
        for name, weight in self.named_parameters():
            if weight.ndim == 2 and "embed" not in name:
                is_residual = "o_proj" in name or "down_proj" in name
                depth = (2 * self.config.num_layers) ** -0.5 if is_residual else 1.0
                nn.init.normal_(weight, std=depth * weight.shape[1] ** -0.5)

    def hidden(self, tokens: Tensor) -> Tensor:
        """Final normalised states [batch, length, d_model] of tokens [batch, length]."""
        length = tokens.shape[1]
        x = self.embed(tokens)
        cos, sin = self.cos[:length], self.sin[:length]
        for layer in self.layers:
            x = layer(x, cos, sin)
        out: Tensor = self.norm(x)
        return out

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits [batch, length, vocab_size]."""
        return functional.linear(self.hidden(tokens), self.embed.weight)

    def logits_at(self, tokens: Tensor, positions: Tensor) -> Tensor:
        """Float32 logits [positions, vocab_size] at flat `positions` (into batch × length)."""
        states = self.hidden(tokens).flatten(0, 1).index_select(0, positions)
        return functional.linear(states, self.embed.weight).float()

    def num_parameters(self) -> int:
        return sum(p.numel() for p in self.parameters())
