"""The Messages API through Anthropic's official client, against a real server."""

import json
from pathlib import Path
from typing import Any

import pytest
from anthropic import (
    APIStatusError,
    AsyncAnthropic,
    AuthenticationError,
    BadRequestError,
    ContentTooLargeError,
    InternalServerError,
    NotFoundError,
    OverloadedError,
    beta_tool,
)
from anthropic.types import MessageParam, ToolParam
from pydantic import BaseModel

from tercet.errors import BackendFailed, Overloaded
from tercet.events import Finished, ItemDone, ReasoningDelta, Started, TextDelta
from tercet.items import Message, Reasoning, TextPart, ToolResult
from tercet.routing.tiers import Tier
from tercet.service import Service
from tercet.store.local import LocalStore
from tercet.usage import Usage
from tests.api.anthropic.conftest import Claude
from tests.api.conftest import Serve, Server
from tests.api.plain import request, sse
from tests.api.staged import StagedBackend, saying
from tests.api.test_hangup import until_idle
from tests.support import scripted_backend

WEATHER: ToolParam = {
    "name": "get_weather",
    "description": "The weather in a city",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    "strict": True,
}
TWO_CALLS = [{"name": "get_weather", "arguments": {"city": city}} for city in ("Oslo", "Rome")]
CALL_SCRIPT: tuple[dict[str, Any], ...] = (
    {"turn": 0, "when": "weather", "text": "Let me look.", "calls": TWO_CALLS},
    {"turn": 1, "text": "Cold in Oslo, warm in Rome."},
    {"text": "Hello there, friend."},
)
HI: list[MessageParam] = [{"role": "user", "content": "hi"}]
ASK: MessageParam = {"role": "user", "content": "the weather?"}


def results_of(content: Any) -> MessageParam:
    """Return the user message that answers every call of an assistant's content."""
    results: Any = [
        {"type": "tool_result", "tool_use_id": block.id, "content": "fine"}
        for block in content
        if block.type == "tool_use"
    ]
    return {"role": "user", "content": results}


def test_a_whole_answer(serve: Serve, claude: Claude) -> None:
    client = claude(serve({"text": "Hello there, friend."}))
    answer = client.messages.create(model="gpt-4.1-nano", max_tokens=100, messages=HI, system="Be kind.")
    assert [block.text for block in answer.content if block.type == "text"] == ["Hello there, friend."]
    assert (answer.type, answer.role, answer.model) == ("message", "assistant", "gpt-4.1-nano")
    assert (answer.stop_reason, answer.stop_sequence, answer.stop_details) == ("end_turn", None, None)
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (3, 3)
    assert (answer.usage.cache_read_input_tokens, answer.usage.cache_creation_input_tokens) == (0, 0)
    assert answer.id.startswith("msg_")
    assert (answer._request_id or "").startswith("req_")


def test_a_streamed_answer(serve: Serve, claude: Claude) -> None:
    client = claude(serve({"text": "Hello there, friend."}))
    with client.messages.stream(model="nano", max_tokens=100, messages=HI) as stream:
        assert list(stream.text_stream) == ["Hello ", "there, ", "friend."]
        final = stream.get_final_message()
    assert final.content[0].type == "text"
    assert (final.content[0].text, final.stop_reason) == ("Hello there, friend.", "end_turn")
    assert (final.usage.input_tokens, final.usage.output_tokens) == (1, 3)


async def test_the_asynchronous_client(serve: Serve) -> None:
    server = serve({"text": "Hello there, friend."})
    async with (
        AsyncAnthropic(base_url=server.url, api_key="none", max_retries=0) as client,
        client.messages.stream(model="nano", max_tokens=100, messages=HI) as stream,
    ):
        assert [text async for text in stream.text_stream] == ["Hello ", "there, ", "friend."]


def test_a_stream_on_the_wire(serve: Serve) -> None:
    body = {"model": "nano", "max_tokens": 9, "messages": HI, "stream": True}
    reply = request(serve({"text": "a b"}), "POST", "/v1/messages", body)
    assert reply.headers["content-type"].startswith("text/event-stream")
    assert (reply.headers["tercet-tier"], reply.headers["request-id"]) == ("nano", reply.headers["x-request-id"])
    events = sse(reply.body)
    assert all(name == data["type"] for name, data in events)
    assert [name for name, _ in events] == [
        "message_start",
        "ping",
        "content_block_start",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]


def test_tool_calls_and_their_results_over_two_turns(serve: Serve, claude: Claude) -> None:
    client = claude(serve(*CALL_SCRIPT))
    answer = client.messages.create(model="nano", max_tokens=100, messages=[ASK], tools=[WEATHER])
    assert answer.stop_reason == "tool_use"
    text, *calls = answer.content
    assert (text.type, [call.type for call in calls]) == ("text", ["tool_use", "tool_use"])
    assert [call.input for call in calls if call.type == "tool_use"] == [{"city": "Oslo"}, {"city": "Rome"}]
    turns: list[MessageParam] = [ASK, answer.to_param(), results_of(answer.content)]
    again = client.messages.create(model="nano", max_tokens=100, messages=turns, tools=[WEATHER])
    assert again.content[0].type == "text"
    assert again.content[0].text == "Cold in Oslo, warm in Rome."


def test_streamed_tool_calls_and_their_results(serve: Serve, claude: Claude) -> None:
    client = claude(serve(*CALL_SCRIPT))
    with client.messages.stream(model="nano", max_tokens=100, messages=[ASK], tools=[WEATHER]) as stream:
        pieces = [event.partial_json for event in stream if event.type == "input_json"]
        final = stream.get_final_message()
    assert json.loads("".join(pieces).replace("}{", "},{").join("[]")) == [{"city": "Oslo"}, {"city": "Rome"}]
    assert [block.input for block in final.content if block.type == "tool_use"] == [{"city": "Oslo"}, {"city": "Rome"}]
    turns: list[MessageParam] = [ASK, final.to_param(), results_of(final.content)]
    with client.messages.stream(model="nano", max_tokens=100, messages=turns, tools=[WEATHER]) as stream:
        assert stream.get_final_text() == "Cold in Oslo, warm in Rome."


def test_the_clients_own_tool_loop(serve: Serve, claude: Claude) -> None:
    asked: list[str] = []

    @beta_tool
    def get_weather(city: str) -> str:
        """The weather in a city."""
        asked.append(city)
        return "fine"

    runner = claude(serve(*CALL_SCRIPT)).beta.messages.tool_runner(
        model="nano", max_tokens=100, messages=[{"role": "user", "content": "the weather?"}], tools=[get_weather]
    )
    final = runner.until_done()
    assert asked == ["Oslo", "Rome"]
    assert [block.text for block in final.content if block.type == "text"] == ["Cold in Oslo, warm in Rome."]


def test_structured_output_parses(serve: Serve, claude: Claude) -> None:
    class Step(BaseModel):
        name: str
        minutes: int

    client = claude(serve({"text": '{"name": "boil", "minutes": 3}'}))
    answer = client.messages.parse(model="nano", max_tokens=100, messages=HI, output_format=Step)
    assert answer.parsed_output == Step(name="boil", minutes=3)
    with client.messages.stream(model="nano", max_tokens=100, messages=HI, output_format=Step) as stream:
        assert stream.get_final_message().parsed_output == Step(name="boil", minutes=3)


def test_what_breaks_a_schema_never_leaves_as_a_success(serve: Serve, claude: Claude) -> None:
    schema: dict[str, object] = {"type": "object", "required": ["a"]}
    client = claude(serve({"text": '{"b": 1}'}))
    with pytest.raises(InternalServerError) as caught:
        client.messages.create(
            model="nano",
            max_tokens=100,
            messages=HI,
            output_config={"format": {"type": "json_schema", "schema": schema}},
        )
    assert (caught.value.status_code, caught.value.type, caught.value.error_code) == (
        502,
        "api_error",
        "output_invalid",
    )
    client = claude(serve({"calls": [{"name": "get_weather", "arguments": {}}]}))
    with pytest.raises(InternalServerError, match="get_weather"):
        client.messages.create(model="nano", max_tokens=100, messages=HI, tools=[WEATHER])


def test_thoughts_are_shown_and_come_back(serve: Serve, claude: Claude) -> None:
    thought = Reasoning("Hm. No.", encrypted="sig")
    backend = StagedBackend(
        Started("m"),
        ReasoningDelta(0, "Hm. "),
        ReasoningDelta(0, "No."),
        ItemDone(0, thought),
        ItemDone(1, Message("assistant", (TextPart("ok"),))),
        Finished("stop", Usage(3, 1, 5, 2)),
    )
    client = claude(serve(backend=backend))
    whole = client.messages.create(model="nano", max_tokens=2000, messages=HI, thinking={"type": "adaptive"})
    with client.messages.stream(model="nano", max_tokens=2000, messages=HI) as stream:
        final = stream.get_final_message()
    for answer in (whole, final):
        assert [block.type for block in answer.content] == ["thinking", "text"]
        assert answer.content[0].type == "thinking"
        assert (answer.content[0].thinking, answer.content[0].signature) == ("Hm. No.", "sig")
        assert (answer.usage.input_tokens, answer.usage.cache_read_input_tokens) == (2, 1)
        assert answer.usage.output_tokens_details is not None
        assert answer.usage.output_tokens_details.thinking_tokens == 2
    client.messages.create(model="nano", max_tokens=2000, messages=[*HI, final.to_param(), *HI])
    assert thought in backend.requests[-1].items


def test_images_and_failed_tools_reach_the_model(serve: Serve, claude: Claude) -> None:
    backend = StagedBackend(*saying("ok"))
    turns: Any = [
        ASK,
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "get_weather", "input": {}}]},
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "dead", "is_error": True}],
        },
    ]
    claude(serve(backend=backend)).messages.create(model="nano", max_tokens=9, messages=turns, tools=[WEATHER])
    assert backend.requests[0].items[-1] == ToolResult("t1", (TextPart("Error: "), TextPart("dead")))


def test_the_stop_sequence_that_ended_the_text_is_named(serve: Serve, claude: Claude) -> None:
    client = claude(serve({"text": "One, two; three."}))
    asked: Any = {"model": "nano", "max_tokens": 50, "messages": HI, "stop_sequences": ["four", ";"]}
    answer = client.messages.create(**asked)
    assert (answer.stop_reason, answer.stop_sequence) == ("stop_sequence", ";")
    assert [block.text for block in answer.content if block.type == "text"] == ["One, two"]
    with client.messages.stream(**asked) as stream:
        final = stream.get_final_message()
    assert (final.stop_reason, final.stop_sequence) == ("stop_sequence", ";")
    plain = client.messages.create(**{**asked, "stop_sequences": ["four"]})
    assert (plain.stop_reason, plain.stop_sequence) == ("end_turn", None)


def test_counting_tokens(serve: Serve, claude: Claude) -> None:
    client = claude(serve({"text": "x"}))
    turn: list[MessageParam] = [{"role": "user", "content": "one two three"}]
    assert client.messages.count_tokens(model="nano", messages=turn, system="four").input_tokens == 4
    with pytest.raises(NotFoundError):
        client.messages.count_tokens(model="gpt-9", messages=turn)


def test_models_as_the_client_lists_them(serve: Serve, claude: Claude) -> None:
    client = claude(serve({"text": "x"}))
    assert [model.id for model in client.models.list(limit=1)] == ["nano", "gpt-4.1-nano"]
    page = client.models.list(after_id="nano")
    assert ([model.id for model in page.data], page.has_more) == (["gpt-4.1-nano"], False)
    before = client.models.list(before_id="gpt-4.1-nano")
    assert ([model.id for model in before.data], before.has_more) == (["nano"], False)
    model = client.models.retrieve("nano")
    assert (model.type, model.display_name, model.lifecycle) == ("model", "nano (script-1)", "active")
    with pytest.raises(NotFoundError):
        client.models.retrieve("gpt-9")


@pytest.mark.parametrize(
    ("name", "tier"), [("claude-opus-5-5", "full"), ("claude-sonnet-5", "full"), ("claude-haiku-4-5-20251001", "mini")]
)
def test_claudes_names_lead_to_tiers_and_are_echoed(tmp_path: Path, claude: Claude, name: str, tier: str) -> None:
    tiers = {rank: Tier(rank, scripted_backend(tmp_path, {"text": "x"})) for rank in ("full", "mini", "nano")}
    server = Server(Service(tiers, LocalStore(tmp_path / "state" / "t.db", retention_days=1, max_responses=9)))
    try:
        raw = claude(server).messages.with_raw_response.create(model=name, max_tokens=9, messages=HI)
        assert raw.headers["tercet-tier"] == tier
        assert raw.parse().model == name
    finally:
        server.stop()


@pytest.mark.parametrize("settings", [{"api_key": "sesame"}, {"api_key": None, "auth_token": "sesame"}])
def test_keys_are_read_where_the_client_puts_them(serve: Serve, claude: Claude, settings: dict[str, Any]) -> None:
    server = serve({"text": "x"}, api_keys=["sesame"])
    assert claude(server, **settings).messages.create(model="nano", max_tokens=9, messages=HI).content
    with pytest.raises(AuthenticationError) as caught:
        claude(server, api_key="wrong").messages.create(model="nano", max_tokens=9, messages=HI)
    assert caught.value.type == "authentication_error"


def test_the_x_api_key_header(serve: Serve) -> None:
    server = serve({"text": "x"}, api_keys=["sesame"])
    body = {"model": "nano", "max_tokens": 9, "messages": HI}
    assert request(server, "POST", "/v1/messages", body, {"x-api-key": "sesame"}).status == 200
    refused = request(server, "POST", "/v1/messages", body, {"x-api-key": "wrong"})
    assert (refused.status, refused.json["error"]["type"]) == (401, "authentication_error")


def test_typed_errors(serve: Serve, claude: Claude) -> None:
    client = claude(serve({"text": "x"}, max_body_bytes=2000))
    with pytest.raises(NotFoundError) as missing:
        client.messages.create(model="gpt-9", max_tokens=9, messages=HI)
    assert (missing.value.type, missing.value.error_code) == ("not_found_error", "model_not_found")
    assert missing.value.request_id == missing.value.response.headers["x-request-id"]
    assert missing.value.body["request_id"] == missing.value.request_id  # type: ignore[index]  # typed as object
    with pytest.raises(NotFoundError, match=r"\[tiers\.mini\]"):
        client.messages.create(model="mini", max_tokens=9, messages=HI)
    with pytest.raises(BadRequestError, match="top_k") as refused:
        client.messages.create(model="nano", max_tokens=9, messages=HI, extra_body={"top_k": 5})
    assert (refused.value.type, refused.value.error_code) == ("invalid_request_error", "unsupported_parameter")
    with pytest.raises(ContentTooLargeError):
        client.messages.create(model="nano", max_tokens=9, messages=[{"role": "user", "content": "x" * 3000}])


def test_overload_and_failure(serve: Serve, claude: Claude) -> None:
    server = serve(backend=StagedBackend(Overloaded("all slots are taken", retry_after_s=2.5)))
    for stream in (False, True):
        with pytest.raises(OverloadedError) as caught:
            claude(server).messages.create(model="nano", max_tokens=9, messages=HI, stream=stream)
        assert (caught.value.status_code, caught.value.type) == (529, "overloaded_error")
        assert caught.value.response.headers["retry-after"] == "3"


def test_an_error_in_mid_stream_ends_the_stream_with_it(serve: Serve, claude: Claude) -> None:
    server = serve(backend=StagedBackend(Started("m"), TextDelta(0, "half an "), BackendFailed("the upstream hung up")))
    reply = request(server, "POST", "/v1/messages", {"model": "nano", "max_tokens": 9, "messages": HI, "stream": True})
    *_, (name, last) = sse(reply.body)
    assert (name, reply.status) == ("error", 200)
    assert last["error"] == {
        "type": "api_error", "message": "the upstream hung up", "details": {"error_code": "backend_failed"}
    }  # fmt: skip
    with (
        pytest.raises(APIStatusError, match="hung up"),
        claude(server).messages.stream(model="nano", max_tokens=9, messages=HI) as stream,
    ):
        stream.get_final_message()
    assert b'{door="messages",tier="nano",status="502"} 2' in request(server, "GET", "/metrics").body


async def test_hanging_up_stops_the_model(serve: Serve) -> None:
    backend = StagedBackend(Started("m"), TextDelta(0, "half an "), 60.0)
    server = serve(backend=backend)
    async with AsyncAnthropic(base_url=server.url, api_key="none", max_retries=0) as client:
        stream = await client.messages.create(model="nano", max_tokens=9, messages=HI, stream=True)
        async for event in stream:
            if event.type == "content_block_delta":
                break
        assert backend.num_running == 1
        await stream.close()
    await until_idle(backend)
    assert backend.was_cut_off.is_set()
