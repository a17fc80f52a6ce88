"""The business layer over a scripted model: generations, stored responses, their chains and their failures."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from tercet.errors import InvalidRequest, NotFound, OutputInvalid, TierUnbound
from tercet.events import Event, Finished, ServiceEvent, Started, TextDelta, fold
from tercet.items import Message, ModelRequest, OutputFormat, TextPart, ToolCall, ToolChoice, ToolDefinition, ToolResult
from tercet.records import Receipt, ResponseRecord
from tercet.service import Ask, Draft, Service
from tests.support import asking, scripted_service, user

ADD = ToolDefinition(
    "add", "", {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}, strict=True
)


async def create(service: Service, draft: Draft) -> tuple[ResponseRecord, list[Event | ServiceEvent], ResponseRecord]:
    """Return the first record, the events and the final record of a response."""
    first, *events, final = [step async for step in service.responses.create(draft)]
    assert isinstance(first, ResponseRecord)
    assert isinstance(final, ResponseRecord)
    return first, [event for event in events if not isinstance(event, ResponseRecord)], final


async def test_a_generation_gives_its_events_and_a_receipt(tmp_path: Path) -> None:
    service = scripted_service(tmp_path, {"text": "Hello there"})
    receipts: list[Receipt] = []
    output = await fold(service.stream(Ask("gpt-4.1-nano", asking("hi")), receipts.append))
    assert [item.text for item in output.items if isinstance(item, Message)] == ["Hello there"]
    (receipt,) = receipts
    assert (receipt.tier, receipt.backend, receipt.model) == ("nano", "scripted", "script-1")
    await service.close()


async def test_unknown_and_unbound_models(tmp_path: Path) -> None:
    service = scripted_service(tmp_path, {"text": "x"})
    with pytest.raises(NotFound):
        await fold(service.stream(Ask("gpt-9", asking("hi"))))
    with pytest.raises(TierUnbound):
        await fold(service.stream(Ask("mini", asking("hi"))))
    assert [card.id for card in service.models()] == ["nano", "gpt-4.1-nano"]
    assert service.model("gpt-4.1-nano-2025-04-14").tier == "nano"
    health = await service.health()
    assert health["nano"].is_ready
    assert "[tiers.mini]" in health["mini"].detail
    await service.close()


@pytest.mark.parametrize(
    ("request_", "param"),
    [
        (asking("x", tools=(ToolDefinition("a", "", {"type": "strin"}),)), "tools[0].parameters"),
        (asking("x", tools=(ADD, ADD)), "tools[1].name"),
        (asking("x", tools=(ADD,), tool_choice=ToolChoice("required", ("sub",))), "tool_choice"),
        (asking("x", tool_choice=ToolChoice("required")), "tool_choice"),
        (asking("x", output_format=OutputFormat("json_schema", "s", {"type": 1})), "schema"),
    ],
)
async def test_a_request_that_cannot_be_served_is_refused_by_name(
    tmp_path: Path, request_: ModelRequest, param: str
) -> None:
    service = scripted_service(tmp_path, {"text": "x"})
    with pytest.raises(InvalidRequest) as caught:
        await fold(service.stream(Ask("nano", request_)))
    assert caught.value.param == param
    await service.close()


async def test_a_response_is_stored_before_it_is_final_and_belongs_to_its_owner(tmp_path: Path) -> None:
    service = scripted_service(tmp_path, {"text": "Hello there"})
    first, events, final = await create(service, Draft("nano", asking("hi"), owner="ann", metadata={"k": "v"}))
    assert (first.status, final.status, first.id) == ("in_progress", "completed", final.id)
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Finished)
    assert final.output[0].id.startswith("msg_")
    assert await service.responses.get(final.id, "ann") == final
    with pytest.raises(NotFound):
        await service.responses.get(final.id, "bob")
    await service.responses.delete(final.id, "ann")
    with pytest.raises(NotFound):
        await service.responses.delete(final.id, "ann")
    await service.close()


async def test_what_is_not_to_be_stored_is_not(tmp_path: Path) -> None:
    service = scripted_service(tmp_path, {"text": "Hello"})
    *_, final = await create(service, Draft("nano", asking("hi"), is_stored=False))
    with pytest.raises(NotFound):
        await service.responses.get(final.id, "")
    await service.close()


async def test_a_conversation_goes_on_from_its_previous_response(tmp_path: Path) -> None:
    service = scripted_service(
        tmp_path, {"turn": 0, "calls": [{"name": "add", "arguments": {"a": 1}}]}, {"turn": 1, "text": "It is 2"}
    )
    tools: dict[str, Any] = {"tools": (ADD,)}
    *_, first = await create(service, Draft("nano", asking("one more than 1?", **tools), instructions="be brief"))
    (made,) = first.output
    assert isinstance(made, ToolCall)
    result = ToolResult(made.call_id, (TextPart("2"),))
    *_, second = await create(service, Draft("nano", ModelRequest(items=(result,), **tools), previous_id=first.id))
    assert [item.text for item in second.output if isinstance(item, Message)] == ["It is 2"]
    assert await service.responses.input_items(second.id, "") == (user("one more than 1?"), made, result)
    await service.close()


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ((ToolResult("c9", (TextPart("2"),)),), "c9"),
        ((user("x"), ToolCall("c1", "add", "{}")), "c1"),
    ],
)
async def test_calls_and_results_must_pair(tmp_path: Path, items: tuple[Any, ...], message: str) -> None:
    service = scripted_service(tmp_path, {"text": "x"})
    with pytest.raises(InvalidRequest, match=message):
        await create(service, Draft("nano", ModelRequest(items=items)))
    await service.close()


async def test_a_missing_previous_response_has_its_own_code(tmp_path: Path) -> None:
    service = scripted_service(tmp_path, {"text": "x"})
    with pytest.raises(InvalidRequest) as caught:
        await create(service, Draft("nano", asking("hi"), previous_id="resp_none"))
    assert (caught.value.code, caught.value.param) == ("previous_response_not_found", "previous_response_id")
    await service.close()


async def test_a_failure_after_the_start_ends_in_a_failed_record(tmp_path: Path) -> None:
    service = scripted_service(tmp_path, {"text": "Well", "error": {"message": "power cut"}})
    _, events, final = await create(service, Draft("nano", asking("hi")))
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["Well"]
    assert final.status == "failed"
    assert final.failure is not None
    assert (final.failure.code, final.failure.message) == ("backend_failed", "power cut")
    assert (await service.responses.get(final.id, "")).status == "failed"
    await service.close()


async def test_a_strict_call_that_breaks_its_schema_is_no_success(tmp_path: Path) -> None:
    service = scripted_service(tmp_path, {"calls": [{"name": "add", "arguments": {"a": "one"}}]})
    with pytest.raises(OutputInvalid, match="add"):
        await fold(service.stream(Ask("nano", asking("hi", tools=(ADD,)))))
    *_, final = await create(service, Draft("nano", asking("hi", tools=(ADD,))))
    assert (final.status, final.output) == ("failed", ())
    await service.close()


async def test_a_caller_that_leaves_stops_the_model_and_leaves_a_cancelled_record(tmp_path: Path) -> None:
    service = scripted_service(tmp_path, {"text": "one two three four", "delay_ms": 50})
    steps: AsyncGenerator[ResponseRecord | Event | ServiceEvent, None] = service.responses.create(
        Draft("nano", asking("hi"))
    )
    async with aclosing(steps):
        record = await anext(steps)
        assert isinstance(record, ResponseRecord)
        await anext(steps)
        await anext(steps)
    assert (await service.responses.get(record.id, "")).status == "cancelled"
    await service.close()


async def test_concurrent_responses_do_not_mix(tmp_path: Path) -> None:
    lines = [{"when": f"number {n}$", "text": f"answer {n}", "delay_ms": 1} for n in range(20)]
    service = scripted_service(tmp_path, *lines)
    finals = await asyncio.gather(*(create(service, Draft("nano", asking(f"number {n}"))) for n in range(20)))
    texts = [item.text for *_, final in finals for item in final.output if isinstance(item, Message)]
    assert texts == [f"answer {n}" for n in range(20)]
    assert len({final.id for *_, final in finals}) == 20
    await service.close()
