"""The tasks, made by seed: what is asked, which files there are, and the facts that a right answer tells.

Every number is drawn, so that nothing can be known by heart; facts are computed here, never by a model.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from evals.agents.shop import Shop, price_text

NUM_FILE_TASKS, NUM_SHOP_TASKS = 40, 24

PEOPLE = ("Amara", "Björn", "Chen", "Dolores", "Emeka", "Fatima", "Goran", "Hina", "Ivana", "Jamal")
CITIES = ("Lisbon", "Osaka", "Nairobi", "Bergen", "Lima", "Tbilisi", "Hanoi", "Porto")
GOODS = ("lamp", "kettle", "backpack", "tent", "notebook", "drill", "mug", "scarf")


@dataclass(frozen=True, slots=True)
class Task:
    """One task. `facts` are texts that the answer must contain; digits count with or without separators."""

    id: str
    kind: str
    text: str
    facts: tuple[str, ...]
    num_steps: int
    """Tool calls that a good run takes."""
    files: dict[str, str] = field(default_factory=dict)
    """Contents by file name."""
    needs_browser: bool = False

    def is_solved_by(self, answer: str) -> bool:
        said = answer.lower().replace(",", "").replace("\u202f", "").replace("*", "")
        return all(fact.lower().replace(",", "") in said for fact in self.facts)


def file_tasks(seed: int = 0) -> Iterator[Task]:
    """Return the tasks on files."""
    rng = random.Random(seed)
    for number in range(NUM_FILE_TASKS):
        make = FILE_KINDS[number % len(FILE_KINDS)]
        text, files, facts, steps = make(rng)
        yield Task(f"file-{number:02}", make.__name__.removeprefix("_"), text, facts, steps, files)


def shop_tasks(shop: Shop, url: str, seed: int = 0) -> Iterator[Task]:
    """Return the tasks on the shop at `url`."""
    rng = random.Random(seed)
    for number in range(NUM_SHOP_TASKS):
        make = SHOP_KINDS[number % len(SHOP_KINDS)]
        text, facts, steps = make(rng, shop, url)
        name = make.__name__.removeprefix("_")
        yield Task(f"shop-{number:02}", name, text, facts, steps, needs_browser=True)


Made = tuple[str, dict[str, str], tuple[str, ...], int]


def _sum_of_two(rng: random.Random) -> Made:
    orders = {name: rng.randint(20, 900) for name in rng.sample(PEOPLE, 5)}
    one, two = rng.sample(sorted(orders), 2)
    content = json.dumps([{"customer": name, "total": total} for name, total in orders.items()])
    text = f"orders.json lists orders. How much did {one} and {two} spend together?"
    return text, {"orders.json": content}, (str(orders[one] + orders[two]),), 2


def _product(rng: random.Random) -> Made:
    price, count, item = rng.randint(3, 90), rng.randint(2, 40), rng.choice(GOODS)
    content = json.dumps({"item": item, "unit_price": price, "quantity": count})
    text = f"What does the whole order in order.json cost? It has {item}s."
    return text, {"order.json": content}, (str(price * count),), 2


def _days_between(rng: random.Random) -> Made:
    first = date(2026, 1, 1) + timedelta(days=rng.randint(0, 200))
    second = first + timedelta(days=rng.randint(5, 120))
    content = json.dumps({"trip": rng.choice(CITIES), "departure": str(first), "return": str(second)})
    text = "How many days lie between departure and return of the trip in trip.json?"
    return text, {"trip.json": content}, (str((second - first).days),), 2


def _due_date(rng: random.Random) -> Made:
    start, terms = date(2026, 3, 1) + timedelta(days=rng.randint(0, 150)), rng.choice((14, 21, 30, 45))
    content = json.dumps({"invoice": f"INV-{rng.randint(100, 999)}", "issued": str(start), "payment_days": terms})
    text = "Which date is payment of the invoice in invoice.json due? Give it as YYYY-MM-DD."
    return text, {"invoice.json": content}, (str(start + timedelta(days=terms)),), 2


def _conversion(rng: random.Random) -> Made:
    kilometres, city = rng.randint(3, 60) * 10, rng.choice(CITIES)
    content = json.dumps({"route": f"to {city}", "distance_km": kilometres})
    text = "Convert the distance in route.json to metres."
    return text, {"route.json": content}, (str(kilometres * 1000),), 2


def _line_in_log(rng: random.Random) -> Made:
    codes = [f"E{rng.randint(1000, 9999)}" for _ in range(3)]
    lines = [f"2026-05-0{day} INFO started worker {day}" for day in range(1, 7)]
    for code in codes:
        lines.insert(rng.randrange(len(lines)), f"2026-05-09 ERROR {code} disk is full")
    facts = (next(line for line in lines if "ERROR" in line).split()[2],)
    return "What is the code of the first ERROR line in server.log?", {"server.log": "\n".join(lines)}, facts, 2


def _average(rng: random.Random) -> Made:
    marks = [rng.randint(1, 20) * 2 for _ in range(4)]
    marks[3] += -sum(marks) % 4
    rows = "\n".join(f"{name},{mark}" for name, mark in zip(PEOPLE, marks, strict=False))
    text = "What is the average mark in marks.csv?"
    return text, {"marks.csv": f"name,mark\n{rows}\n"}, (f"{sum(marks) / 4:g}",), 2


def _two_files(rng: random.Random) -> Made:
    item, price, rate = rng.choice(GOODS), rng.randint(10, 80), rng.choice((2, 3, 4))
    files = {
        "price.json": json.dumps({"item": item, "price_eur": price}),
        "rates.json": json.dumps({"EUR_to_PLN": rate}),
    }
    text = f"How many PLN does the {item} in price.json cost at the rate in rates.json?"
    return text, files, (str(price * rate),), 3


FILE_KINDS: tuple[Callable[[random.Random], Made], ...] = (
    _sum_of_two,
    _product,
    _days_between,
    _due_date,
    _conversion,
    _line_in_log,
    _average,
    _two_files,
)

Asked = tuple[str, tuple[str, ...], int]


def _price_of(rng: random.Random, shop: Shop, url: str) -> Asked:
    product = rng.choice(shop.products)
    return f"Open {url} and tell me what the {product.name} costs.", (price_text(product.cents),), 2


def _stock_of(rng: random.Random, shop: Shop, url: str) -> Asked:
    product = rng.choice(shop.products)
    return f"How many of the {product.name} are in stock in the shop at {url}?", (str(product.stock),), 2


def _sum_of_prices(rng: random.Random, shop: Shop, url: str) -> Asked:
    one, two = rng.sample(shop.products, 2)
    total = price_text(one.cents + two.cents)
    return f"What do the {one.name} and the {two.name} from {url} cost together?", (total,), 4


def _in_the_basket(rng: random.Random, shop: Shop, url: str) -> Asked:
    product, count = rng.choice(shop.products), rng.randint(2, 5)
    text = f"In the shop at {url}, put {count} of the {product.name} into the basket and tell me the basket's total."
    return text, (price_text(product.cents * count),), 4


SHOP_KINDS: tuple[Callable[[random.Random, Shop, str], Asked], ...] = (
    _price_of,
    _stock_of,
    _sum_of_prices,
    _in_the_basket,
)
