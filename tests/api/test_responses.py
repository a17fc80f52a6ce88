"""The Responses API through the official client, against a real server."""

from collections.abc import Callable
from typing import Any

import pytest
from openai import APIError, AsyncOpenAI, BadRequestError, InternalServerError, NotFoundError
from pydantic import BaseModel

from tercet.errors import BackendFailed, ContextTooLong
from tercet.events import CallStarted, Finished, ItemDone, ReasoningDelta, Started, TextDelta, TokenLogprob
from tercet.items import (
    FilePart,
    Message,
    OutputFormat,
    Reasoning,
    RefusalPart,
    TextPart,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from tercet.usage import Usage
from tests.api.conftest import Serve, Server
from tests.api.open_responses import check_response, check_stream
from tests.api.plain import request, sse
from tests.api.staged import StagedBackend, saying

PATH = "/v1/responses"
Connect = Callable[..., AsyncOpenAI]
TEXT = {"type": "input_text", "text": "ok"}
ADD: Any = {
    "type": "function",
    "name": "add",
    "description": None,
    "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}},
    "strict": True,
}
ADD_SCRIPT: tuple[dict[str, Any], ...] = (
    {
        "turn": 0,
        "when": "sum",
        "calls": [{"name": "add", "arguments": {"a": 1}}, {"name": "add", "arguments": {"a": 2}}],
    },
    {"turn": 1, "text": "It is three."},
    {"when": "again", "text": "Still three."},
    {"text": "Hello."},
)


def test_a_whole_answer(serve: Serve) -> None:
    with serve({"text": "Hello there."}).client() as client:
        response = client.responses.create(
            model="gpt-4.1-nano",
            input="hi",
            instructions="Be brief.",
            metadata={"k": "v"},
            user="u",
            safety_identifier="s",
        )
    assert response.output_text == "Hello there."
    assert (response.model, response.instructions, response.metadata) == ("gpt-4.1-nano", "Be brief.", {"k": "v"})
    assert (response.user, response.safety_identifier) == ("u", "s")
    assert response.usage is not None
    assert (response.usage.input_tokens, response.usage.output_tokens, response.usage.total_tokens) == (3, 2, 5)


async def test_a_streamed_answer(serve: Serve, connect: Connect) -> None:
    client = connect(serve({"text": "Hello there."}))
    async with client.responses.stream(model="nano", input="hi") as stream:
        deltas = [event.delta async for event in stream if event.type == "response.output_text.delta"]
        final = await stream.get_final_response()
    assert deltas == ["Hello ", "there."]
    assert final.output_text == "Hello there."
    assert (await client.responses.retrieve(final.id)).output_text == final.output_text


def test_one_event_per_write(serve: Serve) -> None:
    reply = request(serve({"text": "a b"}), "POST", PATH, {"model": "nano", "input": "hi", "stream": True})
    assert reply.headers["transfer-encoding"] == "chunked"
    assert (reply.headers["tercet-tier"], reply.headers["tercet-model"]) == ("nano", "script-1")
    check_stream(sse(reply.body))


def test_a_loop_of_tools_by_items(serve: Serve) -> None:
    with serve(*ADD_SCRIPT).client() as client:
        items: list[Any] = [{"role": "user", "content": "the sum?"}]
        first = client.responses.create(model="nano", input=items, tools=[ADD])
        calls = [item for item in first.output if item.type == "function_call"]
        assert [call.arguments for call in calls] == ['{"a":1}', '{"a":2}']
        items += first.output
        items += [{"type": "function_call_output", "call_id": call.call_id, "output": "ok"} for call in calls]
        second = client.responses.create(model="nano", input=items, tools=[ADD])
        assert second.output_text == "It is three."


def test_a_loop_of_tools_by_previous_response(serve: Serve) -> None:
    with serve(*ADD_SCRIPT).client() as client:
        first = client.responses.create(model="nano", input="the sum?", tools=[ADD], instructions="Add.")
        outputs: Any = [
            {"type": "function_call_output", "call_id": item.call_id, "output": [TEXT]}
            for item in first.output
            if item.type == "function_call"
        ]
        second = client.responses.create(model="nano", input=outputs, tools=[ADD], previous_response_id=first.id)
        assert (second.output_text, second.previous_response_id) == ("It is three.", first.id)
        assert second.instructions is None
        third = client.responses.create(model="nano", input="again?", previous_response_id=second.id)
        assert third.output_text == "Still three."
        with pytest.raises(BadRequestError) as caught:
            client.responses.create(model="nano", input=outputs[:1], previous_response_id=first.id)
        assert "No tool output found" in caught.value.message
        listed = list(client.responses.input_items.list(third.id, order="asc"))
    kinds = [item.type for item in listed]
    assert kinds == ["message", *["function_call"] * 2, *["function_call_output"] * 2, *["message"] * 2]


def test_streamed_tool_calls(serve: Serve) -> None:
    with (
        serve(*ADD_SCRIPT).client() as client,
        client.responses.stream(model="nano", input="the sum?", tools=[ADD]) as stream,
    ):
        final = stream.get_final_response()
    assert [item.arguments for item in final.output if item.type == "function_call"] == ['{"a":1}', '{"a":2}']


def test_structured_output_parses(serve: Serve) -> None:
    class Step(BaseModel):
        name: str
        minutes: int

    with serve({"text": '{"name": "boil", "minutes": 3}'}).client() as client:
        response = client.responses.parse(model="nano", input="hi", text_format=Step)
        assert response.output_parsed == Step(name="boil", minutes=3)
        shown = check_response(client.responses.with_raw_response.retrieve(response.id).http_response.json())
    assert shown.text is not None
    assert shown.text.format is not None
    assert shown.text.format.type == "json_schema"


def test_an_answer_that_breaks_a_strict_schema_is_an_error(serve: Serve) -> None:
    format_: Any = {"type": "json_schema", "name": "s", "strict": True, "schema": {"type": "object", "required": ["a"]}}
    with serve({"text": '{"b": 1}'}).client() as client:
        with pytest.raises(InternalServerError) as caught:
            client.responses.create(model="nano", input="hi", text={"format": format_})
        assert (caught.value.status_code, caught.value.code) == (502, "output_invalid")


def test_reading_deleting_and_not_storing(serve: Serve) -> None:
    with serve({"text": "Hello."}).client() as client:
        created = client.responses.create(model="nano", input="hi")
        assert client.responses.retrieve(created.id) == created
        with pytest.raises(BadRequestError):
            client.responses.retrieve(created.id, stream=True)
        client.responses.delete(created.id)
        for call in (client.responses.retrieve, client.responses.delete, client.responses.input_items.list):
            with pytest.raises(NotFoundError):
                call(created.id)
        unstored = client.responses.create(model="nano", input="hi", store=False)
        assert unstored.model_extra is not None
        assert unstored.model_extra["store"] is False
        with pytest.raises(NotFoundError):
            client.responses.retrieve(unstored.id)
        with pytest.raises(BadRequestError) as caught:
            client.responses.create(model="nano", input="hi", previous_response_id=unstored.id)
        assert caught.value.code == "previous_response_not_found"


def test_input_items_come_in_pages(serve: Serve) -> None:
    server = serve({"text": "Hello."})
    items = [{"role": "user", "content": str(number), "id": f"msg_{number}"} for number in range(5)]
    created = request(server, "POST", PATH, {"model": "nano", "input": items}).json
    path = f"{PATH}/{created['id']}/input_items"

    def page(query: str) -> tuple[list[str], bool]:
        reply = request(server, "GET", f"{path}?{query}").json
        ids = [item["id"] for item in reply["data"]]
        assert (reply["first_id"], reply["last_id"]) == ((ids[0], ids[-1]) if ids else (None, None))
        return ids, reply["has_more"]

    assert page("limit=2") == (["msg_4", "msg_3"], True)
    assert page("limit=2&after=msg_3") == (["msg_2", "msg_1"], True)
    assert page("limit=2&after=msg_1") == (["msg_0"], False)
    assert page("order=asc&limit=100") == ([f"msg_{number}" for number in range(5)], False)
    assert page("after=msg_0") == ([], False)
    for query, param in (("limit=0", "limit"), ("limit=x", "limit"), ("order=up", "order")):
        reply = request(server, "GET", f"{path}?{query}")
        assert (reply.status, reply.json["error"]["param"]) == (400, param)
    assert request(server, "GET", f"{path}?after=msg_9").status == 404
    with server.client() as client:
        assert len(list(client.responses.input_items.list(created["id"], limit=2))) == 5


def test_a_reference_to_an_earlier_item(serve: Serve) -> None:
    server = serve(backend=(backend := StagedBackend(*saying("Hello."))))
    with server.client() as client:
        first = client.responses.create(model="nano", input="hi")
        reference: Any = {"type": "item_reference", "id": first.output[0].id}
        client.responses.create(model="nano", input=[reference, {"role": "user", "content": "and?"}])
    said, asked = backend.requests[1].items
    assert isinstance(said, Message)
    assert isinstance(asked, Message)
    assert (said.role, said.text, said.id) == ("assistant", "Hello.", first.output[0].id)


def test_every_setting_reaches_the_backend(serve: Serve) -> None:
    backend = StagedBackend(*saying("{}"))
    body = {
        "model": "nano",
        "instructions": "i",
        "input": [
            {"type": "message", "role": "developer", "content": "d"},
            {"role": "user", "content": [{"type": "input_file", "file_url": "https://x/y.pdf", "filename": "y"}]},
            {
                "type": "reasoning",
                "summary": [{"type": "summary_text", "text": "s"}],
                "content": [{"type": "reasoning_text", "text": "t"}],
                "encrypted_content": "e",
            },
            {"type": "function_call", "call_id": "c1", "name": "add", "arguments": '{"a":1}', "id": "fc_1"},
            {"type": "function_call_output", "call_id": "c1", "output": "3"},
            {
                "role": "assistant",
                "content": [
                    {"type": "output_text", "text": "a", "annotations": [], "logprobs": []},
                    {"type": "refusal", "refusal": "no"},
                ],
                "status": "completed",
            },
        ],
        "tools": [ADD],
        "tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "add"}]},
        "parallel_tool_calls": False,
        "text": {"format": {"type": "json_object"}},
        "include": ["message.output_text.logprobs", "reasoning.encrypted_content"],
        "temperature": 0.5,
        "top_p": 0.25,
        "presence_penalty": 1,
        "frequency_penalty": -1,
        "max_output_tokens": 9,
        "top_logprobs": 3,
        "reasoning": {"effort": "high"},
        "prompt_cache_key": "k",
    }
    server = serve(backend=backend)
    reply = request(server, "POST", PATH, body)
    assert reply.status == 200, reply.body
    (asked,) = backend.requests
    plain = [type(item).__name__ for item in asked.items]
    assert plain == ["Message", "Message", "Message", "Reasoning", "ToolCall", "ToolResult", "Message"]
    instructions, developer, question, thoughts, call, result, answer = asked.items
    assert instructions == Message("system", (TextPart("i"),))
    assert isinstance(developer, Message)
    assert (developer.role, developer.text) == ("developer", "d")
    assert isinstance(question, Message)
    assert question.content == (FilePart("https://x/y.pdf", "y"),)
    assert isinstance(thoughts, Reasoning)
    assert (thoughts.text, thoughts.summary, thoughts.encrypted) == ("t", ("s",), "e")
    assert call == ToolCall("c1", "add", '{"a":1}', "fc_1")
    assert isinstance(result, ToolResult)
    assert result.text == "3"
    assert isinstance(answer, Message)
    assert answer.content == (TextPart("a"), RefusalPart("no"))
    assert asked.tool_choice == ToolChoice("auto", ("add",))
    assert asked.output_format == OutputFormat("json_object")
    assert (asked.parallel_tool_calls, asked.reasoning_effort, asked.cache_key) == (False, "high", "k")
    sampling = asked.sampling
    assert (sampling.temperature, sampling.top_p, sampling.max_output_tokens) == (0.5, 0.25, 9)
    assert (sampling.presence_penalty, sampling.frequency_penalty, sampling.top_logprobs) == (1, -1, 3)
    shown = check_response(reply.json)
    assert reply.json["tool_choice"] == body["tool_choice"]
    assert (shown.temperature, shown.top_p, shown.top_logprobs, shown.max_output_tokens) == (0.5, 0.25, 3, 9)
    assert reply.json["text"] == {"format": {"type": "json_object"}, "verbosity": "medium"}
    assert reply.json["reasoning"] == {"effort": "high", "summary": None}
    assert reply.json["prompt_cache_key"] == "k"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("none", ToolChoice("none")),
        ("auto", ToolChoice("auto")),
        (
            {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "add"}]},
            ToolChoice("auto", ("add",)),
        ),
    ],
)
def test_every_tool_choice_that_needs_no_call(serve: Serve, given: object, expected: ToolChoice) -> None:
    backend = StagedBackend(*saying("x"))
    body = {"model": "nano", "input": "x", "tools": [ADD], "tool_choice": given}
    reply = request(serve(backend=backend), "POST", PATH, body)
    assert (reply.status, backend.requests[0].tool_choice) == (200, expected)
    assert reply.json["tool_choice"] == given


@pytest.mark.parametrize(
    ("given", "expected"),
    [("required", ToolChoice("required")), ({"type": "function", "name": "add"}, ToolChoice("required", ("add",)))],
)
def test_every_tool_choice_that_demands_a_call(serve: Serve, given: object, expected: ToolChoice) -> None:
    call = (CallStarted(0, "c1", "add"), ItemDone(0, ToolCall("c1", "add", "{}")))
    backend = StagedBackend(Started("m"), *call, Finished("stop", Usage(1, 0, 1)))
    server = serve(backend=backend)
    body = {"model": "nano", "input": "x", "tools": [ADD], "tool_choice": given}
    whole = request(server, "POST", PATH, body)
    assert (whole.status, backend.requests[0].tool_choice) == (200, expected)
    streamed = check_stream(sse(request(server, "POST", PATH, {**body, "stream": True}).body))
    assert streamed["output"][0]["arguments"] == "{}"


def test_log_probabilities(serve: Serve) -> None:
    tokens = (TokenLogprob("Hé", -0.25), TokenLogprob("!", -0.5))
    server = serve(backend=StagedBackend(*saying("Hé", "!", logprobs=tokens)))
    body = {"model": "nano", "input": "x", "include": ["message.output_text.logprobs"]}
    expected = [
        {"token": "Hé", "logprob": -0.25, "bytes": list("Hé".encode()), "top_logprobs": []},
        {"token": "!", "logprob": -0.5, "bytes": [33], "top_logprobs": []},
    ]
    whole = request(server, "POST", PATH, body).json
    assert whole["output"][0]["content"][0]["logprobs"] == expected
    assert request(server, "GET", f"{PATH}/{whole['id']}").json == whole
    events = sse(request(server, "POST", PATH, {**body, "stream": True}).body)
    final = check_stream(events)
    assert final["output"][0]["content"][0]["logprobs"] == expected
    deltas = [event["logprobs"] for name, event in events if name == "response.output_text.delta"]
    assert deltas == [[token] for token in expected]
    without = request(server, "POST", PATH, {"model": "nano", "input": "x"}).json
    assert without["output"][0]["content"][0]["logprobs"] == []


def test_reasoning_and_refusals_are_streamed(serve: Serve) -> None:
    thoughts = Reasoning("Hm. No.", ("short",), "sealed")
    answer = Message("assistant", (TextPart("Well, "), TextPart("no."), RefusalPart("I will not.")))
    backend = StagedBackend(
        Started("m"),
        ReasoningDelta(0, "Hm. "),
        ReasoningDelta(0, "No."),
        ItemDone(0, thoughts),
        TextDelta(1, "Well, "),
        ItemDone(1, answer),
        ItemDone(2, Reasoning("", ("later",))),
        Finished("stop", Usage(3, 1, 5, 2)),
    )
    server = serve(backend=backend)
    events = sse(request(server, "POST", PATH, {"model": "nano", "input": "x", "stream": True}).body)
    final = check_stream(events)
    first, second, third = final["output"]
    assert first["content"] == [{"type": "reasoning_text", "text": "Hm. No."}]
    assert (first["summary"], first["encrypted_content"]) == ([{"type": "summary_text", "text": "short"}], "sealed")
    assert [part.get("text", part.get("refusal")) for part in second["content"]] == ["Well, no.", "I will not."]
    assert third["summary"] == [{"type": "summary_text", "text": "later"}]
    names = [name for name, _ in events]
    assert names.count("response.reasoning_text.delta") == 2
    assert names.count("response.reasoning_summary_text.done") == 2
    assert names.count("response.refusal.done") == 1
    assert final["usage"]["input_tokens_details"]["cached_tokens"] == 1
    assert final["usage"]["output_tokens_details"]["reasoning_tokens"] == 2
    whole = request(server, "POST", PATH, {"model": "nano", "input": "x"}).json
    assert [item["type"] for item in whole["output"]] == ["reasoning", "message", "reasoning"]


def test_errors_before_the_first_event_keep_their_status(serve: Serve) -> None:
    for stream in (False, True):
        server = serve(backend=StagedBackend(ContextTooLong("the prompt has 9 tokens, the window 8")))
        reply = request(server, "POST", PATH, {"model": "nano", "input": "x", "stream": stream})
        error = reply.json["error"]
        assert (reply.status, error["code"], error["param"]) == (400, "context_length_exceeded", "input")


def test_a_failure_in_mid_stream(serve: Serve) -> None:
    server = serve(backend=StagedBackend(Started("m"), TextDelta(0, "half "), BackendFailed("the upstream hung up")))
    events = sse(request(server, "POST", PATH, {"model": "nano", "input": "x", "stream": True}).body)
    final = check_stream(events)
    assert (final["status"], final["error"]["code"], final["error"]["type"]) == (
        "failed",
        "server_error",
        "backend_failed",
    )
    assert request(server, "GET", f"{PATH}/{final['id']}").json == final
    whole = request(server, "POST", PATH, {"model": "nano", "input": "x"})
    assert (whole.status, whole.json["error"]["code"]) == (502, "backend_failed")


def test_an_unexpected_failure_in_mid_stream(serve: Serve) -> None:
    class Broken(StagedBackend):
        async def generate(self, request: Any) -> Any:
            yield Started("m")
            yield TextDelta(0, "half ")
            raise ZeroDivisionError("secret detail")

    server = serve(backend=Broken())
    reply = request(server, "POST", PATH, {"model": "nano", "input": "x", "stream": True})
    *_, (name, error), _ = sse(reply.body)
    assert (name, error["code"]) == ("error", "internal_error")
    assert b"secret" not in reply.body
    with server.client() as client, pytest.raises(APIError, match="Quote request id"):
        list(client.responses.create(model="nano", input="x", stream=True))


def test_owners_see_only_their_own(serve: Serve) -> None:
    server: Server = serve({"text": "Hello."}, api_keys=("ann", "bob"))
    with server.client(api_key="ann") as ann, server.client(api_key="bob") as bob:
        created = ann.responses.create(model="nano", input="hi")
        assert ann.responses.retrieve(created.id).id == created.id
        for call in (bob.responses.retrieve, bob.responses.delete, bob.responses.input_items.list):
            with pytest.raises(NotFoundError):
                call(created.id)
        with pytest.raises(BadRequestError):
            bob.responses.create(model="nano", input="x", previous_response_id=created.id)
        reference: Any = {"type": "item_reference", "id": created.output[0].id}
        with pytest.raises(NotFoundError):
            bob.responses.create(model="nano", input=[reference])


def test_counting_input_tokens(serve: Serve) -> None:
    server = serve({"text": "It is sunny."})
    with server.client() as client:
        counted = client.responses.input_tokens.count(model="nano", input="one two three", instructions="be kind")
        assert (counted.input_tokens, counted.object) == (5, "response.input_tokens")
        first = client.responses.create(model="nano", input="one two three")
        assert client.responses.input_tokens.count(
            model="nano", input="four", previous_response_id=first.id
        ).input_tokens == len(["one", "two", "three", "It", "is", "sunny.", "four"])
        with pytest.raises(BadRequestError, match="personality"):
            client.responses.input_tokens.count(model="nano", input="x", personality="friendly")
        with pytest.raises(BadRequestError, match="not found"):
            client.responses.input_tokens.count(model="nano", input="x", previous_response_id="resp_none")


def test_a_response_shows_what_the_model_samples_with_when_nothing_is_asked_for(serve: Serve) -> None:
    backend = StagedBackend(*saying("hi"))
    backend.default_temperature, backend.default_top_p = 0.25, 0.5
    with serve(backend=backend).client() as client:
        made = client.responses.create(model="nano", input="x")
        assert (made.temperature, made.top_p) == (0.25, 0.5)
        asked = client.responses.create(model="nano", input="x", temperature=1.5)
        assert (asked.temperature, asked.top_p) == (1.5, 0.5)
        queued = client.responses.create(model="nano", input="x", background=True)
        assert queued.temperature == client.responses.retrieve(made.id).temperature == 0.25
    assert backend.requests[0].sampling.temperature is None
