"""Filters on the attributes of files: comparisons, and any nesting of `and` and `or` over them."""

from collections.abc import Callable
from typing import TypeGuard

from tercet.searching import Attributes, AttributeValue, Compound, Filter

MAX_DEPTH = 8
MAX_COMPARISONS = 100
_ORDERED: dict[str, Callable[[float, float], bool]] = {
    "gt": lambda own, other: own > other,
    "gte": lambda own, other: own >= other,
    "lt": lambda own, other: own < other,
    "lte": lambda own, other: own <= other,
}


def matches(wanted: Filter, attributes: Attributes) -> bool:
    """Say whether a file with these attributes passes.

    An attribute that a file does not have equals nothing, and is neither more nor less than anything: `ne` and `nin`
    hold for it, all others fail. Values of different types are different, but 1 is 1.0.
    """
    if isinstance(wanted, Compound):
        return (all if wanted.kind == "and" else any)(matches(one, attributes) for one in wanted.filters)
    own = attributes.get(wanted.key)
    values = wanted.value if isinstance(wanted.value, tuple) else (wanted.value,)
    match wanted.kind:
        case "eq" | "in":
            return own is not None and any(_equal(own, value) for value in values)
        case "ne" | "nin":
            return own is None or not any(_equal(own, value) for value in values)
        case kind:
            return any(_is_number(own) and _is_number(value) and _ORDERED[kind](own, value) for value in values)


def _equal(own: AttributeValue, value: AttributeValue) -> bool:
    return own == value and isinstance(own, bool) == isinstance(value, bool)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
