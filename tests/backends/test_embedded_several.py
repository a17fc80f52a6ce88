"""A message that asks for several things: one tool several times with words left out, or different tools."""

import json
from typing import Any

import pytest

from tercet.backends.embedded import repeats
from tercet.backends.embedded.drafts.parameters import parameters
from tercet.backends.embedded.drafts.pieces import MAX_PIECES, clauses, pieces
from tercet.backends.embedded.drafts.requests import read
from tercet.backends.embedded.drafts.scorer import Value
from tercet.backends.embedded.hints import Field, Offered
from tercet.backends.embedded.spoken import Spoken
from tercet.backends.embedded.stretches import stretches

TEXT, NUMBER = {"type": "string"}, {"type": "integer"}


def tool(name: str, required: list[str], about: str = "", **properties: Any) -> bytes:
    parameters = {"type": "object", "properties": properties, "required": required}
    return json.dumps({"name": name, "description": about, "parameters": parameters}).encode()


SEASON = tool("club_season_summary", ["club", "season"], "How a football club did.", club=TEXT, season=TEXT)
RENT = tool(
    "average_rent", ["district"], "The usual rent of a flat.",
    district=TEXT, bedrooms={"type": "integer", "description": "Number of bedrooms"},
)  # fmt: skip
REMIND = tool(
    "remind_patient", ["patient", "time"], "Remind a patient of an appointment.",
    patient=TEXT, time={"type": "string", "description": "HH:MM"}, channel={"type": "string", "enum": ["email", "sms"]},
)  # fmt: skip
SHAFT = tool("shaft_power", ["torque_nm", "rpm"], "Mechanical power of a shaft.", torque_nm=NUMBER, rpm=NUMBER)
STOCK = tool("stock_check", ["article", "branch"], "Is an article in stock in a branch?", article=TEXT, branch=TEXT)


def told(tools: list[bytes], text: str) -> list[tuple[str, dict[str, Any]]]:
    """What is told of each request: the likeliest value of each field."""
    hints = Offered(tools).hints(Spoken(text))
    return [(hint.name, {field.name: _likeliest(field) for field in hint.fields if field.said}) for hint in hints]


def _likeliest(field: Field) -> Any:
    return json.loads(max(field.said, key=lambda each: each.level).json)


def test_what_is_left_out_of_a_second_request_is_understood() -> None:
    found = told([SEASON], "How did Celtic do in 1966-67? And Ajax in 1971-72?")
    assert [fields for _, fields in found] == [
        {"club": "Celtic", "season": "1966-67"}, {"club": "Ajax", "season": "1971-72"}
    ]  # fmt: skip


def test_what_is_said_before_them_holds_for_all() -> None:
    found = told([RENT], "What's the usual rent for a three-bedroom flat in Kreuzberg, in Pankow and in Wedding?")
    assert [fields for _, fields in found] == [
        {"district": district, "bedrooms": 3} for district in ("Kreuzberg", "Pankow", "Wedding")
    ]


def test_what_is_said_behind_them_holds_for_all_if_that_is_said() -> None:
    found = told([REMIND], "Remind Ann at 09:00 and Boris at 10:30, both by sms.")
    assert [fields["patient"] for _, fields in found] == ["Ann", "Boris"]
    assert [fields.get("channel") for _, fields in found] == ["sms", "sms"]


def test_enumerations_of_two_parameters_are_pairs() -> None:
    found = told([REMIND], "Remind Ann and Boris at 09:00 and at 10:30 respectively.")
    assert [(fields["patient"], fields["time"]) for _, fields in found] == [("Ann", "09:00"), ("Boris", "10:30")]


def test_or_all_combinations_where_each_is_meant_with_all() -> None:
    text = "Check the stock of BK-2204 and BK-2207, each in branch Leith and in branch Stockbridge"
    found = told([STOCK], text)
    assert [(fields["article"], fields["branch"]) for _, fields in found] == [
        ("BK-2204", "Leith"), ("BK-2204", "Stockbridge"), ("BK-2207", "Leith"), ("BK-2207", "Stockbridge")
    ]  # fmt: skip


def test_a_series_of_numbers_is_one_request_each() -> None:
    value = tool("future_value", ["present_value", "years"], "Future value.", present_value=NUMBER, years=NUMBER)
    found = told([value], "Calculate the future value of an investment of $1000 for 1,5 and 10 years.")
    assert [fields["years"] for _, fields in found] == [1, 5, 10]
    assert {fields["present_value"] for _, fields in found} == {1000}


@pytest.mark.parametrize(
    ("offered", "text"),
    [
        (RENT, "What is the rent in Wedding, no wait, in Pankow?"),
        (SHAFT, "The torque is 85 Nm, and the shaft turns at 1450 rpm. Which power is that?"),
        (SEASON, "I saw Celtic play in Glasgow, and it was great. How did they do in 1966-67?"),
    ],
)
def test_other_values_make_no_second_request(offered: bytes, text: str) -> None:
    assert len(told([offered], text)) == 1


def test_different_tools_are_asked_for_with_few_words() -> None:
    tools = [
        tool("lock_door", ["door"], "Lock a door.", door=TEXT),
        tool("arm_alarm", ["mode"], "Arm the alarm.", mode={"type": "string", "enum": ["home", "away"]}),
        tool("set_heating", ["celsius"], "Set the heating.", celsius=NUMBER),
    ]
    found = told(tools, "Off to work. Back door locked, alarm on away, heating down to 16.")
    assert [name for name, _ in found] == ["lock_door", "arm_alarm", "set_heating"]
    assert found[1][1] == {"mode": "away"}
    assert found[2][1] == {"celsius": 16}


def test_several_requests_for_several_tools() -> None:
    tools = [
        tool("get_population", ["country", "year"], "Population of a country in a year.", country=TEXT, year=NUMBER),
        tool("get_capital", ["country"], "The capital of a country.", country=TEXT),
    ]
    found = told(tools, "Get the population of Chad in 1990 and of Mali in 2000, and the capital of Bhutan.")
    assert found == [
        ("get_population", {"country": "Chad", "year": 1990}),
        ("get_population", {"country": "Mali", "year": 2000}),
        ("get_capital", {"country": "Bhutan"}),
    ]


def test_two_tools_for_one_thing_are_no_two_requests() -> None:
    tools = [
        tool("find_train", ["origin", "destination"], "Find a train.", origin=TEXT, destination=TEXT),
        tool("find_flight", ["origin", "destination"], "Find a flight.", origin=TEXT, destination=TEXT),
    ]
    found = told(tools, "Find me a train from Oslo to Bergen. I prefer a seat by the window.")
    assert found[0] == ("find_train", {"origin": "Oslo", "destination": "Bergen"})


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("the 3rd, 1,5 and 2.5 kg", ["the 3rd", "1", "5", "2.5 kg"]),
        ('Tell Ann "come, and bring cake" and Bo', ['Tell Ann "come, and bring cake"', "Bo"]),
        ("between 5 and 10 or 20", ["between 5 and 10", "20"]),
        ("Oslo (now, and later); Rome", ["Oslo (now, and later)", "Rome"]),
        ("Ask Dr. Jones for salt. Then post it", ["Ask Dr. Jones for salt.", "post it"]),
        ("Log:\n- 5 kg, rice\n- 3 kg, beans", ["Log:", "5 kg, rice", "3 kg, beans"]),
        ("wake me at 6:15 and on 3 May, 2025", ["wake me at 6:15", "on 3 May, 2025"]),
    ],
)
def test_where_a_message_is_cut(text: str, parts: list[str]) -> None:
    found = pieces(text, read(Spoken(text)), takes_lists=False)
    assert [text[start:end] for start, end in found] == parts


def test_a_list_that_a_tool_takes_is_not_cut() -> None:
    text = "the mean of 1, 2 and 3, then of 4, 5 and 6"
    found = pieces(text, read(Spoken(text)), takes_lists=True)
    assert [text[start:end] for start, end in found] == ["the mean of 1, 2 and 3", "of 4, 5 and 6"]


def test_no_text_is_cut_without_end() -> None:
    text = "a, " * 2000
    assert len(pieces(text, read(Spoken(text)), takes_lists=False)) == MAX_PIECES
    assert len(clauses(text, read(Spoken(text)))) == MAX_PIECES


def test_a_piece_that_tells_little_belongs_to_those_beside_it() -> None:
    places = [(0, 10), (11, 20), (21, 30), (31, 40)]
    chances = [{"a": 0.9, "b": 0.2}, {"a": 0.5, "b": 0.4}, {"a": 0.1, "b": 0.1}, {"a": 0.1, "b": 0.9}]
    found = [(each.start, each.end, each.name) for each in stretches(places, chances)]
    assert found == [(0, 30, "a"), (31, 40, "b")]


@pytest.mark.parametrize("chances", [[{"a": 0.9, "b": 0.1}, {"a": 0.8, "b": 0.1}], [{"a": 0.1}, {"b": 0.15}], [{}, {}]])
def test_one_tool_or_none_is_no_stretches(chances: list[dict[str, float]]) -> None:
    assert stretches([(0, 10), (11, 20)], chances) == []


def test_values_that_stand_in_turn_are_those_of_several_requests() -> None:
    offered = parameters(tool("psu_set", ["channel", "volts"], channel=NUMBER, volts=NUMBER, note=TEXT))

    def value(said: float, start: int, chance: float = 0.6) -> Value:
        return Value(chance, (said,), start, start + 3)

    channels, volts = [value(1, 8), value(2, 31)], [value(3.3, 13), value(12, 36), value(12, 31, 0.2)]
    found = repeats.in_turn([channels, volts, []], offered)
    assert [{place: each.value for place, each in one.items()} for one in found] == [{0: 1, 1: 3.3}, {0: 2, 1: 12}]
    assert repeats.in_turn([channels, volts[:1], []], offered) == [], "one of them is said once"
    assert repeats.in_turn([[value(1, 8), value(2, 12)], [value(3, 20), value(4, 25)], []], offered) == []
    assert repeats.in_turn([channels, volts, [Value(0.9, ("2",), 31, 34)]], offered) == [], "it may be another's"
