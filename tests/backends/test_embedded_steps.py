"""Behind a tool's result: what its values fill, which row is meant, whether another call is due, what is told."""

import json
from typing import Any

import msgspec
import pytest
from llguidance import LLMatcher, LLTokenizer

from tercet.backends.embedded.doubts import held_again
from tercet.backends.embedded.drafts.returned import Leaf, asked_leaves, asks, leaves
from tercet.backends.embedded.drafts.rows import Described
from tercet.backends.embedded.held import Held, held
from tercet.backends.embedded.hints import Offered
from tercet.backends.embedded.spoken import Known, Spoken
from tercet.backends.embedded.telling.rules import telling_rules
from tercet.items import Message, ModelRequest, TextPart, ToolCall, ToolChoice, ToolDefinition, ToolResult

BYTES = LLTokenizer("byte")
TEXT, COUNT = {"type": "string"}, {"type": "integer"}


def tool(name: str, about: str, **fields: Any) -> ToolDefinition:
    required = [each for each in fields if not each.endswith("_")]
    properties = {each.rstrip("_"): part for each, part in fields.items()}
    return ToolDefinition(name, about, {"type": "object", "properties": properties, "required": required})


FIND = tool("find_customer", "Look a customer up by e-mail address", email=TEXT)
ORDERS = tool("list_orders", "List the orders of a customer", customer_id=TEXT, limit_=COUNT)
CANCEL = tool("cancel_order", "Cancel an order", order_id=TEXT, reason_=TEXT)
SHIPMENT = tool("get_shipment", "Where the shipment of an order is", order_id=TEXT)
CUSTOMER = {"customer": {"id": "cus_Kd92", "name": "Ingrid Berg", "email": "ingrid@fjord.example"}}
TWO_ORDERS = {
    "orders": [
        {"order_id": "ord_17", "item": "stand mixer", "total": 249.0, "placed": "2025-03-02"},
        {"order_id": "ord_31", "item": "garden hose", "total": 31.5, "placed": "2025-04-11"},
    ]
}


def request(text: str, *steps: tuple[str, dict[str, Any], Any], tools: tuple[ToolDefinition, ...]) -> ModelRequest:
    items: list[Any] = [Message("user", (TextPart(text),))]
    for number, (name, arguments, result) in enumerate(steps):
        content = result if isinstance(result, str) else json.dumps(result)
        items.append(ToolCall(f"call_{number}", name, json.dumps(arguments)))
        items.append(ToolResult(f"call_{number}", (TextPart(content),)))
    return ModelRequest(tuple(items), tools=tools)


def held_of(asked: ModelRequest) -> Held:
    encoded = [{"name": t.name, "description": t.description, "parameters": t.parameters} for t in asked.tools]
    return held(asked, Offered([json.dumps(each).encode() for each in encoded]))


def next_call(asked: ModelRequest) -> tuple[str, dict[str, Any]] | None:
    """The tool that is called for sure, and the values that it is held to."""
    allowed = held_of(asked).request
    if allowed.tool_choice.mode != "required":
        return None
    (called,) = allowed.offered_tools
    assert not allowed.parallel_tool_calls
    fields = called.parameters["properties"]
    return called.name, {name: part["enum"][0] for name, part in fields.items() if "enum" in part}


FOUND = ("find_customer", {"email": "ingrid@fjord.example"}, CUSTOMER)


def test_the_next_call_takes_its_id_from_the_result() -> None:
    asked = request("List the orders of ingrid@fjord.example", FOUND, tools=(FIND, ORDERS, CANCEL))
    assert next_call(asked) == ("list_orders", {"customer_id": "cus_Kd92"})


def test_the_row_that_is_described_is_meant() -> None:
    listed = ("list_orders", {"customer_id": "cus_Kd92"}, TWO_ORDERS)
    tools = (FIND, ORDERS, CANCEL)
    for said, order in (("the garden hose", "ord_31"), ("the cheapest one", "ord_31"), ("the first one", "ord_17")):
        asked = request(f"Look at the orders of cus_Kd92 and cancel {said}.", listed, tools=tools)
        name, arguments = next_call(asked) or ("", {})
        assert (name, arguments["order_id"]) == ("cancel_order", order)


def test_a_question_is_no_reason_to_do_anything() -> None:
    listed = ("list_orders", {"customer_id": "cus_Kd92"}, {"orders": TWO_ORDERS["orders"][:1]})
    asked = request("When was the order of cus_Kd92 cancelled?", listed, tools=(ORDERS, CANCEL))
    assert next_call(asked) is None


def test_what_was_called_is_not_called_again_and_what_lacks_a_value_is_not_called() -> None:
    asked = request("List the orders of ingrid@fjord.example", FOUND, tools=(FIND,))
    assert next_call(asked) is None
    nothing = ("find_customer", {"email": "ingrid@fjord.example"}, {"error": "no such customer"})
    assert next_call(request("List the orders of ingrid@fjord.example", nothing, tools=(FIND, ORDERS))) is None


def test_a_choice_of_the_client_stands() -> None:
    asked = request("List the orders of ingrid@fjord.example", FOUND, tools=(FIND, ORDERS))
    choices = (ToolChoice("none"), ToolChoice("required", ("find_customer",)), ToolChoice("auto", ("find_customer",)))
    for choice in choices:
        assert held_of(msgspec.structs.replace(asked, tool_choice=choice)).request.tool_choice == choice


def test_what_an_earlier_call_took_under_another_name_is_not_the_id() -> None:
    order = {"id": "ord_8f2k", "number": "10447-B", "status": "delivered"}
    by_number = tool("get_order", "Fetch an order by the number on its confirmation", order_number=TEXT)
    back = tool("return_order", "Send an order back", order_id={**TEXT, "description": "Internal id of the order"})
    fetched = ("get_order", {"order_number": "10447-B"}, order)
    asked = request("Send order 10447-B back please", fetched, tools=(by_number, back))
    assert next_call(asked) == ("return_order", {"order_id": "ord_8f2k"})


def test_tables_and_lines_of_text_are_read() -> None:
    table = "employee_no | name | site\n00317 | Tomasz Wieczorek | Poznan\n01146 | Anna Nowak | Lodz\n(2 rows)"
    found = leaves(Spoken("Anna Nowak", known=(Known("find", table, is_call=False),)))
    assert [(leaf.name, leaf.value) for leaf in found if leaf.standing > 0] == [
        ("employee_no", "01146"), ("name", "Anna Nowak"), ("site", "Lodz"),
    ]  # fmt: skip
    lines = leaves(Spoken("", known=(Known("find", "Status: delayed\nGate: B22", is_call=False),)))
    assert [(leaf.name, leaf.value) for leaf in lines] == [("Status", "delayed"), ("Gate", "B22")]
    assert leaves(Spoken("", known=(Known("find", "[[[{}]]] {", is_call=False),)))


OFFERS = [
    {"id": "a", "carrier": "LH", "stops": 1, "price": 170, "rating": 4.1, "departs": "2025-05-22T09:30"},
    {"id": "b", "carrier": "DY", "stops": 0, "price": 185, "rating": 3.9, "departs": "2025-05-22T07:55"},
    {"id": "c", "carrier": "SK", "stops": 0, "price": 229, "rating": 4.8, "departs": "2025-05-22T14:10"},
]


@pytest.mark.parametrize(
    ("said", "ids"),
    [
        ("the cheapest", "a"), ("the cheapest direct one", "b"), ("the most expensive", "c"), ("the best rated", "c"),
        ("the earliest", "b"), ("the latest flight", "c"), ("the second one", "b"), ("the last one", "c"),
        ("the one with LH", "a"), ("the one with the highest rating", "c"), ("a direct one", "bc"), ("a flight", ""),
    ],
)  # fmt: skip
def test_rows_that_are_described(said: str, ids: str) -> None:
    standings = Described(said).standings(OFFERS)
    assert "".join(row["id"] for row, standing in zip(OFFERS, standings, strict=True) if standing > 0) == ids  # type: ignore[misc]


def is_told(answer: str, asked: ModelRequest) -> bool:
    rules = "start: text\n" + telling_rules(asked)
    assert not LLMatcher.validate_grammar(rules, None)
    matcher, tokens = LLMatcher(BYTES, rules), BYTES.tokenize_str(answer)
    return matcher.validate_tokens(tokens) == len(tokens) and matcher.consume_tokens(tokens) and matcher.is_accepting()


def test_a_question_that_names_a_field_is_answered_with_it() -> None:
    shipment = {"order_id": "ord_17", "shipment": {"carrier": "Colissimo", "trackingCode": "6A1830", "parcels": 1}}
    fetched = ("get_shipment", {"order_id": "ord_17"}, shipment)
    asked = request("Which carrier has ord_17 and what's the tracking code?", fetched, tools=(SHIPMENT, CANCEL))
    assert is_told("The carrier is Colissimo and the tracking code is 6A1830.", asked)
    assert not is_told("The carrier is 6A1830 and the tracking code is Colissimo.", asked)
    assert not is_told("I found this: parcels 1.", asked)
    assert next_call(asked) is None


def test_of_several_rows_only_one_that_is_described_is_asked_for() -> None:
    def asked_of(text: str) -> list[Leaf]:
        said = Spoken(text, known=(Known("list_orders", json.dumps(TWO_ORDERS), is_call=False),))
        return asked_leaves(said, leaves(said))

    assert [leaf.value for leaf in asked_of("What is the total of the garden hose?")] == [31.5]
    assert asked_of("What is the total?") == []


@pytest.mark.parametrize(
    ("text", "is_question"),
    [("Which carrier has it?", True), ("Could you cancel it?", False), ("Cancel it", False), ("gate?", True)],
)
def test_what_asks(text: str, is_question: bool) -> None:
    assert asks(text) is is_question


def test_the_same_call_made_twice_is_made_once() -> None:
    asked = request("Cancel order ord_17", tools=(CANCEL,))
    allowed = held_of(asked)
    call = ToolCall("1", "cancel_order", '{"order_id":"ord_17"}')
    other = ToolCall("2", "cancel_order", '{"order_id":"ord_31"}')
    offered = Offered([json.dumps({"name": CANCEL.name, "description": "", "parameters": CANCEL.parameters}).encode()])
    again = held_again(asked, allowed, offered, [call, call])
    assert again is not None
    assert not again.request.parallel_tool_calls
    different = held_again(asked, allowed, offered, [call, other])
    assert different is None or different.request.parallel_tool_calls


PLAY = tool("play_track", "Play a track on a speaker", track_id=TEXT, speaker_=TEXT)
TRACKS = tool("album_tracks", "List the tracks of an album", album=TEXT)


def test_a_task_goes_on_with_the_tool_that_it_clearly_means() -> None:
    found = {"items": [{"track_id": "trk_01a", "name": "Low Water"}, {"track_id": "trk_07f", "name": "Ferryman"}]}
    asked = request("Play the track Ferryman", ("album_tracks", {"album": "Harbor"}, found), tools=(TRACKS, PLAY))
    assert next_call(asked) == ("play_track", {"track_id": "trk_07f"})


def test_behind_a_result_one_call_is_made_at_a_time_and_none_again() -> None:
    asked = request(
        "Find ingrid@fjord.example", ("find_customer", {"email": "i@f.example"}, CUSTOMER), tools=(FIND, ORDERS)
    )
    allowed = held_of(asked)
    assert not allowed.request.parallel_tool_calls
    offered = Offered([json.dumps({"name": FIND.name, "description": "", "parameters": FIND.parameters}).encode()])
    same = ToolCall("9", "find_customer", '{"email":"i@f.example"}')
    other = ToolCall("9", "find_customer", '{"email":"ingrid@fjord.example"}')
    again = held_again(asked, allowed, offered, [same])
    assert again is not None
    assert again.request.tools == ()
    assert held_again(asked, allowed, offered, [other]) is None


def test_what_results_surely_tell_is_told_and_not_looked_up_again() -> None:
    shipment = {"order_id": "ord_17", "carrier": "Colissimo"}
    fetched = ("get_shipment", {"order_id": "ord_17"}, shipment)
    assert held_of(request("Which carrier has ord_17?", fetched, tools=(SHIPMENT, FIND))).request.tools == ()


CALCULATOR = tool("calculator", "Evaluate an arithmetic expression", expression=TEXT)


def test_what_is_asked_of_numbers_is_computed_once() -> None:
    listed = ("list_orders", {"customer_id": "c"}, TWO_ORDERS)
    asked = request("What is the total of both orders together?", listed, tools=(ORDERS, CALCULATOR))
    assert next_call(asked) == ("calculator", {"expression": "249+31.5"})
    computed = ("calculator", {"expression": "249+31.5"}, {"value": 280.5})
    done = request("What is the total of both orders together?", listed, computed, tools=(ORDERS, CALCULATOR))
    assert next_call(done) is None


HEALTH = [
    {"id": "dep_3", "deployed_at": "2025-09-18", "health": "degraded", "no": 3},
    {"id": "dep_2", "deployed_at": "2025-09-16", "health": "failed", "no": 2},
    {"id": "dep_1", "deployed_at": "2025-09-11", "health": "healthy", "no": 1},
]


@pytest.mark.parametrize(
    ("said", "chosen"), [("the last healthy release", "dep_1"), ("the latest", "dep_3"), ("number two", "dep_2")]
)
def test_rows_by_values_that_are_said_whole(said: str, chosen: str) -> None:
    standings = Described(said).standings(HEALTH)
    assert [row["id"] for row, standing in zip(HEALTH, standings, strict=True) if standing > 0] == [chosen]


@pytest.mark.parametrize(
    ("text", "result", "answer"),
    [
        ("How many minutes does it run?", {"title": "Snow", "runtime_min": 163}, "The runtime is 163 min."),
        ("Who deployed it?", {"version": "2", "deployed_by": "N. Haddad"}, "Deployed by: N. Haddad."),
        ("Is it open?", {"error": "no shop of that name"}, "That did not work: no shop of that name"),
        (
            "In which journal is it?",
            {"title": "On Salt", "venue": "Acta"},
            "The title is On Salt and the venue is Acta.",
        ),
    ],
)
def test_values_are_told_as_people_would_say_them(text: str, result: Any, answer: str) -> None:
    assert is_told(answer, request(text, ("get_shipment", {"order_id": "1"}, result), tools=(SHIPMENT,)))
