"""MCP servers in Responses: listed, called, approved, streamed and continued, by the official client."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import OpenAI

from benchmarks.kill_effects import Notes, noting
from tests.api.conftest import Server
from tests.api.hosted import hosted_service

KEYS = ("key-one", "key-two")
TOKEN = "open-sesame"


def calling(name: str, **arguments: Any) -> dict[str, Any]:
    return {"calls": [{"name": f"notes__{name}", "arguments": arguments}]}


ONE = {"name": "notes__append", "arguments": {"text": "one"}}
SCRIPT: list[dict[str, Any]] = [
    {"when": "(?i)count", "turn": 0, **calling("count")},
    {"when": "(?i)fail", "turn": 0, **calling("refuse")},
    {"when": "(?i)badly", "turn": 0, **calling("append", text=5)},
    {"when": "(?i)both", "turn": 0, "calls": [ONE, {"name": "look", "arguments": {}}]},
    {"when": "(?i)twice", "turn": 0, "calls": [ONE, {"name": "notes__append", "arguments": {"text": "two"}}]},
    {"when": "(?i)and again", "turn": 0, **calling("append", text="more")},
    {"when": "^noted: more", "turn": 1, **calling("append", text="more")},
    {"when": "(?i)for ever|noted: ever", **calling("append", text="ever")},
    {"when": "^\\d+$", "text": "So many notes."},
    {"when": "(?i)denied this call. Reason: too late", "text": "It was denied."},
    {"when": "(?i)has not approved", "text": "It still waits."},
    {"when": "no ink", "text": "It could not be noted."},
    {"when": "arguments are wrong", "text": "That was wrong."},
    {"when": "^noted", "text": "It is noted."},
    {"when": "(?i)hello", "text": "Hello."},
    {"turn": 0, **calling("append", text="milk")},
]  # fmt: skip


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notes]:
    with noting(tmp_path_factory.mktemp("notes")) as notes:
        yield notes


@pytest.fixture(scope="module")
def server(notes: Notes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("mcp")
    server = Server(hosted_service(folder, *SCRIPT, allow=(f"127.0.0.1:{notes.port}",), api_keys=KEYS))
    yield server
    server.stop()


@pytest.fixture
def client(server: Server) -> Iterator[OpenAI]:
    with server.client(api_key=KEYS[0], timeout=60) as client:
        yield client


def kinds(response: Any) -> list[str]:
    return [item.type for item in response.output]


def test_a_tool_of_a_server_is_called_and_the_model_reads_what_it_gave(client: Any, notes: Notes) -> None:
    before = len(notes.lines)
    response = client.responses.create(model="nano", input="Buy milk", tools=[notes.tool()])
    assert kinds(response) == ["mcp_list_tools", "mcp_call", "message"]
    listing, call, _ = response.output
    assert listing.type == "mcp_list_tools"
    assert {tool.name for tool in listing.tools} == {"append", "append_once", "count", "refuse", "hang"}
    counting = next(tool for tool in listing.tools if tool.name == "count")
    assert counting.annotations == {"readOnlyHint": True}
    assert counting.description == "Tell how many notes there are."
    assert call.type == "mcp_call"
    assert (call.server_label, call.name, call.arguments) == ("notes", "append", '{"text":"milk"}')
    assert (call.output, call.error, call.status, call.approval_request_id) == ("noted: milk", None, "completed", None)
    assert response.output_text == "It is noted."
    assert response.tools[0].type == "mcp"
    assert client.responses.retrieve(response.id).output == response.output
    [(key, text)] = notes.lines[before:]
    assert text == "milk"
    assert key.startswith(response.id)


def test_the_stream_tells_of_listing_and_calling(client: Any, notes: Notes) -> None:
    with client.responses.stream(model="nano", input="Buy milk", tools=[notes.tool()]) as stream:
        events = list(stream)
        final = stream.get_final_response()
    names = [event.type.removeprefix("response.") for event in events]
    assert [name for name in names if "mcp" in name or "output_item" in name] == [
        "output_item.added",
        "mcp_list_tools.in_progress",
        "mcp_list_tools.completed",
        "output_item.done",
        "output_item.added",
        "mcp_call.in_progress",
        "mcp_call_arguments.delta",
        "mcp_call_arguments.done",
        "mcp_call.completed",
        "output_item.done",
        "output_item.added",
        "output_item.done",
    ]
    numbers = [event.sequence_number for event in events if hasattr(event, "sequence_number")]
    assert numbers == list(range(len(numbers)))
    added = [event.item for event in events if event.type == "response.output_item.added"]
    done = [event.item for event in events if event.type == "response.output_item.done"]
    assert [item.id for item in added] == [item.id for item in done] == [item.id for item in final.output]
    assert done[1] == final.output[1]
    assert added[1].arguments == ""


def test_an_error_of_a_tool_is_read_by_the_model(client: Any, notes: Notes) -> None:
    with client.responses.stream(model="nano", input="fail please", tools=[notes.tool()]) as stream:
        names = [event.type for event in stream]
        final = stream.get_final_response()
    call = final.output[1]
    assert call.type == "mcp_call"
    assert (call.status, call.output) == ("failed", None)
    assert call.error is not None
    assert call.error.type == "mcp_tool_execution_error"
    assert "no ink" in str(call.error.content)
    assert "response.mcp_call.failed" in names
    assert final.output_text == "It could not be noted."


def test_arguments_that_break_the_schema_are_not_sent(client: Any, notes: Notes) -> None:
    before = notes.lines
    response = client.responses.create(model="nano", input="badly", tools=[notes.tool()])
    assert response.output[1].status == "failed"
    assert response.output_text == "That was wrong."
    assert notes.lines == before


def test_allowed_tools_are_the_only_ones(client: Any, notes: Notes) -> None:
    for allowed in (["count"], {"tool_names": ["count"]}, {"read_only": True}):
        response = client.responses.create(model="nano", input="count", tools=[notes.tool(allowed_tools=allowed)])
        assert [tool.name for tool in response.output[0].tools] == ["count"]
        assert response.output[1].output == str(len(notes.lines))
        assert response.output_text == "So many notes."


def test_a_call_waits_for_its_approval_and_is_then_made_once(client: Any, notes: Notes) -> None:
    tools = [notes.tool(require_approval="always")]
    before = len(notes.lines)
    first = client.responses.create(model="nano", input="Buy milk", tools=tools)
    assert kinds(first) == ["mcp_list_tools", "mcp_approval_request"]
    assert first.status == "completed"
    request = first.output[1]
    assert request.type == "mcp_approval_request"
    assert (request.name, request.arguments, request.server_label) == ("append", '{"text":"milk"}', "notes")
    assert len(notes.lines) == before
    answer: Any = {"type": "mcp_approval_response", "approve": True, "approval_request_id": request.id}
    second = client.responses.create(model="nano", input=[answer], previous_response_id=first.id, tools=tools)
    assert kinds(second) == ["mcp_call", "message"]  # what the server offers is known from the conversation
    call = second.output[0]
    assert (call.approval_request_id, call.output) == (request.id, "noted: milk")
    assert len(notes.lines) == before + 1
    third = client.responses.create(model="nano", input="hello", previous_response_id=second.id, tools=tools)
    assert kinds(third) == ["message"]
    listed = [item.type for item in client.responses.input_items.list(third.id).data]
    assert "mcp_approval_response" in listed
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(model="nano", input=[answer], previous_response_id=second.id, tools=tools)
    assert caught.value.code == "approval_request_not_found"
    assert len(notes.lines) == before + 1


def test_a_call_that_is_denied_or_passed_over_is_not_made(client: Any, notes: Notes) -> None:
    tools = [notes.tool()]
    tools[0]["require_approval"] = {"never": {"tool_names": ["count"]}}
    before = len(notes.lines)
    first = client.responses.create(model="nano", input="Buy milk", tools=tools)
    request: Any = first.output[1]
    answer: Any = {"type": "mcp_approval_response", "approve": False, "approval_request_id": request.id}
    told = client.responses.create(
        model="nano", input=[{**answer, "reason": "too late"}], previous_response_id=first.id, tools=tools
    )
    assert told.output_text == "It was denied."
    waits = client.responses.create(
        model="nano",
        input=[*[item.model_dump(exclude_none=True) for item in first.output], {"role": "user", "content": "hello"}],
        tools=tools,
    )
    assert waits.output_text == "Hello."
    counted = client.responses.create(model="nano", input="count", tools=tools)
    assert kinds(counted) == ["mcp_list_tools", "mcp_call", "message"]
    assert len(notes.lines) == before


def test_a_conversation_that_the_client_keeps_is_continued(client: Any, notes: Notes) -> None:
    tools = [notes.tool(require_approval="always")]
    first = client.responses.create(model="nano", input="Buy milk", tools=tools, store=False)
    items: Any = [{"role": "user", "content": "Buy milk"}, *[item.model_dump() for item in first.output]]
    items.append({"type": "mcp_approval_response", "approve": True, "approval_request_id": first.output[1].id})
    before = len(notes.lines)
    second = client.responses.create(model="nano", input=items, tools=tools, store=False)
    assert kinds(second) == ["mcp_call", "message"]
    items += [item.model_dump() for item in second.output]
    third = client.responses.create(
        model="nano", input=[*items, {"role": "user", "content": "hello"}], tools=tools, store=False
    )
    assert third.output_text == "Hello."
    assert len(notes.lines) == before + 1


def test_calls_beside_functions_of_the_client_and_several_at_a_time(client: Any, notes: Notes) -> None:
    look: Any = {"type": "function", "name": "look", "parameters": {"type": "object", "properties": {}}}
    both = client.responses.create(model="nano", input="both", tools=[look, notes.tool()])
    assert kinds(both) == ["mcp_list_tools", "mcp_call", "function_call"]
    assert [tool.type for tool in both.tools] == ["function", "mcp"]
    twice = client.responses.create(model="nano", input="twice", tools=[notes.tool()])
    assert kinds(twice) == ["mcp_list_tools", "mcp_call", "mcp_call", "message"]
    assert [text for _, text in notes.lines[-2:]] == ["one", "two"]
    assert len({key for key, _ in notes.lines}) == len(notes.lines)


def test_the_number_of_calls_is_limited_and_a_tool_can_be_demanded(client: Any, notes: Notes) -> None:
    response = client.responses.create(model="nano", input="and again", max_tool_calls=2, tools=[notes.tool()])
    assert kinds(response).count("mcp_call") == 2
    choice: Any = {"type": "mcp", "server_label": "notes", "name": "append"}
    demanded = client.responses.create(model="nano", input="Buy milk", tool_choice=choice, tools=[notes.tool()])
    assert kinds(demanded) == ["mcp_list_tools", "mcp_call", "message"]
    assert demanded.tool_choice.type == "mcp"
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(model="nano", input="a", tool_choice={**choice, "name": "fly"}, tools=[notes.tool()])
    assert caught.value.param == "tool_choice"


def test_secrets_go_to_the_server_and_nowhere_else(tmp_path: Path) -> None:
    with noting(tmp_path, TOKEN) as locked:
        server = Server(hosted_service(tmp_path, *SCRIPT, allow=(f"127.0.0.1:{locked.port}",)))
        try:
            with server.client(timeout=60) as client:
                for secret in ({"authorization": TOKEN}, {"headers": {"Authorization": f"Bearer {TOKEN}"}}):
                    for background in (False, True):
                        made = client.responses.create(
                            model="nano", input="Buy milk", background=background, tools=[locked.tool(**secret)]
                        )
                        if background:
                            with client.responses.stream(response_id=made.id) as events:
                                list(events)
                        done = client.responses.retrieve(made.id)
                        assert done.output_text == "It is noted."
                        assert TOKEN not in done.to_json()
                with pytest.raises(openai.APIStatusError) as caught:
                    client.responses.create(model="nano", input="Buy milk", tools=[locked.tool()])
                assert caught.value.status_code == 424
        finally:
            server.stop()
        held = b"".join(path.read_bytes() for path in (tmp_path / "state").rglob("*") if path.is_file())
        assert TOKEN.encode() not in held
        assert len(held) > 10_000


def test_a_server_that_is_not_there_fails_the_response_by_name(client: Any, notes: Notes) -> None:
    for url in ("http://127.0.0.1:9/mcp", "http://169.254.169.254/mcp"):
        with pytest.raises(openai.APIStatusError) as caught:
            client.responses.create(model="nano", input="a", tools=[notes.tool(server_url=url)])
        assert (caught.value.status_code, caught.value.code) == (424, "external_connector_error")
        assert caught.value.param == "tools[0]"
    with client.responses.stream(model="nano", input="a", tools=[notes.tool(server_url=url)]) as stream:
        names = [event.type for event in stream]
    assert "response.mcp_list_tools.failed" in names
    assert names[-1] == "response.failed"


def test_a_background_response_calls_too(client: Any, notes: Notes) -> None:
    before = len(notes.lines)
    response = client.responses.create(model="nano", input="Buy milk", background=True, tools=[notes.tool()])
    with client.responses.stream(response_id=response.id) as stream:
        names = [event.type for event in stream]
    assert "response.mcp_call.completed" in names
    done = client.responses.retrieve(response.id)
    assert (done.status, kinds(done)) == ("completed", ["mcp_list_tools", "mcp_call", "message"])
    assert len(notes.lines) == before + 1


def test_a_response_that_is_cancelled_says_what_it_had_called(client: Any, notes: Notes) -> None:
    response = client.responses.create(model="nano", input="for ever", background=True, tools=[notes.tool()])
    before = len(notes.lines)
    deadline = time.monotonic() + 60
    while len(notes.lines) < before + 2:
        assert time.monotonic() < deadline, client.responses.retrieve(response.id)
        time.sleep(0.01)
    ended = client.responses.cancel(response.id)
    assert ended.status == "cancelled"
    made = [line for line in notes.lines if line[0].startswith(response.id)]
    calls: Any = [item for item in ended.output if item.type == "mcp_call"]
    assert len(calls) in (len(made), len(made) + 1)
    assert len(calls) >= 1
    assert {call.status for call in calls[:-1]} == {"completed"}
    assert ended.usage is None


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"server_url": None}, "tools[0].server_url"),
        ({"server_url": "ftp://example.com"}, "tools[0].server_url"),
        ({"server_url": "http://example.com/mcp", "authorization": "a"}, "tools[0].server_url"),
        ({"server_label": "a b"}, "tools[0].server_label"),
        ({"connector_id": "connector_gmail"}, "tools[0].connector_id"),
        ({"tunnel_id": "t"}, "tools[0].tunnel_id"),
        ({"defer_loading": True}, "tools[0].defer_loading"),
        ({"allowed_callers": ["programmatic"]}, "tools[0].allowed_callers"),
        ({"require_approval": "perhaps"}, "tools[0].require_approval"),
        ({"colour": 1}, "tools[0].colour"),
    ],
)
def test_bad_tools_name_their_field(client: Any, notes: Notes, change: dict[str, Any], param: str) -> None:
    for background in (False, True):
        with pytest.raises(openai.BadRequestError) as caught:
            client.responses.create(model="nano", input="a", background=background, tools=[notes.tool(**change)])
        assert caught.value.param == param


def test_a_label_stands_for_one_server_and_an_approval_for_one_of_the_tools(client: Any, notes: Notes) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(model="nano", input="a", tools=[notes.tool(), notes.tool()])
    assert caught.value.param == "tools[1].server_label"
    first = client.responses.create(model="nano", input="a", tools=[notes.tool(require_approval="always")])
    answer: Any = {"type": "mcp_approval_response", "approve": True, "approval_request_id": first.output[1].id}
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(model="nano", input=[answer], previous_response_id=first.id)
    assert caught.value.param == "tools"
