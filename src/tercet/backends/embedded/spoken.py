"""What a user asks for over several messages: an answer to the assistant's question belongs to the request before it.

Where the answer is a yes, the question belongs to it, too: that is where the assistant says what it is about to do.
It knows neither tools nor hints.
"""

import json
import re
from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

MAX_SPOKEN = 4000
"""Characters of a request over several messages; where it would be longer, the last message stands alone."""
_ASKS = re.compile(r"[?？؟]|^(?:please|tell me|i (?:also |still )?need)\b", re.IGNORECASE)
_AGREES = re.compile(
    r"\W*(?:yes|yeah|yep|yup|sure|correct|right|exactly|perfect|great|ok(?:ay)?|fine|good|absolutely|definitely|indeed|"
    r"of course|certainly|go ahead|(?:please )?(?:do|confirm)|confirmed|sounds|looks|"
    r"that(?:'s|’s| is| was| works| sounds| would| all)|it(?:'s|’s| is) (?:correct|right|fine|good))\b",
    re.IGNORECASE,
)

Speaker = Literal["user", "assistant", "other"]


class Turn(NamedTuple):
    """One message of a request: the character it begins with, and the question that it answers; empty without one."""

    start: int
    question: str = ""

    def agrees(self, said: str) -> bool:
        """Say whether `said`, this message, says yes to the question."""
        return bool(self.question) and _AGREES.match(said) is not None


class Known(NamedTuple):
    """What a tool was called with, or what it returned."""

    name: str
    """Of the tool."""
    text: str
    is_call: bool

    @property
    def fields(self) -> dict[str, Any]:
        """The JSON object that the text is; an empty one if it is none."""
        try:
            found = json.loads(self.text)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


class Spoken(NamedTuple):
    """A request: the messages that say it, a line each, and where those begin."""

    text: str
    turns: tuple[Turn, ...] = (Turn(0),)
    known: tuple[Known, ...] = ()
    """What is known besides, where the next call may take its values from that."""

    @property
    def last(self) -> str:
        """The user's last message."""
        return self.text[self.turns[-1].start :]

    def followed_by(self, more: "Spoken") -> "Spoken":
        """Return this request with the messages of another behind it."""
        start = len(self.text) + 1
        turns = (turn._replace(start=start + turn.start) for turn in more.turns)
        return Spoken(f"{self.text}\n{more.text}", (*self.turns, *turns), self.known)


def spoken(turns: Iterable[tuple[Speaker, str]]) -> list[Spoken]:
    """Return for each message of the user what it asks for, with what it answers a question about.

    A call or a result in between ends a request.
    """
    found: list[Spoken] = []
    question = ""
    for speaker, text in turns:
        if speaker == "user":
            alone = Spoken(text, (Turn(0, question),))
            whole = _answered(found[-1], alone) if question and found else alone
            found.append(whole if len(whole.text) <= MAX_SPOKEN else alone)
        question = text if speaker == "assistant" and _ASKS.search(text) else ""
    return found


def _answered(before: Spoken, answer: Spoken) -> Spoken:
    """Return a request with the answer to a question about it, and the question if the answer is a yes."""
    (turn,) = answer.turns
    asked = before.followed_by(Spoken(turn.question)) if turn.agrees(answer.text) else before
    return asked.followed_by(answer)
