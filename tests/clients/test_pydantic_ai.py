"""`pydantic-ai` through Chat Completions and through Responses: tools, streams, typed output."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from openai import AsyncOpenAI
from pydantic import BaseModel
from pydantic_ai import Agent, NativeOutput, ToolOutput
from pydantic_ai.models import Model
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider

from tests.api.conftest import Serve

CITY = '{"name": "Rome", "population": 2750000}'
SCRIPT: tuple[dict[str, Any], ...] = (
    {"when": "weather", "turn": 0, "calls": [{"name": "get_weather", "arguments": {"city": "Rome"}}]},
    {"when": "^sunny", "text": "It is sunny in Rome."},
    {"when": "by tool", "calls": [{"name": "final_result", "arguments": CITY}]},
    {"when": "by schema", "text": CITY},
    {"text": "Hello there, friend."},
)


class City(BaseModel):
    name: str
    population: int


@pytest.fixture(params=[OpenAIChatModel, OpenAIResponsesModel])
async def model(request: pytest.FixtureRequest, serve: Serve) -> AsyncIterator[Model]:
    """The model through either API."""
    async with AsyncOpenAI(base_url=f"{serve(*SCRIPT).url}/v1", api_key="none", max_retries=0) as client:
        yield request.param("nano", provider=OpenAIProvider(openai_client=client))


async def test_a_run(model: Model) -> None:
    result = await Agent(model, instructions="Be kind.").run("hi")
    assert result.output == "Hello there, friend."
    again = await Agent(model).run("and again", message_history=result.all_messages())
    assert again.output == "Hello there, friend."


async def test_a_stream(model: Model) -> None:
    async with Agent(model).run_stream("hi") as result:
        pieces = [piece async for piece in result.stream_text(delta=True, debounce_by=None)]
    assert "".join(pieces) == "Hello there, friend."
    assert len(pieces) > 1


async def test_tools_are_called_and_their_results_read(model: Model) -> None:
    agent = Agent(model)
    asked: list[str] = []

    @agent.tool_plain
    def get_weather(city: str) -> str:
        """Say how the weather is."""
        asked.append(city)
        return "sunny"

    result = await agent.run("the weather?")
    assert (result.output, asked) == ("It is sunny in Rome.", ["Rome"])


@pytest.mark.parametrize("way", ["tool", "schema"])
async def test_typed_output(model: Model, way: str) -> None:
    wanted: Any = ToolOutput(City) if way == "tool" else NativeOutput(City)
    result = await Agent(model, output_type=wanted).run(f"a city, by {way}")
    assert result.output == City(name="Rome", population=2_750_000)
