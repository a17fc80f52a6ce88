"""Which candidate goes to which parameter: what is told of a call's arguments, each with how likely it is.

The likeliest is settled first, and what is left over is shared out. It knows nothing of how chances are computed.
"""

import heapq
import re
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import combinations, pairwise
from typing import NamedTuple

from tercet.backends.embedded.drafts.candidates import Candidate, Request
from tercet.backends.embedded.drafts.parameters import Parameter
from tercet.backends.embedded.drafts.reranker import Read
from tercet.backends.embedded.drafts.rivalry import settled
from tercet.backends.embedded.drafts.scorer import Value, scored, share_words, value_of
from tercet.backends.embedded.drafts.settling import together

MIN_CHANCE = 0.15
TAKEN = 0.3
"""What is left of a value's chance once its words are another parameter's."""
TAKEN_BACK = 0.05
"""The same of one that is taken back."""
LEFT_OVER = 0.7
"""Chance of a number that is left for the only parameter that needs one."""
ONLY_NAME = 0.5
"""Chance of the only name that is left for the only text that a call needs."""
MAX_VALUES, MAX_LISTED = 3, 8
"""Values that are told of a parameter, and of one that takes a list or is likely given several."""
MAX_RIVALS = 24
"""Values of a parameter that are weighed against each other."""
LIKELY = 0.75
"""Chance from which two values of one parameter are taken for two requests."""
ENUMERATED = 0.98
"""Share of a value's chance that those have which it is enumerated with."""
MIN_RUN = 3
"""Values of an enumeration from which they are likely together: two may be the ends of a range."""
POSSIBLE = 0.02
"""Chance below which nothing counts as one of an enumeration."""
_ARTICLE = r"(?:the|an?|some|my|our)"
_BETWEEN = re.compile(
    r"\s*(?:,?\s+(?:and|or|plus|as well as|and also|and then)(?:\s+(?:in|for|of|to))?"
    rf"(?:\s+{_ARTICLE})?\s|,(?:\s+{_ARTICLE}\s)?|&)\s*"
)
_CORRECTION = re.compile(
    r"\b(?:no|sorry|wait|i meant?|actually|scratch that|(?:or )?rather|make (?:that|it)|oops|correction)\b"
)
_TAKEN_BACK = re.compile(rf"\W*(?:{_CORRECTION.pattern}\W*)+")


class Field(NamedTuple):
    """A parameter's name with its likely values, in the order in which they are said."""

    name: str
    values: tuple[Value, ...]
    is_list: bool = False
    """Whether the parameter takes a list."""
    row: str = ""
    """The list of objects that the parameter is a part of, if it is."""

    @property
    def likeliest(self) -> Value:
        """The likeliest of its values; there is always one."""
        return max(self.values, key=lambda value: value.chance)

    @property
    def chance(self) -> float:
        """How likely the likeliest is."""
        return self.likeliest.chance


Weighed = Sequence[Sequence[Value]]
"""By parameter, its likeliest values, weighed against all others."""


def fields(request: Request, offered: Sequence[Parameter], weighed: Weighed | None = None) -> list[Field]:
    """Return the parameters for which the request has likely values, in the order of the tool; `weighed`, if that is
    known.

    The likeliest pair is settled first; what it says is then less likely to belong to another parameter.
    """
    return _shared(request, offered, weigh(request, offered) if weighed is None else weighed)


def weigh(request: Request, offered: Sequence[Parameter], read: Read | None = None) -> Weighed:
    """Return each parameter's likeliest values, weighed against all others; `read`: the request as it was read together
    with the tool."""
    weighed = settled(list(map(_likeliest, scored(request, offered, read))), offered)
    return [_taken_back(values, request.lower) for values in weighed]


def _taken_back(values: list[Value], text: str) -> list[Value]:
    """Return the values, what is taken back at once with little of its chance, which is that of what is said instead:
    `at six, no wait, seven`."""
    if not _CORRECTION.search(text):
        return values
    found = list(values)
    said = sorted((place for place, value in enumerate(found) if value.end), key=lambda place: found[place].start)
    for one, other in combinations(said, 2):
        before, after = found[one], found[other]
        if _TAKEN_BACK.fullmatch(text, before.end, after.start):
            found[other] = after._replace(chance=max(before.chance, after.chance))
            found[one] = before._replace(chance=before.chance * TAKEN_BACK)
    return found


def _shared(request: Request, offered: Sequence[Parameter], weighed: Weighed) -> list[Field]:
    """Return the parameters' fields; of each words they share only the likeliest has them for certain."""
    likely = [[value for value in options if value.chance >= LIKELY] for options in weighed]
    elsewhere = [
        [value for at, values in enumerate(likely) if at != place for value in values] for place in range(len(likely))
    ]
    by_parameter = [_enumerated(*each, request.lower) for each in zip(weighed, elsewhere, strict=True)]
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
        if number not in lowered and not is_free(option, others):
            lowered.add(number)
            if -chance * TAKEN >= MIN_CHANCE:
                heapq.heappush(waiting, (chance * TAKEN, place, number))
        elif _is_new(option, kept[place]):
            kept[place].append(option._replace(chance=-chance))
    _share_out(request, offered, kept)
    return [
        Field(parameter.name, _of_one(parameter, values, request.lower), parameter.is_list, parameter.row)
        for parameter, values in zip(offered, kept, strict=True)
        if values
    ]


def chosen(offered: Sequence[Parameter], weighed: Weighed) -> dict[str, Field]:
    """Return by name the parameters that take one value, as far as they have any, each with what is likely beside all
    others."""
    single = [place for place, parameter in enumerate(offered) if not parameter.is_list]
    values = zip(single, together([weighed[place] for place in single]), strict=True)
    return {offered[place].name: Field(offered[place].name, (value,)) for place, value in values if value is not None}


def record(request: Request, offered: Sequence[Parameter], weighed: Weighed | None = None) -> list[Field]:
    """Return the parameters with one value each, as far as the request has any, chosen together; those that take
    several with all that are likely. `weighed`, if that is known."""
    weighed = weigh(request, offered) if weighed is None else weighed
    of_lists = {field.name: field for field in _shared(request, offered, weighed) if field.is_list}
    found = chosen(offered, weighed) | of_lists
    return [found[parameter.name] for parameter in offered if parameter.name in found]


def _likeliest(values: list[Value]) -> list[Value]:
    """Return the likeliest `MAX_RIVALS` of the values, in their order."""
    kept = heapq.nlargest(MAX_RIVALS, range(len(values)), key=lambda place: values[place].chance)
    return [values[place] for place in sorted(kept)]


def _share_out(request: Request, offered: Sequence[Parameter], kept: Sequence[list[Value]]) -> None:
    """Give the numbers that are left to the needed parameters that lack one, in order, where both are as many; lists
    likewise; and the only name that is left to the only text that lacks one."""
    pairs = list(zip(offered, kept, strict=True))
    needed = [pair for pair in pairs if pair[0].is_needed and not pair[0].choices and not _has_likely(pair[1])]
    taken = [value for values in kept for value in values if value.chance >= LIKELY]
    numbers = [number for number in request.numbers if "in:date" not in number.features and is_free(number, taken)]
    lists = [each for each in request.lists if each.features[0] == "k:list" and is_free(each, taken)]
    _give([pair for pair in needed if pair[0].kind == "number" and not pair[0].is_list], numbers, LEFT_OVER)
    _give([pair for pair in needed if pair[0].is_list and not pair[0].row], lists, LEFT_OVER)
    texts = [pair for pair in needed if pair[0].kind == "string" and not pair[0].is_list]
    if len(texts) == 1 and not texts[0][0].kinds and not texts[0][1]:
        told = [value for values in kept for value in values]
        names = [each for each in request.texts if _is_name(each) and is_free(each, told)]
        longest = [each for each in names if not any(other is not each and _holds(other, each) for other in names)]
        _give(texts, longest, ONLY_NAME)


def _has_likely(values: Iterable[Value]) -> bool:
    return any(value.chance >= LIKELY for value in values)


def _is_name(candidate: Candidate) -> bool:
    """Say whether a candidate is a name of two words or more that is whole and no place, day or the like."""
    return (
        "caps" in candidate.features and candidate.features[0] == "k:run" and not (candidate.is_torn or candidate.kinds)
    )


def _holds(one: Candidate, other: Candidate) -> bool:
    return one.start <= other.start and other.end <= one.end


def _give(lacking: Sequence[tuple[Parameter, list[Value]]], left: Sequence[Candidate], chance: float) -> None:
    if len(lacking) == len(left):
        for (parameter, values), candidate in zip(lacking, left, strict=True):
            values[:] = [value_of(candidate, parameter, chance)]


def is_free(option: Value | Candidate, taken: Iterable[Value | Candidate]) -> bool:
    """Say whether an option shares no words of the request with what is taken."""
    return not any(map(partial(share_words, option), taken))


def _of_one(parameter: Parameter, values: list[Value], text: str) -> tuple[Value, ...]:
    """Return the values that are told of a parameter; several as one where it takes several as one text."""
    told = _told(values, is_list=parameter.is_list or parameter.is_plural)
    likely = [value for value in told if value.chance >= LIKELY]
    if not parameter.is_plural or len(likely) < 2:
        return told
    if not are_enumerated(likely, text):
        return told
    both = ", ".join(str(value.value) for value in likely)
    return (Value(min(value.chance for value in likely), (both,), likely[0].start, likely[-1].end),)


def _told(values: list[Value], *, is_list: bool) -> tuple[Value, ...]:
    """Return the values that are told, as they are said: the likeliest few, and all that are likely."""
    listed = sorted(values, key=lambda value: value.start)
    ranked = sorted(listed, key=lambda value: -value.chance)
    most = MAX_LISTED if is_list else MAX_VALUES
    return tuple(value for value in listed if value.chance >= LIKELY or value in ranked[:most])


def _enumerated(weighed: Sequence[Value], elsewhere: Sequence[Value], text: str) -> list[Value]:
    """Return the options, each as likely as a likely one that it is enumerated with: `Oslo, Rome and Lima`. Of `1, 5
    and 10` none may be likely alone and one of them surely is: then all are. What is likely `elsewhere`, another
    parameter's, is not raised: `between 1955 and 1965`."""
    options = list(weighed)
    for run in _runs(options, text):
        together = sum(options[place].chance for place in run)
        if len(run) >= MIN_RUN and together >= LIKELY:
            for place in run:
                options[place] = options[place]._replace(chance=max(LIKELY, options[place].chance))
    likely = [place for place, option in enumerate(options) if option.chance >= LIKELY]
    while likely:
        known = options[likely.pop()]
        before = [n for n, one in enumerate(options) if _BETWEEN.fullmatch(text, one.end, known.start)]
        behind = _BETWEEN.match(text, known.end)
        after = [n for n, one in enumerate(options) if one.start == behind.end()] if behind else []
        for beside in filter(None, (before, after)):
            place = max(beside, key=lambda n: options[n].chance)
            if POSSIBLE <= options[place].chance < LIKELY and is_free(options[place], elsewhere):
                options[place] = options[place]._replace(chance=max(LIKELY, known.chance * ENUMERATED))
                likely.append(place)
    return options


def _runs(options: Sequence[Value], text: str) -> list[list[int]]:
    """Return the places of options that are enumerated one after the other."""
    order = sorted((place for place in range(len(options)) if options[place].end), key=lambda n: options[n].start)
    runs: list[list[int]] = []
    for place in order:
        one = options[place]
        if runs and _BETWEEN.fullmatch(text, options[runs[-1][-1]].end, one.start):
            runs[-1].append(place)
        else:
            runs.append([place])
    return runs


def are_enumerated(values: Sequence[Value], text: str) -> bool:
    """Say whether values stand one after the other with nothing but an `and` or the like between them; `text` in lower
    case."""
    return all(_BETWEEN.fullmatch(text, one.end, other.start) for one, other in pairwise(values))


def _is_new(option: Value, kept: Sequence[Value]) -> bool:
    """Say whether a value is kept beside those of its parameter that are likelier."""
    return len(kept) < MAX_LISTED and not any(
        share_words(option, other) or other.value == option.value for other in kept
    )
