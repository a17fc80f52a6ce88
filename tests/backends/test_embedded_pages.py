"""The page that a request means next, of those that the pages which were shown lead to."""

import json
from typing import Any

import pytest

from tercet.backends.embedded.hints import Offered
from tercet.backends.embedded.pages import Step, next_step
from tercet.backends.embedded.spoken import Known, Spoken

TEXT = {"type": "string"}


def described(name: str, *needed: str) -> bytes:
    parameters = {"type": "object", "properties": dict.fromkeys(needed, TEXT), "required": list(needed)}
    return json.dumps({"name": name, "description": "", "parameters": parameters}).encode()


OFFERED = Offered(
    [
        described("browser_navigate", "url"),
        described("browser_click", "element"),
        described("browser_fill", "element", "text"),
        described("calc", "expression"),
    ]
)
TOOLS = {name: OFFERED.parameters(name) for name in ("browser_navigate", "browser_click", "browser_fill", "calc")}
SHOP = "http://shop.example/"
FRONT = ["[1] textbox 'Search' value ''", "[2] button 'Search'", "[3] link 'Velvet Lamp' to /product/1"]
FRONT += [
    "[4] link 'Bamboo Chair' to /product/2",
    "[5] link 'Bamboo Lamp' to /product/3",
    "[6] link 'Basket' to /basket",
]
LAMP = ["[1] button 'Add to basket'", "[2] link 'Front' to /"]


def shown(url: str, elements: list[str]) -> Known:
    return Known("browser_navigate", json.dumps({"url": url, "elements": elements, "text": "# Page"}), is_call=False)


@pytest.mark.parametrize(
    ("text", "pages", "step"),
    [
        ("What does the Velvet Lamp cost?", [(SHOP, FRONT)], Step("browser_click", {"element": "Velvet Lamp"})),
        ("Are there velvet lamps?", [(SHOP, FRONT)], Step("browser_click", {"element": "Velvet Lamp"})),
        (
            "What do the Velvet Lamp and the Bamboo Chair cost together?",
            [(SHOP, FRONT), (SHOP + "product/1", LAMP)],
            Step("browser_navigate", {"url": SHOP + "product/2"}),
        ),
        ("What does the Velvet Lamp cost?", [(SHOP, FRONT), (SHOP + "product/1", LAMP)], None),
        (
            "Put the Velvet Lamp into the basket.",
            [(SHOP, FRONT), (SHOP + "product/1", LAMP)],
            Step("browser_click", {"element": "Add to basket"}),
        ),
        ("Is the Velvet Lamp in my basket?", [(SHOP, FRONT), (SHOP + "product/1", LAMP)], None),
        ("What does the Oak Clock cost?", [(SHOP, FRONT)], None),
        ("What does the Velvet Lamp cost?", [], None),
    ],
)
def test_the_page_that_is_meant(text: str, pages: list[tuple[str, list[str]]], step: Step | None) -> None:
    assert next_step(Spoken(text, known=tuple(shown(*page) for page in pages)), TOOLS) == step


@pytest.mark.parametrize("result", ["no page", "[1, 2]", '{"elements": "none"}', '{"url": 3, "elements": [7, null]}'])
def test_other_results_lead_nowhere(result: str) -> None:
    known: tuple[Any, ...] = (Known("find", result, is_call=False),)
    assert next_step(Spoken("What does the Velvet Lamp cost?", known=known), TOOLS) is None


def test_without_a_tool_to_follow_it_nothing_is_followed() -> None:
    known = (shown(SHOP, FRONT),)
    assert next_step(Spoken("What does the Velvet Lamp cost?", known=known), {"calc": TOOLS["calc"]}) is None


def test_fields_are_filled_before_a_button_is_pressed_and_nothing_is_done_twice() -> None:
    form = ["[1] textbox 'Quantity' value '1'", *LAMP]
    text, page = "Put 3 of the Velvet Lamp into the basket.", SHOP + "product/1"
    fill = Step("browser_fill", {"element": "Quantity", "text": "3"})
    press = Step("browser_click", {"element": "Add to basket"})
    known: tuple[Known, ...] = (shown(page, form),)
    assert next_step(Spoken(text, known=known), TOOLS) == fill
    known += (
        Known(fill.tool, json.dumps(fill.arguments), is_call=True),
        shown(page, ["[1] textbox 'Quantity' value '3'", *LAMP]),
    )
    assert next_step(Spoken(text, known=known), TOOLS) == press
    known += (Known(press.tool, json.dumps(press.arguments), is_call=True), shown(page, form))
    assert next_step(Spoken(text, known=known), TOOLS) is None


def test_a_link_that_led_elsewhere_is_not_followed_again() -> None:
    known = (shown(SHOP, FRONT), Known("browser_click", '{"element": "Velvet Lamp"}', is_call=True), shown(SHOP, FRONT))
    assert next_step(Spoken("What does the Velvet Lamp cost?", known=known), TOOLS) is None
