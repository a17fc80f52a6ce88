"""`litellm` as a client: Chat Completions, Responses and Anthropic's door, whole, streamed and with tools."""

import json
import os
from typing import Any

import pytest

from tests.api.conftest import Serve

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # otherwise importing it asks the network for prices
import litellm

pytestmark = pytest.mark.filterwarnings("ignore")
"""What the client says of its own dependencies."""
SCRIPT: tuple[dict[str, Any], ...] = (
    {"when": "weather", "turn": 0, "calls": [{"name": "get_weather", "arguments": {"city": "Rome"}}]},
    {"when": "sunny", "text": "It is sunny in Rome."},
    {"text": "Hello there, friend."},
)
HI = [{"role": "user", "content": "hi"}]
WEATHER: list[dict[str, Any]] = [{"role": "user", "content": "the weather?"}]
PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
BIASED = {"extra_body": {"logit_bias": {"word": 1}}}
TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": PARAMETERS, "strict": True}}


@pytest.fixture(params=["openai", "anthropic"])
def target(request: pytest.FixtureRequest, serve: Serve) -> dict[str, Any]:
    """Our Chat Completions, and our Messages API."""
    server = serve(*SCRIPT)
    if request.param == "anthropic":
        return {"model": "anthropic/nano", "api_base": server.url, "api_key": "none", "num_retries": 0}
    return {"model": "openai/nano", "api_base": f"{server.url}/v1", "api_key": "none", "num_retries": 0}


def test_a_whole_answer(target: dict[str, Any]) -> None:
    answer = litellm.completion(messages=HI, **target)
    assert answer.choices[0].message.content == "Hello there, friend."
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens == 4


def test_a_stream(target: dict[str, Any]) -> None:
    chunks = list(litellm.completion(messages=HI, stream=True, **target))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "Hello there, friend."
    assert chunks[-1].choices[0].finish_reason == "stop"


async def test_the_asynchronous_client(target: dict[str, Any]) -> None:
    stream = await litellm.acompletion(messages=HI, stream=True, **target)
    pieces = [chunk.choices[0].delta.content or "" async for chunk in stream]
    assert "".join(pieces) == "Hello there, friend."


@pytest.mark.parametrize("is_streamed", [False, True])
def test_a_tool_and_its_result(target: dict[str, Any], is_streamed: bool) -> None:
    answer = litellm.completion(messages=WEATHER, tools=[TOOL], stream=is_streamed, **target)
    if is_streamed:
        answer = litellm.stream_chunk_builder(list(answer), messages=WEATHER)
    (choice,) = answer.choices
    (call,) = choice.message.tool_calls
    assert (choice.finish_reason, call.function.name) == ("tool_calls", "get_weather")
    assert json.loads(call.function.arguments) == {"city": "Rome"}
    result = {"role": "tool", "tool_call_id": call.id, "content": "sunny"}
    said = {"role": "assistant", "content": None, "tool_calls": [call.model_dump()]}
    again = litellm.completion(messages=[*WEATHER, said, result], tools=[TOOL], **target)
    assert again.choices[0].message.content == "It is sunny in Rome."


def test_an_error_is_the_clients_own(target: dict[str, Any]) -> None:
    with pytest.raises(litellm.exceptions.BadRequestError, match=r"logit_bias|top_k"):
        litellm.completion(messages=HI, **target, **({"top_k": 3} if "anthropic" in target["model"] else BIASED))


def test_responses(serve: Serve) -> None:
    server = serve(*SCRIPT)
    target = {"model": "openai/nano", "api_base": f"{server.url}/v1", "api_key": "none"}
    whole = litellm.responses(input="hi", **target)
    assert whole.output[0].content[0].text == "Hello there, friend."
    events = list(litellm.responses(input="hi", stream=True, **target))
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert "".join(deltas) == "Hello there, friend."
    called = litellm.responses(
        input="the weather?", tools=[{"type": "function", "name": "get_weather", "parameters": PARAMETERS}], **target
    )
    assert json.loads(called.output[0].arguments) == {"city": "Rome"}
