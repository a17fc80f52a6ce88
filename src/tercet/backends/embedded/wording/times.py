"""Times of day as people write them, and what a clock of 24 hours shows then."""

import re
from collections.abc import Iterator
from typing import NamedTuple

_WORDS = "one two three four five six seven eight nine ten eleven twelve".split()
_HOUR = rf"(?P<hour>\d{{1,2}}|{'|'.join(_WORDS)})"
_PART_OF_DAY = r"\s*(?:o'clock\s*)?(?:(?:in the|this) (?:morning|afternoon|evening)|at night|tonight)"
_HALF = rf"(?P<half>\s*(?:[ap]m\b|[ap]\.m\.)|{_PART_OF_DAY})"
_PAST = r"(?P<part>half|quarter|a quarter|five|ten|twenty|twenty-five)\s+(?P<side>past|to|after)\s+"
_FORMS = (
    re.compile(rf"(?<![\d:.])(?P<hour>\d{{1,2}}):(?P<minute>\d\d)(?::\d\d)?(?![\d:]){_HALF}?", re.IGNORECASE),
    re.compile(rf"\b{_PAST}{_HOUR}\b{_HALF}?", re.IGNORECASE),
    re.compile(rf"(?<![\d:.,$€£-])\b(?:{_HOUR}){_HALF}", re.IGNORECASE),
    re.compile(rf"\b{_HOUR}\s*o'clock\b{_HALF}?", re.IGNORECASE),
    re.compile(r"\b(?P<named>noon|midday|midnight)\b", re.IGNORECASE),
)
FIRST_OF_NIGHT = 6
"""Hours that are `at night` before this one are those behind midnight."""
_PARTS = {"half": 30, "quarter": 15, "a quarter": 15, "five": 5, "ten": 10, "twenty": 20, "twenty-five": 25}


class Timed(NamedTuple):
    """A time in a text; `clock` as HH:MM."""

    clock: str
    start: int
    end: int


def times_in(text: str) -> Iterator[Timed]:
    """Yield the times of day written in `text`, each once."""
    taken: list[tuple[int, int]] = []
    for form in _FORMS:
        for match in form.finditer(text):
            start, end = match.span()
            clock = _clock(match)
            if clock and not any(start < last and first < end for first, last in taken):
                taken.append((start, end))
                yield Timed(clock, start, end)


def _clock(match: re.Match[str]) -> str:
    found = match.groupdict()
    if found.get("named"):
        return "00:00" if found["named"].lower() == "midnight" else "12:00"
    said = found["hour"].lower()
    hour = int(said) if said.isdigit() else _WORDS.index(said) + 1
    minute = int(found.get("minute") or 0)
    if found.get("part"):
        minute = _PARTS[found["part"].lower()]
        if found["side"].lower() == "to":
            hour, minute = hour - 1, 60 - minute
    half = (found.get("half") or "").lower().replace(".", "").strip()
    if half == "at night" and hour < FIRST_OF_NIGHT:
        half = "am"
    if (half in ("pm", "tonight") or "afternoon" in half or "evening" in half or "night" in half) and hour < 12:
        hour += 12
    elif (half == "am" or "morning" in half) and hour == 12:
        hour = 0
    return f"{hour % 24:02}:{minute:02}" if hour <= 24 and minute < 60 else ""
