"""Texts that are read into a schema: what the grammar leaves the model to write, and what the shipped tiers answer."""

import json
from typing import Any

import pytest

from tercet.backends.embedded.drafts.parameters import parameters
from tercet.backends.embedded.held import held
from tercet.backends.embedded.reading import read_out, source
from tercet.backends.embedded.spoken import Known, Spoken
from tercet.backends.embedded.wording.durations import converted, durations_in, unit_of
from tercet.backends.embedded.wording.times import times_in
from tercet.items import Message, ModelRequest, OutputFormat, TextPart
from tercet.schema import instance_violation

TEXT: dict[str, str] = {"type": "string"}
COUNT: dict[str, str] = {"type": "integer"}


def of(**fields: Any) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def rows(**fields: Any) -> dict[str, Any]:
    return {"type": "array", "items": of(**fields)}


INVOICE = "Invoice no: HV-20418\nSupplier: Lumen Supplies\nIssued: 2024-11-05\nTotal: 1,475.60 EUR"


def settled(schema: dict[str, Any], text: str, *known: Known) -> dict[str, Any]:
    """What the fields of the schema are held to; None where they are left to the model."""
    made = read_out("answer", schema, Spoken(text, known=known))
    told = {name: part.get("enum", [None])[0] for name, part in made["properties"].items()}
    return {name: value for name, value in told.items() if value is not None}


def test_the_lines_of_an_invoice_fill_the_fields_that_they_name() -> None:
    schema = of(invoice_no=TEXT, supplier=TEXT, issued={**TEXT, "format": "date"}, total={"type": "number"})
    assert settled(schema, INVOICE) == {
        "invoice_no": "HV-20418",
        "supplier": "Lumen Supplies",
        "issued": "2024-11-05",
        "total": 1475.6,
    }


def test_a_sentence_fills_fields_with_whole_names() -> None:
    text = "Anna Kovacs works as a botanist in Lisbon. You can write to her at anna.k@flora.example."
    found = settled(of(name=TEXT, city=TEXT, email=TEXT), text)
    assert found == {"name": "Anna Kovacs", "city": "Lisbon", "email": "anna.k@flora.example"}


def test_objects_of_a_list_are_told_apart() -> None:
    schema = of(table=COUNT, items=rows(name=TEXT, quantity=COUNT))
    made = read_out("order", schema, Spoken("Table 7 wants 3 lemonades, 1 goulash and 2 pancakes."))
    (first, second, third) = made["properties"]["items"]["prefixItems"]
    assert [row["properties"]["quantity"] for row in (first, second, third)] == [
        {"enum": [3]},
        {"enum": [1]},
        {"enum": [2]},
    ]
    assert made["properties"]["items"]["minItems"] == made["properties"]["items"]["maxItems"] == 3


def test_what_is_allowed_is_an_instance_of_the_schema() -> None:
    schema = of(code={**TEXT, "pattern": "^[0-9]+$"}, supplier=TEXT)
    made = read_out("answer", schema, Spoken("Code: HV-20418\nSupplier: Hartmann"))
    assert made["properties"]["code"] == schema["properties"]["code"], "no draft satisfies the pattern"
    assert instance_violation(schema, {"code": "1", "supplier": made["properties"]["supplier"]["enum"][0]}) is None


def test_references_within_a_schema_are_followed() -> None:
    inner = of(email=TEXT, city=TEXT)
    schema = {**of(contact={"$ref": "#/$defs/Contact"}), "$defs": {"Contact": inner}}
    made = read_out("answer", schema, Spoken("Mail to ann@lake.example, who lives in Lisbon"))
    contact = made["properties"]["contact"]["properties"]
    assert contact["email"] == {"enum": ["ann@lake.example"]}
    assert contact["city"] == {"enum": ["Lisbon"]}


def test_a_reference_to_itself_ends() -> None:
    node = {"type": "object", "properties": {"name": TEXT, "next": {"$ref": "#/$defs/Node"}}}
    schema = {**of(node={"$ref": "#/$defs/Node"}), "$defs": {"Node": node}}
    encoded = json.dumps({"name": "x", "description": "", "parameters": schema}).encode()
    assert len(parameters(encoded)) < 12
    assert read_out("x", schema, Spoken("Ann and Bob"))["properties"]


def test_fields_that_are_called_alike_are_told_apart_by_what_they_stand_in() -> None:
    schema = of(sender=of(name=TEXT), recipient=of(name=TEXT))
    encoded = json.dumps({"name": "x", "description": "", "parameters": schema}).encode()
    assert [each.name for each in parameters(encoded)] == ["sender.name", "recipient.name"]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Extract the order.\n\nTwo teas for Ann", "Two teas for Ann"),
        ("Two teas for Ann\n\nReturn the order as JSON.", "Two teas for Ann"),
        ("Parse this note:\nTwo teas for Ann, one cake for Bob", "Two teas for Ann, one cake for Bob"),
        ("Two teas for Ann", "Two teas for Ann"),
        ("Extract the order.", "Extract the order."),
    ],
)
def test_what_says_what_to_do_is_no_part_of_what_is_read(text: str, left: str) -> None:
    assert source(text) == left


def test_a_tools_result_fills_the_answer_too() -> None:
    result = Known("get_order", '{"order": {"tracking_code": "6A1830", "carrier": "Colissimo"}}', is_call=False)
    found = settled(of(tracking_code=TEXT, carrier=TEXT), "Where is my parcel?", result)
    assert found == {"tracking_code": "6A1830", "carrier": "Colissimo"}


def test_only_the_beginning_of_a_long_text_is_read() -> None:
    text = f"{INVOICE}\n{'More of the same, on 4 May 2025 at 7 pm. ' * 50_000}\nCity: Lisbon"
    found = settled(of(invoice_no=TEXT, city=TEXT), text)
    assert found["invoice_no"] == "HV-20418"
    assert found.get("city") != "Lisbon"


def test_only_answers_in_a_schema_are_read() -> None:
    request = ModelRequest((Message("user", (TextPart(INVOICE),)),))
    assert held(request, None).request == request
    form = OutputFormat("json_schema", "invoice", of(invoice_no=TEXT))
    narrow = held(ModelRequest(request.items, output_format=form), None).request.output_format
    assert narrow.schema is not None
    assert narrow.schema["properties"]["invoice_no"] == {"enum": ["HV-20418"]}


@pytest.mark.parametrize(
    ("text", "clocks"),
    [
        ("at 7 am and at half past six in the evening", ["07:00", "18:30"]),
        ("a quarter to nine", ["08:45"]),
        ("from 13:15 to 3 p.m.", ["13:15", "15:00"]),
        ("at noon", ["12:00"]),
        ("12 am", ["00:00"]),
        ("version 3.8.1 for two, 31:99", []),
    ],
)
def test_times_of_day(text: str, clocks: list[str]) -> None:
    assert [each.clock for each in sorted(times_in(text), key=lambda each: each.start)] == clocks


@pytest.mark.parametrize(
    ("text", "unit", "number"),
    [
        ("mute it for an hour and a half", "minute", 90),
        ("the link dies after two hours", "second", 7200),
        ("for a week", "day", 7),
        ("over five years", "month", 60),
        ("half an hour", "minute", 30),
        ("within a fortnight", "day", 14),
    ],
)
def test_lengths_of_time(text: str, unit: str, number: float) -> None:
    (found,) = durations_in(text)
    assert converted(found.number, found.unit, unit) == number


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("an hour and twenty minutes", [(1, "hour"), (20, "minute"), (80, "minute")]),
        ("32 km in an hour and twenty, drizzly", [(1, "hour"), (80, "minute")]),
        ("2 days, 3 hours", [(2, "day"), (3, "hour"), (51, "hour")]),
        ("for 2 hours and 5 people", [(2, "hour")]),
        ("for 3 days and 2 weeks", [(2, "week"), (3, "day")]),
    ],
)
def test_two_lengths_of_time_may_be_one(text: str, found: list[tuple[float, str]]) -> None:
    assert sorted((each.number, each.unit) for each in durations_in(text)) == found


def test_what_cannot_be_converted_is_not() -> None:
    assert converted(1, "month", "hour") is None
    assert unit_of("mins") == "minute"
    assert unit_of("apples") == ""
