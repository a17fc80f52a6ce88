"""Which candidates of a request fill which parameters of a tool: a factorisation of small learnt vectors, and overlaps.

A parameter and a candidate each are the sum of the vectors of their features; their product, with a few overlaps of
words, says how likely the one fills the other (a factorisation machine: Rendle, ICDM 2010). Pure and deterministic;
`training/stages/drafts.py` writes the table. It knows nothing of prompts.
"""

import base64
import heapq
import json
import math
import re
import struct
import zlib
from collections.abc import Callable, Sequence
from functools import cache, lru_cache, partial
from importlib import resources
from operator import mul
from typing import Any, NamedTuple

from tercet.backends.embedded.drafts.candidates import Candidate, Request
from tercet.backends.embedded.drafts.parameters import Choice, Parameter
from tercet.backends.embedded.relevance import direction

WIDTH = 16
"""Numbers of a vector; a bias stands behind them."""
ROWS_OF_PARAMETERS, ROWS_OF_CANDIDATES = 4096, 8192
"""Features share rows by their hash."""
NUM_OVERLAPS = 14
MIN_CHANCE = 0.15
HOPELESS = -7.0
"""Score without overlaps from which a pair is looked at: overlaps add about 5 at the most."""
TAKEN = 0.3
"""What is left of a value's chance once its words are another parameter's."""
MAX_VALUES, MAX_LISTED = 3, 8
"""Values that are told of a parameter, and of one that takes a list or is likely given several."""
LIKELY = 0.75
"""Chance from which two values of one parameter are taken for two requests."""
ENUMERATED = 0.98
"""Share of a value's chance that those have which it is enumerated with."""
POSSIBLE = 0.02
"""Chance below which nothing counts as one of an enumeration."""
_BETWEEN = re.compile(r"\s*(?:,|&|,?\s+(?:and|or|plus|as well as|and also|and then)(?:\s+in|\s+for|\s+of|\s+to)?\s)\s*")
_TAKEN_BACK = re.compile(
    r"\W*(?:(?:no|sorry|wait|i meant?|actually|scratch that|(?:or )?rather|make (?:that|it)|oops|correction)\b\W*)+"
)
_ROW, _LANES = struct.Struct(f"{WIDTH + 1}b"), struct.Struct(f"<{WIDTH + 1}H")
_SHIFT = 128
_NEGATIONS = frozenset(("no", "not", "without", "don't", "exclude", "skip", "never", "hide", "omit"))


class Table(NamedTuple):
    """What was learnt: packed rows, what one step of them is worth, and the weights of overlaps."""

    of_parameters: bytes
    of_candidates: bytes
    step: float
    """The product of the two tables' steps."""
    bias_steps: tuple[float, float]
    overlaps: tuple[float, ...]
    bias: float
    quotable: bytes
    """By feature of a parameter, how much likelier it makes that the value stands in the request."""
    quotable_step: float
    quotable_bias: float


class Value(NamedTuple):
    """A likely value of a parameter."""

    chance: float
    forms: tuple[Any, ...]
    """The value, and other ways to write it, such as an ISO date beside the words."""
    start: int
    end: int

    @property
    def value(self) -> Any:
        """The form that is told."""
        return self.forms[0]


class Field(NamedTuple):
    """A parameter's name with its likely values, in the order in which they are said."""

    name: str
    values: tuple[Value, ...]
    is_list: bool = False
    """Whether the parameter takes a list."""


def fields(request: Request, offered: Sequence[Parameter]) -> list[Field]:
    """Return the parameters for which the request has likely values, in the order of the tool.

    The likeliest pair is settled first; what it says is then less likely to belong to another parameter.
    """
    by_parameter = [_enumerated(scores(request, parameter), request.lower) for parameter in offered]
    scored = [(option, place) for place, options in enumerate(by_parameter) for option in options]
    waiting = [(-option.chance, place, number) for number, (option, place) in enumerate(scored)]
    waiting = [entry for entry in waiting if -entry[0] >= MIN_CHANCE]
    heapq.heapify(waiting)
    kept: list[list[Value]] = [[] for _ in offered]
    lowered: set[int] = set()
    while waiting:
        chance, place, number = heapq.heappop(waiting)
        option = scored[number][0]
        others = (other for at, taken in enumerate(kept) if at != place for other in taken)
        if number not in lowered and any(map(partial(share_words, option), others)):
            lowered.add(number)
            if -chance * TAKEN >= MIN_CHANCE:
                heapq.heappush(waiting, (chance * TAKEN, place, number))
        elif _is_new(option, kept[place]):
            kept[place].append(option._replace(chance=-chance))
    return [
        Field(parameter.name, _told(values, request.lower, is_list=parameter.is_list), parameter.is_list)
        for parameter, values in zip(offered, kept, strict=True)
        if values
    ]


def _told(values: list[Value], text: str, *, is_list: bool) -> tuple[Value, ...]:
    """Return the values that are told, as they are said: the likeliest few, and all that are likely."""
    listed = _corrected(sorted(values, key=lambda value: value.start), text)
    ranked = sorted(listed, key=lambda value: -value.chance)
    most = MAX_LISTED if is_list else MAX_VALUES
    return tuple(value for value in listed if value.chance >= LIKELY or value in ranked[:most])


def _corrected(values: list[Value], text: str) -> list[Value]:
    """Return the values without those that are taken back at once: `at six, no wait, seven`."""
    right: list[Value] = []
    for value in values:
        if right and _TAKEN_BACK.fullmatch(text, right[-1].end, value.start):
            value = value._replace(chance=max(value.chance, right.pop().chance))
        right.append(value)
    return right


def _enumerated(options: list[Value], text: str) -> list[Value]:
    """Return the options, each as likely as a likely one that it is enumerated with: `Oslo, Rome and Lima`."""
    likely = [place for place, option in enumerate(options) if option.chance >= LIKELY]
    while likely:
        known = options[likely.pop()]
        before = [n for n, one in enumerate(options) if _BETWEEN.fullmatch(text, one.end, known.start)]
        behind = _BETWEEN.match(text, known.end)
        after = [n for n, one in enumerate(options) if one.start == behind.end()] if behind else []
        for beside in filter(None, (before, after)):
            place = max(beside, key=lambda n: options[n].chance)
            if POSSIBLE <= options[place].chance < LIKELY:
                options[place] = options[place]._replace(chance=known.chance * ENUMERATED)
                likely.append(place)
    return options


def share_words(one: Value | Candidate, other: Value | Candidate) -> bool:
    """Say whether two values share words of the request."""
    return one.start < other.end and other.start < one.end


def _is_new(option: Value, kept: Sequence[Value]) -> bool:
    """Say whether a value is kept beside those of its parameter that are likelier."""
    return len(kept) < MAX_LISTED and not any(
        share_words(option, other) or other.value == option.value for other in kept
    )


def scores(request: Request, parameter: Parameter) -> list[Value]:
    """Return the candidates of the right kind that are not hopeless, each with its chance."""
    towards = _sum(parameter.features, _parameter_row)
    found = []
    for candidate in fitting(request, parameter):
        score = _product(towards, _candidate_sum(candidate.features))
        if score < HOPELESS:
            continue
        chance = _chance(score, overlaps(candidate, parameter))
        forms = (candidate.value, *candidate.others)
        found.append(Value(chance, forms[::-1] if parameter.wants_iso else forms, candidate.start, candidate.end))
    for choice in parameter.choices:
        features, overlap, start, end = chosen(request, parameter, choice)
        chance = _chance(_product(towards, _candidate_sum(features)), overlap)
        found.append(Value(chance, (choice.value,), start, end))
    return found


def fitting(request: Request, parameter: Parameter) -> tuple[Candidate, ...]:
    """Return the candidates that are of the parameter's kind."""
    if parameter.choices:
        return ()
    lists = request.lists if parameter.is_list else ()
    if parameter.kind == "number":
        return (*lists, *request.numbers)
    if parameter.kind == "string":
        return (*lists, *request.texts)
    return (*lists, *request.texts, *request.numbers)


def is_open_text(parameter: Parameter) -> bool:
    """Say whether a parameter takes one text, whatever it is."""
    return parameter.kind == "string" and not parameter.choices and not parameter.is_list


def quotable(parameter: Parameter) -> float:
    """Return how likely the text of a parameter that has one is words of the request, as they stand there."""
    known = table()
    rows = (known.quotable[row(feature, ROWS_OF_PARAMETERS)] for feature in parameter.features)
    total = known.quotable_bias + known.quotable_step * sum(weight - 256 if weight > 127 else weight for weight in rows)
    return 1.0 / (1.0 + math.exp(-total))


def overlaps(candidate: Candidate, parameter: Parameter) -> tuple[float, ...]:
    """Return what candidate and parameter have in common."""
    name, about, inside = parameter.of_name, parameter.of_about, candidate.inside
    num_name, num_inside = len(name) or 1, len(inside) or 1
    is_same_rank = float(candidate.rank == parameter.rank)
    is_written = isinstance(candidate.value, str) and candidate.value.lower() in parameter.about
    return (
        len(name & candidate.before) / num_name,
        len(name & candidate.near) / num_name,
        len(name & inside) / num_inside,
        min(2, len(about & candidate.near)) / 2,
        len(about & inside) / num_inside,
        len(parameter.of_tool & inside) / num_inside,
        is_same_rank,
        is_same_rank * (parameter.kind == "number"),
        float(is_written),
        float(bool(name & candidate.near)),
        float(inside <= parameter.of_tool | about | name),
        float(parameter.is_list),
        likeness(parameter.direction, _direction(inside)),
        float(candidate.rank == parameter.rank and candidate.features[0] == "k:quote"),
    )


@lru_cache(maxsize=8192)
def _direction(stems: frozenset[str]) -> tuple[float, ...]:
    return direction(sorted(stems))


def likeness(one: Sequence[float], other: Sequence[float]) -> float:
    """Return how alike two directions of word vectors are, -1 to 1."""
    return math.fsum(map(mul, one, other))


def chosen(
    request: Request, parameter: Parameter, choice: Choice
) -> tuple[tuple[str, ...], tuple[float, ...], int, int]:
    """Return the features and overlaps of a value that the schema offers, and where the request says it."""
    said = frozenset(request.stems)
    if isinstance(choice.value, bool):
        of_name = len(parameter.of_name & said) / (len(parameter.of_name) or 1)
        of_about = min(3, len(parameter.of_about & said)) / 3
        is_negated = float(bool(said & _NEGATIONS))
        sign = 1.0 if choice.value else -1.0
        features = (f"b:{choice.value}", f"bn:{choice.value}{round(3 * of_name)}", f"bx:{choice.value}{is_negated}")
        return features, (of_name, of_about, sign * of_name, sign * of_about, sign * is_negated, *_BLANK[5:]), 0, 0
    place = _find(choice.lower, request)
    common = len(choice.stems & said) / (len(choice.stems) or 1)
    features = (f"ch:{round(4 * common)}", f"cx:{place is not None}", f"v:{choice.lower}")
    start, end = place or (0, 0)
    about = float(bool(parameter.of_name & said))
    return features, (common, float(place is not None), common == 1.0, about * common, *_BLANK[4:]), start, end


_BLANK = (0.0,) * NUM_OVERLAPS


def _find(lower: str, request: Request) -> tuple[int, int] | None:
    match = re.search(rf"(?<!\w){re.escape(lower)}(?!\w)", request.lower)
    return match.span() if match else None


def _product(towards: Sequence[int], vector: Sequence[int]) -> float:
    known = table()
    biases = known.bias_steps[0] * towards[WIDTH] + known.bias_steps[1] * vector[WIDTH]
    product: int = sum(map(mul, towards, vector)) - towards[WIDTH] * vector[WIDTH]
    return known.bias + biases + known.step * product


def _chance(score: float, overlap: Sequence[float]) -> float:
    total = score + sum(map(mul, table().overlaps, overlap))
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))


def row(feature: str, rows: int) -> int:
    """Return the row of a feature in a table of `rows` rows."""
    return zlib.crc32(feature.encode("utf-8", "surrogatepass")) % rows


def _sum(features: Sequence[str], row_of: Callable[[str], int]) -> tuple[int, ...]:
    """Return the sum of the features' vectors: rows are integers of one lane a number, so that adding them is fast."""
    lanes = _LANES.unpack(sum(map(row_of, features)).to_bytes(_LANES.size, "little"))
    shift = _SHIFT * len(features)
    return tuple([lane - shift for lane in lanes])


@lru_cache(maxsize=4096)
def _candidate_sum(features: tuple[str, ...]) -> tuple[int, ...]:
    return _sum(features, _candidate_row)


@lru_cache(maxsize=16384)
def _parameter_row(feature: str) -> int:
    return _packed(table().of_parameters, row(feature, ROWS_OF_PARAMETERS))


@lru_cache(maxsize=16384)
def _candidate_row(feature: str) -> int:
    return _packed(table().of_candidates, row(feature, ROWS_OF_CANDIDATES))


def _packed(rows: bytes, place: int) -> int:
    """Return a row of signed bytes as one integer of wide lanes, each number shifted so that none is negative."""
    numbers = _ROW.unpack_from(rows, _ROW.size * place)
    return int.from_bytes(_LANES.pack(*(number + _SHIFT for number in numbers)), "little")


@cache
def table() -> Table:
    """Read the table that the package brings."""
    text = resources.files(__package__).joinpath("table.json").read_text(encoding="utf-8")
    return read_table(json.loads(text))


def read_table(written: dict[str, Any]) -> Table:
    """Return the table of its written form."""
    return Table(
        base64.b85decode(written["parameters"]),
        base64.b85decode(written["candidates"]),
        written["steps"][0] * written["steps"][1],
        (written["steps"][0], written["steps"][1]),
        tuple(written["overlaps"]),
        float(written["bias"]),
        base64.b85decode(written["quotable"]["weights"]),
        written["quotable"]["step"],
        written["quotable"]["bias"],
    )
