"""Calls that need a person: asked for once, bound to the exact arguments, used up, expiring; and none slips through."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tercet.errors import NotFound, RunConflict
from tercet.service.sessions import ApprovalAnswer, Sessions
from tercet.sessions.agents import AgentSpec, Approvals, Builtin
from tercet.sessions.turns import SessionRecord, WaitsForApproval
from tercet.store.sessions_edit import SessionEdit
from tercet.tools.base import Arguments, Effect, object_schema
from tests.service.sessions.harness import OWNER, begun, call, calls, idle, items, needing, running, said, turns, until


class Append:
    """Appends a line to a file: what is there shows which calls took effect."""

    name = "append"
    description = "Appends a line."
    parameters = object_schema({"line": {"type": "string"}})
    effect: Effect = "writes"
    timeout_s = 30.0

    def __init__(self, path: Path) -> None:
        self.path = path

    async def run(self, arguments: Arguments) -> Any:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(arguments["line"] + "\n")
        return {"appended": arguments["line"]}

    @property
    def lines(self) -> list[str]:
        return self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []


LINES = (
    {"turn": 0, "calls": [call("append", line="a")]},
    {"turn": 1, "when": "appended", "text": "Done."},
    {"turn": 1, "text": "Refused."},
)
ASKING = AgentSpec("nano", tools=(Builtin("append"),), approvals=Approvals(by_effect={"writes": "ask"}))


def asked_for(record: SessionRecord) -> WaitsForApproval:
    (action,) = record.required_actions
    assert isinstance(action, WaitsForApproval)
    return action


@pytest.mark.parametrize(
    ("decision", "lines", "end"), [("approve", ["a"], "Done."), ("deny", [], "Refused."), ("cancel", [], "Refused.")]
)
async def test_a_call_waits_for_a_persons_decision(tmp_path: Path, decision: Any, lines: list[str], end: str) -> None:
    tool = Append(tmp_path / "file")
    async with running(tmp_path, *LINES, tools=[tool]) as sessions:
        session = await begun(sessions, ASKING)
        action = asked_for(await needing(sessions, session.id))
        assert (action.name, action.arguments, action.effect) == ("append", '{"line":"a"}', "writes")
        assert tool.lines == []
        await sessions.send(session.id, OWNER, [ApprovalAnswer(action.request_id, decision)])
        record = await idle(sessions, session.id)
        assert (tool.lines, record.required_actions) == (lines, ())
        assert said(await items(sessions, session.id))[-1] == end


async def test_a_tools_own_policy_goes_before_that_of_its_class(tmp_path: Path) -> None:
    tool = Append(tmp_path / "file")
    async with running(tmp_path, *LINES, tools=[tool]) as sessions:
        allowed = msgspec.structs.replace(
            ASKING, approvals=Approvals(by_effect={"writes": "deny"}, by_tool={"append": "auto"})
        )
        await idle(sessions, (await begun(sessions, allowed)).id)
        assert tool.lines == ["a"]
        denied = msgspec.structs.replace(ASKING, approvals=Approvals(by_effect={"writes": "deny"}))
        session = await begun(sessions, denied)
        await idle(sessions, session.id)
        assert tool.lines == ["a"]
        assert "may not be called" in str(calls(await items(sessions, session.id))[0].error)


async def test_nobody_is_asked_where_actions_are_reviewed_automatically(tmp_path: Path) -> None:
    tool = Append(tmp_path / "file")
    async with running(tmp_path, *LINES, tools=[tool]) as sessions:
        session = await begun(sessions, ASKING, review="auto_review")
        await idle(sessions, session.id)
        assert tool.lines == []


async def test_a_request_that_nobody_answers_expires(tmp_path: Path) -> None:
    tool = Append(tmp_path / "file")
    spec = msgspec.structs.replace(ASKING, approvals=Approvals(by_effect={"writes": "ask"}, expires_s=2))
    async with running(tmp_path, *LINES, tools=[tool]) as sessions:
        session = await begun(sessions, spec)
        asked_for(await needing(sessions, session.id))
        record = await idle(sessions, session.id)
        assert record.required_actions == ()
        assert tool.lines == []
        assert "in time" in str(calls(await items(sessions, session.id))[0].error)


Forgery = Callable[[Sessions, str, WaitsForApproval], Any]


async def _forged(sessions: Sessions, session_id: str, action: WaitsForApproval) -> None:
    with pytest.raises(NotFound):
        await sessions.send(session_id, OWNER, [ApprovalAnswer(action.request_id[:-1] + "x", "approve")])
    with pytest.raises(NotFound):
        await sessions.send(session_id, "bob", [ApprovalAnswer(action.request_id, "approve")])
    other = await begun(sessions, ASKING)
    with pytest.raises(NotFound):
        await sessions.send(other.id, OWNER, [ApprovalAnswer(action.request_id, "approve")])
    await sessions.send(session_id, OWNER, [ApprovalAnswer(action.request_id, "deny")])


async def _changed(sessions: Sessions, session_id: str, action: WaitsForApproval) -> None:
    """The stored call is another one than was asked for: the grant does not fit it."""

    def change(edit: SessionEdit) -> None:
        item = edit.call_item(action.turn_id, action.call_id)
        assert item is not None
        other = msgspec.structs.replace(item.content, arguments='{"line":"x"}')
        edit.put_item(msgspec.structs.replace(item, content=other))

    await sessions._store.edit(session_id, change)
    await sessions.send(session_id, OWNER, [ApprovalAnswer(action.request_id, "approve")])


async def _expired(sessions: Sessions, session_id: str, action: WaitsForApproval) -> None:
    await sessions._store._database.write(
        lambda connection: connection.execute("UPDATE session_approvals SET expires_at = 1").rowcount
    )
    with pytest.raises(RunConflict):
        await sessions.send(session_id, OWNER, [ApprovalAnswer(action.request_id, "approve")])
    await sessions._store.edit(session_id, lambda edit: edit.wake(action.turn_id))


async def _denied_twice(sessions: Sessions, session_id: str, action: WaitsForApproval) -> None:
    def answered(decision: Any) -> Any:
        return sessions.send(session_id, OWNER, [ApprovalAnswer(action.request_id, decision)])

    await answered("deny")
    decisions = ("deny", "approve") * 4
    outcomes = await asyncio.gather(*map(answered, decisions), return_exceptions=True)
    assert all(isinstance(outcome, NotFound) for outcome in outcomes)


async def test_of_answers_at_the_same_time_one_counts(tmp_path: Path) -> None:
    tool = Append(tmp_path / "file")
    async with running(tmp_path, *LINES, tools=[tool]) as sessions:
        num_approved = 0
        for _ in range(12):
            session = await begun(sessions, ASKING)
            action = asked_for(await needing(sessions, session.id))
            outcomes = await asyncio.gather(
                *(
                    sessions.send(session.id, OWNER, [ApprovalAnswer(action.request_id, decision)])
                    for decision in ("approve", "deny", "approve", "deny", "cancel", "approve")
                ),
                return_exceptions=True,
            )
            assert sum(not isinstance(outcome, BaseException) for outcome in outcomes) == 1
            await idle(sessions, session.id)
            num_approved += str(calls(await items(sessions, session.id))[0].output).startswith('{"appended"')
        assert tool.lines == ["a"] * num_approved


async def test_no_approval_is_replayed_forged_late_or_for_something_else(tmp_path: Path, dialect: str) -> None:
    """100 attempts (on Postgres 20) to have a call made that nobody allowed."""
    num_attempts = 100 if dialect == "sqlite" else 20
    tool = Append(tmp_path / "file")
    kinds: list[Forgery] = [_forged, _changed, _expired, _denied_twice]
    async with running(tmp_path, *LINES, tools=[tool]) as sessions:
        for number in range(num_attempts):
            session = await begun(sessions, ASKING)
            action = asked_for(await needing(sessions, session.id))
            await kinds[number % 4](sessions, session.id, action)
            await idle(sessions, session.id)
            for decision in ("approve", "deny"):
                with pytest.raises(NotFound):  # replayed
                    await sessions.send(session.id, OWNER, [ApprovalAnswer(action.request_id, decision)])
            assert tool.lines == [], kinds[number % 4].__name__


async def test_a_grant_is_used_once_even_if_the_model_calls_again(tmp_path: Path) -> None:
    tool = Append(tmp_path / "file")
    lines = (
        {"turn": 0, "calls": [call("append", line="a")]},
        {"turn": 1, "calls": [call("append", line="a")]},
        {"turn": 2, "text": "End."},
    )
    async with running(tmp_path, *lines, tools=[tool]) as sessions:
        session = await begun(sessions, ASKING)
        first = asked_for(await needing(sessions, session.id))
        await sessions.send(session.id, OWNER, [ApprovalAnswer(first.request_id, "approve")])
        record = await until(
            sessions, session.id, lambda r: bool(r.required_actions) and asked_for(r).call_id != first.call_id
        )
        assert tool.lines == ["a"]
        await sessions.send(session.id, OWNER, [ApprovalAnswer(asked_for(record).request_id, "deny")])
        await idle(sessions, session.id)
        assert tool.lines == ["a"]
        assert (await turns(sessions, session.id))[0].status == "completed"
