"""What a question asks to be computed of what tools returned, as the expression that a calculator takes.

A small model adds up whatever numbers it sees. Which are meant shows in the question: the column that it names of the
rows that it describes, and whether their sum, mean or difference is wanted. It knows nothing of prompts.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tercet.backends.embedded.drafts.parameters import Parameter, only_text
from tercet.backends.embedded.drafts.returned import Leaf, asks, every_leaf
from tercet.backends.embedded.relevance import direction, likeness, stem
from tercet.backends.embedded.spoken import Known, Spoken
from tercet.backends.embedded.telling.questions import parts
from tercet.backends.embedded.wording.words import stems_of
from tercet.numerals import numbers_in

MAX_TERMS = 40
"""Numbers of an expression."""
_ADDRESS = re.compile(r'\{"url": ?("[^"]*")')
"""How the observation of a page begins."""
_MEAN = re.compile(r"\b(?:average|mean|on average)\b", re.IGNORECASE)
_DIFFERENCE = re.compile(
    r"\b(?:difference|apart|how (?:much|many) (?:more|less|fewer|cheaper|older|younger|longer|shorter|higher))\b",
    re.IGNORECASE,
)
_SUM = re.compile(
    r"\b(?:total|sum|together|altogether|combined|in all|add(?:ed|ing)?(?: \w+)? up|overall|whole)\b", re.IGNORECASE
)
_ORDERS = re.compile(r"\b(?:add up|sum up|total up|calculate|compute|work out|figure out)\b", re.IGNORECASE)
"""What orders a computation, where nothing is asked."""
_AMOUNT = re.compile(r"\b(?:costs?|price|pay|spend|spent|total|worth|charge|how much)\b", re.IGNORECASE)
_PRICES = frozenset(map(stem, "price cost rate fee fare wage".split()))
_COUNTS = frozenset(map(stem, "quantity qty units pieces hours nights days seats".split()))
_EACH = frozenset(map(stem, "unit each per hourly nightly daily single".split()))
"""Words in the name of a price that is one of several."""
_EXPRESSIONS = frozenset(map(stem, "expression formula equation calculation".split()))
"""Names of parameters that take what is to be computed."""
_NO_QUANTITY = frozenset(map(stem, "id no code number year index sku zip postcode phone line lines rank page".split()))
"""Names of numbers that are not reckoned with."""


class _Number(NamedTuple):
    """A number that a result has, as it is written in an expression."""

    leaf: Leaf
    text: str


def reckoner(tools: Mapping[str, Sequence[Parameter]]) -> tuple[str, str] | None:
    """Return the tool that computes an expression and nothing else needs, and the parameter that takes it."""
    found = ((name, only_text(parameters, _EXPRESSIONS)) for name, parameters in tools.items())
    return next(((name, parameter) for name, parameter in found if parameter), None)


def expression(said: Spoken) -> str:
    """Return what a request asks to be computed of the results that are known; empty where that is nothing."""
    if not (asks(said.text) or parts(said.text) or _ORDERS.search(said.text)):
        return ""
    numbers = [number for leaf in every_leaf(said._replace(known=_once(said.known))) if (number := _number(leaf))]
    product = _products(said.text, numbers)
    if product:
        return product
    asked = next((kind for kind in (_MEAN, _DIFFERENCE, _SUM) if kind.search(said.text)), None)
    terms = _column(said.text, numbers) if asked else []
    if len(terms) < 2 or len(terms) > MAX_TERMS:
        return ""
    if asked is _DIFFERENCE:
        largest_first = sorted(terms, key=float, reverse=True)
        return "-".join(largest_first) if len(terms) == 2 else ""
    total = "+".join(terms)
    return f"({total})/{len(terms)}" if asked is _MEAN else total


def _once(known: Sequence[Known]) -> tuple[Known, ...]:
    """Return what is known, each page that was shown several times as it was last."""
    last: dict[str, Known] = {}
    for place, each in enumerate(known):
        page = _ADDRESS.match(each.text) if not each.is_call else None
        address = page[1] if page else str(place)
        last.pop(address, None)
        last[address] = each
    return tuple(last.values())


def _number(leaf: Leaf) -> _Number | None:
    """Return a value of a result as a number; none where it is no quantity."""
    if leaf.is_argument or not leaf.key or leaf.key[-1] in _NO_QUANTITY:
        return None
    if isinstance(leaf.value, int | float):
        return _Number(leaf, _plain(leaf.value))
    found = list(numbers_in(leaf.value)) if isinstance(leaf.value, str) and len(leaf.value) <= 16 else []
    return _Number(leaf, _plain(found[0].value)) if len(found) == 1 and _is_bare(leaf.value) else None


def _plain(value: float) -> str:
    return str(int(value)) if isinstance(value, int) or value.is_integer() else str(value)


def _is_bare(text: str) -> bool:
    """Say whether a text is a number with no more than a unit or a sign of money beside it."""
    return re.fullmatch(r"[^\w\s]?\s?-?[\d.,]+\s?[^\d\s]{0,4}", text) is not None


def _products(text: str, numbers: Sequence[_Number]) -> str:
    """Return the price of each row times how many there are, where a request asks what all of it costs."""
    if not _AMOUNT.search(text):
        return ""
    described = [number for number in numbers if number.leaf.standing > 0] or numbers
    prices = [number for number in described if number.leaf.key[-1] in _PRICES]
    counts = [number for number in described if number.leaf.key[-1] in _COUNTS]
    is_of_each = all(not _EACH.isdisjoint(price.leaf.key) for price in prices)
    if not prices or len(prices) != len(counts) or not (is_of_each or _SUM.search(text)):
        return ""
    return "+".join(f"{price.text}*{count.text}" for price, count in zip(prices, counts, strict=True))


def _column(text: str, numbers: Sequence[_Number]) -> list[str]:
    """Return the numbers under the name that a request means, of the rows that it describes."""
    described = [number for number in numbers if number.leaf.standing > 0] or numbers
    stems = tuple(stems_of(text))
    by_key: dict[tuple[str, ...], list[_Number]] = {}
    for number in described:
        by_key.setdefault(number.leaf.key, []).append(number)
    named = [key for key, of in by_key.items() if len(of) > 1]
    best = max(
        named, key=lambda key: (len(set(key) & set(stems)), likeness(direction(stems), direction(key))), default=()
    )
    return [number.text for number in by_key.get(best, ())]
