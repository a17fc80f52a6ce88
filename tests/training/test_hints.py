"""Hints in training: the same as the service shows, and wrong now and then where that is asked for."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import pytest

from tercet.backends.embedded import messages
from tercet.backends.embedded.dialects.select import select
from tercet.backends.embedded.template import ChatTemplate, Shield
from tercet.engine.gguf import read_facts
from tercet.items import Item, Message, ModelRequest, TextPart, ToolCall, ToolDefinition, ToolResult
from tests.engine.tiny_gguf import write_family
from training import hints, pack
from training.export import aliased

LEVEL = re.compile(r"<\|r(\d)\|>([^<]*)")


def tool(name: str, description: str, **fields: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "description": description,
        "parameters": {"type": "object", "properties": fields, "required": list(fields)},
    }


TOOLS = [
    tool("get_weather", "Get the weather of a city.", city={"type": "string", "description": "the city – größte"}),
    tool("send_email", "Send a message.", to={"type": "string"}, priority={"type": "string", "enum": ["low", "high"]}),
    tool("calculator", "Evaluate an arithmetic expression.", expression={"type": "string"}),
]
CONVERSATION: list[dict[str, Any]] = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "What is the weather like in Oslo?"},
    {"role": "assistant", "content": "", "tool_calls": [{"name": "get_weather", "arguments": {"city": "Oslo"}}]},
    {"role": "tool", "content": '{"temp":3}'},
    {"role": "assistant", "content": "3 degrees."},
    {"role": "user", "content": "Then send an email to Ann with high priority, and what is 17 * 23?"},
    {"role": "assistant", "content": "What shall the weather report be about?"},
    {"role": "user", "content": "The weather of a city."},
    {"role": "assistant", "content": "Which city?"},
    {"role": "user", "content": "Lima"},
]


def served_prompt(folder: Path) -> str:
    facts = read_facts(write_family(folder, "tercet"))
    shield = Shield(facts)
    items: tuple[Item, ...] = (
        Message("system", (TextPart("Be brief."),)),
        Message("user", (TextPart(CONVERSATION[1]["content"]),)),
        ToolCall("a", "get_weather", '{"city":"Oslo"}'),
        ToolResult("a", (TextPart('{"temp":3}'),)),
        Message("assistant", (TextPart("3 degrees."),)),
        *(Message(said["role"], (TextPart(said["content"]),)) for said in CONVERSATION[5:]),
    )
    tools = tuple(ToolDefinition(t["name"], t["description"], t["parameters"]) for t in TOOLS)
    request, dialect = ModelRequest(items, tools=tools), select(facts)
    names = messages.variables(request, dialect, shield, messages.shown_tools(request, dialect))
    (prompt,) = ChatTemplate(facts, shield).render(names, drop_bos=True)
    return prompt


def test_the_served_prompt_is_the_trained_one(tmp_path: Path) -> None:
    trained = pack.render(hints.hinted(CONVERSATION, TOOLS), TOOLS, is_open=True)
    assert served_prompt(tmp_path) == aliased(trained)
    told = [text.partition("{")[0] for _, text in LEVEL.findall(trained)]
    assert [name for name in told if name.isidentifier()][:2] == ["get_weather", "send_email"]
    assert 'get_weather{"city":<|r5|>"Oslo"}' in trained


def test_an_answer_to_a_question_is_hinted_with_what_it_is_about() -> None:
    trained = pack.render(hints.hinted(CONVERSATION[6:], TOOLS), TOOLS, is_open=True)
    first, second = re.findall(r"(?:<\|r\d\|>get_weather[^<]*(?:<\|r\d\|>[^<]*)?)", trained)
    assert first.endswith('get_weather{"city":?}')
    assert second.endswith('"Lima"}')


def test_no_tools_no_hints() -> None:
    assert not LEVEL.search(pack.render(hints.hinted(CONVERSATION, []), [], is_open=True))


def test_hints_are_the_same_every_time_and_noise_follows_the_seed() -> None:
    assert hints.hinted(CONVERSATION, TOOLS) == hints.hinted(CONVERSATION, TOOLS)
    noisy = [hints.hinted(CONVERSATION, TOOLS, random.Random(seed)) for seed in range(60)]
    assert noisy == [hints.hinted(CONVERSATION, TOOLS, random.Random(seed)) for seed in range(60)]
    clean = hints.hinted(CONVERSATION, TOOLS)
    wrong = sum(conversation != clean for conversation in noisy)
    assert 5 < wrong < 59
    assert any(
        "hints" not in message for conversation in noisy for message in conversation if message["role"] == "user"
    )


@pytest.mark.parametrize("seed", range(20))
def test_disturbed_hints_name_offered_tools_once(seed: int) -> None:
    names = [t["name"] for t in TOOLS]
    for message in hints.hinted(CONVERSATION, TOOLS, random.Random(seed)):
        shown = [hint["name"] for hint in message.get("hints", [])]
        assert set(shown) <= set(names)
        assert len(shown) == len(set(shown))
        assert all(0 <= hint["level"] <= 5 for hint in message.get("hints", []))
