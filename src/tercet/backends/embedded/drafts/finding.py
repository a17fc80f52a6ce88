"""A text while its candidates are found: its words, what stands out in it, and what stands around each place."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import accumulate
from typing import Any, NamedTuple

from tercet.backends.embedded.drafts.candidates import Answer, Candidate, turn_of
from tercet.backends.embedded.drafts.runs import ENDS
from tercet.backends.embedded.spoken import Spoken
from tercet.backends.embedded.wording.amounts import PART_SAID, PARTS, southwards, spoken_prices, whole
from tercet.backends.embedded.wording.dates import dates_in
from tercet.backends.embedded.wording.imperatives import IMPERATIVE
from tercet.backends.embedded.wording.kinds import kinds_of, likeness_of
from tercet.backends.embedded.wording.letters import labelled_in, roles_in
from tercet.backends.embedded.wording.polynomials import coefficients_in
from tercet.backends.embedded.wording.words import MAX_WORDS, Word, identifier_stems, shape, stems_of, words
from tercet.numerals import numbers_in

MAX_BESIDE = 9
"""Words and marks on either side of a candidate that are read as what it is said of."""
CLOSING = frozenset((*",;:.!?()[]\n", "and", "or", "but", "while", "then"))
"""Marks and words that end what a value is said of."""
MAX_ASKED = 400
"""Characters of a question that are read, up to its end."""
QUOTED = re.compile(
    r'"([^"\n]{1,600})"|“([^”\n]{1,600})”|`([^`\n]{1,600})`|(?<!\w)\'([^\'\n]+(?:\'\w[^\'\n]*)*)\'(?!\w)|«([^»\n]{1,600})»'
)
CODES = re.compile(
    r"\b[A-Z]{2}\d{2}(?: ?[0-9A-Z]{4}){3,7}(?: ?[0-9A-Z]{1,3})?\b|\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b"
    r"|\b[A-Z]{2,4}\d{4,6}(?: \d{4})+(?: ?[A-Z]{2})?\b|\b[A-Z]{4} ?\d{6}-?\d\b"
    r"|(?<![\w+.,])(?:\+\d{1,3}|0\d{1,4})(?:[ /-]\(?\d{2,4}\)?){2,5}(?![\w/]|[.,-]\d)"
)
"""Codes that are written with gaps: an IBAN, a British postcode, the number of a parcel, a container or a telephone."""
LABELLED = re.compile(r"\b[A-Z]{2,5} \d{2,5}\b")
"""What may be one code or a label and its number: `PHIL 3402`, `LO 282`."""
LISTED = re.compile(r",|;|\band\b|\bor\b|&")
_ASSIGNMENT = re.compile(
    r"((?:\b\w+ ){0,3}\b\w+)(?: ?:?= ?| (?:equals|equal|set|is equal|equivalent)(?: to)? )[\"'$]?\Z"
)
_GIVEN = re.compile(r"(?:=|\b(?:equals?|set|equivalent|to)\b) ?")
"""What an assignment ends with, but for a mark before its value."""
UNCOUNTED = re.compile(
    r"\bone(?=[\s-]+way\b|\s+(?:of|another)\b)|(?:\b(?:this|that|which|any|no|each|every|another|other|the)\s+)one\b",
    re.IGNORECASE,
)
"""Where `one` counts nothing: `one way`, `this one`."""
BRACKETED = re.compile(r"\[(?:[^\[\]]|\[[^\[\]]*\]){1,600}\]")
"""A list, or one of lists."""


class Reach(NamedTuple):
    """How much of a request is read."""

    words: int = MAX_WORDS
    """Words and marks."""
    candidates: int = 160
    """Runs of words, quotations and dates."""


ORDINARY = Reach()
"""Of a request for a call."""


class Reading:
    """One request while its candidates are found."""

    def __init__(self, said: Spoken, reach: Reach) -> None:
        text = self.text = said.text
        self.answers = [answer_of(said, place) for place in range(len(said.turns))]
        self.parts = parts_of(said, reach.words)
        self.words = [word for part in self.parts for word in part]
        self.last = self.words[-1].end if self.words else 0
        self.ends_of_parts = list(accumulate(map(len, self.parts)))
        self.quotes = [
            (match.start(group), match.end(group))
            for match in QUOTED.finditer(text)
            for group in range(1, 6)
            if match[group] and len(match[0]) < 0.8 * len(text)
        ]
        self.brackets = [match.span() for match in BRACKETED.finditer(text)]
        self.codes = [match.span() for match in CODES.finditer(text)]
        self.numbers = [*whole(text, list(numbers_in(text)))]
        self.starts = [word.start for word in self.words]
        self.ends = [word.end for word in self.words]
        self.uncounted = {match.end() for match in UNCOUNTED.finditer(text)}
        self.coefficients = list(coefficients_in(text))
        self.parts_of_all = {match.span(): PARTS[match[1].lower()] for match in PART_SAID.finditer(text)}
        self.numbers += spoken_prices(text, self.numbers)
        self.labelled = {one.value[0]: one for one in labelled_in(text)}
        self.labels = [one.label for one in self.labelled.values()] if len(self.labelled) > 1 else []
        self.roles = {(start, end): role for start, end, role in roles_in(text)}
        self.southwards = set(southwards(text, self.numbers))
        self.given = {match.end() for match in _GIVEN.finditer(text)}
        self.dated = sorted(dates_in(text), key=lambda dated: dated.start)
        self.dates = [(dated.start, dated.end) for dated in self.dated]

    def made(self, start: int, end: int, kind: str, rank: int, value: Any = None, *others: Any) -> Candidate:
        """Return the candidate of the characters from `start` until before `end`."""
        first, last = self._places(start, end)
        if value is None and self.text[end - 2 : end] in ("'s", "’s") and self._owns(last):
            end -= 2
        text = self.text[start:end]
        turn = turn_of(self.answers, start)
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
        if role := self.roles.get((start, end)):
            kinds |= {role}
        features += [f"K:{each}" for each in sorted(kinds)]
        near = frozenset(before[-3:]) | frozenset(after[:2])
        stems = frozenset(word.stem for word in inside)
        found = text if value is None else value
        if value is None and text[:1] == "#" and text[1:].isdecimal():
            found, others = text[1:], (text, *others)
        following = self._meaning(range(last + 1, min(last + 7, stop)))
        beside = self._beside(range(first - 1, max(begin - 1, first - MAX_BESIDE), -1))
        behind = self._beside(range(last + 1, min(last + MAX_BESIDE, stop)))
        is_adjacent = bool(following) and next(w.stem for w in self.words[last + 1 :] if w.is_word) == following[0]
        return Candidate(
            found, others, start, end, tuple(features), near, frozenset(before), stems,
            self._meaning(range(first - 1, max(begin - 1, first - 7), -1)), following, beside, behind,
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
        if start in self.labelled:
            return self.labelled[start].stems
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

    def _beside(self, places: range) -> frozenset[str]:
        """Return the stems of the words of meaning at `places`, up to a mark or a number."""
        found: set[str] = set()
        for word in map(self.words.__getitem__, places):
            if word.text.lower() in CLOSING or word.text[:1].isdigit():
                break
            if word.is_word and not word.is_function:
                found.add(word.stem)
        return frozenset(found)

    def is_torn(self, start: int, end: int) -> bool:
        """Say whether a run of words ends within a name (`Les` of `Les Paul`), is a part of a quotation that lists
        nothing, begins like the sentence (`Provide the budget`), or is half a code."""
        first, last = self._places(start, end)
        following = self.words[last + 1] if last + 1 < len(self.words) else None
        ends_in_name = following is not None and following.is_capital and self.words[last].is_capital
        quote = next((quote for quote in self.quotes if quote[0] <= start and end <= quote[1] != end), None)
        is_quoted_part = quote is not None and not LISTED.search(self.text, *quote)
        begins = first == 0 or self.words[first - 1].text in ENDS
        has_digit = any(map(str.isdigit, self.words[first].text))
        is_opening = begins and first < last and not self.words[first + 1].is_capital and not has_digit
        is_order = begins and first == last and IMPERATIVE.fullmatch(self.words[first].text) is not None
        is_label = first == last and self.words[first].text.isupper() and self._is_labelled(start, end)
        return (ends_in_name and not begins) or is_quoted_part or is_opening or is_order or is_label

    def _is_labelled(self, start: int, end: int) -> bool:
        """Say whether capitals are the letters of a code with a gap: `PHIL` of `PHIL 3402`."""
        match = LABELLED.match(self.text, start)
        return match is not None and match.end() > end and not kinds_of(self.text[start:end])

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


def answer_of(said: Spoken, place: int) -> Answer:
    turn, end = said.turns[place], len(said.text)
    if place + 1 < len(said.turns):
        end = said.turns[place + 1].start - 1
    asked = frozenset(stems_of(turn.question[-MAX_ASKED:]))
    return Answer(turn.start, asked, turn.agrees(said.text[turn.start : end]))


def parts_of(said: Spoken, most: int) -> list[list[Word]]:
    """Return the words of each message, of all at most `most`, those of the last ones first."""
    parts: list[list[Word]] = []
    left, end = most, len(said.text)
    for turn in reversed(said.turns):
        parts.append(words(said.text[:end], turn.start, left) if left > 0 else [])
        left, end = left - len(parts[-1]), turn.start
    return parts[::-1]
