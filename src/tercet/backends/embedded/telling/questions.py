"""What a question asks of results: the fields that it means of the row that it describes, or the lines of a text.

`Who deployed it?` means `deployed_by`, though it names no field. Compared are the words of a question with those of a
field's name, as they stand and by what they mean, and what the question's word wants (`who`: a person) with what the
value is. It knows nothing of tools.
"""

import hashlib
import json
import math
import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache, partial
from itertools import chain
from typing import Any, NamedTuple

from tercet.backends.embedded.drafts.kinds import kinds_of
from tercet.backends.embedded.drafts.returned import Leaf, asked_leaves, asks, leaves
from tercet.backends.embedded.drafts.rows import Described
from tercet.backends.embedded.drafts.words import FUNCTION_WORDS, Word, identifier_stems, stems_of, words
from tercet.backends.embedded.relevance import Kept, direction, likeness, stem
from tercet.backends.embedded.spoken import Known, Spoken

MAX_PARTS = 4
"""Things that one message asks for."""
MAX_ROW = 12
"""Fields of a row up to which it is told whole where none of them is what is asked for."""
MAX_VALUE, MAX_LINES, MAX_LINE = 80, 400, 300
"""Characters up to which a text is a value; lines of a longer one that are read, and characters of a line."""
MIN_WORTH = 0.5
"""What the words of a question must be worth that a line has: the log of how rare each is among all lines."""
COMMON = 0.1
"""How alike words are on average that have nothing in common."""
MEANT, SURE = 1.0, 1.7
"""Score from which a field is what is asked for, and from which that is sure."""
_ASKING = re.compile(
    r"\b(?P<word>who|whom|whose|when|where|why|how (?:much|many|long|often|far|old|soon|late|warm|hot|cold|likely)|how|"
    r"what time|what day|what date|what|which)\b(?:'s|’s)?"
    r"|\b(?:tell|give|show|send|read) (?:me|us)\b(?= (?:the|its|his|her|their|a|an)\b)",
    re.IGNORECASE,
)
_LAST = re.compile(r"\b(?:last|latest|newest|most recent|final)\b", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[?!.](?=\s|$)|\n")
_BEGINS = re.compile(r"(?:^|[.!?;:,\n-]|\band)\s*(?:(?:in|at|on|for|with|to|from|of) )?$", re.IGNORECASE)
"""What stands before a question that begins a sentence, or a part of one."""
_WONDERS = re.compile(
    r"\b(?:know|tell (?:me|us|him|her|them)|see|out|check|wonder(?:ing)?|ask(?:s|ing)?|say|show (?:me|us)|look up)\s*"
    r"(?:(?:in|at|on|for|with|to|from|of) )?$",
    re.IGNORECASE,
)
"""What stands before a question that is told: `I'd like to know | who`."""
_MEASURED = re.compile(r"[^\w\s]?\s?-?\d[\d.,]*\s?[^\d\s]{0,10}")
"""A number, with a sign of money or a unit beside it."""
_SENTENCES = re.compile(r"(?<=[.!?;])\s+")
_ENDS = re.compile(r"[?!;\n]|\.(?=\s|$)|,(?=\s)")
_STOPS = frozenset(
    "of in for at on between lie lies does is are did do has have had was were will can could should would to with from"
    " by that this i we you they it he she than as".split()
)
"""Words that end what a question names: `which carrier | has it`."""
_SKIPPED = frozenset("the a an is are was were 's my our your its his her their exact exactly of one two both".split())
"""Words that may stand between a question's word and what it names: `what is the | code`."""


_SHORT = {
    short: stem(whole)
    for short, whole in (
        pair.split(":")
        for pair in (
            "min:minutes mins:minutes hrs:hours sec:seconds pct:percent qty:quantity amt:amount temp:temperature"
            " addr:address tel:phone num:number max:maximum desc:description dept:department loc:location msg:message"
            " dob:birthday ref:reference prob:probability dist:distance"
        ).split()
    )
}
"""By abbreviation in a field's name, the stem of what it stands for."""


def _named(stems: Sequence[str]) -> tuple[str, ...]:
    """Return the stems of a name, those of abbreviations as what they stand for; `min` alone is a minimum."""
    return tuple(each if len(stems) == 1 and each == "min" else _SHORT.get(each, each) for each in stems)


class _Wanted(NamedTuple):
    """What a question's word wants: kinds of values, words in the names of fields, whether it is a number."""

    kinds: frozenset[str]
    names: frozenset[str]
    is_number: bool = False


def _wants(kinds: str, names: str, *, is_number: bool = False) -> _Wanted:
    stems = (each for name in names.split() for each in _named((stem(name),)))
    return _Wanted(frozenset(kinds.split()), frozenset(stems), is_number)


_WHEN = _wants("date time weekday month", "date time day at on due when until from start end opens closes eta")
_WANTED = {
    "who": _wants("person organization", "by name owner author contact customer user manager person assignee"),
    "when": _WHEN,
    "where": _wants("city venue street country state address", "location place venue address city room gate at in"),
    "why": _wants("", "reason message detail error cause note notes explanation because"),
    "how much": _wants("currency", "amount price total cost fee fare value rate sum paid due balance", is_number=True),
    "how many": _wants("", "count number quantity qty total num", is_number=True),
    "how long": _wants("", "duration length time minutes hours days seconds runtime", is_number=True),
    "how often": _wants("", "count frequency times interval", is_number=True),
    "how far": _wants("", "distance km miles meters length", is_number=True),
    "how old": _wants("", "age born birth", is_number=True),
    "how likely": _wants("", "probability chance likelihood pct percent", is_number=True),
    "how warm": _wants("", "temp temperature max high", is_number=True),
}
_WANTED |= {
    "whom": _WANTED["who"],
    "whose": _WANTED["who"],
    "how soon": _WHEN,
    "how late": _WHEN,
    "what time": _WHEN,
    "what day": _WHEN,
    "what date": _WHEN,
    "how hot": _WANTED["how warm"],
    "how cold": _wants("", "temp temperature min low", is_number=True),
}
_ANYTHING = _wants("", "")
_PLACES = frozenset(map(stem, "room place venue building hall street town city".split()))
_VALUES = frozenset(map(stem, "value amount name title text total".split()))
"""Names of fields that say nothing but that they are one."""
_LINKS = frozenset("by at of in on".split())
_IDS = frozenset(map(stem, "id uuid code sku imo key index ref hash commit".split()))


class Part(NamedTuple):
    """One thing that is asked for: the question's word, the stems of what it names, and of the rest."""

    word: str
    heads: tuple[str, ...]
    rest: tuple[str, ...]


class Answer(NamedTuple):
    """What answers a question: values, or a line of a text; `is_sure`: all that is asked for."""

    leaves: tuple[Leaf, ...] = ()
    line: str = ""
    is_sure: bool = False
    has_failed: bool = False
    """Whether the values say why a call failed."""

    @property
    def is_known(self) -> bool:
        """Whether there is any answer."""
        return bool(self.leaves or self.line)


NOTHING = Answer()


class Found(NamedTuple):
    """A value that a question may ask for, what speaks for it, and whether the question names it."""

    leaf: Leaf
    score: float
    is_named: bool = False

    @property
    def is_sure(self) -> bool:
        """Whether it surely is what is asked for."""
        return self.is_named and self.score >= SURE


def parts(text: str) -> list[Part]:
    """Return what a message asks for, one thing after the other."""
    matches = [match for match in _ASKING.finditer(text) if _is_question(text, match)][:MAX_PARTS]
    found = []
    for place, match in enumerate(matches):
        end = matches[place + 1].start() if place + 1 < len(matches) else len(text)
        if stop := _ENDS.search(text, match.end(), end):
            end = stop.start()
        found.append(_part((match["word"] or "what").lower(), words(text[match.end() : end])))
    return found


def _is_question(text: str, match: re.Match[str]) -> bool:
    """Say whether a question's word asks: `where the sofa is` only tells."""
    end = _SENTENCE_END.search(text, match.end())
    if match["word"] is None or (end and "?" in end[0]):
        return True
    return (not end and _BEGINS.search(text, 0, match.start()) is not None) or _WONDERS.search(
        text, 0, match.start()
    ) is not None


def _part(word: str, said: Sequence[Word]) -> Part:
    if word == "how much" and said and not said[0].is_function:
        word = "how many"
    kept = [each for each in said if each.is_word]
    begin = 0
    while begin < len(kept) and kept[begin].text.lower() in _SKIPPED:
        begin += 1
    end = begin
    if word in ("what", "which", "how many", "whose"):
        while end < len(kept) and kept[end].text.lower() not in _STOPS:
            end += 1
    heads = tuple(each.stem for each in kept[begin:end] if each.text.lower() not in FUNCTION_WORDS)
    rest = tuple(each.stem for each in kept[end:] if each.text.lower() not in FUNCTION_WORDS)
    return Part(word, heads, rest)


def answered(said: Spoken) -> Answer:
    """Return what of the results of `said` answers it, found once; nothing where it asks nothing or nothing is known.

    Where a call failed it is told why. Where a field is asked for that cannot be told from others, its whole row is.
    What is asked for by what the tool is called, such as the weather, is the model's to tell, as is a lone number.
    """
    return _ANSWERS.get(hashlib.blake2b(repr(said).encode(), digest_size=16).digest(), partial(_answered, said))


def _answered(said: Spoken) -> Answer:
    if not said.known:
        return NOTHING
    returned = [leaf for leaf in leaves(said) if leaf.key and not leaf.is_argument]
    told = [leaf for leaf in returned if leaf.is_alone or leaf.standing > 0]
    latest = [leaf for leaf in told if leaf.is_latest and not isinstance(leaf.value, list)]
    if _has_failed(said.known[-1]):
        return Answer(tuple(latest[:MAX_ROW]), has_failed=True)
    asked = parts(said.text)
    if not (asked or asks(said.text)) or (len(told) == 1 and not isinstance(told[0].value, str)):
        return NOTHING
    tools = {identifier_stems(known.name) for known in said.known}
    exact = asked_leaves(said)
    if not exact and any(not frozenset(part.heads).isdisjoint(chain(*tools)) for part in asked):
        return NOTHING
    found = [each for part in asked if (each := _likeliest(part, told, tools)).score >= MEANT]
    is_sure = all(each.is_sure for each in found) and asks(said.text)
    meant = dict.fromkeys([*(each.leaf for each in found), *exact])
    if meant and len(found) == len(asked):
        return Answer(tuple(meant), is_sure=is_sure)
    if line := _line(said):
        return Answer((), line)
    row = [leaf for leaf in told if leaf.standing > 0 and not isinstance(leaf.value, list)] or latest
    return Answer(tuple(dict.fromkeys([*meant, *row] if asked and len(row) <= MAX_ROW else meant)))


_ANSWERS: Kept[Answer] = Kept(64)


def _likeliest(part: Part, told: Sequence[Leaf], tools: Collection[tuple[str, ...]]) -> Found:
    """Return the value that is most likely asked for; one without a name where there is none."""
    found = (_weighed(part, leaf, tools) for leaf in told)
    return max(found, key=lambda each: each.score, default=Found(Leaf(None, (), ()), 0.0))


def _has_failed(last: Known) -> bool:
    """Say whether the last call failed."""
    try:
        returned = json.loads(last.text)
    except (ValueError, RecursionError):
        return False
    if not isinstance(returned, dict) or last.is_call:
        return False
    return bool(returned.get("error")) or any(returned.get(name) is False for name in ("ok", "success"))


def _line(said: Spoken) -> str:
    """Return the line, or the sentence, that has most of a request's words, of a text that was returned last: the first
    of several, unless the last is asked for."""
    last = said.known[-1]
    lines = [line for text in _texts(last.text) for line in _lines(text)]
    if last.is_call or len(lines) < 2:
        return ""
    stems = Described(said.text).stems
    shared = [stems.intersection(stems_of(line)) for line in lines]
    rarity = {each: math.log(len(lines) / sum(each in of for of in shared)) for each in frozenset().union(*shared)}
    worth = [sum(map(rarity.__getitem__, of)) for of in shared]
    if max(worth) < MIN_WORTH:
        return ""
    best = [line for line, its in zip(lines, worth, strict=True) if its == max(worth)]
    return best[-1 if _LAST.search(said.text) else 0]


def _texts(result: str) -> Iterator[str]:
    """Yield the texts of a result, JSON or any other, that are more than a value."""
    try:
        waiting = [json.loads(result)]
    except (ValueError, RecursionError):
        waiting = [result]
    while waiting:
        match waiting.pop():
            case dict() as row:
                waiting += reversed(row.values())
            case list() as rows:
                waiting += reversed(rows)
            case str() as text if "\n" in text or len(text) > MAX_VALUE:
                yield text


def _lines(text: str) -> list[str]:
    """Return the lines of a text, of one that has but one its sentences, which are short enough to be told."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    found = lines if len(lines) > 1 else _SENTENCES.split(text.strip())
    return [line for line in found[:MAX_LINES] if len(line) <= MAX_LINE]


def _weighed(part: Part, leaf: Leaf, tools: Collection[tuple[str, ...]]) -> Found:
    """Return a value with how much speaks for it as what is asked for; `tools`: the names of those that returned it."""
    of_tool = max((len(name) for name in tools if leaf.path[: len(name)] == name), default=0)
    own, above = _named(leaf.key), _named(leaf.path[of_tool : len(leaf.path) - len(leaf.key)])
    heads, rest = frozenset(part.heads), frozenset(part.rest)
    wanted = _WANTED.get(part.word, _ANYTHING)
    if not _PLACES.isdisjoint(heads):
        wanted = _WANTED["where"]
    num_own = len([each for each in own if each not in _LINKS]) or 1
    in_heads = 2 * len(heads.intersection(own)) / (num_own + len(heads))
    in_rest = len(rest.intersection(own)) / num_own
    score = 2.0 * in_heads + 1.0 * in_rest + 0.7 * _is_of_kind(wanted, leaf.value)
    if not in_heads:
        score += 1.8 * max(0.0, _alike(part.heads, own) - COMMON)
    if not in_rest:
        score += 1.0 * max(0.0, _alike(part.rest, own) - COMMON)
    is_above = bool(heads.intersection(above))
    score += 0.6 * bool(wanted.names.intersection((*own, *above))) + 0.3 * (leaf.standing > 0) + 0.2 * leaf.is_latest
    score += (1.0 + 0.5 * (not _VALUES.isdisjoint(own))) * is_above + 0.5 * bool(rest.intersection(above))
    is_named = bool(heads.intersection(own))
    score -= 0.8 * (leaf.is_said and not is_named) + 0.5 * (not is_named and not _IDS.isdisjoint(own))
    score -= 0.8 * (wanted.is_number and not _is_number(leaf.value))
    return Found(leaf, score, is_named or in_rest > 0 or is_above)


def _is_of_kind(wanted: _Wanted, value: Any) -> bool:
    if wanted.is_number:
        return _is_number(value)
    text = str(value)
    return not wanted.kinds.isdisjoint(kinds_of(text, is_date=bool(re.match(r"\d{4}-\d\d-\d\d", text))))


def _is_number(value: Any) -> bool:
    """Say whether a value is a number, with a unit or without."""
    return isinstance(value, int | float) or (isinstance(value, str) and _MEASURED.fullmatch(value) is not None)


@lru_cache(maxsize=4096)
def _alike(said: tuple[str, ...], own: tuple[str, ...]) -> float:
    """Return how alike the nearest of some words and of a field's name are in what they mean, 0 to 1."""
    pairs = (likeness(direction((one,)), direction((other,))) for one in said for other in own)
    return max(0.0, max(pairs, default=0.0))
