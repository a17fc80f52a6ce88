"""Which runs of a text's words could be a value: within a sentence, whole names, whole ends of sentences.

It knows words and marks, and nothing of what they look like.
"""

from collections.abc import Iterator
from itertools import pairwise

from tercet.backends.embedded.wording.imperatives import IMPERATIVE
from tercet.backends.embedded.wording.words import Word

MAX_RUN = 6
"""Words of an ordinary run; quotations, sentences and what follows a colon may be longer."""
MAX_TAIL = 40
ENDS = frozenset('.!?;:()[]{}"“”«»`|\n')
_TAIL_CUES = frozenset({":", "that", "to", "about", "saying", "says", "say", "is", "for", "of", "on"})


def runs(found: list[Word]) -> Iterator[tuple[int, int]]:
    """Yield runs of up to `MAX_RUN` words that neither begin nor end with a function word in lower case."""
    for first, word in enumerate(found):
        is_start = first == 0 or found[first - 1].text in ENDS
        if not word.is_word or (word.is_function and (not word.is_capital or is_start)):
            continue
        is_order = is_start and _is_order(found, first)
        count = 0
        for place in range(first, len(found)):
            current = found[place]
            if not current.is_word:
                if not _goes_on(found, place):
                    break
                continue
            count += 1
            if count > (1 if is_order else MAX_RUN):
                break
            if not current.is_function or (place == first and current.is_capital):
                yield word.start, current.end


def _is_order(found: list[Word], first: int) -> bool:
    """Say whether a sentence orders what a name stands behind: `List Wole Soyinka's plays`."""
    following = found[first + 1] if first + 1 < len(found) else None
    is_name = following is not None and following.is_word and following.is_capital
    return is_name and IMPERATIVE.fullmatch(found[first].text) is not None


def _goes_on(found: list[Word], place: int) -> bool:
    """Say whether a run may go on across the mark at `place`: `Boston, MA`, `Nyhavn 17, Oslo`, `St. Louis`, `A & B`."""
    mark = found[place].text
    if place + 1 >= len(found) or mark in ENDS - {"."}:
        return False
    before, after = found[place - 1], found[place + 1]
    if mark == ",":
        is_name = before.is_capital or (before.text.isdigit() and place > 1 and found[place - 2].is_capital)
        return is_name and after.is_capital and (after.text.isupper() or not _enumerates(found, place))
    if mark == ".":
        return before.is_capital and len(before.text) <= 3 and after.is_capital and found[place].start == before.end
    return mark in "&/+-–'’*^=<>"


def _enumerates(found: list[Word], place: int) -> bool:
    """Say whether the comma at `place` is one of several between names: `Rome, Oslo, Lima`, `Rome, Oslo and Lima`."""
    begin, end = place - 1, place + 1
    while begin > 0 and found[begin - 1].is_capital:
        begin -= 1
    while end + 1 < len(found) and found[end + 1].is_capital:
        end += 1
    marks = [found[at].text for at in (begin - 1, end + 1) if 0 <= at < len(found)]
    if "," in marks or not (end + 2 < len(found) and found[end + 1].text in ("and", "or", "&")):
        return "," in marks
    last = end + 2
    while last < len(found) and found[last].is_capital:
        last += 1
    return last > end + 2 and not (last + 1 < len(found) and found[last].text == "," and found[last + 1].is_capital)


def tails(found: list[Word]) -> Iterator[tuple[int, int]]:
    """Yield what follows a cue up to the end of its sentence, and whole sentences."""
    begin = 0
    for place, word in enumerate([*found, None]):
        is_end = (
            word is None
            or word.text == "\n"
            or (
                word.text in ".!?"
                and (place + 1 >= len(found) or found[place + 1].is_capital or found[place + 1].text == "\n")
            )
        )
        if not is_end:
            continue
        sentence = found[begin:place]
        begin = place + 1
        if not 2 <= len(sentence) <= 2 * MAX_TAIL:
            continue
        yield sentence[0].start, sentence[-1].end
        for cue, after in pairwise(range(len(sentence))):
            if sentence[cue].text.lower() in _TAIL_CUES and 3 < len(sentence) - after <= MAX_TAIL:
                yield sentence[after].start, sentence[-1].end
