"""Three ways to ask a model for tool calls: any OpenAI-compatible server, a GGUF file through llama.cpp, a checkpoint.

All answer with text and parsed calls. None knows what is being measured.
"""

from __future__ import annotations

import json
import tempfile
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from evals.cases import Answer
from tercet.backends.embedded.drafts.narrowing import Draft, narrowed
from tercet.backends.embedded.hints import Offered
from tercet.backends.embedded.spoken import Spoken
from training import hints, pack, tokenizer
from training.data.sample import compact
from training.export import CALL_ALIAS

MAX_ANSWER_TOKENS = 384
CHECKPOINT_TOKENS = {"cpu": 16_000, "cuda": 300_000}
"""Tokens of prompts and answers that a checkpoint handles at once."""
Messages = list[dict[str, Any]]
Tools = list[dict[str, Any]]

Generate = Callable[[Messages, Tools, str], Answer]
"""generate(messages, tools, tool_choice)"""


def over_http(base_url: str, model: str, api_key: str) -> Generate:
    """Chat completions at `base_url`, greedy."""

    def generate(messages: list[dict[str, Any]], tools: list[dict[str, Any]], tool_choice: str) -> Answer:
        body = {
            "model": model,
            "messages": messages,
            "tools": [{"type": "function", "function": tool} for tool in tools],
            "tool_choice": tool_choice,
            "temperature": 0,
            "max_tokens": MAX_ANSWER_TOKENS,
        }
        request = urllib.request.Request(
            f"{base_url}/chat/completions",
            json.dumps(body).encode(),
            {"Content-Type": "application/json", "Authorization": f"Bearer {api_key}"},
        )
        with urllib.request.urlopen(request, timeout=120) as reply:
            message = json.load(reply)["choices"][0]["message"]
        functions = [call["function"] for call in message.get("tool_calls") or []]
        return Answer(message.get("content") or "", [(f["name"], json.loads(f["arguments"])) for f in functions])

    return generate


def call_grammar(tools: list[dict[str, Any]], tool_choice: str, messages: Sequence[Mapping[str, Any]] = ()) -> str:
    """A llguidance grammar: text or calls ("auto"), calls only ("required"), text only ("none").

    Behind a user's message of `messages`, calls are held to what the service drafts of it, as in service.
    """
    members, is_plan = callable_tools(tools, messages)
    numbers = [f"tool{i}" for i in range(len(members))]
    made = " ".join(f"{CALL_ALIAS} {number}" for number in numbers) if is_plan else "call+"
    choices = {"auto": f"text | {made}", "required": made, "none": "text"}
    rules = [f"start: {choices[tool_choice]}", r"text: /(.|\n)+/"]
    if tool_choice != "none":
        rules.append(f"call: {CALL_ALIAS} ({' | '.join(numbers)})")
        guidance = {"whitespace_flexible": False, "item_separator": ",", "key_separator": ":"}
        for number, (name, parameters) in zip(numbers, members, strict=True):
            schema = {**parameters, "additionalProperties": False, "x-guidance": guidance}
            rules.append(f"{number}: {json.dumps(name)} %json {json.dumps(schema)}")
    return "%llguidance {}\n" + "\n".join(rules)


def callable_tools(
    tools: Sequence[dict[str, Any]], messages: Sequence[Mapping[str, Any]]
) -> tuple[list[tuple[str, dict[str, Any]]], bool]:
    """Names and parameters of what may be called, and whether they are the very calls to be made, in order."""
    schemas = {tool["name"]: tool["parameters"] for tool in tools}
    if not tools or not messages or messages[-1]["role"] != "user":
        return list(schemas.items()), False
    offered, said = Offered([compact(tool).encode() for tool in tools]), Spoken(str(messages[-1]["content"]))
    if plan := offered.plan(said):
        return [(name, narrowed(schemas[name], draft)) for name, draft in plan], True
    drafts = offered.drafts(said)
    nothing = Draft((), {})
    return [(name, narrowed(schema, drafts.get(name, nothing))) for name, schema in schemas.items()], False


def parse(ids: list[int], decode: Callable[[list[int]], str]) -> Answer:
    """Split generated ids at <|call|>; what cannot be parsed (cut short) is no call."""
    text, *parts = split(ids, tokenizer.CALL)
    calls = []
    for part in parts:
        name, brace, arguments = decode(part).partition("{")
        try:
            calls.append((name, json.loads(brace + arguments)))
        except json.JSONDecodeError:
            calls.append((name, {}))
    return Answer(decode(text), calls)


def split(ids: list[int], separator: int) -> list[list[int]]:
    parts: list[list[int]] = [[]]
    for token in ids:
        if token == separator:
            parts.append([])
        elif token != tokenizer.END:
            parts[-1].append(token)
    return parts


def from_checkpoint(path: Path, weights: str, device: str, asked: Sequence[tuple[Messages, Tools]]) -> list[Answer]:
    """Greedy answers of a checkpoint to all (messages, tools) in torch, with nothing that constrains them."""
    import torch  # heavy, wanted only here

    from training import checkpoint, rollout

    decoder, _ = checkpoint.load_decoder(path, weights)
    decoder.to(device)
    encoder = tokenizer.load()
    prompts = [prompt_ids(messages, tools, encoder) for messages, tools in asked]
    made: dict[int, Answer] = {}
    with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
        for group in rollout.groups(prompts, MAX_ANSWER_TOKENS, CHECKPOINT_TOKENS[device]):
            said = rollout.answers(decoder, [prompts[number] for number in group], MAX_ANSWER_TOKENS)
            for number, ids in zip(group, said, strict=True):
                made[number] = parse(ids, lambda part: encoder.decode(part, skip_special_tokens=False))
    return [made[number] for number in range(len(prompts))]


def prompt_ids(messages: Messages, tools: Tools, encoder: Tokenizer) -> list[int]:
    ids: list[int] = pack.document(
        pack.render(hints.hinted(messages, tools), tools, is_open=True), encoder
    ).ids.tolist()
    return ids


def in_process(gguf_file: Path, num_threads: int = 2, context: int = 8192) -> Generate:
    """The model of a GGUF file with constrained calls, greedy, no server of ours needed."""
    import xllamacpp  # heavy native library, wanted only here

    params = xllamacpp.CommonParams()
    params.model.path = str(gguf_file)
    params.n_ctx, params.n_parallel, params.cache_ram_mib = context, 1, 0
    params.cpuparams.n_threads = num_threads
    params.verbosity = 0
    params.hostnames = [f"{tempfile.mkdtemp()}/engine.sock"]
    server = xllamacpp.Server(params)
    encoder = tokenizer.load()

    def generate(messages: list[dict[str, Any]], tools: list[dict[str, Any]], tool_choice: str) -> Answer:
        body = {
            "prompt": prompt_ids(messages, tools, encoder),
            "n_predict": MAX_ANSWER_TOKENS,
            "temperature": 0,
            "logprobs": 1,
            "grammar": call_grammar(tools, tool_choice, messages),
        }
        choice = server.handle_completions(body)["choices"][0]
        ids = [token["id"] for token in choice["logprobs"]["content"]]
        return parse(ids, lambda part: encoder.decode(part, skip_special_tokens=False))

    return generate
