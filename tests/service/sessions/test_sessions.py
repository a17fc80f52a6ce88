"""Sessions from creation to their answer: items, events, steering, functions, cancelling, limits."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tercet.errors import InvalidRequest, NotFound, RunConflict, TierUnbound
from tercet.items import ToolResult
from tercet.service.sessions import CancelTurn, FunctionResult, SessionChanges, SessionDraft, UserInput
from tercet.sessions.agents import AgentSpec, Builtin, ClientFunction, ToolSearch, TurnLimits
from tercet.sessions.events import ItemAdded, ItemDone, Numbered, SessionChanged, TextDelta, TurnChanged
from tercet.sessions.turns import Call, WaitsForFunction
from tercet.store.filing import Page
from tests.service.sessions.harness import (
    ALL,
    OWNER,
    begun,
    call,
    calls,
    idle,
    items,
    kept,
    needing,
    result,
    running,
    said,
    tell,
    turns,
    until,
)
from tests.support import user

LOOK = ClientFunction("look_up", "Looks a word up.", {"type": "object", "properties": {"word": {"type": "string"}}})
PLAIN = AgentSpec("nano", tools=(Builtin("calculator"),))


async def test_an_agent_works_with_its_tools_until_it_answers(tmp_path: Path) -> None:
    lines = (
        {"turn": 0, "text": "Let me compute.", "calls": [call("calculator", expression="6*7")]},
        {"turn": 1, "when": '"value":42', "text": "It is 42."},
    )
    async with running(tmp_path, *lines) as sessions:
        session = await begun(sessions, PLAIN, "What is 6*7?")
        assert session.status == "in_progress"
        record = await idle(sessions, session.id)
        found = await items(sessions, session.id)
        assert said(found) == ["What is 6*7?", "Let me compute.", "It is 42."]
        (made,) = calls(found)
        assert (made.name, made.output, made.effect) == ("calculator", '{"value":42}', "pure")
        phases = [item.content.phase for item in found if hasattr(item.content, "phase")]
        assert phases == [None, "commentary", "final_answer"]
        (turn,) = await turns(sessions, session.id)
        assert (turn.status, turn.num_steps) == ("completed", 2)
        assert turn.usage == record.usage
        assert record.usage.output_tokens > 0
        steps = await sessions.steps(session.id, OWNER, turn.id)
        assert [(step.kind, step.name) for step in steps] == [("model", ""), ("tool", "calculator"), ("model", "")]
        assert all(step.ended_at is not None for step in steps)


async def test_events_tell_everything_in_order_live_and_later(tmp_path: Path) -> None:
    lines = ({"turn": 0, "calls": [call("calculator", expression="1+1")]}, {"turn": 1, "text": "two is it"})
    async with running(tmp_path, *lines) as sessions:
        session = await sessions.create(SessionDraft(OWNER, PLAIN))
        seen: list[Numbered] = []

        async def watch() -> None:
            async for numbered in sessions.events(session.id, OWNER):
                seen.append(numbered)
                event = numbered.event
                if isinstance(event, SessionChanged) and numbered.number and event.session.status == "idle":
                    return

        watching = asyncio.create_task(watch())
        while not seen:
            await asyncio.sleep(0.01)
        assert isinstance(seen[0].event, SessionChanged)
        assert seen[0].number is None
        await tell(sessions, session.id, "go")
        await asyncio.wait_for(watching, 30)
        assert "".join(n.event.text for n in seen if isinstance(n.event, TextDelta)) == "two is it"
        replayed = await kept(sessions, session.id)
        assert [numbered.number for numbered in replayed] == list(range(1, len(replayed) + 1))
        by_number = {numbered.number: numbered for numbered in replayed}
        assert all(by_number[n.number] == n for n in seen if n.number is not None), "the same later as live"
        added = [n.event.item.id for n in seen if isinstance(n.event, ItemAdded)]
        assert len(added) == len(set(added)), "each item begins once for a watcher"
        assert added == [n.event.item.id for n in seen if isinstance(n.event, ItemDone)]
        tail = [n async for n in _some(sessions.events(session.id, OWNER, after=5), len(replayed) - 5)]
        assert tail == replayed[5:]


async def _some(events: Any, count: int) -> Any:
    async for numbered in events:
        yield numbered
        count -= 1
        if not count:
            return


async def test_the_session_waits_for_functions_of_the_client(tmp_path: Path) -> None:
    lines = (
        {
            "turn": 0,
            "calls": [call("look_up", word="a"), call("calculator", expression="2*2"), call("look_up", word="b")],
        },
        {"turn": 1, "when": "^B$", "text": "A and B."},
    )
    async with running(tmp_path, *lines) as sessions:
        session = await begun(sessions, AgentSpec("nano", tools=(LOOK, Builtin("calculator"))))
        record = await until(
            sessions, session.id, lambda r: r.status == "requires_action" and len(r.required_actions) == 2
        )
        first, second = record.required_actions
        assert isinstance(first, WaitsForFunction)
        assert isinstance(second, WaitsForFunction)
        assert (first.name, first.arguments) == ("look_up", '{"word":"a"}')
        with pytest.raises(NotFound):
            await sessions.send(session.id, OWNER, [result(first.turn_id, "call_x", "A")])
        with pytest.raises(NotFound):
            await sessions.send(session.id, "bob", [result(first.turn_id, first.call_id, "A")])
        record = await sessions.send(session.id, OWNER, [result(first.turn_id, first.call_id, "A")])
        assert record.status == "requires_action"
        with pytest.raises(RunConflict):
            await sessions.send(session.id, OWNER, [result(first.turn_id, first.call_id, "A again")])
        record = await sessions.send(session.id, OWNER, [result(second.turn_id, second.call_id, "B")])
        assert record.required_actions == ()
        await idle(sessions, session.id)
        found = await items(sessions, session.id)
        assert said(found)[-1] == "A and B."
        given = [item.content.text for item in found if isinstance(item.content, ToolResult)]
        assert given == ["A", "B"]
        assert [one.output for one in calls(found)] == [None, '{"value":4}', None]


async def test_a_failed_function_is_told_to_the_model(tmp_path: Path) -> None:
    lines = ({"turn": 0, "calls": [call("look_up", word="a")]}, {"turn": 1, "when": "no network", "text": "It failed."})
    async with running(tmp_path, *lines) as sessions:
        session = await begun(sessions, AgentSpec("nano", tools=(LOOK,)))
        (action,) = (await needing(sessions, session.id)).required_actions
        assert isinstance(action, WaitsForFunction)
        await sessions.send(session.id, OWNER, [FunctionResult(action.turn_id, action.call_id, error="no network")])
        await idle(sessions, session.id)
        found = await items(sessions, session.id)
        assert said(found)[-1] == "It failed."
        assert [item.status for item in found if isinstance(item.content, Call)] == ["failed"]


async def test_inputs_are_all_taken_or_none_and_once_per_key(tmp_path: Path) -> None:
    async with running(tmp_path, {"text": "Hello."}) as sessions:
        session = await sessions.create(SessionDraft(OWNER, PLAIN))
        with pytest.raises(NotFound):
            await sessions.send(session.id, OWNER, [UserInput((user("hi"),)), result("turn_x", "call_x", "")])
        assert await turns(sessions, session.id) == []
        for _ in range(3):
            await sessions.send(session.id, OWNER, [UserInput((user("hi"),))], idempotency_key="k")
        with pytest.raises(RunConflict):
            await sessions.send(session.id, OWNER, [UserInput((user("other"),))], idempotency_key="k")
        await idle(sessions, session.id)
        assert len(await turns(sessions, session.id)) == 1


async def test_what_is_said_during_a_turn_reaches_it_at_its_next_step(tmp_path: Path) -> None:
    lines = (
        {"when": "^stop at 3$", "text": "Stopped at 3."},
        {"turn": 0, "calls": [call("look_up", word="a")]},
        {"text": "not steered"},
    )
    async with running(tmp_path, *lines) as sessions:
        session = await begun(sessions, AgentSpec("nano", tools=(LOOK,)))
        (action,) = (await needing(sessions, session.id)).required_actions
        assert isinstance(action, WaitsForFunction)
        await tell(sessions, session.id, "stop at 3")
        await sessions.send(session.id, OWNER, [result(action.turn_id, action.call_id, "A")])
        await idle(sessions, session.id)
        assert said(await items(sessions, session.id)) == ["go", "stop at 3", "Stopped at 3."]
        assert len(await turns(sessions, session.id)) == 1


async def test_a_message_that_comes_while_the_model_answers_is_answered_too(tmp_path: Path) -> None:
    lines = ({"when": "^more$", "text": "Here is more."}, {"text": "one two three four five six", "delay_ms": 60})
    async with running(tmp_path, *lines) as sessions:
        session = await begun(sessions, PLAIN)
        async for numbered in sessions.events(session.id, OWNER, after=0):
            if isinstance(numbered.event, TextDelta):
                break
        await tell(sessions, session.id, "more")
        await idle(sessions, session.id)
        assert said(await items(sessions, session.id))[1:] == ["one two three four five six", "more", "Here is more."]
        assert len(await turns(sessions, session.id)) == 1


@pytest.mark.parametrize("where", ["model", "function"])
async def test_a_turn_can_be_cancelled_wherever_it_is(tmp_path: Path, where: str) -> None:
    slow = {"turn": 0, "text": "a b c d e f g h", "delay_ms": 500}
    lines = (slow if where == "model" else {"turn": 0, "calls": [call("look_up", word="a")]}, {"text": "x"})
    async with running(tmp_path, *lines) as sessions:
        session = await begun(sessions, AgentSpec("nano", tools=(LOOK,)))
        if where == "function":
            await needing(sessions, session.id)
        else:
            await until(sessions, session.id, lambda r: r.status == "in_progress")
        await sessions.send(session.id, OWNER, [CancelTurn()])
        record = await idle(sessions, session.id)
        assert record.required_actions == ()
        (turn,) = await turns(sessions, session.id)
        assert turn.status == "cancelled"
        with pytest.raises(RunConflict):
            await sessions.send(session.id, OWNER, [CancelTurn()])
        assert all(item.status != "in_progress" for item in await items(sessions, session.id))


async def test_an_error_of_the_model_fails_the_turn_and_the_session_goes_on(tmp_path: Path) -> None:
    lines = ({"when": "break", "error": {"message": "it burns"}}, {"text": "Fine."})
    async with running(tmp_path, *lines) as sessions:
        session = await begun(sessions, PLAIN, "break")
        await idle(sessions, session.id)
        (turn,) = await turns(sessions, session.id)
        assert turn.status == "failed"
        assert turn.failure is not None
        assert (turn.failure.code, turn.failure.message) == ("server_error", "it burns")
        await tell(sessions, session.id, "again")
        await until(sessions, session.id, lambda r: r.status == "idle" and r.usage.output_tokens > 0)
        assert said(await items(sessions, session.id))[-1] == "Fine."


async def test_an_agent_that_repeats_itself_or_works_too_long_is_stopped(tmp_path: Path) -> None:
    spec = msgspec.structs.replace(PLAIN, limits=TurnLimits(max_repeats=3))
    async with running(tmp_path, {"calls": [call("calculator", expression="1+1")]}) as sessions:
        session = await begun(sessions, spec)
        await idle(sessions, session.id)
        (turn,) = await turns(sessions, session.id)
        assert turn.failure is not None
        assert "keeps making calls" in turn.failure.message
        assert len(calls(await items(sessions, session.id))) == 3
        session = await begun(sessions, msgspec.structs.replace(PLAIN, limits=TurnLimits(max_steps=2, max_repeats=9)))
        await idle(sessions, session.id)
        (turn,) = await turns(sessions, session.id)
        assert turn.failure is not None
        assert turn.failure.code == "usage_limit_exceeded"


async def test_deferred_functions_are_found_by_searching(tmp_path: Path) -> None:
    weather = ClientFunction("get_weather", "Tells the weather of a city.", {"type": "object"}, is_deferred=True)
    other = ClientFunction("send_mail", "Sends a letter.", {"type": "object"}, is_deferred=True)
    lines = (
        {"turn": 0, "calls": [call("tool_search", query="weather in Rome")]},
        {"turn": 1, "calls": [call("get_weather")]},
        {"turn": 2, "text": "Sunny."},
    )
    async with running(tmp_path, *lines) as sessions:
        session = await begun(sessions, AgentSpec("nano", tools=(weather, other, ToolSearch())))
        record = await needing(sessions, session.id)
        (action,) = record.required_actions
        assert isinstance(action, WaitsForFunction)
        assert action.name == "get_weather"
        (search, _) = calls(await items(sessions, session.id))
        assert search.output is not None
        assert "get_weather" in search.output
        assert "send_mail" not in search.output


async def test_sessions_are_listed_changed_and_deleted_by_their_owner_alone(tmp_path: Path) -> None:
    async with running(tmp_path, {"text": "Hi."}) as sessions:
        made = [
            await sessions.create(SessionDraft(OWNER, PLAIN, metadata={"n": str(n % 2)}, agent_id=f"agent_{n % 3}"))
            for n in range(6)
        ]
        ids = [session.id for session in made]
        assert [s.id for s in await sessions.list(OWNER, Page(4))] == ids[:1:-1]
        assert [s.id for s in await sessions.list(OWNER, Page(4, after=ids[2]))] == ids[1::-1]
        assert [s.id for s in await sessions.list(OWNER, ALL, metadata={"n": "1"})] == ids[1::2]
        assert [s.id for s in await sessions.list(OWNER, ALL, agent_id="agent_2")] == ids[2::3]
        assert await sessions.list("bob", ALL) == []
        for attempt in (
            sessions.get(ids[0], "bob"),
            sessions.delete(ids[0], "bob"),
            sessions.update(ids[0], "bob", SessionChanges(metadata={})),
            sessions.items(ids[0], "bob"),
            sessions.turns(ids[0], "bob"),
        ):
            with pytest.raises(NotFound):
                await attempt
        changed = await sessions.update(
            ids[0], OWNER, SessionChanges(metadata={"a": "b"}, spec=msgspec.structs.replace(PLAIN, model="full"))
        )
        assert (changed.metadata, changed.spec.model) == ({"a": "b"}, "full")
        await sessions.delete(ids[0], OWNER)
        with pytest.raises(NotFound):
            await sessions.get(ids[0], OWNER)
        with pytest.raises(TierUnbound):
            await sessions.create(SessionDraft(OWNER, AgentSpec("mini")))
        with pytest.raises(InvalidRequest, match="there is no tool 'sing'"):
            await sessions.create(SessionDraft(OWNER, AgentSpec("nano", tools=(Builtin("sing"),))))


async def test_a_session_of_500_steps(tmp_path: Path, dialect: str) -> None:
    num_steps = 500 if dialect == "sqlite" else 100  # its steps take several round trips each
    lines = [{"turn": n, "calls": [call("calculator", expression=f"{n}+1")]} for n in range(num_steps)]
    spec = msgspec.structs.replace(PLAIN, limits=TurnLimits(max_steps=600))
    async with running(
        tmp_path, *lines, {"turn": num_steps, "when": f'"value":{num_steps}', "text": "Done."}
    ) as sessions:
        session = await begun(sessions, spec)
        await idle(sessions, session.id)
        (turn,) = await turns(sessions, session.id)
        assert (turn.status, turn.num_steps) == ("completed", num_steps + 1)
        found = await items(sessions, session.id)
        assert len(calls(found)) == num_steps
        assert said(found)[-1] == "Done."
        assert isinstance((await kept(sessions, session.id))[-2].event, TurnChanged)
