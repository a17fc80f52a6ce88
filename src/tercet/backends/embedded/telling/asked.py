"""The grammar of an answer to a question that names what it asks for: those fields of the result, by their names."""

from tercet.backends.embedded.drafts.returned import Leaf, asked_leaves, asks
from tercet.backends.embedded.spoken import Spoken
from tercet.backends.embedded.telling.expressions import any_of
from tercet.backends.embedded.telling.facts import words_of
from tercet.backends.embedded.telling.forms import forms


def asked_rules(said: Spoken) -> str:
    """Return Lark rules that define `text` as what the question asks for, in any order of the result; nothing where it
    names nothing that a result has."""
    leaves = asked_leaves(said) if asks(said.text) else []
    if not leaves:
        return ""
    facts = [f"TOLD_{number}" for number in range(len(leaves))]
    behind = "".join(f" JOINT {fact}" for fact in facts[1:])
    rules = [f"text: /The / {facts[0]}{behind} /\\./", "JOINT: /,? and the |, the /"]
    rules += [f"{fact}: {_fact(leaf)}" for fact, leaf in zip(facts, leaves, strict=True)]
    return "\n".join(rules) + "\n"


def _fact(leaf: Leaf) -> str:
    return f"( {any_of([' '.join(words_of(leaf.name))])} ) / is / ( {any_of(forms(leaf.value))} )"
