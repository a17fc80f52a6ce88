"""What a candidate and a parameter have in common: words of the one in, before and behind the other, and their order.

Numbers without names: they say of a parameter never seen before what they say of a known one.
"""

from functools import lru_cache
from heapq import nlargest

from tercet.backends.embedded.drafts import implied
from tercet.backends.embedded.drafts.candidates import Candidate, Request
from tercet.backends.embedded.drafts.parameters import Choice, Parameter
from tercet.backends.embedded.drafts.returned import Leaf
from tercet.backends.embedded.drafts.table import log_odds
from tercet.backends.embedded.relevance import direction, leading, likeness, stem
from tercet.backends.embedded.wording.kinds import wanted_kinds

NUM_OVERLAPS = 118
"""Those of texts, numbers and lists, then those of choices, of booleans and of what tools returned, each in places of
their own."""
_OF_CHOICES, _OF_BOOLEANS, _OF_LEAVES = 74, 88, 102
_NEGATIONS = frozenset(
    map(stem, "no not without don't exclude skip never hide omit off disable deactivate stop nothing nobody".split())
)
_MOST_AHEAD = 5.0
"""Difference of logits from which a choice is far ahead of the others."""
MAX_COMPARED, MAX_NEAR = 32, 6
"""Words of a request with which a choice is compared, and how many of them are compared by whole vectors."""


def overlaps(candidate: Candidate, parameter: Parameter) -> tuple[float, ...]:
    """Return what candidate and parameter have in common: the first of `NUM_OVERLAPS` numbers, the others are 0."""
    found = _of_words(candidate, parameter)
    if candidate.leaf is None:
        return found
    return (*found, *(0.0,) * (_OF_LEAVES - len(found)), *_of_leaf(candidate.leaf, parameter))


def _of_leaf(leaf: Leaf, parameter: Parameter) -> tuple[float, ...]:
    """Return what a parameter has in common with what a value is called that a tool returned."""
    parts, key, path = parameter.parts, leaf.key, leaf.path
    own, above = frozenset(key), frozenset(path[: len(path) - len(key)])
    is_same = key == parts
    is_nested = not is_same and len(parts) > len(key) > 0 and parts[-len(key) :] == key
    return (
        1.0,
        is_same,
        is_nested and bool(above & parameter.of_name),
        is_nested,
        key[-1:] == (parameter.head,),
        len(parameter.of_name & own) / (len(parts) or 1),
        len(parameter.of_name & above) / (len(parts) or 1),
        bool(own) and not is_same and own <= parameter.of_others,
        bool(own & parameter.of_about),
        likeness(parameter.direction, _direction(key)) if key else 0.0,
        leaf.standing,
        leaf.is_alone,
        leaf.is_argument,
        leaf.is_latest,
        leaf.is_said,
        leaf.is_named,
    )


def _of_words(candidate: Candidate, parameter: Parameter) -> tuple[float, ...]:
    """Return what of a candidate's words and their neighbours a parameter has in its name and description."""
    name, about, inside = parameter.of_name, parameter.of_about, candidate.inside
    tool, others, near = parameter.of_tool, parameter.of_others, candidate.near
    num_name, num_inside = len(name) or 1, len(inside) or 1
    previous, following = candidate.previous, candidate.following
    one, two = previous[:1], previous[1:]
    behind = following[:1] if candidate.is_adjacent else ()
    first, last = candidate.ends
    kinds, wanted = candidate.kinds, parameter.kinds
    is_same_rank = candidate.rank == parameter.rank
    is_quote = candidate.features[0] == "k:quote"
    num_before, num_near = len(name & candidate.before), len(name & near)
    text = candidate.value if isinstance(candidate.value, str) else ""
    return (
        num_before / num_name,
        num_near / num_name,
        len(name & inside) / num_inside,
        min(2, len(about & near)) / 2,
        len(about & inside) / num_inside,
        len(tool & inside) / num_inside,
        is_same_rank,
        is_same_rank and parameter.kind == "number",
        bool(text) and text.lower() in parameter.about,
        num_near > 0,
        inside <= tool | about | name,
        parameter.is_list,
        likeness(parameter.direction, _direction(inside)),
        is_same_rank and is_quote,
        _has(one, name),
        one == (parameter.head,),
        _has(two, name),
        _has(one, about),
        _has(one, tool),
        _has(one, others),
        _has(two, others),
        _has(behind, name),
        behind == (parameter.head,),
        _has(behind, about),
        _has(behind, tool),
        _has(behind, others),
        _has(following[:1], name),
        first in name,
        first in tool,
        first in about,
        last in name,
        last in tool,
        last in about,
        num_inside > 1 and last in name | tool,
        len(others & inside) / num_inside,
        likeness(parameter.direction, _direction(previous)),
        likeness(parameter.direction, _direction(behind)),
        num_before == len(name) > 1,
        parameter.is_only_text,
        parameter.is_only_text and is_quote,
        parameter.wants_place and "," in text,
        parameter.is_needed,
        parameter.is_list and candidate.features[0] == "k:list",
        parameter.is_list and candidate.features[0] != "k:list",
        parameter.nth >= 0 and candidate.nth == parameter.nth,
        parameter.nth >= 0 and candidate.nth != parameter.nth,
        "," in text and not parameter.wants_place,
        not wanted.isdisjoint(kinds),
        not kinds.isdisjoint(wanted_kinds(name)),
        not kinds.isdisjoint(wanted_kinds(about)),
        bool(kinds) and bool(wanted) and wanted.isdisjoint(kinds),
        bool(wanted) and not kinds,
        not kinds.isdisjoint(wanted_kinds(others)),
        candidate.is_torn,
        *_beside(candidate.left, parameter),
        *_beside(candidate.right, parameter),
        _meaning_alike(name, inside),
        *_asked(candidate, parameter),
    )


def _beside(words: frozenset[str], parameter: Parameter) -> tuple[float, ...]:
    """Return what the words on one side of a candidate have in common with a parameter."""
    if not words:
        return (*(0.0,) * 6, 1.0)
    name, of_name = parameter.of_name, len(parameter.of_name & words)
    return (
        of_name / (len(name) or 1),
        of_name == len(name) > 0,
        len(parameter.of_about & words) / len(words),
        bool(parameter.of_others & words),
        _meaning_alike(name, words),
        _meaning_alike(parameter.of_about, words),
        0.0,
    )


def _meaning_alike(name: frozenset[str], words: frozenset[str]) -> float:
    """Return how alike a name and the nearest of some words are in what they mean."""
    return max((_alike(name, word) for word in words), default=0.0)


@lru_cache(maxsize=65536)
def _alike(name: frozenset[str], word: str) -> float:
    return max(0.0, likeness(_whole_direction(name), _whole_direction((word,))))


def _asked(candidate: Candidate, parameter: Parameter) -> tuple[float, ...]:
    """Return what the question that a candidate's message answers has in common with a parameter."""
    asked = candidate.asked
    if not asked:
        return (0.0,) * 5
    own, others = len(parameter.of_name & asked) / (len(parameter.of_name) or 1), bool(parameter.of_others & asked)
    is_answer = candidate.is_answer
    alike = likeness(parameter.direction, _direction(asked))
    return own, own * is_answer, others * is_answer, alike * is_answer, min(2, len(parameter.of_about & asked)) / 2


def of_choice(
    choice: Choice, parameter: Parameter, request: Request, said_as: Candidate | None, *, is_said: bool
) -> tuple[float, ...]:
    """Return what a request says of one of a parameter's choices; `is_said`: it stands there as it is, `said_as`: the
    candidate that says it."""
    said = frozenset(request.stems)
    if choice.truth is not None:
        of_name = len(parameter.of_name & said) / (len(parameter.of_name) or 1)
        of_about = min(3, len(parameter.of_about & said)) / 3
        sign = 1.0 if choice.truth else -1.0
        is_negated = float(bool(said & _NEGATIONS))
        asked, agreed = _agreed(parameter, request)
        near = _nearness(parameter.of_name, request.stems[:MAX_COMPARED])
        signed = (sign * of_name, sign * of_about, sign * is_negated, sign)
        found = (of_name, of_about, *signed, asked, sign * agreed, sign * asked, near, sign * near)
        return _placed(_OF_BOOLEANS, (*found, sign * near * is_negated, *_implied(choice, parameter, request)[:2]))
    common = 1.0 if is_said else len(choice.stems & said) / (len(choice.stems) or 1)
    alike = _closest(choice.stems, request.stems[:MAX_COMPARED])
    others = [other for other in parameter.choices[:12] if other is not choice]
    next_best = max((_closest(other.stems, request.stems[:MAX_COMPARED]) for other in others), default=0.0)
    is_closest = alike > 0.2 and alike >= next_best
    about = bool(parameter.of_name & said)
    is_free = not choice.stems <= parameter.of_tool
    near = _nearness(parameter.of_name, request.stems[:MAX_COMPARED])
    own = (
        common, is_said, common == 1.0, about * common, alike, is_closest, is_closest * alike, about, is_free,
        max(0.0, alike - next_best), near, *_implied(choice, parameter, request),
    )  # fmt: skip
    placed = tuple(map(float, own))
    return (*_of_words(said_as, parameter), *placed) if said_as else _placed(_OF_CHOICES, placed)


def _implied(choice: Choice, parameter: Parameter, request: Request) -> tuple[float, float, float]:
    """Return how likely a request means a choice by words that do not name it, how far that is ahead of everything
    else, and how likely it is if it is the likeliest of all choices."""
    if choice.nth >= implied.MAX_OPTIONS or len(parameter.spelt) > implied.MAX_OPTIONS:
        return 0.0, 0.0, 0.0
    found = implied.implied().chances(parameter.spelt, parameter.parts, request.words)
    own, others = found[choice.nth], (*found[: choice.nth], *found[choice.nth + 1 :])
    ahead = max(-_MOST_AHEAD, min(_MOST_AHEAD, log_odds(own, _MOST_AHEAD) - log_odds(max(others), _MOST_AHEAD)))
    return own, ahead / _MOST_AHEAD, own * (own >= max(found[:-1]))


def _agreed(parameter: Parameter, request: Request) -> tuple[float, float]:
    """Return how much of a parameter's name the last question about it has, and whether the answer was a yes."""
    for answer in reversed(request.answers):
        common = len(parameter.of_name & answer.asked) / (len(parameter.of_name) or 1)
        if common > 0:
            return common, common * answer.is_yes
    return 0.0, 0.0


def _has(stems: tuple[str, ...], words: frozenset[str]) -> bool:
    return bool(stems) and stems[0] in words


def _placed(start: int, found: tuple[float, ...]) -> tuple[float, ...]:
    return (*(0.0,) * start, *found)


@lru_cache(maxsize=4096)
def _closest(stems: frozenset[str], said: tuple[str, ...]) -> float:
    """Return how alike a choice and the nearest word of a request are: by whole vectors, which tell meanings better, of
    the few that their leading numbers find near."""
    own = _direction(stems)
    near = nlargest(MAX_NEAR, said, key=lambda one: likeness(own, _direction((one,))))
    whole = _whole_direction(stems)
    return max((likeness(whole, _whole_direction((one,))) for one in near), default=0.0)


def _nearness(words: frozenset[str], said: tuple[str, ...]) -> float:
    """Return how alike some words are to those of a request that are nearest to each, on average."""
    return sum(_closest(frozenset((word,)), said) for word in words) / (len(words) or 1)


@lru_cache(maxsize=8192)
def _whole_direction(stems: frozenset[str] | tuple[str, ...]) -> tuple[float, ...]:
    return direction(sorted(stems))


@lru_cache(maxsize=16384)
def _direction(stems: frozenset[str] | tuple[str, ...]) -> tuple[float, ...]:
    return leading(sorted(stems))
