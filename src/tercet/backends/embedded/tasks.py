"""One request, rendered for one model: the engine's job, what its answer is held to, and how that is read."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from tercet.backends.embedded import grammar
from tercet.backends.embedded.asking import question_rules
from tercet.backends.embedded.confidence import NUM_CANDIDATES
from tercet.backends.embedded.dialects.base import Dialect
from tercet.backends.embedded.doubts import held_again
from tercet.backends.embedded.drafts.narrowing import Draft
from tercet.backends.embedded.grammar import ThinkTags
from tercet.backends.embedded.grounded import narrowed
from tercet.backends.embedded.held import Called, Held
from tercet.backends.embedded.hints import Offered
from tercet.backends.embedded.pieces import Parser, Text, ThinkParser
from tercet.engine.job import Job
from tercet.errors import InvalidRequest
from tercet.items import ModelRequest, ToolCall

MAX_OUTPUT_TOKENS, MAX_HELD_TOKENS = 32_768, 1_024
"""Tokens of an answer where a client names no number; of one of our small models, which says the same without end when
it says more."""


class Task(msgspec.Struct, frozen=True):
    """One request, ready for the engine, and how to read the answer."""

    job: Job
    parser: Parser
    num_logprobs: int | None = None
    """How many candidates per token the client is to see besides the chosen one; None: no log probabilities."""
    again: "Callable[[Sequence[ToolCall]], Task | None] | None" = None
    """Gives the task of another try, given the calls of this one; None where they stand. Without it, all stand."""
    called: Called | None = None
    """How likely a call is the right answer, where the request tells."""
    drafted: Mapping[str, Draft] = {}
    """By tool, what of its arguments is likely, and how likely."""


class Rendered(msgspec.Struct, frozen=True):
    """A request with its prompt, from which come the task of a first try and of others."""

    request: ModelRequest
    prompt: tuple[str, ...]
    dialect: Dialect
    think: ThinkTags | None
    visible: tuple[str, ...]
    """Control tokens that the parser needs to see."""
    offered: Offered | None
    """The tools, where the model is told what of them is likely meant."""
    telling: str = ""
    """Rules that define the `text` of an answer, where the model is held to any."""
    max_tokens: int = MAX_OUTPUT_TOKENS
    """Tokens of an answer where the client names no number."""

    def task(self, allowed: Held) -> Task:
        """Return the task of an answer that is held to `allowed`."""
        request, dialect, think = self.request, self.dialect, self.think
        asked = allowed.missing or allowed.asked
        text = question_rules(asked) if asked else self.telling
        rules = grammar.build(dialect, narrowed(allowed.request), think, allowed.plan, text)
        if request.tools and not allowed.request.tools:
            rules = rules or grammar.text_only(dialect)
        parser = dialect.parser() if request.offered_tools else TextParser()
        if think is not None:
            parser = ThinkParser(think.opening, think.closing, parser, is_open=think.is_open)
        job = job_of(request, self.prompt, dialect, rules, self.visible, self.max_tokens)
        again = partial(self._again, allowed) if allowed.is_held or allowed.made else None
        return Task(job, parser, request.sampling.top_logprobs, again, allowed.called, allowed.drafted)

    def _again(self, allowed: Held, calls: Sequence[ToolCall]) -> Task | None:
        other = held_again(self.request, allowed, self.offered, calls) if self.offered else None
        return self.task(other) if other else None


class TextParser:
    """For answers that can only be text."""

    def feed(self, text: str) -> list[Any]:
        return [Text(text)] if text else []

    def finish(self) -> list[Any]:
        return []


def job_of(
    request: ModelRequest,
    prompt: tuple[str, ...],
    dialect: Dialect,
    rules: str = "",
    visible: tuple[str, ...] = (),
    max_tokens: int = MAX_OUTPUT_TOKENS,
) -> Job:
    """Return what the engine is asked for `request`; `max_tokens` where the client names no number.

    Raises `InvalidRequest` for a bias that names no token.
    """
    sampling = request.sampling
    temperature = dialect.default_temperature if sampling.temperature is None else sampling.temperature
    return Job(
        prompt=prompt,
        max_tokens=sampling.max_output_tokens or max_tokens,
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


def _num_candidates(request: ModelRequest) -> int | None:
    wanted = request.sampling.top_logprobs
    return max(wanted or 0, NUM_CANDIDATES) if request.has_confidence else wanted


def _token_ids(bias: dict[str, float]) -> dict[str, float]:
    """Return `bias` if its keys are token ids; llama.cpp would take other keys for text and bias all its tokens."""
    for key in bias:
        if not (key.isascii() and key.isdigit()):
            raise InvalidRequest(f"logit_bias names token {key!r}, which is no token id", param="logit_bias")
    return bias
