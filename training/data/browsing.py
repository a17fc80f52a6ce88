"""Sessions in a browser: open a site, find the right link, read its page, work on what it says, tell the result.

The tools are the product's own and the observations have their form; the sites exist only as what is observed.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from typing import cast

from tercet.sandbox import Sandbox
from tercet.tools.base import Tool
from tercet.tools.browser import Browser
from tercet.tools.browser_tools import browser_tools
from tercet.tools.workspace import workspace_tools
from training.data import builtin_tools as tools
from training.data.browsing_sites import MONEY, Page, Site, drawn_amount, price_text
from training.data.builtin import Task
from training.data.sample import Sample, Schema
from training.data.values.numbers import number_text
from training.data.workspace import dressed, opening
from training.data.workspace_files import Row, amounts_in, said_name

SCREENSHOT = "browser_screenshot"


def schemas_of(made: Iterable[Tool]) -> list[Schema]:
    """The product's tools as they are offered."""
    return [{"name": tool.name, "description": tool.description, "parameters": tool.parameters} for tool in made]


class Visit(Task):
    """A task on a site under construction."""

    def see(self, tool: str, page: Page, **arguments: object) -> None:
        self.step(tool, arguments, page.observed())

    def open(self, site: Site) -> None:
        self.see("browser_navigate", site.home(), url=site.style.base)

    def look_at(self, site: Site, row: Row) -> Page:
        """Follow the link of a row; its page."""
        page = site.page_of(row)
        self.see("browser_click", page, element=site.name(row))
        return page


def asks_field(site: Site, row: Row, wanted: str, rng: random.Random) -> str:
    """A request for one field of one row."""
    who, n, url = site.name(row), said_name(wanted), site.style.base
    if wanted == "price" and rng.random() < 0.6:
        return rng.choice(
            (
                f"Open {url} and tell me what the {who} costs.",
                f"What does the {who} cost at {url}?",
                f"How much is the {who} on {url}?",
                f"Price of {who} at {url}?",
                f"Go to {url} and find out the price of the {who}.",
            )
        )
    if wanted == "stock" and rng.random() < 0.7:
        return rng.choice(
            (
                f"How many of the {who} are in stock at {url}?",
                f"How many {who} are left in the shop at {url}?",
                f"Is the {who} in stock at {url}, and how many?",
                f"Look at {url}: how many {who} do they have?",
            )
        )
    return rng.choice(
        (
            f"What is the {n} of {who} on {url}?",
            f"Open {url} and tell me the {n} of {who}.",
            f"Look up {who} at {url}. Which {n} is given?",
            f"Find the {n} of {who} in {url}",
            f"{url} has a page about {who}; what is the {n} there?",
        )
    )


def lookup(site: Site, rng: random.Random) -> Visit:
    """One field of one page."""
    row = rng.choice(site.rows)
    wanted = rng.choice([name for name in row if name != site.table.key[0]])
    visit = Visit(asks_field(site, row, wanted, rng))
    visit.open(site)
    visit.look_at(site, row)
    value, n, who = site.shown(wanted, row[wanted]), said_name(wanted), site.name(row)
    if wanted in MONEY:
        said = (f"The {who} costs {value}.", f"It costs {value}.", f"The {n} of {who} is {value}.")
    elif wanted == "stock":
        said = (f"There are {value} in stock.", f"{value} are in stock.", f"{value} of the {who} are in stock.")
    else:
        said = (f"The {n} of {who} is {value}.", f"It is {value}.", f"{who}: {value}.")
    visit.end(rng.choice(said))
    return visit


def searched(site: Site, rng: random.Random) -> Visit:
    """One field of a page that a search finds."""
    if not site.style.has_search:
        return lookup(site, rng)
    row = rng.choice(site.rows)
    wanted = rng.choice([name for name in row if name != site.table.key[0]])
    who, value = site.name(row), site.shown(wanted, row[wanted])
    visit = Visit(f"Search {site.style.base} for {who} and tell me the {said_name(wanted)}.")
    visit.open(site)
    visit.see("browser_fill", site.home([row], who), element="Search", text=who, submit=True)
    visit.look_at(site, row)
    visit.end(rng.choice((f"The {said_name(wanted)} is {value}.", f"It is {value}.")))
    return visit


def two_pages(site: Site, rng: random.Random) -> Visit:
    """The sum of a number on two pages."""
    wanted = rng.choice(amounts_in(site.table, site.rows))
    one, two = rng.sample(site.rows, 2)
    a, b, n, url = site.name(one), site.name(two), said_name(wanted), site.style.base
    if wanted in MONEY:
        said = [
            f"What do the {a} and the {b} from {url} cost together?",
            f"How much are {a} and {b} together at {url}?",
            f"Open {url}: what would I pay for the {a} and the {b}?",
        ]
    else:
        said = [
            f"What is the {n} of {a} and {b} together, according to {url}?",
            f"Add the {n} of {a} and that of {b} on {url}.",
        ]
    visit = Visit(rng.choice(said))
    visit.open(site)
    visit.look_at(site, one)
    visit.see("browser_back", site.home())
    visit.look_at(site, two)
    first, second = (site.shown_number(wanted, row) for row in (one, two))
    value = tools.calculate(f"{first}+{second}")
    visit.step("calculator", {"expression": f"{first}+{second}"}, {"value": value})
    total = price_text(value) if wanted in MONEY else number_text(value)
    visit.end(rng.choice((f"Together {total}.", f"The total is {total}.", f"It is {total} in all.")))
    return visit


def bought(site: Site, rng: random.Random) -> Visit:
    """Some of one thing put into the basket."""
    if not site.is_shop:
        return lookup(site, rng)
    row, count = rng.choice(site.rows), drawn_amount(rng)
    who, url = site.name(row), site.style.base
    visit = Visit(
        rng.choice(
            (
                f"In the shop at {url}, put {count} of the {who} into the basket and tell me the basket's total.",
                f"Put {count} {who} into the basket at {url}. What is the total?",
                f"Add {count} of {who} to my basket on {url} and say what it comes to.",
                f"Order {count} x {who} at {url}; I want to know the total of the basket.",
            )
        )
    )
    visit.open(site)
    page = visit.look_at(site, row)
    site.filled(page, count)
    visit.see("browser_fill", page, element=site.quantity, text=str(count))
    site.bought[who] = count
    visit.see("browser_click", site.basket(), element=site.button)
    total = site.shown("price", count * float(str(row["price"])))
    visit.end(rng.choice((f"The total is {total}.", f"The basket comes to {total}.", f"It is {total}.")))
    return visit


MAKERS: tuple[tuple[float, Callable[[Site, random.Random], Visit]], ...] = (
    (10, lookup),
    (2, searched),
    (4, two_pages),
    (5, bought),
)


def generate(rng: random.Random) -> Iterator[Sample]:
    """Endless sessions of a task or two on one site."""
    makers, weights = [make for _, make in MAKERS], [weight for weight, _ in MAKERS]
    schemas = schemas_of(browser_tools(cast("Browser", None)))  # none of them is run
    beside = schemas_of(workspace_tools(cast("Sandbox", None)))  # a hosted session has them unless told otherwise
    while True:
        site = Site(rng)
        messages = opening(rng, 0.8, 0.6)
        visits = (rng.choices(makers, weights)[0](site, rng) for _ in range(rng.choice((1, 1, 1, 2))))
        messages += dressed(visits, rng)
        offered = [tool for tool in schemas if tool["name"] != SCREENSHOT or rng.random() < 0.3]
        offered += rng.sample(beside, rng.choice((0, 0, 1, 2, len(beside))))
        offered.insert(rng.choice((0, len(offered))), tools.CALCULATOR)
        yield Sample(tuple(messages), tuple(offered), None, "browsing")
