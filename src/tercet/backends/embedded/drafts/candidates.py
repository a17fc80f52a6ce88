"""What in a request could be the value of some parameter: runs of words, quotations, numbers, dates, lists.

Each candidate carries what it looks like and what stands around it, as names of features. It knows nothing of tools.
"""

import json
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, islice
from typing import Any, NamedTuple

from tercet.backends.embedded.drafts.dates import Dated, dates_in
from tercet.backends.embedded.drafts.durations import durations_in
from tercet.backends.embedded.drafts.imperatives import IMPERATIVE
from tercet.backends.embedded.drafts.kinds import kinds_of, likeness_of
from tercet.backends.embedded.drafts.returned import Leaf, leaves
from tercet.backends.embedded.drafts.runs import ENDS, MAX_RUN, runs, tails
from tercet.backends.embedded.drafts.times import Timed, times_in
from tercet.backends.embedded.drafts.words import MAX_WORDS, Word, identifier_stems, shape, stems_of, words
from tercet.backends.embedded.spoken import Spoken
from tercet.numerals import Number, numbers_in

MAX_ASKED = 400
"""Characters of a question that are read, up to its end."""


class Reach(NamedTuple):
    """How much of a request is read."""

    words: int = MAX_WORDS
    """Words and marks."""
    candidates: int = 160
    """Runs of words, quotations and dates."""


ORDINARY = Reach()
"""Of a request for a call."""


_QUOTED = re.compile(
    r'"([^"\n]{1,600})"|“([^”\n]{1,600})”|`([^`\n]{1,600})`|(?<!\w)\'([^\'\n]+(?:\'\w[^\'\n]*)*)\'(?!\w)|«([^»\n]{1,600})»'
)
_CODES = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[0-9A-Z]{4}){3,7}(?: ?[0-9A-Z]{1,3})?\b|\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b")
"""Codes that are written with gaps: an IBAN, a British postcode."""
_LABELLED = re.compile(r"\b[A-Z]{2,5} \d{2,5}\b")
"""What may be one code or a label and its number: `PHIL 3402`, `LO 282`."""
_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR"}
_LISTS = re.compile(r",|;|\band\b|\bor\b|&")
_ASSIGNMENT = re.compile(
    r"((?:\b\w+ ){0,3}\b\w+)(?: ?:?= ?| (?:equals|equal|set|is equal|equivalent)(?: to)? )[\"'$]?\Z"
)
_GIVEN = re.compile(r"(?:=|\b(?:equals?|set|equivalent|to)\b) ?")
"""What an assignment ends with, but for a mark before its value."""
_NO_COUNT = re.compile(
    r"\bone(?=[\s-]+way\b|\s+(?:of|another)\b)|(?:\b(?:this|that|which|any|no|each|every|another|other|the)\s+)one\b",
    re.IGNORECASE,
)
"""Where `one` counts nothing: `one way`, `this one`."""
_BRACKETED = re.compile(r"\[(?:[^\[\]]|\[[^\[\]]*\]){1,600}\]")
"""A list, or one of lists."""
_IN_SERIES = re.compile(r"%?\s*(?:[,;]|,?\s+(?:and|or)\s|&)\s*[$€£]?")
"""What stands between the numbers of a series: `3, 5 and 8`."""


class Candidate(NamedTuple):
    """A possible value. `others` are further forms that mean the same, such as a date in ISO form."""

    value: Any
    others: tuple[Any, ...]
    start: int
    end: int
    features: tuple[str, ...]
    near: frozenset[str]
    """Stems within three words before and two after."""
    before: frozenset[str]
    inside: frozenset[str]
    previous: tuple[str, ...]
    """Stems of the two words of meaning before it in its sentence, the nearer first."""
    following: tuple[str, ...]
    """The same behind it."""
    ends: tuple[str, str]
    """Stems of its own first and last word."""
    is_adjacent: bool
    """Whether nothing but marks stands between it and the word behind it."""
    rank: int
    """Place among the candidates of its kind."""
    kinds: frozenset[str] = frozenset()
    """Of what it is known to be: `city`, `email`."""
    assigned: tuple[str, ...] = ()
    """Stems of the words that it is said to be the value of: `alpha` of `with alpha = 0.05`."""
    nth: int = 0
    """Which it is of the numbers, lists or quotations before the same word: 1 of `400` in `at 300 K and at 400 K`."""
    is_torn: bool = False
    """Whether it is a part of a name or quotation, or begins with what a sentence begins with: seldom a value."""
    asked: frozenset[str] = frozenset()
    """Stems of the question that its message answers."""
    is_answer: bool = False
    """Whether it is most of what answers a question."""
    unit: str = ""
    """The unit of time that it counts."""
    leaf: Leaf | None = None
    """Where it comes from if nobody said it: a tool's result, or a call."""


class Answer(NamedTuple):
    """One message of a request: where it begins, the stems of the question that it answers, and whether it says yes."""

    start: int
    asked: frozenset[str]
    is_yes: bool


class Request(NamedTuple):
    """A request's candidates by what they can fill, and its stems."""

    texts: tuple[Candidate, ...]
    numbers: tuple[Candidate, ...]
    lists: tuple[Candidate, ...]
    stems: tuple[str, ...]
    lower: str
    answers: tuple[Answer, ...] = ()
    called: Mapping[str, frozenset[tuple[str, ...]]] = {}
    """By value in lower case that earlier calls took, the stems of the names under which they did."""
    returned: Mapping[str, frozenset[str]] = {}
    """By value in lower case that results have, the last stems of its names there."""

    def turn(self, start: int) -> int:
        """Return which message the character `start` belongs to."""
        return _turn(self.answers, start)


class _Reading:
    """One request while its candidates are found."""

    def __init__(self, said: Spoken, reach: Reach) -> None:
        text = self.text = said.text
        self.answers = [_answer(said, place) for place in range(len(said.turns))]
        self.parts = _parts(said, reach.words)
        self.words = [word for part in self.parts for word in part]
        self.last = self.words[-1].end if self.words else 0
        self.ends_of_parts = list(accumulate(map(len, self.parts)))
        self.quotes = [
            (match.start(group), match.end(group))
            for match in _QUOTED.finditer(text)
            for group in range(1, 6)
            if match[group] and len(match[0]) < 0.8 * len(text)
        ]
        self.brackets = [match.span() for match in _BRACKETED.finditer(text)]
        self.codes = [match.span() for match in _CODES.finditer(text)]
        self.numbers = [*_whole(text, list(numbers_in(text)))]
        self.starts = [word.start for word in self.words]
        self.ends = [word.end for word in self.words]
        self.uncounted = {match.end() for match in _NO_COUNT.finditer(text)}
        self.given = {match.end() for match in _GIVEN.finditer(text)}
        self.dated = sorted(dates_in(text), key=lambda dated: dated.start)
        self.dates = [(dated.start, dated.end) for dated in self.dated]

    def made(self, start: int, end: int, kind: str, rank: int, value: Any = None, *others: Any) -> Candidate:
        """Return the candidate of the characters from `start` until before `end`."""
        first, last = self._places(start, end)
        if value is None and self.text[end - 2 : end] in ("'s", "’s") and self._owns(last):
            end -= 2
        text = self.text[start:end]
        turn = _turn(self.answers, start)
        answer, stop = self.answers[turn], self.ends_of_parts[turn]
        begin = stop - len(self.parts[turn])
        before = [word.stem for word in self.words[max(begin, first - 4) : first]]
        after = [word.stem for word in self.words[last + 1 : min(last + 4, stop)]]
        inside = self.words[first : last + 1]
        left = self._edge(first - 1) if first > begin else "0"
        right = self._edge(last + 1) if last + 1 < stop else "0"
        features = [
            f"k:{kind}", f"r:{kind[0]}{min(rank, 4)}", f"c:{min(len(inside), 7)}", *_around(before, after),
            f"s:{shape(text.split(' ', 1)[0])}", f"e:{shape(text.rsplit(' ', 1)[-1])}", f"l:{inside[-1].stem}",
            f"L:{left}", f"R:{right}", f"LR:{left}{right}", f"q:{likeness_of(text)}",
            *(f"i:{word.stem}" for word in inside[:4] if word.is_word),
        ]  # fmt: skip
        if len(inside) > 1 and all(word.is_capital or word.is_function or not word.is_word for word in inside):
            features.append("caps")
        if self.is_within(start, end, self.quotes):
            features.append("in:quote")
        if kind == "number" and self.is_within(start, end, self.dates):
            features.append("in:date")
        if self.is_within(start, end, self.brackets):
            features.append("in:bracket")
        kinds = kinds_of(text, kind == "date")
        features += [f"K:{each}" for each in sorted(kinds)]
        near = frozenset(before[-3:]) | frozenset(after[:2])
        stems = frozenset(word.stem for word in inside)
        found = text if value is None else value
        if value is None and text[:1] == "#" and text[1:].isdecimal():
            found, others = text[1:], (text, *others)
        following = self._meaning(range(last + 1, min(last + 7, stop)))
        is_adjacent = bool(following) and next(w.stem for w in self.words[last + 1 :] if w.is_word) == following[0]
        return Candidate(
            found, others, start, end, tuple(features), near, frozenset(before), stems,
            self._meaning(range(first - 1, max(begin - 1, first - 7), -1)), following,
            (inside[0].stem, inside[-1].stem), is_adjacent, rank, kinds, self._assigned(start), asked=answer.asked,
            is_answer=bool(answer.asked) and _is_most(self.parts[turn], stems),
        )  # fmt: skip

    def _owns(self, place: int) -> bool:
        """Say whether the word at a place is followed by what belongs to it: `Portugal's | economy`."""
        following = self.words[place + 1] if place + 1 < len(self.words) else None
        return following is not None and following.is_word and not following.is_function

    def is_read(self, start: int, end: int) -> bool:
        """Say whether the characters are among the words that are read."""
        return bisect_right(self.ends, start) < bisect_left(self.starts, end) and end <= self.last

    def _assigned(self, start: int) -> tuple[str, ...]:
        """Return the stems before what says that a value is given here: `=`, `equals`, `set to`."""
        is_marked = self.text[start - 1 : start] in ("'", '"', "$")
        if start - is_marked not in self.given:
            return ()
        match = _ASSIGNMENT.search(self.text, max(0, start - 60), start)
        return identifier_stems(match[1]) if match else ()

    def _meaning(self, places: range) -> tuple[str, ...]:
        """Return the stems of the first two words of meaning at `places`, up to the end of the sentence."""
        found: list[str] = []
        for word in map(self.words.__getitem__, places):
            if word.text in ".!?;\n" or len(found) == 2:
                break
            if word.is_word and not word.is_function:
                found.append(word.stem)
        return tuple(found)

    def is_torn(self, start: int, end: int) -> bool:
        """Say whether a run of words ends within a name (`Les` of `Les Paul`), is a part of a quotation that lists
        nothing, or begins like the sentence (`Provide the budget`)."""
        first, last = self._places(start, end)
        following = self.words[last + 1] if last + 1 < len(self.words) else None
        ends_in_name = following is not None and following.is_capital and self.words[last].is_capital
        quote = next((quote for quote in self.quotes if quote[0] <= start and end <= quote[1] != end), None)
        is_quoted_part = quote is not None and not _LISTS.search(self.text, *quote)
        begins = first == 0 or self.words[first - 1].text in ENDS
        has_digit = any(map(str.isdigit, self.words[first].text))
        is_opening = begins and first < last and not self.words[first + 1].is_capital and not has_digit
        is_order = begins and first == last and IMPERATIVE.fullmatch(self.words[first].text) is not None
        return (ends_in_name and not begins) or is_quoted_part or is_opening or is_order

    def _places(self, start: int, end: int) -> tuple[int, int]:
        """Return the first and the last word that the characters touch."""
        first, last = bisect_right(self.ends, start), bisect_left(self.starts, end) - 1
        return (first, last) if first <= last else (0, 0)

    def _edge(self, place: int) -> str:
        """Return what stands at a candidate's edge: a function word, a mark, other words, or nothing."""
        if not 0 <= place < len(self.words):
            return "0"
        word = self.words[place]
        if not word.is_word:
            return word.text
        return "f" if word.is_function else ("C" if word.is_capital else "w")

    @staticmethod
    def cuts(start: int, end: int, places: list[tuple[int, int]]) -> bool:
        """Say whether the characters have a part of a place, and not all of it."""
        return any(start < last and first < end and not (start <= first and last <= end) for first, last in places)

    @staticmethod
    def is_within(start: int, end: int, places: list[tuple[int, int]]) -> bool:
        return any(first <= start and end <= last for first, last in places)


def _whole(text: str, numbers: Sequence[Number]) -> Iterator[Number]:
    """Yield the numbers without those that are a part of one with its multiple or power: 60 of `60k`."""
    for number in numbers:
        around = (one for one in numbers if one.start <= number.start and number.end <= one.end and one != number)
        parts = (text[one.start : number.start] + text[number.end : one.end] for one in around)
        if not any(part[0].isalpha() or "10" in part or "^" in part for part in parts if part):
            yield number


def _is_most(part: list[Word], stems: frozenset[str]) -> bool:
    """Say whether a message has no more words of meaning beside `stems` than there are of those."""
    return len({word.stem for word in part if word.is_word and not word.is_function} - stems) <= len(stems)


def _around(before: list[str], after: list[str]) -> Iterator[str]:
    first, second = (["^", "^", *before])[-2:], ([*after, "$", "$"])[:2]
    yield f"p:{first[1]}"
    yield f"P:{first[0]}"
    yield f"pp:{first[0]} {first[1]}"
    yield f"n:{second[0]}"
    yield f"N:{second[1]}"


def read(said: Spoken, reach: Reach = ORDINARY) -> Request:
    """Return the candidates of a request; where there are too many, those of its last messages."""
    reading = _Reading(said, reach)
    if not reading.words:
        return _with_known(Request((), (), (), (), ""), said)
    found = {(c.start, c.end): c for c in _texts(reading)}
    stems = tuple(dict.fromkeys(word.stem for word in reading.words if word.is_word))
    answers = tuple(reading.answers)
    made = Request((), _counted(_numbers(reading)), _counted(_lists(reading)), stems, said.text.lower(), answers)
    latest = sorted(found.values(), key=lambda each: (-made.turn(each.start), each.start, each.end))[: reach.candidates]
    texts = _counted(sorted(latest, key=lambda each: (each.start, each.end)))
    return _with_known(made._replace(texts=texts), said)


def _with_known(request: Request, said: Spoken) -> Request:
    """Return the request with what is known from calls and results as further candidates, behind its text."""
    if not said.known:
        return request
    texts, numbers, lists = list(request.texts), list(request.numbers), list(request.lists)
    called: dict[str, frozenset[tuple[str, ...]]] = {}
    returned: dict[str, frozenset[str]] = {}
    for rank, leaf in enumerate(leaves(said)):
        value = str(leaf.value).lower()
        if leaf.is_argument:
            called[value] = called.get(value, frozenset()) | {leaf.key}
        elif leaf.key:
            returned[value] = returned.get(value, frozenset()) | {leaf.key[-1]}
        place = len(said.text) + 2 + 2 * rank
        if isinstance(leaf.value, list):
            lists.append(_of_leaf(leaf, "list", place, rank))
            continue
        number = leaf.value if isinstance(leaf.value, int | float) else _whole_number(leaf.value)
        if number is not None:
            numbers.append(_of_leaf(leaf, "number", place, rank)._replace(value=number))
        texts.append(_of_leaf(leaf, "leaf", place, rank)._replace(value=str(leaf.value)))
    return request._replace(
        texts=tuple(texts), numbers=tuple(numbers), lists=tuple(lists), called=called, returned=returned
    )


def _whole_number(text: str) -> float | None:
    """Return the number that a text is: 12.5 of `$12.50`."""
    found = list(islice(numbers_in(text), 2)) if text[:1].isdigit() or text[:1] in "$€£+-" else []
    if len(found) != 1 or found[0].end != len(text) or found[0].start > 1:
        return None
    return _plain(found[0].value)


def _plain(value: float) -> float:
    """Return a number as people write it: whole ones without a fraction."""
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


def _of_leaf(leaf: Leaf, kind: str, place: int, rank: int) -> Candidate:
    """Return a leaf as a candidate: what it looks like, and what it is called."""
    text = str(leaf.value)
    dated = next(dates_in(text), None) if kind == "leaf" else None
    is_date = dated is not None and (dated.start, dated.end) == (0, len(text))
    inside = [word for word in words(text, most=MAX_RUN) if word.is_word]
    kinds = kinds_of(text, is_date)
    features = (
        f"k:{'date' if is_date else kind}", f"c:{min(len(inside), 7)}", f"s:{shape(text.split(' ', 1)[0])}",
        f"e:{shape(text.rsplit(' ', 1)[-1])}", f"q:{likeness_of(text)}", f"y:{leaf.key[-1] if leaf.key else '0'}",
        f"Y:{' '.join(leaf.key)}", *(f"i:{word.stem}" for word in inside[:4]), *(f"K:{each}" for each in sorted(kinds)),
    )  # fmt: skip
    others = (dated.iso,) if dated is not None and is_date and dated.iso not in ("", text) else ()
    stems = frozenset(word.stem for word in inside)
    ends = (inside[0].stem, inside[-1].stem) if inside else ("", "")
    return Candidate(
        leaf.value, others, place, place + 1, features, frozenset(), frozenset(), stems, (), (), ends, False,
        min(rank, 9), kinds, leaf=leaf,
    )  # fmt: skip


def _turn(answers: Sequence[Answer], start: int) -> int:
    return bisect_right(answers, start, key=lambda answer: answer.start) - 1


def _answer(said: Spoken, place: int) -> Answer:
    turn, end = said.turns[place], len(said.text)
    if place + 1 < len(said.turns):
        end = said.turns[place + 1].start - 1
    asked = frozenset(stems_of(turn.question[-MAX_ASKED:]))
    return Answer(turn.start, asked, turn.agrees(said.text[turn.start : end]))


def _parts(said: Spoken, most: int) -> list[list[Word]]:
    """Return the words of each message, of all at most `most`, those of the last ones first."""
    parts: list[list[Word]] = []
    left, end = most, len(said.text)
    for turn in reversed(said.turns):
        parts.append(words(said.text[:end], turn.start, left) if left > 0 else [])
        left, end = left - len(parts[-1]), turn.start
    return parts[::-1]


def _counted(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Return the candidates, each counted among those of its kind with the same word behind them."""
    seen: Counter[tuple[str, ...]] = Counter()
    found: list[Candidate] = []
    for each in candidates:
        kind = (each.features[0], *(each.following[:1] if each.is_adjacent else ()))
        found.append(each._replace(nth=seen[kind]) if seen[kind] else each)
        seen[kind] += 1
    return tuple(found)


def _texts(reading: _Reading) -> Iterator[Candidate]:
    whole = (run for part in reading.parts for run in runs(part) if not reading.cuts(*run, reading.codes))
    for rank, (start, end) in enumerate(whole):
        yield reading.made(start, end, "run", 0 if rank == 0 else 1)._replace(is_torn=reading.is_torn(start, end))
    for rank, (start, end) in enumerate(tail for part in reading.parts for tail in tails(part)):
        yield reading.made(start, end, "tail", rank)
    for rank, dated in enumerate(reading.dated):
        if reading.is_read(dated.start, dated.end):
            yield reading.made(dated.start, dated.end, "date", rank, None, *([dated.iso] if dated.iso else []))
    for rank, timed in enumerate(sorted(times_in(reading.text), key=lambda timed: timed.start)):
        if reading.is_read(timed.start, timed.end):
            yield reading.made(timed.start, timed.end, "time", rank, None, *_clocks(timed, reading.dated))
    for start, end, kind, rank, forms in _marked(reading):
        if reading.is_read(start, end):
            yield reading.made(start, end, kind, rank, *forms)


def _marked(reading: _Reading) -> Iterator[tuple[int, int, str, int, tuple[str, ...]]]:
    """Yield what stands out by how it is written: its place, kind, rank and forms that differ from its characters."""
    yield from ((*span, "code", rank, ()) for rank, span in enumerate(reading.codes))
    labelled = (match.span() for match in _LABELLED.finditer(reading.text))
    whole = (span for span in labelled if not reading.cuts(*span, reading.codes))
    yield from ((*span, "code", rank, ()) for rank, span in enumerate(whole))
    for rank, number in enumerate(reading.numbers):
        sign = reading.text[number.start - 1 : number.start]
        if sign in _SIGNS:
            yield number.start - 1, number.start, "sign", rank, (_SIGNS[sign], sign)
    yield from ((*span, "quote", rank, ()) for rank, span in enumerate(reading.quotes))


def _clocks(timed: Timed, dated: Sequence[Dated]) -> tuple[str, ...]:
    """Return what a clock shows then, and the day with it that is said nearest, where one is said with its year."""
    days = [day for day in dated if day.iso]
    nearest = min(days, key=lambda day: abs(day.start - timed.start), default=None)
    return (timed.clock, f"{nearest.iso}T{timed.clock}") if nearest else (timed.clock,)


def _numbers(reading: _Reading) -> Iterator[Candidate]:
    lasting = {(each.start, each.end): each for each in durations_in(reading.text, reading.numbers)}
    spans = {(number.start, number.end): number.value for number in reading.numbers}
    spans |= {span: each.number for span, each in lasting.items() if span not in spans}
    apart = [*reading.brackets, *reading.codes]
    outside = (span for span in sorted(spans) if not reading.is_within(*span, apart))
    counted = (span for span in outside if span[1] not in reading.uncounted)
    for rank, span in enumerate(span for span in counted if reading.is_read(*span)):
        start, end = span
        value = _plain(lasting[span].number if span in lasting else spans[span])
        mark = reading.text[end : end + 1]
        others = [value / 100] if mark == "%" or reading.text[end:].startswith((" %", " percent")) else []
        made = reading.made(start, end, "number", rank, value, *others)
        sign = reading.text[start - 1 : start] if start else ""
        unit = lasting[span].unit if span in lasting else ""
        yield made._replace(features=(*made.features, f"m:{mark}", f"M:{sign}", _size(value)), unit=unit)


def _size(value: float) -> str:
    if isinstance(value, float):
        return "z:fraction" if abs(value) < 1 else "z:float"
    return "z:year" if 1900 <= value <= 2100 else f"z:{min(7, len(str(abs(value))))}"


def _lists(reading: _Reading) -> Iterator[Candidate]:
    for rank, (first, last, values) in enumerate(_series(reading)):
        yield reading.made(first, last, "series", rank, values)
    for rank, (start, end) in enumerate(reading.brackets):
        if not reading.is_read(start, end):
            continue
        try:
            value = json.loads(reading.text[start:end].replace("'", '"'))
        except json.JSONDecodeError:
            inner = reading.text[start + 1 : end - 1]
            value = [part.strip(" \"'") for part in inner.split(",")]
        yield reading.made(start, end, "list", rank, value)


def _series(reading: _Reading) -> Iterator[tuple[int, int, list[float]]]:
    """Yield where numbers are told one after the other, and those numbers."""
    spans = {number.start: number for number in reading.numbers}
    found: list[Number] = []
    for number in (*(spans[start] for start in sorted(spans)), None):
        goes_on = number is not None and bool(found) and _IN_SERIES.fullmatch(reading.text, found[-1].end, number.start)
        if found and not goes_on:
            start, end = found[0].start, found[-1].end
            if len(found) > 1 and reading.is_read(start, end) and not _crosses(reading, start, end):
                yield start, end, [_plain(one.value) for one in found]
            found = []
        if number is not None:
            found.append(number)


def _crosses(reading: _Reading, start: int, end: int) -> bool:
    """Say whether the characters share any with a date or a list in brackets."""
    return any(first < end and start < last for first, last in (*reading.dates, *reading.brackets))
