"""The embedded backend on models with random weights: what is well-formed here is so by construction, not by luck."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tercet.backends.base import Health
from tercet.backends.embedded.backend import EmbeddedBackend
from tercet.engine.settings import EngineSettings
from tercet.errors import ContextTooLong, InvalidRequest, ModelUnusable, Unsupported
from tercet.events import (
    CallDelta,
    CallStarted,
    Event,
    Finished,
    ItemDone,
    Output,
    ReasoningDelta,
    Started,
    TextDelta,
    fold,
)
from tercet.items import (
    FilePart,
    ImagePart,
    Item,
    Message,
    ModelRequest,
    OutputFormat,
    Reasoning,
    Sampling,
    TextPart,
    ToolCall,
    ToolChoice,
    ToolDefinition,
    ToolResult,
)
from tercet.schema import violation
from tests.engine.tiny_gguf import write_family

pytestmark = pytest.mark.asyncio(loop_scope="module")

FAMILIES = ("tercet", "hermes", "mistral", "llama3", "plain")
WEATHER = ToolDefinition(
    "get_weather",
    "Tell the weather.",
    {
        "type": "object",
        "properties": {"city": {"type": "string", "maxLength": 12}, "unit": {"enum": ["°C", "°F"]}},
        "required": ["city"],
    },
)
CLOCK = ToolDefinition("now", "Tell the time.")
TOOLS = (WEATHER, CLOCK)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def backends(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, EmbeddedBackend]]:
    """A running backend per family."""
    folder = tmp_path_factory.mktemp("families")
    settings = EngineSettings(parallel=4)
    made = {
        family: EmbeddedBackend("embedded", write_family(folder, family), family, settings)
        for family in (*FAMILIES, "thinking")
    }
    await asyncio.gather(*(backend.start() for backend in made.values()))
    yield made
    await asyncio.gather(*(backend.close() for backend in made.values()))


@pytest.fixture
def tercet(backends: dict[str, EmbeddedBackend]) -> EmbeddedBackend:
    """A backend over a model of our own family."""
    return backends["tercet"]


def user(text: str) -> Message:
    return Message("user", (TextPart(text),))


def ask(*items: Item, seed: int = 1, max_tokens: int = 400, **fields: Any) -> ModelRequest:
    """Return a request that draws at random, so that seeds matter."""
    sampling = fields.pop("sampling", Sampling(temperature=2.0, seed=seed, max_output_tokens=max_tokens))
    return ModelRequest(items=items or (user("hello"),), sampling=sampling, **fields)


def schema_of(name: str) -> dict[str, Any]:
    parameters = next(tool.parameters for tool in TOOLS if tool.name == name)
    return parameters or {"type": "object", "maxProperties": 0}


async def calls_of(backend: EmbeddedBackend, request: ModelRequest) -> list[ToolCall]:
    """Return the calls of an answer that consists of nothing else, each checked."""
    output = await fold(backend.generate(request))
    assert output.reason == "stop"
    calls = [item for item in output.items if isinstance(item, ToolCall)]
    assert len(calls) == len(output.items)
    for call in calls:
        assert violation(schema_of(call.name), call.arguments) is None, call
    return calls


@pytest.mark.parametrize("family", FAMILIES)
async def test_required_calls_are_calls_and_valid(backends: dict[str, EmbeddedBackend], family: str) -> None:
    requests = [
        ask(seed=seed, tools=TOOLS, tool_choice=ToolChoice("required"), parallel_tool_calls=False) for seed in range(12)
    ]
    answers = await asyncio.gather(*(calls_of(backends[family], request) for request in requests))
    assert all(len(calls) == 1 for calls in answers)


async def test_several_calls_in_one_answer(tercet: EmbeddedBackend) -> None:
    both = user("Get the weather in Rome. Then tell me the time now.")
    requests = [ask(both, seed=seed, tools=TOOLS, tool_choice=ToolChoice("required")) for seed in range(8)]
    answers = await asyncio.gather(*(calls_of(tercet, request) for request in requests))
    assert max(len(calls) for calls in answers) > 1
    ids = [call.call_id for calls in answers for call in calls]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("family", ["mistral", "hermes"])
async def test_several_wrapped_calls_are_read_apart(backends: dict[str, EmbeddedBackend], family: str) -> None:
    requests = [ask(seed=s, max_tokens=1500, tools=(CLOCK,), tool_choice=ToolChoice("required")) for s in range(12)]
    answers = await asyncio.gather(*(calls_of(backends[family], request) for request in requests))
    assert {call.arguments for calls in answers for call in calls} == {"{}"}
    if family == "mistral":
        assert max(map(len, answers)) > 1


@pytest.mark.parametrize("family", FAMILIES)
async def test_a_named_tool_is_the_one_called(backends: dict[str, EmbeddedBackend], family: str) -> None:
    for seed in range(4):
        choice = ToolChoice("required", ("now",))
        calls = await calls_of(
            backends[family], ask(seed=seed, tools=TOOLS, tool_choice=choice, parallel_tool_calls=False)
        )
        assert [call.name for call in calls] == ["now"]


@pytest.mark.parametrize("family", FAMILIES)
async def test_auto_allows_text_and_calls(backends: dict[str, EmbeddedBackend], family: str) -> None:
    """Bias towards the mark of a call, or against it, decides; both are within the grammar."""
    backend = backends[family]
    plain = await fold(backend.generate(ask(tools=TOOLS, max_tokens=20)))
    assert isinstance(plain.items[0], Message)
    mark = {"tercet": "<|tool|>", "mistral": "[TOOL_CALLS]"}.get(family)
    if mark is None:
        return
    token = backend.engine.facts.special(mark)
    assert token is not None
    biased = Sampling(temperature=1.0, seed=3, max_output_tokens=400, logit_bias={str(token.id): 50.0})
    asked = ask(user("Tell the time"), tools=(CLOCK,), sampling=biased, parallel_tool_calls=False)
    output = await fold(backend.generate(asked))
    assert isinstance(output.items[-1], ToolCall)


async def test_no_calls_when_none_are_wanted(tercet: EmbeddedBackend) -> None:
    token = tercet.engine.facts.special("<|tool|>")
    assert token is not None
    biased = Sampling(temperature=1.0, seed=3, max_output_tokens=10, logit_bias={str(token.id): 50.0})
    output = await fold(tercet.generate(ask(tools=TOOLS, tool_choice=ToolChoice("none"), sampling=biased)))
    assert [type(item) for item in output.items] == [Message]


async def test_events_come_in_order_and_agree_with_their_items(tercet: EmbeddedBackend) -> None:
    events = [event async for event in tercet.generate(ask(tools=TOOLS, tool_choice=ToolChoice("required"), seed=5))]
    assert events[0] == Started("tercet")
    assert isinstance(events[-1], Finished)
    open_call: CallStarted | None = None
    arguments, index = "", 0
    for event in events[1:-1]:
        match event:
            case CallStarted():
                assert open_call is None
                assert event.index == index
                open_call, arguments = event, ""
            case CallDelta():
                assert open_call is not None
                arguments += event.arguments
            case ItemDone(item=ToolCall() as call):
                assert open_call is not None
                assert (call.call_id, call.name, call.arguments) == (open_call.call_id, open_call.name, arguments)
                open_call, index = None, index + 1
            case _:
                raise AssertionError(f"unexpected {event}")


async def test_text_arrives_as_it_is_generated(tercet: EmbeddedBackend) -> None:
    events: list[Event] = [event async for event in tercet.generate(ask(max_tokens=300))]
    deltas = [event for event in events if isinstance(event, TextDelta)]
    assert len(deltas) > 1
    done = next(event for event in events if isinstance(event, ItemDone))
    assert isinstance(done.item, Message)
    assert done.item.text == "".join(delta.text for delta in deltas)


async def test_usage_tells_cached_tokens(tercet: EmbeddedBackend) -> None:
    request = ask(user("what was said before " * 30))
    first = await fold(tercet.generate(request))
    second = await fold(tercet.generate(request))
    assert first.usage.input_tokens == await tercet.count_tokens(request)
    assert first.usage.cached_tokens < 50
    assert second.usage.cached_tokens >= first.usage.input_tokens - 4


async def test_reasoning_is_kept_apart(backends: dict[str, EmbeddedBackend]) -> None:
    backend = backends["thinking"]
    seen: set[type] = set()
    for seed in range(12):
        events = [event async for event in backend.generate(ask(seed=seed, max_tokens=300))]
        output = await _folded(events)
        thoughts = "".join(event.text for event in events if isinstance(event, ReasoningDelta))
        first = output.items[0]
        assert isinstance(first, Reasoning)
        assert first.text == thoughts
        assert output.usage.reasoning_tokens > 0
        seen |= {type(item) for item in output.items}
    assert seen == {Reasoning, Message}


async def test_reasoning_can_be_left_out(backends: dict[str, EmbeddedBackend]) -> None:
    output = await fold(backends["thinking"].generate(ask(reasoning_effort="none", max_tokens=10)))
    assert [type(item) for item in output.items] == [Message]


async def test_log_probabilities_belong_to_the_text(tercet: EmbeddedBackend) -> None:
    output = await fold(tercet.generate(ask(sampling=Sampling(seed=4, max_output_tokens=12, top_logprobs=2))))
    message = output.items[0]
    assert isinstance(message, Message)
    assert "".join(entry.token for entry in output.logprobs) == message.text
    assert all(len(entry.top) == 2 and entry.logprob <= 0 for entry in output.logprobs)


async def test_a_window_too_small_is_said_before_the_first_event(tercet: EmbeddedBackend) -> None:
    stream = tercet.generate(ask(user("x" * 4000)))
    with pytest.raises(ContextTooLong, match=r"window is 2,048"):
        await anext(stream)


@pytest.mark.parametrize("part", [ImagePart("https://example.org/a.png"), FilePart("data:,x")])
async def test_images_and_files_are_refused(tercet: EmbeddedBackend, part: ImagePart | FilePart) -> None:
    with pytest.raises(Unsupported, match="do not read") as caught:
        await fold(tercet.generate(ask(Message("user", (part,)))))
    assert caught.value.param in ("image", "file")


async def test_effort_is_refused_by_a_model_that_does_not_think(tercet: EmbeddedBackend) -> None:
    with pytest.raises(Unsupported, match="does not think") as caught:
        await fold(tercet.generate(ask(reasoning_effort="high")))
    assert caught.value.param == "reasoning_effort"
    await fold(tercet.generate(ask(reasoning_effort="none")))


async def test_a_template_may_refuse_a_conversation(backends: dict[str, EmbeddedBackend]) -> None:
    with pytest.raises(InvalidRequest, match="only user, assistant and tool messages"):
        await fold(backends["mistral"].generate(ask(Message("system", (TextPart("be kind"),)), user("hi"))))


@pytest.mark.parametrize("family", FAMILIES)
async def test_a_conversation_with_calls_and_results_goes_on(backends: dict[str, EmbeddedBackend], family: str) -> None:
    items = (
        user("weather in Oslo and the time?"),
        ToolCall("c1", "get_weather", '{"city":"Oslo"}'),
        ToolCall("c2", "now", "{}"),
        ToolResult("c2", (TextPart("12:00"),)),
        ToolResult("c1", (TextPart("rain"),)),
    )
    output = await fold(backends[family].generate(ask(*items, tools=TOOLS, max_tokens=5)))
    assert output.usage.input_tokens > 20


async def test_capabilities_and_health(tercet: EmbeddedBackend, tmp_path: Path) -> None:
    capabilities = await tercet.capabilities()
    assert capabilities.context_window == 2048
    assert capabilities.can_constrain
    assert capabilities.has_logprobs
    assert not capabilities.has_images
    assert (await tercet.health()).is_ready
    absent = EmbeddedBackend("embedded", tmp_path / "absent.gguf", "absent")
    with pytest.raises(ModelUnusable):
        await absent.start()
    health = await absent.health()
    assert not health.is_ready
    assert "absent.gguf" in health.detail
    await absent.close()


async def test_a_backend_starts_with_its_first_request(tmp_path: Path) -> None:
    backend = EmbeddedBackend("embedded", write_family(tmp_path, "tercet"), "lazy")
    assert await backend.health() == Health(is_ready=True, detail="starts with the first request")
    try:
        output = await fold(backend.generate(ask(max_tokens=2)))
        assert output.model == "lazy"
        assert await backend.health() == Health(is_ready=True)
    finally:
        await backend.close()


async def test_a_model_loaded_for_embeddings_embeds(tmp_path: Path, tercet: EmbeddedBackend) -> None:
    backend = EmbeddedBackend("embedded", write_family(tmp_path, "bare"), "bare", EngineSettings(embedding=True))
    try:
        assert (await backend.capabilities()).can_embed
        assert len(await backend.embed(["a", "b"])) == 2
        with pytest.raises(Unsupported, match="does not generate"):
            await fold(backend.generate(ask()))
    finally:
        await backend.close()
    with pytest.raises(Unsupported, match="not loaded for embeddings"):
        await tercet.embed(["a"])


async def test_a_bias_must_name_tokens_by_id(tercet: EmbeddedBackend) -> None:
    with pytest.raises(InvalidRequest, match="'hello'"):
        await fold(tercet.generate(ask(sampling=Sampling(logit_bias={"hello": 1.0}))))


async def test_a_model_without_a_template_is_unusable(tmp_path: Path) -> None:
    backend = EmbeddedBackend("embedded", write_family(tmp_path, "bare"), "bare")
    with pytest.raises(ModelUnusable, match="has no chat template"):
        await backend.start()
    await backend.close()


async def test_json_without_a_schema_is_an_object(tercet: EmbeddedBackend) -> None:
    for seed in range(6):
        output = await fold(tercet.generate(ask(seed=seed, max_tokens=1500, output_format=OutputFormat("json_object"))))
        if output.reason == "stop":
            message = output.items[0]
            assert isinstance(message, Message)
            assert isinstance(json.loads(message.text), dict)


async def _folded(events: list[Event]) -> Output:
    async def replay() -> AsyncIterator[Event]:
        for event in events:
            yield event

    return await fold(replay())
