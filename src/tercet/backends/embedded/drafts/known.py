"""What is known from calls and results, as candidates beside those of a request's own words."""

from itertools import islice

from tercet.backends.embedded.drafts.candidates import Candidate, Request
from tercet.backends.embedded.drafts.returned import Leaf, leaves
from tercet.backends.embedded.drafts.runs import MAX_RUN
from tercet.backends.embedded.spoken import Spoken
from tercet.backends.embedded.wording.amounts import plain
from tercet.backends.embedded.wording.dates import dates_in
from tercet.backends.embedded.wording.kinds import kinds_of, likeness_of
from tercet.backends.embedded.wording.words import shape, words
from tercet.numerals import numbers_in


def with_known(request: Request, said: Spoken) -> Request:
    """Return the request with what is known from calls and results as further candidates, behind its text."""
    if not said.known:
        return request
    texts, numbers, lists = list(request.texts), list(request.numbers), list(request.lists)
    called: dict[str, frozenset[tuple[str, ...]]] = {}
    returned: dict[str, frozenset[str]] = {}
    for rank, leaf in enumerate(leaves(said)):
        value = str(leaf.value).lower()
        if leaf.is_argument:
            called[value] = called.get(value, frozenset()) | {leaf.key}
        elif leaf.key:
            returned[value] = returned.get(value, frozenset()) | {leaf.key[-1]}
        place = len(said.text) + 2 + 2 * rank
        if isinstance(leaf.value, list):
            lists.append(_of_leaf(leaf, "list", place, rank))
            continue
        number = leaf.value if isinstance(leaf.value, int | float) else _whole_number(leaf.value)
        if number is not None:
            numbers.append(_of_leaf(leaf, "number", place, rank)._replace(value=number))
        texts.append(_of_leaf(leaf, "leaf", place, rank)._replace(value=str(leaf.value)))
    return request._replace(
        texts=tuple(texts), numbers=tuple(numbers), lists=tuple(lists), called=called, returned=returned
    )


def _whole_number(text: str) -> float | None:
    """Return the number that a text is: 12.5 of `$12.50`."""
    found = list(islice(numbers_in(text), 2)) if text[:1].isdigit() or text[:1] in "$€£+-" else []
    if len(found) != 1 or found[0].end != len(text) or found[0].start > 1:
        return None
    return plain(found[0].value)


def _of_leaf(leaf: Leaf, kind: str, place: int, rank: int) -> Candidate:
    """Return a leaf as a candidate: what it looks like, and what it is called."""
    text = str(leaf.value)
    dated = next(dates_in(text), None) if kind == "leaf" else None
    is_date = dated is not None and (dated.start, dated.end) == (0, len(text))
    inside = [word for word in words(text, most=MAX_RUN) if word.is_word]
    kinds = kinds_of(text, is_date)
    features = (
        f"k:{'date' if is_date else kind}", f"c:{min(len(inside), 7)}", f"s:{shape(text.split(' ', 1)[0])}",
        f"e:{shape(text.rsplit(' ', 1)[-1])}", f"q:{likeness_of(text)}", f"y:{leaf.key[-1] if leaf.key else '0'}",
        f"Y:{' '.join(leaf.key)}", *(f"i:{word.stem}" for word in inside[:4]), *(f"K:{each}" for each in sorted(kinds)),
    )  # fmt: skip
    others = (dated.iso,) if dated is not None and is_date and dated.iso not in ("", text) else ()
    stems = frozenset(word.stem for word in inside)
    ends = (inside[0].stem, inside[-1].stem) if inside else ("", "")
    return Candidate(
        leaf.value, others, place, place + 1, features, frozenset(), frozenset(), stems, (), (), frozenset(),
        frozenset(), ends, False, min(rank, 9), kinds, leaf=leaf,
    )  # fmt: skip
