"""What was learnt as files: a GGUF model, a GGUF adapter, or a folder in the Hugging Face form."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch

from tercet.errors import Unsupported

LAYER_NAMES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
OUTER_NAMES = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
ADAPTABLE = {"qwen2": "qwen2", "qwen3": "qwen3", "llama": "llama", "mistral": "llama"}
"""Model types whose adapters can be written for llama.cpp, and its names of their architectures."""
ROTATED_BY_HALVES = ("llama", "mistral")
"""Types whose query and key rows llama.cpp keeps in another order: pairs side by side instead of halves."""


def gguf_name(name: str) -> str:
    """Return llama.cpp's name of a parameter of transformers. Raises `Unsupported`."""
    stem, _, kind = name.rpartition(".")
    if stem in OUTER_NAMES:
        return f"{OUTER_NAMES[stem]}.{kind}"
    parts = stem.split(".", 3)
    if len(parts) == 4 and parts[:2] == ["model", "layers"] and parts[3] in LAYER_NAMES:
        return f"blk.{parts[2]}.{LAYER_NAMES[parts[3]]}.{kind}"
    raise Unsupported(f"the parameter {name} has no name in GGUF files")


def write_model(base: Path, module: Any, path: Path, name: str) -> None:
    """Write `base` with the weights of `module`, quantised as they were there (k-quants: as Q8_0).

    Only for architectures whose weights stand in GGUF as they do in transformers. Raises `Unsupported`.
    """
    reader = gguf.GGUFReader(base)
    architecture = str(reader.fields["general.architecture"].contents())
    if architecture not in ("qwen2", "qwen3"):
        raise Unsupported(f"all weights of architecture {architecture} cannot be written back; use --method lora")
    learnt = {gguf_name(key): value for key, value in module.state_dict().items()}
    partial = path.with_suffix(".partial")
    writer = gguf.GGUFWriter(partial, architecture)
    for key, field in reader.fields.items():
        if not key.startswith("GGUF.") and key not in ("general.architecture", "general.name"):
            _copy(writer, key, field)
    writer.add_name(name)
    for tensor in reader.tensors:
        if tensor.name not in learnt:
            raise Unsupported(f"the file's tensor {tensor.name} is not among the model's weights")
        _add(writer, tensor.name, learnt[tensor.name], tensor.tensor_type)
    _write(writer)
    partial.replace(path)


def write_adapter(module: Any, path: Path, name: str, alpha: float) -> None:
    """Write the adapters of a `peft` module for llama.cpp. Raises `Unsupported` for other model types."""
    config = module.config
    if config.model_type not in ADAPTABLE:
        known = ", ".join(ADAPTABLE)
        raise Unsupported(f"adapters of {config.model_type} cannot be written for llama.cpp; those of {known} can")
    partial = path.with_suffix(".partial")
    writer = gguf.GGUFWriter(partial, ADAPTABLE[config.model_type])
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_name(name)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, alpha)
    for tensor, side, weight in _adapters(module):
        if side == "b" and config.model_type in ROTATED_BY_HALVES:
            weight = _paired(tensor, weight, config)
        writer.add_tensor(f"{tensor}.lora_{side}", np.ascontiguousarray(weight.float().cpu().numpy()))
    _write(writer)
    partial.replace(path)


def write_folder(module: Any, tokenizer: Any, path: Path) -> None:
    """Write model or adapters, and the tokenizer, as transformers and `peft` load them."""
    module.save_pretrained(path)
    tokenizer.save_pretrained(path)


def _adapters(module: Any) -> Iterator[tuple[str, str, torch.Tensor]]:
    for name, weight in module.state_dict().items():
        for side in ("A", "B"):
            mark = f".lora_{side}.default.weight"
            if name.endswith(mark):
                plain = name.removeprefix("base_model.model.").removesuffix(mark)
                yield gguf_name(f"{plain}.weight"), side.lower(), weight


def _paired(tensor: str, weight: torch.Tensor, config: Any) -> torch.Tensor:
    """Reorder the rows of a query or key projection from halves to pairs, as llama.cpp rotates them."""
    heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}.get(tensor.split(".")[2])
    if heads is None:
        return weight
    rows, width = weight.shape
    return weight.reshape(heads, 2, rows // heads // 2, width).swapaxes(1, 2).reshape(rows, width)


def _copy(writer: gguf.GGUFWriter, key: str, field: Any) -> None:
    kind = field.types[0]
    sub_type = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
    writer.add_key_value(key, field.contents(), kind, sub_type=sub_type)


def _add(writer: gguf.GGUFWriter, name: str, weight: torch.Tensor, kind: Any) -> None:
    array = np.ascontiguousarray(weight.detach().float().cpu().numpy())
    if kind == gguf.GGMLQuantizationType.F32:
        writer.add_tensor(name, array)
        return
    try:
        writer.add_tensor(name, gguf.quants.quantize(array, kind), raw_dtype=kind)
    except NotImplementedError:
        kind = gguf.GGMLQuantizationType.Q8_0
        writer.add_tensor(name, gguf.quants.quantize(array, kind), raw_dtype=kind)


def _write(writer: gguf.GGUFWriter) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
