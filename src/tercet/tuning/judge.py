"""How a model does on held-back examples as it is served: constrained decoding, greedy, calls compared by value."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from tercet.backends.embedded.backend import EmbeddedBackend
from tercet.engine.settings import EngineSettings
from tercet.events import Output, fold
from tercet.items import ModelRequest, Sampling, ToolCall
from tercet.tuning.examples import Example

MAX_OUTPUT_TOKENS = 512


class Skill(msgspec.Struct, frozen=True):
    """Numbers of examples: of all, with exactly the right calls, with the right tools whatever their arguments."""

    n: int
    right: int
    tools_right: int


async def judge(model: Path, adapter: Path | None, examples: Sequence[Example]) -> Skill:
    """Serve `model`, with `adapter` if there is one, and count. A text is right where a text is wanted."""
    settings = EngineSettings(loras=(str(adapter),) if adapter else (), parallel=1)
    backend = EmbeddedBackend("embedded", model, model.stem, settings)
    right = tools_right = 0
    try:
        await backend.start()
        for example in examples:
            made = _calls(await fold(backend.generate(_request(example))))
            wanted = [_value(call) for call in example.calls]
            right += made == wanted
            tools_right += [name for name, _ in made] == [name for name, _ in wanted]
    finally:
        await backend.close()
    return Skill(len(examples), right, tools_right)


def _request(example: Example) -> ModelRequest:
    sampling = Sampling(temperature=0.0, max_output_tokens=MAX_OUTPUT_TOKENS)
    return ModelRequest(example.before, example.tools, sampling=sampling)


def _calls(output: Output) -> list[tuple[str, object]]:
    return [_value(item) for item in output.items if isinstance(item, ToolCall)]


def _value(call: ToolCall) -> tuple[str, object]:
    try:
        return call.name, msgspec.json.decode(call.arguments)
    except msgspec.DecodeError:
        return call.name, call.arguments
