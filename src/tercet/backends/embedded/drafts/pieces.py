"""A message cut wherever another request could begin, however little of it is said: `Oslo on Friday, Rome on Sunday`.

No name, number, day, list, quotation or bracket is cut. It knows nothing of tools but whether one takes lists.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from tercet.backends.embedded.drafts.candidates import Request

MAX_PIECES = 32
_MORE = (
    r"and|or|then|also|plus|finally|lastly|again|afterwards?|after that|as well as|another|next|additionally|moreover"
    r"|furthermore|in addition|besides|meanwhile|secondly|thirdly"
)
_JOINT = re.compile(
    r"(?:\s*(?:[;:](?=\s)|,(?!\d))\s*"
    rf"|\s+(?:{_MORE}|versus|vs\.?|while|whereas|but|with|against)\s+"
    r"|(?<=[.?!])[\"'”’)]*\s+|\s*\n+\s*|\s+[-–—&+/]\s+)"
    rf"(?:(?:{_MORE}|what about|how about|the same for)\b[\s,:]*)*",
    re.IGNORECASE,
)
"""What stands between two pieces."""
_BETWEEN = re.compile(r"\bbetween\s[^,;.?!]{1,24}$", re.IGNORECASE)
_AND = re.compile(r"\s+(?:and|&)\s", re.IGNORECASE)
_ITEMS = re.compile(r"(?:^|\n)[ \t]*(?:[-*•]|\d{1,2}[.)]|\|)[ \t]+")
_WITH = re.compile(r"\bwith\b", re.IGNORECASE)
_ASIDE = re.compile(r"\([^()\n]{1,80}\)")
_ABBREVIATED = re.compile(r"(?:\b(?:Mr|Mrs|Ms|Dr|St|Prof|vs|e\.g|i\.e|No|[A-Z])\.)$")
_RUNS = ("k:run", "k:tail")

Place = tuple[int, int]
"""Where something begins in a text, and where it ends."""


def pieces(text: str, request: Request, *, takes_lists: bool) -> list[Place]:
    """Return where the pieces of a text stand, at most `MAX_PIECES`; `request`: what was found in it."""
    whole = list(_whole(text, request, takes_lists=takes_lists))
    items = [match.span() for match in _ITEMS.finditer(text)]
    cuts = set(items) if len(items) > 1 else {match.span() for match in _JOINT.finditer(text)}
    if len(items) < 2 and not takes_lists:
        cuts |= set(_between_numbers(request))
    found: list[Place] = []
    begin = 0
    for start, end in sorted(cuts):
        is_cut = any(first < start and end < last for first, last in whole)
        is_range = _AND.match(text, start) is not None and _BETWEEN.search(text, begin, start) is not None
        if start < begin or is_cut or is_range or _ABBREVIATED.search(text, begin, start):
            continue
        if start > begin:
            found.append((begin, start))
        begin = end
    if begin < len(text):
        found.append((begin, len(text)))
    return found[:MAX_PIECES]


def clauses(text: str, request: Request) -> list[Place]:
    """Return the pieces of a text that may ask for different tools: none begins with `with`."""
    found: list[Place] = []
    for start, end in pieces(text, request, takes_lists=False):
        if found and _WITH.search(text, found[-1][1], start):
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def _whole(text: str, request: Request, *, takes_lists: bool) -> Iterator[Place]:
    """Yield what is not cut."""
    yield from ((each.start, each.end) for each in request.numbers)
    yield from (match.span() for match in _ASIDE.finditer(text))
    for each in request.lists:
        if takes_lists or text[each.start : each.start + 1] == "[":
            yield each.start, each.end
    for each in request.texts:
        if each.features[0] not in _RUNS or "in:quote" in each.features:
            yield each.start, each.end


def _between_numbers(request: Request) -> Iterator[Place]:
    """Yield what stands between the numbers of a series: `1, 5 and 10 years`."""
    for series in request.lists:
        if series.features[0] == "k:series":
            inside = sorted({
                (each.start, each.end)
                for each in request.numbers
                if series.start <= each.start and each.end <= series.end
            })  # fmt: skip
            yield from ((one[1], other[0]) for one, other in pairwise(inside) if one[1] < other[0])
