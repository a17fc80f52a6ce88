"""Tasks for the product's built-in tools: single calls and chains of two or three, with true results and answers.

It draws numbers, dates and small files; the evaluators are `training.data.builtin_tools`.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterator, Mapping

from training.data import builtin_arithmetic as arithmetic
from training.data import builtin_files as files
from training.data import builtin_tools as tools
from training.data.language import noise, phrases
from training.data.sample import Call, Message, Sample, assistant, calls, result, system, user
from training.data.values import numbers, times, words
from training.data.values.numbers import number_text


class Task:
    """A conversation under construction; `say` and `step` append to it."""

    def __init__(self, request: str, listed: tuple[str, ...] = ()) -> None:
        self.listed = listed
        self.messages: list[Message] = []
        if listed:
            self.messages.append(system("Files: " + ", ".join(listed)))
        self.messages.append(user(request))

    def step(self, name: str, arguments: Mapping[str, object], outcome: object) -> None:
        self.messages += [calls(Call(name, arguments)), result(outcome)]

    def end(self, text: str) -> None:
        self.messages.append(assistant(text))


def polite(text: str, rng: random.Random) -> str:
    return noise.dress(text, rng, 0.7)


def calculation(rng: random.Random) -> Task:
    said, expression = arithmetic.problem(rng)
    value = tools.calculate(expression)
    task = Task(polite(said, rng))
    task.step("calculator", {"expression": expression}, {"value": value})
    task.end(
        rng.choice(
            ("The result is {v}.", "The answer is {v}.", "That is {v}.", "It is {v}.", "That makes {v}.")
        ).format(v=number_text(value))
    )
    return task


def two_calculations(rng: random.Random) -> Task:
    first, second = arithmetic.problem(rng), arithmetic.problem(rng)
    task = Task(
        rng.choice(("{a} And {b}", "Two things. {a} {b}", "{a} Also: {b}")).format(
            a=noise.end_sentence(first[0]), b=second[0]
        )
    )
    values = [tools.calculate(first[1]), tools.calculate(second[1])]
    task.messages.append(calls(*(Call("calculator", {"expression": e}) for _, e in (first, second))))
    task.messages += [result({"value": value}) for value in values]
    task.end(
        rng.choice(("The results are {a} and {b}.", "The answers are {a} and {b}.")).format(
            a=number_text(values[0]), b=number_text(values[1])
        )
    )
    return task


NOW_SAYS = (
    "what time is it?", "What's the date today?", "which weekday is it today?", "Tell me the current time.",
    "today's date please", "What day is it?", "current time", "Do you know what time it is now?",
    "Give me today's date and the weekday.",
)  # fmt: skip
ZONED_SAYS = (
    "what time is it in {z}?", "current time in {z}", "What's the date in timezone {z} right now?",
    "Tell me the time in {z}.", "time now, {z}",
)  # fmt: skip


ZONE_CITIES = [
    "Asia/Tokyo", "Europe/Paris", "Europe/Berlin", "Europe/London", "Europe/Madrid", "Europe/Rome", "Europe/Lisbon",
    "Europe/Athens", "Europe/Vienna", "Europe/Warsaw", "Europe/Stockholm", "Europe/Helsinki", "Europe/Istanbul",
    "Africa/Cairo", "Africa/Lagos", "Africa/Nairobi", "Africa/Johannesburg", "Asia/Dubai", "Asia/Kolkata",
    "Asia/Bangkok", "Asia/Singapore", "Asia/Hong_Kong", "Asia/Shanghai", "Asia/Seoul", "Asia/Jakarta", "Asia/Manila",
    "Australia/Sydney", "Australia/Melbourne", "Pacific/Auckland", "America/New_York", "America/Chicago",
    "America/Denver", "America/Los_Angeles", "America/Toronto", "America/Vancouver", "America/Mexico_City",
    "America/Bogota", "America/Lima", "America/Santiago", "America/Sao_Paulo",
]  # fmt: skip


def moment(rng: random.Random) -> dt.datetime:
    return dt.datetime.combine(
        dt.date(2024, 1, 1) + dt.timedelta(days=rng.randrange(1800)),
        dt.time(rng.randrange(24), rng.randrange(60), rng.randrange(60)),
    )


def clock(rng: random.Random) -> Task:
    from training.data.values.things import COMMON_TIMEZONES

    now = moment(rng)
    weekday = times.WEEKDAYS[now.weekday()]
    zone = rng.choice(COMMON_TIMEZONES if rng.random() < 0.35 else ZONE_CITIES) if rng.random() < 0.6 else ""
    named = zone if "/" in zone and rng.random() < 0.5 else zone.rpartition("/")[2].replace("_", " ")
    said = rng.choice(ZONED_SAYS).format(z=named) if zone else rng.choice(NOW_SAYS)
    task = Task(polite(said, rng))
    task.step(
        "current_time",
        {"timezone": named} if zone else {},
        {"datetime": now.isoformat(), "weekday": weekday, "timezone": zone or rng.choice(("UTC", "CET", "EST"))},
    )
    if "time" in said.lower().replace("timezone", ""):
        task.end(f"It is {now:%H:%M} on {weekday}, {now:%Y-%m-%d}.")
    else:
        task.end(rng.choice(("Today is {w}, {d}.", "It is {w}, {d}.")).format(w=weekday, d=f"{now:%Y-%m-%d}"))
    return task


SPANS = ("days", "weeks", "months", "years")
ADD_SAYS = (
    "What date is {n} after {d}?", "{n} after {d}", "Add {n} to {d}.", "which day falls {n} after {d}?",
    "Which date do I get when I add {n} to {d}?", "When is the date {n} past {d}?",
    "A contract starts on {d} and runs for {n}. When does it end?",
    "my trial began {d} and lasts {n}, when is it over?", "Starting from {d}, go forward {n}.",
    "If I order on {d} and delivery takes {n}, when does it arrive?", "due date: {n} from {d}",
)  # fmt: skip
SUB_SAYS = (
    "What date was {n} before {d}?", "{n} before {d}", "Subtract {n} from {d}.",
    "which day was {n} earlier than {d}?", "Go back {n} from {d}.",
    "The exam is on {d} and I want to start studying {n} earlier. When is that?",
    "Remind me what the date is {n} prior to {d}.",
)  # fmt: skip
TODAY_ADD = (
    "What date is it in {n}?", "which date is {n} from now?", "{n} from today", "What's the date {n} from today?",
    "When is it {n} from now?", "add {n} to today",
)  # fmt: skip
TODAY_SUB = ("What was the date {n} ago?", "which day was it {n} ago?", "date {n} ago", "{n} before today")


def span_text(amounts: Mapping[str, int], rng: random.Random) -> str:
    parts = []
    for unit, count in amounts.items():
        shown = numbers.in_words(count) if count <= 12 and rng.random() < 0.35 else str(count)
        parts.append(f"{shown} {unit if count != 1 else unit[:-1]}")
    return " and ".join(parts)


def draw_span(rng: random.Random) -> dict[str, int]:
    units = rng.sample(SPANS, 2 if rng.random() < 0.18 else 1)
    limits = {"days": 120, "weeks": 20, "months": 18, "years": 12}
    amounts = {unit: rng.randint(1, limits[unit]) for unit in units}
    return {unit: amounts[unit] for unit in ("years", "months", "weeks", "days") if unit in amounts}


def date_shift(rng: random.Random) -> Task:
    amounts = draw_span(rng)
    back = rng.random() < 0.35
    from_today = rng.random() < 0.35
    day = moment(rng).date() if from_today else times.draw_date(rng)
    table = (TODAY_SUB if back else TODAY_ADD) if from_today else (SUB_SAYS if back else ADD_SAYS)
    said = rng.choice(table).format(n=span_text(amounts, rng), d=times.full_date_text(rng, day))
    signed = {unit: -count if back else count for unit, count in amounts.items()}
    target = tools.add_to_date(day, **signed)
    weekday = times.WEEKDAYS[target.weekday()]
    task = Task(polite(said, rng))
    task.step(
        "date_add",
        {"date": "today" if from_today else day.isoformat(), **signed},
        {"date": target.isoformat(), "weekday": weekday},
    )
    task.end(
        rng.choice(("That is {w}, {d}.", "It is {d}, a {w}.", "The date is {d} ({w}).")).format(
            w=weekday, d=target.isoformat()
        )
    )
    return task


BETWEEN_SAYS = (
    "How many days are there between {a} and {b}?", "days from {a} to {b}", "How long is it from {a} until {b}?",
    "Count the days between {a} and {b}.", "number of days between {a} and {b}",
    "I was away from {a} to {b}. How many days is that?",
    "If I start on {a} and finish on {b}, how many days does it take?", "what's the gap in days between {a} and {b}",
    "The project ran from {a} to {b}; how many days?",
)  # fmt: skip
WEEKS_SAYS = (
    "How many weeks are there between {a} and {b}?", "weeks from {a} to {b}",
    "The course goes from {a} to {b}. How many weeks is that?",
)  # fmt: skip
UNTIL_SAYS = (
    "How many days until {b}?", "days left until {b}", "How long do I have until {b}?",
    "countdown to {b} in days please",
)  # fmt: skip


def date_gap(rng: random.Random) -> Task:
    start = times.draw_date(rng)
    end = start + dt.timedelta(days=rng.randint(3, 900))
    gap = tools.difference(start, end)
    draw = rng.random()
    table = UNTIL_SAYS if draw < 0.25 else WEEKS_SAYS if draw < 0.4 else BETWEEN_SAYS
    said = rng.choice(table).format(a=times.full_date_text(rng, start), b=times.full_date_text(rng, end))
    task = Task(polite(said, rng))
    task.step("date_difference", {"start": "today" if draw < 0.25 else start.isoformat(), "end": end.isoformat()}, gap)
    if table is WEEKS_SAYS:
        task.end(f"It is {gap['weeks']} weeks.")
    else:
        task.end(
            rng.choice(
                ("It is {n} days.", "There are {n} days between them.", "{n} days.")
                if draw >= 0.25
                else ("It is {n} days.", "{n} days.")
            ).format(n=gap["days"])
        )
    return task


CONVERT_SAYS = (
    "convert {v} {a} to {b}", "How many {b} are {v} {a}?", "What is {v} {a} in {b}?", "{v} {a} in {b}",
    "Express {v} {a} in {b}.", "{v} {a} to {b} please", "I have {v} {a}, how much is that in {b}?",
    "Change {v} {a} into {b}.", "Could you turn {v} {a} into {b}?", "the recipe says {v} {a}; what is that in {b}?",
)  # fmt: skip


def draw_units(rng: random.Random) -> tuple[str, str]:
    if rng.random() < 0.18:
        a, b = rng.sample(["C", "F", "C", "F", "K"], 2)
        return (a, b) if a != b else ("C", "F")
    sizes = rng.choice(list(tools.SIZES.values()))
    a, b = rng.sample(list(sizes), 2)
    return a, b


def conversion(rng: random.Random) -> Task:
    a, b = draw_units(rng)
    value = numbers.draw_float(rng, 1, 500)
    name_a, name_b = rng.choice(tools.UNIT_NAMES[a]), rng.choice(tools.UNIT_NAMES[b])
    converted = tools.convert(value, a, b)
    task = Task(polite(rng.choice(CONVERT_SAYS).format(v=number_text(value), a=name_a, b=name_b), rng))
    shown, unit = number_text(converted), name_b
    task.step(
        "convert_units", {"value": value, "from_unit": name_a, "to_unit": name_b}, {"value": converted, "unit": unit}
    )
    task.end(
        rng.choice(
            (f"{number_text(value)} {name_a} is {shown} {unit}.", f"That is {shown} {unit}.", f"It is {shown} {unit}.")
        )
    )
    return task


RATE_SAYS = (
    "I rent a room from {a} to {b} at {r} a day. What do I pay?",
    "Parking costs {r} per day. How much is it from {a} until {b}?",
    "from {a} to {b} I need a car for {r} a day, total price?",
    "A worker earns {r} per day. What does she earn between {a} and {b}?",
    "How much is a stay from {a} to {b} at {r} per night?",
    "A machine rents for {r} a day. Bill me for {a} to {b}.",
)
EXPIRY_SAYS = (
    "A warranty of {n} started on {d}. When does it end and how many days are left from today?",
    "My visa was issued on {d} and is valid for {n}; when does it expire, and how many days from today is that?",
    "Take {d}, add {n}, then count the days from today to that date.",
)


def gap_then_calculate(rng: random.Random) -> Task:
    """Days between two dates, then a cost per day."""
    start = times.draw_date(rng)
    end = start + dt.timedelta(days=rng.randint(2, 60))
    gap = tools.difference(start, end)
    rate = rng.choice([8, 12, 15, 25, 40, 59.5, 75, 99, 120, 12.5])
    said = rng.choice(RATE_SAYS).format(
        a=times.full_date_text(rng, start), b=times.full_date_text(rng, end), r=number_text(rate)
    )
    task = Task(polite(said, rng))
    task.step("date_difference", {"start": start.isoformat(), "end": end.isoformat()}, gap)
    expression = f"{gap['days']}*{number_text(rate)}"
    value = tools.calculate(expression)
    task.step("calculator", {"expression": expression}, {"value": value})
    task.end(
        rng.choice(
            (
                f"{gap['days']} days at {number_text(rate)} make {number_text(value)}.",
                f"The total is {number_text(value)}.",
            )
        )
    )
    return task


def gap_then_convert(rng: random.Random) -> Task:
    start = times.draw_date(rng)
    end = start + dt.timedelta(days=rng.randint(2, 400))
    gap = tools.difference(start, end)
    unit = rng.choice(("hours", "minutes"))
    forms = (
        "How many {u} are there between {a} and {b}?",
        "{u} from {a} to {b}",
        "Express the time from {a} to {b} in {u}.",
        "From {a} until {b}: how many {u} is that?",
    )
    task = Task(
        polite(
            rng.choice(forms).format(u=unit, a=times.full_date_text(rng, start), b=times.full_date_text(rng, end)), rng
        )
    )
    task.step("date_difference", {"start": start.isoformat(), "end": end.isoformat()}, gap)
    value = int(str(gap["days"])) * (24 if unit == "hours" else 1440)
    task.step(
        "convert_units", {"value": gap["days"], "from_unit": "days", "to_unit": unit}, {"value": value, "unit": unit}
    )
    task.end(f"It is {value} {unit}.")
    return task


def now_then_gap(rng: random.Random) -> Task:
    """Shifts a date, then counts to it."""
    day = times.draw_date(rng)
    amounts = draw_span(rng)
    target = tools.add_to_date(day, **amounts)
    said = rng.choice(EXPIRY_SAYS).format(n=span_text(amounts, rng), d=times.full_date_text(rng, day))
    task = Task(said)
    task.step(
        "date_add",
        {"date": day.isoformat(), **amounts},
        {"date": target.isoformat(), "weekday": times.WEEKDAYS[target.weekday()]},
    )
    gap = tools.difference(target - dt.timedelta(days=rng.randint(2, 300)), target)
    task.step("date_difference", {"start": "today", "end": target.isoformat()}, gap)
    task.end(f"It is {target.isoformat()}, {gap['days']} days from today.")
    return task


def unserved(rng: random.Random) -> Task:
    """Nothing fits, or plain talk."""
    from training.data.compose import fill_words

    if rng.random() < 0.35:
        said, reply = rng.choice(phrases.SMALL_TALK)
    else:
        said, reply = fill_words(rng.choice((*phrases.OUT_OF_SCOPE, *UNSERVED)), rng), rng.choice(phrases.REFUSALS)
    task = Task(said)
    task.end(reply)
    return task


UNSERVED = (
    "Book a table at {restaurant} for {weekday}.", "What's the weather in {city}?", "Send an email to {person}.",
    "Play {song} by {artist}.", "Translate 'good morning' to {language}.", "Order me a {food}.",
    "Find a flight from {city} to {city}.", "Set an alarm for {time}.", "What is the stock price of {company}?",
    "Call {person}.", "Turn off the lights.", "Delete my account.", "Post {hashtag} on my profile.",
    "Who is {person}?", "Create an invoice for {company}.", "Search the web for {query}.",
    "Show me pictures of {landmark}.", "Pay {person} {money}.",
)  # fmt: skip


def failed(rng: random.Random) -> Task:
    """A tool's error, reported."""
    draw = rng.random()
    if draw < 0.4:
        name, wanted = (
            rng.choice(("notes.txt", "orders.txt", "log.txt", f"{words.any_word(rng)}.txt")),
            words.any_word(rng),
        )
        listed = tuple(f"{words.any_word(rng)}.{rng.choice(('txt', 'json'))}" for _ in range(rng.choice((1, 2))))
        task = Task(f"Find the lines with {wanted} in {name}.", listed)
        task.step(
            "search_text",
            {"file": name, "query": wanted},
            {"error": f"there is no file '{name}'; the files are: {', '.join(listed)}"},
        )
        task.end(f"There is no file '{name}'; the files are: {', '.join(listed)}.")
    elif draw < 0.7:
        number = rng.randint(2, 900)
        task = Task(rng.choice((f"What is {number} divided by 0?", f"{number}/0", f"Divide {number} by zero.")))
        task.step("calculator", {"expression": f"{number}/0"}, {"error": f"'{number}/0' divides by zero"})
        task.end(f"That can't be calculated: '{number}/0' divides by zero.")
    else:
        value = rng.randint(2, 90)
        unit, kind = rng.choice((("kilograms", "mass"), ("miles", "length"), ("liters", "volume")))
        other, other_kind = rng.choice((("hours", "time"), ("celsius", "temperature"), ("joules", "energy")))
        task = Task(f"Convert {value} {unit} to {other}.")
        task.step(
            "convert_units",
            {"value": value, "from_unit": unit, "to_unit": other},
            {"error": f"'{unit}' measures {kind} and '{other}' measures {other_kind}"},
        )
        task.end(f"That can't be converted: {unit} measures {kind} and {other} measures {other_kind}.")
    return task


KINDS: tuple[tuple[float, Callable[[random.Random], Task]], ...] = (
    (24, calculation), (4, two_calculations), (5, clock), (13, date_shift), (10, date_gap), (13, conversion),
    (3, gap_then_calculate), (3, gap_then_convert), (2, now_then_gap), (7, unserved), (3, failed),
)  # fmt: skip


def file_task(rng: random.Random) -> Task:
    made = files.draw(rng)
    task = Task(polite(made.request, rng), made.listed)
    for name, arguments, outcome in made.steps:
        task.step(name, arguments, outcome)
    task.end(made.reply)
    return task


def offered(task: Task, rng: random.Random) -> tuple[dict[str, object], ...]:
    """What the product offers; now and then only the tools needed and a few more."""
    chosen = list(tools.offered(task.listed))
    if rng.random() < 0.15:
        used = {str(c["name"]) for m in task.messages for c in m.get("tool_calls", [])}  # type: ignore[attr-defined]
        chosen = [t for t in chosen if t["name"] in used or rng.random() < 0.4] or chosen
    if rng.random() < 0.3:
        rng.shuffle(chosen)
    return tuple(chosen)


def generate(rng: random.Random) -> Iterator[Sample]:
    """Endless tasks."""
    makers = [(weight, make) for weight, make in KINDS] + [(30.0, file_task)]
    weights = [weight for weight, _ in makers]
    while True:
        make = rng.choices(makers, weights)[0][1]
        task = make(rng)
        task.messages = [
            user(str(m["content"]).replace(noise.GUARD, "")) if m["role"] == "user" else m for m in task.messages
        ]
        yield Sample(tuple(task.messages), offered(task, rng), None, f"builtin/{make.__name__}")
