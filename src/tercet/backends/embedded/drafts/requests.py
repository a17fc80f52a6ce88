"""Reads a request: all that in it, or in what is known, could be the value of some parameter."""

from collections import Counter
from collections.abc import Iterable

from tercet.backends.embedded import relevance
from tercet.backends.embedded.drafts.candidates import Candidate, Request
from tercet.backends.embedded.drafts.counts import lists, numbers
from tercet.backends.embedded.drafts.finding import ORDINARY, Reach, Reading
from tercet.backends.embedded.drafts.implied import MAX_SAID
from tercet.backends.embedded.drafts.known import with_known
from tercet.backends.embedded.drafts.texts import texts
from tercet.backends.embedded.spoken import Spoken
from tercet.backends.embedded.wording.crons import crons_in
from tercet.backends.embedded.wording.periods import months_in, periods_in, quarters_in


def read(said: Spoken, reach: Reach = ORDINARY) -> Request:
    """Return the candidates of a request; where there are too many, those of its last messages."""
    reading = Reading(said, reach)
    if not reading.words:
        return with_known(Request((), (), (), (), ""), said)
    found = {(c.start, c.end): c for c in texts(reading)}
    stems = tuple(dict.fromkeys(word.stem for word in reading.words if word.is_word))
    answers = tuple(reading.answers)
    made = Request((), counted(numbers(reading)), counted(lists(reading)), stems, said.text.lower())
    head = said.text[: reading.last]
    made = made._replace(
        words=relevance.stems(head, MAX_SAID),
        spoken=tuple(reading.words),
        answers=answers,
        dated=tuple(reading.dated),
        periods=tuple(periods_in(head)),
        months=tuple(months_in(head)),
        quarters=tuple(quarters_in(head)),
        repeated=tuple(crons_in(head)),
    )
    latest = sorted(found.values(), key=lambda each: (-made.turn(each.start), each.start, each.end))[: reach.candidates]
    return with_known(made._replace(texts=counted(sorted(latest, key=lambda each: (each.start, each.end)))), said)


def counted(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Return the candidates, each counted among those of its kind with the same word behind them."""
    seen: Counter[tuple[str, ...]] = Counter()
    found: list[Candidate] = []
    for each in candidates:
        kind = (each.features[0], *(each.following[:1] if each.is_adjacent else ()))
        found.append(each._replace(nth=seen[kind]) if seen[kind] else each)
        seen[kind] += 1
    return tuple(found)
