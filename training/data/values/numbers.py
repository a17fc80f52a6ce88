"""Numbers and the ways people write them: digits, words, separators, currencies."""

from __future__ import annotations

import random

ONES = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]  # fmt: skip
TENS = ["zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
CURRENCY_SIGNS = {"$": "dollars", "€": "euros", "£": "pounds"}
CURRENCIES = [
    "USD", "EUR", "GBP", "JPY", "CHF", "CAD", "AUD", "NZD", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "INR", "CNY",
    "KRW", "SGD", "HKD", "THB", "MXN", "BRL", "ZAR", "TRY", "AED", "ILS",
]  # fmt: skip


def in_words(number: int) -> str:
    """English words for -999,999,999 to 999,999,999."""
    if number < 0:
        return "minus " + in_words(-number)
    if number < 20:
        return ONES[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return TENS[tens] + (f"-{ONES[ones]}" if ones else "")
    for size, name in ((1_000_000, "million"), (1_000, "thousand"), (100, "hundred")):
        if number >= size:
            head, rest = divmod(number, size)
            joiner = " and " if size == 100 and rest else " " if rest else ""
            return f"{in_words(head)} {name}{joiner}{in_words(rest) if rest else ''}"
    return str(number)


def int_text(rng: random.Random, number: int) -> str:
    draw = rng.random()
    if 0 <= number <= 12 and draw < 0.22:
        return in_words(number)
    if 12 < number <= 100 and draw < 0.08:
        return in_words(number)
    if number > 2100 and draw < 0.3:
        if number % 1_000_000 == 0 and draw < 0.15:
            return f"{number // 1_000_000} million"
        if number % 1000 == 0 and draw < 0.08:
            return in_words(number)
        if number % 1000 == 0 and draw < 0.12:
            return f"{number // 1000}k"
        return f"{number:,}"
    return str(number)


def draw_int(rng: random.Random, low: int, high: int) -> int:
    """Round numbers are likelier than their share, as in speech."""
    span = high - low
    draw = rng.random()
    if span > 200 and draw < 0.5:
        step = int(10 ** (len(str(span)) - 2))
        number = rng.randint(low, high) // step * step
        return max(low, number)
    if span > 40 and draw < 0.4:
        return max(low, rng.randint(low, high) // 5 * 5)
    return rng.randint(low, high)


def draw_float(rng: random.Random, low: float, high: float) -> float | int:
    """Whole numbers come back as int, because that is how they are said and written."""
    draw = rng.random()
    if high - low >= 8 and draw < 0.45:
        return draw_int(rng, int(-(-low // 1)), int(high))
    places = 1 if draw < 0.75 else 2
    if high - low <= 0.5:
        places = 2 if draw < 0.7 else 3
    value = round(rng.uniform(low, high), places)
    return int(value) if value == int(value) else value


def number_text(value: float) -> str:
    """Plain decimal text; never an exponent."""
    if isinstance(value, int) or value == int(value):
        return str(int(value))
    text = repr(value)
    return f"{value:.8f}".rstrip("0") if "e" in text else text


def money(rng: random.Random) -> tuple[float | int, str]:
    """An amount and a text that names a currency sign or word, or none."""
    draw = rng.random()
    if draw < 0.35:
        amount: float | int = rng.choice(
            [5, 10, 15, 20, 25, 30, 40, 50, 60, 75, 80, 100, 120, 150, 200, 250, 300, 400, 500]
        )
    elif draw < 0.6:
        amount = rng.randint(1, 2000)
    elif draw < 0.8:
        amount = round(rng.uniform(1, 900), 2)
        amount = int(amount) if amount == int(amount) else amount
    else:
        amount = rng.randint(1, 90) * rng.choice([100, 1000, 1000, 10_000])
    plain = f"{amount:,}" if amount >= 1000 and rng.random() < 0.5 else number_text(amount)
    if isinstance(amount, float):
        plain = f"{amount:.2f}"
        amount = float(plain)
    sign = rng.choice(["$", "$", "$", "€", "£"])
    shape = rng.random()
    if shape < 0.5:
        return amount, f"{sign}{plain}"
    if shape < 0.8:
        return amount, f"{plain} {CURRENCY_SIGNS[sign]}"
    return amount, f"{plain} {rng.choice(['USD', 'EUR', 'GBP'])}"


def percent(rng: random.Random) -> tuple[float | int, str]:
    value = (
        rng.choice([1, 2, 3, 5, 10, 12, 15, 18, 20, 25, 30, 40, 50, 75])
        if rng.random() < 0.6
        else draw_float(rng, 1, 95)
    )
    text = number_text(value)
    return value, f"{text}%" if rng.random() < 0.65 else f"{text} percent"


def percent_decimal(rng: random.Random) -> tuple[float | int, str]:
    """A percentage as a fraction of one, said as a percentage or as that fraction."""
    value, text = percent(rng)
    fraction = round(value / 100, 6)
    return fraction, text if rng.random() < 0.9 else number_text(fraction)
