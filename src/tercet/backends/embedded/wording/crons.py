"""What is to happen again and again, as people say it, and the cron expression of it (POSIX crontab's five fields)."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from tercet.backends.embedded.wording.times import times_in

_DAYS = {name: number for number, name in enumerate("sunday monday tuesday wednesday thursday friday saturday".split())}
_DAY = "|".join(_DAYS)
_STEP = re.compile(
    r"\b(?:every|each|once every)\s+"
    r"(?:(?P<count>\d{1,2}|two|three|five|six|ten|twelve|fifteen|twenty|thirty|other)[\s-]+)?"
    r"(?P<unit>minute|min|hour|hr)s?\b|\b(?P<hourly>hourly)\b",
    re.IGNORECASE,
)
_COUNTS = {
    "two": 2,
    "other": 2,
    "three": 3,
    "five": 5,
    "six": 6,
    "ten": 10,
    "twelve": 12,
    "fifteen": 15,
    "twenty": 20,
    "thirty": 30,
}
_MONTHLY = re.compile(
    r"\b(?:on\s+)?the\s+(?P<day>\d{1,2})(?:st|nd|rd|th)\s+(?:day\s+)?of\s+(?:every|each|the)\s+month\b"
    r"|\bthe\s+(?P<first>first)(?:\s+day)?\s+of\s+(?:every|each|the)\s+month\b"
    r"|\bmonthly\s+on\s+the\s+(?P<nth>\d{1,2})(?:st|nd|rd|th)\b",
    re.IGNORECASE,
)
_WEEKDAYS = re.compile(
    r"\b(?:every|each)\s+(?:week|working|business|work)\s?days?\b|\b(?:on\s+)?(?:week|working|business)\s?days\b"
    r"|\bmonday\s+(?:to|through|till|until|-|–)\s+friday\b|\bmon\s?[-–]\s?fri\b",
    re.IGNORECASE,
)
_WEEKEND = re.compile(r"\b(?:every|each|at|on)\s+(?:the\s+)?weekends?\b", re.IGNORECASE)
_ON_DAYS = re.compile(
    rf"\b(?:every|each)\s+(?P<one>(?:{_DAY})(?:(?:\s*,\s*|\s+and\s+|\s*,\s*and\s+)(?:{_DAY}))*)\b"
    rf"|\b(?:on\s+)?(?P<many>(?:{_DAY})s(?:(?:\s*,\s*|\s+and\s+|\s*,\s*and\s+)(?:{_DAY})s)*)\b"
    rf"|\bweekly\s+on\s+(?P<week>{_DAY})\b",
    re.IGNORECASE,
)
_DAILY = re.compile(
    r"\b(?:every|each)\s+(?:single\s+)?(?:day|night|morning|evening|afternoon)\b|\b(?:daily|nightly)\b", re.IGNORECASE
)


class Repeated(NamedTuple):
    """A cron expression, and the characters that say it."""

    cron: str
    start: int
    end: int


def crons_in(text: str) -> Iterator[Repeated]:
    """Yield what `text` says is to happen again and again, at most once."""
    if step := _STEP.search(text):
        said = (step["count"] or "1").lower()
        count = _COUNTS.get(said) or int(said)
        if step["hourly"] or step["unit"][0].lower() == "h":
            yield Repeated("0 * * * *" if count == 1 else f"0 */{count} * * *", *step.span())
        else:
            yield Repeated("* * * * *" if count == 1 else f"*/{count} * * * *", *step.span())
        return
    timed = next(times_in(text), None)
    clock = timed.clock if timed else ""
    for pattern in (_MONTHLY, _WEEKDAYS, _WEEKEND, _ON_DAYS, _DAILY):
        match = pattern.search(text)
        if match is None:
            continue
        if not clock:
            return
        start, end = match.span()
        if timed is not None:
            start, end = min(start, timed.start), max(end, timed.end)
        hour, minute = map(int, clock.split(":"))
        yield Repeated(f"{minute} {hour} {_days(pattern, match)}", start, end)
        return


def _days(pattern: re.Pattern[str], match: re.Match[str]) -> str:
    """Return the last three fields: days of the month, months, days of the week."""
    if pattern is _MONTHLY:
        return f"{match['day'] or match['nth'] or 1} * *"
    if pattern is _WEEKDAYS:
        return "* * 1-5"
    if pattern is _WEEKEND:
        return "* * 0,6"
    if pattern is _ON_DAYS:
        said = (match["one"] or match["many"] or match["week"]).lower()
        days = [_DAYS[name] for name in re.findall(_DAY, said)]
        return f"* * {','.join(map(str, sorted(set(days))))}"
    return "* * *"
