"""What stands beside a value tells what it is said of; which of two tools is meant is told before a model is asked."""

import json
from typing import Any

import msgspec
import pytest

from tercet.backends.embedded.drafts.assignment import Field
from tercet.backends.embedded.drafts.narrowing import Draft, narrowed
from tercet.backends.embedded.drafts.requests import read
from tercet.backends.embedded.drafts.scorer import Value
from tercet.backends.embedded.held import held
from tercet.backends.embedded.hints import Offered
from tercet.backends.embedded.spoken import Spoken
from tercet.backends.embedded.wording.times import times_in
from tercet.backends.embedded.wording.words import singular, words
from tercet.items import Message, ModelRequest, TextPart, ToolChoice, ToolDefinition


def tool(name: str, about: str, **properties: dict[str, Any]) -> bytes:
    required = [each for each, schema in properties.items() if not schema.pop("optional", False)]
    parameters = {"type": "object", "properties": properties, "required": required}
    return json.dumps({"name": name, "description": about, "parameters": parameters}).encode()


def number(about: str, **more: Any) -> dict[str, Any]:
    return {"type": "number", "description": about, **more}


def text(about: str, **more: Any) -> dict[str, Any]:
    return {"type": "string", "description": about, **more}


def drafted(offered: bytes, said: str) -> dict[str, Any]:
    name = json.loads(offered)["name"]
    fields = Offered([offered]).draft_fields(Spoken(said), name)
    return {field.name: field.likeliest.value for field in fields}


def test_what_a_number_is_said_of_ends_at_marks_and_other_numbers() -> None:
    found = read(Spoken("It has 120,000 in cash, 45,000 in marketable securities and a loan of 9,000.")).numbers
    assert [(sorted(each.left), sorted(each.right)) for each in found] == [
        ([], ["cash"]),
        ([], ["marketabl", "securit"]),
        (["loan"], []),
    ]


def test_numbers_go_to_what_stands_behind_them_where_all_do() -> None:
    offered = tool(
        "quick_ratio", "Calculates the quick ratio of a company.",
        cash=number("The amount of cash."), marketable_securities=number("The value of the marketable securities."),
        accounts_receivable=number("The accounts receivable."), current_liabilities=number("The current liabilities."),
    )  # fmt: skip
    said = "120,000 in cash, 45,000 in marketable securities, 83,000 in accounts receivable, 155,000 in liabilities"
    assert list(drafted(offered, f"The quick ratio of a company that has {said}.").values()) == [
        120_000, 45_000, 83_000, 155_000,
    ]  # fmt: skip


def test_the_ends_of_a_range_are_two_values() -> None:
    offered = tool(
        "find_films", "Finds films.",
        start_year={"type": "integer", "description": "The first year."},
        end_year={"type": "integer", "description": "The last year."},
    )  # fmt: skip
    assert drafted(offered, "Find films released between 1955 and 1965.") == {"start_year": 1955, "end_year": 1965}


@pytest.mark.parametrize(
    ("said", "options", "chosen"),
    [
        ("the CDC percentile of a girl who is 81 cm tall", ["WHO", "CDC"], "CDC"),
        ("in the Japanese system", ["US", "UK", "EU", "JP"], "JP"),
        ("with the trapezoidal rule", ["simpson", "trapezoid", "midpoint"], "trapezoid"),
    ],
)
def test_a_choice_is_said_in_other_forms_and_not_by_chance(said: str, options: list[str], chosen: str) -> None:
    offered = tool("compute", "Computes it by a standard.", standard=text("The standard.", enum=options))
    assert drafted(offered, f"Compute it {said}, please.") == {"standard": chosen}


def test_what_is_asked_for_in_the_singular_is_told_so() -> None:
    offered = tool("plant_spacing", "The spacing of plants.", plant=text("Name of the plant in the singular."))
    assert drafted(offered, "How far apart do tomatoes go? I mean the spacing of the plants.") == {"plant": "tomato"}
    assert [singular(word) for word in ("berries", "oat milks", "glass", "bus", "dishes")] == [
        "berry", "oat milk", "glass", "bus", "dish",
    ]  # fmt: skip


def test_brackets_within_a_word_belong_to_it() -> None:
    assert [word.text for word in words("mass of Ca3(PO4)2 (see f(x)=x^2)")] == [
        "mass", "of", "Ca3(PO4)2", "(", "see", "f(x)", "=", "x^2", ")",
    ]  # fmt: skip


def test_a_part_of_the_day_tells_which_half_is_meant() -> None:
    assert [each.clock for each in times_in("at 1:10 this afternoon, at 9 this morning")] == ["13:10", "09:00"]


def test_only_the_likeliest_tool_is_left() -> None:
    offered = Offered([
        tool("pet_daily_food", "The daily amount of food of a pet.", species=text("The species.")),
        tool("pet_vaccination_schedule", "The vaccination schedule of a pet.", species=text("The species.")),
    ])  # fmt: skip
    said = Spoken("The vaccination schedule for a kitten.")
    assert offered.unlikely(said, offered.names) == {"pet_daily_food"}
    assert offered.unlikely(said, ["pet_daily_food"]) == {"pet_vaccination_schedule"}


def test_what_serves_nothing_is_declined_although_it_says_a_value() -> None:
    offered = Offered([tool("hotel_average_rate", "The average rate of hotels in a city.", city=text("The city."))])
    said = Spoken("Who was the first to climb Mount Kenya?")
    assert offered.uncallable(said, offered.names) == {"hotel_average_rate"}


def test_tools_share_what_is_likely() -> None:
    offered = Offered([
        tool("send_email", "Sends an e-mail.", to=text("The recipient.")),
        tool("water_garden", "Waters the garden.", minutes=number("Minutes.")),
    ])  # fmt: skip
    shares = offered.shares(Spoken("Water the garden for ten minutes."))
    assert sum(shares.values()) == pytest.approx(1.0)
    assert shares["water_garden"] > 0.9


def test_enumerations_of_one_length_are_told_place_by_place() -> None:
    offered = Offered([
        tool(
            "order_quantity", "The economic order quantity of an item.",
            annual_demand=number("The annual demand in units."), ordering_cost=number("The ordering cost in dollars."),
            holding_cost=number("The holding cost per unit and year."),
        )
    ])  # fmt: skip
    said = (
        "The economic order quantity of items with an annual demand of 12,000 and 3,600 units, an ordering cost of 50 "
        "and 35 dollars, and a holding cost of 2.4 and 1.5 dollars, respectively."
    )
    planned = [{each.name: each.likeliest.value for each in draft.fields} for _, draft in offered.plan(Spoken(said))]
    assert planned == [
        {"annual_demand": 12_000, "ordering_cost": 50, "holding_cost": 2.4},
        {"annual_demand": 3_600, "ordering_cost": 35, "holding_cost": 1.5},
    ]


def test_what_is_clearly_meant_and_not_allowed_is_not_called_for_by_another() -> None:
    tools = tuple(
        ToolDefinition(
            name, about, {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
        )
        for name, about in (("get_weather", "The weather in a city."), ("get_population", "The population of a city."))
    )
    asked = Message("user", (TextPart("What is the weather in Oslo?"),))
    encoded = [msgspec.json.encode(msgspec.structs.asdict(each)) for each in tools]
    request = ModelRequest((asked,), tools=tools, tool_choice=ToolChoice("auto", ("get_population",)))
    assert held(request, Offered(encoded)).request.tool_choice.mode == "auto"
    free = msgspec.structs.replace(request, tool_choice=ToolChoice("auto"))
    chosen = held(free, Offered(encoded)).request
    assert (chosen.tool_choice.mode, [each.name for each in chosen.offered_tools]) == ("required", ["get_weather"])
    required = msgspec.structs.replace(request, tool_choice=ToolChoice("required"))
    assert [each.name for each in held(required, Offered(encoded)).request.tools] == ["get_weather"]


def test_what_is_surely_said_is_given_unless_the_schema_may_forbid_it() -> None:
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["city"],
    }
    said = [
        Field("city", (Value(0.9, ("Oslo",), 0, 4),)),
        Field("days", (Value(0.9, (3,), 5, 6),)),
    ]
    assert narrowed(schema, Draft(said))["required"] == ["city", "days"]
    assert narrowed({**schema, "maxProperties": 1}, Draft(said))["required"] == ["city"]
    assert narrowed({**schema, "not": {"required": ["days"]}}, Draft(said))["required"] == ["city"]
    unsure = [said[0], Field("days", (Value(0.7, (3,), 5, 6),))]
    assert narrowed(schema, Draft(unsure))["required"] == ["city"]
