"""Requests with the calls that answer them, as the numbers that a scorer learns from.

Features and overlaps are the product's own. It knows nothing of learning.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tercet.backends.embedded.drafts import scorer
from tercet.backends.embedded.drafts.candidates import Request
from tercet.backends.embedded.drafts.overlaps import NUM_OVERLAPS
from tercet.backends.embedded.drafts.overlaps import overlaps as common
from tercet.backends.embedded.drafts.parameters import Heading, Parameter, heading, parameters
from tercet.backends.embedded.drafts.requests import read
from tercet.backends.embedded.drafts.table import SEPARATOR
from tercet.backends.embedded.reading import described
from tercet.backends.embedded.reading import request as read_out
from tercet.backends.embedded.spoken import Known, Spoken
from training.data.sample import Message, Sample, compact
from training.hints import requests_of

MAX_KNOWN = 12
"""Calls and results that are read, the latest."""
MIN_SEEN_PARAMETERS, MIN_SEEN_CANDIDATES = 30, 300
"""Times that a feature is seen from which it counts."""


class Features:
    """Numbers for features, given as they come."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def bags(self, features: Sequence[Sequence[str]]) -> Bags:
        """The features of several things."""
        numbers = self.numbers
        rows = [numbers.setdefault(feature, len(numbers)) for each in features for feature in each]
        return Bags(np.array(rows, dtype=np.int32), np.array([len(each) for each in features], dtype=np.int32))


@dataclass(frozen=True, slots=True)
class Bags:
    """Rows of features laid end to end, and how many each thing has."""

    rows: NDArray[np.int32]
    sizes: NDArray[np.int32]

    def renumbered(self, numbers: NDArray[np.int32]) -> Bags:
        """The same with other numbers; what has none, below 0, is left out."""
        rows = numbers[self.rows]
        owner = np.repeat(np.arange(len(self.sizes)), self.sizes)
        return Bags(rows[rows >= 0], np.bincount(owner[rows >= 0], minlength=len(self.sizes)).astype(np.int32))


@dataclass(frozen=True, slots=True)
class Turn:
    """One request and one tool called for it, as rows of features; pairs join a parameter with a candidate."""

    of_parameters: Bags
    of_candidates: Bags
    pairs: NDArray[np.int32]
    """[n, 2]: parameter, candidate."""
    overlaps: NDArray[np.float32]
    labels: NDArray[np.float32]
    quoted: NDArray[np.int8]
    """By parameter: whether its value stands in the request; -1 where the call has none or it is not a text."""
    name: str


@dataclass(frozen=True, slots=True)
class Made:
    """Turns, and the features that their numbers stand for."""

    turns: list[Turn]
    of_parameters: list[str]
    of_candidates: list[str]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, a tool that is called for it, and what the calls give its parameters."""

    request: Request
    name: str
    offered: tuple[Parameter, ...]
    wanted: dict[str, list[Any]]
    is_incomplete: bool
    """Whether it is answered by a question first."""
    tool: Heading


def asked_of(sample: Sample, *, with_questions: bool = False) -> Iterator[Asked]:
    """What a sample's requests call, each tool once a request, and what its text is read into; `with_questions`: also
    what is asked back about before it is called, when not all that it needs has been said."""
    if sample.schema is not None:
        yield from _read_out(sample)
        return
    tools = {str(tool["name"]): _described(compact(tool).encode()) for tool in sample.tools}
    requests = requests_of(sample.messages)
    spoken, known, names = Spoken(""), list[Known](), list[str]()
    for place, message in enumerate(sample.messages):
        behind = sample.messages[place + 1 :]
        if message["role"] == "user":
            spoken = next(requests)
            if spoken.text:
                yield from _asked(spoken, tools, behind, with_questions)
                if known:
                    yield from _asked(spoken._replace(known=tuple(known)), tools, behind, with_questions)
        elif message["role"] == "tool":
            known.append(Known(names.pop(0) if names else "", str(message["content"]), is_call=False))
            made: Any = behind[0].get("tool_calls") if behind else None
            if made and spoken.text:
                yield from _asked(spoken._replace(known=tuple(known[-MAX_KNOWN:])), tools, behind, False)
        calls: Any = message.get("tool_calls") or ()
        for call in calls:
            names.append(call["name"])
            known.append(Known(call["name"], compact(call["arguments"]), is_call=True))


def _described(tool: bytes) -> tuple[Heading, tuple[Parameter, ...]]:
    return heading(tool), parameters(tool)


def _asked(
    spoken: Spoken,
    tools: Mapping[str, tuple[Heading, tuple[Parameter, ...]]],
    behind: Sequence[Message],
    with_questions: bool,
) -> Iterator[Asked]:
    """The tools that are called right behind what was said."""
    made: Any = next(_calls(behind, with_questions), ())
    is_incomplete = not (behind and behind[0].get("tool_calls"))
    if not made:
        return
    request = read(spoken)
    for called in dict.fromkeys(call["name"] for call in made):
        arguments = [call["arguments"] for call in made if call["name"] == called]
        tool, offered = tools[called]
        yield Asked(request, called, offered, wanted_values(arguments), is_incomplete, tool)


def _read_out(sample: Sample) -> Iterator[Asked]:
    """The text of a sample and the schema that it is read into; its name stands for the tool's where some are held
    out."""
    said = next((str(m["content"]) for m in sample.messages if m["role"] == "user"), "")
    answer = json.loads(str(sample.messages[-1]["content"]))
    offered = parameters(described("", sample.schema))
    if isinstance(answer, dict) and offered:
        name = " ".join(sorted(each.name for each in offered))
        yield Asked(read_out(Spoken(said)), name, offered, wanted_values([answer]), False, Heading((), ()))


def _calls(behind: Sequence[Message], with_questions: bool) -> Iterator[Any]:
    """The calls that answer what stands before `behind`, if any do; those behind a question only if it is asked for."""
    for place, message in enumerate(behind):
        if message.get("tool_calls"):
            yield message["tool_calls"]
        if message["role"] == "tool" or (place == 0 and not with_questions):
            return


def wanted_values(calls: Iterable[Any]) -> dict[str, list[Any]]:
    """By parameter, the values that calls of one tool give it, those of lists one by one too."""
    wanted: dict[str, list[Any]] = {}
    for arguments in calls:
        for field, value in leaf_values(arguments):
            wanted.setdefault(field, []).append(normal(value))
            if isinstance(value, list):
                wanted[field] += map(normal, value)
    return wanted


def leaf_values(arguments: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """The values within, under their own names and, where those stand within others, under all of them."""
    for name, value in arguments.items():
        inner = value if isinstance(value, list) else [value]
        if inner and all(isinstance(each, dict) for each in inner):
            for each in inner:
                yield from leaf_values(each, (*path, name))
        else:
            yield name, value
            if path:
                yield ".".join((*path, name)), value


def normal(value: Any) -> Any:
    """A value as it compares with what is written: case, spacing and marks at its ends aside."""
    if isinstance(value, str):
        return " ".join(value.casefold().split()).strip(" .,;:!?\"'")
    return value


def turn_of(asked: Asked, of_parameters: Features, of_candidates: Features) -> Turn:
    """What was asked, as numbers."""
    request, offered, wanted = asked.request, asked.offered, asked.wanted
    candidates: list[tuple[str, ...]] = []
    places: dict[int, int] = {}
    pairs: list[tuple[int, int]] = []
    overlaps: list[tuple[float, ...]] = []
    labels: list[bool] = []
    quoted: list[int] = []
    for place, parameter in enumerate(offered):
        begin = len(labels)
        gold = wanted.get(parameter.name, [])
        for candidate in scorer.fitting(request, parameter):
            if id(candidate) not in places:
                places[id(candidate)] = len(candidates)
                candidates.append(candidate.features)
            pairs.append((place, places[id(candidate)]))
            overlaps.append(padded(common(candidate, parameter)))
            forms = [normal(form) for form in scorer.value_of(candidate, parameter, 1.0).forms]
            labels.append(any(is_equal(form, value) for form in forms for value in gold))
        for choice in parameter.choices:
            is_right = any(is_equal(normal(choice.value), value) for value in gold)
            for features, overlap, _, _ in scorer.chosen(request, parameter, choice):
                pairs.append((place, len(candidates)))
                candidates.append(features)
                overlaps.append(padded(overlap))
                labels.append(is_right)
        is_text = bool(gold) and scorer.is_open_text(parameter)
        quoted.append(int(any(labels[begin:])) if is_text else -1)
    return Turn(
        of_parameters.bags([parameter.features for parameter in offered]),
        of_candidates.bags(candidates),
        np.array(pairs, dtype=np.int32).reshape(-1, 2),
        np.array(overlaps, dtype=np.float32).reshape(-1, NUM_OVERLAPS),
        np.array(labels, dtype=np.float32),
        np.array(quoted, dtype=np.int8),
        asked.name,
    )


def padded(overlap: Sequence[float]) -> tuple[float, ...]:
    return (*map(float, overlap), *(0.0,) * (NUM_OVERLAPS - len(overlap)))


def is_equal(one: Any, other: Any) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def counted(parts: Sequence[Made]) -> tuple[list[Turn], list[str], list[str]]:
    """All turns with the features that are seen often enough, and those features."""
    of_parameters = _often([(p.of_parameters, [t.of_parameters for t in p.turns]) for p in parts], MIN_SEEN_PARAMETERS)
    of_candidates = _often([(p.of_candidates, [t.of_candidates for t in p.turns]) for p in parts], MIN_SEEN_CANDIDATES)
    turns = []
    for part in parts:
        one, other = _places(part.of_parameters, of_parameters), _places(part.of_candidates, of_candidates)
        turns += [
            replace(
                turn,
                of_parameters=turn.of_parameters.renumbered(one),
                of_candidates=turn.of_candidates.renumbered(other),
            )
            for turn in part.turns
        ]
    return turns, of_parameters, of_candidates


def _often(parts: Sequence[tuple[Sequence[str], Sequence[Bags]]], least: int) -> list[str]:
    """The features that are seen at least so often, the most frequent first."""
    seen: Counter[str] = Counter()
    for features, bags in parts:
        counts = np.zeros(len(features), dtype=np.int64)
        for each in bags:
            np.add.at(counts, each.rows, 1)
        seen.update(dict(zip(features, counts.tolist(), strict=True)))
    return [feature for feature, count in seen.most_common() if count >= least and SEPARATOR not in feature]


def _places(features: Sequence[str], known: Sequence[str]) -> NDArray[np.int32]:
    """Where each feature stands among those that are known; -1 for one that is not."""
    place = {feature: n for n, feature in enumerate(known)}
    return np.array([place.get(feature, -1) for feature in features], dtype=np.int32)
