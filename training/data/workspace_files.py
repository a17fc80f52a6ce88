"""Small files for tasks in a workspace: what they list, as JSON, CSV or plain lines, under paths of many kinds."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass

from training.data.values import kinds, words
from training.data.values.numbers import number_text

Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Table:
    """What a file lists: `key` names a row, `amounts` can be added."""

    name: str
    key: tuple[str, str]
    amounts: tuple[tuple[str, str], ...]
    others: tuple[tuple[str, str], ...] = ()


TABLES = (
    Table(
        "orders",
        ("customer", "first_name"),
        (("total", "int:5-900"), ("quantity", "int:1-40")),
        (("city", "city"),),
    ),
    Table(
        "invoices",
        ("client", "company"),
        (("amount", "money"),),
        (("due", "date_iso"), ("status", "pick:paid;open")),
    ),
    Table(
        "employees",
        ("name", "person"),
        (("salary", "int:24000-99000"), ("age", "int:20-64")),
        (("email", "email"), ("team", "pick:sales;finance;support")),
    ),
    Table(
        "expenses",
        ("item", "product"),
        (("cost", "money"),),
        (("date", "date_iso"), ("paid_by", "first_name")),
    ),
    Table(
        "cities",
        ("city", "city"),
        (("population", "int:2000-90000"), ("hotels", "int:2-90")),
        (("mayor", "person"),),
    ),
    Table(
        "scores",
        ("player", "first_name"),
        (("points", "int:1-99"), ("games", "int:1-30")),
        (("country", "country"),),
    ),
    Table(
        "stock",
        ("product", "product"),
        (("stock", "int:0-500"), ("price", "money")),
        (("sku", "id:SKU"), ("color", "color")),
    ),
    Table(
        "readings",
        ("sensor", "id:S"),
        (("value", "float:1-90"),),
        (("room", "pick:kitchen;hall;attic;cellar"), ("unit", "pick:C;percent")),
    ),
    Table(
        "marks",
        ("student", "first_name"),
        (("mark", "int:1-30"),),
        (("subject", "pick:maths;art;history;music"),),
    ),
    Table(
        "contacts",
        ("name", "person"),
        (("calls", "int:0-60"),),
        (("phone", "phone"), ("company", "company")),
    ),
    Table("tasks", ("owner", "first_name"), (("hours", "int:1-40"),), (("due", "date_iso"), ("title", "title"))),
    Table(
        "trips",
        ("destination", "city"),
        (("distance_km", "int:20-2400"), ("cost", "int:20-900")),
        (("driver", "first_name"),),
    ),
)


def shown(text: str) -> dict[str, object]:
    return {"text": text, "num_lines": len(text.splitlines())}


def file_at(name: str, ending: str, rng: random.Random) -> str:
    stem = rng.choice(
        (name, name, f"{name}_{rng.randint(2023, 2027)}", f"{words.any_word(rng)}", f"{name}-{words.any_word(rng)}")
    )
    return rng.choice(("", "", "", "data/", f"{words.any_word(rng)}/")) + f"{stem}.{ending}"


def rows_of(table: Table, count: int, rng: random.Random) -> list[Row]:
    """Rows with different keys, of the key, an amount or two and another field or two, always the same ones."""
    kept = [
        *rng.sample(table.amounts, rng.randint(1, len(table.amounts))),
        *rng.sample(table.others, rng.randint(0, len(table.others))),
    ]
    rows: dict[object, Row] = {}
    while len(rows) < count:
        key = kinds.draw(table.key[1], rng).value
        rows[key] = {table.key[0]: key, **{name: kinds.draw(kind, rng).value for name, kind in kept}}
    return list(rows.values())


def amounts_in(table: Table, rows: Sequence[Row]) -> list[str]:
    return [name for name, _ in table.amounts if name in rows[0]]


def written(table: Table, rows: Sequence[Row], rng: random.Random) -> tuple[str, str]:
    """A file's path and text: JSON, CSV or plain lines."""
    draw = rng.random()
    if draw < 0.55:
        whole = {table.name: rows} if rng.random() < 0.3 else list(rows)
        return file_at(table.name, "json", rng), json.dumps(
            whole, ensure_ascii=False, indent=2 if rng.random() < 0.2 else None
        )
    if draw < 0.85:
        out = io.StringIO()
        writer = csv.writer(out, delimiter=rng.choice((",", ",", ",", ";")), lineterminator="\n")
        writer.writerow(rows[0])
        writer.writerows(row.values() for row in rows)
        return file_at(table.name, "csv", rng), out.getvalue()
    lines = [", ".join(f"{name} {value}" for name, value in row.items()) for row in rows]
    return file_at(table.name, rng.choice(("txt", "md")), rng), "\n".join(f"- {line}" for line in lines) + "\n"


def value_text(value: object) -> str:
    return number_text(value) if isinstance(value, int | float) else str(value)


def said_name(name: str) -> str:
    return name.replace("_", " ")
