"""Stage 6a: hold an exported file against its checkpoint: the same prompts, the distance of their log probabilities.

The file is read back and computed in torch; where llama.cpp is installed, it computes too. Fails where the two would
choose another token more often than quantisation explains.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor

from training import checkpoint, pack, tokenizer
from training.export import read_gguf
from training.model import Decoder

NUM_TOP = 5
MIN_AGREEMENT = 0.95
SYSTEM = "You are a helpful assistant."
Top = Callable[[list[int]], dict[int, float]]
"""The likeliest next tokens after a prompt, with their log probabilities."""


def prompts(count: int) -> list[list[int]]:
    """Prompts of the family's format, made here so that no data is needed."""
    encoder = tokenizer.load()
    made = []
    for number in range(count):
        names = [f"tool_{number}_{place}" for place in range(1 + number % 3)]
        tools = [
            {"name": name, "description": f"Does thing {number}.", "parameters": {
                "type": "object", "properties": {"city": {"type": "string"}, "count": {"type": "integer"}}}}
            for name in names
        ]  # fmt: skip
        said = f"Please do thing {number} in Köln for {number * 7} people, then tell me."
        messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": said}]
        made.append(pack.document(pack.render(messages, tools, is_open=True), encoder).ids.tolist())
    return made


@torch.no_grad()
def log_probabilities(decoder: Decoder, prompt: list[int]) -> Tensor:
    return torch.log_softmax(decoder(torch.tensor([prompt]))[0, -1].float(), -1)


def in_torch(decoder: Decoder) -> Top:
    def top(prompt: list[int]) -> dict[int, float]:
        values, tokens = log_probabilities(decoder, prompt).topk(NUM_TOP)
        return dict(zip(tokens.tolist(), values.tolist(), strict=True))

    return top


def in_llama_cpp(path: Path) -> Top:
    import xllamacpp  # heavy native library, wanted only here

    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.n_ctx, params.n_parallel, params.cache_ram_mib, params.verbosity = 2048, 1, 0, 0
    params.hostnames = [f"{tempfile.mkdtemp()}/engine.sock"]
    server = xllamacpp.Server(params)

    def top(prompt: list[int]) -> dict[int, float]:
        body = {"prompt": prompt, "n_predict": 1, "temperature": 0, "logprobs": NUM_TOP, "cache_prompt": False}
        entries = server.handle_completions(body)["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
        return {entry["id"]: entry["logprob"] for entry in entries}

    return top


def compared(decoder: Decoder, top: Top, asked: list[list[int]]) -> dict[str, float]:
    """How often the best token is the same, and how far the five best are apart."""
    same, distances = 0, []
    for prompt in asked:
        ours, theirs = log_probabilities(decoder, prompt), top(prompt)
        same += int(ours.argmax()) == max(theirs, key=lambda token: theirs[token])
        distances += [abs(value - float(ours[token])) for token, value in islice(theirs.items(), NUM_TOP)]
    return {
        "prompts": len(asked),
        "same_best": same / len(asked),
        "mean_distance": round(sum(distances) / len(distances), 5),
        "max_distance": round(max(distances), 5),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("gguf", type=Path)
    parser.add_argument("--weights", choices=("model", "average"), default="model")
    parser.add_argument("--prompts", type=int, default=40)
    parser.add_argument("--min-agreement", type=float, default=MIN_AGREEMENT)
    parser.add_argument("--out", type=Path, help="write the figures here")
    a = parser.parse_args()
    decoder, _ = checkpoint.load_decoder(a.checkpoint, a.weights)
    asked = prompts(a.prompts)
    figures = {"read_back": compared(decoder, in_torch(read_gguf(a.gguf)), asked)}
    if find_spec("xllamacpp"):
        figures["llama_cpp"] = compared(decoder, in_llama_cpp(a.gguf), asked)
    print(json.dumps(figures))
    if a.out:
        a.out.write_text(json.dumps(figures, indent=1) + "\n")
    if any(found["same_best"] < a.min_agreement for found in figures.values()):
        sys.exit(f"{a.gguf} chooses other tokens than {a.checkpoint}")


if __name__ == "__main__":
    main()
