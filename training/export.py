"""A decoder as a GGUF file of architecture `qwen3`, with tokenizer and prompt template inside, and back.

It does not know how the weights came about.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Literal

import gguf
import numpy as np
import torch
from tokenizers import Tokenizer

from training import tokenizer as family
from training.model import Decoder, ModelConfig

Precision = Literal["f32", "f16", "q8_0"]
TEMPLATE_FILE = Path(__file__).with_name("template.jinja")
CALL_TOKEN, CALL_ALIAS = "<|call|>", "<|tool|>"
"""llama.cpp ends generation at any token named `<|call|>` (gpt-oss's), so the file calls it by the alias."""

LAYER_TENSORS = {
    "attn_norm.weight": "attn_norm.weight",
    "attn.q_proj.weight": "attn_q.weight",
    "attn.k_proj.weight": "attn_k.weight",
    "attn.v_proj.weight": "attn_v.weight",
    "attn.o_proj.weight": "attn_output.weight",
    "attn.q_norm.weight": "attn_q_norm.weight",
    "attn.k_norm.weight": "attn_k_norm.weight",
    "ffn_norm.weight": "ffn_norm.weight",
    "ffn.gate_proj.weight": "ffn_gate.weight",
    "ffn.up_proj.weight": "ffn_up.weight",
    "ffn.down_proj.weight": "ffn_down.weight",
}


def tensor_name(name: str) -> str:
    """The GGUF name of one of the decoder's parameters."""
    if name == "embed.weight":
        return "token_embd.weight"
    if name == "norm.weight":
        return "output_norm.weight"
    _, layer, rest = name.split(".", 2)
    return f"blk.{layer}.{LAYER_TENSORS[rest]}"


def write_gguf(path: Path, decoder: Decoder, tokenizer: Tokenizer, name: str, precision: Precision) -> None:
    """Write the model atomically to `path`; norms stay float32 whatever the precision."""
    partial = path.with_suffix(".partial")
    writer = gguf.GGUFWriter(str(partial), "qwen3")
    write_metadata(writer, decoder.config, name, precision)
    write_tokenizer(writer, tokenizer)
    for parameter, weight in decoder.state_dict().items():
        write_tensor(writer, tensor_name(parameter), weight.detach().float(), precision)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    partial.replace(path)


def write_metadata(writer: gguf.GGUFWriter, config: ModelConfig, name: str, precision: Precision) -> None:
    file_types = {
        "f32": gguf.LlamaFileType.ALL_F32,
        "f16": gguf.LlamaFileType.MOSTLY_F16,
        "q8_0": gguf.LlamaFileType.MOSTLY_Q8_0,
    }
    writer.add_name(name)
    writer.add_license("apache-2.0")
    writer.add_file_type(file_types[precision])
    writer.add_context_length(config.max_context)
    writer.add_embedding_length(config.d_model)
    writer.add_block_count(config.num_layers)
    writer.add_feed_forward_length(config.d_ffn)
    writer.add_head_count(config.num_heads)
    writer.add_head_count_kv(config.num_kv_heads)
    writer.add_key_length(config.head_dim)
    writer.add_value_length(config.head_dim)
    writer.add_rope_freq_base(config.rope_theta)
    writer.add_layer_norm_rms_eps(config.norm_eps)
    writer.add_vocab_size(config.vocab_size)


def write_tokenizer(writer: gguf.GGUFWriter, tokenizer: Tokenizer) -> None:
    tokens = list(family.pieces(tokenizer))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list([aliased(token) for token, _ in tokens])
    writer.add_token_types(
        [gguf.TokenType.CONTROL if is_special else gguf.TokenType.NORMAL for _, is_special in tokens]
    )
    writer.add_token_merges(family.merges_of(tokenizer))
    writer.add_bos_token_id(family.BOS)
    writer.add_eos_token_id(family.END)
    writer.add_pad_token_id(family.PAD)
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(False)
    writer.add_chat_template(aliased(TEMPLATE_FILE.read_text()))


def aliased(text: str) -> str:
    return text.replace(CALL_TOKEN, CALL_ALIAS)


def write_tensor(writer: gguf.GGUFWriter, name: str, weight: torch.Tensor, precision: Precision) -> None:
    array = np.ascontiguousarray(weight.numpy())
    if array.ndim < 2 or precision == "f32":
        writer.add_tensor(name, array)
    elif precision == "f16":
        writer.add_tensor(name, array.astype(np.float16))
    else:
        kind = gguf.GGMLQuantizationType.Q8_0
        writer.add_tensor(name, gguf.quants.quantize(array, kind), raw_dtype=kind)


def read_gguf(path: Path) -> Decoder:
    """The decoder of a file that `write_gguf` wrote, its weights no longer quantised."""
    reader = gguf.GGUFReader(path)

    def said(name: str) -> Any:
        return reader.fields[f"qwen3.{name}"].contents()

    config = ModelConfig(
        d_model=said("embedding_length"),
        num_layers=said("block_count"),
        num_heads=said("attention.head_count"),
        num_kv_heads=said("attention.head_count_kv"),
        head_dim=said("attention.key_length"),
        d_ffn=said("feed_forward_length"),
        vocab_size=said("vocab_size"),
        rope_theta=said("rope.freq_base"),
        norm_eps=float(str(np.float32(said("attention.layer_norm_rms_epsilon")))),
        max_context=said("context_length"),
    )
    decoder = Decoder(config)
    found = {tensor.name: tensor for tensor in reader.tensors}
    state = {}
    for name, weight in decoder.state_dict().items():
        tensor = found[tensor_name(name)]
        values = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        state[name] = torch.from_numpy(np.array(values, dtype=np.float32)).view_as(weight)
    decoder.load_state_dict(state)
    return decoder.eval()


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
