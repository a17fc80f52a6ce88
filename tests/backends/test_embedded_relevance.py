"""Which offered tool a request likely means: ranking, levels, cost, and text that would break a scorer."""

import json
import time
from typing import Any

import pytest

from tercet.backends.embedded import relevance
from tercet.backends.embedded.relevance import Offered


def tool(name: str, description: str = "", parameters: Any = None) -> bytes:
    return json.dumps({"name": name, "description": description, "parameters": parameters or {}}).encode()


WEATHER = tool("get_weather", "Current weather in a city.")
MAIL = tool("sendEmail", "Send a message to somebody.")
TIMER = tool("set_timer", "Start a countdown.", {"properties": {"minutes": {"type": "integer"}}})
TOOLS = [WEATHER, MAIL, TIMER]


@pytest.mark.parametrize(
    ("request_text", "wanted"),
    [
        ("What's the weather in Lisbon?", "get_weather"),
        ("send an email to bob@example.org", "sendEmail"),
        ("Set a timer for ten minutes", "set_timer"),
        ("will it rain tomorrow in Oslo", "get_weather"),
    ],
)
def test_the_meant_tool_comes_first(request_text: str, wanted: str) -> None:
    assert Offered(TOOLS).hints(request_text)[0].name == wanted


def test_a_request_that_no_tool_serves_gets_one_hint_of_a_low_level() -> None:
    (hint,) = Offered(TOOLS).hints("Who wrote the national anthem of Peru?")
    assert hint.level <= 1


def test_a_named_tool_is_certain() -> None:
    assert Offered(TOOLS).hints("please call set_timer with minutes=3")[0] == (5, "set_timer")


def test_several_meant_tools_are_all_named() -> None:
    found = Offered(TOOLS).hints("Get the weather in Rome and send an email to Ann with it")
    assert {hint.name for hint in found[:2]} == {"get_weather", "sendEmail"}


def test_no_more_than_the_limit_are_named() -> None:
    many = [tool(f"get_weather_{place}", "Weather of a city.") for place in "abcdefgh"]
    assert len(Offered(many).hints("get the weather of a city")) == relevance.MAX_HINTS


@pytest.mark.parametrize("text", ["", "   ", "🙂", "ß" * 10, "東京の天気", "\x00\ue000", "a" * 100_000, "-1 2 3"])
def test_any_text_has_an_answer(text: str) -> None:
    (hint, *_) = Offered(TOOLS).hints(text)
    assert 0 <= hint.level <= len(relevance.LEVELS)


@pytest.mark.parametrize(
    "parameters",
    [None, True, [], {"properties": []}, {"properties": {"a": True, "b": {"enum": [1, None, "x"]}, "c": {"items": 3}}}],
)
def test_any_schema_has_a_profile(parameters: Any) -> None:
    encoded = json.dumps({"name": "f", "description": None, "parameters": parameters}).encode()
    assert relevance.profile(encoded).name == "f"


def test_no_tools_no_hints() -> None:
    assert Offered([]).hints("anything") == ()


def test_names_fall_apart_into_words_and_endings_do_not_matter() -> None:
    assert relevance.stems("getHTTPResponses", 9) == relevance.stems("get_http_response", 9)
    assert relevance.stems("booking booked books", 9) == relevance.stems("book", 9)


def test_many_big_tools_cost_little() -> None:
    """The first request with 128 tools of 40 described fields each, then another over the same tools."""
    text = "the quick brown fox jumps over lazy dogs while searching orders by customer and date " * 3
    fields = {f"field_{number}": {"type": "string", "description": text} for number in range(40)}
    many = [tool(f"tool_{number}", text, {"properties": fields}) for number in range(128)]
    relevance.table()
    began = time.process_time()
    Offered(many).hints("search the orders of customer 7")
    first = time.process_time() - began
    began = time.process_time()
    Offered(many).hints("search the orders of customer 8 by date")
    assert time.process_time() - began < 0.05
    assert first < 1.0


def test_what_is_kept_is_bounded_and_holds_no_texts() -> None:
    kept: relevance.Kept[str] = relevance.Kept(2)
    made: list[bytes] = []

    def get(key: bytes) -> str:
        def make() -> str:
            made.append(key)
            return key.decode()

        return kept.get(key, make)

    assert [get(key) for key in (b"a", b"b", b"a", b"c")] == ["a", "b", "a", "c"]
    made.clear()
    for key in (b"a", b"b"):
        get(key)
    assert made == [b"b"]
    assert all(len(word) <= relevance.MAX_WORD for word in relevance.stems("x" * 10_000 + " " + "Ab" * 5000, 300))
