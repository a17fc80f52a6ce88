"""The kinds a parameter can have: `draw(kind, rng)` gives a JSON value and the text that says it.

For most kinds the text is the value, so that an argument can be copied from the request.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from training.data.values import numbers, people, places, things, times, words

Draw = Callable[[random.Random], "Value"]


@dataclass(frozen=True, slots=True)
class Value:
    """A JSON value and how it is said."""

    value: object
    text: str


class UnknownKind(ValueError):
    """A catalog names a kind that nothing here can draw."""


def same(text: str) -> Value:
    return Value(text, text)


def choice(options: list[str]) -> Draw:
    return lambda rng: same(rng.choice(options))


def named(options: list[str], fresh: float = 0.35) -> Draw:
    """A listed name, or a made-up one in title case."""

    def draw(rng: random.Random) -> Value:
        if rng.random() >= fresh:
            return same(rng.choice(options))
        return same(" ".join(words.any_word(rng).capitalize() for _ in range(rng.randint(1, 3))))

    return draw


def open_noun(options: list[str], fresh: float = 0.3) -> Draw:
    """A listed phrase, or a made-up one in lower case."""

    def draw(rng: random.Random) -> Value:
        if rng.random() >= fresh:
            return same(rng.choice(options))
        return same(words.any_phrase(rng))

    return draw


def domain(rng: random.Random) -> str:
    if rng.random() < 0.5:
        return rng.choice(things.DOMAINS)
    second = rng.choice(("", "-" + words.any_word(rng)))
    return f"{words.any_word(rng)}{second}.{rng.choice(('com', 'org', 'net', 'io', 'dev', 'co.uk'))}"


def url(rng: random.Random) -> str:
    tail = rng.choice(
        ["", "", f"/{words.any_word(rng)}", f"/{words.any_word(rng)}/{words.digits(rng, 3)}", "/api/v2", "/index.html"]
    )
    return f"{rng.choice(['https://', 'https://', 'http://', 'https://www.'])}{domain(rng)}{tail}"


def file_name(rng: random.Random) -> str:
    stem = rng.choice(things.FILE_STEMS) if rng.random() < 0.7 else words.any_word(rng)
    extra = rng.choice(["", "", "", "_2026", "-final", "_v2", f"_{rng.randint(1, 99)}", f"_{words.any_word(rng)}"])
    return f"{stem}{extra}.{rng.choice(things.EXTENSIONS)}"


def path(rng: random.Random) -> str:
    folder = rng.choice(things.FOLDERS)
    if rng.random() < 0.5:
        folder += f"/{words.any_word(rng)}"
    draw = rng.random()
    if draw < 0.75:
        return f"/{folder}/{file_name(rng)}"
    if draw < 0.85:
        return f"C:\\{folder.replace('/', chr(92))}\\{file_name(rng)}"
    return f"/{folder}" if draw < 0.95 else f"~/{folder}/{file_name(rng)}"


def ip(rng: random.Random) -> str:
    first = rng.choice((10, 192, 172, rng.randint(1, 223)))
    return f"{first}.{rng.randint(0, 255)}.{rng.randint(0, 255)}.{rng.randint(1, 254)}"


def title(rng: random.Random) -> str:
    return (
        rng.choice(things.TITLES)
        if rng.random() < 0.75
        else " ".join(words.any_word(rng).capitalize() for _ in range(rng.randint(2, 4)))
    )


def message(rng: random.Random) -> str:
    draw = rng.random()
    if draw < 0.5:
        return rng.choice(things.MESSAGES)
    if draw < 0.7:
        return words.any_phrase(rng)
    if draw < 0.85:
        return f"{rng.choice(['Meet me at', 'I am at', 'Pick me up at', 'The party is at'])} {places.address(rng)}"
    deed = rng.choice(("asked about", "finished", "needs", "sent me"))
    return f"{people.first_name(rng)} {deed} the {rng.choice(things.TITLES).lower()}"


def hashtag(rng: random.Random) -> str:
    return "#" + (
        words.any_word(rng)
        if rng.random() < 0.6
        else words.any_word(rng).capitalize() + words.any_word(rng).capitalize()
    )


def year(rng: random.Random) -> Value:
    number = rng.randint(1990, 2027) if rng.random() < 0.8 else rng.randint(1500, 1990)
    return Value(number, str(number))


def coordinate(limit: float) -> Draw:
    def draw(rng: random.Random) -> Value:
        number = round(rng.uniform(-limit, limit), rng.choice([1, 2, 4, 4]))
        return Value(number, numbers.number_text(number))

    return draw


def isbn(rng: random.Random) -> str:
    return f"978-{rng.randint(0, 9)}-{words.digits(rng, 2)}-{words.digits(rng, 6)}-{rng.randint(0, 9)}"


def version(rng: random.Random) -> str:
    return f"{rng.choice(['', '', 'v'])}{rng.randint(0, 24)}.{rng.randint(0, 19)}" + rng.choice(
        ["", f".{rng.randint(0, 30)}"]
    )


def text_kind(make: Callable[[random.Random], str]) -> Draw:
    return lambda rng: same(make(rng))


def pair_kind(make: Callable[[random.Random], tuple[object, str]]) -> Draw:
    return lambda rng: Value(*make(rng))


SIMPLE: dict[str, Draw] = {
    "person": text_kind(people.person), "first_name": text_kind(people.first_name),
    "last_name": text_kind(people.last_name), "city": text_kind(places.city), "country": text_kind(places.country),
    "state": choice(places.STATES), "address": text_kind(places.address), "company": named(things.COMPANIES),
    "product": open_noun(things.PRODUCTS, 0.2), "restaurant": named(things.RESTAURANTS, 0.3),
    "movie": named(things.MOVIES, 0.3), "song": named(things.SONGS, 0.3), "book": named(things.BOOKS, 0.3),
    "artist": named(things.ARTISTS), "email": text_kind(people.email), "phone": text_kind(people.phone),
    "url": text_kind(url), "domain": text_kind(domain), "ip": text_kind(ip), "path": text_kind(path),
    "file_name": text_kind(file_name), "username": text_kind(people.username), "hashtag": text_kind(hashtag),
    "airport_code": choice(places.AIRPORTS), "stock_symbol": choice(things.STOCKS),
    "date": text_kind(times.loose_date_text), "time": text_kind(times.loose_time_text),
    "datetime": text_kind(times.loose_datetime_text), "date_iso": pair_kind(times.iso_date),
    "time_iso": pair_kind(times.time_24), "datetime_iso": pair_kind(times.iso_datetime),
    "date_us": pair_kind(times.date_in("%m-%d-%Y")), "date_eu": pair_kind(times.date_in("%d/%m/%Y")),
    "date_slash": pair_kind(times.date_in("%Y/%m/%d")),
    "weekday": choice(times.WEEKDAYS), "month": choice(times.MONTHS), "year": year,
    "duration": text_kind(times.duration_text), "currency_code": choice(numbers.CURRENCIES),
    "money": pair_kind(numbers.money), "percent": pair_kind(numbers.percent),
    "percent_decimal": pair_kind(numbers.percent_decimal), "topic": open_noun(things.TOPICS),
    "title": text_kind(title), "message": text_kind(message), "query": open_noun(things.QUERIES),
    "language": choice(things.LANGUAGES), "color": choice(things.COLORS), "animal": choice(things.ANIMALS),
    "food": open_noun(things.FOODS, 0.15), "ingredient": choice(things.INGREDIENTS), "hobby": choice(things.HOBBIES),
    "sport": choice(things.SPORTS), "job": choice(things.JOBS), "disease": choice(things.DISEASES),
    "medicine": open_noun(things.MEDICINES, 0.15), "body_part": choice(things.BODY_PARTS),
    "plant": choice(things.PLANTS), "vehicle": choice(things.VEHICLES), "landmark": choice(places.LANDMARKS),
    "chemical": choice(things.CHEMICALS), "element": choice(things.ELEMENTS), "unit": choice(things.UNITS),
    "latitude": coordinate(80), "longitude": coordinate(175), "zip_code": text_kind(lambda rng: words.digits(rng, 5)),
    "isbn": text_kind(isbn),
    "hex_color": text_kind(lambda rng: "#" + words.code(rng, 6, rng.choice([words.HEX, words.HEX.upper()]))),
    "version": text_kind(version), "timezone": choice(things.COMMON_TIMEZONES), "word": text_kind(words.any_word),
    "string": text_kind(words.random_string),
}  # fmt: skip
NUMBER_KINDS = {"int": "integer", "year": "integer", "float": "number", "money": "number", "percent": "number",
                "latitude": "number", "longitude": "number", "percent_decimal": "number"}  # fmt: skip


def base(kind: str) -> str:
    return kind.partition(":")[0]


def json_type(kind: str) -> str:
    name = base(kind)
    if name in ("bool", "list", "object"):
        return {"bool": "boolean", "list": "array", "object": "object"}[name]
    return NUMBER_KINDS.get(name, "string")


def bounds(argument: str) -> tuple[str, str]:
    """ "-10-20" is from -10 to 20; "5" is exactly 5."""
    cut = argument.find("-", 1)
    return (argument[:cut], argument[cut + 1 :]) if cut > 0 else (argument, argument)


def respelt(value: object, style: str) -> object:
    """An enum's value, or a list of them, in that style."""
    if isinstance(value, list):
        return [respelt(item, style) for item in value]
    if not isinstance(value, str) or style == "asis":
        return value
    if style == "upper":
        return value.upper()
    text = value.replace("_", " ") if "spaced" in style else value
    return text[:1].upper() + text[1:] if style == "title" else text.title() if "title" in style else text


def integer(argument: str) -> Draw:
    low, high = (int(float(x)) for x in bounds(argument or "1-100"))

    def draw(rng: random.Random) -> Value:
        number = numbers.draw_int(rng, low, high)
        return Value(number, numbers.int_text(rng, number))

    return draw


def decimal(argument: str) -> Draw:
    low, high = (float(x) for x in bounds(argument or "0-100"))

    def draw(rng: random.Random) -> Value:
        number = numbers.draw_float(rng, low, high)
        return Value(number, numbers.number_text(number))

    return draw


def digits(argument: str) -> Draw:
    """A number that is written as a string."""
    inner = drawer(argument)

    def draw(rng: random.Random) -> Value:
        value = inner(rng)
        return Value(str(value.value), value.text)

    return draw


def listing(argument: str) -> Draw:
    inner = drawer(argument)
    sizes = (1, 2, 2, 2, 3, 3, 4) if json_type(argument) == "string" else (2, 3, 3, 4, 5, 6, 8)

    def draw(rng: random.Random) -> Value:
        drawn: list[Value] = []
        for _ in range(rng.choice(sizes)):
            item = inner(rng)
            if "," not in item.text and " and " not in item.text and all(item.value != other.value for other in drawn):
                drawn.append(item)
        if not drawn:
            return draw(rng)
        values = [item.value for item in drawn]
        if rng.random() < (0.3 if json_type(argument) != "string" else 0.03):
            return Value(
                values, json.dumps(values, ensure_ascii=False, separators=rng.choice(((", ", ": "), (",", ":"))))
            )
        return Value(values, and_list([item.text for item in drawn], rng))

    return draw


def and_list(texts: list[str], rng: random.Random) -> str:
    if len(texts) == 1:
        return texts[0]
    draw = rng.random()
    if draw < 0.12:
        return ", ".join(texts)
    if draw < 0.2 and len(texts) > 2:
        return ", ".join(texts[:-1]) + f", and {texts[-1]}"
    if draw < 0.23:
        return " & ".join(texts) if len(texts) == 2 else ", ".join(texts)
    return ", ".join(texts[:-1]) + f" and {texts[-1]}"


@lru_cache(maxsize=4096)
def drawer(kind: str) -> Draw:
    """The draw of a kind; raises UnknownKind."""
    name, _, argument = kind.partition(":")
    try:
        if name == "int":
            return integer(argument)
        if name == "digits":
            return digits(argument)
        if name == "float":
            return decimal(argument)
        if name == "list":
            return listing(argument)
    except ValueError as error:
        raise UnknownKind(f"{kind!r}: {error}") from error
    if name == "bool":
        return lambda rng: Value(*rng.choice([(True, "yes"), (False, "no")]))
    if name == "enum":
        options = [option.strip() for option in argument.split("|")]
        return lambda rng: (lambda option: Value(option, option.replace("_", " ")))(rng.choice(options))
    if name == "pick":
        return choice([option.strip() for option in argument.split(";")])
    if name == "id":
        return lambda rng: same(words.identifier(rng, argument))
    if name not in SIMPLE:
        raise UnknownKind(f"{kind!r} is not a kind")
    return SIMPLE[name]


def draw(kind: str, rng: random.Random) -> Value:
    return drawer(kind)(rng)
