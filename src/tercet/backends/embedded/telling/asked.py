"""The grammar of an answer to a question: the values that it asks for by their names, or the line of a text."""

from collections.abc import Sequence

from tercet.backends.embedded.drafts.returned import Leaf
from tercet.backends.embedded.spoken import Spoken
from tercet.backends.embedded.telling.answers import answered
from tercet.backends.embedded.telling.expressions import any_of
from tercet.backends.embedded.telling.facts import words_of
from tercet.backends.embedded.telling.forms import forms

MAX_SENTENCE = 3
"""Values up to which an answer is a sentence; more are listed."""
FAILED = "That did not work"
"""What begins the answer where a call failed."""


def asked_rules(said: Spoken) -> str:
    """Return Lark rules that define `text` as what answers a question; nothing where results do not tell."""
    found = answered(said)
    if found.line:
        return f"text: {any_of([found.line])}\n"
    if not found.leaves:
        return ""
    if found.has_failed:
        reason = found.leaves[0].value if len(found.leaves) == 1 else _listing(found.leaves)
        return f"text: {any_of([f'{FAILED}: {reason}'])}\n"
    if len(found.leaves) > MAX_SENTENCE:
        return f"text: {any_of([_listing(found.leaves)])}\n"
    facts = [f"TOLD_{number}" for number in range(len(found.leaves))]
    behind = "".join(f" JOINT {fact}" for fact in facts[1:])
    rules = [f"text: /The / {facts[0]}{behind} /\\./", "JOINT: /,? and the |, the /"]
    rules += [f"{fact}: {_fact(leaf)}" for fact, leaf in zip(facts, found.leaves, strict=True)]
    return "\n".join(rules) + "\n"


def _listing(leaves: Sequence[Leaf]) -> str:
    """Return values with their names, one after the other."""
    told = "; ".join(f"{' '.join(words_of(leaf.name))}: {forms(leaf.value)[0]}" for leaf in leaves)
    return f"{told[0].upper()}{told[1:]}."


def _fact(leaf: Leaf) -> str:
    return f"( {any_of([' '.join(words_of(leaf.name))])} ) / is / ( {any_of(forms(leaf.value))} )"
