"""A small shop for agents' browsers: a catalogue, product pages, a search, a basket. Plain HTML, no scripts."""

from __future__ import annotations

import html
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

ADJECTIVES = ("Copper", "Linen", "Oak", "Granite", "Velvet", "Bamboo", "Silver", "Amber")
NOUNS = ("Lamp", "Kettle", "Chair", "Blanket", "Clock", "Vase")


@dataclass(frozen=True, slots=True)
class Product:
    """One thing to buy."""

    id: int
    name: str
    cents: int
    stock: int


def price_text(cents: int) -> str:
    """Return a price as the pages show it, without the currency."""
    return f"{cents / 100:.2f}"


class Shop:
    """The shop's goods, drawn by seed, and its pages. The basket is one visitor's."""

    def __init__(self, seed: int = 0) -> None:
        rng = random.Random(seed)
        names = rng.sample([f"{adjective} {noun}" for adjective in ADJECTIVES for noun in NOUNS], 12)
        self.products = [
            Product(number, name, rng.randint(500, 25_000), rng.randint(1, 99)) for number, name in enumerate(names, 1)
        ]
        self.basket: dict[int, int] = {}

    @asynccontextmanager
    async def served(self, port: int = 0) -> AsyncIterator[str]:
        """Serve the shop on a loopback port, a free one for 0, for as long as the context lasts; gives its URL."""
        app = web.Application()
        app.add_routes(
            [
                web.get("/", self._catalogue),
                web.get("/product/{id}", self._product),
                web.get("/basket", self._basket_page),
                web.post("/basket", self._put),
            ]
        )
        runner = web.AppRunner(app)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", port)
            await site.start()
            host, port = runner.addresses[0][:2]
            yield f"http://{host}:{port}/"
        finally:
            await runner.cleanup()

    async def _catalogue(self, request: web.Request) -> web.Response:
        wanted = request.query.get("q", "")
        found = [product for product in self.products if wanted.lower() in product.name.lower()]
        links = "".join(f'<li><a href="/product/{product.id}">{product.name}</a></li>' for product in found)
        search = (
            f'<form><input name="q" aria-label="Search" value="{html.escape(wanted)}"><button>Search</button></form>'
        )
        return _page("Catalogue", f"{search}<ul>{links or '<li>Nothing found.</li>'}</ul>")

    async def _product(self, request: web.Request) -> web.Response:
        product = next((one for one in self.products if str(one.id) == request.match_info["id"]), None)
        if product is None:
            raise web.HTTPNotFound(text="There is no such product.")
        form = (
            '<form method="post" action="/basket">'
            f'<input type="hidden" name="id" value="{product.id}">'
            '<label>Quantity <input name="quantity" value="1"></label><button>Add to basket</button></form>'
        )
        told = f"<p>Price: €{price_text(product.cents)}</p><p>In stock: {product.stock}</p>{form}"
        return _page(product.name, told)

    async def _put(self, request: web.Request) -> web.Response:
        given = await request.post()
        number, quantity = int(str(given["id"])), max(0, int(str(given["quantity"])))
        self.basket[number] = self.basket.get(number, 0) + quantity
        raise web.HTTPSeeOther("/basket")

    async def _basket_page(self, request: web.Request) -> web.Response:
        goods = {product.id: product for product in self.products}
        rows = "".join(
            f"<li>{count} × {goods[number].name}: €{price_text(goods[number].cents * count)}</li>"
            for number, count in self.basket.items()
        )
        total = sum(goods[number].cents * count for number, count in self.basket.items())
        return _page("Basket", f"<ul>{rows}</ul><p>Total: €{price_text(total)}</p>")


def _page(title: str, body: str) -> web.Response:
    text = (
        f'<!doctype html><html lang="en"><title>{title}</title><h1>{title}</h1>{body}'
        '<p><a href="/">Catalogue</a> <a href="/basket">Basket</a></p></html>'
    )
    return web.Response(text=text, content_type="text/html")
