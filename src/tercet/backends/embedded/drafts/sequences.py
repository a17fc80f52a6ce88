"""A request and a tool as one sequence of tokens, which the reranker's encoder reads.

The words of the request come first, then the tool's name and description, then each parameter: a token that stands for
it, its name, its description; last the choices. It knows neither weights nor numbers.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import NamedTuple

from tercet.backends.embedded.drafts.candidates import Request
from tercet.backends.embedded.drafts.parameters import Choice, Heading, Parameter
from tercet.backends.embedded.wording.words import Word, identifier_stems, shape

MAX_TOKENS = 192
"""Tokens of a sequence; what is longer is not read."""
MAX_REQUEST, MAX_ABOUT = 96, 14
"""Words of a request, the last ones, and of a description."""
MAX_NAME, MAX_PARTS = 6, 5
"""Words of the name of a tool, and of a parameter."""
MAX_PARAMETERS = 24
MAX_STEMS = 4
"""Stems of a choice."""


class Segment(IntEnum):
    """What a token is a part of."""

    REQUEST = 0
    TOOL_NAME = 1
    TOOL_ABOUT = 2
    PARAMETER = 3
    NAME = 4
    ABOUT = 5
    CHOICE = 6


IS_WORD, IS_FUNCTION, IS_CAPITAL = 1, 2, 4
"""What is told of a word, as bits."""


class Token(NamedTuple):
    """One token."""

    stems: tuple[str, ...]
    """One, but for a choice, which may have several, and for a parameter, which has none."""
    segment: Segment
    position: int
    """In its segment."""
    flags: int = IS_WORD
    shape: str = ""
    """How it looks, of a word of the request."""
    owner: int = -1
    """The parameter that it belongs to."""


class Pair(NamedTuple):
    """A parameter with what could be its value: the places of tokens, below 0 where there is none."""

    parameter: int
    choice: int
    first: int
    last: int


class TokenSequence(NamedTuple):
    """The tokens, and where parameters and choices stand among them."""

    tokens: tuple[Token, ...]
    starts: tuple[int, ...]
    """The characters at which the words of the request begin."""
    ends: tuple[int, ...]
    parameters: tuple[int, ...]
    choices: tuple[tuple[int, ...], ...]
    """By parameter, in the order of its choices."""

    def pair(self, parameter: int, choice: int, start: int, end: int) -> Pair:
        """Return the tokens of a parameter, by its place; of one of its choices, below 0 for none; and of the
        characters from `start` until before `end`."""
        chosen = self.choices[parameter][choice] if choice >= 0 else -1
        return Pair(self.parameters[parameter], chosen, *self._span(start, end))

    def _span(self, start: int, end: int) -> tuple[int, int]:
        if not self.starts or start < self.starts[0] or end > self.ends[-1] or end <= start:
            return -1, -1
        first, last = bisect_right(self.ends, start), bisect_left(self.starts, end) - 1
        return (first, last) if first <= last else (-1, -1)


def sequence(request: Request, tool: Heading, offered: Sequence[Parameter]) -> TokenSequence | None:
    """Return a request and a tool with its parameters as tokens; None where those are too many, or nothing was said."""
    said = request.spoken[-MAX_REQUEST:]
    if not said or len(offered) > MAX_PARAMETERS:
        return None
    tokens = [*_of_text(said, Segment.REQUEST), *_of_tool(tool)]
    parameters: list[int] = []
    for owner, parameter in enumerate(offered):
        parameters.append(len(tokens))
        tokens.append(Token((), Segment.PARAMETER, owner, 0, owner=owner))
        tokens += _of_name(parameter.parts[:MAX_PARTS], Segment.NAME, owner)
        tokens += _of_text(parameter.told[:MAX_ABOUT], Segment.ABOUT, owner)
    choices: list[tuple[int, ...]] = []
    for owner, parameter in enumerate(offered):
        choices.append(tuple(range(len(tokens), len(tokens) + len(parameter.choices))))
        tokens += [Token(_spelt(choice), Segment.CHOICE, 0, owner=owner) for choice in parameter.choices]
    if len(tokens) > MAX_TOKENS:
        return None
    starts, ends = tuple(word.start for word in said), tuple(word.end for word in said)
    return TokenSequence(tuple(tokens), starts, ends, tuple(parameters), tuple(choices))


def _of_tool(tool: Heading) -> Iterator[Token]:
    yield from _of_name(tool.name[:MAX_NAME], Segment.TOOL_NAME)
    yield from _of_text(tool.told[:MAX_ABOUT], Segment.TOOL_ABOUT)


def _of_name(stems: Sequence[str], segment: Segment, owner: int = -1) -> Iterator[Token]:
    yield from (Token((stem,), segment, place, owner=owner) for place, stem in enumerate(stems))


def _of_text(told: Sequence[Word], segment: Segment, owner: int = -1) -> Iterator[Token]:
    for place, word in enumerate(told):
        flags = IS_WORD * word.is_word | IS_FUNCTION * word.is_function | IS_CAPITAL * word.is_capital
        looks = shape(word.text) if segment is Segment.REQUEST else ""
        yield Token((word.stem,), segment, place, flags, looks, owner)


def _spelt(choice: Choice) -> tuple[str, ...]:
    """Return the stems of a choice; a truth stands for itself."""
    return identifier_stems(str(choice.value))[:MAX_STEMS] if choice.truth is None else (str(choice.truth),)
