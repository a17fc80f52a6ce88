"""What was said before in a conversation, as it stands now: what was corrected later, and what was added to a list."""

import re
from collections.abc import Sequence
from itertools import pairwise

from tercet.backends.embedded.plain.listing import items
from tercet.backends.embedded.plain.sentences import sentences
from tercet.backends.embedded.wording.words import stems_of
from tercet.items import Item, Message
from tercet.numerals import numbers_in

_CORRECTS = re.compile(
    r"\b(?:no|sorry|wrong|actually|make (?:that|it)|instead|changed?(?: my mind)?|rather|better|correction"
    r"|correct that|i meant?|not \w+ but|wait|scratch that|oops|move[d]? (?:it )?to|switch(?:ed)? to"
    r"|now it(?:'s| is)|update)\b",
    re.IGNORECASE,
)
_ADDS = re.compile(r"\b(?:add|also|plus|and also|put)\b\s+(.+)$", re.IGNORECASE)
_DROPS = re.compile(
    r"\b(?:remove|drop|delete|take (?:off|out)|without|cross off|scratch)\b\s+(?:the\s+)?(.+)$"
    r"|\btake (?:the )?(.+?) (?:off|out|away)\b",
    re.IGNORECASE,
)
_LIST = re.compile(r"\b(?:list|everything|all (?:of )?(?:it|them|the)|items)\b", re.IGNORECASE)
_BACK = re.compile(
    r"\b(?:again|did (?:i|you|we)|i (?:said|told|gave|mentioned)|remind|my|you (?:said|suggest\w*|told"
    r"|recommend\w*|choose|chose|pick\w*)|before|earlier|so far|now)\b",
    re.IGNORECASE,
)
_MINE = re.compile(
    r"\bdid you\b|\byou (?:say|said|suggest\w*|told|recommend\w*|chose|choose|pick\w*|promise\w*|propos\w*)\b",
    re.IGNORECASE,
)


def looks_back(question: str) -> bool:
    """Say whether a question asks for what was said before."""
    return _BACK.search(question) is not None


def said_before(messages: Sequence[Item], question: str) -> list[str]:
    """Return the messages that a question looks back to, in order: the assistant's where it asks for those."""
    turns = [item for item in messages if isinstance(item, Message) and item.role in ("user", "assistant")][:-1]
    of = "assistant" if _MINE.search(question) else "user"
    return [turn.text for turn in turns if turn.role == of] or [turn.text for turn in turns]


def as_it_stands(turns: Sequence[str], value: str) -> str:
    """Return a value that was said in some turn, or what it was corrected to in a later one."""
    place = next((place for place, turn in enumerate(turns) if value in turn), len(turns))
    for turn in turns[place + 1 :]:
        if _CORRECTS.search(turn) and (other := _like(value, turn)):
            value = other
    for turn in turns[place : place + 1]:
        behind = turn[turn.find(value) + len(value) :]
        if _CORRECTS.search(behind) and (other := _like(value, behind)):
            value = other
    return value


def _like(value: str, turn: str) -> str:
    """Return what of a correction stands for a value: a number for a number, else what is said behind it."""
    numbers = list(numbers_in(value))
    if numbers:
        others = [each for each in numbers_in(turn) if each.value != numbers[0].value]
        if not others:
            return ""
        last = others[-1]
        return value[: numbers[0].start] + turn[last.start : last.end] + value[numbers[0].end :]
    last_part = sentences(turn)[-1].text if sentences(turn) else turn
    match = re.search(
        r"\b(?:make (?:that|it)|to|instead|is|it's|mean|meant|but|rather|better|take)\b\s+(?:an? "
        r"|the )?([\w' -]+?)\s*(?:please|instead|better)?[.!]*$",
        last_part,
        re.IGNORECASE,
    )
    if match and len(match[1].split()) <= 4:
        return match[1]
    bare = _CORRECTS.sub("", last_part).strip(" ,.!-;:")
    return bare if 0 < len(bare.split()) <= 3 else ""


def list_so_far(turns: Sequence[str]) -> list[str]:
    """Return the list that a user made over several turns."""
    found: list[str] = []
    for turn in turns:
        if not found:
            listed = items(turn.rstrip("."))
            found = listed if len(listed) > 1 and (":" in turn or "," in turn) else found
            continue
        for part in _CLAUSES.split(turn):
            if match := _DROPS.search(part):
                gone = (match[1] or match[2]).rstrip(".!").lower()
                found = [each for each in found if not (each.lower() in gone or gone in each.lower())]
            elif match := _ADDS.search(part):
                more = match[1].rstrip(".!? ")
                found += items(more) or [more]
    return found


_CLAUSES = re.compile(
    r"[,;.]\s+(?:and\s+|but\s+)?(?=(?:add|remove|drop|take|also|put|delete)\b)|\s+and\s+(?=(?:add|remove"
    r"|drop|take|delete)\b)",
    re.IGNORECASE,
)
_SUGGESTS = re.compile(
    r"(?:how about|what about|maybe|perhaps|i(?:'d| would)? (?:suggest|take|recommend|propose|go (?:for"
    r"|with)|choose|pick)|let's (?:take|go with)|call (?:it|him|her))\s+([^?.!,\n]+)",
    re.IGNORECASE,
)


def suggested(messages: Sequence[Item], question: str) -> str:
    """Return what the assistant suggested to the request that a question is most like; the latest of several."""
    turns = [item for item in messages if isinstance(item, Message) and item.role in ("user", "assistant")][:-1]
    asked = frozenset(stems_of(question))
    best, most = "", -1
    for before, turn in pairwise(turns):
        match = _SUGGESTS.search(turn.text) if turn.role == "assistant" else None
        shared = len(asked.intersection(stems_of(before.text))) if match else -1
        if match and shared >= most:
            best, most = match[1].strip(), shared
    return best


def asks_suggested(question: str) -> bool:
    """Say whether a question asks for what the assistant said."""
    return _MINE.search(question) is not None or re.search(r"\b(?:suggest|propos|recommend)\w*\b", question) is not None


def asks_list(question: str) -> bool:
    """Say whether a question asks for a whole list."""
    return _LIST.search(question) is not None


_FURTHER = r"(?: (?:(?:de|van|von|der|la|del|al|bin|dos) ){0,2}[A-ZÀ-Þ][\w'’-]+)*"
_NAME = re.compile(
    rf"\b(?i:my name is|my name's|call me|i go by|name:)\s+(?i:called )?([^\W\d_][\w'’-]+{_FURTHER})"
    rf"|\b(?i:i'm|i am|this is|it's)\s+(?i:called )?([A-ZÀ-Þ][\w'’-]+{_FURTHER})"
)
_ASKS_NAME = re.compile(
    r"\bmy (?:first |full |own )?name\b|\bwho am i\b|\bwhat am i called\b|\bcall me\b", re.IGNORECASE
)


def own_name(turns: Sequence[str], question: str) -> str:
    """Return the name that a user gave, where a question asks for that."""
    if not _ASKS_NAME.search(question):
        return ""
    found = [match[1] or match[2] for turn in turns for match in _NAME.finditer(turn)]
    return found[-1] if found else ""
