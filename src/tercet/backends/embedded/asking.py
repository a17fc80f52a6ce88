"""What a small model asks back for: values that a call needs and that nobody said, by their names in the schema.

A request that means a tool and lacks what it needs is answered by a question and not by a guess. It knows parameters,
and nothing of prompts.
"""

from collections.abc import Sequence

import msgspec

from tercet.backends.embedded.drafts.parameters import Parameter
from tercet.backends.embedded.relevance import PART

MAX_ASKED = 3
"""Values that one question asks for."""
MAX_OFFERED = 5
"""Choices that a question lists."""
_COUNTS = frozenset(("number", "num", "count"))
_INITIALS = frozenset(("id", "url", "ip", "iban", "sku", "isbn", "vin", "pin", "api", "vm", "cpu", "vat"))
"""Parts of names that are written in capitals."""
_UNITS = frozenset(
    "kg g mg lb km m cm mm mi ft percent pct usd eur gbp seconds minutes hours days weeks months years celsius".split()
)
"""Last parts of names that say what is counted in: `weight_kg`."""


def question_rules(missing: Sequence[Parameter]) -> str:
    """Return Lark rules that define `text`: the question for what is missing."""
    return f"text: {msgspec.json.encode(question(missing)).decode()}\n"


def question(missing: Sequence[Parameter]) -> str:
    """Return the question for up to `MAX_ASKED` of the values: `What is the account number?`"""
    asked = missing[:MAX_ASKED]
    if len(asked) == 1:
        return _alone(asked[0])
    things = [f"the {_thing(each)}" for each in asked]
    return f"What are {', '.join(things[:-1])} and {things[-1]}?"


def _alone(parameter: Parameter) -> str:
    words = _thing(parameter)
    choices = [str(choice.value).replace("_", " ") for choice in parameter.choices]
    if parameter.kind == "boolean":
        return f"{words.capitalize()}: yes or no?"
    if 1 < len(choices) <= MAX_OFFERED:
        return f"Which {words}: {', '.join(choices[:-1])} or {choices[-1]}?"
    parts = words.split(" ")
    if parameter.kind == "number" and parts[0] in _COUNTS and len(parts) > 1:
        return f"How many {' '.join(part for part in parts[1:] if part != 'of')}?"
    if parameter.kind == "number" and (parts[-1].endswith("s") or parts[-1] == "people") and " in " not in words:
        return f"How many {words}?"
    verb = "are" if parameter.is_list or parameter.is_plural else "is"
    return f"What {verb} the {words}?"


def _thing(parameter: Parameter) -> str:
    """Return a parameter's name as words: `account ID` of `accountId`."""
    parts = [part.lower() for name in parameter.name.split(".") for part in PART.findall(name)]
    if len(parts) > 1 and parts[0] in ("is", "has", "the"):
        parts = parts[1:]
    if len(parts) > 1 and parts[-1] in _UNITS and parts[-2] not in ("in", "of"):
        parts.insert(-1, "in")
    return " ".join(part.upper() if part in _INITIALS else part for part in parts) or parameter.name
