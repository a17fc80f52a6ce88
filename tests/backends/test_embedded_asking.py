"""What is asked back for, and what is looked up instead: a request that lacks what its tool needs."""

import json
from typing import Any

import pytest

from tercet.backends.embedded.asking import question
from tercet.backends.embedded.drafts.parameters import parameters
from tercet.backends.embedded.held import Held, held
from tercet.backends.embedded.hints import Offered
from tercet.items import Message, ModelRequest, TextPart, ToolChoice, ToolDefinition

TRANSFER = ToolDefinition(
    "pay_transfer",
    "Transfer money from your account to another one.",
    {
        "type": "object",
        "properties": {"iban": {"type": "string"}, "amount": {"type": "number"}},
        "required": ["iban", "amount"],
    },
)
READ = ToolDefinition(
    "read_file",
    "Read a text file of the workspace.",
    {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]},
)
CONVERT = ToolDefinition(
    "convert_units",
    "Convert a value from one unit to another.",
    {
        "type": "object",
        "properties": {
            "value": {"type": "number"},
            "from_unit": {"type": "string"},
            "to_unit": {"type": "string"},
        },
        "required": ["value", "from_unit", "to_unit"],
    },
)


def answer(text: str, *tools: ToolDefinition, **fields: Any) -> Held:
    described = [{"name": t.name, "description": t.description, "parameters": t.parameters} for t in tools]
    request = ModelRequest((Message("user", (TextPart(text),)),), tools=tools, **fields)
    return held(request, Offered([json.dumps(each).encode() for each in described]))


def asked(**fields: dict[str, Any]) -> str:
    schema = {"type": "object", "properties": fields, "required": list(fields)}
    return question(parameters(json.dumps({"name": "f", "description": "", "parameters": schema}).encode()))


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({"accountId": {"type": "string"}}, "What is the account ID?"),
        ({"weight_kg": {"type": "number"}}, "What is the weight in kg?"),
        ({"guests": {"type": "integer"}}, "How many guests?"),
        ({"num_rooms": {"type": "integer"}}, "How many rooms?"),
        ({"cabin": {"type": "string", "enum": ["economy", "first_class"]}}, "Which cabin: economy or first class?"),
        ({"gift_wrap": {"type": "boolean"}}, "Gift wrap: yes or no?"),
        ({"date": {"type": "string"}, "time": {"type": "string"}}, "What are the date and the time?"),
    ],
)
def test_a_question_names_what_is_missing(fields: dict[str, dict[str, Any]], wanted: str) -> None:
    assert asked(**fields) == wanted


def test_a_question_asks_for_a_few_things_at_most() -> None:
    assert asked(**{f"thing_{letter}": {"type": "string"} for letter in "abcdefg"}).count(" the ") == 3


def test_what_a_call_needs_and_nobody_said_is_asked_for() -> None:
    found = answer("Transfer €600 to my landlord.", TRANSFER)
    assert [each.name for each in found.missing] == ["iban"]
    assert found.request.tools == ()


def test_an_answer_in_words_is_the_question_for_what_a_likely_tool_lacks() -> None:
    fields = {name: {"type": "number", "description": "cm"} for name in ("width", "depth", "height")}
    schema = {"type": "object", "properties": fields, "required": list(fields)}
    volume = ToolDefinition("box_volume", "Volume of a rectangular box.", schema)
    found = answer("what's the volume of a box that is 40 cm wide and 25 cm deep?", volume)
    assert [each.name for each in found.missing or found.asked] == ["height"]
    assert answer("a box of width 40, depth 25 and height 3: what's its volume?", volume).asked == ()


def test_nothing_is_asked_where_all_is_said_or_a_call_must_be_made() -> None:
    assert answer("Transfer €600 to DE89 3704 0044 0532 0130 00.", TRANSFER).missing == ()
    assert answer("Transfer €600 to my landlord.", TRANSFER, tool_choice=ToolChoice("required")).missing == ()


def test_what_a_file_may_say_is_read_and_not_asked_for() -> None:
    found = answer("Convert the distance in route.json to metres.", READ, CONVERT)
    assert found.missing == ()
    assert found.request.tool_choice == ToolChoice("required", ("read_file",))


def test_one_call_is_made_where_several_are_not_asked_for() -> None:
    assert not answer("Transfer €600 to DE89 3704 0044 0532 0130 00.", TRANSFER).request.parallel_tool_calls
