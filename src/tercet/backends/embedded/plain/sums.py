"""What a message asks to be computed of its own numbers, as an expression and its value.

`15% of 240`, `24 bottles in a box, how many in 15 boxes`, `31 patients, 7 left and 4 came`: which numbers are meant and
how they are put together shows in the words beside them.
"""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from tercet.backends.embedded.drafts.words import words
from tercet.backends.embedded.relevance import stem
from tercet.errors import ToolRetry
from tercet.numerals import numbers_in
from tercet.tools.calculator import evaluate

MAX_TERMS = 40
_SYMBOLS = re.compile(
    r"(?<![\w.])[-−(]*\s*[$€£]?\d[\d.,]*\s*%?\)*(?:\s*(?:\*\*|[-+*/×÷^−–x:]|mod)\s*[-−(]*\s*[$€£]?\d[\d.,]*\s*%?\)*)+(?![\w-])"
)
_SPOKEN = (
    (re.compile(r"\b(?:plus|added to|add)\b", re.IGNORECASE), "+"),
    (re.compile(r"\b(?:minus|less|take away)\b", re.IGNORECASE), "-"),
    (re.compile(r"\b(?:times|multiplied by)\b", re.IGNORECASE), "*"),
    (re.compile(r"\b(?:divided by|over)\b", re.IGNORECASE), "/"),
    (re.compile(r"\bto the power of\b", re.IGNORECASE), "^"),
    (re.compile(r"\bpercent\b|\bper cent\b", re.IGNORECASE), "%"),
    (re.compile(r"\bsquared\b", re.IGNORECASE), "^2"),
    (re.compile(r"\bcubed\b", re.IGNORECASE), "^3"),
)
_PERCENT_OF = re.compile(r"(\d[\d.,]*)\s*% of (?:the |a |my |our )?[^\d%]{0,20}?[$€£]?(\d[\d.,]*)")
_ROOT = re.compile(r"\bsquare root of (\d[\d.,]*)", re.IGNORECASE)
_CLOCK = re.compile(r"\b(\d{1,2})[:.h](\d\d)\b(?:\s*(am|pm))?", re.IGNORECASE)
_ASKS = re.compile(
    r"\b(?:how (?:much|many|long|far|old)|what(?:'s| is| are| was| will)?|total|sum|altogether|change|how (?:many|much) [^.?]*\b(?:remain\w*|left|still)|difference|average|mean|each|per|calculate|compute|work out|"
    r"add|subtract|multiply|divide|which|cheaper|result|percent|percentage|=)",
    re.IGNORECASE,
)
_RECKONS = re.compile(
    r"\b(?:total|sum|altogether|in all|combined|together|change (?:do|will|should|is)|change\?|how (?:many|much) [^.?]*\b(?:remain\w*|left|still)|difference|average|mean|per (?:unit|piece|kg|kilo|liter|litre|hour|day|month|person|head|item|one)|calculate|calculator|"
    r"compute|work out|when (?:does|will) (?:it|the \\w+) (?:end|finish|arrive|be over)|bigger|larger|greater|smaller|how many more|how much more|how many (?:\w+ )?(?:are there |do i have |does \w+ have |are |is )?now|percent(?:age)?|split|each (?:person|one|of (?:us|them))|discount|tip|more expensive|cheaper|arithmetic|math|add up|how many (?:hours|minutes))\b|\d ?%",
    re.IGNORECASE,
)
"""What says that something is to be computed."""
_LOSES = frozenset(
    map(
        stem,
        "gave give gives lost lose loses sold sell sells ate eat eats used use uses spent spend spends left leave discharged removed remove taken took broke broken damaged discount withdrew withdrawn returned died dropped off deducted minus less fewer cancelled cancel drank paid pay pays donated gone throw threw sends sent borrowed lent expired".split(),
    )
)
_GAINS = frozenset(
    map(
        stem,
        "got get gets received receive found find added add adds admitted more plus came arrive arrived joined join earned earn gained gain won win another extra collected picked delivered deposit deposited saved new born hired".split(),
    )
)
_EACH = re.compile(
    r"\b(?:each|apiece|per|every|a piece)\b|\bat [$€£]?\d[\d.,]*(?: \w+)? (?:each|a|an|per)\b|/(?:kg|h|hour|day|month|piece|pcs|l|m)\b",
    re.IGNORECASE,
)
_HOLDS = re.compile(r"\b(?:holds?|contains?|(?:costs?|weighs?|seats?) (?=[$€£]?\d)|(?:box|crate|pack|bag|tray|row|shelf|carton|case)\w* (?:of|with|has|have|with) \d|\d+ \w+ (?:with|of) \d+)\b", re.IGNORECASE)
_TOTAL = re.compile(
    r"\b(?:total|sum|altogether|in all|combined|together|overall|add (?:up|these|them|the))\b", re.IGNORECASE
)
_DIFFERENCE = re.compile(
    r"\b(?:difference|how (?:much|many) (?:more|less|fewer|longer|older|cheaper|taller|higher|heavier|further)|how much (?:\w+ ){0,3}(?:increase|rise|drop|fall))",
    re.IGNORECASE,
)
_MEAN = re.compile(r"\b(?:average|mean)\b", re.IGNORECASE)
_CHANGE = re.compile(r"\bchange\b|\bget back\b|\bback from\b", re.IGNORECASE)
_LEFT = re.compile(r"\b(?:left|remain\w*|still|now|over|in stock)\b", re.IGNORECASE)
_UNIT = re.compile(r"\b(?:per|price of one|one \w+ cost|each|unit price|a single|apiece)\b", re.IGNORECASE)
_SHARE = re.compile(
    r"\b(?:split|shared?|divided|equally|each (?:person|one|of them|child|get|pay|friend|guest)|per (?:person|head)|among|between)\b",
    re.IGNORECASE,
)
_OFF = re.compile(
    r"(\d[\d.,]*)\s*% (?:off|discount|cheaper|reduction|less|reduced)|(?:discount|reduction|reduced|drops?|falls?|decrease[sd]?|cheaper|lower\w*) (?:of|by) (\d[\d.,]*)\s*%",
    re.IGNORECASE,
)
_ON = re.compile(
    r"(\d[\d.,]*)\s*% (?:tip|tax|vat|more|increase|service|interest|surcharge|markup|raise)|(?:tip|tax|vat|increase[sd]?|rises?|raise[sd]?|interest|plus|adds?) (?:of |by |rate of )?(\d[\d.,]*)\s*%",
    re.IGNORECASE,
)
_COUNT = re.compile(
    r"\bhow many (?:[\w-]+ ){0,3}?(?:are|items|names|words|letters|entries|lines|things|people|were|do i have|does|in)\b|\bcount (?:the|how|them)\b",
    re.IGNORECASE,
)
_LARGER = re.compile(
    r"\b(?:larger|greater|bigger|higher|more expensive|heavier|longer|older|taller|farther|further|largest|greatest|biggest|highest|most|longest|oldest|maximum)\b",
    re.IGNORECASE,
)
_SMALLER = re.compile(
    r"\b(?:smaller|less|lower|cheaper|lighter|shorter|younger|smallest|lowest|cheapest|least|fewest|shortest|youngest|minimum)\b",
    re.IGNORECASE,
)


class Sum(NamedTuple):
    """A value that was computed, and of what."""

    value: int | float
    expression: str
    unit: str = ""
    text: str = ""
    """What is told instead of the value, where that is asked for."""


class _Term(NamedTuple):
    """A number of a message with the words beside it."""

    value: Fraction
    text: str
    start: int
    end: int
    behind: str
    """The stem of the word behind it: what is counted."""
    is_percent: bool = False


def computed(message: str, question: str, rules: str = "") -> Sum | None:
    """Return what a message asks to be computed of its own numbers; nothing where that is not clear.

    `question`: the sentence that asks; `rules`: the system's messages, which may say that this is a calculator.
    """
    message, question = (_PERCENT.sub("%", each) for each in (message, question))
    is_reckoner = _RECKONER.search(rules) is not None
    if is_reckoner and "?" not in question:
        question = f"{rules}\n{question}"
    lines = _LINE.findall(message)
    if len(lines) > 1 and _TOTAL.search(f"{rules} {question}"):
        total = sum((Fraction(number) * Fraction(_plain(price)) for number, price in lines), Fraction(0))
        return _made(total, "lines")
    if found := _written(question, is_asked=True) or (_written(message, is_asked=is_reckoner)):
        return found
    has_number = re.search(r"(?<![\w(.:])\d+(?![\w):.]\d|[:)])", question) is not None or any(
        not question[each.start].isdigit() for each in numbers_in(question)
    )
    if not (
        is_reckoner
        or _RECKONS.search(question)
        or (has_number and re.search(r"\bhow (?:many|much)\b", question, re.IGNORECASE))
    ):
        return None
    if span := _hours(question, message):
        return span
    return _worded(question, message)


_ALONE = re.compile(
    r"\W*(?:hey|hi|please|pls|quick|and|so|ok|can you|could you|tell me|me|what(?:'s|’s| is| are)?|whats|how much(?: is| are)?|calculate|compute|work out|solve|evaluate|the result of|equals?|\?|=|[-+*/×÷^().,\d\s%$€£]|x|times|plus|minus|divided by|of|the|square root|squared|percent)*\W*",
    re.IGNORECASE,
)
"""A message that is a sum and nothing else."""


def written(message: str) -> Sum | None:
    """Return the value of a message that is an expression and nothing else: `What is 17*23?`"""
    return _written(message, is_asked=True) if _ALONE.fullmatch(message) else None


_RECKONER = re.compile(r"\b(?:calculat\w+|arithmetic|maths?|sums?|work out|comput\w+|till|prices?|discounts?|totals?)\b", re.IGNORECASE)
"""What a system message says of one that computes."""
_PERCENT = re.compile(r"\s*\bper ?cent\b", re.IGNORECASE)
_GROWS = re.compile(r"\b(?:by )?(?:what|how many|which|how much) (?:percent(?:age)?|%)|\bpercentage (?:increase|change|drop|growth)|\b(?:in|as a) (?:percent|%)", re.IGNORECASE)
_LINE = re.compile(r"^\D{0,6}(\d+)\s*(?:x|×|\*|pcs|pieces)\s*[^\d\n]*?(?:at|@|a|je|à|:|,)\s*[$€£]?(\d+(?:[.,]\d+)?)", re.MULTILINE | re.IGNORECASE)
_SIDES = re.compile(r"\s*(?:,?\s+or\s+(?:the |a )?|\bvs\.?\b|\bversus\b|\n|;)\s*", re.IGNORECASE)


def compared(question: str, message: str) -> Sum | None:
    """Return which of several amounts is larger or smaller, as it is called."""
    is_larger = _LARGER.search(question)
    if not (is_larger or _SMALLER.search(question)) or re.match(r"\W*how\b", question, re.IGNORECASE):
        return None
    _, colon, behind = question.rpartition(": ") if ": " in question else ("", "", "")
    sides = [side.strip(" ?.!,") for side in _SIDES.split(behind if colon else message)]
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


def _value(expression: str) -> Sum | None:
    try:
        return Sum(evaluate(expression), expression)
    except ToolRetry:
        return None


def _plain(text: str) -> str:
    return text.replace(",", "") if re.search(r",\d{3}(?!\d)", text) else text.rstrip(",.").replace(",", ".")


def _written(text: str, *, is_asked: bool) -> Sum | None:
    """Return an expression that is written out, in signs or in words; where nothing is asked, only one with an equals
    sign."""
    if not is_asked and "=" not in text:
        return None
    said = _in_digits(text)
    for pattern, sign in _SPOKEN:
        said = pattern.sub(sign, said)
    said = re.sub(r"(?<=\d)\s+(%|\^)", r"\1", said)
    if root := _ROOT.search(said):
        return _value(f"sqrt({_plain(root[1])})")
    if share := _PERCENT_OF.search(said):
        return _value(f"{_plain(share[1])}/100*{_plain(share[2])}")
    for match in _SYMBOLS.finditer(said):
        written = match[0].strip()
        is_spaced = re.search(r"\d\s+[-+*/x:÷×−–^]\s*\d|[+*×÷^()]", written) is not None
        if not is_spaced and (
            re.search(r"[-–/:]", written) and not re.fullmatch(r"\W*" + re.escape(written) + r"\W*", said.strip())
        ):
            continue
        if re.search(r"\d:\d\d|\d{4}-\d\d-|\d\.\d+\.\d", written):
            continue
        plain = re.sub(r"[$€£\s]", "", written).replace("x", "*").replace(":", "/").strip("=")
        if found := _value(re.sub(r"\d[\d.,]*", lambda number: _plain(number[0]), plain)):
            return found
    return None


def _in_digits(text: str) -> str:
    """Return a text with the numbers that are written in words beside signs of arithmetic in digits."""
    if not any(pattern.search(text) for pattern, _ in _SPOKEN):
        return text
    made, place = "", 0
    for number in sorted(numbers_in(text), key=lambda each: (each.start, -each.end)):
        if number.start >= place and not text[number.start].isdigit() and text[number.start] not in "-−+.":
            made += text[place : number.start] + f"{number.value:g}"
            place = number.end
    return made + text[place:]


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


def _made(value: Fraction, expression: str, unit: str = "") -> Sum:
    number: int | float = int(value) if value.denominator == 1 else float(value)
    return Sum(number, expression, unit)


def _hours(told: str, whole: str) -> Sum | None:
    """Return how long it is from one time of day to another, or what time it is some minutes or hours after one."""
    times = list(_CLOCK.finditer(whole))
    if len(times) == 2 and re.search(r"\bhow (?:long|many (?:hours|minutes))\b", told, re.IGNORECASE):
        first, last = (_minutes(match) for match in times)
        minutes = (last - first) % 1440
        if re.search(r"\bminutes\b", told, re.IGNORECASE):
            return Sum(minutes, "", "minutes")
        return _made(Fraction(minutes, 60), "", "hours")
    length = re.search(r"\b(\d+(?:\.\d+)?) ?(minutes?|min|hours?|hrs?|h)\b", whole, re.IGNORECASE)
    if len(times) == 1 and length and re.search(r"\b(?:when|what time|until when)\b", told, re.IGNORECASE):
        minutes = _minutes(times[0]) + int(float(length[1]) * (60 if length[2][0].lower() == "h" else 1))
        return Sum(minutes, "", "", f"{minutes // 60 % 24:02d}:{minutes % 60:02d}")
    return None


def _minutes(match: re.Match[str]) -> int:
    hour = int(match[1]) % 12 + 12 * (match[3].lower() == "pm") if match[3] else int(match[1])
    return 60 * hour + int(match[2])


def _worded(told: str, whole: str) -> Sum | None:
    """Return what a problem in words comes to."""
    terms = _terms(whole)
    plain = [term for term in terms if not term.is_percent]
    if off := _OFF.search(whole):
        rate = Fraction(_plain(off[1] or off[2])) / 100
        base = _base(plain, whole, rate)
        return _made(base * (1 - rate), f"{base}*(1-{rate})") if base is not None else None
    if (on := _ON.search(whole)) and plain:
        rate = Fraction(_plain(on[1] or on[2])) / 100
        base = _base(plain, whole, rate)
        is_part = re.search(
            r"\bhow much (?:is|would|will)? ?(?:the )?(?:tip|tax|vat|interest)\b|\bwhat(?:'s| is) the (?:tip|tax|vat)\b",
            told,
            re.IGNORECASE,
        )
        return None if base is None else _made(base * (rate if is_part else 1 + rate), f"{base}*{rate}")
    if len(plain) < 2:
        return None
    if _GROWS.search(told) and len(plain) == 2 and plain[0].value:
        return _made(abs(plain[1].value - plain[0].value) / plain[0].value * 100, "growth", "%")
    if _MEAN.search(told):
        return _made(sum(term.value for term in plain) / len(plain), "mean")
    if _DIFFERENCE.search(told) and len(plain) == 2:
        return _made(abs(plain[0].value - plain[1].value), "difference")
    if _CHANGE.search(told) and len(plain) == 2:
        return _made(abs(plain[0].value - plain[1].value), "change")
    if _CHANGE.search(told) and len(plain) == 3 and _EACH.search(whole):
        small = sorted(term.value for term in plain)
        return _made(small[2] - small[0] * small[1], "change")
    if _LEFT.search(told) and not _EACH.search(whole) and not _HOLDS.search(whole) and not any(_gains(whole, term) for term in plain[1:]):
        return _made(plain[0].value - sum((term.value for term in plain[1:]), Fraction(0)), "left")
    if _TOTAL.search(told) and not _EACH.search(whole) and not _changes(whole, plain):
        return _made(sum((term.value for term in plain), Fraction(0)), "+".join(term.text for term in plain))
    if (
        _UNIT.search(told)
        and len(plain) == 2
        and not re.search(r"\bcost[s]? [^.?]*\beach\b", whole[: len(whole) - len(told)], re.IGNORECASE)
    ):
        return _shared(told, whole, plain)
    if _SHARE.search(whole) and len(plain) == 2:
        return _shared(told, whole, plain)
    return _products(told, whole, plain)


def _base(plain: Sequence[_Term], whole: str, rate: Fraction) -> Fraction | None:
    values = [term.value for term in plain if term.value != rate * 100]
    if len(values) == 2 and _EACH.search(whole):
        return values[0] * values[1]
    return values[0] if len(values) == 1 else sum(values, Fraction(0)) if len(values) > 1 else None


_HEADS = frozenset(
    map(
        stem,
        "people persons person friends kids children students guests siblings brothers sisters colleagues players members families neighbours tables ways groups teams pupils roommates flatmates boxes bags plates".split(),
    )
)
_MONEY = re.compile(r"[$€£]\s?\Z")
_MONEY_BEHIND = re.compile(r"\s?(?:euros?|dollars?|pounds?|eur|usd|gbp|€|\$|£|cents?|francs?|kr)\b", re.IGNORECASE)


def _shared(told: str, whole: str, plain: Sequence[_Term]) -> Sum:
    """Return one number by another: the price by the amount, the whole by the heads."""
    first, second = plain
    is_money = [
        _MONEY.search(whole, 0, term.start) is not None
        or _MONEY_BEHIND.match(whole, term.end) is not None
        or "." in term.text
        or re.search(r"\b(?:costs?|for|paid?|bill of|price of)\s+\Z", whole[: term.start], re.IGNORECASE) is not None
        for term in plain
    ]
    if is_money[0] != is_money[1]:
        first, second = (plain[0], plain[1]) if is_money[0] else (plain[1], plain[0])
    elif (first.behind in _HEADS) != (second.behind in _HEADS):
        first, second = (second, first) if first.behind in _HEADS else (first, second)
    elif first.value < second.value:
        first, second = second, first
    return _made(first.value / second.value, f"{first.text}/{second.text}") if second.value else _made(first.value, "")


def _changes(whole: str, plain: Sequence[_Term]) -> bool:
    said = frozenset(word.stem for word in words(whole) if word.is_word)
    return bool(said & _LOSES) and len(plain) > 1


def _products(told: str, whole: str, plain: Sequence[_Term]) -> Sum | None:
    """Return pairs of how many and how much each, added up; else the first number with what is added and taken away."""
    is_each = _EACH.search(whole) is not None or _HOLDS.search(whole) is not None or re.search(
        r"\b(?:holds?|contains?|has|have|costs?|weighs?|takes?|with|in (?:a|an|one|each|every))\b", whole, re.IGNORECASE
    )
    if (
        len(plain) == 2
        and is_each
        and not _changes(whole, plain)
        and not _LEFT.search(told)
        and not _gains(whole, plain[1])
    ):
        return _made(plain[0].value * plain[1].value, f"{plain[0].text}*{plain[1].text}")
    if _EACH.search(whole) and len(plain) % 2 == 0 and len(plain) > 2:
        pairs = zip(plain[::2], plain[1::2], strict=True)
        total = sum((one.value * other.value for one, other in pairs), Fraction(0))
        return _made(total, "products")
    if (_EACH.search(whole) or _HOLDS.search(whole)) and len(plain) == 3:
        sign = -1 if _sign(whole, plain[1], plain[2]) < 0 else 1
        return _made(plain[0].value * plain[1].value + sign * plain[2].value, "product")
    total = plain[0].value
    for before, term in zip(plain, plain[1:], strict=False):
        total += _sign(whole, before, term) * term.value
    return _made(total, "running")


def _sign(whole: str, before: _Term, term: _Term) -> int:
    """Return whether a number is added or taken away, by the words about it."""
    if term.value < 0:
        return 1
    beside = (
        whole[before.end : term.start]
        + " "
        + whole[term.end : term.end + 32].split(",")[0].split(".")[0].split(" and ")[0]
    )
    said = [word.stem for word in words(beside) if word.is_word]
    loses = sum(each in _LOSES for each in said)
    gains = sum(each in _GAINS for each in said)
    return -1 if loses > gains else 1


def _gains(whole: str, term: _Term) -> bool:
    beside = whole[max(0, term.start - 24) : term.end + 24]
    return any(word.stem in _GAINS for word in words(beside) if word.is_word)
