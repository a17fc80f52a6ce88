"""What a user asks for over several messages: an answer to the assistant's question belongs to the request before it.

Where the answer is a yes, the question belongs to it, too: that is where the assistant says what it is about to do.
It knows neither tools nor hints.
"""

import re
from collections.abc import Iterable
from typing import Literal

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


def spoken(turns: Iterable[tuple[Speaker, str]]) -> list[str]:
    """Return for each message of the user what it asks for, with what it answers a question about.

    A call or a result in between ends a request.
    """
    found: list[str] = []
    question = ""
    for speaker, text in turns:
        if speaker == "user":
            before = [found[-1]] if question and found else []
            agreed = [question] if before and _AGREES.match(text) else []
            whole = "\n".join([*before, *agreed, text])
            found.append(whole if len(whole) <= MAX_SPOKEN else text)
        question = text if speaker == "assistant" and _ASKS.search(text) else ""
    return found
