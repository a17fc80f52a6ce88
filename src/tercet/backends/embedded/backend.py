"""The embedded backend: renders a request for one GGUF model, holds its decoding to the grammar, reads the answer.

What the engine does with a prompt is the engine's; what is done with an invalid answer is the service's.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from tercet.backends.base import Capabilities, Health
from tercet.backends.embedded import messages
from tercet.backends.embedded.dialects.base import Dialect
from tercet.backends.embedded.dialects.select import select
from tercet.backends.embedded.doubts import MAX_TRIES
from tercet.backends.embedded.grammar import ThinkTags
from tercet.backends.embedded.held import Called, Held, held
from tercet.backends.embedded.manifest import Manifest, read_manifest
from tercet.backends.embedded.plain.rules import aside, one_text, plain_rules, with_object
from tercet.backends.embedded.reader import Reader
from tercet.backends.embedded.tasks import MAX_HELD_TOKENS, MAX_OUTPUT_TOKENS, Rendered, Task, TextParser, job_of
from tercet.backends.embedded.telling.rules import brief_rules, telling_rules
from tercet.backends.embedded.template import ChatTemplate, Shield
from tercet.confidence import Confidence
from tercet.engine import wire
from tercet.engine.engine import Engine, SamplingDefaults
from tercet.engine.gguf import ModelFacts
from tercet.engine.settings import EngineSettings
from tercet.errors import ModelUnusable, Unsupported
from tercet.events import Event, Finished, FinishReason, Started
from tercet.items import Message, ModelRequest
from tercet.usage import Usage

LARGE_PROMPT = 200_000
"""Characters of input from which a prompt is rendered on a thread, so that other requests are not kept waiting."""
LONG_TEXT = 1_000
"""Characters from which that is so where no tools are offered, since the answer is looked for in them."""
MANY_TOOLS = 16
"""Tools from which that is so, too; their grammar is long when it is new."""
NEVER_CALLED = 0.02
"""How likely a call had been right where nothing but attention is asked for."""
_NO_EFFORT = (None, "none", "minimal")
_THINK_TAGS = ("<think>", "</think>")


class _Model(msgspec.Struct, frozen=True):
    """What is derived from the model file once."""

    facts: ModelFacts
    dialect: Dialect
    shield: Shield
    template: ChatTemplate
    manifest: Manifest


class EmbeddedBackend:
    """A `Backend` over one GGUF file."""

    def __init__(self, name: str, model_path: Path, model: str, settings: EngineSettings | None = None) -> None:
        """Nothing is read or started yet; `model` is the name that answers carry."""
        self.name = name
        self.model = model
        self._settings = settings or EngineSettings()
        self.engine = Engine(model_path, self._settings)
        self._model: _Model | None = None
        self._sampling_defaults: SamplingDefaults | None = None

    async def start(self) -> None:
        """Load the model; idempotent. Raises `ModelUnusable`."""
        await (self.engine.start() if self._settings.embedding else self._ready())

    async def close(self) -> None:
        """End the engine and everything under way; idempotent."""
        await self.engine.close()

    async def capabilities(self) -> Capabilities:
        """Start the engine, if need be, to learn the window."""
        await self.start()
        temperature, top_p = await self._defaults()
        return Capabilities(
            context_window=self.engine.context,
            default_temperature=temperature,
            default_top_p=top_p,
            max_output_tokens=min(MAX_OUTPUT_TOKENS, self.engine.context),
            can_constrain=True,
            can_embed=self._settings.embedding,
            can_continue=not self._settings.embedding,
            has_logprobs=True,
            has_confidence=not self._settings.embedding,
        )

    async def health(self) -> Health:
        """Report whether the engine runs, or would at the first request."""
        trouble = self.engine.trouble
        is_idle = not trouble and not self.engine.is_running
        return Health(is_ready=not trouble, detail=trouble or ("starts with the first request" if is_idle else ""))

    async def count_tokens(self, request: ModelRequest) -> int:
        """Return the number of tokens of the rendered prompt; of a model for embeddings, of the texts as they are."""
        if self._settings.embedding:
            return len(await self.engine.tokenize([item.text for item in request.items if isinstance(item, Message)]))
        task = await self._prepare(await self._ready(), request, is_counted=True)
        return len(await self.engine.tokenize(task.job.prompt))

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return a vector per text. Raises `Unsupported` unless the model was loaded for embeddings."""
        return await self.engine.embed(texts)

    async def generate(self, request: ModelRequest) -> AsyncGenerator[Event, None]:
        """Answer `request`; see `Backend.generate`."""
        model = await self._ready()
        task = await self._prepare(model, request)
        is_started = False
        for tries_left in reversed(range(MAX_TRIES)):
            again = None
            reader = Reader(task, may_withhold=tries_left > 0)
            replies = self.engine.generate(task.job)
            try:
                async for reply in replies:
                    if not is_started:
                        is_started = True
                        yield Started(self.model)
                    if isinstance(reply, wire.Tokens):
                        for event in reader.read(reply):
                            yield event
                    elif isinstance(reply, wire.Ended):
                        events = reader.finish()
                        if again := reader.again(reply):
                            continue
                        for event in events:
                            yield event
                        sureness = (
                            reader.confidence(model.dialect, model.manifest.calibration)
                            if request.has_confidence
                            else None
                        )
                        yield await self._finished(reply, reader.thoughts, sureness)
            finally:
                await replies.aclose()
            if again is None:
                return
            task = again

    async def _finished(self, ended: wire.Ended, thoughts: str, sureness: Confidence | None) -> Finished:
        reason: FinishReason = "length" if ended.reason == "length" else "stop"
        reasoning = len(await self.engine.tokenize((thoughts,), add_special=False)) if thoughts else 0
        usage = Usage(ended.prompt_tokens, ended.cached_tokens, ended.output_tokens, reasoning)
        return Finished(reason, usage, sureness, ended.stop)

    async def _ready(self) -> _Model:
        if self._settings.embedding:
            raise Unsupported(f"model {self.model!r} is loaded for embeddings and does not generate", param="model")
        await self.engine.start()
        if self._model is None or self._model.facts is not self.engine.facts:
            self._model = await asyncio.to_thread(_read_model, self.engine.facts, bool(self._settings.loras))
        return self._model

    async def _defaults(self) -> tuple[float | None, float | None]:
        """Return the temperature and the top_p of requests that name none."""
        if self._settings.embedding:
            return None, None
        dialect = (await self._ready()).dialect
        if self._sampling_defaults is None:
            self._sampling_defaults = await self.engine.defaults()
        own = dialect.default_temperature
        known = self._sampling_defaults
        return round(known.temperature, 4) if own is None else own, round(known.top_p, 4)

    async def _prepare(self, model: _Model, request: ModelRequest, *, is_counted: bool = False) -> Task:
        size = _size(request)
        is_searched = model.manifest.holds_answers and not request.tools and size > LONG_TEXT
        if size > LARGE_PROMPT or len(request.tools) > MANY_TOOLS or is_searched:
            return await asyncio.to_thread(self._render, model, request, is_counted=is_counted)
        return self._render(model, request, is_counted=is_counted)

    def _render(self, model: _Model, request: ModelRequest, *, is_counted: bool) -> Task:
        """Return the task of a request; of one whose tokens are only counted no answer is looked for."""
        dialect = model.dialect
        if request.raw_prompt is not None:
            return Task(job_of(request, (request.raw_prompt,), dialect), TextParser(), request.sampling.top_logprobs)
        shown = messages.shown_tools(request, dialect)
        names = messages.variables(request, dialect, model.shield, shown)
        prompt = model.template.render(names, drop_bos=self.engine.adds_bos)
        think = _think_tags(model.facts, prompt[-1], names)
        if think is None and request.reasoning_effort not in _NO_EFFORT:
            message = f"the model {self.model!r} does not think before it answers; leave the reasoning effort out"
            raise Unsupported(message, param="reasoning_effort")
        visible = dialect.visible_tokens if request.offered_tools else ()
        if think is not None:
            visible += tuple(tag for tag in _THINK_TAGS if model.facts.special(tag))
        is_held = model.manifest.holds_answers and not is_counted
        said = aside(request, self.model) if is_held and request.offered_tools else ""
        telling = one_text(said) if said else _telling(request, self.model) if is_held else ""
        most = MAX_HELD_TOKENS if is_held and request.tools else MAX_OUTPUT_TOKENS
        asked = with_object(request, self.model) if is_held else request
        rendered = Rendered(asked, prompt, dialect, think, visible, shown.compared, telling, most)
        if said:
            return rendered.task(Held(msgspec.structs.replace(request, tools=()), called=Called(NEVER_CALLED, True)))
        return rendered.task(held(asked, shown.compared) if dialect.has_hints else Held(asked))


def _read_model(facts: ModelFacts, is_adapted: bool) -> _Model:
    if not facts.chat_template:
        raise ModelUnusable(f"model {facts.name!r} has no chat template in its file, so it cannot hold a conversation")
    shield = Shield(facts)
    manifest = Manifest() if is_adapted else read_manifest(facts.path)
    return _Model(facts, select(facts), shield, ChatTemplate(facts, shield), manifest)


def _think_tags(facts: ModelFacts, prompt_end: str, names: dict[str, Any]) -> ThinkTags | None:
    """Return the tags of a reasoning model, if this one is and was not told to answer at once."""
    opening, closing = _THINK_TAGS
    if closing not in (facts.chat_template or "") or names.get("enable_thinking") is False:
        return None
    tail = prompt_end[-40:]
    if closing in tail:
        return None
    return ThinkTags(facts, opening, closing, is_open=tail.rstrip().endswith(opening))


def _telling(request: ModelRequest, model: str) -> str:
    """Return Lark rules that define what one of our small models says instead of a call; nothing where it is free."""
    return telling_rules(request) or brief_rules(request) or plain_rules(request, model)


def _size(request: ModelRequest) -> int:
    return sum(len(text) for item in request.items if isinstance(text := getattr(item, "text", ""), str))
