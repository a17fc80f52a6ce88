"""Which files and pages an answer rests on: a sentence whose words are in what was found is followed by its source.

Models of all sizes answer from what they are shown, few of them say where it stood. So nothing depends on marks that
a model writes: what is compared is what it says.
"""

import re
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from tercet.items import Citation, Link, Message, Part, Passage, TextPart, WebPage

S = TypeVar("S", Passage, WebPage)
MIN_WORDS = 2
"""Words of a sentence that must be in the passage at least."""
MIN_SHARE = 0.6
"""Share of its words that must be in the passage."""
_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?](?!\s|$)[^.!?\n]*)*[.!?]?")
_WORD = re.compile(r"\w+")
_MIN_LETTERS = 4


def cited(message: Message, passages: Sequence[Passage], pages: Sequence[WebPage] = ()) -> Message:
    """Return the message with the citations of its sentences; what is no text stays as it is."""
    files = [(passage, _words(passage.text)) for passage in passages]
    known = [(page, _words(f"{page.title} {page.snippet}")) for page in pages]
    return msgspec.structs.replace(message, content=tuple(_cited(part, files, known) for part in message.content))


def _cited(part: Part, files: Sequence[tuple[Passage, set[str]]], pages: Sequence[tuple[WebPage, set[str]]]) -> Part:
    if not isinstance(part, TextPart):
        return part
    citations: list[Citation] = []
    links: list[Link] = []
    for found in _SENTENCE.finditer(part.text):
        words, end = _words(found[0]), len(found[0].rstrip()) + found.start()
        if (passage := _source(words, files)) is not None:
            citations.append(Citation(passage.file_id, passage.filename, end))
        if (page := _source(words, pages)) is not None:
            start = end - len(found[0].strip())
            links.append(Link(page.url, page.title, start, end))
    return msgspec.structs.replace(part, citations=tuple(citations), links=tuple(links))


def _source(words: set[str], known: Sequence[tuple[S, set[str]]]) -> S | None:
    """Return the source that holds the most of the words, the better ranked one of equals, if it holds enough."""
    best, most = None, max(MIN_WORDS, MIN_SHARE * len(words))
    for source, own in known:
        num_shared = len(words & own)
        if num_shared >= most and (best is None or num_shared > most):
            best, most = source, float(num_shared)
    return best


def _words(text: str) -> set[str]:
    """Return the words that say something: numbers, and words of some length without a plural's end."""
    return {
        word.rstrip("s") if word.isalpha() else word
        for word in _WORD.findall(text.lower())
        if len(word) >= _MIN_LETTERS or any(map(str.isdigit, word))
    }
