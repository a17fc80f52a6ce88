"""What an answer behind a tool's results may say: its facts as they are, the conversation's words, plain words."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from llguidance import LLMatcher, LLTokenizer

from tercet.backends.embedded.backend import EmbeddedBackend
from tercet.backends.embedded.tasks import MAX_HELD_TOKENS, MAX_OUTPUT_TOKENS
from tercet.backends.embedded.telling.forms import forms
from tercet.backends.embedded.telling.rules import MAX_READ, brief_rules, telling_rules
from tercet.engine.settings import EngineSettings
from tercet.events import fold
from tercet.items import Item, Message, ModelRequest, Sampling, TextPart, ToolCall, ToolDefinition, ToolResult
from tests.engine.tiny_gguf import write_family

BYTES = LLTokenizer("byte")
DENTIST = {"address": "101 Gregory Lane", "city": "Pleasant Hill", "phone_number": "925-827-9876", "name": "Dr. Celio"}
WEATHER = {"city": "El Sobrante", "date": "2019-03-06", "humidity": 22, "wind": 12, "temperature": 76.5}


def request_of(result: Any, asked: str = "Find me a dentist in Pleasant Hill.", *more: Item) -> ModelRequest:
    content = result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)
    items = (
        Message("user", (TextPart(asked),)),
        ToolCall("call_1", "find", '{"reference":"AB-17"}'),
        ToolResult("call_1", (TextPart(content),)),
        *more,
    )
    return ModelRequest(items)


def is_allowed(answer: str, result: Any, asked: str = "Find me a dentist in Pleasant Hill.") -> bool:
    rules = telling_rules(request_of(result, asked))
    assert rules
    assert not LLMatcher.validate_grammar("start: text\n" + rules, None)
    matcher = LLMatcher(BYTES, "start: text\n" + rules)
    tokens = BYTES.tokenize_str(answer)
    return matcher.validate_tokens(tokens) == len(tokens) and matcher.consume_tokens(tokens) and matcher.is_accepting()


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        ("I found Dr. Celio: address 101 Gregory Lane, city Pleasant Hill, phone number 925-827-9876.", DENTIST),
        ("The phone number is 925-827-9876.", DENTIST),
        ("I found this: city El Sobrante, date 2019-03-06, humidity 22, wind 12, temperature 76.5.", WEATHER),
        ("The temperature is 76.5. On March 6th the humidity is 22.", WEATHER),
        ("It is 21:07 on Saturday.", {"datetime": "2028-06-24T21:07:48", "weekday": "Saturday"}),
        ("The total is 2,637.55.", {"value": 2637.55}),
        ("It comes to $1,250.", {"value": 1250}),
        ("I found 3 of them.", {"hits": ["x1", "x2", "x3"]}),
        ("3 baths", {"baths": 3}),
        ("That did not work: no match for AB-17", {"error": "no match for AB-17"}),
        ("Done.", {"ok": True}),
        ("The weather is light snow.", {"city": "Pleasant Hill", "condition": "light snow", "wind": 14}),
        ("I found 2 hotels.", {"hotels": [{"name": "Bristol", "price": 90}, {"name": "Rex", "price": 80}]}),
        ("I found Rex: price 80.", {"hotels": [{"name": "Bristol", "price": 90}, {"name": "Rex", "price": 80}]}),
        ("The mayor is Carol.", "# Cairo\n\nPopulation: 89000\n\nMayor: Carol\n\nMore about the town of Cairo"),
        ("I found Dr. Celio in Pleasant Hill.", [DENTIST]),
        ("log.txt does not mention Oakland.", {"matches": []}),
    ],
)
def test_facts_are_told_in_words(answer: str, result: Any) -> None:
    assert is_allowed(answer, result, "Does log.txt in Pleasant Hill mention Oakland? AB-17")


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        ("I found this: address 101 Gregory Lane, city Pleasant Museum.", DENTIST),
        ("The phone number is 925-827.", DENTIST),
        ("The city is 101 Gregory Lane.", DENTIST),
        ("I found 101 Gregory Lane.", DENTIST),
        ("I found Dr. Celio. It is in Santa Clara.", DENTIST),
        ("The temperature is 22.", WEATHER),
        ("It is 22 percent.", WEATHER),
        ("The total is 2637.", {"value": 2637.55}),
        ("The total is 26375.5.", {"value": 2637.55}),
        ("The mayor is Bob.", "# Cairo\n\nPopulation: 89000\n\nMayor: Carol\n\nMore about the town of Cairo"),
        ("It is quibberish.", {"value": 5}),
        ("It is 5.00.", {"value": 5}),
        ("The weather is Pleasant Hill.", {"city": "Pleasant Hill", "condition": "light snow", "wind": 14}),
        ("The weather is not light snow.", {"city": "Pleasant Hill", "condition": "light snow", "wind": 14}),
        ("I found 3 hotels.", {"hotels": [{"name": "Bristol", "price": 9}, {"name": "Rex", "price": 8}]}),
        ("I couldn't do it: AB-17.", {"error": "no match for AB-17"}),
    ],
)
def test_nothing_else_is(answer: str, result: Any) -> None:
    assert not is_allowed(answer, result)


def test_a_row_that_is_listed_is_listed_whole() -> None:
    assert not is_allowed("I found this: address 101 Gregory Lane, city Pleasant Hill.", DENTIST)
    many = {f"field_{letter}": letter * 3 for letter in "abcdefghijklmnopqrst"}
    assert is_allowed("I found this: field a aaa, field b bbb.", many)


def test_the_users_own_names_and_numbers_may_be_said() -> None:
    assert is_allowed("71 kilometers is 44.1 for Zoë.", {"value": 44.1}, "How much is 71 kilometers? Zoë asks.")
    assert not is_allowed("71 kilometers is 44.1 for Zoë.", {"value": 44.1}, "How much is it?")


def test_only_an_answer_directly_behind_a_result_is_held() -> None:
    spoken = Message("user", (TextPart("And where?"),))
    assert telling_rules(request_of(DENTIST))
    assert not telling_rules(request_of(DENTIST, "Find one.", spoken))
    assert not telling_rules(ModelRequest((spoken,)))


def test_a_conversation_that_is_too_long_is_not_held() -> None:
    assert not telling_rules(request_of("word " * MAX_READ))
    assert not telling_rules(request_of([DENTIST] * 120))


@pytest.mark.parametrize(
    "result",
    [
        "", "[]", "{}", "null", "5", '"text"', "[[[]]]", {"": 1}, {"数量": "三"}, {"a/b": "c/d|e[f](g)*+?^$&~#<>@-\\"},
        {"q": 'say "hi"\nthere, {x}'}, {"list": ["a\tb", "\u0000\u001b", "\ud7ff😀"]}, [{"n": None, "b": True}] * 3,
        {"found": "found", "there": "There is"}, "* a: b\n| c | d |\n-- : |", [1, 2.5, -3e99],
    ],
)  # fmt: skip
def test_whatever_a_tool_returns_makes_a_grammar(result: Any) -> None:
    assert is_allowed("It is done.", result)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("2019-03-01", {"2019-03-01", "March 1st", "1 March 2019"}), ("18:30", {"18:30", "6:30 pm"}),
        ("07:00", {"7 am", "7:00 AM"}), (11721.7, {"11721.7", "11,721.7"}), ("4.60", {"4.60", "4.6"}),
        ("21 °C", {"21 °C", "21"}), (True, {"yes"}), (None, {"none"}), ("Family", {"family"}),
        ("2019-13-41", {"2019-13-41"}),
    ],
)  # fmt: skip
def test_a_value_has_forms(value: Any, said: set[str]) -> None:
    assert said <= set(forms(value))


@pytest.mark.parametrize("holds_answers", [True, False])
async def test_a_model_whose_manifest_says_so_is_held(tmp_path: Path, holds_answers: bool) -> None:
    model = write_family(tmp_path, "tercet")
    model.with_suffix(".json").write_text(json.dumps({"holds_answers": holds_answers}))
    backend = EmbeddedBackend("embedded", model, "random", EngineSettings(context=2048, parallel=1))
    sampling = Sampling(temperature=1.0, seed=5, max_output_tokens=60)
    request = msgspec.structs.replace(request_of({"value": 2637.55}), sampling=sampling)
    try:
        output = await fold(backend.generate(request))
    finally:
        await backend.close()
    (message,) = output.items
    assert isinstance(message, Message)
    matcher = LLMatcher(BYTES, "start: text\n" + telling_rules(request))
    tokens = BYTES.tokenize_str(message.text)
    assert (matcher.validate_tokens(tokens) == len(tokens)) is holds_answers


@pytest.mark.parametrize("holds_answers", [True, False])
async def test_an_answer_to_tools_has_an_end(tmp_path: Path, holds_answers: bool) -> None:
    model = write_family(tmp_path, "tercet")
    model.with_suffix(".json").write_text(json.dumps({"holds_answers": holds_answers}))
    backend = EmbeddedBackend("embedded", model, "random", EngineSettings(context=2048, parallel=1))
    tool = ToolDefinition("find", "Find a thing", {"type": "object", "properties": {"what": {"type": "string"}}})
    request = ModelRequest((Message("user", (TextPart("Hello there"),)),), tools=(tool,))
    named = msgspec.structs.replace(request, sampling=Sampling(max_output_tokens=7))
    try:
        await backend.start()
        jobs = [(await backend._prepare(await backend._ready(), each)).job for each in (request, named)]
    finally:
        await backend.close()
    assert [job.max_tokens for job in jobs] == [MAX_HELD_TOKENS if holds_answers else MAX_OUTPUT_TOKENS, 7]


def test_a_user_who_offers_tools_is_answered_briefly() -> None:
    tool = ToolDefinition("find", "Find a thing", {"type": "object", "properties": {}})
    asked = ModelRequest((Message("user", (TextPart("Hello there"),)),), tools=(tool,))
    matcher = LLMatcher(BYTES, "start: text\n" + brief_rules(asked))
    for answer, is_brief in (("What is the city?", True), ("of the id " * 60, False)):
        tokens = BYTES.tokenize_str(answer)
        assert (matcher.validate_tokens(tokens) == len(tokens)) is is_brief
    assert brief_rules(msgspec.structs.replace(asked, tools=())) == ""
