"""The grammar of an answer to a question: the values that it asks for by their names, or the line of a text."""

from collections.abc import Sequence
from typing import NamedTuple

from tercet.backends.embedded.drafts.returned import Leaf
from tercet.backends.embedded.spoken import Spoken
from tercet.backends.embedded.telling.answers import answered
from tercet.backends.embedded.telling.expressions import any_of
from tercet.backends.embedded.telling.facts import words_of
from tercet.backends.embedded.telling.forms import forms
from tercet.backends.embedded.wording.words import UNITS

MAX_SENTENCE = 3
"""Values up to which an answer is a sentence; more are listed."""
FAILED = "That did not work"
"""What begins the answer where a call failed."""
_LINKS = frozenset("by at in on of to from until for".split())
"""Words that names begin or end with which make no subject: `deployed by`, `in stock`."""
_SIGNS = {"pct": "%", "percent": "%", "c": "°C", "f": "°F", "celsius": "°C", "fahrenheit": "°F"}
"""What is written behind a number instead of its unit's name."""


class _Told(NamedTuple):
    """What a value is called, and the ways to say it."""

    label: str
    said: tuple[str, ...]

    @property
    def is_subject(self) -> bool:
        """Whether a sentence can begin with what it is called."""
        words = self.label.split()
        return bool(words) and _LINKS.isdisjoint((words[0], words[-1]))


def asked_rules(said: Spoken) -> str:
    """Return Lark rules that define `text` as what answers a question; nothing where results do not tell."""
    found = answered(said)
    if found.line:
        return f"text: {any_of([found.line])}\n"
    told = list(map(_told, found.leaves))
    if not told:
        return ""
    if found.has_failed:
        reason = told[0].said[0] if len(told) == 1 else _listing(told)
        return f"text: {any_of([f'{FAILED}: {reason}'])}\n"
    if len(told) > MAX_SENTENCE or not all(each.is_subject for each in told):
        return f"text: {any_of([_listing(told)])}\n"
    facts = [f"TOLD_{number}" for number in range(len(told))]
    behind = "".join(f" JOINT {fact}" for fact in facts[1:])
    rules = [f"text: /The / {facts[0]}{behind} /\\./", "JOINT: /,? and the |, the /"]
    rules += [
        f"{fact}: ( {any_of([each.label])} ) / is / ( {any_of(each.said)} )"
        for fact, each in zip(facts, told, strict=True)
    ]
    return "\n".join(rules) + "\n"


def _told(leaf: Leaf) -> _Told:
    """Return how a value is told: a number whose name ends with its unit with that behind it."""
    words, said = words_of(leaf.name), forms(leaf.value)
    if len(words) > 1 and words[-1] in UNITS and isinstance(leaf.value, int | float):
        unit = _SIGNS.get(words[-1], words[-1])
        return _Told(" ".join(words[:-1]), tuple(f"{form} {unit}" for form in said))
    return _Told(" ".join(words), said)


def _listing(told: Sequence[_Told]) -> str:
    """Return values with their names, one after the other."""
    listed = "; ".join(f"{each.label}: {each.said[0]}" for each in told)
    return f"{listed[0].upper()}{listed[1:]}."
