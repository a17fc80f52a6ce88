"""The forms in which people say a value that a tool returned: `18:30` as `6:30 pm`, `2019-03-04` as `March 4th`."""

import datetime
import re
from typing import Any

_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?")
NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
_PLAIN = re.compile(r"-?\d+(?:\.\d+)?")
_MEASURE = re.compile(r"[$€£]?\s?(-?\d+(?:\.\d+)?)\s?[^\s\d,]{0,5}")
FALSE, TRUE = ("no", "not", "false", "False"), ("yes", "true", "True")
NOTHING = ("none", "None", "null", "unknown", "nothing")


def forms(value: Any) -> tuple[str, ...]:
    """Return the ways to say `value`, a scalar of JSON, the way that it is written first; none of an empty text."""
    if value is None:
        return NOTHING
    text = str(value).strip()
    match text.lower():
        case "true":
            return TRUE
        case "false":
            return FALSE
        case "":
            return ()
    found = [text, *_said(text)]
    if text.isalpha():
        found.append(text.lower())
    return tuple(dict.fromkeys(found))


def _said(text: str) -> list[str]:
    if _PLAIN.fullmatch(text):
        return _numbers(text)
    if match := _DATE.fullmatch(text):
        return _dates(match)
    if match := _TIME.fullmatch(text):
        return _times(match)
    if match := _MEASURE.fullmatch(text):
        return [match[1], *_numbers(match[1])]
    day, _, hour = text.replace(" ", "T").partition("T")
    if (dated := _DATE.fullmatch(day)) and (timed := _TIME.fullmatch(hour)):
        return [day, *_dates(dated), *_times(timed)]
    return []


def _numbers(text: str) -> list[str]:
    whole, dot, fraction = text.partition(".")
    found = [f"{int(whole):,}{dot}{fraction}"] if len(whole) < 20 else []
    if dot:
        found += [one.rstrip("0").rstrip(".") for one in (text, *found)]
    return found


def _dates(match: re.Match[str]) -> list[str]:
    try:
        day = datetime.date(*map(int, match.groups()))
    except ValueError:
        return []
    last = day.day % 10 if day.day not in (11, 12, 13) else 0
    ordinal = {1: "st", 2: "nd", 3: "rd"}.get(last, "th")
    month = f"{day:%B}"
    short = [f"{month} {day.day}{ordinal}", f"{month} {day.day}", f"{day.day} {month}", f"the {day.day}{ordinal}"]
    return [*short, *(f"{one}, {day.year}" for one in short[:2]), f"{day.day} {month} {day.year}"]


def _times(match: re.Match[str]) -> list[str]:
    hour, minute = int(match[1]), match[2]
    if hour > 23:
        return []
    clock = str(hour % 12 or 12)
    spans = [f"{clock}:{minute}"] + ([clock] if minute == "00" else [])
    half = "pm" if hour >= 12 else "am"
    halves = [f"{span}{gap}{said}" for span in spans for gap in (" ", "") for said in (half, half.upper())]
    return [f"{match[1]}:{minute}", *halves]
