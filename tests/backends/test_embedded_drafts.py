"""Drafted arguments: what of a request is found for a parameter, and text that would break a reader."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tercet.backends.embedded.backend import EmbeddedBackend
from tercet.backends.embedded.drafts import assignment, scorer
from tercet.backends.embedded.drafts.narrowing import MAX_UNSAID, SURE, Draft, narrowed
from tercet.backends.embedded.drafts.parameters import parameters
from tercet.backends.embedded.drafts.requests import read
from tercet.backends.embedded.held import Held, held
from tercet.backends.embedded.hints import MAX_DRAFTS, MAX_VALUE, Field, Offered
from tercet.backends.embedded.spoken import Spoken
from tercet.backends.embedded.wording.dates import dates_in
from tercet.engine.settings import EngineSettings
from tercet.events import fold
from tercet.items import (
    Message,
    ModelRequest,
    Sampling,
    TextPart,
    ToolCall,
    ToolChoice,
    ToolDefinition,
)
from tests.engine.tiny_gguf import write_family


def tool(name: str, **fields: dict[str, Any]) -> bytes:
    schema = {"type": "object", "properties": fields, "required": list(fields)}
    return json.dumps({"name": name, "description": name.replace("_", " "), "parameters": schema}).encode()


FLIGHT = tool(
    "book_flight",
    from_city={"type": "string"},
    to_city={"type": "string"},
    date={"type": "string", "description": "Day of departure, YYYY-MM-DD"},
    seats={"type": "integer"},
    cabin={"type": "string", "enum": ["economy", "business"]},
)


def drafted(described: bytes, text: str) -> dict[str, list[Any]]:
    return {
        field.name: [value.value for value in field.values]
        for field in assignment.fields(read(Spoken(text)), parameters(described))
    }


def test_values_go_to_the_parameters_that_they_are_meant_for() -> None:
    found = drafted(FLIGHT, "Book a flight from San Francisco to Tokyo on May 3rd 2022, 2 seats in business class.")
    assert found["from_city"][0] == "San Francisco"
    assert "Tokyo" in found["to_city"]
    assert found["date"] == ["2022-05-03"]
    assert 2 in found["seats"]
    assert found["cabin"] == ["business"]


def test_what_is_said_twice_is_told_in_the_order_of_the_request() -> None:
    found = drafted(tool("get_weather", city={"type": "string"}), "What is the weather in Paris, and in Oslo?")
    assert found["city"] == ["Paris", "Oslo"]


def test_a_list_in_brackets_is_one_value_and_its_numbers_are_no_others() -> None:
    mean = tool("mean", values={"type": "array", "items": {"type": "number"}}, digits={"type": "integer"})
    found = drafted(mean, "Compute the mean of the values [200,300,400.5]")
    assert found["values"] == [[200, 300, 400.5]]
    assert not set(found.get("digits", ())) & {200, 300}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("The diameters were 10.02, 9.98 and 10.01 mm today", [10.02, 9.98, 10.01]),
        ("x = 1, 2, 4, 7 and y = 2.1, 3.9", [1, 2, 4, 7]),
        ("it went up by 3%, 4% and 5%", [3, 4, 5]),
        ("the determinant of [[4, -2], [0, 3]]", [[4, -2], [0, 3]]),
    ],
)
def test_numbers_told_one_after_the_other_are_a_list(text: str, wanted: list[Any]) -> None:
    assert wanted in [candidate.value for candidate in read(Spoken(text)).lists]


@pytest.mark.parametrize("text", ["on May 3, 2024 at 5", "[1, 2, 3]", "a 3 by 4 box", "5"])
def test_other_numbers_are_none(text: str) -> None:
    assert [one for one in read(Spoken(text)).lists if one.features[0] == "k:series"] == []


@pytest.mark.parametrize(
    ("about", "wants_fraction"),
    [("in percent, such as 4.5", False), ("such as 0.05 for 5%", True), ("as a decimal", True), ("", True)],
)
def test_a_rate_is_a_part_of_one_unless_it_is_told_in_per_cent(about: str, wants_fraction: bool) -> None:
    (rate,) = parameters(tool("loan", rate={"type": "number", "description": about}))
    assert rate.wants_fraction is wants_fraction


def test_a_quotation_is_a_value_whatever_is_in_it() -> None:
    said = "Don't touch it. It's mine!"
    found = drafted(tool("send_message", text={"type": "string"}), f'Send the message "{said}" please')
    assert found["text"] == [said]


def test_values_are_told_with_where_they_stand() -> None:
    text = "Book a flight from Rome to Oslo"
    for field in assignment.fields(read(Spoken(text)), parameters(FLIGHT)):
        for value in field.values:
            if isinstance(value.value, str) and value.end:
                assert text[value.start : value.end].casefold() == value.value.casefold()


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("on 2024-2-9", "2024-02-09"), ("by 12/31/2023", "2023-12-31"), ("May 3rd, 2022", "2022-05-03"),
        ("the 1st of September 2021", "2021-09-01"), ("June 5", ""), ("30 February 2020", ""),
    ],
)  # fmt: skip
def test_dates_are_read_in_the_forms_that_people_use(text: str, iso: str) -> None:
    assert iso in [dated.iso for dated in dates_in(text)]


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "🙂", "E2 e5 [", "'" * 50, '"' * 51, "東京の天気は？", "\x00\ue000\ud800", "[" * 400, "a" * 100_000,
        "1,2,3" * 900,
    ],
)  # fmt: skip
def test_any_text_has_an_answer(text: str) -> None:
    for hint in Offered([FLIGHT]).hints(Spoken(text)):
        for field in hint.fields:
            assert all(len(said.json) <= MAX_VALUE for said in field.said)


@pytest.mark.parametrize(
    "schema",
    [
        {}, {"type": "object"}, {"properties": []}, {"properties": {"a": True}}, {"properties": {"a": {"enum": 3}}},
        {"properties": {"a": {"type": ["integer", "null"]}, "b": {"anyOf": [{"type": "null"}, {"type": "string"}]}}},
        {"properties": {"a": {"type": "array"}, "b": {"type": "array", "items": [1]}, "": {"$ref": "#"}}},
        {"properties": {"a": {"properties": {"b": {"properties": {"c": {"properties": {"d": {"properties": {}}}}}}}}}},
    ],
)  # fmt: skip
def test_any_schema_has_parameters(schema: Any) -> None:
    described = json.dumps({"name": "x", "parameters": schema}).encode()
    assignment.fields(read(Spoken("Call x with 3 and 'four' in Rome")), parameters(described))


CAMPAIGN = tool("get_campaign", campaign_id={"type": "string", "description": "The ID of the campaign"})
WEATHER = tool("get_weather", city={"type": "string"}, day={"type": "string"})


def told(tools: list[bytes], text: str) -> list[tuple[str, dict[str, list[str]]]]:
    return [
        (hint.name, {field.name: [said.json for said in field.said] for field in hint.fields})
        for hint in Offered(tools).hints(Spoken(text))
    ]


def test_several_requests_are_told_one_after_the_other_each_with_its_own_values() -> None:
    text = "Get the weather in Lisbon. Then book a flight from Rome to Oslo, and finally get the weather in Oslo."
    (first, one), (second, two), (third, three) = told([FLIGHT, WEATHER], text)
    assert (first, second, third) == ("get_weather", "book_flight", "get_weather")
    assert (one["city"], three["city"]) == (['"Lisbon"'], ['"Oslo"'])
    assert two["from_city"] == ['"Rome"']


def test_a_clause_that_says_more_of_a_request_belongs_to_it() -> None:
    text = (
        "I need to book a flight from Rome to Oslo. The flight should be on 3 May 2024. Also get the weather in Oslo."
    )
    (first, one), (second, _) = told([FLIGHT, WEATHER], text)
    assert (first, second) == ("book_flight", "get_weather")
    assert one["date"] == ['"2024-05-03"']


def test_two_values_of_one_parameter_are_two_requests() -> None:
    found = told([WEATHER], "What is the weather on Monday in Paris, and in Oslo?")
    assert [fields["city"] for _, fields in found] == [['"Paris"'], ['"Oslo"']]


def test_what_a_tool_needs_and_nobody_said_is_told_of_the_likeliest_one() -> None:
    street = {"properties": {"street": {"type": "string"}, "floor": {"type": "integer"}}, "required": ["street"]}
    (hint, *_) = Offered([tool("deliver_parcel", to={"type": "object", **street})]).hints(Spoken("deliver the parcel"))
    assert [field for field in hint.fields if not field.said] == [Field("street", ())]


@pytest.mark.parametrize(
    "text",
    [
        "What is the weather in Rome, Oslo, Lima, Quito and Paris?",
        "Tell me the weather of Rome, then of Oslo, Lima and Quito, and in Paris.",
    ],
)
def test_each_of_an_enumeration_is_a_request(text: str) -> None:
    cities = [fields["city"][0] for _, fields in told([WEATHER], text)]
    assert cities[-3:] == ['"Lima"', '"Quito"', '"Paris"']


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ({"description": "Day, MM-DD-YYYY"}, "08-16-2022"),
        ({"description": "The day (month/day/year)"}, "08/16/2022"),
        ({"description": "DD.MM.YYYY"}, "16.08.2022"),
        ({"format": "date"}, "2022-08-16"),
        ({"description": "The day, such as August 2, 2021"}, "August 16, 2022"),
    ],
)
def test_a_day_is_written_as_the_tool_asks_for_it(field: dict[str, str], told: str) -> None:
    described = tool("get_air_quality", city={"type": "string"}, date={"type": "string", **field})
    assert drafted(described, "How is the air in London on August 16, 2022?")["date"][0] == told


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ({"type": "number", "description": "The yearly interest rate"}, 0.05),
        ({"type": "number", "description": "The yearly interest rate in percent"}, 5),
        ({"type": "number", "description": "The yearly interest rate", "default": 3.5}, 5),
        ({"type": "integer", "description": "The yearly interest rate"}, 5),
        ({"type": "number", "description": "The yearly rate as a decimal fraction (0.1 means 10%)"}, 0.05),
    ],
)
def test_per_cent_are_a_part_of_one_unless_the_tool_counts_in_per_cent(field: dict[str, Any], told: float) -> None:
    described = tool("calculate_interest", principal={"type": "number"}, interest_rate=field)
    assert drafted(described, "Calculate the interest on $2000 at an interest rate of 5%")["interest_rate"][0] == told


def test_values_that_are_not_said_together_are_no_two_requests() -> None:
    film = tool("find_films", starring={"type": "string"}, directed_by={"type": "string"})
    text = "I want to find a film with Duane Whitaker and I want something directed by Quentin Tarantino."
    assert len({name for name, _ in told([film], text)}) == len(told([film], text)) == 1


def test_values_that_are_said_in_turn_are_so_many_requests() -> None:
    route = tool("get_driving_distance", origin={"type": "string"}, destination={"type": "string"})
    text = "What is the driving distance from Rome to Oslo, and what is it from Oslo to Bern?"
    told = [{field.name: field.said[0].json for field in hint.fields} for hint in Offered([route]).hints(Spoken(text))]
    assert told == [{"origin": '"Rome"', "destination": '"Oslo"'}, {"origin": '"Oslo"', "destination": '"Bern"'}]


def test_each_request_has_the_list_values_that_are_said_beside_its_own() -> None:
    criteria = {"type": "array", "items": {"type": "string", "enum": ["24 hours", "Home Delivery", "Parking"]}}
    find = tool("find_grocery_store", location={"type": "string", "description": "The city"}, criteria=criteria)
    text = "Find a grocery store in Boston that opens 24 hours and another one in San Diego that offers home delivery."
    told = [
        {field.name: [s.json for s in field.said] for field in h.fields} for h in Offered([find]).hints(Spoken(text))
    ]
    assert [one["criteria"] for one in told] == [['"24 hours"'], ['"Home Delivery"']]


def test_a_clause_that_names_two_tools_is_two_requests() -> None:
    battle = tool("get_battle_details", battle_name={"type": "string"})
    treaty = tool("get_treaty_info", treaty_name={"type": "string"})
    hints = Offered([battle, treaty]).hints(
        Spoken("Tell me about the Battle of Hastings and the Treaty of Tordesillas.")
    )
    assert [hint.name for hint in hints] == ["get_battle_details", "get_treaty_info"]


@pytest.mark.parametrize("name", ["platforms", "social_platforms"])
def test_an_enumeration_is_one_text_where_the_parameter_is_plural(name: str) -> None:
    metrics = tool("get_metrics", **{name: {"type": "string", "description": "The platforms used"}})
    (hint,) = Offered([metrics]).hints(Spoken("Get the metrics on the platforms Twitter, Facebook, and Instagram."))
    assert [said.json for field in hint.fields for said in field.said] == ['"Twitter, Facebook, Instagram"']


def test_both_ends_of_a_copy_are_one_request() -> None:
    backup = tool("backup_data", source_path={"type": "string"}, destination_path={"type": "string"})
    text = (
        "Get the weather in Oslo. Then back up my data. The source data is at '/home/user/data' and I want the backup "
        "to be stored at '/backup/data'."
    )
    assert [name for name, _ in told([backup, WEATHER], text)] == ["get_weather", "backup_data"]


def test_requests_that_say_all_that_their_tool_needs_are_a_plan() -> None:
    route = tool(
        "get_traffic_info", start_location={"type": "string"}, end_location={"type": "string"},
        mode={"type": "string", "enum": ["driving", "bicycling", "transit"]},
    )  # fmt: skip
    text = (
        "What is the traffic on a route from New York to Los Angeles using driving as the mode, then from Los Angeles "
        "to San Francisco using bicycling as the mode, and finally from San Francisco back to New York using transit "
        "as the mode of transportation?"
    )
    plan = Offered([route]).plan(Spoken(text))
    assert [{field.name: field.values[0].value for field in draft.fields}["mode"] for _, draft in plan] == [
        "driving", "bicycling", "transit",
    ]  # fmt: skip


def test_a_value_that_is_taken_back_is_none() -> None:
    ((_, fields),) = told([WEATHER], "What is the weather in Rome, no wait, I mean Oslo?")
    assert fields["city"] == ['"Oslo"']


def test_only_the_likeliest_tools_are_drafted() -> None:
    places = [tool(f"find_{kind}", city={"type": "string"}) for kind in ("cafe", "hotel", "museum", "market", "park")]
    found = Offered(places).hints(Spoken("find me somewhere nice in Rome"))
    assert sum(bool(hint.fields) for hint in found) <= MAX_DRAFTS


def test_a_long_request_costs_little() -> None:
    text = "Please book it from Rome to Oslo on 3 May 2024, " * 80
    Offered([FLIGHT]).hints(Spoken("warm"))
    began = time.process_time()
    Offered([FLIGHT]).hints(Spoken(text))
    assert time.process_time() - began < 0.5


TABLE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "city": {"type": "string"},
        "guests": {"type": "integer", "maximum": 9},
        "days": {"type": "array", "items": {"type": "string"}},
        "where": {"type": "object", "properties": {"street": {"type": "string"}}},
    },
}


def said(name: str, *values: Any, chance: float = 0.95) -> assignment.Field:
    return assignment.Field(name, tuple(scorer.Value(chance, (value,), 0, 0) for value in values))


def test_where_a_value_is_nearly_sure_only_drafted_ones_are_allowed() -> None:
    drafts = [
        said("city", "Rome", "Oslo"),
        said("guests", 40, 4),
        said("days", "Mon", "Fri"),
        said("street", "A"),
    ]
    fields = narrowed(TABLE_SCHEMA, Draft(drafts, {}))["properties"]
    assert fields["city"] == {"enum": ["Rome", "Oslo"]}
    assert fields["guests"] == {"enum": [4]}
    assert fields["days"] == {"type": "array", "items": {"enum": ["Mon", "Fri"]}, "maxItems": 2}
    assert fields["where"]["properties"]["street"] == {"enum": ["A"]}


def test_what_is_not_sure_or_does_not_fit_stays_open() -> None:
    drafts = [said("city", "Rome", chance=SURE - 0.01), said("guests", 40), said("other", "x")]
    fields = narrowed(TABLE_SCHEMA, Draft(drafts, {}))["properties"]
    assert fields == {
        **TABLE_SCHEMA["properties"],
        "days": TABLE_SCHEMA["properties"]["days"] | {"maxItems": MAX_UNSAID},
    }


def test_a_list_that_nobody_said_ends_where_its_schema_does_not_say_when() -> None:
    def bounded(**about: Any) -> Any:
        schema = {"type": "object", "properties": {"votes": {"type": "array", **about}}}
        return narrowed(schema, Draft([]))["properties"]["votes"].get("maxItems")

    assert bounded() == MAX_UNSAID
    assert bounded(maxItems=40) == 40
    assert bounded(minItems=20) == 20


def test_a_parameter_whose_values_people_say_takes_words_of_the_request() -> None:
    fields = narrowed(TABLE_SCHEMA, Draft([said("guests", 4)], {"city": ("Rome", "four guests")}))["properties"]
    assert (fields["city"], fields["guests"]) == ({"enum": ["Rome", "four guests"]}, {"enum": [4]})


def test_no_parameter_takes_a_torn_name_or_quotation() -> None:
    text = 'Compare the price of a used Gibson Les Paul in New York City, the advert is called "Like new, as new"'
    whole = {each.value for each in read(Spoken(text)).texts if not each.is_torn}
    torn = {each.value for each in read(Spoken(text)).texts if each.is_torn}
    assert {"Gibson Les Paul", "New York City", "Like new, as new"} <= whole
    assert {"Gibson Les", "Gibson", "New York", "Compare the price"} <= torn
    assert "Crazy" not in {
        each.value for each in read(Spoken('Play "Crazy for Cabaret" now')).texts if not each.is_torn
    }
    quotes = (
        Offered([CAMPAIGN]).drafts(Spoken("Check the campaign Gibson Les Paul"))["get_campaign"].quotes["campaign_id"]
    )
    assert "Gibson Les Paul" in quotes
    assert "Gibson Les" not in quotes


def test_later_messages_are_not_held_to_their_own_words() -> None:
    offered = Offered([CAMPAIGN])
    first = held(two_tools("Check the campaign with the id xyz"), offered)
    assert first.plan == ()
    quotes = offered.drafts(Spoken("Check the campaign zeta"))["get_campaign"].quotes
    assert "zeta" in quotes["campaign_id"]
    tool = ToolDefinition("get_campaign", "", json.loads(CAMPAIGN)["parameters"])
    later = (user("Hello"), user("Get the other campaign"))
    request = ModelRequest(later, tools=(tool,), tool_choice=ToolChoice("required"))
    assert held(request, offered).request.tools == (tool,)


ROOM = json.dumps({
    "name": "book_room", "description": "Book a room in a hotel.",
    "parameters": {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "bed": {"type": "string", "enum": ["single", "double"]},
            "breakfast": {"type": "boolean"},
            "nights": {"type": "integer"},
            "floor": {"type": "integer"},
            "guest": {"type": "string"},
        },
        "required": ["city"],
    },
}).encode()  # fmt: skip


@pytest.mark.parametrize(
    ("text", "left_out"),
    [
        ("book a room in Oslo", {"bed", "breakfast", "nights", "floor", "guest"}),
        ("book a double room in Oslo", {"breakfast", "nights", "floor", "guest"}),
        ("book a room in Oslo, nights: 3, guest: Ann Lee", {"bed", "breakfast", "floor"}),
    ],
)
def test_what_may_be_left_out_and_nothing_speaks_of_is_left_out(text: str, left_out: set[str]) -> None:
    draft = Offered([ROOM]).drafts(Spoken(text))["book_room"]
    assert draft.unsaid == left_out
    schema = json.loads(ROOM)["parameters"]
    assert set(narrowed(schema, draft)["properties"]) == set(schema["properties"]) - left_out
    needed = {**schema, "required": list(schema["properties"])}
    either = {**schema, "anyOf": [{"required": ["bed"]}, {"required": ["floor"]}]}
    for demanding in (needed, either):
        assert set(narrowed(demanding, draft)["properties"]) == set(schema["properties"])


def test_a_later_request_may_mean_what_was_said_before() -> None:
    offered, tool = Offered([ROOM]), ToolDefinition("book_room", "", json.loads(ROOM)["parameters"])
    text = "book a room in Oslo"
    answer = Message("assistant", (TextPart("It is done."),))
    question = Message("assistant", (TextPart("For how many nights?"),))
    after_an_answer = ModelRequest((user("I like a double bed"), answer, user(text)), tools=(tool,))
    after_a_greeting = ModelRequest((user("Hi"), answer, user(text)), tools=(tool,))
    after_a_question = ModelRequest((user(text), question, user("four")), tools=(tool,))
    assert "bed" in held(after_an_answer, offered).request.tools[0].parameters["properties"]
    assert "bed" not in held(after_a_greeting, offered).request.tools[0].parameters["properties"]
    assert "bed" not in held(after_a_question, offered).request.tools[0].parameters["properties"]


def asked(*items: Any, **fields: Any) -> ModelRequest:
    flight = json.loads(FLIGHT)
    tool = ToolDefinition(flight["name"], flight["description"], flight["parameters"])
    return ModelRequest(items, tools=(tool,), **fields)


def user(text: str) -> Message:
    return Message("user", (TextPart(text),))


def test_a_request_is_held_to_its_drafts_unless_it_is_to_be_grounded() -> None:
    text, offered = "Book 2 seats on a flight from Rome to Oslo on 2026-03-04", Offered([FLIGHT])
    (tool,) = held(asked(user(text)), offered).request.tools
    assert tool.parameters["properties"]["from_city"] == {"enum": ["Rome"]}
    open_request = asked(user(text), grounding="strict")
    assert held(open_request, offered) == Held(open_request)


SEVERAL = (
    "Book a flight from Rome to Oslo. Then get the weather in Oslo, and finally book a flight from Oslo to Bergen."
)


def test_a_message_that_clearly_makes_several_requests_is_answered_with_their_calls() -> None:
    offered = Offered([FLIGHT, WEATHER])
    plan = held(two_tools(SEVERAL), offered).plan
    assert [tool.name for tool in plan] == ["book_flight", "get_weather", "book_flight"]
    first, _, third = (tool.parameters["properties"] for tool in plan)
    assert (first["from_city"], third["from_city"]) == ({"enum": ["Rome"]}, {"enum": ["Oslo"]})
    assert not held(two_tools(SEVERAL, parallel_tool_calls=False), offered).plan
    assert not held(two_tools(SEVERAL, tool_choice=ToolChoice("required", ("get_weather",))), offered).plan
    assert not held(two_tools("Book a flight from Rome to Oslo"), offered).plan


def two_tools(text: str, **fields: Any) -> ModelRequest:
    tools = tuple(
        ToolDefinition(t["name"], t["description"], t["parameters"]) for t in map(json.loads, (FLIGHT, WEATHER))
    )
    return ModelRequest((user(text),), tools=tools, **fields)


async def test_random_weights_make_the_calls_of_a_plan(tmp_path: Path) -> None:
    backend = EmbeddedBackend(
        "embedded", write_family(tmp_path, "tercet"), "random", EngineSettings(context=4096, parallel=1)
    )
    request = two_tools(
        SEVERAL, tool_choice=ToolChoice("required"), sampling=Sampling(temperature=1.0, seed=1, max_output_tokens=900)
    )
    try:
        output = await fold(backend.generate(request))
    finally:
        await backend.close()
    made = [item for item in output.items if isinstance(item, ToolCall)]
    assert [call.name for call in made] == ["book_flight", "get_weather", "book_flight"]
    assert json.loads(made[2].arguments)["from_city"] == "Oslo"


async def test_random_weights_call_with_drafted_values(tmp_path: Path) -> None:
    model = write_family(tmp_path, "tercet")
    backend = EmbeddedBackend("embedded", model, "random", EngineSettings(context=2048, parallel=1))
    request = asked(
        user("Book a flight from Rome to Oslo"),
        tool_choice=ToolChoice("required"),
        parallel_tool_calls=False,
        sampling=Sampling(temperature=1.0, seed=3, max_output_tokens=400),
    )
    try:
        output = await fold(backend.generate(request))
    finally:
        await backend.close()
    (call,) = output.items
    assert isinstance(call, ToolCall)
    assert json.loads(call.arguments)["from_city"] == "Rome"


def test_what_is_clearly_asked_for_and_whole_is_answered_by_a_call() -> None:
    offered = Offered([WEATHER, CAMPAIGN])
    clear = two_tools("What is the weather in Oslo on Monday?")
    assert held(clear, offered).request.tool_choice == ToolChoice("required")
    assert held(two_tools("What is the weather on Monday?"), offered).request.tool_choice.mode == "auto"
    assert held(two_tools("Tell me a joke about Oslo."), offered).request.tool_choice.mode == "auto"
    refused = two_tools("What is the weather in Oslo on Monday?", tool_choice=ToolChoice("none"))
    assert held(refused, offered).request.tool_choice.mode == "none"


def test_an_answer_to_a_question_leaves_the_choice_to_the_model() -> None:
    offered = Offered([WEATHER, CAMPAIGN])
    question = Message("assistant", (TextPart("On which day?"),))
    tools = two_tools("").tools
    items = (user("What is the weather in Oslo?"), question, user("Monday, but do not look it up yet."))
    assert held(ModelRequest(items, tools=tools), offered).request.tool_choice.mode == "auto"


TEXT, NUMBER = {"type": "string"}, {"type": "number"}


@pytest.mark.parametrize(
    ("offered", "text", "values"),
    [
        (tool("mortgage", price=NUMBER), "A mortgage on a price of 60k", {"price": 60_000}),
        (tool("mortgage", price=NUMBER), "A mortgage on a price of $1.2m", {"price": 1_200_000}),
        (tool("energy", mass=NUMBER), "The energy of a mass of 4.5×10^-6 kg", {"mass": 4.5e-6}),
        (tool("inflation", country=TEXT), "What was Portugal's inflation?", {"country": "Portugal"}),
        (tool("flight_status", flight=TEXT), "Flight status of LO 282", {"flight": "LO 282"}),
    ],
)
def test_what_is_written_as_one_is_one(offered: bytes, text: str, values: dict[str, Any]) -> None:
    found = Offered([offered]).draft_fields(Spoken(text), json.loads(offered)["name"])
    assert {field.name: field.likeliest.value for field in found} == values


def test_a_sign_of_money_says_a_currency_and_nothing_else() -> None:
    charge = Offered([tool("charge", customer=TEXT, amount=NUMBER, currency=TEXT, iban=TEXT)])
    found = {field.name: field.likeliest.forms for field in charge.draft_fields(Spoken("Charge €45 to Ana"), "charge")}
    assert found["currency"] == ("EUR", "€")
    assert "EUR" not in found.get("iban", ())


def test_a_file_is_no_day() -> None:
    offered = Offered([tool("add_days", date=TEXT, days=NUMBER)])
    found = offered.draft_fields(Spoken("Which date is 21 days after that in invoice.json?"), "add_days")
    assert all(field.likeliest.value != "invoice.json" or field.chance < SURE for field in found)


def test_two_tools_for_one_thing_are_one_request() -> None:
    way = {"origin": TEXT, "destination": TEXT, "day": TEXT}
    oneway, there = tool("search_oneway_flights", **way), tool("search_roundtrip_flights", **way)
    text = "Search oneway flights from Oslo to Rome on May 3rd. I would like roundtrip flights in an aisle seat."
    assert len({name for name, _ in Offered([oneway, there]).plan(Spoken(text))}) < 2
