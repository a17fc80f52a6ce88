"""What is to be computed of results, and the tool that computes it."""

import json
from typing import Any

import pytest

from tercet.backends.embedded.hints import Offered
from tercet.backends.embedded.reckoning import expression, reckoner
from tercet.backends.embedded.spoken import Known, Spoken

ORDERS = [
    {"id": 1, "customer": "Ada", "total": 20},
    {"id": 2, "customer": "Ben", "total": 30},
    {"id": 3, "customer": "Cem", "total": 5},
]
MARKS = {"text": "name,mark\nAda,8\nBen,20\nCem,8\n", "num_lines": 4}
LINES = [{"item": "lamp", "unit_price": 4.5, "quantity": 2}, {"item": "mug", "unit_price": 3, "quantity": 4}]
PAGES = ({"text": "# Lamp\n\nPrice: €12.50\n"}, {"text": "# Chair\n\nPrice: €30.00\n"})


def asked(text: str, *results: Any) -> str:
    return expression(Spoken(text, known=tuple(Known("read", json.dumps(one), is_call=False) for one in results)))


@pytest.mark.parametrize(
    ("text", "results", "computed"),
    [
        ("How much did Ada and Cem spend together?", (ORDERS,), "20+5"),
        ("What is the total of all orders?", (ORDERS,), "20+30+5"),
        ("How much more did Ben spend than Ada?", (ORDERS,), "30-20"),
        ("What is the average mark?", (MARKS,), "(8+20+8)/3"),
        ("What does the whole order cost?", (LINES[0],), "4.5*2"),
        ("What does it cost in all?", (LINES,), "4.5*2+3*4"),
        ("What do the lamp and the chair cost together?", PAGES, "12.5+30"),
        ("What is Ada's total?", (ORDERS,), ""),
        ("Who spent most?", (ORDERS,), ""),
        ("What is the average mark?", ({"note": "none"},), ""),
        ("What is the total?", (), ""),
        (
            "What is Ben's average mark?",
            ([{"name": "Ada", "marks": [1, 2]}, {"name": "Ben", "marks": [4, 8]}],),
            "(4+8)/2",
        ),
        ("What is the total of the yes votes?", ({"East": {"yes": 4, "no": 2}, "West": {"yes": 3, "no": 5}},), "4+3"),
        ("How much is it?", ({"price": 20, "review_count": 350},), ""),
        ("How much is it a night?", ({"price": 20, "nights": 3},), ""),
        ("What do they cost in all?", ({"price": 20, "nights": 3},), "20*3"),
        ("Show me both orders in total detail", (ORDERS,), ""),
        ("Work out the total", (ORDERS,), "20+30+5"),
        ("What is the total?", ({"amount": 7}, {"amount": 7}), "7+7"),
        ("What is the total?", ([{"total": 10**400}, {"total": 1}],), f"{10**400}+1"),
    ],
)
def test_what_is_computed(text: str, results: tuple[Any, ...], computed: str) -> None:
    assert asked(text, *results) == computed


def test_the_tool_that_computes() -> None:
    def described(name: str, **properties: Any) -> bytes:
        parameters = {"type": "object", "properties": properties, "required": list(properties)}
        return json.dumps({"name": name, "description": "", "parameters": parameters}).encode()

    text = {"type": "string"}
    tools = [
        described("read_file", path=text),
        described("plot", formula=text, width=text),
        described("calc", expression=text),
    ]
    offered = Offered(tools)
    known = {name: offered.parameters(name) for name in ("read_file", "plot", "calc")}
    assert reckoner(known) == ("calc", "expression")
    assert reckoner({"read_file": known["read_file"], "plot": known["plot"]}) is None
