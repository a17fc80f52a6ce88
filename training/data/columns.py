"""Many questions about one table: fields, sums of two rows, whole columns read from top to bottom, means, neighbours.

The table is the result of reading a file, or stands in the first message. Dense practice in going down a column and
along a row, with numbers that mean nothing; workspace.py shows the same in whole tasks.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from training.data import builtin_tools as tools
from training.data.language import noise
from training.data.sample import Message, Sample, assistant, user
from training.data.values.numbers import number_text
from training.data.workspace import READ_FILE
from training.data.workspace_files import TABLES, Row, Table, amounts_in, rows_of, said_name, value_text, written
from training.data.workspace_tasks import Work


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table that is asked about."""

    table: Table
    rows: Sequence[Row]

    def key(self, row: Row) -> str:
        return str(row[self.table.key[0]])

    def text(self, row: Row, name: str) -> str:
        return value_text(row[name])

    def column(self, name: str) -> list[str]:
        return [self.text(row, name) for row in self.rows]


def worked(said: str, expression: str, rng: random.Random) -> list[Message]:
    """A question that a calculation answers."""
    work = Work(said)
    value = number_text(work.calculate(expression))
    work.end(rng.choice(("It is {v}.", "{v}", "That is {v}.", "The result is {v}.")).format(v=value))
    return work.messages


def field(sheet: Sheet, rng: random.Random) -> list[Message]:
    row = rng.choice(sheet.rows)
    name = rng.choice([name for name in row if name != sheet.table.key[0]])
    n, who, value = said_name(name), sheet.key(row), sheet.text(row, name)
    said = rng.choice(("{n} of {w}?", "What is the {n} of {w}?", "And {w}'s {n}?", "Which {n} has {w}?", "{w}: {n}?"))
    told = rng.choice(("{v}", "It is {v}.", "The {n} of {w} is {v}.", "{w} has {v}."))
    return [user(said.format(n=n, w=who)), assistant(told.format(n=n, w=who, v=value))]


def two(sheet: Sheet, rng: random.Random) -> list[Message]:
    name = rng.choice(amounts_in(sheet.table, sheet.rows))
    one, other = rng.sample(sheet.rows, 2)
    n, a, b = said_name(name), sheet.key(one), sheet.key(other)
    sign, forms = rng.choice(
        (
            ("+", ("{n} of {a} and {b} together?", "Add the {n} of {a} and {b}.", "{a} plus {b}, how much {n}?")),
            ("+", ("What {n} do {a} and {b} make in all?", "Sum of {n} for {a} and {b}?", "{a} and {b}: total {n}?")),
            ("-", ("{n} of {a} minus that of {b}?", "How far is the {n} of {a} above that of {b}?")),
            ("*", ("{n} of {a} times that of {b}?", "Multiply the {n} of {a} and {b}.")),
        )
    )
    said = rng.choice(forms).format(n=n, a=a, b=b)
    return worked(said, f"{sheet.text(one, name)}{sign}{sheet.text(other, name)}", rng)


def total(sheet: Sheet, rng: random.Random) -> list[Message]:
    name = rng.choice(amounts_in(sheet.table, sheet.rows))
    forms = ("Total {n}?", "Add up all {n}.", "What is the sum of the {n} column?", "How much {n} is that in all?")
    return worked(rng.choice(forms).format(n=said_name(name)), "+".join(sheet.column(name)), rng)


def mean(sheet: Sheet, rng: random.Random) -> list[Message]:
    name = rng.choice(amounts_in(sheet.table, sheet.rows))
    forms = ("Average {n}?", "What is the mean {n}?", "And on average, how much {n}?", "The mean of the {n} column?")
    expression = f"({'+'.join(sheet.column(name))})/{len(sheet.rows)}"
    return worked(rng.choice(forms).format(n=said_name(name)), expression, rng)


def listing(sheet: Sheet, rng: random.Random) -> list[Message]:
    name = rng.choice(list(sheet.rows[0]))
    forms = ("List the {n} column.", "Which values of {n} are there, from top to bottom?", "All {n}, in order.")
    return [user(rng.choice(forms).format(n=said_name(name))), assistant(", ".join(sheet.column(name)))]


def neighbour(sheet: Sheet, rng: random.Random) -> list[Message]:
    at = rng.randrange(len(sheet.rows) - 1)
    name = rng.choice(list(sheet.rows[0]))
    above, below = sheet.rows[at], sheet.rows[at + 1]
    side, row, other = rng.choice((("after", above, below), ("before", below, above)))
    said = rng.choice(("Which {n} stands {s} that of {k}?", "{n} in the row {s} {k}?"))
    return [user(said.format(n=said_name(name), s=side, k=sheet.key(row))), assistant(sheet.text(other, name))]


def size(sheet: Sheet, rng: random.Random) -> list[Message]:
    name = sheet.table.name
    said = rng.choice((f"How many {name} are listed?", f"Number of {name}?", f"Count the {name}."))
    return [user(said), assistant(str(len(sheet.rows)))]


ASKS: tuple[tuple[float, Callable[[Sheet, random.Random], list[Message]]], ...] = (
    (4, field),
    (6, two),
    (4, total),
    (5, mean),
    (2, listing),
    (2, neighbour),
    (1, size),
)


def given(sheet: Sheet, rng: random.Random) -> tuple[list[Message], bool]:
    """How the table comes into the conversation, and whether a file was read for it."""
    path, text = written(sheet.table, list(sheet.rows), rng)
    if rng.random() < 0.25:
        told = rng.choice(("Here is {n}:\n{t}", "{n}\n\n{t}", "Take this:\n{t}")).format(n=sheet.table.name, t=text)
        return [user(told), assistant(rng.choice(("What would you like to know?", "I have it.")))], False
    said = rng.choice(("Read {p}.", "Open {p}", "I have questions about {p}.", "Look into {p}", "{p}, please read it"))
    work = Work(said.format(p=path))
    work.read(path, text)
    work.end(rng.choice(("I have read {p}.", "Done.", "It lists {n}.")).format(p=path, n=sheet.table.name))
    return work.messages, True


def generate(rng: random.Random) -> Iterator[Sample]:
    """Endless conversations of five to nine questions about one table."""
    makers, weights = [make for _, make in ASKS], [weight for weight, _ in ASKS]
    while True:
        table = rng.choice(TABLES)
        sheet = Sheet(table, rows_of(table, rng.choice((2, 3, 4, 4, 5, 6, 8)), rng))
        messages, is_read = given(sheet, rng)
        for make in rng.choices(makers, weights, k=rng.randint(5, 9)):
            question, *rest = make(sheet, rng)
            said = noise.dress(str(question["content"]), rng, 0.15).replace(noise.GUARD, "")
            messages += [user(said[0].upper() + said[1:] if rng.random() < 0.7 else said), *rest]
        offered = [tools.CALCULATOR, *((READ_FILE,) if is_read else ())]
        if rng.random() < 0.3:
            offered += [tools.CONVERT_UNITS, tools.DATE_ADD][: rng.randint(1, 2)]
        yield Sample(tuple(messages), tuple(offered), None, "columns")
