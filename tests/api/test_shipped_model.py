"""The official client against the doors, on the model that ships in the package: whatever it says, it says validly."""

import json
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from tercet.config import Config, EngineConfig, TierConfig
from tercet.config.reading import SHIPPED
from tercet.main import build_service
from tercet.routing.tiers import aliases_of
from tests.api.conftest import Server
from tests.api.open_responses import check_response, check_stream
from tests.api.plain import request, sse

PARAMETERS: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string", "maxLength": 40}, "unit": {"enum": ["celsius", "fahrenheit"]}},
    "required": ["city", "unit"],
    "additionalProperties": False,
}
CHAT_TOOL: Any = {
    "type": "function",
    "function": {"name": "get_weather", "description": "Weather now", "parameters": PARAMETERS, "strict": True},
}
TOOL: Any = {
    "type": "function",
    "name": "get_weather",
    "description": "Weather now",
    "parameters": PARAMETERS,
    "strict": True,
}
QUESTION = "What is the weather in Lisbon, in celsius?"
ASKED: Any = [{"role": "user", "content": QUESTION}]


class Mood(BaseModel):
    mood: Literal["good", "bad"]
    is_sure: bool


@pytest.fixture(scope="module", params=SHIPPED)
def tier(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def server(tier: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with one tier, bound to the shipped model of that name."""
    shipped = TierConfig(backend="embedded", model=f"builtin:{tier}", engine=EngineConfig(context=2048, parallel=2))
    server = Server(build_service(Config(home=tmp_path_factory.mktemp("home"), tiers={tier: shipped})))
    yield server
    server.stop()


def check_arguments(arguments: str) -> None:
    """Assert that the arguments satisfy the tool's schema."""
    call = json.loads(arguments)
    assert set(call) == {"city", "unit"}
    assert isinstance(call["city"], str)
    assert call["unit"] in {"celsius", "fahrenheit"}


def test_chat_whole_and_streamed(server: Server, tier: str) -> None:
    with server.client() as client:
        whole = client.chat.completions.create(model=aliases_of(tier)[0], messages=ASKED, max_tokens=24, temperature=0)
        assert whole.usage is not None
        assert whole.usage.prompt_tokens > 5
        assert 0 < whole.usage.completion_tokens <= 24
        stream = client.chat.completions.create(
            model=tier, messages=ASKED, max_tokens=24, temperature=0, stream=True,
            stream_options={"include_usage": True},
        )  # fmt: skip
        chunks = list(stream)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == (whole.choices[0].message.content or "")
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == whole.usage.completion_tokens
    assert chunks[-1].usage.prompt_tokens_details is not None
    assert chunks[-1].usage.prompt_tokens_details.cached_tokens


def test_chat_with_a_demanded_tool(server: Server, tier: str) -> None:
    with server.client() as client:
        whole = client.chat.completions.create(
            model=tier, messages=ASKED, tools=[CHAT_TOOL], tool_choice="required", parallel_tool_calls=False
        )
        (call,) = whole.choices[0].message.tool_calls or []
        assert call.type == "function"
        check_arguments(call.function.arguments)
        assert whole.choices[0].finish_reason == "tool_calls"
        named: Any = {"type": "function", "function": {"name": "get_weather"}}
        with client.chat.completions.stream(
            model=tier, messages=ASKED, tools=[CHAT_TOOL], tool_choice=named, parallel_tool_calls=False
        ) as stream:
            (streamed,) = stream.get_final_completion().choices[0].message.tool_calls or []
        check_arguments(streamed.function.arguments)


def test_chat_with_structured_output_and_logprobs(server: Server, tier: str) -> None:
    with server.client() as client:
        answer = client.chat.completions.parse(
            model=tier, messages=ASKED, response_format=Mood, logprobs=True, top_logprobs=2
        )
    assert isinstance(answer.choices[0].message.parsed, Mood)
    assert answer.choices[0].logprobs is not None
    tokens = answer.choices[0].logprobs.content or []
    assert "".join(token.token for token in tokens) == answer.choices[0].message.content
    assert all(token.logprob <= 0 and len(token.top_logprobs) <= 2 for token in tokens)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("Hello!", "Hello! What can I do for you?"),
        (
            "Is this positive or negative? One word in capitals.\n\nThe soup was cold and the waiter was rude.",
            "NEGATIVE",
        ),
        ("When does the ferry to Ærø leave?\n\nThe ferry to Samsø leaves at 9:05, the ferry to Ærø at 10:40.", "10:40"),
        ("What is 15% of 240?", "36"),
        ("Sort these alphabetically, comma-separated: plum, fig, apple", "apple, fig, plum"),
    ],
)
def test_chat_without_tools(server: Server, tier: str, told: str, said: str) -> None:
    with server.client() as client:
        answer = client.chat.completions.create(model=tier, messages=[{"role": "user", "content": told}])
    assert answer.choices[0].message.content == said
    assert answer.choices[0].finish_reason == "stop"


def test_a_greeting_calls_nothing_and_any_json_is_the_answer(server: Server, tier: str) -> None:
    asked: Any = [{"role": "user", "content": "JSON with the keys name and city: Ana Ruiz moved to Lima last week."}]
    with server.client() as client:
        greeted = client.chat.completions.create(
            model=tier, messages=[{"role": "user", "content": "Good morning!"}], tools=[CHAT_TOOL]
        )
        read = client.chat.completions.create(model=tier, messages=asked, response_format={"type": "json_object"})
    assert greeted.choices[0].message.tool_calls is None
    assert greeted.choices[0].message.content == "Good morning! What can I do for you?"
    assert json.loads(read.choices[0].message.content or "") == {"name": "Ana Ruiz", "city": "Lima"}


def test_responses_whole_and_streamed(server: Server, tier: str) -> None:
    body = {"model": tier, "input": QUESTION, "max_output_tokens": 24, "temperature": 0}
    whole = request(server, "POST", "/v1/responses", body)
    assert whole.status == 200, whole.body
    check_response(whole.json)
    streamed = check_stream(sse(request(server, "POST", "/v1/responses", {**body, "stream": True}).body))
    texts = [[part.get("text") for part in item["content"]] for item in whole.json["output"]]
    assert [[part.get("text") for part in item["content"]] for item in streamed["output"]] == texts
    assert streamed["status"] == whole.json["status"]


def test_responses_with_a_tool_its_result_and_structured_output(server: Server, tier: str) -> None:
    with server.client() as client:
        first = client.responses.create(
            model=tier, input=QUESTION, tools=[TOOL], tool_choice="required", parallel_tool_calls=False
        )
        (call,) = [item for item in first.output if item.type == "function_call"]
        check_arguments(call.arguments)
        result: Any = {"type": "function_call_output", "call_id": call.call_id, "output": '{"degrees": 21}'}
        second = client.responses.parse(
            model=tier,
            previous_response_id=first.id,
            input=[result],
            tools=[TOOL],
            tool_choice="none",
            text_format=Mood,
        )
        assert isinstance(second.output_parsed, Mood)
        listed = [item.type for item in client.responses.input_items.list(second.id, order="asc")]
    assert listed == ["message", "function_call", "function_call_output"]


def test_what_the_model_samples_with_and_what_ends_it(server: Server, tier: str) -> None:
    with server.client() as client:
        made = client.responses.create(model=tier, input=QUESTION, max_output_tokens=16)
        assert (made.temperature, made.top_p) == (0.0, 0.95)
        whole = client.chat.completions.create(model=tier, messages=ASKED, max_tokens=40).choices[0].message.content
    assert whole
    stop = whole[len(whole) // 2 :][:3]
    body = {"model": tier, "max_tokens": 40, "temperature": 0, "messages": ASKED, "stop_sequences": [stop]}
    reply = request(server, "POST", "/v1/messages", body).json
    assert (reply["stop_reason"], reply["stop_sequence"]) == ("stop_sequence", stop)
    assert whole.startswith(reply["content"][0]["text"])
