"""The embedded backend: renders a request for one GGUF model, holds its decoding to the grammar, reads the answer.

What the engine does with a prompt is the engine's; what is done with an invalid answer is the service's.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from tercet.backends.base import Capabilities, Health
from tercet.backends.embedded import grammar, messages
from tercet.backends.embedded.assembly import Assembly
from tercet.backends.embedded.confidence import NUM_CANDIDATES, confidence, read_calibration
from tercet.backends.embedded.dialects.base import Dialect
from tercet.backends.embedded.dialects.select import select
from tercet.backends.embedded.doubts import MAX_TRIES, held_again
from tercet.backends.embedded.grammar import ThinkTags
from tercet.backends.embedded.grounded import narrowed
from tercet.backends.embedded.hints import Held, held
from tercet.backends.embedded.pieces import Parser, Text, ThinkParser
from tercet.backends.embedded.template import ChatTemplate, Shield
from tercet.confidence import Calibration, Confidence
from tercet.engine import wire
from tercet.engine.engine import Engine, SamplingDefaults
from tercet.engine.gguf import ModelFacts
from tercet.engine.job import Job
from tercet.engine.settings import EngineSettings
from tercet.errors import InvalidRequest, ModelUnusable, Unsupported
from tercet.events import (
    CallStarted,
    Event,
    Finished,
    FinishReason,
    ItemDone,
    Started,
    TextDelta,
    TokenLogprob,
    TopLogprob,
)
from tercet.items import Message, ModelRequest, ToolCall
from tercet.usage import Usage

MAX_OUTPUT_TOKENS = 32_768
LARGE_PROMPT = 200_000
"""Characters of input from which a prompt is rendered on a thread, so that other requests are not kept waiting."""
MANY_TOOLS = 16
"""Tools from which that is so, too; their grammar is long when it is new."""
_NO_EFFORT = (None, "none", "minimal")
_THINK_TAGS = ("<think>", "</think>")


class _Model(msgspec.Struct, frozen=True):
    """What is derived from the model file once."""

    facts: ModelFacts
    dialect: Dialect
    shield: Shield
    template: ChatTemplate
    calibration: Calibration | None


class _Task(msgspec.Struct, frozen=True):
    """One request, ready for the engine, and how to read the answer."""

    job: Job
    parser: Parser
    num_logprobs: int | None = None
    """How many candidates per token the client is to see besides the chosen one; None: no log probabilities."""
    again: "Callable[[Sequence[ToolCall]], _Task | None] | None" = None
    """Gives the task of another try, given the calls of this one; None where they stand. Without it, all stand."""


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
        task = await self._prepare(await self._ready(), request)
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
            reader = _Reader(task, may_withhold=tries_left > 0)
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
                        sureness = reader.confidence(model) if request.has_confidence else None
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
            self._model = await asyncio.to_thread(_read_model, self.engine.facts)
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

    async def _prepare(self, model: _Model, request: ModelRequest) -> _Task:
        if _size(request) > LARGE_PROMPT or len(request.tools) > MANY_TOOLS:
            return await asyncio.to_thread(self._render, model, request)
        return self._render(model, request)

    def _render(self, model: _Model, request: ModelRequest) -> _Task:
        dialect = model.dialect
        if request.raw_prompt is not None:
            job = _job(request, (request.raw_prompt,), dialect)
            return _Task(job, _TextParser(), request.sampling.top_logprobs)
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

        def task(allowed: Held) -> _Task:
            rules = grammar.build(dialect, narrowed(allowed.request), think, allowed.plan)
            if request.tools and not allowed.request.tools:
                rules = rules or grammar.text_only(dialect)
            parser = dialect.parser() if request.offered_tools else _TextParser()
            if think is not None:
                parser = ThinkParser(think.opening, think.closing, parser, is_open=think.is_open)
            job = _job(request, prompt, dialect, rules, visible)
            return _Task(job, parser, request.sampling.top_logprobs, again_after(allowed) if allowed.is_held else None)

        def again_after(allowed: Held) -> Callable[[Sequence[ToolCall]], _Task | None]:
            def again(calls: Sequence[ToolCall]) -> _Task | None:
                other = held_again(request, allowed, shown.compared, calls) if shown.compared else None
                return task(other) if other else None

            return again

        return task(held(request, shown.compared) if shown.compared else Held(request))


def _job(
    request: ModelRequest, prompt: tuple[str, ...], dialect: Dialect, rules: str = "", visible: tuple[str, ...] = ()
) -> Job:
    sampling = request.sampling
    temperature = dialect.default_temperature if sampling.temperature is None else sampling.temperature
    return Job(
        prompt=prompt,
        max_tokens=sampling.max_output_tokens or MAX_OUTPUT_TOKENS,
        temperature=temperature,
        top_p=sampling.top_p,
        presence_penalty=sampling.presence_penalty,
        frequency_penalty=sampling.frequency_penalty,
        logit_bias=_token_ids(sampling.logit_bias),
        seed=sampling.seed,
        stop=sampling.stop,
        top_logprobs=_num_candidates(request),
        grammar=rules,
        visible_tokens=visible,
        cache_key=request.cache_key,
    )


class _TextParser:
    """For answers that can only be text."""

    def feed(self, text: str) -> list[Any]:
        return [Text(text)] if text else []

    def finish(self) -> list[Any]:
        return []


class _Reader:
    """Turns the engine's tokens into events, the log probabilities with the text that they belong to.

    Calls that may not stand are withheld until all are read; what was said before them can no longer be taken back.
    """

    def __init__(self, task: _Task, *, may_withhold: bool) -> None:
        self._again = task.again if may_withhold else None
        self._withheld: list[Event] = []
        self._parser = task.parser
        self._num_logprobs = task.num_logprobs
        self._assembly = Assembly()
        self._tokens: list[TokenLogprob] = []
        self._calls: list[ToolCall] = []
        self._logprobs: list[TokenLogprob] = []
        self._text_index: int | None = None

    @property
    def thoughts(self) -> str:
        return self._assembly.thoughts

    def read(self, tokens: wire.Tokens) -> list[Event]:
        """Return the events of more tokens."""
        if tokens.logprobs:
            told = [_logprob(entry) for entry in tokens.logprobs if entry["token"]]
            self._tokens += told
            if self._num_logprobs is not None:
                self._logprobs += [msgspec.structs.replace(one, top=one.top[: self._num_logprobs]) for one in told]
        return self._unless_withheld(self._events(self._parser.feed(tokens.text)))

    def finish(self) -> list[Event]:
        """Return the last events of the answer, with those that were withheld."""
        events = self._events(self._parser.finish())
        if self._logprobs and self._text_index is not None:
            events.append(TextDelta(self._text_index, "", tuple(self._logprobs)))
        return self._withheld + events + self._seen(self._assembly.finish())

    def again(self, ended: wire.Ended) -> _Task | None:
        """Return the task of another try where the calls that were read, and nothing else, do not stand."""
        if self._again is None or not self._withheld or ended.reason != "stop":
            return None
        return self._again(self._calls)

    def _unless_withheld(self, events: list[Event]) -> list[Event]:
        """Keep events back from the first call on, if another try may take their place."""
        if self._withheld or (self._again and events and isinstance(events[0], CallStarted)):
            self._withheld += events
            return []
        if events:
            self._again = None
        return events

    def confidence(self, model: _Model) -> Confidence | None:
        """Return how sure the model is of the answer that was read."""
        mark = next(iter(model.dialect.visible_tokens), "")
        return confidence(self._tokens, self._calls, mark, model.calibration)

    def _events(self, pieces: list[Any]) -> list[Event]:
        events: list[Event] = []
        for piece in pieces:
            logprobs: tuple[TokenLogprob, ...] = ()
            if isinstance(piece, Text):
                logprobs = tuple(self._logprobs)
            self._logprobs.clear()
            events += self._seen(self._assembly.add(piece, logprobs))
            last = events[-1] if events else None
            self._text_index = last.index if isinstance(last, TextDelta) else None
        return events

    def _seen(self, events: list[Event]) -> list[Event]:
        done = (event.item for event in events if isinstance(event, ItemDone))
        self._calls += [item for item in done if isinstance(item, ToolCall)]
        return events


def _num_candidates(request: ModelRequest) -> int | None:
    wanted = request.sampling.top_logprobs
    return max(wanted or 0, NUM_CANDIDATES) if request.has_confidence else wanted


def _logprob(entry: dict[str, Any]) -> TokenLogprob:
    top = tuple(TopLogprob(other["token"], other["logprob"]) for other in entry.get("top_logprobs", ()))
    return TokenLogprob(entry["token"], entry["logprob"], top)


def _read_model(facts: ModelFacts) -> _Model:
    if not facts.chat_template:
        raise ModelUnusable(f"model {facts.name!r} has no chat template in its file, so it cannot hold a conversation")
    shield = Shield(facts)
    return _Model(facts, select(facts), shield, ChatTemplate(facts, shield), read_calibration(facts.path))


def _token_ids(bias: dict[str, float]) -> dict[str, float]:
    """Return `bias` if its keys are token ids; llama.cpp would take other keys for text and bias all its tokens."""
    for key in bias:
        if not (key.isascii() and key.isdigit()):
            raise InvalidRequest(f"logit_bias names token {key!r}, which is no token id", param="logit_bias")
    return bias


def _think_tags(facts: ModelFacts, prompt_end: str, names: dict[str, Any]) -> ThinkTags | None:
    """Return the tags of a reasoning model, if this one is and was not told to answer at once."""
    opening, closing = _THINK_TAGS
    if closing not in (facts.chat_template or "") or names.get("enable_thinking") is False:
        return None
    tail = prompt_end[-40:]
    if closing in tail:
        return None
    return ThinkTags(facts, opening, closing, is_open=tail.rstrip().endswith(opening))


def _size(request: ModelRequest) -> int:
    return sum(len(text) for item in request.items if isinstance(text := getattr(item, "text", ""), str))
