"""generateContent through Google's official client, against a real server."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from google.genai import Client
from google.genai.errors import ClientError, ServerError
from google.genai.types import (
    Content,
    FinishReason,
    FunctionCallingConfig,
    FunctionCallingConfigMode,
    FunctionDeclaration,
    GenerateContentConfig,
    GenerateContentResponse,
    HttpOptions,
    Part,
    Schema,
    ThinkingConfig,
    Tool,
    ToolConfig,
    Type,
)
from pydantic import BaseModel

from tercet.errors import BackendFailed, Overloaded
from tercet.events import Finished, ItemDone, ReasoningDelta, Started, TextDelta, TokenLogprob
from tercet.items import ImagePart, Message, Reasoning, TextPart, ToolCall, ToolResult
from tercet.routing.tiers import Tier
from tercet.service import Service
from tercet.store.local import LocalStore
from tercet.usage import Usage
from tests.api.conftest import Serve, Server
from tests.api.gemini.conftest import Gemini
from tests.api.plain import request, sse
from tests.api.staged import StagedBackend, saying
from tests.api.test_hangup import until_idle
from tests.support import scripted_backend

WEATHER = FunctionDeclaration(
    name="get_weather",
    description="The weather in a city",
    parameters=Schema(type=Type.OBJECT, properties={"city": Schema(type=Type.STRING)}, required=["city"]),
)
TOOLS = GenerateContentConfig(tools=[Tool(function_declarations=[WEATHER])])
ANY = ToolConfig(function_calling_config=FunctionCallingConfig(mode=FunctionCallingConfigMode.ANY))
TWO_CALLS = [{"name": "get_weather", "arguments": {"city": city}} for city in ("Oslo", "Rome")]
CALL_SCRIPT: tuple[dict[str, Any], ...] = (
    {"turn": 0, "when": "weather", "text": "Let me look.", "calls": TWO_CALLS},
    {"turn": 1, "text": "Cold in Oslo, warm in Rome."},
    {"text": "Hello there, friend."},
)
HI = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}


# aiohttp warns of google-genai's subclass of its session.
AIOHTTP = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")


@pytest.fixture
async def far(serve: Serve) -> AsyncIterator[Any]:
    """Return a function that gives an asynchronous client, closed when the test ends."""
    clients: list[Client] = []

    def make(server: Server) -> Any:
        clients.append(Client(api_key="none", http_options=HttpOptions(base_url=server.url)))
        return clients[-1].aio

    yield make
    for client in clients:
        await client.aio.aclose()
        client.close()


def parts_of(answer: GenerateContentResponse) -> list[Part]:
    """Return the parts of an answer's only candidate."""
    assert answer.candidates is not None
    (candidate,) = answer.candidates
    assert candidate.content is not None
    return candidate.content.parts or []


@pytest.mark.parametrize("version", ["v1", "v1beta"])
def test_a_whole_answer(serve: Serve, gemini: Gemini, version: str) -> None:
    client = gemini(serve({"text": "Hello there, friend."}), api_version=version)
    answer = client.models.generate_content(
        model="gemini-2.5-flash-lite", contents="hi", config=GenerateContentConfig(system_instruction="Be kind.")
    )
    assert answer.text == "Hello there, friend."
    assert answer.candidates is not None
    assert (answer.candidates[0].finish_reason, answer.candidates[0].index) == (FinishReason.STOP, 0)
    usage = answer.usage_metadata
    assert usage is not None
    assert (usage.prompt_token_count, usage.candidates_token_count, usage.total_token_count) == (3, 3, 6)
    assert (answer.model_version, (answer.response_id or "")[:5]) == ("script-1", "resp_")


def test_a_streamed_answer(serve: Serve, gemini: Gemini) -> None:
    client = gemini(serve({"text": "Hello there, friend."}))
    chunks = list(client.models.generate_content_stream(model="nano", contents="hi"))
    assert [chunk.text for chunk in chunks if chunk.text] == ["Hello ", "there, ", "friend."]
    last = chunks[-1]
    assert last.candidates is not None
    assert last.candidates[0].finish_reason == FinishReason.STOP
    assert last.usage_metadata is not None
    assert last.usage_metadata.total_token_count == 4
    assert len({chunk.response_id for chunk in chunks}) == 1


@AIOHTTP
async def test_the_asynchronous_client(serve: Serve, far: Any) -> None:
    client = far(serve({"text": "Hello there, friend."}))
    assert (await client.models.generate_content(model="nano", contents="hi")).text == "Hello there, friend."
    stream = await client.models.generate_content_stream(model="nano", contents="hi")
    assert "".join([chunk.text or "" async for chunk in stream]) == "Hello there, friend."


def test_the_two_forms_of_a_stream(serve: Serve) -> None:
    server = serve({"text": "a b"})
    path = "/v1beta/models/nano:streamGenerateContent"
    events = request(server, "POST", f"{path}?alt=sse", HI)
    array = request(server, "POST", path, HI)
    assert events.headers["content-type"].startswith("text/event-stream")
    assert array.headers["content-type"] == "application/json"
    from_events, from_array = [data for _, data in sse(events.body)], array.json
    for chunk in (*from_events, *from_array):
        assert chunk.pop("responseId").startswith("resp_")
    assert from_events == from_array
    assert ["usageMetadata" in chunk for chunk in from_array] == [False, False, True]
    assert [chunk["candidates"][0]["content"]["parts"] for chunk in from_array] == [
        [{"text": "a "}],
        [{"text": "b"}],
        [],
    ]


def test_function_calls_and_their_results_over_two_turns(serve: Serve, gemini: Gemini) -> None:
    client = gemini(serve(*CALL_SCRIPT))
    ask = Content(role="user", parts=[Part(text="the weather?")])
    answer = client.models.generate_content(model="nano", contents=[ask], config=TOOLS)
    calls = answer.function_calls or []
    assert [call.args for call in calls] == [{"city": "Oslo"}, {"city": "Rome"}]
    assert len({call.id for call in calls}) == 2
    assert answer.candidates is not None
    assert answer.candidates[0].finish_reason == FinishReason.STOP
    said = answer.candidates[0].content
    assert said is not None
    results = [Part.from_function_response(name="get_weather", response={"output": "fine"}) for _ in calls]
    turns = [ask, said, Content(role="user", parts=results)]
    again = client.models.generate_content(model="nano", contents=turns, config=TOOLS)
    assert again.text == "Cold in Oslo, warm in Rome."


def test_streamed_function_calls(serve: Serve, gemini: Gemini) -> None:
    stream = gemini(serve(*CALL_SCRIPT)).models.generate_content_stream(
        model="nano", contents="the weather?", config=TOOLS
    )
    calls = [call for chunk in stream for call in chunk.function_calls or []]
    assert [(call.name, call.args) for call in calls] == [
        ("get_weather", {"city": "Oslo"}),
        ("get_weather", {"city": "Rome"}),
    ]


def test_the_clients_own_tool_loop(serve: Serve, gemini: Gemini) -> None:
    asked: list[str] = []

    def get_weather(city: str) -> str:
        """The weather in a city."""
        asked.append(city)
        return "fine"

    chat = gemini(serve(*CALL_SCRIPT)).chats.create(
        model="nano", config=GenerateContentConfig(tools=[get_weather], system_instruction="Be kind.")
    )
    assert chat.send_message("the weather?").text == "Cold in Oslo, warm in Rome."
    assert asked == ["Oslo", "Rome"]
    assert chat.send_message("hello").text == "Hello there, friend."


def test_structured_output_parses(serve: Serve, gemini: Gemini) -> None:
    class Step(BaseModel):
        name: str
        minutes: int | None

    client = gemini(serve({"text": '{"name": "boil", "minutes": 3}'}))
    for schema in ({"response_schema": Step}, {"response_json_schema": Step.model_json_schema()}):
        config = GenerateContentConfig(response_mime_type="application/json", **schema)
        answer = client.models.generate_content(model="nano", contents="hi", config=config)
        assert answer.text == '{"name": "boil", "minutes": 3}'
        assert answer.parsed == (Step(name="boil", minutes=3) if "response_schema" in schema else answer.parsed)


def test_what_breaks_a_schema_never_leaves_as_a_success(serve: Serve, gemini: Gemini) -> None:
    config = GenerateContentConfig(
        response_mime_type="application/json", response_json_schema={"type": "object", "required": ["a"]}
    )
    with pytest.raises(ServerError) as caught:
        gemini(serve({"text": '{"b": 1}'})).models.generate_content(model="nano", contents="hi", config=config)
    assert (caught.value.code, caught.value.status) == (502, "UNAVAILABLE")
    client = gemini(serve({"calls": [{"name": "get_weather", "arguments": {}}]}))
    held = GenerateContentConfig(tools=TOOLS.tools, tool_config=ANY)
    with pytest.raises(ServerError, match="get_weather"):
        client.models.generate_content(model="nano", contents="hi", config=held)
    assert client.models.generate_content(model="nano", contents="hi", config=TOOLS).function_calls


def test_thoughts_are_shown_when_they_are_asked_for(serve: Serve, gemini: Gemini) -> None:
    backend = StagedBackend(
        Started("m"),
        ReasoningDelta(0, "Hm."),
        ItemDone(0, Reasoning("Hm.", encrypted="c2ln")),
        ItemDone(1, Message("assistant", (TextPart("ok"),))),
        Finished("stop", Usage(3, 1, 5, 2)),
    )
    client = gemini(serve(backend=backend))
    config = GenerateContentConfig(thinking_config=ThinkingConfig(include_thoughts=True, thinking_budget=1024))
    whole = client.models.generate_content(model="nano", contents="hi", config=config)
    assert [(part.text, part.thought) for part in parts_of(whole)] == [("Hm.", True), ("ok", None)]
    assert parts_of(whole)[1].thought_signature == b"sig"
    assert whole.usage_metadata is not None
    assert (whole.usage_metadata.thoughts_token_count, whole.usage_metadata.candidates_token_count) == (2, 3)
    assert backend.requests[-1].reasoning_effort == "low"
    assert [part.text for part in parts_of(client.models.generate_content(model="nano", contents="hi"))] == ["ok"]
    assert whole.candidates is not None
    assert whole.candidates[0].content is not None
    turns: Any = [Content(role="user", parts=[Part(text="hi")]), whole.candidates[0].content, *HI["contents"]]
    client.models.generate_content(model="nano", contents=turns)
    assert backend.requests[-1].items[1:-1] == (
        Reasoning("Hm."),
        Reasoning(encrypted="c2ln"),
        Message("assistant", (TextPart("ok"),)),
    )


def test_several_candidates_and_log_probabilities(serve: Serve, gemini: Gemini) -> None:
    tokens = (TokenLogprob("one ", -0.5), TokenLogprob("two", -0.25))
    backend = StagedBackend(*saying("one ", "two", logprobs=tokens))
    client = gemini(serve(backend=backend))
    config = GenerateContentConfig(candidate_count=2, seed=40, response_logprobs=True, logprobs=1)
    whole = client.models.generate_content(model="nano", contents="hi", config=config)
    assert whole.candidates is not None
    assert [candidate.avg_logprobs for candidate in whole.candidates] == [-0.375, -0.375]
    assert sorted(asked.sampling.seed or 0 for asked in backend.requests) == [40, 41]
    assert whole.usage_metadata is not None
    assert (whole.usage_metadata.prompt_token_count, whole.usage_metadata.candidates_token_count) == (11, 4)
    texts = {0: "", 1: ""}
    for chunk in client.models.generate_content_stream(model="nano", contents="hi", config=config):
        for candidate in chunk.candidates or []:
            for part in (candidate.content.parts if candidate.content else None) or []:
                texts[candidate.index or 0] += part.text or ""
    assert texts == {0: "one two", 1: "one two"}
    assert chunk.usage_metadata is not None
    assert chunk.usage_metadata.candidates_token_count == 4


def test_images_and_results_reach_the_model(serve: Serve, gemini: Gemini) -> None:
    backend = StagedBackend(*saying("ok"))
    gemini(serve(backend=backend)).models.generate_content(
        model="nano",
        contents=[
            Content(role="user", parts=[Part.from_bytes(data=b"\xff\xef\xfe", mime_type="image/png")]),
            Content(role="model", parts=[Part.from_function_call(name="get_weather", args={"city": "Oslo"})]),
            Content(role="user", parts=[Part.from_function_response(name="get_weather", response={"result": 4})]),
        ],
        config=TOOLS,
    )
    assert backend.requests[0].items == (
        Message("user", (ImagePart("data:image/png;base64,/+/+"),)),
        ToolCall("call_0", "get_weather", '{"city":"Oslo"}'),
        ToolResult("call_0", (TextPart('{"result":4}'),)),
    )


def test_counting_tokens(serve: Serve, gemini: Gemini) -> None:
    client = gemini(serve({"text": "x"}))
    assert client.models.count_tokens(model="nano", contents="one two three").total_tokens == 3
    with pytest.raises(ClientError) as caught:
        client.models.count_tokens(model="gpt-9", contents="x")
    assert (caught.value.code, caught.value.status) == (404, "NOT_FOUND")


@pytest.mark.parametrize("version", ["v1", "v1beta"])
def test_models_as_the_client_lists_them(serve: Serve, gemini: Gemini, version: str) -> None:
    client = gemini(serve({"text": "x"}), api_version=version)
    assert [model.name for model in client.models.list(config={"page_size": 1})] == [
        "models/nano",
        "models/gpt-4.1-nano",
    ]
    model = client.models.get(model="nano")
    assert (model.name, model.version) == ("models/nano", "script-1")
    assert "generateContent" in (model.supported_actions or [])
    with pytest.raises(ClientError) as caught:
        client.models.get(model="gpt-9")
    assert caught.value.status == "NOT_FOUND"


@pytest.mark.parametrize(
    ("name", "tier"),
    [("gemini-2.5-pro", "full"), ("gemini-3-flash-preview", "mini"), ("gemini-2.5-flash-lite", "nano")],
)
def test_geminis_names_lead_to_tiers(tmp_path: Path, name: str, tier: str) -> None:
    tiers = {rank: Tier(rank, scripted_backend(tmp_path, {"text": "x"})) for rank in ("full", "mini", "nano")}
    server = Server(Service(tiers, LocalStore(tmp_path / "state" / "t.db", retention_days=1, max_responses=9)))
    try:
        reply = request(server, "POST", f"/v1beta/models/{name}:generateContent", HI)
        assert (reply.status, reply.headers["tercet-tier"]) == (200, tier)
    finally:
        server.stop()


def test_keys_are_read_where_the_client_puts_them(serve: Serve, gemini: Gemini) -> None:
    server = serve({"text": "x"}, api_keys=["sesame"])
    path = "/v1beta/models/nano:generateContent"
    assert gemini(server, "sesame").models.generate_content(model="nano", contents="hi").text == "x"
    assert request(server, "POST", f"{path}?key=sesame", HI).status == 200
    with pytest.raises(ClientError) as caught:
        gemini(server, "wrong").models.generate_content(model="nano", contents="hi")
    assert (caught.value.code, caught.value.status) == (401, "UNAUTHENTICATED")
    for query in ("", "?key=", "?key=wrong", "?key=%E2%82%AC"):
        reply = request(server, "POST", path + query, HI)
        assert (reply.status, reply.json["error"]["status"]) == (401, "UNAUTHENTICATED")


def test_overload_and_failure(serve: Serve, gemini: Gemini) -> None:
    client = gemini(serve(backend=StagedBackend(Overloaded("all slots are taken", retry_after_s=2.5))))
    with pytest.raises(ServerError, match="all slots") as caught:
        client.models.generate_content(model="nano", contents="hi")
    assert (caught.value.code, caught.value.status) == (503, "UNAVAILABLE")
    with pytest.raises(ServerError, match="all slots"):
        list(client.models.generate_content_stream(model="nano", contents="hi"))


def test_an_error_in_mid_stream_ends_the_stream_with_it(serve: Serve, gemini: Gemini) -> None:
    server = serve(backend=StagedBackend(Started("m"), TextDelta(0, "half an "), BackendFailed("the upstream hung up")))
    array = request(server, "POST", "/v1beta/models/nano:streamGenerateContent", HI)
    assert array.status == 200
    assert array.json[-1]["error"]["status"] == "UNAVAILABLE"
    texts: list[str] = []
    stream = gemini(server).models.generate_content_stream(model="nano", contents="hi")
    with pytest.raises(ServerError, match="hung up"):
        texts += (chunk.text or "" for chunk in stream)
    assert texts == ["half an "]
    assert b'{door="gemini",tier="nano",status="502"} 2' in request(server, "GET", "/metrics").body


@AIOHTTP
async def test_hanging_up_stops_the_model(serve: Serve, far: Any) -> None:
    backend = StagedBackend(Started("m"), TextDelta(0, "half an "), 60.0)
    client = far(serve(backend=backend))
    stream = await client.models.generate_content_stream(model="nano", contents="hi")
    assert json.loads((await anext(stream)).model_dump_json())["candidates"][0]["content"]["parts"][0]["text"]
    assert backend.num_running == 1
    await client.aclose()
    await until_idle(backend)
    assert backend.was_cut_off.is_set()
