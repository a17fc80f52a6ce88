"""Which files an answer rests on: a sentence whose words are in a passage that was found is followed by its file.

Models of all sizes answer from what they are shown, few of them say where it stood. So nothing depends on marks that
a model writes: what is compared is what it says.
"""

import re
from collections.abc import Sequence

import msgspec

from tercet.items import Citation, Message, Part, Passage, TextPart

MIN_WORDS = 2
"""Words of a sentence that must be in the passage at least."""
MIN_SHARE = 0.6
"""Share of its words that must be in the passage."""
_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?](?!\s|$)[^.!?\n]*)*[.!?]?")
_WORD = re.compile(r"\w+")
_MIN_LETTERS = 4


def cited(message: Message, passages: Sequence[Passage]) -> Message:
    """Return the message with the citations of its sentences; what is no text stays as it is."""
    known = [(passage, _words(passage.text)) for passage in passages]
    return msgspec.structs.replace(message, content=tuple(_cited(part, known) for part in message.content))


def _cited(part: Part, known: Sequence[tuple[Passage, set[str]]]) -> Part:
    if not isinstance(part, TextPart):
        return part
    citations: list[Citation] = []
    for found in _SENTENCE.finditer(part.text):
        passage = _source(_words(found[0]), known)
        if passage is not None:
            citations.append(Citation(passage.file_id, passage.filename, len(found[0].rstrip()) + found.start()))
    return msgspec.structs.replace(part, citations=tuple(citations))


def _source(words: set[str], known: Sequence[tuple[Passage, set[str]]]) -> Passage | None:
    """Return the passage that holds the most of the words, the better ranked one of equals, if it holds enough."""
    best, most = None, max(MIN_WORDS, MIN_SHARE * len(words))
    for passage, own in known:
        num_shared = len(words & own)
        if num_shared >= most and (best is None or num_shared > most):
            best, most = passage, float(num_shared)
    return best


def _words(text: str) -> set[str]:
    """Return the words that say something: numbers, and words of some length without a plural's end."""
    return {
        word.rstrip("s") if word.isalpha() else word
        for word in _WORD.findall(text.lower())
        if len(word) >= _MIN_LETTERS or any(map(str.isdigit, word))
    }
