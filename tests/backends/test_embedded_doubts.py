"""Doubts: arguments that repeat another's value or that nobody said are found, and another answer is made."""

import json
from pathlib import Path
from typing import Any

import pytest

from tercet.backends.embedded import backend as backend_module
from tercet.backends.embedded.backend import EmbeddedBackend
from tercet.backends.embedded.doubts import doubts, held_again
from tercet.backends.embedded.held import Held, held
from tercet.backends.embedded.hints import Offered
from tercet.backends.embedded.spoken import Spoken
from tercet.engine.settings import EngineSettings
from tercet.events import CallStarted, Event, Finished, ItemDone, Started
from tercet.items import (
    Item,
    Message,
    ModelRequest,
    Sampling,
    TextPart,
    ToolCall,
    ToolChoice,
    ToolDefinition,
    ToolResult,
)
from tests.engine.tiny_gguf import write_family


def tool(name: str, *needed: str, **fields: dict[str, Any]) -> ToolDefinition:
    parameters = {"type": "object", "properties": fields, "required": list(needed)}
    return ToolDefinition(name, name.replace("_", " ").capitalize() + ".", parameters)


ASKED = "I want to reserve a table at a restaurant, the restaurant name is Bourbon Steak."
SHORT = "Reserve a table, restaurant name Bourbon Steak"
TEXT = {"type": "string"}
RESERVE = tool("reserve_table", "restaurant_name", "city", restaurant_name=TEXT, city=TEXT, note=TEXT)
FIND = tool("find_restaurants", "city", city=TEXT)
SALES = tool("get_market_size", "country", "product", country=TEXT, product=TEXT)


def offered(*tools: ToolDefinition) -> Offered:
    described = [{"name": t.name, "description": t.description, "parameters": t.parameters} for t in tools]
    return Offered([json.dumps(one).encode() for one in described])


def request(*items: Item | str, tools: tuple[ToolDefinition, ...] = (RESERVE, FIND), **fields: Any) -> ModelRequest:
    said = tuple(Message("user", (TextPart(item),)) if isinstance(item, str) else item for item in items)
    return ModelRequest(said, tools=tools, **fields)


def call(name: str, **arguments: Any) -> ToolCall:
    return ToolCall("call_1", name, json.dumps(arguments))


def again(asked: ModelRequest, *calls: ToolCall) -> Held | None:
    known = offered(*asked.tools)
    return held_again(asked, held(asked, known), known, calls)


def names(answer: Held | None) -> list[str]:
    assert answer is not None
    return [one.name for one in answer.request.tools]


def test_a_value_that_was_said_once_fills_one_argument() -> None:
    text = ASKED
    found = list(
        doubts(
            offered(RESERVE),
            Spoken(text),
            text.lower(),
            call("reserve_table", restaurant_name="Bourbon Steak", city="bourbon steak"),
        )
    )
    assert [(doubt.name, doubt.is_missing) for doubt in found] == [("city", True)]
    assert "Bourbon Steak" not in found[0].texts
    twice = "Reserve a table at Verona in Verona"
    assert not list(
        doubts(
            offered(RESERVE),
            Spoken(twice),
            twice.lower(),
            call("reserve_table", restaurant_name="Verona", city="Verona"),
        )
    )


def test_a_part_of_another_value_is_no_value_of_its_own() -> None:
    part = call("reserve_table", restaurant_name="Bourbon Steak", city="Steak")
    assert [doubt.name for doubt in doubts(offered(RESERVE), Spoken(ASKED), ASKED.lower(), part)] == ["city"]
    invite = tool("create_event", "title", "guest", title=TEXT, guest=TEXT)
    said = "Create the event with the title 'Dinner with Anna' and the guest Anna"
    both = call("create_event", title="Dinner with Anna", guest="Anna")
    assert not list(doubts(offered(invite), Spoken(said), said.lower(), both))


def test_a_value_that_nobody_said_is_doubted_unless_it_is_another_form_of_what_was_said() -> None:
    text = ASKED
    made_up = call("reserve_table", restaurant_name="Bourbon Steak", city="Rome")
    assert [doubt.name for doubt in doubts(offered(RESERVE), Spoken(text), text.lower(), made_up)] == ["city"]
    assert not list(doubts(offered(RESERVE), Spoken(text), f"{text}\ni live in rome".lower(), made_up))
    stay = tool("book_room", "check_in", check_in={"type": "string", "description": "day, YYYY-MM-DD"})
    dated = "Book a room from May 3rd 2022"
    assert not list(doubts(offered(stay), Spoken(dated), dated.lower(), call("book_room", check_in="2022-05-03")))


def test_a_number_that_nobody_said_is_doubted() -> None:
    pay = tool("pay_rent", "amount", amount={"type": "number"})
    found = list(doubts(offered(pay), Spoken("Pay my rent"), "pay my rent", call("pay_rent", amount=400)))
    assert [(doubt.name, doubt.is_missing) for doubt in found] == [("amount", True)]
    for said in ("pay 2k of rent", "it is two thousand\npay my rent"):
        assert not list(doubts(offered(pay), Spoken(said.split("\n")[-1]), said, call("pay_rent", amount=2000)))


def test_a_tool_that_lacks_what_it_needs_is_not_for_calling() -> None:
    asked = request(ASKED)
    doubtful = call("reserve_table", restaurant_name="Bourbon Steak", city="Bourbon Steak")
    free = Held(asked, is_held=True)
    assert names(held_again(asked, free, offered(*asked.tools), [doubtful])) == ["find_restaurants"]
    assert again(asked, call("find_restaurants", city="Bourbon Steak")) is None


def test_where_a_call_must_be_made_the_argument_takes_other_words() -> None:
    asked = request(f"{ASKED} It is for a birthday.", tool_choice=ToolChoice("required"))
    narrowed = again(asked, call("reserve_table", restaurant_name="Bourbon Steak", city="Bourbon Steak"))
    assert names(narrowed) == ["reserve_table"]
    assert narrowed is not None
    fields = narrowed.request.tools[0].parameters["properties"]
    assert "birthday" in fields["city"]["enum"]
    assert not any("Bourbon" in text for text in fields["city"]["enum"])
    assert asked.tools[0].parameters["properties"]["city"] == TEXT, "what the model is shown stays as it was"


def test_of_a_plan_only_the_doubtful_call_changes() -> None:
    asked = request(
        "Get the market size of smartphones for the country China. After that, find restaurants in the city Oslo.",
        tools=(SALES, FIND),
    )
    known = offered(*asked.tools)
    before = held(asked, known)
    assert [one.name for one in before.plan] == ["get_market_size", "find_restaurants"]
    made = call("get_market_size", country="China", product="China"), call("find_restaurants", city="Oslo")
    after = held_again(asked, before, known, made)
    assert after is not None
    assert after.plan[1] == before.plan[1]
    assert "China" not in after.plan[0].parameters["properties"]["product"]["enum"]


def test_nothing_is_doubted_behind_a_result() -> None:
    made = call("find_restaurants", city="Oslo")
    asked = request("Find restaurants in Oslo", made, ToolResult("call_1", (TextPart("Bourbon Steak"),)))
    assert again(asked, call("reserve_table", restaurant_name="Bourbon Steak", city="Bourbon Steak")) is None


async def answers(backend: EmbeddedBackend) -> list[list[Event]]:
    await backend.capabilities()
    special = backend.engine.facts.special("<|tool|>")
    assert special is not None
    found = []
    for seed in range(24):
        sampling = Sampling(temperature=1.0, seed=seed, max_output_tokens=200, logit_bias={str(special.id): 100.0})
        asked = request(SHORT, tools=(RESERVE,), sampling=sampling, parallel_tool_calls=False)
        found.append([event async for event in backend.generate(asked)])
    return found


def doubtful(events: list[Event]) -> bool:
    if not isinstance(events[-1], Finished) or events[-1].reason == "length":
        return False
    made = [event.item for event in events if isinstance(event, ItemDone) and isinstance(event.item, ToolCall)]
    text = SHORT
    return any(any(doubts(offered(RESERVE), Spoken(text), text.lower(), one)) for one in made)


async def test_a_doubtful_call_never_leaves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Offered, "missing", lambda *_: ())  # what is asked back for is not even called
    backend = EmbeddedBackend("nano", write_family(tmp_path, "tercet"), "nano", EngineSettings(threads=1))
    try:
        for events in await answers(backend):
            assert not doubtful(events)
            assert [type(event) for event in events if isinstance(event, Started | Finished)] == [Started, Finished]
            begun = [event.index for event in events if isinstance(event, CallStarted)]
            assert begun == [
                event.index for event in events if isinstance(event, ItemDone) and isinstance(event.item, ToolCall)
            ]
        monkeypatch.setattr(backend_module, "MAX_TRIES", 1)
        assert any(map(doubtful, await answers(backend))), "these weights make doubtful calls"
    finally:
        await backend.close()
