"""Tunings for real, on tiny models: they learn, and what they write is what the engine serves. Needs torch."""

import json
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs the train extra")
transformers = pytest.importorskip("transformers", reason="needs the train extra")
pytest.importorskip("peft", reason="needs the train extra")

import gguf  # noqa: E402
import numpy as np  # noqa: E402

from tercet.tuning import export  # noqa: E402
from tercet.tuning.base import GgufBase  # noqa: E402
from tercet.tuning.examples import read_examples  # noqa: E402
from tercet.tuning.learning import Progress, Recipe  # noqa: E402
from tercet.tuning.tuner import Job, tune  # noqa: E402

NANO = Path(__file__).parents[2] / "src/tercet/models/nano.gguf"
NUM_LINES = 40


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    """Requests in a jargon of their own: `zorg N` is a call of `lift` with N."""
    parameters = {"type": "object", "properties": {"floor": {"type": "integer"}}, "required": ["floor"]}
    other = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
    tools = [
        {"type": "function", "function": {"name": "shout", "description": "Say a text.", "parameters": other}},
        {"type": "function", "function": {"name": "lift", "description": "Send it.", "parameters": parameters}},
    ]
    path = tmp_path / "calls.jsonl"
    with path.open("w") as file:
        for number in range(NUM_LINES):
            function = {"name": "lift", "arguments": json.dumps({"floor": number})}
            call = {"id": "c", "type": "function", "function": function}
            messages = [{"role": "user", "content": f"zorg {number}"}, {"role": "assistant", "tool_calls": [call]}]
            file.write(json.dumps({"messages": messages, "tools": tools}) + "\n")
    return path


def ignore(progress: Progress) -> None:
    """Nobody watches."""


@pytest.mark.parametrize(("method", "rate"), [("lora", 3e-3), ("full", 1e-3)])
def test_a_tuned_model_is_served_and_knows_more(tmp_path: Path, calls: Path, method: Any, rate: float) -> None:
    job = Job(str(NANO), "lifts", tmp_path / "models", Recipe(method, epochs=6, rate=rate, batch_tokens=512))
    result = tune(job, read_examples(calls), ignore)
    assert result.skill_before is not None
    assert result.skill_after is not None
    assert result.loss_after < 0.5 * result.loss_before
    assert result.skill_after.tools_right == result.skill_after.n
    assert result.skill_after.right >= result.skill_before.right
    manifest = json.loads((tmp_path / "models/lifts.tuning.json").read_text())
    assert manifest["held_back_skill"]["after"]["n"] == result.num_held
    assert not list((tmp_path / "models").glob("*.partial"))


def test_all_weights_are_written_back_as_they_stood(tmp_path: Path) -> None:
    base = GgufBase(NANO)
    export.write_model(NANO, base.module, tmp_path / "same.gguf", "same")
    before, after = gguf.GGUFReader(NANO), gguf.GGUFReader(tmp_path / "same.gguf")
    assert {t.name for t in before.tensors} == {t.name for t in after.tensors}
    written = {t.name: t for t in after.tensors}
    for tensor in before.tensors:
        old = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        new = gguf.quants.dequantize(written[tensor.name].data, written[tensor.name].tensor_type)
        np.testing.assert_allclose(new, old, atol=1e-3)
    ignored = {"general.name"}
    for key, field in before.fields.items():
        if not key.startswith("GGUF.") and key not in ignored:
            assert after.fields[key].contents() == field.contents(), key


def test_llamas_rows_are_paired_as_transformers_unpairs_them() -> None:
    from transformers.modeling_gguf_pytorch_utils import LlamaTensorProcessor

    config = transformers.LlamaConfig(num_attention_heads=4, num_key_value_heads=2, hidden_size=32)
    processor = LlamaTensorProcessor(config={"num_attention_heads": 4, "num_key_value_heads": 2})
    for name, rows in (("attn_q", 32), ("attn_k", 16)):
        weight = torch.arange(rows * 8, dtype=torch.float32).reshape(rows, 8)
        paired = export._paired(f"blk.0.{name}.weight", weight, config)
        assert not torch.equal(paired, weight)
        back = processor.process(paired.numpy(), name=f"blk.0.{name}.weight")
        np.testing.assert_array_equal(back.weights, weight.numpy())


def test_a_folder_of_hugging_faces_form_is_tuned_and_saved(tmp_path: Path, calls: Path) -> None:
    base = GgufBase(NANO)
    tokenizer = base._tokenizer
    tokenizer.chat_template = (
        "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}"
        "{% for c in m.tool_calls or [] %}<|tool|>{{ c.function.name }}{{ c.function.arguments | tojson }}{% endfor %}"
        "<|end|>{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
    )
    config = transformers.Qwen3Config(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=1,
        num_attention_heads=2, num_key_value_heads=1, head_dim=16,
    )  # fmt: skip
    folder = tmp_path / "tiny"
    transformers.Qwen3ForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    recipe = Recipe("lora", epochs=2, rate=1e-2)
    result = tune(Job(str(folder), "tiny", tmp_path / "models", recipe), read_examples(calls), ignore)
    adapter, saved = result.files
    assert result.loss_after < result.loss_before
    assert (saved / "adapter_model.safetensors").is_file()
    names = {tensor.name for tensor in gguf.GGUFReader(adapter).tensors}
    assert {"blk.0.attn_q.weight.lora_a", "blk.0.ffn_down.weight.lora_b"} <= names
