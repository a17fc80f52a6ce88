"""`openai-agents` through Responses and through Chat Completions: tools, streams, handoffs, structured output."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from agents import (
    Agent,
    Model,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    Runner,
    function_tool,
    set_tracing_disabled,
)
from openai import AsyncOpenAI
from openai.types.responses import ResponseTextDeltaEvent
from pydantic import BaseModel

from tests.api.conftest import Serve

SCRIPT: tuple[dict[str, Any], ...] = (
    {"when": "weather", "turn": 0, "calls": [{"name": "get_weather", "arguments": {"city": "Rome"}}]},
    {"when": "^sunny", "text": "It is sunny in Rome."},
    {"when": "en español", "turn": 0, "calls": [{"name": "transfer_to_spanish", "arguments": {}}]},
    {"when": '"assistant": *"Spanish"', "text": "Hola, amigo."},
    {"when": "a city", "text": '{"name": "Rome", "population": 2750000}'},
    {"when": "what did I", "text": "You said hi."},
    {"text": "Hello there, friend."},
)


class City(BaseModel):
    name: str
    population: int


@pytest.fixture(params=[OpenAIResponsesModel, OpenAIChatCompletionsModel])
async def model(request: pytest.FixtureRequest, serve: Serve) -> AsyncIterator[Model]:
    """The model through either API. Traces would go to OpenAI."""
    set_tracing_disabled(True)
    async with AsyncOpenAI(base_url=f"{serve(*SCRIPT).url}/v1", api_key="none", max_retries=0) as client:
        yield request.param(model="nano", openai_client=client)


async def test_a_run_and_its_continuation(model: Model) -> None:
    agent = Agent(name="Kind", instructions="Be kind.", model=model)
    result = await Runner.run(agent, "hi")
    assert result.final_output == "Hello there, friend."
    again = await Runner.run(agent, [*result.to_input_list(), {"role": "user", "content": "what did I say?"}])
    assert again.final_output == "You said hi."


async def test_function_tools(model: Model) -> None:
    asked: list[str] = []

    @function_tool
    def get_weather(city: str) -> str:
        """Say how the weather is."""
        asked.append(city)
        return "sunny"

    result = await Runner.run(Agent(name="Weather", tools=[get_weather], model=model), "the weather?")
    assert (result.final_output, asked) == ("It is sunny in Rome.", ["Rome"])


async def test_a_stream(model: Model) -> None:
    result = Runner.run_streamed(Agent(name="Kind", model=model), "hi")
    deltas = [
        event.data.delta
        async for event in result.stream_events()
        if event.type == "raw_response_event" and isinstance(event.data, ResponseTextDeltaEvent)
    ]
    assert "".join(deltas) == "Hello there, friend." == result.final_output
    assert len(deltas) > 1


async def test_handoffs(model: Model) -> None:
    spanish = Agent(name="Spanish", instructions="Hablas español.", model=model)
    result = await Runner.run(Agent(name="Triage", handoffs=[spanish], model=model), "en español, por favor")
    assert (result.final_output, result.last_agent.name) == ("Hola, amigo.", "Spanish")


async def test_structured_output(model: Model) -> None:
    result = await Runner.run(Agent(name="Cities", output_type=City, model=model), "a city")
    assert result.final_output == City(name="Rome", population=2_750_000)
