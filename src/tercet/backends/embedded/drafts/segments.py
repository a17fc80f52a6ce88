"""Parts of a text that say the same of one thing after the other, and the objects that they are: `2 x Espresso 5.00`.

A list of objects is told in lines, sentences or an enumeration whose parts are alike: each has the numbers, or the
times, that an object has, and what is left of it is what the object is called.
"""

import re
from collections.abc import Callable, Sequence

from tercet.backends.embedded.drafts.assignment import record
from tercet.backends.embedded.drafts.parameters import Parameter
from tercet.backends.embedded.drafts.requests import read
from tercet.backends.embedded.drafts.scorer import Value
from tercet.backends.embedded.spoken import Spoken
from tercet.backends.embedded.wording.dates import dates_in
from tercet.backends.embedded.wording.measures import UNIT
from tercet.backends.embedded.wording.times import times_in
from tercet.backends.embedded.wording.words import identifier_stems
from tercet.numerals import numbers_in

MAX_PARTS = 60
"""Parts of a text that are looked at."""
MAX_TEXT = 6000
"""Characters of a text that are looked at."""
MAX_NAME = 8
"""Words of what an object is called."""
LIKELY_TEXT, LIKELY = 0.05, 0.3
"""Chance from which a text, and any other value, is an object's."""
_LINE, _SENTENCE = re.compile(r"\s*\n\s*"), re.compile(r"(?<=[\w)\]%]{2}[.!?])\s+(?=\S)|\s*[;\n]\s*")
_ENUMERATED = re.compile(r",\s+(?:and\s+|plus\s+)?|\s+(?:and|plus|&)\s+")
_WHEN = frozenset(("date", "time", "weekday"))
_UNITS = frozenset(identifier_stems("unit"))
_COUNTED_IN = re.compile(rf"\d\s?({UNIT})\b")
"""A number with its unit."""
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_COUNT = re.compile(
    rf"[$€£]?(?<![\w.])-?\d[\d.,]*(?:\s?[x×%€$£](?!\w)|\s?(?:{UNIT})\b(?:/\w+)?|\s?\w{{1,3}}/\w{{1,3}})?"
    r"(?:\s(?:each|euros?|dollars?|pounds?|pcs|pieces)\b)?"
)
_NUMBER = re.compile(r"[$€£]?(?<![\w.:/-])\d[\d.,]*(?![\w:/]*\d)")
_NAMED = re.compile(r"(?:[a-z][\w'’-]* ){1,3}([A-ZÀ-Þ][\w'’-]*(?: [A-ZÀ-Þ][\w'’-]*){0,2})")
_OPENING = re.compile(r"(?:of|x|×|the|an?|and|then|plus|some|with|for|to)\s+", re.IGNORECASE)
_CLOSING = re.compile(
    r"(?:\s+(?:at|for|is|was|are|costs?|of|by|to|with|=|got|received|has|scored|earned|won|weighs|votes?)|[\s,;:.!?=|*-]+)\Z",
    re.IGNORECASE,
)
_BEHIND = re.compile(
    r"\s+(?:from|at|over|near|around|by|on|into|in|please|pls|thanks|to)\s.*\Z|[?!].*\Z", re.IGNORECASE | re.DOTALL
)
"""What stands behind the last part of an enumeration and is no more of it."""


def rows_in(text: str, offered: Sequence[Parameter]) -> list[dict[str, Value]]:
    """Return the objects that `text` lists, with values of the parameters `offered` that each has; none where no two
    parts of it are alike."""
    numbers = [each for each in offered if each.kind == "number" and not (each.choices or each.is_plural)]
    timed = [each for each in offered if each.timed_as or each.dated_as or _WHEN & each.kinds]
    if not numbers and not timed:
        return []
    least, most = max(1, sum(each.is_needed for each in numbers)), max(1, len(numbers))
    count = _num_numbers if numbers else _num_times
    sentences = [part for part in _SENTENCE.split(text)[:MAX_PARTS] if part.strip()]
    ways = [_LINE.split(text)[:MAX_PARTS], *(_ENUMERATED.split(each)[:MAX_PARTS] for each in sentences), sentences]
    best = max((_run(parts, least, most, count) for parts in ways), key=len)
    return _Rows(offered, numbers, best).made() if len(best) > 1 else []


def listed(text: str, offered: Sequence[Parameter]) -> dict[str, list[dict[str, Value]]]:
    """Return the objects that `text` lists of each list of objects among what is `offered`, by its path."""
    paths = dict.fromkeys(each.row for each in offered if each.row)
    found = {path: rows_in(text[:MAX_TEXT], [each for each in offered if each.row == path]) for path in paths}
    return {path: rows for path, rows in found.items() if rows}


def _num_numbers(part: str) -> int:
    return sum(1 for _ in _NUMBER.finditer(_times_removed(part)))


def _times_removed(part: str) -> str:
    for timed in sorted(times_in(part), key=lambda each: -each.start):
        part = part[: timed.start] + " " + part[timed.end :]
    return part


def _num_times(part: str) -> int:
    return sum(1 for _ in times_in(part)) or sum(1 for _ in dates_in(part))


def _run(parts: Sequence[str], least: int, most: int, count: Callable[[str], int]) -> list[str]:
    """Return the longest row of parts side by side each of which may be an object: has so many numbers, or times. The
    first may have others before its own."""
    longest: list[str] = []
    run: list[str] = []
    before = ""
    for part in [*map(str.strip, filter(str.strip, parts)), ""]:
        if part and least <= count(part) <= most:
            run.append(part)
            continue
        if run and before and _NUMBER.match(run[0]) and count(before) > most:
            run = [_from_last(before, most), *run]
        longest, run, before = max(longest, run, key=len), [], part
    return longest


def _from_last(part: str, most: int) -> str:
    """Return a part from the first of its last `most` numbers on."""
    found = list(_NUMBER.finditer(part))
    return part[found[-most].start() :] if len(found) >= most else part


class _Rows:
    """The parts of one list while they become objects."""

    def __init__(self, offered: Sequence[Parameter], numbers: Sequence[Parameter], parts: list[str]) -> None:
        self._offered, self._numbers = offered, numbers
        self._texts = frozenset(each.name for each in offered if each.kind == "string" and not each.choices)
        is_first = sum(bool(_NUMBER.match(part)) for part in parts[1:]) > (len(parts) - 1) / 2
        head = parts[0]
        if is_first and (found := _NUMBER.search(head)):
            head = head[found.start() :]
            parts = [head, *parts[1:-1], _without_rest(parts[-1])]
        elif ": " in head and not all(": " in part for part in parts[1:]):
            head = head.rsplit(": ", 1)[1].strip()
            parts = [head, *parts[1:]]
        self._parts = parts

    def made(self) -> list[dict[str, Value]]:
        """Return the objects that have all texts which most of them have, if those are two or more."""
        main = self._main()
        rows = [self._row(part, main) for part in self._parts]
        usual = [name for name in self._texts if 2 * sum(name in row for row in rows) > len(rows)]
        whole = [row for row in rows if row and all(name in row for name in usual)]
        is_named = main is None or main.name in usual
        return whole if is_named and len(whole) > 1 else []

    def _main(self) -> Parameter | None:
        """Return the parameter that is what the object is called: the only open text that is of no known kind."""
        texts = list(filter(self._is_name, self._offered))
        named = [each for each in texts if not each.kinds] if len(texts) > 1 else texts
        return named[0] if len(named) == 1 else None

    def _is_name(self, parameter: Parameter) -> bool:
        """Say whether a parameter takes an open text that is no time and no unit."""
        is_other = parameter.timed_as or parameter.dated_as or _WHEN & parameter.kinds or _UNITS & parameter.of_name
        return parameter.name in self._texts and not is_other

    def _row(self, part: str, main: Parameter | None) -> dict[str, Value]:
        request = read(Spoken(part))
        others = [
            each._replace(is_list=False, row="")
            for each in self._offered
            if each != main and not (each.name in self._texts and _UNITS & each.of_name)
        ]
        row = {
            field.name: field.likeliest
            for field in record(request, others)
            if field.chance >= (LIKELY_TEXT if field.name in self._texts else LIKELY)
        }
        said = [match[0].strip("$€£") for match in _NUMBER.finditer(_times_removed(part))]
        names = [each.name for each in self._numbers]
        if len(names) == 1 and len(said) == 1:
            row[names[0]] = _value(said[0])
        elif len(said) == len(names) and not all(name in row for name in names):
            row |= {name: _value(number) for name, number in zip(names, said, strict=True)}
        lacking = (
            [main] if main is not None else [each for each in others if self._is_name(each) and each.name not in row]
        )
        told = [row[each.name] for each in others if each.name in row and each.kind == "string" and row[each.name].end]
        if len(lacking) == 1 and (name := _named(_left(part, told))):
            row[lacking[0].name] = Value(1.0, (name,), 0, 0)
        for each in self._offered:
            if _UNITS & each.of_name and each.kind == "string" and (found := _COUNTED_IN.search(part)):
                row[each.name] = Value(1.0, (found[1],), 0, 0)
        return row


def _without_rest(part: str) -> str:
    """Return the last part of an enumeration without what stands behind it and has no number."""
    cut = _BEHIND.sub("", part)
    return cut if _num_numbers(cut) == _num_numbers(part) else part


def _named(left: str) -> str:
    """Return what is called by its name where that stands behind what it is: `Eli` of `her son Eli`."""
    match = _NAMED.fullmatch(left)
    return match[1] if match else left


def _value(said: str) -> Value:
    number = next(iter(numbers_in(said.rstrip(".,")))).value
    return Value(1.0, (int(number) if number.is_integer() else number,), 0, 0)


def _left(part: str, values: Sequence[Value]) -> str:
    """Return what a part says beside its numbers and some of its values."""
    for value in sorted(values, key=lambda each: -each.start):
        part = part[: value.start] + " " + part[value.end :]
    left = re.sub(r"\s+", " ", _COUNT.sub(" ", _BRACKETS.sub(" ", part))).strip(" ,;:.!?-–•*|\"'")
    while match := _OPENING.match(left):
        left = left[match.end() :]
    while match := _CLOSING.search(left):
        left = left[: match.start()]
    return left if 0 < len(left.split()) <= MAX_NAME else ""
