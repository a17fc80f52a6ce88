"""What a message asks to be computed of its own numbers, as an expression and its value.

`15% of 240`, `24 bottles in a box, how many in 15 boxes`, `31 patients, 7 left and 4 came`: which numbers are meant and
how they are put together shows in the words beside them.
"""

import re
from fractions import Fraction

from tercet.backends.embedded.plain.figures import Sum, made, plain
from tercet.backends.embedded.plain.problems import TOTAL, asks_rated, hours, worded
from tercet.errors import ToolRetry
from tercet.numerals import numbers_in
from tercet.tools.calculator import evaluate

_SYMBOLS = re.compile(
    r"(?<![\w.])[-−(]*\s*[$€£]?\d[\d.,]*\s*%?\)*(?:\s*(?:\*\*|[-+*/×÷^−–x:]"
    r"|mod)\s*[-−(]*\s*[$€£]?\d[\d.,]*\s*%?\)*)+(?![\w-])"
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
_ASKS = re.compile(
    r"\b(?:how (?:much|many|long|far|old)|what(?:'s| is| are| was| will)?|total|sum|altogether|change"
    r"|how (?:many|much) [^.?]*\b(?:remain\w*|left|still)|difference|average|mean|each|per|calculate"
    r"|compute|work out|"
    r"add|subtract|multiply|divide|which|cheaper|result|percent|percentage|=)",
    re.IGNORECASE,
)
_RECKONS = re.compile(
    r"\b(?:total|sum|altogether|in all|combined|together|change (?:do|will|should|is)|change\?|how (?:many"
    r"|much) [^.?]*\b(?:remain\w*|left|still)|difference|average|mean|per (?:unit|piece|kg|kilo|liter"
    r"|litre|hour|day|month|person|head|item|one)|calculate|calculator|"
    r"compute|work out|when (?:does|will) (?:it|the \\w+) (?:end|finish|arrive|be over)|bigger|larger"
    r"|greater|smaller|how many more|how much more|how many (?:\w+ )?(?:are there |do i have "
    r"|does \w+ have |are |is )?now|percent(?:age)?|split|each (?:person|one|of (?:us|them))|discount|tip"
    r"|more expensive|cheaper|arithmetic|math|add (?:up|these|them|all)|(?:price|cost|rate) (?:per|of one"
    r"|for one) \w+|how many (?:hours|minutes))\b|\d ?%",
    re.IGNORECASE,
)
"""What says that something is to be computed."""


def computed(message: str, question: str, rules: str = "") -> Sum | None:
    """Return what a message asks to be computed of its own numbers; nothing where that is not clear.

    `question`: the sentence that asks; `rules`: the system's messages, which may say that this is a calculator.
    """
    message, question = (_PERCENT.sub("%", each) for each in (message, question))
    is_reckoner = _RECKONER.search(rules) is not None
    if is_reckoner and "?" not in question:
        question = f"{rules}\n{question}"
    lines = _LINE.findall(message)
    if len(lines) > 1 and TOTAL.search(f"{rules} {question}"):
        total = sum((Fraction(number) * Fraction(plain(price)) for number, price in lines), Fraction(0))
        return made(total, "lines")
    if found := _written(question, is_asked=True) or (_written(message, is_asked=is_reckoner)):
        return found
    has_number = re.search(r"(?<![\w(.:])\d+(?![\w):.]\d|[:)])", question) is not None or any(
        not question[each.start].isdigit() for each in numbers_in(question)
    )
    if span := hours(question, message):
        return span
    if not (
        is_reckoner
        or asks_rated(question, message)
        or _RECKONS.search(question)
        or (has_number and re.search(r"\bhow (?:many|much)\b", question, re.IGNORECASE))
    ):
        return None
    return worded(question, message)


MAX_ALONE = 200
"""Characters of a message that may be a sum and nothing else."""
_ALONE = re.compile(
    r"\W*(?:hey|hi|please|pls|quick|and|so|ok|can you|could you|tell me|me|what(?:'s|’s| is| are)?|whats"
    r"|how much(?: is| are)?|calculate|compute|work out|solve|evaluate|the result of|equals?|\?|="
    r"|[-+*/×÷^().,\d\s%$€£]|x|times|plus|minus|divided by|of|the|square root|squared|percent)*\W*",
    re.IGNORECASE,
)
"""A message that is a sum and nothing else."""


def written(message: str) -> Sum | None:
    """Return the value of a message that is an expression and nothing else: `What is 17*23?`"""
    is_alone = len(message) <= MAX_ALONE and _ALONE.fullmatch(message) is not None
    return _written(message, is_asked=True) if is_alone else None


_RECKONER = re.compile(r"\b(?:calculat\w+|arithmetic|maths?|sums?|work out|comput\w+|till|discounts?)\b", re.IGNORECASE)
"""What a system message says of one that computes."""
_PERCENT = re.compile(r"\s*\bper ?cent\b", re.IGNORECASE)
_LINE = re.compile(
    r"^\D{0,6}(\d+)\s*(?:x|×|\*|pcs|pieces)\s*[^\d\n]*?(?:at|@|a|je|à|:|,)\s*[$€£]?(\d+(?:[.,]\d+)?)",
    re.MULTILINE | re.IGNORECASE,
)


def _value(expression: str) -> Sum | None:
    try:
        return Sum(evaluate(expression), expression)
    except ToolRetry:
        return None


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
        return _value(f"sqrt({plain(root[1])})")
    if share := _PERCENT_OF.search(said):
        return _value(f"{plain(share[1])}/100*{plain(share[2])}")
    for match in _SYMBOLS.finditer(said):
        written = match[0].strip()
        is_spaced = re.search(r"\d\s+[-+*/x:÷×−–^]\s*\d|[+*×÷^()]", written) is not None
        if not is_spaced and (
            re.search(r"[-–/:]", written) and not re.fullmatch(r"\W*" + re.escape(written) + r"\W*", said.strip())
        ):
            continue
        if re.search(r"\d:\d\d|\d{4}-\d\d-|\d\.\d+\.\d", written):
            continue
        bare = re.sub(r"[$€£\s]", "", written).replace("x", "*").replace(":", "/").strip("=")
        if found := _value(re.sub(r"\d[\d.,]*", lambda number: plain(number[0]), bare)):
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
