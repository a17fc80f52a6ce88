"""Conversations as tests write them: what a user and an assistant say in turns, below an app's rules."""

from tercet.backends.embedded.plain.answers import answer
from tercet.items import Message, TextPart


def turns(*said: str, rules: str = "") -> tuple[Message, ...]:
    spoken = [Message("assistant" if place % 2 else "user", (TextPart(text),)) for place, text in enumerate(said)]
    return (*([Message("system", (TextPart(rules),))] if rules else []), *spoken)


def answer_to(*said: str, rules: str = "") -> str:
    return answer(turns(*said, rules=rules), "mini")
