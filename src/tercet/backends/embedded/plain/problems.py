"""Problems in words: `24 bottles in a box, how many in 15 boxes`, `31 patients, 7 left and 4 came`.

Which numbers are meant and how they are put together shows in the words beside them.
"""

import re
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from tercet.backends.embedded.plain.figures import Sum, made, plain
from tercet.backends.embedded.relevance import stem
from tercet.backends.embedded.wording.words import words
from tercet.numerals import numbers_in

MAX_TERMS, NEAR = 40, 24
"""Numbers of a problem; characters beside one in which its words stand."""
TOTAL = re.compile(
    r"\b(?:total|sum|altogether|in all|combined|together|overall|add (?:up|these|them|the|all))\b", re.IGNORECASE
)
_LOSES = frozenset(
    map(
        stem,
        (
            "gave give gives lost lose loses sold sell sells ate eat eats used use uses spent spend spends"
            " left leave discharged removed remove taken took broke broken damaged discount withdrew withdrawn"
            " returned died dropped off deducted minus less fewer cancelled cancel drank paid pay pays donated"
            " gone throw threw sends sent borrowed lent expired"
        ).split(),
    )
)
_GAINS = frozenset(
    map(
        stem,
        (
            "got get gets received receive found find added add adds admitted more plus came arrive arrived"
            " joined join earned earn gained gain won win another extra collected picked delivered deposit"
            " deposited saved new born hired"
        ).split(),
    )
)
_CLOCK = re.compile(r"\b(\d{1,2})[:.h](\d\d)\b(?:\s*(am|pm))?", re.IGNORECASE)
_EACH = re.compile(
    r"\b(?:each|apiece|per|every|a piece)\b|\bat [$€£]?\d[\d.,]*(?: \w+)? (?:each|a|an|per)\b|/(?:kg|h"
    r"|hour|day|month|piece|pcs|l|m)\b",
    re.IGNORECASE,
)
_HOLDS = re.compile(
    r"\b(?:holds?|contains?|(?:costs?|weighs?|seats?) (?=[$€£]?\d)|(?:box|crate|pack|bag|tray|row|shelf"
    r"|carton|case)\w* (?:of|with|has|have|with) \d|\d+ \w+ (?:with|of) \d+)\b",
    re.IGNORECASE,
)
_HOW_LONG = re.compile(
    r"\bhow long (?:does|do|did|is|was|will)\b.*\b(?:takes?|last|open|it|ride|trip|journey|flight|shift"
    r"|meeting|break|between|run)\b"
    r"|\bhow many (?:hours|minutes)\b|\bhow long is (?:that|the)\b",
    re.IGNORECASE,
)
_DIFFERENCE = re.compile(
    r"\b(?:difference|how (?:much|many) (?:more|less|fewer|longer|older|cheaper|taller|higher|heavier"
    r"|further)|how much (?:\w+ ){0,3}(?:increase|rise|drop|fall))",
    re.IGNORECASE,
)
_MEAN = re.compile(r"\b(?:average|mean)\b", re.IGNORECASE)
_CHANGE = re.compile(r"\bchange\b|\bget back\b|\bback from\b", re.IGNORECASE)
_LEFT = re.compile(r"\b(?:left|remain\w*|still|now|over|in stock)\b", re.IGNORECASE)
_UNIT = re.compile(r"\b(?:per|price of one|one \w+ cost|each|unit price|a single|apiece)\b", re.IGNORECASE)
_SHARE = re.compile(
    r"\b(?:split|shared?|divided|equally|each (?:person|one|of them|child|get|pay|friend|guest)"
    r"|per (?:person|head)|among|between)\b",
    re.IGNORECASE,
)
_OFF = re.compile(
    r"(\d[\d.,]*)\s*% (?:off|discount|cheaper|reduction|less|reduced)|(?:discount|reduction|reduced|drops?"
    r"|falls?|decrease[sd]?|cheaper|lower\w*) (?:of|by) (\d[\d.,]*)\s*%",
    re.IGNORECASE,
)
_ON = re.compile(
    r"(\d[\d.,]*)\s*% (?:tip|tax|vat|more|increase|service|interest|surcharge|markup|raise)|(?:tip|tax|vat"
    r"|increase[sd]?|rises?|raise[sd]?|interest|plus|adds?) (?:of |by |rate of )?(\d[\d.,]*)\s*%",
    re.IGNORECASE,
)
_LARGER = re.compile(
    r"\b(?:larger|greater|bigger|higher|more expensive|heavier|longer|older|taller|farther|further|largest"
    r"|greatest|biggest|highest|most|longest|oldest|maximum)\b",
    re.IGNORECASE,
)
_SMALLER = re.compile(
    r"\b(?:smaller|less|lower|cheaper|lighter|shorter|younger|smallest|lowest|cheapest|least|fewest"
    r"|shortest|youngest|minimum)\b",
    re.IGNORECASE,
)


_GROWS = re.compile(
    r"\b(?:by )?(?:what|how many|which|how much) (?:percent(?:age)?|%)|\bpercentage (?:increase|change"
    r"|drop|growth)|\b(?:in|as a) (?:percent|%)",
    re.IGNORECASE,
)
_SIDES = re.compile(r"\s*(?:,?\s+or\s+(?:the |a )?|\bvs\.?\b|\bversus\b|\n|;|,\s)\s*", re.IGNORECASE)


_HEADS = frozenset(
    map(
        stem,
        (
            "people persons person friends kids children students guests siblings brothers sisters colleagues"
            " players members families neighbours tables ways groups teams pupils roommates flatmates boxes"
            " bags plates"
        ).split(),
    )
)
_MONEY = re.compile(r"[$€£]\s?\Z")
_MONEY_BEHIND = re.compile(r"\s?(?:euros?|dollars?|pounds?|eur|usd|gbp|€|\$|£|cents?|francs?|kr)\b", re.IGNORECASE)


_AMOUNT = re.compile(r"\b(?:how much|price|cost|pay|total|amount)\b", re.IGNORECASE)
_PART = re.compile(
    r"\bhow much (?:is|would|will)? ?(?:the )?(?:tip|tax|vat|interest)\b|\bwhat(?:'s| is) the (?:tip|tax|vat)\b",
    re.IGNORECASE,
)
_PAYS = re.compile(r"\b(?:costs?|for|paid?|bill of|price of)\s+\Z", re.IGNORECASE)
_HAS = re.compile(
    r"\b(?:has|have|costs?|weighs?|takes?|with|in (?:a|an|one|each|every))\b",
    re.IGNORECASE,
)


class _Term(NamedTuple):
    """A number of a message with the words beside it."""

    value: Fraction
    text: str
    start: int
    end: int
    behind: str
    """The stem of the word behind it: what is counted."""
    is_percent: bool = False


def compared(question: str, message: str) -> Sum | None:
    """Return which of several amounts is larger or smaller, as it is called."""
    is_larger = _LARGER.search(question)
    if not (is_larger or _SMALLER.search(question)) or re.match(r"\W*how\b", question, re.IGNORECASE):
        return None
    _, colon, behind = question.rpartition(": ") if ": " in question else ("", "", "")
    said = behind if colon else question if len(_terms(question)) > 1 else message
    sides = [side.strip(" ?.!,") for side in _SIDES.split(said.split("?")[0])]
    amounts = [(side, _side_value(side)) for side in sides if any(True for _ in numbers_in(side))]
    known = [(side, value) for side, value in amounts if value is not None]
    if len(known) < 2:
        return None
    best = (max if is_larger and not _SMALLER.search(question) else min)(known, key=lambda each: each[1])
    return Sum(float(best[1]), "", "", best[0])


def _side_value(side: str) -> Fraction | None:
    terms = _terms(side)
    if not terms:
        return None
    if len(terms) == 2 and _EACH.search(side):
        return terms[0].value * terms[1].value
    money = [term for term in terms if "." in term.text] or terms
    return money[0].value


def _terms(whole: str) -> list[_Term]:
    taken: list[_Term] = []
    for number in sorted(numbers_in(whole), key=lambda each: (each.start, -each.end)):
        if taken and number.start < taken[-1].end:
            continue
        before, after = whole[max(0, number.start - 1) : number.start], whole[number.end :]
        if before.isalnum() or (
            after[:1].isalpha() and not re.match(r"(?:kg|g|km|m|cm|l|ml|h|min|eur|usd|€)\b", after, re.IGNORECASE)
        ):
            continue
        if re.match(r"[:.]\d\d\b", after) or (
            before in (":", "-", "/", "#") and whole[max(0, number.start - 2) : number.start - 1].isdigit()
        ):
            continue
        text = whole[number.start : number.end]
        if text.lower() in ("one", "half", "a") and not text[0].isdigit():
            continue
        named = [word for word in words(after[:40], most=4) if word.is_word]
        behind = next((word.stem for word in named if not word.is_function), "")
        taken.append(
            _Term(Fraction(str(number.value)), text, number.start, number.end, behind, after.lstrip()[:1] == "%")
        )
    return taken[:MAX_TERMS]


def asks_rated(told: str, whole: str) -> bool:
    """Say whether an amount is asked for that a discount, a tip or a tax changes."""
    is_rated = _OFF.search(whole) is not None or _ON.search(whole) is not None
    return is_rated and _AMOUNT.search(told) is not None


def hours(told: str, whole: str) -> Sum | None:
    """Return how long it is from one time of day to another, or what time it is some minutes or hours after one."""
    times = list(_CLOCK.finditer(whole))
    if len(times) == 2 and _HOW_LONG.search(told):
        first, last = (_minutes(match) for match in times)
        minutes = (last - first) % 1440
        if re.search(r"\bminutes\b", told, re.IGNORECASE):
            return Sum(minutes, "", "minutes")
        return made(Fraction(minutes, 60), "", "hours")
    length = re.search(r"\b(\d+(?:\.\d+)?) ?(minutes?|min|hours?|hrs?|h)\b", whole, re.IGNORECASE)
    if len(times) == 1 and length and re.search(r"\b(?:when|what time|until when)\b", told, re.IGNORECASE):
        minutes = _minutes(times[0]) + int(float(length[1]) * (60 if length[2][0].lower() == "h" else 1))
        return Sum(minutes, "", "", f"{minutes // 60 % 24:02d}:{minutes % 60:02d}")
    return None


def _minutes(match: re.Match[str]) -> int:
    hour = int(match[1]) % 12 + 12 * (match[3].lower() == "pm") if match[3] else int(match[1])
    return 60 * hour + int(match[2])


def worded(told: str, whole: str) -> Sum | None:
    """Return what a problem in words comes to; `told` asks, `whole` says everything."""
    terms = tuple(_terms(whole))
    return _Problem(told, whole, tuple(term for term in terms if not term.is_percent)).answer()


class _Problem(NamedTuple):
    """What is asked, all that is said, and the numbers in it but percentages."""

    told: str
    whole: str
    terms: tuple[_Term, ...]

    @property
    def is_each(self) -> bool:
        """Whether one number is of each of another."""
        return _EACH.search(self.whole) is not None or _HOLDS.search(self.whole) is not None

    def answer(self) -> Sum | None:
        """Return what it comes to: by a rate, by two numbers, by all of them."""
        if _OFF.search(self.whole) or (_ON.search(self.whole) and self.terms):
            return self._rated()
        if len(self.terms) < 2:
            return None
        return self._of_two() or self._of_all()

    def _rated(self) -> Sum | None:
        """Return an amount less a discount, or with a tip or a tax; the tip alone where that is asked for."""
        off, on = _OFF.search(self.whole), _ON.search(self.whole)
        match = off or on
        base = self._base(Fraction(plain(match[1] or match[2]))) if match else None
        if match is None or base is None:
            return None
        rate = Fraction(plain(match[1] or match[2])) / 100
        if off:
            return made(base * (1 - rate), f"{base}*(1-{rate})")
        share = rate if _PART.search(self.told) else 1 + rate
        return made(base * share, f"{base}*{share}")

    def _base(self, rate: Fraction) -> Fraction | None:
        """Return what a rate is of: the other number, the product of two, the sum of several."""
        values = [term.value for term in self.terms if term.value != rate]
        if len(values) == 2 and _EACH.search(self.whole):
            return values[0] * values[1]
        return sum(values, Fraction(0)) if values else None

    def _of_two(self) -> Sum | None:
        if len(self.terms) != 2:
            return None
        first, second = (term.value for term in self.terms)
        if _GROWS.search(self.told) and first:
            return made(abs(second - first) / first * 100, f"({second}-{first})/{first}", "%")
        if _DIFFERENCE.search(self.told) or _CHANGE.search(self.told):
            return made(abs(first - second), f"{first}-{second}")
        if _UNIT.search(self.told) or _SHARE.search(self.whole):
            return self._shared()
        return None

    def _of_all(self) -> Sum | None:
        values = [term.value for term in self.terms]
        rest = sum(values[1:], Fraction(0))
        if _MEAN.search(self.told):
            return made(sum(values, Fraction(0)) / len(values), f"({'+'.join(map(str, values))})/{len(values)}")
        if _CHANGE.search(self.told) and len(values) == 3 and _EACH.search(self.whole):
            small = sorted(values)
            return made(small[2] - small[0] * small[1], f"{small[2]}-{small[0]}*{small[1]}")
        if _LEFT.search(self.told) and not self.is_each and not any(map(self._gains, self.terms[1:])):
            return made(values[0] - rest, "-".join(map(str, values)))
        if TOTAL.search(self.told) and not _EACH.search(self.whole) and not self._loses():
            return made(values[0] + rest, "+".join(map(str, values)))
        return self._products()

    def _shared(self) -> Sum | None:
        """Return one number by another: the price by the amount, the whole by the heads."""
        first, second = self.terms
        if self._is_money(first) != self._is_money(second):
            first, second = (first, second) if self._is_money(first) else (second, first)
        elif (first.behind in _HEADS) != (second.behind in _HEADS):
            first, second = (second, first) if first.behind in _HEADS else (first, second)
        elif first.value < second.value:
            first, second = second, first
        return made(first.value / second.value, f"{first.value}/{second.value}") if second.value else None

    def _is_money(self, term: _Term) -> bool:
        before = self.whole[max(0, term.start - 16) : term.start]
        is_marked = _MONEY.search(before) is not None or _MONEY_BEHIND.match(self.whole, term.end) is not None
        return is_marked or "." in term.text or _PAYS.search(before) is not None

    def _products(self) -> Sum:
        """Return pairs of how many and how much each, added up; else the first number with what is added and taken
        away."""
        first, second, *others = self.terms
        if not others and (self.is_each or _HAS.search(self.whole)) and not self._loses() and not self._gains(second):
            return made(first.value * second.value, f"{first.value}*{second.value}")
        if _EACH.search(self.whole) and len(self.terms) % 2 == 0:
            pairs = list(zip(self.terms[::2], self.terms[1::2], strict=True))
            total = sum((one.value * other.value for one, other in pairs), Fraction(0))
            return made(total, "+".join(f"{one.value}*{other.value}" for one, other in pairs))
        if self.is_each and len(others) == 1:
            more = self._sign(second, others[0]) * others[0].value
            return made(first.value * second.value + more, f"{first.value}*{second.value}+{more}")
        signed = [first.value, *(self._sign(before, term) * term.value for before, term in pairwise(self.terms))]
        return made(sum(signed, Fraction(0)), "+".join(map(str, signed)))

    def _loses(self) -> bool:
        return any(word.stem in _LOSES for word in words(self.whole) if word.is_word)

    def _gains(self, term: _Term) -> bool:
        beside = self.whole[max(0, term.start - NEAR) : term.end + NEAR]
        return any(word.stem in _GAINS for word in words(beside) if word.is_word)

    def _sign(self, before: _Term, term: _Term) -> int:
        """Return whether a number is added or taken away, by the words about it."""
        if term.value < 0:
            return 1
        behind = re.split(r"[,.]| and ", self.whole[term.end : term.end + 32])[0]
        said = [word.stem for word in words(f"{self.whole[before.end : term.start]} {behind}") if word.is_word]
        return -1 if sum(each in _LOSES for each in said) > sum(each in _GAINS for each in said) else 1
