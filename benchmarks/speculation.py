"""What a draft model gains: the same requests to a larger model alone and with a smaller one that drafts for it.

    python benchmarks/speculation.py [--model mini] [--draft nano] [--rounds 3]

The two engines take turns request by request, so that load by others falls on both. Ratios are medians over the
requests; greedy answers must be the same with and without a draft.
"""

import argparse
import asyncio
import platform
import statistics
import time
from pathlib import Path

import tercet
from tercet.backends.embedded.backend import EmbeddedBackend
from tercet.engine.settings import EngineSettings
from tercet.events import Finished, ItemDone
from tercet.items import JsonSchema, Message, ModelRequest, OutputFormat, Sampling, TextPart, ToolCall, ToolDefinition

FOLDER = Path(tercet.__file__).parent / "models"


def _object(**kinds: str) -> JsonSchema:
    properties = {name: {"type": kind} for name, kind in kinds.items()}
    return {"type": "object", "properties": properties, "required": list(kinds), "additionalProperties": False}


TOOLS = (
    ToolDefinition("get_weather", "Weather of a day in a city.", _object(city="string", day="string")),
    ToolDefinition(
        "book_table", "Book a table in a restaurant.", _object(restaurant="string", people="integer", time="string")
    ),
    ToolDefinition("send_email", "Send an email.", _object(to="string", subject="string", body="string")),
)
CALLS = (
    "What is the weather in Rome tomorrow?",
    "Book a table for four at the Golden Lion at 19:30.",
    "Send an email to mia.torres@example.com with the subject 'Trip to Lisbon' saying the train leaves at nine.",
    "How is the weather in Reykjavik on Friday?",
    "Please reserve a table at Casa Pepe for 2 people at 8 pm.",
    "Write to ole@example.org, subject 'Invoice 4711', body 'Please find the invoice for March attached.'",
)
TEXTS = (
    "Anna Kowalski, 34, lives in Gdansk and works as an electrician.",
    "The order 88-1203 of 17 kettles was shipped to Bergen on Monday.",
    "Dr. Chen will see the patient Emeka Obi at 14:15 in room 12.",
)
FORM = OutputFormat("json_schema", "form", _object(name="string", place="string", number="string"))


def requests() -> list[tuple[str, ModelRequest]]:
    """Return what is asked, with its kind."""
    greedy = Sampling(temperature=0.0, max_output_tokens=120)

    def ask(text: str, **more: object) -> ModelRequest:
        return ModelRequest((Message("user", (TextPart(text),)),), sampling=greedy, **more)  # type: ignore[arg-type]

    return [
        *(("call", ask(text, tools=TOOLS)) for text in CALLS),
        *(("form", ask(f"Fill in the form from this text: {text}", output_format=FORM)) for text in TEXTS),
    ]


async def answered(backend: EmbeddedBackend, request: ModelRequest) -> tuple[float, int, str]:
    """Return the seconds until the answer is whole, its tokens, and what it says."""
    began, tokens, said = time.perf_counter(), 0, []
    async for event in backend.generate(request):
        if isinstance(event, ItemDone) and isinstance(event.item, ToolCall):
            said.append(f"{event.item.name}{event.item.arguments}")  # its id is another one each time
        elif isinstance(event, ItemDone) and isinstance(event.item, Message):
            said.append(event.item.text)
        elif isinstance(event, Finished):
            tokens = event.usage.output_tokens
    return time.perf_counter() - began, tokens, "".join(said)


async def measure(model: Path, draft: Path, rounds: int) -> None:
    """Print each kind's speed alone and with the draft."""
    alone = EmbeddedBackend("embedded", model, model.stem, EngineSettings(parallel=1))
    helped = EmbeddedBackend("embedded", model, model.stem, EngineSettings(parallel=1, draft=str(draft)))
    found: dict[str, list[tuple[float, float, float]]] = {}
    num_other = 0
    try:
        for backend in (alone, helped):
            await answered(backend, requests()[0][1])
        for turn in range(rounds):
            for kind, request in requests():
                order = (alone, helped) if turn % 2 else (helped, alone)
                by = {backend: await answered(backend, request) for backend in order}
                (plain_s, tokens, plain), (helped_s, _, other) = by[alone], by[helped]
                num_other += plain != other
                found.setdefault(kind, []).append((tokens / plain_s, tokens / helped_s, plain_s / helped_s))
    finally:
        await asyncio.gather(alone.close(), helped.close())
    print(
        f"{model.name}, drafted for by {draft.name}, {platform.machine()}, {rounds} rounds; "
        f"answers that differ: {num_other}"
    )
    for kind, speeds in found.items():
        plain_speed, helped_speed, ratio = (statistics.median(column) for column in zip(*speeds, strict=True))
        print(f"{kind}: {plain_speed:.0f} tokens/s alone, {helped_speed:.0f} with the draft, ratio {ratio:.2f}")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="mini", help="a shipped model's name, or a GGUF file")
    parser.add_argument("--draft", default="nano", help="the same")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    model, draft = (
        Path(name) if name.endswith(".gguf") else FOLDER / f"{name}.gguf" for name in (options.model, options.draft)
    )
    asyncio.run(measure(model, draft, options.rounds))


if __name__ == "__main__":
    main()
