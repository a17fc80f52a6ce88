"""Confidence in an answer, from the log probabilities of its tokens and the places of its calls in their text.

Knows the text that the model wrote and which stretch of it is what; knows nothing of how it was generated.
"""

import json
import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from tercet.backends.embedded.drafts.assignment import Field
from tercet.backends.embedded.drafts.narrowing import Draft
from tercet.backends.embedded.held import Called
from tercet.confidence import Calibration, CallConfidence, Confidence
from tercet.events import TokenLogprob
from tercet.items import ToolCall

NUM_CANDIDATES = 5
"""How many candidates per token must be known, so that the weight of a call is seen where text was written."""

_DECODER = json.JSONDecoder()
_SPACE = " \t\r\n"


def confidence(
    tokens: Sequence[TokenLogprob],
    calls: Sequence[ToolCall],
    mark: str,
    calibration: Calibration | None,
    called: Called | None = None,
    drafted: Mapping[str, Draft] | None = None,
) -> Confidence | None:
    """Return how sure the model is of an answer that consists of `tokens` and makes `calls`.

    `mark` is the token that begins a call; `called` says what the request tells of whether to call, `drafted` what it
    tells of each tool's arguments. None when there is nothing to read it from.
    """
    if not tokens:
        return None
    scales = calibration or Calibration()
    text = _Text(tokens)
    of_calls: list[CallConfidence] = []
    place = 0
    for call in calls:
        name_at = text.find(call.name, place)
        arguments_at = text.find(call.arguments, name_at + len(call.name))
        if name_at < 0 or arguments_at < 0:
            return None
        place = arguments_at + len(call.arguments)
        chosen = text.probability(name_at, name_at + len(call.name))
        share = called.shares.get(call.name) if called else None
        tool = scales.tool.apply(chosen if share is None else math.sqrt(chosen * share))
        told = chances((drafted or {}).get(call.name), call.arguments)
        arguments = {}
        for key, (start, end) in value_spans(call.arguments):
            sure = text.probability(arguments_at + start, arguments_at + end)
            arguments[key] = scales.argument.apply(math.sqrt(sure * told[key]) if key in told else sure)
        of_calls.append(CallConfidence(tool, arguments, scales.call.apply(math.prod([tool, *arguments.values()]))))
    decision = _decision(tokens[0], mark, is_call=bool(calls))
    if called is not None:
        decision = _beside(decision, called, is_call=bool(calls))
    scale = scales.calling if calls else scales.silence
    return Confidence(scale.apply(decision), tuple(of_calls), calibration is not None)


def chances(draft: Draft | None, arguments: str) -> dict[str, float]:
    """Return how likely the arguments of a call are by its draft, of those that it has; a list is as its least likely
    item."""
    if draft is None:
        return {}
    try:
        given = json.loads(arguments)
    except json.JSONDecodeError:
        return {}
    fields = {field.name: field for field in draft.fields}
    found = {}
    for key, value in given.items() if isinstance(given, dict) else ():
        if key in fields:
            parts = value if isinstance(value, list) and value else [value]
            likely = [_likely(fields[key], value), min(_likely(fields[key], part) for part in parts)]
            if max(likely) > 0:
                found[key] = max(likely)
    return found


def _likely(field: Field, value: Any) -> float:
    return max((each.chance for each in field.values if value in each.forms), default=0.0)


def value_spans(arguments: str) -> list[tuple[str, tuple[int, int]]]:
    """Return the top-level keys of a JSON object's text and where their values stand; empty for anything else."""
    spans: list[tuple[str, tuple[int, int]]] = []
    place = _skip(arguments, 0, _SPACE + "{")
    try:
        while place < len(arguments) and arguments[place] == '"':
            key, place = _DECODER.raw_decode(arguments, place)
            start = _skip(arguments, place, _SPACE + ":")
            _, place = _DECODER.raw_decode(arguments, start)
            spans.append((key, (start, place)))
            place = _skip(arguments, place, _SPACE + ",")
    except json.JSONDecodeError:
        return []
    return spans


def _skip(text: str, place: int, characters: str) -> int:
    while place < len(text) and text[place] in characters:
        place += 1
    return place


def _decision(first: TokenLogprob, mark: str, *, is_call: bool) -> float:
    """Return the probability, at the first token, of what was done: a call, or anything but a call."""
    weights = {candidate.token: math.exp(candidate.logprob) for candidate in first.top}
    weights[first.token] = math.exp(first.logprob)
    chance = min(1.0, weights.get(mark, 0.0))
    return chance if is_call else 1 - chance


def _beside(decision: float, called: Called, *, is_call: bool) -> float:
    """Return the probability of what was done beside what the request tells: that counts alone where it decided, and
    for a question; else half for a call, while for silence both must speak."""
    if not is_call and called.if_asked is not None:
        return 1 - called.if_asked
    told = called.chance if is_call else 1 - called.chance
    if called.is_decided:
        return told
    return (decision + told) / 2 if is_call else decision * told


class _Text:
    """The tokens' text, and the probability of any stretch of it."""

    def __init__(self, tokens: Sequence[TokenLogprob]) -> None:
        self._text = "".join(token.token for token in tokens)
        self._ends = list(accumulate(len(token.token) for token in tokens))
        self._sums = [0.0, *accumulate(token.logprob for token in tokens)]

    def find(self, part: str, start: int) -> int:
        return self._text.find(part, max(start, 0))

    def probability(self, start: int, end: int) -> float:
        """Return the product of the probabilities of all tokens that reach into the stretch."""
        first = bisect_right(self._ends, start)
        last = bisect_left(self._ends, end)
        return math.exp(min(0.0, self._sums[min(last + 1, len(self._sums) - 1)] - self._sums[first]))
