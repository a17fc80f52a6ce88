"""What a user asks for over several messages: an answer to the assistant's question belongs to the request before it.

It knows neither tools nor hints.
"""

import re
from collections.abc import Iterable
from typing import Literal

MAX_SPOKEN = 4000
"""Characters of a request over several messages; where it would be longer, the last message stands alone."""
_ASKS = re.compile(r"[?？؟]|^(?:please|tell me|i (?:also |still )?need)\b", re.IGNORECASE)

Speaker = Literal["user", "assistant", "other"]


def spoken(turns: Iterable[tuple[Speaker, str]]) -> list[str]:
    """Return for each message of the user what it asks for, with what it answers a question about.

    A call or a result in between ends a request.
    """
    found: list[str] = []
    is_asked = False
    for speaker, text in turns:
        if speaker == "user":
            whole = f"{found[-1]}\n{text}" if is_asked and found else text
            found.append(whole if len(whole) <= MAX_SPOKEN else text)
        is_asked = speaker == "assistant" and _ASKS.search(text) is not None
    return found
