"""One tool asked for several times in a message, most of the words left out: `Celtic in 1966-67, and Ajax in 1971-72`.

A piece that says anew what a piece before it has said begins another request; what all of them have in common is said
once, before, behind or in between. It knows nothing of other tools, nor how likely such a reading is.
"""

import math
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations, pairwise, product
from typing import NamedTuple

from tercet.backends.embedded.drafts import scorer
from tercet.backends.embedded.drafts.assignment import Field
from tercet.backends.embedded.drafts.candidates import Request
from tercet.backends.embedded.drafts.parameters import Parameter
from tercet.backends.embedded.drafts.pieces import Place, pieces
from tercet.backends.embedded.drafts.rivalry import settled
from tercet.backends.embedded.drafts.scorer import Value, share_words

MAX_RIVALS = 12
"""Values of a parameter in one piece that are weighed against each other."""
SAID, SAID_AGAIN, ALONE = 0.3, 0.12, 0.02
"""Chance from which a piece says a value: of a parameter that is said once, of one that others say, too, and of one
that they say where the value is all of the piece."""
ELSEWHERE = 0.5
"""Chance from which a value is another parameter's if the text is one request."""
LEFT = 0.05
"""Chance from which a part says itself what the others say, where it would have to be lent it."""
POSSIBLE = 0.03
"""Chance from which a text is read piece by piece for two values."""
REWORDED = 0.6
"""How likely a text is said as it is below which two of it are no two requests."""
_NO_VALUE = re.compile(
    r"\W*(?:separately|individually|respectively|please|thanks?(?: you)?|too|instead|both|each|today|now|all|one"
    r"|the (?:first|second|last) one)\W*",
    re.IGNORECASE,
)
"""Words that are no value though they stand alone."""
ENDS = re.compile(r"[.?!:\n]\W*$")
"""The end of a sentence, or of what announces others."""
_INSTEAD = re.compile(
    r"\b(?:no,? wait|no,|sorry|wait|i mean|scratch that|oops|correction|make (?:it|that)|or rather|actually)\b"
    r"|\bno\b\W*$",
    re.IGNORECASE,
)
"""What takes back what is said before it."""
OF_ALL = re.compile(r"\b(?:each|both|all|every|everything|everyone|them|those|these)\b", re.IGNORECASE)
_QUOTED = re.compile(r"[\"“«`'].*", re.DOTALL)
_MORE = re.compile(r"\w{4,}")


class Part(NamedTuple):
    """One of several requests: where it stands, and by the places of parameters what is said there."""

    start: int
    end: int
    values: Mapping[int, Value]
    possible: Sequence[Sequence[Value]] = ()
    """By the places of all parameters what may be said there."""
    lent: Mapping[int, Value] = {}
    """What others say for it."""


def parts(
    text: str, reader: Callable[[str], Request], offered: Sequence[Parameter], whole: Sequence[Field]
) -> list[Part]:
    """Return the requests that a text can be read as, at least two; none where it cannot. `reader` says what is found
    in a text or a piece of it; `whole`: what it says if it is one request. What is shared is yet to be filled in
    (`completed`)."""
    request = reader(text)
    places = pieces(text, request, takes_lists=any(each.is_list for each in offered))
    if len(places) < 2:
        return []
    alone = [scorer.scores(request, parameter) for parameter in offered]
    if not any(_may_be_repeated(values, places) for values in alone):
        return []
    said = [_piece(text, place, alone, reader, offered) for place in places]
    first = _joined(text, said, offered, lambda _, __: SAID)
    again = repeated(first)
    if not again:
        return []
    looks = {place: {look(text, part.values[place]) for part in first if place in part.values} for place in again}

    def least(place: int, value: Value) -> float:
        if look(text, value) not in looks.get(place, ()):
            return SAID
        return ALONE if _is_all(text, value, places) else SAID_AGAIN

    found = _without_asides(text, _joined(text, said, offered, least), offered, whole)
    again = repeated(found)
    return found if len(found) > 1 and all(again & part.values.keys() for part in found) else []


def in_turn(scored: Sequence[Sequence[Value]], offered: Sequence[Parameter]) -> list[dict[int, Value]]:
    """Return by the places of parameters what several requests say one behind the other, if at least two parameters
    have as many likely values, and those stand in turn: `channel 1 to 3.3 volts, channel 2 to 12`."""
    runs: dict[int, list[Value]] = {}
    for place, (values, parameter) in enumerate(zip(scored, offered, strict=True)):
        if not (parameter.is_list or parameter.row):
            runs[place] = _likely_apart(values)
    for count in sorted({len(run) for run in runs.values() if len(run) > 1}, reverse=True):
        chosen = {place: run for place, run in runs.items() if len(run) == count}
        others = [value for place, run in runs.items() if place not in chosen for value in run]
        if len(chosen) > 1 and _stand_in_turn(list(chosen.values()), others):
            return [{place: run[number] for place, run in chosen.items()} for number in range(count)]
    return []


def _likely_apart(values: Sequence[Value]) -> list[Value]:
    """Return the likely values as they are said, of those that share words the likeliest."""
    kept: list[Value] = []
    for value in sorted(values, key=lambda each: -each.chance):
        if value.chance < SAID:
            break
        if value.end and not any(share_words(value, other) for other in kept):
            kept.append(value)
    return sorted(kept, key=lambda each: each.start)


def _stand_in_turn(runs: Sequence[Sequence[Value]], others: Sequence[Value]) -> bool:
    """Say whether the first values of all runs stand before all second ones, and so on, and no words are those of two
    parameters."""
    groups = list(zip(*runs, strict=True))
    if any(max(each.end for each in one) > min(each.start for each in other) for one, other in pairwise(groups)):
        return False
    said = [value for group in groups for value in group]
    pairs = [*combinations(said, 2), *product(said, others)]
    return not any(share_words(one, other) for one, other in pairs)


def elsewhere(name: str, value: Value, whole: Sequence[Field]) -> float:
    """Return how likely a value of one parameter is another's if the text is one request."""
    others = (field.likeliest for field in whole if field.name != name)
    return max((other.chance for other in others if share_words(value, other)), default=0.0)


def completed(text: str, found: Sequence[Part], offered: Sequence[Parameter]) -> list[Part]:
    """Return the parts with all that is said in and for each, as pairs or combinations where it is enumerated so."""
    again = repeated(found)
    return _with_lent(text, _crossed(text, [_with_left(part, again) for part in found]), offered)


def repeated(found: Sequence[Part]) -> frozenset[int]:
    """Return the places of the parameters that several parts say."""
    counts = Counter(place for part in found for place in part.values)
    return frozenset(place for place, count in counts.items() if count > 1)


def differ(one: Value, other: Value) -> bool:
    """Say whether two values are not the same, as they are written."""
    return str(one.value).lower() != str(other.value).lower()


def look(text: str, value: Value) -> str:
    """Return what a value begins with: a digit, a capital, another letter or mark."""
    first = text[value.start : value.start + 1]
    return "0" if first.isdigit() else "A" if first.isupper() else "a"


def _piece(
    text: str,
    place: Place,
    alone: Sequence[Sequence[Value]],
    reader: Callable[[str], Request],
    offered: Sequence[Parameter],
) -> Part:
    """Return a piece with what may be said there, each as likely as in the text or as in the piece alone: the third of
    three rooms is a room, too."""
    start, end = place
    request = reader(text[start:end])
    found: list[list[Value]] = []
    for values, parameter in zip(alone, offered, strict=True):
        inside = {
            (each.start, each.end): each for each in values if each.end and start <= each.start and each.end <= end
        }
        for value in scorer.scores(request, parameter):
            at = (value.start + start, value.end + start)
            is_said = value.end and not _QUOTED.fullmatch(text, *at)
            if is_said and (at not in inside or inside[at].chance < value.chance):
                inside[at] = value._replace(start=at[0], end=at[1])
        found.append(sorted(inside.values(), key=lambda each: -each.chance)[:MAX_RIVALS])
    return Part(start, end, {}, settled(found, offered))


def _may_be_repeated(values: Sequence[Value], places: Sequence[Place]) -> bool:
    """Say whether two different values of a parameter stand in different pieces."""
    possible = [value for value in values if value.end and value.chance >= POSSIBLE]
    at = {(bisect_right(places, (value.start, math.inf)), str(value.value).lower()) for value in possible}
    return len({place for place, _ in at}) > 1 and len({value for _, value in at}) > 1


def _joined(
    text: str, said: Sequence[Part], offered: Sequence[Parameter], least: Callable[[int, Value], float]
) -> list[Part]:
    """Return the pieces as parts: one begins with what says anew what is said of the part before, unless that is taken
    back."""
    found: list[Part] = []
    for piece in said:
        values = _taken(piece.possible, least)
        last = found[-1] if found else None
        is_new = last is not None and bool(last.values) and _clash(last.values, values, offered)
        if last is None or (is_new and not _is_taken_back(text, last, values)):
            found.append(piece._replace(values=values))
        else:
            both = {**last.values, **values} if is_new else {**values, **last.values}
            found[-1] = Part(last.start, piece.end, both, _both(last.possible, piece.possible))
    return found


def _is_taken_back(text: str, last: Part, values: Mapping[int, Value]) -> bool:
    """Say whether values stand instead of those of the part before: `in Wedding, no wait, in Pankow`."""
    said = max(value.end for value in last.values.values())
    return _INSTEAD.search(text, said, max(said, min(value.start for value in values.values()))) is not None


def _both(one: Sequence[Sequence[Value]], other: Sequence[Sequence[Value]]) -> list[list[Value]]:
    return [[*values, *more] for values, more in zip(one, other, strict=True)]


def _taken(by_parameter: Sequence[Sequence[Value]], least: Callable[[int, Value], float]) -> dict[int, Value]:
    """Return by the place of a parameter what a piece says: the likeliest first, no words twice."""
    bids = [(place, value) for place, values in enumerate(by_parameter) for value in values]
    taken: dict[int, Value] = {}
    for place, value in sorted(bids, key=lambda bid: -bid[1].chance):
        is_new = place not in taken and not any(share_words(value, other) for other in taken.values())
        if is_new and value.chance >= least(place, value):
            taken[place] = value
    return taken


def _clash(known: Mapping[int, Value], values: Mapping[int, Value], offered: Sequence[Parameter]) -> bool:
    both = known.keys() & values.keys()
    return any(differ(known[place], values[place]) and _tells_apart(offered[place], values[place]) for place in both)


def _tells_apart(parameter: Parameter, value: Value) -> bool:
    """Say whether two values of a parameter make two requests."""
    if parameter.is_list:
        return isinstance(value.value, list)
    return not scorer.is_open_text(parameter) or scorer.quotable(parameter) >= REWORDED


def _is_all(text: str, value: Value, places: Sequence[Place]) -> bool:
    """Say whether a value is all that its piece says."""
    start, end = next(place for place in places if place[0] <= value.start and value.end <= place[1])
    around = text[start : value.start] + text[value.end : end]
    return not _MORE.search(around) and _NO_VALUE.fullmatch(text, start, end) is None


def _without_asides(text: str, found: list[Part], offered: Sequence[Parameter], whole: Sequence[Field]) -> list[Part]:
    """Return the parts, of at least three, those with others that say less than they do: a sentence before them all
    that tells what they are about, and what is something else if the text is one request."""
    again = repeated(found)
    said = [again & part.values.keys() for part in found]
    most = max(map(len, said))
    for number, part in enumerate(found if len(found) > 2 else ()):
        is_lead = number == 0 and len(said[0]) < min(map(len, said[1:])) and ENDS.search(text, part.start, part.end)
        is_else = all(elsewhere(offered[place].name, part.values[place], whole) >= ELSEWHERE for place in said[number])
        if is_lead or (len(said[number]) < most and is_else):
            first = max(0, number - 1)
            one, other = found[first], found[first + 1]
            others = {place: value for place, value in part.values.items() if place not in again}
            values = {**others, **(other if number == 0 else one).values}
            joined = Part(one.start, other.end, values, _both(one.possible, other.possible))
            return _without_asides(text, [*found[:first], joined, *found[first + 2 :]], offered, whole)
    return found


def _with_left(part: Part, again: frozenset[int]) -> Part:
    """Return a part with what it says itself, however unlikely, of what the others say."""
    values = dict(part.values)
    for place in sorted(again - values.keys()):
        left = [value for value in part.possible[place] if value.chance >= LEFT]
        free = [value for value in left if not any(share_words(value, other) for other in values.values())]
        if free:
            values[place] = max(free, key=lambda value: value.chance)
    return part._replace(values=values)


def _crossed(text: str, found: list[Part]) -> list[Part]:
    """Return the parts, where two parameters are enumerated one behind the other: as pairs of the first and the second
    if they are as many, else, or where all are meant of each, as all combinations."""
    again = repeated(found)
    firsts, seconds = _enumerations(found, again)
    if not firsts:
        return found
    if len(firsts) == len(seconds) and not OF_ALL.search(text):
        pairs = list(zip(firsts, seconds, strict=True))
    else:
        pairs = list(product(firsts, seconds))
    others = {place: value for part in found for place, value in part.values.items() if place not in again}
    values = [{**others, **dict(pair)} for pair in pairs]
    return [Part(found[0].start, found[-1].end, each) for each in values]


def _enumerations(
    found: Sequence[Part], again: frozenset[int]
) -> tuple[list[tuple[int, Value]], list[tuple[int, Value]]]:
    """Return the values of two parameters, each with its parameter's place, if all of one stand before all of the
    other; nothing else is said several times."""
    said = sorted(
        (value.start, place, value) for part in found for place, value in part.values.items() if place in again
    )
    order = [place for _, place, _ in said]
    count = order.count(order[0]) if len(again) == 2 else 0
    if count < 2 or len(order) - count < 2 or len(set(order[:count])) > 1:
        return [], []
    values = [(place, value) for _, place, value in said]
    return values[:count], values[count:]


def _with_lent(text: str, found: Sequence[Part], offered: Sequence[Parameter]) -> list[Part]:
    """Return the parts with what others say for each: the part before it, or else behind it, where several say it; what
    one says, where a call needs it or it is said of all."""
    again = repeated(found)
    of_all = dict(_of_all(text, found, offered, again))
    lent: list[Part] = []
    for number, part in enumerate(found):
        near = [*reversed(found[:number]), *found[number + 1 :]]
        lacking = again - part.values.keys()
        given = {place: next(each.values[place] for each in near if place in each.values) for place in lacking}
        lent.append(part._replace(lent={**of_all, **given}))
    return lent


def _of_all(
    text: str, found: Sequence[Part], offered: Sequence[Parameter], again: frozenset[int]
) -> Iterator[tuple[int, Value]]:
    """Yield what one part says of all."""
    for number, part in enumerate(found):
        inside = [part.values[place] for place in again & part.values.keys()]
        first, last = min(value.start for value in inside), max(value.end for value in inside)
        for place, value in part.values.items():
            is_before = number == 0 and value.end <= first
            is_behind = number == len(found) - 1 and value.start >= last and OF_ALL.search(text, last) is not None
            if place not in again and (offered[place].is_needed or is_before or is_behind):
                yield place, value
