"""Small websites that exist only as what a browser observes of them: a list of things, a page for each, a basket.

Observations have the form of the product's browser tools: numbered elements and the page's text as Markdown.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from tercet.tools.browser_elements import Element
from training.data.values import kinds, words
from training.data.values.numbers import number_text
from training.data.workspace_files import TABLES, Row, Table, rows_of, said_name, value_text

SHOP = Table("products", ("product", "product"), (("price", "money"), ("stock", "int:1-99")), (("color", "color"),))
KINDS = (SHOP, SHOP, SHOP, *TABLES)
SIGNS = ("€{}", "${}", "{} €", "£{}", "{} EUR", "{}")
MONEY = frozenset(("price", "total", "amount", "cost"))
NAMED = {"stock": ("In stock", "Stock", "Available"), "price": ("Price", "Price", "Costs", "Unit price")}


def price_text(value: float) -> str:
    """A price with two decimals, as pages show it."""
    return f"{value:.2f}"


@dataclass(frozen=True, slots=True)
class Style:
    """How a site is made: the same on all of its pages."""

    base: str
    folder: str
    sign: str
    has_search: bool
    layout: str
    nav: tuple[str, ...]

    @classmethod
    def drawn(cls, rng: random.Random) -> Style:
        port = rng.choice(("", f":{rng.randint(1024, 65_000)}"))
        host = rng.choice(("127.0.0.1", "127.0.0.1", "localhost", f"{words.any_word(rng).lower()}.example"))
        end = rng.choice(("com", "org", "net", "shop"))
        base = rng.choice((f"http://{host}{port}/", f"https://www.{words.any_word(rng).lower()}.{end}/"))
        return cls(
            base,
            rng.choice(("product", "item", "p", "items", "view", words.any_word(rng).lower())),
            rng.choice(SIGNS),
            rng.random() < 0.5,
            rng.choice(("lines", "lines", "lines", "table", "sentence")),
            tuple(rng.sample(("Home", "Catalogue", "About", "Contact", "Help"), rng.randint(1, 2))),
        )


@dataclass
class Page:
    """A page while it is written: what can be clicked and what can be read."""

    url: str
    title: str
    elements: list[Element] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)

    def link(self, name: str, href: str) -> str:
        """Add a link; what the text shows of it."""
        self.elements.append(Element("link", name, href=href))
        return name

    def number(self, name: str) -> int:
        """The number of the first element that is called so."""
        return next(n for n, element in enumerate(self.elements, 1) if element.name == name)

    def observed(self) -> dict[str, object]:
        lines = [element.line(number) for number, element in enumerate(self.elements, 1)]
        return {"url": self.url, "title": self.title, "elements": lines, "text": "\n\n".join(self.parts)}


class Site:
    """A list of rows of one table, as pages. The basket is one visitor's."""

    def __init__(self, rng: random.Random) -> None:
        self.table = rng.choice(KINDS)
        self.style = Style.drawn(rng)
        self.rows = rows_of(self.table, rng.choice((2, 3, 4, 5, 6, 8, 11)), rng)
        self.labels = {name: rng.choice(NAMED.get(name, (said_name(name).capitalize(),))) for name in self.rows[0]}
        self.quantity, self.button = (
            rng.choice(("Quantity", "Amount", "How many", "Qty")),
            rng.choice(("Add to basket", "Add to cart", "Buy", "Put into basket")),
        )
        self.heading = rng.choice((self.table.name.capitalize(), "Catalogue", f"Our {self.table.name}", "Overview"))
        self.starts_at = rng.choice((1, 1, rng.randint(2, 400)))
        self.bought: dict[str, int] = {}

    @property
    def is_shop(self) -> bool:
        return self.table is SHOP and "price" in self.rows[0]

    def path_of(self, row: Row) -> str:
        """Where a row's page lies, below the base."""
        return f"{self.style.folder}/{self.starts_at + self.rows.index(row)}"

    def name(self, row: Row) -> str:
        return str(row[self.table.key[0]])

    def shown(self, name: str, value: object) -> str:
        """A field's value as pages show it."""
        if isinstance(value, int | float) and name in MONEY:
            return self.style.sign.format(price_text(value))
        return value_text(value)

    def shown_number(self, name: str, row: Row) -> str:
        """A field's number as pages show it, without its currency."""
        value = row[name]
        assert isinstance(value, int | float)
        return price_text(value) if name in MONEY else number_text(value)

    def home(self, rows: Sequence[Row] | None = None, query: str = "") -> Page:
        """The list, or what a search has found."""
        page = Page(self.style.base + (f"?q={query}" if query else ""), self.heading, parts=[f"# {self.heading}"])
        if self.style.has_search:
            page.elements += [Element("textbox", "Search", value=query), Element("button", "Search")]
            page.parts.append("Search")
        links = [
            f"* {page.link(self.name(row), f'/{self.path_of(row)}')}" for row in (self.rows if rows is None else rows)
        ]
        page.parts.append("\n".join(links))
        return self.with_nav(page)

    def page_of(self, row: Row) -> Page:
        """One thing's own page, with a form where it can be bought."""
        page = Page(self.style.base + self.path_of(row), self.name(row), parts=[f"# {self.name(row)}"])
        told = [
            (self.labels[name], self.shown(name, value)) for name, value in row.items() if name != self.table.key[0]
        ]
        if self.style.layout == "table":
            page.parts.append("\n".join(["|  |  |", "| --- | --- |", *(f"| {a} | {b} |" for a, b in told)]))
        elif self.style.layout == "sentence":
            page.parts.append(" ".join(f"{a} is {b}." for a, b in told))
        else:
            page.parts += [f"{a}: {b}" for a, b in told]
        if self.is_shop:
            page.elements += [Element("textbox", self.quantity, value="1"), Element("button", self.button)]
            page.parts.append(f"{self.quantity} {self.button}")
        return self.with_nav(page)

    def filled(self, page: Page, count: int) -> None:
        """Set the quantity of a thing's page."""
        place = page.number(self.quantity) - 1
        page.elements[place] = Element("textbox", self.quantity, value=str(count))

    def basket(self) -> Page:
        """What was bought, and its total."""
        page = Page(f"{self.style.base}basket", "Basket", parts=["# Basket"])
        prices = {self.name(row): float(str(row["price"])) for row in self.rows}
        lines = [f"* {n} × {name}: {self.shown('price', n * prices[name])}" for name, n in self.bought.items()]
        page.parts.append("\n".join(lines))
        page.parts.append(f"Total: {self.shown('price', sum(n * prices[name] for name, n in self.bought.items()))}")
        return self.with_nav(page)

    def with_nav(self, page: Page) -> Page:
        names = (*self.style.nav, "Basket") if self.is_shop else self.style.nav
        page.parts.append(
            " ".join(page.link(name, "/" if n == 0 else f"/{name.lower()}") for n, name in enumerate(names))
        )
        return page


def drawn_amount(rng: random.Random) -> int:
    value = kinds.draw("int:2-12", rng).value
    assert isinstance(value, int)
    return value
