"""How likely each candidate of a request fills a parameter.

Pure and deterministic. It knows nothing of prompts.
"""

import datetime
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

from tercet.backends.embedded.drafts.candidates import Candidate, Request
from tercet.backends.embedded.drafts.counts import BEFORE_CHRIST, PART
from tercet.backends.embedded.drafts.overlaps import of_choice, overlaps
from tercet.backends.embedded.drafts.parameters import Choice, Parameter
from tercet.backends.embedded.drafts.reranker import Place, Read
from tercet.backends.embedded.drafts.table import logistic, of_candidate, of_parameter, score_of, table
from tercet.backends.embedded.wording import durations, measures
from tercet.backends.embedded.wording.kinds import code_of, kinds_of, meant_by
from tercet.backends.embedded.wording.words import FUNCTION_WORDS, identifier_stems, singular

MIN_ROOT = 6
"""Letters of a stem from which a longer word that begins with it is made from it."""
MAX_PLACES = 4
"""Places of a request at which one choice is said."""
NONE = 0.002
"""Chance below which a candidate is none."""
INSTEAD, SUPERSEDED = 0.5, 0.05
"""Chance from which a value stands instead of those that were said in messages before, and what is left of theirs."""
UNSAID = 0.1
"""What is left of the chance of a choice that other words imply where another one is said, or whose words are a part of
another's."""
ASSIGNED, ASSIGNED_ELSEWHERE = 0.98, 0.05
"""Chance of what is said to be this parameter's, as in `c=5`, and what is left of that of another's."""
MISFIT = 0.03
"""What is left of the chance of a file, a link or the like where a day or a time is wanted, and of the form of one:
`YYYY-MM-DD`."""
_FORM = re.compile(r"(?:Y{4}|YY|MM|DD|HH|hh|mm|ss)(?:[-/.: T]?(?:Y{4}|YY|MM|DD|HH|hh|mm|ss))+")
_ADDRESSES, _DAYS = frozenset(("file", "link", "email", "path")), frozenset(("weekday", "month"))
OF_PERIOD = 0.85
"""Chance of what a month, a quarter or a year says of a parameter."""
SAME_NAME, OTHER_ROW, OTHER_NAME = 0.7, 0.03, 0.03
"""Chance from which what a result calls by the parameter's name is its value; what is left of that of a row that is not
meant, and of what a call took as something else."""


_CODES_OF = {"country3": "country", "airport": "city"}
"""By kind of code, the kind of what it stands for, where that is called otherwise."""
_SIGNED = re.compile(r"\bnegative\b|\bbce?\b")
NO_UNIT = 0.1
"""What is left of the chance of what is no known unit where one is wanted."""
_UNIT = identifier_stems("unit")[0]
_LOOKS = frozenset(("code", "number"))
"""Kinds that tell no more than how a value looks."""


class Value(NamedTuple):
    """A likely value of a parameter."""

    chance: float
    forms: tuple[Any, ...]
    """The value, and other ways to write it, such as an ISO date beside the words."""
    start: int
    end: int
    is_prescribed: bool = False
    """Whether the tool asks for the first form."""

    @property
    def value(self) -> Any:
        """The form that is told."""
        return self.forms[0]


class Option(NamedTuple):
    """What could be a parameter's value: a candidate of the request, or one of its choices."""

    features: tuple[str, ...]
    overlap: tuple[float, ...]
    start: int
    end: int
    candidate: Candidate | None
    choice: Choice | None

    @property
    def nth(self) -> int:
        """Its place among the choices; below 0 if it is none."""
        return -1 if self.choice is None else self.choice.nth

    def forms(self, parameter: Parameter) -> tuple[Any, ...]:
        """Return the ways to write it."""
        if self.candidate is None:
            return () if self.choice is None else (self.choice.value,)
        return value_of(self.candidate, parameter, 1.0).forms


Reread = Callable[[Sequence[Place]], list[float]]
"""What reading the whole request makes of a parameter's possible values: their scores."""


def share_words(one: Value | Candidate, other: Value | Candidate) -> bool:
    """Say whether two values share words of the request."""
    return one.start < other.end and other.start < one.end


def scored(request: Request, offered: Sequence[Parameter], read: Read | None = None) -> list[list[Value]]:
    """Return for each parameter of a tool the candidates of the right kind with their chances; `read`: the request as
    it was read together with that tool."""
    if read is None:
        return [scores(request, parameter) for parameter in offered]
    return [scores(request, parameter, partial(read.scores, place)) for place, parameter in enumerate(offered)]


def scores(request: Request, parameter: Parameter, read: Reread | None = None) -> list[Value]:
    """Return the candidates of the right kind, each with its chance; `read`: what reading the whole request makes of
    their scores."""
    found = []
    all_options = list(options(request, parameter))
    alone = table_scores(all_options, parameter)
    chances = map(logistic, alone if read is None else read(places(all_options, alone)))
    for option, chance in zip(all_options, chances, strict=True):
        if option.choice is not None:
            found.append(Value(chance, (option.choice.value,), option.start, option.end))
        elif option.candidate is not None:
            chance = _beside_others(chance, option.candidate, parameter, request)
            found += [value_of(option.candidate, parameter, chance)] if chance >= NONE else []
    of_periods = list(_of_periods(request, parameter))
    found = [value for value in found if not any(share_words(value, other) for other in of_periods)] + of_periods
    if parameter.is_list:
        return found
    found = _units_first(found) if parameter.head == _UNIT and is_open_text(parameter) else found
    found = _longest_said(_first_said(found)) if parameter.choices else found
    return found if len(request.answers) < 2 else _latest(request, found)


def options(request: Request, parameter: Parameter) -> Iterator[Option]:
    """Yield all that could be a parameter's value."""
    for each in fitting(request, parameter):
        yield Option(each.features, overlaps(each, parameter), each.start, each.end, each, None)
    for choice in parameter.choices:
        for features, overlap, start, end in chosen(request, parameter, choice):
            yield Option(features, overlap, start, end, None, choice)


def table_scores(found: Sequence[Option], parameter: Parameter) -> list[float]:
    """Return the score of each option by its features."""
    known, towards = table(), of_parameter(parameter.features)
    return [score_of(known, towards, of_candidate(each.features), each.overlap) for each in found]


def places(found: Sequence[Option], alone: Sequence[float]) -> list[Place]:
    """Return where options stand, with their scores by the table."""
    return [
        Place(each.start, each.end, each.nth, each.overlap, score) for each, score in zip(found, alone, strict=True)
    ]


def _beside_others(chance: float, candidate: Candidate, parameter: Parameter, request: Request) -> float:
    """Return the chance of a candidate as it is where it is said to be some parameter's, or something else."""
    wants_day = bool(parameter.kinds & _DAYS or parameter.dated_as or parameter.timed_as)
    is_address = candidate.kinds & _ADDRESSES and not candidate.kinds & parameter.kinds
    if (wants_day and is_address) or _FORM.fullmatch(str(candidate.value)):
        chance *= MISFIT
    if candidate.assigned:
        return _as_assigned(chance, candidate, parameter)
    is_known = bool(request.called) or candidate.leaf is not None
    chance = _as_known(chance, candidate, parameter, request.called) if is_known else chance
    return _as_returned(chance, candidate, parameter, request.returned) if parameter.is_key else chance


def _units_first(values: list[Value]) -> list[Value]:
    """Return the values of a unit, those that are no known unit less likely, most of all where one of them is."""
    are_units = [_is_unit(str(value.value)) for value in values]
    left = MISFIT if any(are_units) else NO_UNIT
    pairs = zip(values, are_units, strict=True)
    return [value if is_unit else value._replace(chance=value.chance * left) for value, is_unit in pairs]


def _is_unit(text: str) -> bool:
    return "unit" in kinds_of(text) or any(kind == "unit" for kind, _ in meant_by(text))


def _first_said(values: list[Value]) -> list[Value]:
    """Return the values of a choice, those that nobody said less likely where another one is likely said."""
    is_said = any(value.end and value.chance >= INSTEAD for value in values)
    return [value if value.end or not is_said else value._replace(chance=value.chance * UNSAID) for value in values]


def _longest_said(values: list[Value]) -> list[Value]:
    """Return the values of a choice, those less likely whose words are a part of another's: `marathon` in `half
    marathon`."""
    return [
        value._replace(chance=value.chance * UNSAID) if any(_is_part(value, other) for other in values) else value
        for value in values
    ]


def _is_part(value: Value, other: Value) -> bool:
    is_inside = other.start <= value.start < value.end <= other.end
    return is_inside and value.end - value.start < other.end - other.start


def _of_periods(request: Request, parameter: Parameter) -> Iterator[Value]:
    """Yield what a month, a quarter or a year says of a parameter: its first or last day, its month, its number."""
    if parameter.kind == "number":
        named = request.months if parameter.name.lower().endswith("month") else ()
        named = request.quarters if parameter.name.lower().endswith("quarter") else named
        yield from (Value(OF_PERIOD, (each.number,), each.start, each.end, True) for each in named)
    elif parameter.is_cron and parameter.kind == "string":
        yield from (Value(OF_PERIOD, (each.cron,), each.start, each.end, True) for each in request.repeated)
    elif parameter.dated_as and not parameter.choices and not any(each.iso for each in request.dated):
        for period in request.periods:
            if parameter.edge == "first":
                yield Value(
                    OF_PERIOD, (period.first.strftime(parameter.dated_as),), period.start, period.start + 1, True
                )
            elif parameter.edge == "last":
                yield Value(OF_PERIOD, (period.last.strftime(parameter.dated_as),), period.end - 1, period.end, True)
            elif parameter.dated_as == "%Y-%m" and period.is_month:
                yield Value(OF_PERIOD, (period.first.strftime("%Y-%m"),), period.start, period.end, True)


def _latest(request: Request, values: list[Value]) -> list[Value]:
    """Return the values, those less likely that a later message puts others in the place of: `two`, `make it three`."""
    turns = [request.turn(value.start) if 0 < value.end <= len(request.lower) else -1 for value in values]
    last = max((turn for turn, value in zip(turns, values, strict=True) if value.chance >= INSTEAD), default=-1)
    return [
        value._replace(chance=value.chance * SUPERSEDED) if 0 <= turn < last else value
        for turn, value in zip(turns, values, strict=True)
    ]


def _as_assigned(chance: float, candidate: Candidate, parameter: Parameter) -> float:
    """Return the chance of a candidate that is said to be some parameter's: 5 is `c` in `b=6 and c=5`."""
    if parameter.parts and candidate.assigned[-len(parameter.parts) :] == parameter.parts:
        return max(chance, ASSIGNED)
    return chance * ASSIGNED_ELSEWHERE if candidate.assigned[-1] in parameter.of_others else chance


def _as_known(
    chance: float, candidate: Candidate, parameter: Parameter, called: Mapping[str, frozenset[tuple[str, ...]]]
) -> float:
    """Return the chance of a candidate where results are known: of a row that others are described of it is little, as
    of what an earlier call took under another name: an order's number is not its id."""
    leaf = candidate.leaf
    if leaf is not None and not leaf.is_argument and leaf.path[-len(parameter.parts) :] == parameter.parts:
        chance = max(chance, SAME_NAME)
    if leaf is not None and leaf.standing < 0:
        return chance * OTHER_ROW
    if leaf is not None and not leaf.is_argument and leaf.key[-1:] == (parameter.head,):
        return chance
    names = called.get(str(candidate.value).lower())
    if not names or parameter.parts in names or (candidate.kinds & parameter.kinds) - _LOOKS:
        return chance
    return chance * OTHER_NAME


def _as_returned(
    chance: float, candidate: Candidate, parameter: Parameter, returned: Mapping[str, frozenset[str]]
) -> float:
    """Return the chance of what is said for an id or the like: little where a result calls it something else."""
    names = returned.get(str(candidate.value).lower()) if candidate.leaf is None else None
    return chance * OTHER_NAME if names and parameter.head not in names else chance


def value_of(candidate: Candidate, parameter: Parameter, chance: float) -> Value:
    """Return a candidate as a value: what it says and what else means the same, first what the parameter wants."""
    said = (candidate.value, *candidate.others)
    kind = candidate.features[0]
    coded = (coding for coding in sorted(parameter.coded) if _CODES_OF.get(coding, coding) in candidate.kinds)
    wanted: list[Any] = [code_of(candidate.value, coding) for coding in coded]
    if kind == "k:date" and candidate.others and parameter.dated_as:
        wanted.append(datetime.date.fromisoformat(candidate.others[0]).strftime(parameter.dated_as))
    elif candidate.unit and parameter.unit and candidate.unit != parameter.unit:
        ways = (durations.converted, measures.converted)
        wanted += [convert(candidate.value, candidate.unit, parameter.unit) for convert in ways]
    elif candidate.unit == PART and parameter.is_percent:
        wanted.append(durations.plain(100 * candidate.value))
    elif candidate.unit == BEFORE_CHRIST and _SIGNED.search(parameter.about):
        wanted.append(-candidate.value)
    elif candidate.unit == measures.CENT and not parameter.unit and parameter.kind == "number":
        wanted.append(measures.converted(candidate.value, measures.CENT, measures.WHOLE))
    elif kind == "k:time" and parameter.timed_as:
        wanted += [form for form in map(partial(_clocked, parameter.timed_as), candidate.others) if form]
    elif kind in ("k:number", "k:series") and parameter.wants_fraction:
        wanted += candidate.others
    elif kind == "k:run" and parameter.is_singular:
        wanted.append(singular(candidate.value))
    first = [form for form in wanted if form is not None][:1]
    forms = (*first, *(form for form in said if form not in first))
    return Value(chance, forms, candidate.start, candidate.end, bool(first))


def _clocked(as_what: str, clock: str) -> str | None:
    """Return a time, or a day and a time, in a form; None where that needs what was not said."""
    if ("%Y" in as_what) != ("T" in clock):
        return None
    if "%Y" not in as_what:
        return f"{clock}:00" if as_what.endswith("%S") else clock
    return datetime.datetime.fromisoformat(clock).strftime(as_what)


def fitting(request: Request, parameter: Parameter) -> tuple[Candidate, ...]:
    """Return the candidates that are of the parameter's kind."""
    if parameter.choices:
        return ()
    lists = request.lists if parameter.is_list else ()
    if parameter.kind == "number":
        return lists or request.numbers
    texts = request.texts
    if "currency" not in parameter.kinds:
        texts = tuple(text for text in texts if text.features[0] != "k:sign")
    if parameter.kind == "string":
        return (*lists, *texts)
    return (*lists, *texts, *request.numbers)


def is_open_text(parameter: Parameter) -> bool:
    """Say whether a parameter takes one text, whatever it is."""
    return parameter.kind == "string" and not parameter.choices and not parameter.is_list


def quotable(parameter: Parameter) -> float:
    """Return how likely the text of a parameter that has one is words of the request, as they stand there."""
    known = table()
    return logistic(known.quotable_bias + sum(known.quotable.get(feature, 0.0) for feature in parameter.features))


def chosen(
    request: Request, parameter: Parameter, choice: Choice
) -> Iterator[tuple[tuple[str, ...], tuple[float, ...], int, int]]:
    """Yield the features and overlaps of a value that the schema offers wherever the request says it; once with no
    place where it does not."""
    features = (f"v:{choice.lower}", f"c:{parameter.kind}")
    places = list(_said(choice, request))
    for start, end, candidate in places:
        overlap = of_choice(choice, parameter, request, candidate, is_said=True)
        yield (*features, *candidate.features) if candidate else features, overlap, start, end
    if not places:
        yield features, of_choice(choice, parameter, request, None, is_said=False), 0, 0


def _is_said_as(candidate: Candidate, choice: Choice) -> bool:
    """Say whether words of a request are a choice's in other forms, or mean what it does: `kilos` is "kg"."""
    if candidate.inside == choice.stems or _is_derived(candidate.inside, choice.stems):
        return True
    return not choice.meant.isdisjoint(meant_by(str(candidate.value)))


def _is_derived(inside: frozenset[str], stems: frozenset[str]) -> bool:
    """Say whether a word is made from a choice's by another ending: `trapezoidal` from "trapezoid"."""
    if len(inside) != 1 or len(stems) != 1:
        return False
    (word,), (root,) = inside, stems
    return len(root) >= MIN_ROOT and word.startswith(root)


def _said(choice: Choice, request: Request) -> Iterator[tuple[int, int, Candidate | None]]:
    """Yield where a request says a choice: as a number if it is one, else in its own words, or other forms of them."""
    if choice.truth is not None:
        return
    if choice.number is not None:
        found = [number for number in request.numbers if number.value == choice.number]
    else:
        matches = re.finditer(rf"(?<!\w){re.escape(choice.lower)}(?!\w)", request.lower)
        places = [match.span() for match in islice(matches, MAX_PLACES)]
        candidates = {(each.start, each.end): each for each in request.texts} if places else {}
        if choice.lower in FUNCTION_WORDS and str(choice.value).isupper():
            places = [at for at in places if at in candidates and candidates[at].value == choice.value]
        yield from ((*place, candidates.get(place)) for place in places)
        found = [] if places or not choice.stems else [each for each in request.texts if _is_said_as(each, choice)]
    yield from ((each.start, each.end, each) for each in found[-MAX_PLACES:])
