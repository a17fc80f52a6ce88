"""Agents that wake themselves: the `automations` tool through the official client and a running server."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

import msgspec
import openai
import pytest
from openai.types.beta.agents import Automation

from tercet.errors import ToolRetry
from tercet.service.sessions.automation_tools import MAX_OPEN, AutomationTools
from tercet.tools.context import CURRENT_CALL, CallContext
from tercet.tools.registry import Registry
from tests.api.agents.strict import validated
from tests.api.agents.test_sessions import NONE, wait
from tests.api.conftest import Dial, Serve, Server

pytestmark = pytest.mark.timeout(120)
DAILY: Any = {"name": "Daily", "instructions": "x", "expression": "0 9 * * *"}
WORDS: Any = {"role": "user", "content": [{"type": "input_text", "text": "go"}]}
WAKE = {"when": r"\[Automation 'Look again'", "text": "Woken."}


def agent(**more: Any) -> Any:
    return {"model": "nano", "tools": [{"type": "automations"}], "tercet": more}


def calling(turn: int, tool: str, **arguments: Any) -> dict[str, Any]:
    return {"turn": turn, "calls": [{"name": tool, "arguments": arguments}]}


def soon(seconds: float) -> str:
    return datetime.fromtimestamp(time.time() + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_an_agent_wakes_itself(serve: Serve, dial: Dial) -> None:
    create = calling(0, "create_automation", name="Look again", instructions="Look at it.", run_at=soon(6))
    agents: Any = dial(serve(WAKE, create, {"turn": 1, "text": "Set."})).beta.agents
    made = agents.sessions.create(agent=agent(), environment=NONE, input="go")
    deadline = time.monotonic() + 60
    texts: list[str] = []
    while "Woken." not in texts:
        assert time.monotonic() < deadline, texts
        time.sleep(0.2)
        items = list(agents.sessions.items.list(made.id, order="asc"))
        texts = [item.content[0].text for item in items if item.type == "message"]
    assert texts[:2] == ["go", "Set."]
    assert texts[2].endswith("Look at it.")
    (automation,) = agents.automations.list(session_id=made.id)
    validated(Automation, automation.to_dict())
    assert (automation.status, automation.target.session_id) == ("completed", made.id)
    assert automation.created_by.type == "agent"


def test_what_is_wrong_is_told_to_the_model_and_the_owners_are_seen(serve: Serve, dial: Dial) -> None:
    server = serve(
        {"when": "^make", **calling(0, "create_automation", **DAILY)},
        {"when": "^wrong", **calling(0, "create_automation", **{**DAILY, "expression": "0 9"})},
        {"when": "^both", **calling(0, "create_automation", **DAILY, run_at=soon(60))},
        {"when": "^past", **calling(0, "create_automation", name="a", instructions="x", run_at=soon(-60))},
        {"when": "^list", **calling(0, "list_automations")},
        {"when": "^pause", **calling(0, "pause_automation", automation_id="auto_x")},
        {"text": "Fine."},
    )
    agents: Any = dial(server).beta.agents
    made = agents.sessions.create(agent=agent(), environment=NONE, input="make one")
    wait(agents.sessions, made.id)
    target = {"type": "existing_session", "session_id": made.id, "instructions": "y"}
    theirs = agents.automations.create(type="once", name="Theirs", run_at=4_000_000_000, target=target)
    (own,) = [each for each in agents.automations.list(session_id=made.id) if each.id != theirs.id]
    assert (own.expression, own.timezone, own.status) == ("0 9 * * *", "UTC", "active")
    for text, said in {
        "wrong": "five fields",
        "both": "exactly one",
        "past": "in the future",
        "list": "Theirs",
        "pause": "has no automation",
    }.items():
        tell(agents.sessions, made.id, text)
        last = [item for item in agents.sessions.items.list(made.id, order="asc") if item.type == "mcp_call"][-1]
        assert said in str(last.to_dict()), text
    assert len(list(agents.automations.list(session_id=made.id))) == 2


def test_it_manages_what_it_made_once_per_call_and_nothing_else(serve: Serve, dial: Dial) -> None:
    server = serve({"text": "Fine."})
    agents: Any = dial(server).beta.agents
    made = agents.sessions.create(agent=agent(), environment=NONE, input="go")
    wait(agents.sessions, made.id)
    target = {"type": "existing_session", "session_id": made.id, "instructions": "y"}
    theirs = agents.automations.create(type="once", name="Theirs", run_at=4_000_000_000, target=target)
    elsewhere = agents.automations.create(
        type="once",
        name="Elsewhere",
        run_at=4_000_000_000,
        target={"type": "new_session", "agent": {"model": "nano"}, "environment": NONE, "input": [WORDS]},
    )

    def call(tool: str, key: str = "k", **arguments: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(_called(server, made.id, tool, key, arguments), server.loop).result(20)

    first = call("create_automation", **DAILY)
    assert call("create_automation", **DAILY) == first, "the same call makes it once"
    own = first["automation_id"]
    assert call("pause_automation", automation_id=own)["status"] == "paused"
    assert agents.automations.retrieve(own).status == "paused"
    assert call("resume_automation", automation_id=own)["status"] == "active"
    for other, why in ((theirs.id, "alone can change it"), (elsewhere.id, "has no automation")):
        for tool in ("pause_automation", "delete_automation"):
            with pytest.raises(ToolRetry, match=why):
                call(tool, automation_id=other)
    for number in range(MAX_OPEN - 1):
        call("create_automation", str(number), **DAILY)
    with pytest.raises(ToolRetry, match="the limit"):
        call("create_automation", "one more", **DAILY)
    assert call("delete_automation", automation_id=own) == {"deleted": own}
    with pytest.raises(openai.NotFoundError):
        agents.automations.retrieve(own)


async def _called(server: Server, session_id: str, tool: str, key: str, arguments: Any) -> Any:
    record = await server.service.sessions.get(session_id, "")
    CURRENT_CALL.set(CallContext("call", key))
    registry = Registry(AutomationTools(server.service.automations, record).tools())
    return await registry.call(tool, msgspec.json.encode(arguments).decode())


def test_approvals_hold_for_them_too(serve: Serve, dial: Dial) -> None:
    create = calling(0, "create_automation", **DAILY)
    agents: Any = dial(serve(create, {"turn": 1, "text": "Set."})).beta.agents
    made = agents.sessions.create(agent=agent(approvals={"by_effect": {"writes": "ask"}}), environment=NONE, input="go")
    session = wait(agents.sessions, made.id, "requires_action")
    assert session.required_actions[0].request.name == "create_automation"
    assert list(agents.automations.list(session_id=made.id)) == []


def tell(sessions: Any, session_id: str, text: str) -> None:
    content = [{"type": "input_text", "text": text}]
    message: Any = {"type": "agent.session.input.message", "input": [{"role": "user", "content": content}]}
    sessions.events.create(session_id, events=[message])
    wait(sessions, session_id)
