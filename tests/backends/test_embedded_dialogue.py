"""What is said over several messages: later words stand, and questions tell what their answers are for."""

import json
from typing import Any

import pytest

from tercet.backends.embedded.conversation import transcript
from tercet.backends.embedded.drafts import assignment
from tercet.backends.embedded.drafts.parameters import parameters
from tercet.backends.embedded.drafts.requests import read
from tercet.backends.embedded.held import held
from tercet.backends.embedded.hints import Offered
from tercet.backends.embedded.spoken import Speaker, Spoken, spoken
from tercet.items import Message, ModelRequest, TextPart, ToolChoice, ToolDefinition

COUNT = {"type": "string", "enum": ["1", "2", "3", "4"]}


def tool(name: str, required: list[str], **properties: Any) -> bytes:
    schema = {"type": "object", "properties": properties, "required": required}
    return json.dumps({"name": name, "description": name.replace("_", " "), "parameters": schema}).encode()


TABLE = tool(
    "reserve_table", ["restaurant", "time", "people"],
    restaurant={"type": "string"}, time={"type": "string"}, people={**COUNT, "description": "Number of people"},
)  # fmt: skip
FLAT = tool(
    "find_apartment", ["area", "number_of_bedrooms"],
    area={"type": "string", "description": "The city"}, number_of_bedrooms=COUNT, number_of_bathrooms=COUNT,
    pets_allowed={"type": "string", "enum": ["True", "False"]},
)  # fmt: skip
FLIGHT = tool(
    "search_flights", ["origin_city", "destination_city", "departure_date"],
    origin_city={"type": "string"}, destination_city={"type": "string"}, departure_date={"type": "string"},
    passengers=COUNT,
)  # fmt: skip


def dialogue(*said: str) -> Spoken:
    """The last request of a dialogue that the user begins."""
    speakers: tuple[Speaker, Speaker] = ("user", "assistant")
    return spoken((speakers[place % 2], text) for place, text in enumerate(said))[-1]


def likeliest(described: bytes, said: Spoken) -> dict[str, Any]:
    found = assignment.fields(read(said), parameters(described))
    best = {field.name: max(field.values, key=lambda value: value.chance) for field in found}
    return {name: value.value for name, value in best.items() if value.chance >= 0.3}


def test_numbers_in_words_are_choices_where_they_stand() -> None:
    said = Spoken("Find me a three bedroom apartment with two bathrooms in Leeds that allows pets")
    assert likeliest(FLAT, said) == {
        "area": "Leeds", "number_of_bedrooms": "3", "number_of_bathrooms": "2", "pets_allowed": "True"
    }  # fmt: skip


def test_a_unit_goes_where_its_neighbours_say() -> None:
    units = {"type": "string", "enum": ["miles", "kilometers", "meters"]}
    convert = tool("convert_unit", ["value"], value={"type": "number"}, from_unit=units, to_unit=units)
    assert likeliest(convert, Spoken("Convert 26 miles to kilometers")) == {
        "value": 26, "from_unit": "miles", "to_unit": "kilometers"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "people"), [("No, make it four people", "4"), ("Yes please", "2"), ("Yes, that is correct.", "2")]
)
def test_what_is_said_later_stands(answer: str, people: str) -> None:
    asked = "So a table for 2 people at Zuma at 8 pm. Is that correct?"
    found = likeliest(TABLE, dialogue("Reserve a table at Zuma for two people at 8 pm", asked, answer))
    assert found == {"restaurant": "Zuma", "time": "8 pm", "people": people}


def test_a_correction_is_no_second_request() -> None:
    said = dialogue(
        "Find an apartment in Leeds with 2 bedrooms", "In Leeds, is that right?", "No, look in York instead"
    )
    assert Offered([FLAT, TABLE]).plan(said) == []
    found = likeliest(FLAT, said)
    assert (found["area"], found["number_of_bedrooms"]) == ("York", "2")


def test_a_question_says_what_its_answer_is_for() -> None:
    said = dialogue("I need a flight to Lima", "What is the departure city?", "Oslo", "On which date?", "May 3rd")
    found = likeliest(FLIGHT, said)
    assert found == {"origin_city": "Oslo", "destination_city": "Lima", "departure_date": "May 3rd"}


def test_one_way_counts_nobody() -> None:
    assert "passengers" not in likeliest(FLIGHT, Spoken("I need a one way flight from Oslo to Lima on May 3rd"))


def test_the_last_messages_of_a_long_request_are_read() -> None:
    told = "I have a very long story to tell about my cousin and her garden and the weather there. " * 12
    said = dialogue(told, "Which city do you want to fly to?", "To Lima", "From which city?", "From Oslo")
    values = {each.value for each in read(said).texts}
    assert {"Lima", "Oslo"} <= values


@pytest.mark.parametrize(
    ("text", "mode", "names"),
    [
        ("I need a one way flight", "auto", []),
        ("I need a one way flight", "required", ["search_flights"]),
        ("I need a flight from Oslo to Lima tomorrow", "auto", ["search_flights"]),
    ],
)
def test_a_call_that_lacks_two_values_is_not_made_where_a_question_may_be_asked(
    text: str, mode: Any, names: list[str]
) -> None:
    tools = tuple(ToolDefinition(one["name"], "", one["parameters"]) for one in map(json.loads, (FLIGHT, TABLE)))
    request = ModelRequest(items=(Message("user", (TextPart(text),)),), tools=tools, tool_choice=ToolChoice(mode))
    assert [one.name for one in held(request, Offered([FLIGHT, TABLE])).request.tools] == names


def test_what_takes_null_is_not_missing() -> None:
    optional = {"type": ["string", "null"]}
    strict = tool("find_song", ["title", "artist", "album"], title={"type": "string"}, artist=optional, album=optional)
    assert [each.is_needed for each in parameters(strict)] == [True, False, False]
    offered = Offered([strict])
    assert offered.uncallable(Spoken("find the song Yesterday"), offered.names) == frozenset()


@pytest.mark.parametrize("offered", [[1, "auto"], ["1", "many"], [True, "True"], [None, 2.5], ["", "٣"]])
def test_mixed_choices_are_read(offered: list[Any]) -> None:
    for kind in ("integer", "string", "boolean", ["integer", "string"], None):
        described = tool("set_level", ["level"], level={"type": kind, "enum": offered})
        found = likeliest(described, Spoken("set the level to auto, True or 2.5"))
        assert not found or found["level"] in offered


def test_what_a_call_needs_may_have_been_said_before_the_last_question() -> None:
    described = tool(
        "send_technician", ["customer_number", "phone"], customer_number={"type": "integer"}, phone={"type": "string"}
    )
    items = [
        Message("user", (TextPart("Our line has been dead since this morning. Customer number 6620193."),)),
        Message("assistant", (TextPart("I see no fault in your area. I could send a technician."),)),
        Message("user", (TextPart("Please send a technician. My phone number is 0176 5550 142."),)),
    ]
    whole = transcript(items)
    assert whole.text.count("\n") == 2
    offered = Offered([described])
    draft = offered.lent(offered.draft(Spoken(items[-1].text), "send_technician"), "send_technician", whole)
    found = {field.name: field.likeliest.value for field in draft.fields}
    assert found == {"phone": "0176 5550 142", "customer_number": 6620193}


def test_only_the_latest_messages_of_a_long_conversation_are_looked_through() -> None:
    items = [Message("user", (TextPart("x" * 3000),)), Message("user", (TextPart("y" * 3000),))]
    assert transcript(items).text == "y" * 3000
