"""What surrounds the stretch of a text that answers: its clause, its sentence."""

from bisect import bisect_right
from collections.abc import Sequence

from tercet.backends.embedded.plain.quoting import Stretch
from tercet.backends.embedded.plain.sentences import sentences

MAX_CLAUSE = 14
"""Words of a sentence that is told whole where its stretch is not sure."""


def of_likeliest_sentence(found: Sequence[tuple[float, Stretch]], text: str) -> tuple[float, Stretch]:
    """Return the likeliest stretch of the sentence whose stretches together are the likeliest answer."""
    masses: dict[int, float] = {}
    starts = [each.start for each in sentences(text)]
    for chance, stretch in found:
        place = bisect_right(starts, stretch.start)
        masses[place] = masses.get(place, 0.0) + chance
    best = max(masses, key=lambda place: masses[place])
    return next(each for each in found if bisect_right(starts, each[1].start) == best)


def clause(best: Stretch, text: str) -> str:
    """Return a stretch with the clause that it stands in, or its sentence if that is short."""
    sentence = next(each for each in sentences(text) if each.start <= best.start < each.end)
    if len(sentence.text.split()) <= MAX_CLAUSE:
        return sentence.text
    begin, end = best.start, best.end
    while begin > sentence.start and text[begin - 1] not in ",;:(|" and len(text[begin:end].split()) < MAX_CLAUSE:
        begin -= 1
    while end < sentence.end and text[end] not in ",;)|" and len(text[begin:end].split()) < MAX_CLAUSE:
        end += 1
    while begin > sentence.start and text[begin - 1].isalnum():
        begin -= 1
    while end < sentence.end and text[end].isalnum():
        end += 1
    return text[begin:end].strip()


def sentence_of(stretch: Stretch, text: str) -> str:
    """Return the sentence that a stretch stands in."""
    return next(each.text for each in sentences(text) if each.start <= stretch.start < each.end)
