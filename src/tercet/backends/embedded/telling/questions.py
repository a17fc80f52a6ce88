"""What a message asks for, one thing after the other: the question's word, what it names, what kind of value it wants.

`And who deployed it?` wants a person and names deploying. It knows nothing of results.
"""

import re
from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from tercet.backends.embedded.relevance import stem
from tercet.backends.embedded.wording.words import FUNCTION_WORDS, Word, words

MAX_PARTS = 4
"""Things that one message asks for."""
MAX_BEFORE = 64
"""Characters that are looked at before a question's word."""
_ASKING = re.compile(
    r"\b(?P<word>who|whom|whose|when|where|why|how (?:much|many|long|often|far|old|soon|late|warm|hot|cold|likely)|how|"
    r"what time|what day|what date|what|which)\b(?:'s|’s)?"
    r"|\b(?:tell|give|show|send|read) (?:me|us)\b(?= (?:the|its|his|her|their|a|an)\b)",
    re.IGNORECASE,
)
_ENDS = re.compile(r"[?!;\n]|\.(?=\s|$)|,(?=\s)")
_STOPS = frozenset(
    "of in for at on between lie lies does is are did do has have had was were will can could should would to with from"
    " by that this i we you they it he she than as".split()
)
"""Words that end what a question names: `which carrier | has it`."""
_SKIPPED = frozenset("the a an is are was were 's my our your its his her their exact exactly of one two both".split())
"""Words that may stand between a question's word and what it names: `what is the | code`."""
_SENTENCE_END = re.compile(r"[?!.](?=\s|$)|\n")
_BEGINS = re.compile(r"(?:^|[.!?;:,\n-]|\band)\s*(?:(?:in|at|on|for|with|to|from|of) )?$", re.IGNORECASE)
"""What stands before a question that begins a sentence, or a part of one."""
_WONDERS = re.compile(
    r"\b(?:know|tell (?:me|us|him|her|them)|see|out|check|wonder(?:ing)?|ask(?:s|ing)?|say|show (?:me|us)|look up)\s*"
    r"(?:(?:in|at|on|for|with|to|from|of) )?$",
    re.IGNORECASE,
)
"""What stands before a question that is told: `I'd like to know | who`."""
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


def named(stems: Sequence[str]) -> tuple[str, ...]:
    """Return the stems of a name, those of abbreviations as what they stand for; `min` alone is a minimum."""
    return tuple(each if len(stems) == 1 and each == "min" else _SHORT.get(each, each) for each in stems)


class Wanted(NamedTuple):
    """What a question's word wants: kinds of values, words in the names of fields, whether it is a number."""

    kinds: frozenset[str]
    names: frozenset[str]
    is_number: bool = False


def _wants(kinds: str, names: str, *, is_number: bool = False) -> Wanted:
    stems = (each for name in names.split() for each in named((stem(name),)))
    return Wanted(frozenset(kinds.split()), frozenset(stems), is_number)


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
_COSTS = frozenset(map(stem, "cost costs price fare fee charge pay".split()))
_TIMES = frozenset(map(stem, "date day time month weekday".split()))
_PLACES = frozenset(map(stem, "room place venue building hall street town city".split()))


class Part(NamedTuple):
    """One thing that is asked for: the question's word, the stems of what it names, and of the rest."""

    word: str
    heads: tuple[str, ...]
    rest: tuple[str, ...]

    @property
    def wanted(self) -> Wanted:
        """What kind of value it asks for."""
        if not _PLACES.isdisjoint(self.heads):
            return _WANTED["where"]
        if not _TIMES.isdisjoint(self.heads) and self.word in ("what", "which"):
            return _WHEN
        is_price = self.word in ("what", "which", "how") and not _COSTS.isdisjoint(self.heads or self.rest)
        return _WANTED.get("how much" if is_price else self.word, _ANYTHING)


def parts(text: str) -> list[Part]:
    """Return what a message asks for, one thing after the other."""
    matches = list(islice((match for match in _ASKING.finditer(text) if _is_question(text, match)), MAX_PARTS))
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
    before = max(0, match.start() - MAX_BEFORE), match.start()
    return _WONDERS.search(text, *before) is not None or (end is None and _BEGINS.search(text, *before) is not None)


def _part(word: str, said: Sequence[Word]) -> Part:
    if word == "how much" and said and not said[0].is_function:
        word = "how many"
    kept = [each for each in said if each.is_word]
    begin = 0
    while begin < len(kept) and kept[begin].text.lower() in _SKIPPED:
        begin += 1
    end = begin
    is_part = begin < len(kept) and kept[0].text.lower() == "of"
    if word in ("what", "which", "how many", "whose") and not is_part:
        while end < len(kept) and kept[end].text.lower() not in _STOPS:
            end += 1
    heads = tuple(each.stem for each in kept[begin:end] if each.text.lower() not in FUNCTION_WORDS)
    rest = tuple(each.stem for each in kept[end:] if each.text.lower() not in FUNCTION_WORDS)
    return Part(word, heads, rest)
