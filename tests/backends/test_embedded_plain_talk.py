"""What is said to people who ask for nothing, what of a conversation is recalled, and asides beside tools."""

import msgspec
import pytest

from tercet.backends.embedded.plain.answers import UNABLE
from tercet.backends.embedded.plain.courtesy import ABLE, MAX_LENGTH, MAX_NAMED, attention, courtesy, identity
from tercet.backends.embedded.plain.keeping import (
    as_it_stands,
    asks_list,
    asks_suggested,
    list_so_far,
    looks_back,
    own_name,
    said_before,
    suggested,
)
from tercet.backends.embedded.plain.rules import aside, plain_rules
from tercet.items import ModelRequest, OutputFormat, ToolCall, ToolChoice, ToolDefinition, ToolResult
from tests.backends.turns import answer_to, turns

WEATHER = ToolDefinition("get_weather", "Tell the weather", {"type": "object", "properties": {}})
CALCULATOR = ToolDefinition("calculator", "Compute", {"properties": {"expression": {"type": "string"}}})
LUMI = "You are Lumi, the assistant of Falk Bakery."


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        ("Hello!", "Hello! What can I do for you?"),
        ("Bonjour", "Hello! What can I do for you?"),
        ("Good morning", "Good morning! What can I do for you?"),
        ("Good evening, everyone!", "Good evening! What can I do for you?"),
        ("How are you?", "I am fine, thank you. What can I do for you?"),
        ("Are you there?", "Yes, I am here. What can I do for you?"),
        ("ping", "Yes, I am here. What can I do for you?"),
        ("Thank you so much!", "You're welcome!"),
        ("Danke!", "You're welcome!"),
        ("See you later!", "Goodbye, and take care!"),
        ("Good night!", "Good night!"),
        ("ok", "All right. Is there anything else that I can do for you?"),
        ("I am so tired today.", "I am sorry to hear that; I hope it gets better soon."),
        ("I passed my exam, I am so happy!", "That is good to hear!"),
        ("What can you do?", ABLE),
        ("", "Hello! What can I do for you?"),
    ],
)
def test_a_courtesy_is_returned(message: str, answer: str) -> None:
    assert courtesy(message, "", "mini") == answer_to(message) == answer


@pytest.mark.parametrize(
    "message",
    [
        "Hello, who won?",
        "What is the price?",
        "Hello, the lamp in room 12 is broken. Who repairs it?",
        "What are you doing with the box of 12 pens?",
        "Thanks for the report, which page names the price?",
        "Hello! " + "The lamp is broken. " * MAX_LENGTH,
    ],
)
def test_a_message_that_asks_for_more_is_no_courtesy(message: str) -> None:
    assert courtesy(message, "", "mini") == ""


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ("", "I am a small language model (mini) of Tercet."),
        ("Be brief.", "I am a small language model (mini) of Tercet."),
        ("Your name is Nora.", "I am Nora, a small language model (mini) of Tercet."),
        (LUMI, "I am Lumi, the assistant of Falk Bakery, a small language model (mini) of Tercet."),
        (
            "You are a booking assistant for a hotel. Be brief.",
            "I am a booking assistant for a hotel, a small language model (mini) of Tercet.",
        ),
    ],
)
def test_a_model_says_who_it_is(rules: str, said: str) -> None:
    assert identity(rules, "mini") == said
    assert answer_to("Who are you?", rules=rules) == said


def test_a_model_without_a_name_is_a_model_all_the_same() -> None:
    assert identity("", "") == "I am a small language model of Tercet."


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (("My locker is number 14.", "Noted.", "What is my locker number?"), "14"),
        (("My name is Ines.", "Hello Ines!", "What is my name?"), "Ines"),
        (
            ("Hi, I'm Ines.", "Hello!", "My favourite colour is teal.", "Nice.", "What is my favourite colour?"),
            "teal",
        ),
        (
            ("My sister Ann lives in Oslo and my brother Ben in Lyon.", "Nice.", "My name is Ada.", "Hi!", "Who am I?"),
            "Ada",
        ),
        (("The party is on Monday.", "Noted.", "Actually, make that Tuesday.", "Noted.", "When is it now?"), "Tuesday"),
        (
            (
                "The code for the gate is 4711.", "Got it.", "Sorry, the code is 4712.", "Thanks.",
                "What is the code for the gate?",
            ),
            "4712",
        ),
        (
            (
                "My shopping list: bread, milk and eggs.", "Noted.", "Add butter.", "Added.",
                "Remove the milk.", "Done.", "What is on my list now?",
            ),
            "bread, eggs, butter",
        ),
        (
            (
                "We need a name for our cat.", "How about Pepper?", "And one for the dog.", "How about Bruno?",
                "What did you suggest for the cat?",
            ),
            "Pepper",
        ),
    ],
)  # fmt: skip
def test_what_was_said_before_is_recalled(said: tuple[str, ...], answer: str) -> None:
    assert answer_to(*said) == answer


def test_what_an_app_tells_is_answered_from() -> None:
    rules = f"{LUMI} The bakery opens at seven and closes at four. Answer questions of customers."
    assert answer_to("When does the bakery close?", rules=rules) == "four"


@pytest.mark.parametrize("message", ["What is my name?", "What is my locker number?"])
def test_what_was_not_said_is_not_recalled(message: str) -> None:
    assert answer_to(message) == UNABLE


@pytest.mark.parametrize(
    ("said", "value", "now"),
    [
        (("The meeting is on Monday.", "Actually, make that Tuesday."), "Monday", "Tuesday"),
        (("I need 4 seats.", "Sorry, I meant 6."), "4 seats", "6 seats"),
        (("I need 4 seats, no, 5 seats.",), "4 seats", "5 seats"),
        (("The gate code is 4711.", "Wait, the code changed to 4712."), "4711", "4712"),
        (("I live in Oslo.", "It is 5 degrees here."), "Oslo", "Oslo"),
        (("I live in Oslo.",), "Lyon", "Lyon"),
    ],
)
def test_a_value_is_what_it_was_corrected_to(said: tuple[str, ...], value: str, now: str) -> None:
    assert as_it_stands(said, value) == now


def test_a_list_grows_and_shrinks_over_turns() -> None:
    said = ["My list: bread, milk and eggs", "Add butter and jam.", "Take the milk off, and add rice"]
    assert list_so_far(said) == ["bread", "eggs", "butter", "jam", "rice"]
    assert list_so_far(["Hello there"]) == []


def test_the_turns_are_those_of_who_is_asked_about() -> None:
    said = turns("A name for the cat?", "How about Pepper?", "And now?")
    assert said_before(said, "What did I ask?") == ["A name for the cat?"]
    assert said_before(said, "What did you suggest?") == ["How about Pepper?"]
    assert suggested(said, "What did you suggest for the cat?") == "Pepper"
    assert suggested(turns("A name?", "I have none.", "What did you suggest?"), "What did you suggest?") == ""


@pytest.mark.parametrize(
    ("question", "is_back", "is_suggested", "is_whole"),
    [
        ("What did I say before?", True, False, False),
        ("What did you suggest?", True, True, False),
        ("What is on the list so far?", True, False, True),
        ("Who won?", False, False, False),
    ],
)
def test_a_question_looks_back(question: str, is_back: bool, is_suggested: bool, is_whole: bool) -> None:
    assert (looks_back(question), asks_suggested(question), asks_list(question)) == (is_back, is_suggested, is_whole)


@pytest.mark.parametrize(
    ("said", "question", "name"),
    [
        (["My name is Ines Falk."], "What is my name?", "Ines Falk"),
        (["Call me Bo."], "Who am I?", "Bo"),
        (["I'm Ines.", "Sorry, my name is Inez."], "What is my name?", "Inez"),
        (["My name is Ines."], "What time is it?", ""),
        (["It rains."], "What is my name?", ""),
    ],
)
def test_a_user_gave_a_name(said: list[str], question: str, name: str) -> None:
    assert own_name(said, question) == name


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("Hello!", "Hello! What can I do for you?"),
        ("Thanks!", "You're welcome!"),
        ("Good night", "Good night!"),
        ("Who are you?", "I am a small language model (mini) of Tercet."),
        ("What can you do?", "I can call the tools that I was given: get weather."),
        ("What is 17*23?", "391"),
        ("What is the weather in Oslo?", ""),
        ("Hello, what is the weather in Oslo?", ""),
        ("ok", ""),
        ("", ""),
    ],
)
def test_what_asks_nothing_of_the_tools_is_answered_aside(message: str, said: str) -> None:
    assert aside(ModelRequest(turns(message), tools=(WEATHER,)), "mini") == said


def test_a_sum_is_left_to_a_calculator() -> None:
    assert aside(ModelRequest(turns("What is 17*23?"), tools=(CALCULATOR,)), "mini") == ""


def test_an_aside_knows_the_apps_rules() -> None:
    request = ModelRequest(turns("Who are you?", rules=LUMI), tools=(WEATHER,))
    assert aside(request, "mini") == "I am Lumi, the assistant of Falk Bakery, a small language model (mini) of Tercet."


@pytest.mark.parametrize(
    "request_",
    [
        ModelRequest(turns("Hello!"), tools=(WEATHER,), tool_choice=ToolChoice("required")),
        ModelRequest(turns("Hello!"), tools=(WEATHER,), output_format=OutputFormat("json_object")),
        ModelRequest((*turns("Hello!"), ToolCall("call_1", "get_weather", "{}"), ToolResult("call_1", ())), (WEATHER,)),
        ModelRequest(()),
    ],
    ids=["required", "object", "result", "empty"],
)
def test_a_request_for_a_call_an_object_or_a_result_has_no_aside(request_: ModelRequest) -> None:
    assert aside(request_, "mini") == ""


def test_few_of_many_tools_are_named() -> None:
    names = [f"tool_{letter}" for letter in "abcdefgh"]
    told = attention("What can you do?", "", "mini", names)
    assert told.startswith("I can call the tools that I was given: tool a, tool b, ")
    assert told.endswith(f"tool f and {len(names) - MAX_NAMED} more.")


def test_the_grammar_of_an_answer_is_that_answer() -> None:
    request = ModelRequest(turns("What is 17 * 23?"))
    assert plain_rules(request, "mini") == "text: /391/\n"
    assert plain_rules(msgspec.structs.replace(request, tools=(WEATHER,)), "mini") == ""
    assert plain_rules(msgspec.structs.replace(request, items=()), "mini") == ""
    as_object = msgspec.structs.replace(request, output_format=OutputFormat("json_object"))
    assert plain_rules(as_object, "mini") == ""
