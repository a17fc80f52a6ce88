"""What of the results answers a question: the fields that it means of the row that it describes, or a line of a text.

`Who deployed it?` means `deployed_by`, though it names no field. Compared are the words of a question with those of a
field's name, as they stand and by what they mean, and what the question's word wants (`who`: a person) with what the
value is. It knows nothing of tools.
"""

import hashlib
import re
from collections.abc import Collection, Sequence
from enum import IntEnum
from functools import lru_cache, partial
from itertools import chain
from typing import Any, NamedTuple

from tercet.backends.embedded.drafts.returned import Leaf, asked_leaves, asks, leaves
from tercet.backends.embedded.relevance import Kept, alike, stem
from tercet.backends.embedded.spoken import Known, Spoken
from tercet.backends.embedded.telling.lines import MAX_VALUE, line_of, texts
from tercet.backends.embedded.telling.questions import Part, Wanted, named, parts
from tercet.backends.embedded.wording.kinds import kinds_of
from tercet.backends.embedded.wording.words import UNITS, identifier_stems

MAX_ROW = 12
"""Fields of a row up to which it is told whole where none of them is what is asked for."""
COMMON = 0.1
"""How alike words are on average that have nothing in common."""
MEANT, SURE = 1.0, 1.7
"""What must speak for a field for it to be what is asked for, and for that to be sure."""
SURE_LINE = 1.0
"""What the words of a line must be worth for it to surely be the answer."""
_MEASURED = re.compile(r"[^\w\s]?\s?-?\d[\d.,]*\s?[^\d\s]{0,10}")
"""A number, with a sign of money or a unit beside it."""
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_VALUES = frozenset(map(stem, "value amount name title text total".split()))
"""Names of fields that say nothing but that they are one."""
_ASIDE = ((), identifier_stems("num_lines"))
"""Names of what only describes a result: nothing, and how long a file is."""
_LINKS = frozenset("by at of in on".split())
_IDS = frozenset(map(stem, "id uuid code sku imo key index ref hash commit".split()))


class Trust(IntEnum):
    """How sure an answer is what was asked for."""

    NONE = 0
    WHOLE = 1
    """It is a whole record, since no field stands out."""
    MEANT = 2
    """Its fields are meant more than others."""
    LIKELY = 3
    """It is the only one of the kind that is asked for."""
    SURE = 4
    """It is named."""


class Answer(NamedTuple):
    """What answers a question: values, or a line of a text."""

    trust: Trust = Trust.NONE
    leaves: tuple[Leaf, ...] = ()
    line: str = ""
    has_failed: bool = False
    """Whether the values say why a call failed."""


NOTHING = Answer()


class Found(NamedTuple):
    """A value that a question may ask for, what speaks for it, and whether the question names it."""

    leaf: Leaf
    score: float
    is_named: bool = False
    is_wanted: bool = False
    """Whether it is of the kind, and called as what is of the kind, that the question's word wants."""

    @property
    def is_sure(self) -> bool:
        """Whether it surely is what is asked for."""
        return self.is_named and self.score >= SURE


def answered(said: Spoken) -> Answer:
    """Return what of the results of `said` answers it, found once; nothing where it asks nothing or nothing is known.

    Where a call failed it is told why. Where a field is asked for that cannot be told from others, its whole row is.
    What is asked for by what the tool is called, such as the weather, is the model's to tell, as is a lone number.
    """
    return _ANSWERS.get(hashlib.blake2b(repr(said).encode(), digest_size=16).digest(), partial(_answered, said))


def _answered(said: Spoken) -> Answer:
    if not said.known:
        return NOTHING
    everything = leaves(said)
    returned = [leaf for leaf in everything if leaf.key not in _ASIDE and not leaf.is_argument]
    told = [leaf for leaf in returned if leaf.is_alone or leaf.standing > 0]
    latest = [leaf for leaf in told if leaf.is_latest and not isinstance(leaf.value, list)]
    if _has_failed(said.known[-1]):
        return Answer(Trust.MEANT, tuple(latest[:MAX_ROW]), has_failed=True)
    asked = parts(said.text)
    if not (asked or asks(said.text)) or (len(latest) == 1 and not isinstance(latest[0].value, str)):
        return NOTHING
    tools = {identifier_stems(known.name) for known in said.known}
    exact = asked_leaves(said, everything)
    if not exact and any(not frozenset(part.heads).isdisjoint(chain(*tools)) for part in asked):
        return NOTHING
    weighed = [[_weighed(part, leaf, tools) for leaf in told] for part in asked]
    best = [max(of, key=lambda each: each.score) for of in weighed if of]
    found = [each for each in best if each.score >= MEANT]
    meant = tuple(dict.fromkeys(each.leaf for each in found)) or tuple(exact)
    if meant and (len(found) == len(asked) or not asked):
        return Answer(_trust(found, weighed), meant)
    if (line := line_of(said)).text:
        return Answer(Trust.SURE if line.worth >= SURE_LINE else Trust.MEANT, line=line.text)
    row = latest if len(latest) <= MAX_ROW else [leaf for leaf in latest if leaf.standing > 0]
    is_told = asked and 0 < len(row) <= MAX_ROW and _is_record(said.known[-1], told)
    whole = tuple(dict.fromkeys((*meant, *row))) if is_told else meant
    return Answer(Trust.WHOLE, whole) if whole else NOTHING


def _trust(found: Sequence[Found], weighed: Sequence[Sequence[Found]]) -> Trust:
    """Return how sure the best values are what is asked for, one thing each, given all that were weighed for it."""
    if found and all(each.is_sure for each in found):
        return Trust.SURE
    alone = (sum(each.is_wanted for each in of) == 1 for of in weighed)
    if found and all(each.is_sure or (each.is_wanted and only) for each, only in zip(found, alone, strict=True)):
        return Trust.LIKELY
    return Trust.MEANT


_ANSWERS: Kept[Answer] = Kept(64)


def _is_record(result: Known, told: Sequence[Leaf]) -> bool:
    """Say whether a result is told by its fields: it has no longer text and no long list."""
    lists = (leaf for leaf in told if leaf.is_latest and isinstance(leaf.value, list))
    return (
        not result.is_call and not any(texts(result.text)) and all(len(str(leaf.value)) < MAX_VALUE for leaf in lists)
    )


def _has_failed(last: Known) -> bool:
    """Say whether the last call failed."""
    if last.is_call:
        return False
    returned = last.fields
    return bool(returned.get("error")) or any(returned.get(name) is False for name in ("ok", "success"))


def _weighed(part: Part, leaf: Leaf, tools: Collection[tuple[str, ...]]) -> Found:
    """Return a value with how much speaks for it as what is asked for; `tools`: the names of those that returned it.

    The weights were set by hand, on 20 cases of our own and 60 of dialogues (docs/adr/0012).
    """
    of_tool = max((len(name) for name in tools if leaf.path[: len(name)] == name), default=0)
    own, above = named(leaf.key), named(leaf.path[of_tool : len(leaf.path) - len(leaf.key)])
    heads, rest, wanted = frozenset(part.heads), frozenset(part.rest), part.wanted
    telling = frozenset(own) - _LINKS
    num_own = len(telling) or 1
    in_heads = 2 * len(heads.intersection(own)) / (num_own + len(heads))
    in_rest = len(rest.intersection(own)) / num_own
    score = 2.0 * in_heads + 1.0 * in_rest + 0.7 * _is_of_kind(wanted, leaf.value)
    if not in_heads:
        alike = _alike(part.heads, own) - COMMON
        score += 1.8 * max(0.0, alike) - 0.8 * (bool(heads) and alike < COMMON)
    if not in_rest:
        score += 1.0 * max(0.0, _alike(part.rest, own) - COMMON)
    is_above = bool(heads.intersection(above))
    score += 0.6 * bool(wanted.names.intersection(own)) + 0.4 * bool(wanted.names.intersection(above))
    score += 0.3 * (leaf.standing > 0) + 0.4 * leaf.is_latest
    score += (1.0 + 0.5 * (not _VALUES.isdisjoint(own))) * is_above + 0.5 * bool(rest.intersection(above))
    is_named = bool(heads.intersection(own))
    score -= 0.8 * (leaf.is_said and not is_named) + 0.5 * (not is_named and not _IDS.isdisjoint(own))
    score -= 0.8 * (wanted.is_number and not _is_number(leaf.value))
    is_whole = bool(telling) and telling - UNITS <= heads | rest
    is_wanted = not wanted.names.isdisjoint(own) and _is_of_kind(wanted, leaf.value)
    return Found(leaf, score, is_whole or (is_above and not _VALUES.isdisjoint(own)), is_wanted)


def _is_of_kind(wanted: Wanted, value: Any) -> bool:
    if wanted.is_number:
        return _is_number(value)
    text = str(value)
    return not wanted.kinds.isdisjoint(kinds_of(text, is_date=_DATE.match(text) is not None))


def _is_number(value: Any) -> bool:
    """Say whether a value is a number, with a unit or without."""
    return isinstance(value, int | float) or (isinstance(value, str) and _MEASURED.fullmatch(value) is not None)


@lru_cache(maxsize=4096)
def _alike(said: tuple[str, ...], own: tuple[str, ...]) -> float:
    """Return how alike the nearest of some words and of a field's name are in what they mean, 0 to 1."""
    pairs = (alike(one, other) for one in said for other in own)
    return max(0.0, max(pairs, default=0.0))
