"""What surrounds the stretch of a text that answers: its clause, its sentence."""

from collections.abc import Sequence

from tercet.backends.embedded.plain.quoting import Stretch

MAX_CLAUSE = 14
"""Words of a sentence that is told whole where its stretch is not sure."""


def of_likeliest_sentence(found: Sequence[tuple[float, Stretch]]) -> tuple[float, Stretch]:
    """Return the likeliest stretch of the sentence whose stretches together are the likeliest answer."""
    masses: dict[int, float] = {}
    for chance, stretch in found:
        place = stretch.sentence.start
        masses[place] = masses.get(place, 0.0) + chance
    best = max(masses, key=lambda place: masses[place])
    return next(each for each in found if each[1].sentence.start == best)


def clause(best: Stretch, text: str) -> str:
    """Return a stretch with the clause that it stands in, or its sentence if that is short."""
    sentence = best.sentence
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
