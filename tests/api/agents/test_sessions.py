"""Sessions through the official client: created, told, watched, read and limited; refused by name where need be."""

import json
import threading
import time
from typing import Any

import httpx2
import openai
import pytest
from openai.types.beta import AgentSession, AgentSessionDeleted, AgentSessionItem
from openai.types.beta.agents.sessions import SessionTrace, Turn

from tests.api.agents.strict import checked, checked_list, event_kinds, validated
from tests.api.conftest import Dial, Serve

NONE: Any = {"type": "none"}
NANO: Any = {"model": "nano"}
LOOK_UP: Any = {
    "type": "function",
    "name": "look_up",
    "description": "Look a word up",
    "parameters": {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]},
}
CALLS = {"when": "define", "turn": 0, "calls": [{"name": "look_up", "arguments": {"word": "tercet"}}]}
ANSWER = {"turn": 1, "text": "Three lines."}
HELLO = {"text": "Hello there."}
SUM = {"when": "add", "turn": 0, "calls": [{"name": "calculator", "arguments": {"expression": "2+2"}}]}
MARKED = {"expression": "2+2"}


def limit(session: Any) -> int | None:
    """A session's spending limit: later clients than 3.54 do not know the field, and keep it."""
    found: int | None = session.to_dict()["spend_control"]["limit"]
    return found


def test_a_session_answers_and_is_read_back(serve: Serve, dial: Dial) -> None:
    sessions: Any = dial(serve(HELLO)).beta.agents.sessions
    raw = sessions.with_raw_response.create(agent=NANO, environment=NONE, input="Hi", metadata={"a": "b"})
    made = checked(AgentSession, raw)
    assert made.environment.type == "none"
    assert made.metadata == {"a": "b"}
    assert limit(made) is None
    session = wait(sessions, made.id)
    assert session.usage.total_tokens > 0
    turns = checked_list(Turn, sessions.turns.with_raw_response.list(made.id))
    assert [(turn.status, turn.agent_id) for turn in turns.data] == [("completed", made.agent.id)]
    turn = checked(Turn, sessions.turns.with_raw_response.retrieve(turns.data[0].id, session_id=made.id))
    items = checked_list(AgentSessionItem, sessions.items.with_raw_response.list(made.id, order="asc"))
    assert [(item.role, item.content[0].text) for item in items.data] == [("user", "Hi"), ("assistant", "Hello there.")]
    assert items.data[1].phase == "final_answer"
    of_turn = checked_list(
        AgentSessionItem, sessions.turns.items.with_raw_response.list(turn.id, session_id=made.id, order="asc", limit=1)
    )
    assert of_turn.last_id == of_turn.data[-1].id
    assert [item.id for item in sessions.turns.items.list(turn.id, session_id=made.id, order="asc", limit=1)] == [
        item.id for item in items.data
    ]
    assert [item.id for item in sessions.items.list(made.id, order="asc", after=items.data[0].id)] == [items.data[1].id]


def test_every_event_of_a_stream_is_valid_and_adds_up(serve: Serve, dial: Dial) -> None:
    client: Any = dial(serve(HELLO))
    sessions: Any = client.beta.agents.sessions
    raw = sessions.with_raw_response.create(agent=NANO, environment=NONE, input="Hi", stream=True)
    kinds, seen, text = event_kinds(), [], ""
    for event in sse(raw.http_response):
        validated(kinds[event["type"]], event)
        assert event["obfuscation"].isalnum()
        seen.append(event["type"].removeprefix("agent.session."))
        text += event.get("delta", "")
    assert text == "Hello there."
    assert seen[0] == "created"
    assert seen[-1] == "idle"
    in_order = [
        "turn.created",
        "turn.in_progress",
        "turn.item.added",
        "turn.content_part.added",
        "turn.output_text.delta",
        "turn.output_text.done",
        "turn.content_part.done",
        "turn.item.done",
        "turn.completed",
    ]
    places = [seen.index(kind) for kind in in_order if kind != "turn.item.added"]
    assert places == sorted(places)


def test_the_clients_own_helper_runs_a_turn_with_tools(serve: Serve, dial: Dial) -> None:
    sessions: Any = dial(serve(HELLO_FIRST, CALLS, ANSWER)).beta.agents.sessions
    session = sessions.create(agent={**NANO, "tools": [LOOK_UP]}, environment=NONE, input="Hello")
    wait(sessions, session.id)
    asked: list[Any] = []

    def look_up(arguments: dict[str, Any]) -> str:
        asked.append(arguments)
        return "a stanza"

    with sessions.stream(session.id, input="define tercet", tool_handlers={"look_up": look_up}) as stream:
        result = stream.get_final_result()
    assert asked == [{"word": "tercet"}]
    assert result.output_text == "Three lines."
    kinds = [item.type for item in sessions.turns.items.list(result.turn_id, session_id=session.id, order="asc")]
    assert kinds == ["message", "function_call", "function_call_output", "message"]


def test_a_creation_stream_runs_tools_and_ends_with_its_turn(serve: Serve, dial: Dial) -> None:
    sessions: Any = dial(serve(CALLS, ANSWER)).beta.agents.sessions
    with sessions.create(
        agent={**NANO, "tools": [LOOK_UP]},
        environment=NONE,
        input="define tercet",
        stream=True,
        tool_handlers={"look_up": lambda arguments: "a stanza"},
    ) as stream:
        kinds = [event.type for event in stream]
    assert "agent.session.requires_action" in kinds
    assert kinds[-1] == "agent.session.idle"


def test_a_function_waits_for_its_result(serve: Serve, dial: Dial) -> None:
    sessions: Any = dial(serve(CALLS, ANSWER)).beta.agents.sessions
    made = sessions.create(agent={**NANO, "tools": [LOOK_UP]}, environment=NONE, input="define tercet")
    session = wait(sessions, made.id, "requires_action")
    (action,) = checked(AgentSession, sessions.with_raw_response.retrieve(made.id)).required_actions
    assert (action.type, action.name, action.arguments) == ("function_call", "look_up", {"word": "tercet"})
    result: Any = {
        "type": "agent.session.input.tool_result",
        "turn_id": action.turn_id,
        "call_id": action.call_id,
        "success": False,
        "error": "no such word",
    }
    raw = sessions.events.with_raw_response.create(made.id, events=[result], idempotency_key="one")
    assert raw.http_response.status_code == 202
    sessions.events.create(made.id, events=[result], idempotency_key="one")
    with pytest.raises(openai.ConflictError):
        sessions.events.create(made.id, events=[result])
    wait(sessions, made.id)
    output = next(item for item in sessions.items.list(made.id) if item.type == "function_call_output")
    assert (output.status, output.error, output.output) == ("failed", "no such word", None)
    assert session.status == "requires_action"


def test_builtin_tools_stand_among_the_items_and_in_the_trace(serve: Serve, dial: Dial) -> None:
    client: Any = dial(serve(SUM, {"turn": 1, "text": "Four."}))
    sessions: Any = client.beta.agents.sessions
    agent: Any = {**NANO, "tercet": {"tools": ["calculator"], "plan": True}}
    made = sessions.create(agent=agent, environment=NONE, input="add them")
    wait(sessions, made.id)
    items = checked_list(AgentSessionItem, sessions.items.with_raw_response.list(made.id, order="asc")).data
    assert [item.type for item in items] == ["message", "mcp_call", "message"]
    assert (items[1].server_label, items[1].name, items[1].arguments) == ("tercet", "calculator", MARKED)
    assert items[1].tercet["effect"] == "pure"
    (trace,) = checked_list(SessionTrace, sessions.traces.with_raw_response.list(made.id)).data
    (scope,) = trace.otlp["resourceSpans"][0]["scopeSpans"]
    names = [span["name"] for span in scope["spans"]]
    assert names[0] == "invoke_agent"
    assert names[1].startswith("chat ")
    assert names[2] == "execute_tool calculator"
    assert all(span["parentSpanId"] == scope["spans"][0]["spanId"] for span in scope["spans"][1:])
    plan = client.get(f"/agents/sessions/{made.id}/plan", cast_to=dict[str, Any])
    assert plan["object"] == "tercet.plan"
    steps = client.get(f"/agents/sessions/{made.id}/turns/{trace.id}/steps", cast_to=dict[str, Any])["data"]
    assert [step["kind"] for step in steps] == ["model", "tool", "model"]


def test_an_approval_is_asked_for_and_answered(serve: Serve, dial: Dial) -> None:
    sessions: Any = dial(serve(SUM, {"turn": 1, "text": "Four."})).beta.agents.sessions
    agent: Any = {**NANO, "tercet": {"tools": ["calculator"], "approvals": {"by_tool": {"calculator": "ask"}}}}
    made = sessions.create(agent=agent, environment=NONE, input="add them")
    wait(sessions, made.id, "requires_action")
    (action,) = checked(AgentSession, sessions.with_raw_response.retrieve(made.id)).required_actions
    assert (action.type, action.request.name, action.request.arguments) == (
        "mcp_approval_request",
        "calculator",
        MARKED,
    )
    answer: Any = {
        "type": "agent.session.input.mcp_approval_request_result",
        "request_id": action.request_id,
        "response": {"type": "mcp_tool_call", "decision": "approve"},
    }
    sessions.events.create(made.id, events=[answer])
    with pytest.raises(openai.APIStatusError):
        sessions.events.create(made.id, events=[answer])
    wait(sessions, made.id)
    call = next(item for item in sessions.items.list(made.id) if item.type == "mcp_call")
    assert (call.status, call.error) == ("completed", None)


def test_a_stream_goes_on_where_it_was_left(serve: Serve, dial: Dial) -> None:
    server = serve(HELLO)
    client: Any = dial(server)
    made = client.beta.agents.sessions.create(agent=NANO, environment=NONE, input="Hi")
    wait(client.beta.agents.sessions, made.id)
    path = f"{server.url}/v1/agents/sessions/{made.id}"
    with httpx2.stream("GET", f"{path}/replay?include_obfuscation=false") as whole:
        numbers, events = numbered(whole)
    assert numbers == sorted(set(numbers))
    assert all("obfuscation" not in event for event in events)
    half = numbers[len(numbers) // 2]
    for query, headers in ((f"?starting_after={half}", {}), ("", {"Last-Event-ID": str(half)})):
        with httpx2.stream("GET", f"{path}/events{query}", headers=headers, timeout=20) as rest:
            found: list[int] = []
            for line in rest.iter_lines():
                if line.startswith("id: "):
                    found.append(int(line[4:]))
                if found and found[-1] == numbers[-1]:
                    break
        assert found == [number for number in numbers if number > half]
    assert httpx2.get(f"{path}/events?starting_after=x").status_code == 400


def test_a_session_is_changed_listed_and_deleted(serve: Serve, dial: Dial) -> None:
    client: Any = dial(serve(HELLO))
    sessions: Any = client.beta.agents.sessions
    saved = client.beta.agents.create(model="nano", name="Scribe", instructions="Be kind.")
    made = sessions.create(
        agent_id=saved.id,
        agent={"instructions": "Be brief."},
        environment=NONE,
        input="Hi",
        metadata={"team": "a"},
        extra_body={"spend_control": {"limit": 500}},
        prompt_cache_options={"ttl": "12h"},
        review="auto_review",
    )
    assert (made.agent.id, made.agent.name, made.agent.instructions) == (saved.id, "Scribe", "Be brief.")
    assert (limit(made), made.prompt_cache_options.ttl, made.review) == (500, "12h", "auto_review")
    wait(sessions, made.id)
    changed = checked(
        AgentSession,
        sessions.with_raw_response.update(
            made.id,
            agent={"reasoning": {"effort": "high"}, "tools": [LOOK_UP]},
            metadata={"team": "b"},
            extra_body={"spend_control": None},
            prompt_cache_options=None,
            review="none",
        ),
    )
    assert (changed.agent.reasoning.effort, [tool.name for tool in changed.agent.tools]) == ("high", ["look_up"])
    assert (changed.metadata, limit(changed)) == ({"team": "b"}, None)
    assert changed.prompt_cache_options is None
    other = sessions.create(agent=NANO, environment=NONE, input="Hi")
    assert [each.id for each in checked_list(AgentSession, sessions.with_raw_response.list())] == [other.id, made.id]
    assert [each.id for each in sessions.list(agent_id=saved.id)] == [made.id]
    assert [each.id for each in sessions.list(metadata={"team": "b"})] == [made.id]
    assert list(sessions.list(metadata={"team": "a"})) == []
    wait(sessions, other.id)
    checked(AgentSessionDeleted, sessions.with_raw_response.delete(other.id))
    with pytest.raises(openai.NotFoundError):
        sessions.retrieve(other.id)


def test_a_fork_shares_what_was_before(serve: Serve, dial: Dial) -> None:
    client: Any = dial(serve(HELLO))
    sessions: Any = client.beta.agents.sessions
    made = sessions.create(agent=NANO, environment=NONE, input="Hi")
    wait(sessions, made.id)
    last = max(item.tercet["number"] for item in sessions.items.list(made.id))
    fork = client.post(
        f"/agents/sessions/{made.id}/fork",
        cast_to=AgentSession,
        body={"item": last, "agent": {"instructions": "Anew."}},
    )
    assert fork.agent.instructions == "Anew."
    assert [item.content[0].text for item in sessions.items.list(fork.id)] == ["Hi"]


def test_a_message_during_a_turn_and_a_cancel(serve: Serve, dial: Dial) -> None:
    slow = {"text": "a b c d e f g h i j k l m n o p q r s t u v w x y z", "delay_ms": 200}
    sessions: Any = dial(serve(slow)).beta.agents.sessions
    made = sessions.create(agent=NANO, environment=NONE, input="Hi")
    wait(sessions, made.id, "in_progress")
    sessions.events.create(made.id, events=[{"type": "agent.session.input.cancel"}])
    wait(sessions, made.id)
    (turn,) = sessions.turns.list(made.id)
    assert turn.status == "cancelled"


def test_another_key_sees_no_session(serve: Serve, dial: Dial) -> None:
    server = serve(HELLO, api_keys=("one", "two"))
    one, two = (dial(server, api_key=key).beta.agents.sessions for key in ("one", "two"))
    made = one.create(agent=NANO, environment=NONE, input="Hi")
    message: Any = {
        "type": "agent.session.input.message",
        "input": [{"role": "user", "content": [{"type": "input_text", "text": "x"}]}],
    }
    for call in (
        lambda: two.retrieve(made.id),
        lambda: two.update(made.id, metadata={}),
        lambda: two.delete(made.id),
        lambda: two.events.create(made.id, events=[message]),
        lambda: two.events.stream(made.id),
        lambda: two.items.list(made.id),
        lambda: two.turns.list(made.id),
        lambda: two.traces.list(made.id),
        lambda: two.artifacts.list(made.id),
        lambda: two.subagents.list(made.id),
    ):
        with pytest.raises(openai.NotFoundError):
            call()
    saved = dial(server, api_key="one").beta.agents.create(model="nano")
    vault = dial(server, api_key="one").beta.agents.vaults.create(name="v")
    for fields in ({"agent_id": saved.id}, {"agent": NANO, "vault_ids": [vault.id]}):
        with pytest.raises(openai.NotFoundError):
            two.create(environment=NONE, input="x", **fields)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"environment": NONE, "input": "x"}, "agent.model"),
        ({"agent": NANO, "input": "x"}, "environment"),
        ({"agent": NANO, "environment": NONE}, "input"),
        ({"agent": NANO, "environment": NONE, "input": ""}, "input"),
        ({"agent": NANO, "environment": NONE, "input": []}, "input"),
        ({"agent": NANO, "environment": {"type": "openai_hosted"}, "stream": True}, "input"),
        ({"agent": NANO, "environment": NONE, "input": "x", "stream_options": {}}, "stream_options"),
        ({"agent": NANO, "environment": NONE, "input": "x", "spend_control": {"limit": 0}}, "spend_control.limit"),
        ({"agent": NANO, "environment": NONE, "input": "x", "vault_ids": ["v"]}, "vault_ids[0]"),
        ({"agent": NANO, "environment": {"type": "moon"}, "input": "x"}, "environment.type"),
        (
            {"agent": {**NANO, "tools": [{"type": "programmatic_tool_calling"}]}, "environment": NONE, "input": "x"},
            None,
        ),
        ({"agent_id": "agent_x", "environment": NONE, "input": "x"}, "agent_id"),
        ({"agent": NANO, "environment": NONE, "input": "x", "surprise": 1}, "surprise"),
        (
            {
                "agent": NANO,
                "environment": NONE,
                "input": [{"role": "user", "content": [{"type": "input_image", "image_url": "file:///etc/passwd"}]}],
            },
            "input[0].content[0].image_url",
        ),
        ({"agent": NANO, "environment": NONE, "input": [{"role": "system", "content": []}]}, "input[0].role"),
    ],
)
def test_what_is_no_session_is_refused_by_name(serve: Serve, dial: Dial, fields: Any, param: str | None) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        dial(serve(HELLO)).post("/agents/sessions", cast_to=object, body=fields)
    assert caught.value.status_code in (400, 404)
    if param is not None:
        assert (caught.value.param or "").startswith(param)


def test_inputs_are_taken_all_or_none(serve: Serve, dial: Dial) -> None:
    sessions: Any = dial(serve(HELLO)).beta.agents.sessions
    made = sessions.create(agent=NANO, environment=NONE, input="Hi")
    wait(sessions, made.id)
    message: Any = {
        "type": "agent.session.input.message",
        "input": [{"role": "user", "content": [{"type": "input_text", "text": "more"}]}],
    }
    unknown: Any = {
        "type": "agent.session.input.tool_result",
        "turn_id": "turn_x",
        "call_id": "call_x",
        "success": True,
        "output": "x",
    }
    with pytest.raises(openai.NotFoundError):
        sessions.events.create(made.id, events=[message, unknown])
    assert len(list(sessions.turns.list(made.id))) == 1
    login: Any = {
        "type": "agent.session.input.computer_use_approval_request_result",
        "request_id": "x",
        "response": {"type": "browser_authentication", "action": "cancel"},
    }
    with pytest.raises(openai.BadRequestError) as caught:
        sessions.events.create(made.id, events=[login])
    assert caught.value.param == "events[0].type"


def test_a_watcher_is_told_at_once_that_it_watches(serve: Serve, dial: Dial) -> None:
    sessions: Any = dial(serve(HELLO)).beta.agents.sessions
    made = sessions.create(agent=NANO, environment=NONE, input="Hi")
    wait(sessions, made.id)
    with sessions.events.stream(made.id, include_obfuscation=False) as stream:
        first = next(iter(stream))
        assert first.type == "agent.session.idle"
        closer = threading.Timer(0.5, stream.close)
        closer.start()
        closer.join()


HELLO_FIRST = {"when": "^Hello$", "text": "Hi."}


def wait(sessions: Any, session_id: str, status: str = "idle") -> Any:
    """Return the session once it has a status."""
    deadline = time.monotonic() + 40
    while (session := sessions.retrieve(session_id)).status != status:
        assert time.monotonic() < deadline, f"the session is {session.status}, not {status}"
        assert session.status != "failed", session.error
        time.sleep(0.03)
    return session


def sse(response: Any) -> Any:
    """Yield the events of a response that the client does not read itself."""
    for line in response.iter_lines():
        if line.startswith("data: "):
            yield json.loads(line[6:])


def numbered(response: Any) -> tuple[list[int], list[Any]]:
    """Return the numbers and the events of a whole stream."""
    numbers, events = [], []
    for line in response.iter_lines():
        if line.startswith("id: "):
            numbers.append(int(line[4:]))
        elif line.startswith("data: "):
            events.append(json.loads(line[6:]))
    return numbers, events
