"""Dates, times and spans: as people say them, and as ISO when a schema asks for ISO."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable

WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
MONTHS = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
]  # fmt: skip
RELATIVE = [
    "today", "tomorrow", "tonight", "next Monday", "next Tuesday", "next Friday", "this Saturday", "this Sunday",
    "next week", "this weekend", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
    "the day after tomorrow",
]  # fmt: skip


def ordinal(number: int) -> str:
    if 10 <= number % 100 <= 20:
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def draw_date(rng: random.Random) -> dt.date:
    first = dt.date(2023, 1, 1) if rng.random() < 0.8 else dt.date(1950, 1, 1)
    return first + dt.timedelta(days=rng.randrange((dt.date(2028, 12, 31) - first).days))


def full_date_text(rng: random.Random, day: dt.date) -> str:
    """A text from which the whole date, year included, can be read."""
    month = MONTHS[day.month - 1]
    shape = rng.random()
    if shape < 0.27:
        return day.isoformat() if shape < 0.23 else day.isoformat().replace("-", "/")
    if shape < 0.55:
        return f"{month} {day.day}, {day.year}"
    if shape < 0.7:
        return f"{day.day} {month} {day.year}"
    if shape < 0.8:
        return f"{month} {ordinal(day.day)}, {day.year}"
    if shape < 0.88:
        return f"{month[:3]} {day.day}, {day.year}"
    if shape < 0.94:
        return f"{day.day} {month[:3]} {day.year}"
    return f"{ordinal(day.day)} {month} {day.year}"


def loose_date_text(rng: random.Random) -> str:
    """A date as said, to be passed on as it stands."""
    shape = rng.random()
    if shape < 0.4:
        return rng.choice(RELATIVE[:17])
    day = draw_date(rng)
    if shape < 0.75:
        return full_date_text(rng, day)
    month = MONTHS[day.month - 1]
    if shape < 0.85:
        return f"{month} {day.day}"
    if shape < 0.93:
        return f"{month} {ordinal(day.day)}"
    return f"{day.day} {month}"


def iso_date(rng: random.Random) -> tuple[str, str]:
    day = draw_date(rng)
    return day.isoformat(), full_date_text(rng, day)


def date_in(layout: str) -> Callable[[random.Random], tuple[str, str]]:
    """Dates in a layout of strftime, said in full."""

    def draw(rng: random.Random) -> tuple[str, str]:
        day = draw_date(rng)
        return day.strftime(layout), full_date_text(rng, day)

    return draw


def clock_minutes(rng: random.Random) -> tuple[int, int]:
    return rng.choice([*range(6, 24), *range(8, 21), 0, 3, 5]), rng.choice(
        [0, 0, 0, 0, 15, 30, 30, 45, rng.randrange(60)]
    )


def time_24(rng: random.Random) -> tuple[str, str]:
    """HH:MM and a text that means it."""
    hour, minute = clock_minutes(rng)
    value = f"{hour:02d}:{minute:02d}"
    return value, value if rng.random() < 0.35 else twelve_hour(rng, hour, minute)


def twelve_hour(rng: random.Random, hour: int, minute: int) -> str:
    if hour == 12 and minute == 0 and rng.random() < 0.4:
        return "noon"
    if hour == 0 and minute == 0 and rng.random() < 0.4:
        return "midnight"
    half = rng.choice([("am", "pm"), (" am", " pm"), (" AM", " PM"), ("AM", "PM"), (" a.m.", " p.m.")])[hour >= 12]
    shown = hour % 12 or 12
    return f"{shown}{half}" if minute == 0 and rng.random() < 0.75 else f"{shown}:{minute:02d}{half}"


def loose_time_text(rng: random.Random) -> str:
    hour, minute = clock_minutes(rng)
    return f"{hour:02d}:{minute:02d}" if rng.random() < 0.4 else twelve_hour(rng, hour, minute)


def iso_datetime(rng: random.Random) -> tuple[str, str]:
    day, day_text = iso_date(rng)
    clock, clock_text = time_24(rng)
    value = f"{day}T{clock}:00"
    shape = rng.random()
    if shape < 0.25:
        return value, value
    return value, f"{day_text} at {clock_text}" if shape < 0.8 else f"{day} {clock}"


def loose_datetime_text(rng: random.Random) -> str:
    shape = rng.random()
    if shape < 0.45:
        day_text = rng.choice(("today", "tomorrow", "Monday", "Friday", "next Tuesday", "Saturday"))
        return f"{day_text} at {loose_time_text(rng)}"
    if shape < 0.7:
        day = draw_date(rng)
        return f"{MONTHS[day.month - 1]} {day.day} at {loose_time_text(rng)}"
    return iso_datetime(rng)[1]


def duration_text(rng: random.Random) -> str:
    shape = rng.random()
    if shape < 0.4:
        return f"{rng.choice([5, 10, 15, 20, 25, 30, 40, 45, 60, 90])} minutes"
    if shape < 0.65:
        return f"{rng.randint(2, 12)} hours"
    if shape < 0.8:
        return f"{rng.randint(2, 21)} days"
    if shape < 0.9:
        return f"{rng.randint(2, 10)} weeks"
    return rng.choice(
        ["1 hour", "an hour", "half an hour", "one week", "2 hours 30 minutes", "1h30m", "90s", "3 months", "a year"]
    )
