"""The file that a request names and that was not read yet."""

import json
from functools import partial
from typing import Any

import pytest

from tercet.backends.embedded.drafts.returned import leaves
from tercet.backends.embedded.files import next_file
from tercet.backends.embedded.hints import Offered
from tercet.backends.embedded.pages import Step
from tercet.backends.embedded.spoken import Known, Spoken

TEXT = {"type": "string"}


def described(name: str, *needed: str) -> bytes:
    parameters = {"type": "object", "properties": dict.fromkeys(needed, TEXT), "required": list(needed)}
    return json.dumps({"name": name, "description": "", "parameters": parameters}).encode()


NEEDS = {
    "read_file": ("path",),
    "move": ("source", "destination"),
    "write_file": ("path", "content"),
    "date_add": ("date",),
    "calculator": ("expression",),
}
OFFERED = Offered([described(name, *needed) for name, needed in NEEDS.items()])
TOOLS = {name: OFFERED.parameters(name) for name in NEEDS}
READ = Known("read_file", '{"path": "prices.json"}', is_call=True)


@pytest.mark.parametrize(
    ("text", "known", "likely", "file"),
    [
        ("What is the lamp's price? It's in prices.json.", (), {}, "prices.json"),
        ("Multiply prices.json by billing/rates.csv", (READ,), {"calculator": 0.9}, "billing/rates.csv"),
        ("What is the lamp's price? It's in prices.json.", (READ,), {}, None),
        ("Move the file prices.json to archive", (), {"move": 0.9}, None),
        ("Write a haiku to haiku.txt", (), {"write_file": 0.9}, None),
        ("What is new on example.com, version 2.18.4, e.g. for a@b.org?", (), {}, None),
        ("Which date is 3 days after that in invoice.json?", (), {"date_add": 0.9}, "invoice.json"),
        (
            "What is in price.json?",
            (
                Known("read_file", '{"path": "price.json"}', True),
                Known("read_file", '{"error": "no file; did you mean \'a/price.json\'?"}', False),
            ),
            {},
            "a/price.json",
        ),
    ],
)
def test_the_file_that_is_read_next(
    text: str, known: tuple[Known, ...], likely: dict[str, float], file: str | None
) -> None:
    wanted = Step("read_file", {"path": file}) if file else None
    assert next_file(Spoken(text, known=known), TOOLS, likely, partial(OFFERED.draft, Spoken(text))) == wanted


def test_without_a_tool_that_reads_nothing_is_read() -> None:
    assert (
        next_file(
            Spoken("What is in prices.json?"),
            {"calculator": TOOLS["calculator"]},
            {},
            lambda name: OFFERED.draft(Spoken(""), name),
        )
        is None
    )


@pytest.mark.parametrize(
    ("text", "result", "meant"),
    [
        ("What does the BX-17 cost?", {"unit_price": {"BX-11": 7.2, "BX-17": 0.94}}, [0.94]),
        ("When is Noor on duty?", {"staff": {"Noor": {"from": "8:00"}, "Piotr": {"from": "9:00"}}}, ["8:00"]),
        ("What does it cost?", {"Price": "3", "In stock": "4"}, []),
    ],
)
def test_an_object_under_whose_names_rows_stand_is_a_list_of_them(text: str, result: Any, meant: list[Any]) -> None:
    known = (Known("read_file", json.dumps(result), is_call=False),)
    assert [leaf.value for leaf in leaves(Spoken(text, known=known)) if leaf.standing > 0] == meant
