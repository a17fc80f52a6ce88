"""Regular expressions for what is told: one of several texts, a fact, a row that is listed."""

import json
import re
from collections.abc import Iterable, Sequence

from tercet.backends.embedded.telling.facts import Fact
from tercet.backends.embedded.telling.forms import NUMBER

MAX_LISTED = 16
"""Fields up to which a listing is whole."""
_MONEY = "/[$€£]?/"
_SPECIAL = re.compile(r"[\\/.*+?()\[\]{}|^$&~#-]")


def any_of(choices: Iterable[str]) -> str:
    """Return a regular expression for one of the texts; nothing if there is none."""
    escaped = "|".join(_SPECIAL.sub(r"\\\g<0>", choice).replace("\n", r"\n") for choice in choices)
    return f"/{escaped}/" if escaped else ""


def values(said: Iterable[str]) -> str:
    """Return an expression for one of the values, numbers also as amounts of money."""
    said = list(said)
    numbers = [one for one in said if NUMBER.fullmatch(one)]
    rest = [one for one in said if not NUMBER.fullmatch(one)]
    amount = f"{_MONEY} ( {any_of(numbers)} )" if numbers else ""
    return " | ".join(filter(None, (amount, any_of(rest))))


def quotation(text: str) -> str:
    """Return an expression for any run of words of a text."""
    return f"%regex {json.dumps({'substring_words': text}, ensure_ascii=False)}"


def fact_of(fact: Fact) -> str:
    """Return an expression for a fact: what it is called and its value, or the other way round."""
    value = f"( {values(fact.said)} )"
    link = "(/ of/ ( / / PART ){1,5} )? ( /:? / | / (is|are|was|of|at|by|in|on) / )"
    last = fact.labels[0].rpartition(" ")[2]
    return f"( {any_of(fact.labels)} ) {link} {value} | {value} / / ( {any_of(dict.fromkeys([fact.labels[0], last]))} )"


def beside(facts: Iterable[Fact]) -> str:
    """Return an expression for where or when something is: `in Oslo`, `on March 6th`; nothing if no fact tells that."""
    places = any_of(
        form for fact in facts if fact.has_value and not (fact.is_name or fact.is_number) for form in fact.said
    )
    return f"/(in|[Oo]n|at|from) / ( {places} )" if places else ""


def listing(row: Sequence[Fact]) -> str:
    """Return an expression for the row told whole, in its order. The field that names it goes first or in its place."""
    if len(row) > MAX_LISTED:
        return _listed(row, is_whole=False)
    naming = next((fact for fact in row if fact.is_name), None)
    rest = [fact for fact in row if fact is not naming]
    whole = _listed(row, is_whole=True)
    if naming is None or not rest:
        return whole
    return f"{whole} | ( {values(naming.said)} ) ( /[.:] / ) ( {_listed(rest, is_whole=True)} )"


def _listed(row: Sequence[Fact], *, is_whole: bool) -> str:
    entries = [_entry(fact, is_first=place == 0) for place, fact in enumerate(row)]
    if is_whole:
        return ' ", " '.join(entries)
    rest = ""
    for entry in reversed(entries[1:]):
        rest = f'( ", " {entry} {rest} )?'
    return f"{entries[0]} {rest}"


def _entry(fact: Fact, *, is_first: bool) -> str:
    within = any_of(fact.plain_labels)
    called = f"{any_of(fact.labels)} | /[Tt]he / {within}" if is_first else f"{within} | /the / {within}"
    return f"( ( {called} ) / (is )?/ ( {values(fact.said)} ) )"
