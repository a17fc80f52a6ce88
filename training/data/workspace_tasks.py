"""Tasks of two to four steps on the files of a workspace, each with its calls, true results and answer."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Callable

from training.data import builtin_tools as tools
from training.data.builtin import Task
from training.data.values import kinds, times, words
from training.data.values.numbers import number_text
from training.data.workspace_files import (
    TABLES,
    Row,
    Table,
    amounts_in,
    file_at,
    rows_of,
    said_name,
    shown,
    value_text,
    written,
)


class Work(Task):
    """A task on files under construction."""

    def read(self, path: str, text: str) -> None:
        self.step("read_file", {"path": path}, shown(text))

    def calculate(self, expression: str) -> float | int:
        value = tools.calculate(expression)
        self.step("calculator", {"expression": expression}, {"value": value})
        return value


def listed(least: int, rng: random.Random) -> tuple[Table, list[Row]]:
    """A table and some of its rows."""
    table = rng.choice(TABLES)
    return table, rows_of(table, rng.randint(least, 6), rng)


def lookup(rng: random.Random) -> Work:
    """One field of the row with a given key."""
    table, rows = listed(2, rng)
    row = rng.choice(rows)
    path, text = written(table, rows, rng)
    wanted = rng.choice([name for name in row if name != table.key[0]])
    who, value = row[table.key[0]], row[wanted]
    shown_value = value_text(value)
    n = said_name(wanted)
    work = Work(
        rng.choice(
            (
                f"What is the {n} of {who} in {path}?",
                f"{path} lists {table.name}. Which {n} does {who} have?",
                f"Look up {who} in {path} and tell me the {n}.",
                f"{n} of {who}, see {path}",
                f"Find {who}'s {n} in {path}.",
            )
        )
    )
    work.read(path, text)
    work.end(rng.choice((f"The {n} of {who} is {shown_value}.", f"{who}: {shown_value}.", f"It is {shown_value}.")))
    return work


def two_rows(rng: random.Random) -> Work:
    """The sum or difference of two rows."""
    table, rows = listed(3, rng)
    name = rng.choice(amounts_in(table, rows))
    one, two = rng.sample(rows, 2)
    path, text = written(table, rows, rng)
    a, b, n = one[table.key[0]], two[table.key[0]], said_name(name)
    first, second = number_text(one[name]), number_text(two[name])  # type: ignore[arg-type]
    if rng.random() < 0.7:
        sign, noun = "+", "total"
        said: tuple[str, ...] = (
            f"{path} lists {table.name}. What {n} do {a} and {b} have together?",
            f"Add the {n} of {a} and {b} in {path}.",
            f"How much {n} is that for {a} and {b} together? See {path}.",
            f"In {path}, what is the {n} of {a} plus that of {b}?",
            f"Sum up {n} of {a} and {b} ({path})",
            f"What is the combined {n} of {a} and {b} according to {path}?",
        )
    else:
        sign, noun = "-", "difference"
        said = (
            f"By how much is the {n} of {a} above that of {b} in {path}?",
            f"Subtract {b}'s {n} from {a}'s, both are in {path}.",
            f"What is the difference in {n} between {a} and {b}? {path} has it.",
            f"How much more {n} has {a} than {b} in {path}?",
        )
    work = Work(rng.choice(said))
    work.read(path, text)
    value = number_text(work.calculate(f"{first}{sign}{second}"))
    work.end(rng.choice((f"The {noun} is {value}.", f"It is {value}.", f"{first} {sign} {second} = {value}.")))
    return work


def all_rows(rng: random.Random) -> Work:
    """The sum or the mean of every row."""
    table, rows = listed(2, rng)
    name = rng.choice(amounts_in(table, rows))
    path, text = written(table, rows, rng)
    n = said_name(name)
    total = "+".join(number_text(row[name]) for row in rows)  # type: ignore[arg-type]
    if rng.random() < 0.5:
        expression, noun = total, "total"
        said = (
            f"What is the total {n} in {path}?",
            f"Add up the {n} of all {table.name} in {path}.",
            f"Sum of {n} in {path}?",
            f"How much {n} is it in all? The file is {path}.",
            f"Read {path} and give me the total of the {n} column.",
        )
    else:
        expression, noun = f"({total})/{len(rows)}", "average"
        said = (
            f"What is the average {n} in {path}?",
            f"Compute the mean {n} of the {table.name} in {path}.",
            f"average {n}, {path}",
            f"Read {path}: what is the {n} on average?",
            f"On average, which {n} do the {table.name} in {path} have?",
        )
    work = Work(rng.choice(said))
    work.read(path, text)
    value = number_text(work.calculate(expression))
    work.end(rng.choice((f"The {noun} is {value}.", f"The {noun} {n} is {value}.", f"It is {value}.")))
    return work


PRODUCTS = (
    (
        "order",
        "price",
        "count",
        "money",
        "int:2-40",
        ("What does the whole {f} come to?", "How much is that order in {f} in total?"),
    ),
    (
        "booking",
        "price_per_night",
        "nights",
        "int:30-300",
        "int:2-20",
        ("What does the stay in {f} cost?", "Total of the booking in {f}?"),
    ),
    (
        "timesheet",
        "hourly_rate",
        "hours",
        "int:12-90",
        "int:3-60",
        ("How much pay is due for {f}?", "What is earned according to {f}?"),
    ),
    (
        "tickets",
        "ticket_price",
        "tickets",
        "int:5-90",
        "int:2-12",
        ("What do all tickets in {f} cost?", "Work out the price of the tickets in {f}."),
    ),
    (
        "room",
        "width_m",
        "length_m",
        "int:2-12",
        "int:2-14",
        ("What is the area of the room in {f}?", "How many square metres has the floor in {f}?"),
    ),
    (
        "loan",
        "monthly_payment",
        "months",
        "int:40-900",
        "int:6-60",
        ("How much is paid back in all for {f}?", "What does the loan in {f} cost in total?"),
    ),
    (
        "purchase",
        "unit_cost",
        "units",
        "money",
        "int:2-50",
        ("Multiply unit cost and units in {f}.", "How much is the purchase in {f}?"),
    ),
)


def product(rng: random.Random) -> Work:
    """Two numbers of an object, multiplied."""
    name, one, two, kind_one, kind_two, said = rng.choice(PRODUCTS)
    first, second = kinds.draw(kind_one, rng).value, kinds.draw(kind_two, rng).value
    extra = {
        rng.choice(("note", "item", "reference")): kinds.draw(rng.choice(("product", "id:INV", "word")), rng).value
    }
    content = {**extra, one: first, two: second} if rng.random() < 0.6 else {two: second, one: first, **extra}
    path = file_at(name, "json", rng)
    work = Work(rng.choice(said).format(f=path))
    work.read(path, json.dumps(content, ensure_ascii=False))
    value = number_text(work.calculate(f"{number_text(first)}*{number_text(second)}"))  # type: ignore[arg-type]
    work.end(rng.choice((f"The total is {value}.", f"It comes to {value}.", f"It is {value}.")))
    return work


SPANS = (
    ("trip", "departure", "return"),
    ("project", "start", "end"),
    ("rental", "from", "until"),
    ("contract", "signed", "expires"),
    ("course", "begins", "ends"),
    ("visa", "issued", "expires"),
    ("order", "ordered", "delivered"),
    ("lease", "start_date", "end_date"),
)


def span(rng: random.Random) -> Work:
    """The days between two dates of a file."""
    name, one, two = rng.choice(SPANS)
    start = times.draw_date(rng)
    end = start + dt.timedelta(days=rng.randint(2, 400))
    content: Row = {"id": words.code(rng, 5, words.HEX), one: str(start), two: str(end)}
    path = file_at(name, rng.choice(("json", "json", "txt")), rng)
    text = (
        json.dumps(content) if path.endswith("json") else "".join(f"{said_name(k)}: {v}\n" for k, v in content.items())
    )
    a, b = said_name(one), said_name(two)
    work = Work(
        rng.choice(
            (
                f"How many days lie between {a} and {b} in {path}?",
                f"How long is the {name} in {path}, in days?",
                f"Count the days from {a} to {b} of the {name} in {path}.",
                f"{path}: days between {a} and {b}?",
            )
        )
    )
    work.read(path, text)
    gap = tools.difference(start, end)
    work.step("date_difference", {"start": str(start), "end": str(end)}, gap)
    work.end(
        rng.choice((f"It is {gap['days']} days.", f"{gap['days']} days lie between them.", f"{gap['days']} days."))
    )
    return work


TERMS = (
    (
        "invoice",
        "issued",
        "payment_days",
        "days",
        ("When is the invoice in {f} due?", "Which date is payment of {f} due?"),
    ),
    (
        "warranty",
        "bought",
        "months",
        "months",
        ("Until when does the warranty in {f} run?", "When does the warranty of {f} end?"),
    ),
    (
        "order",
        "placed",
        "delivery_days",
        "days",
        ("When will the order in {f} arrive?", "Delivery date of the order in {f}?"),
    ),
    (
        "permit",
        "valid_from",
        "years",
        "years",
        ("When does the permit in {f} expire?", "Expiry date of the permit in {f}?"),
    ),
    (
        "sprint",
        "start",
        "weeks",
        "weeks",
        ("When does the sprint in {f} end?", "Which date is the end of the sprint in {f}?"),
    ),
    ("trial", "started", "trial_days", "days", ("When is the trial in {f} over?", "Last day of the trial in {f}?")),
)


def due(rng: random.Random) -> Work:
    """A date of a file and a span after it."""
    name, one, two, unit, said = rng.choice(TERMS)
    start, amount = times.draw_date(rng), rng.randint(1, 6) if unit in ("years", "weeks") else rng.randint(2, 60)
    content: Row = {"reference": kinds.draw("id:INV", rng).value, one: str(start), two: amount}
    path = file_at(name, "json", rng)
    work = Work(rng.choice(said).format(f=path) + rng.choice(("", "", " Give it as YYYY-MM-DD.", " (ISO date)")))
    work.read(path, json.dumps(content))
    target = tools.add_to_date(start, **{unit: amount})
    outcome = {"date": str(target), "weekday": times.WEEKDAYS[target.weekday()]}
    work.step("date_add", {"date": str(start), unit: amount}, outcome)
    work.end(rng.choice((f"It is {target}.", f"On {target}.", f"The date is {target}.")))
    return work


MEASURES = (
    ("distance_km", "km", ("m", "mi")),
    ("weight_kg", "kg", ("g", "lb")),
    ("length_cm", "cm", ("m", "in")),
    ("volume_l", "l", ("ml", "gal")),
    ("duration_min", "min", ("h", "s")),
    ("size_mb", "MB", ("GB", "KB")),
    ("speed_kmh", "km/h", ("mph", "m/s")),
    ("height_ft", "ft", ("m", "cm")),
    ("weight_lb", "lb", ("kg", "oz")),
    ("distance_mi", "mi", ("km", "m")),
)


def measured(rng: random.Random) -> Work:
    """A quantity of a file in another unit."""
    name, unit, others = rng.choice(MEASURES)
    other = rng.choice(others)
    value, label = kinds.draw("int:2-900", rng).value, rng.choice(tools.UNIT_NAMES[other])
    assert isinstance(value, int)
    content: Row = {
        rng.choice(("name", "route", "label")): kinds.draw(rng.choice(("city", "product", "word")), rng).value,
        name: value,
    }
    path = file_at(rng.choice(("route", "parcel", "item", "run", "file", "part")), "json", rng)
    noun = name.rpartition("_")[0]
    work = Work(
        rng.choice(
            (
                f"Convert the {noun} in {path} to {label}.",
                f"What is the {noun} in {path} in {label}?",
                f"{noun} of {path} in {label}",
                f"Read {path} and express its {noun} in {label}.",
                f"How many {label} is the {noun} in {path}?",
            )
        )
    )
    work.read(path, json.dumps(content, ensure_ascii=False))
    converted = tools.convert(value, unit, other)
    shown_value = number_text(converted)
    work.step(
        "convert_units", {"value": value, "from_unit": unit, "to_unit": label}, {"value": converted, "unit": label}
    )
    work.end(
        rng.choice(
            (f"The {noun} is {shown_value} {label}.", f"It is {shown_value} {label}.", f"{shown_value} {label}.")
        )
    )
    return work


LEVELS = ("ERROR", "WARNING", "INFO", "FAILED", "DENIED", "DEBUG", "TIMEOUT")
EVENTS = (
    "disk is full",
    "connection lost",
    "user logged in",
    "worker started",
    "job done",
    "retrying",
    "cache cleared",
)


def logged(rng: random.Random) -> Work:
    """The code or time in the first or last line of a log that has a word."""
    level = rng.choice(LEVELS)
    path = file_at(rng.choice(("server", "app", "system", "access", "worker")), "log", rng)
    hits, day = [], times.draw_date(rng)
    number = 0
    for _ in range(rng.randint(1, 4)):
        number += rng.randint(1, 30)
        clock, code = f"{rng.randrange(24):02}:{rng.randrange(60):02}", f"{rng.choice('EWXT')}{rng.randint(100, 9999)}"
        hits.append((number, f"{day} {clock} {level} {code} {rng.choice(EVENTS)}", clock, code))
    place, which = rng.choice(((0, "first"), (-1, "last")))
    wanted, part = rng.choice((("code", 3), ("time", 2)))
    found = str(hits[place][part])
    work = Work(
        rng.choice(
            (
                f"What is the {wanted} of the {which} {level} line in {path}?",
                f"Find the {which} {level} in {path} and tell me its {wanted}.",
                f"{path}: {wanted} of the {which} {level}?",
                f"Which {wanted} has the {which} line with {level} in {path}?",
            )
        )
    )
    matches = [f"{path}:{line}: {text}" for line, text, _, _ in hits]
    work.step("search_files", {"pattern": level, "path": path}, {"matches": matches, "num_files": 1})
    work.end(rng.choice((f"The {wanted} is {found}.", f"It is {found}.", f"The {which} {level} line has {found}.")))
    return work


RATES = (
    ("price", "price_{a}", "rate", "{a}_to_{b}", "How many {B} does the {i} in {f} cost at the rate in {g}?"),
    ("bill", "amount_{a}", "rates", "{a}_{b}", "Convert the amount in {f} to {B} with the rate in {g}."),
    ("quote", "total_{a}", "exchange", "{b}_per_{a}", "What is the quote in {f} worth in {B}, at the rate in {g}?"),
)
FACTORS = (
    ("usage", "kwh", "tariff", "price_per_kwh", "What does the usage in {f} cost at the tariff in {g}?"),
    ("hours", "hours", "rates", "hourly_rate", "How much pay is that for {f}, with the rate in {g}?"),
    ("order", "quantity", "prices", "unit_price", "Total of {f}, with the price in {g}?"),
)


def two_files(rng: random.Random) -> Work:
    """A number of one file times a number of another."""
    amount, rate = kinds.draw("int:2-90", rng).value, rng.choice((2, 3, 4, 5, 1.5, 2.5, 0.5, 12))
    name, key, other, factor, said = rng.choice(RATES + FACTORS)
    a, b = rng.sample(["EUR", "USD", "PLN", "GBP", "SEK", "CHF", "JPY"], 2)
    item = kinds.draw("product", rng).value
    key, factor = key.format(a=a.lower(), b=b.lower()), factor.format(a=a, b=b)
    one, two = file_at(name, "json", rng), file_at(other, "json", rng)
    work = Work(said.format(f=one, g=two, B=b, i=item))
    work.read(one, json.dumps({"item": item, key: amount} if rng.random() < 0.6 else {key: amount}, ensure_ascii=False))
    work.read(two, json.dumps({factor: rate}))
    value = number_text(work.calculate(f"{amount}*{number_text(rate)}"))
    work.end(rng.choice((f"It costs {value}.", f"That is {value}.", f"It is {value}.")))
    return work


def missing(rng: random.Random) -> Work:
    """A file that is not there."""
    path = file_at(rng.choice(TABLES).name, rng.choice(("json", "csv", "txt")), rng)
    work = Work(rng.choice((f"Read {path} to me.", f"What does {path} say?", f"Summarise {path}.", f"show me {path}")))
    work.step("read_file", {"path": path}, {"error": f"there is no '{path}' in the workspace"})
    work.end(rng.choice((f"There is no {path} in the workspace.", f"{path} does not exist.")))
    return work


MAKERS: tuple[tuple[float, Callable[[random.Random], Work]], ...] = (
    (5, lookup),
    (8, two_rows),
    (9, all_rows),
    (4, product),
    (3, span),
    (3, due),
    (3, measured),
    (4, logged),
    (4, two_files),
    (1, missing),
)
