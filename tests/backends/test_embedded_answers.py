"""Questions taken apart, and what of tools' results answers them."""

import json
from typing import Any

import pytest

from tercet.backends.embedded.spoken import Known, Spoken
from tercet.backends.embedded.telling.answers import Answer, Trust, answered
from tercet.backends.embedded.telling.lines import line_of
from tercet.backends.embedded.telling.questions import parts

SERVICE = {
    "service": "mail-relay",
    "version": "2.18.4",
    "replicas": {"wanted": 3, "ready": 2},
    "deployed_by": "N. Haddad",
}
FILM = {"title": "Snow", "year": 2011, "director": "Defne Arslan", "composer": "Levon Petro", "runtime_min": 163}
BENEFITS = {
    "employee_id": 20719,
    "benefits": [
        {"code": "PEN", "name": "Pension", "provider": "Norwood Life"},
        {"code": "MED", "name": "Health top-up", "provider": "Carewell"},
    ],
}
WEATHER = {
    "place": {"name": "Tromsø", "lat": 69.65},
    "temp": {"min": 6.4, "max": 13.7},
    "rain": {"probability_pct": 85},
}
LOG = "2026-05-01 INFO started worker 1\n2026-05-09 ERROR E6409 disk is full\n2026-05-09 ERROR E8735 disk is full"


def answer(text: str, *results: Any) -> Answer:
    known = [
        Known("look_up", one if isinstance(one, str) else json.dumps(one, ensure_ascii=False), False) for one in results
    ]
    return answered(Spoken(text, known=tuple(known)))


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Which carrier has my order?", [("which", ("carri",))]),
        ("what's the tracking code", [("what", ("track", "cod"))]),
        ("Which version is running, and who deployed it?", [("which", ("version",)), ("who", ())]),
        ("Cancel it and give me the confirmation number.", [("what", ("confirm", "numb"))]),
        ("how many minutes does it run", [("how many", ("minut",))]),
        ("How many of the mugs are in stock?", [("how many", ())]),
        ("She wants to know who her provider is.", [("who", ())]),
        ("Make it warm where the sofa is.", []),
        ("What I am looking for is a psychologist.", []),
        ("Cancel my order.", []),
    ],
)
def test_what_a_message_asks_for(text: str, asked: list[tuple[str, tuple[str, ...]]]) -> None:
    assert [(part.word, part.heads) for part in parts(text)] == asked


@pytest.mark.parametrize(
    ("text", "result", "values"),
    [
        ("Which version is running and who deployed it?", SERVICE, ["2.18.4", "N. Haddad"]),
        ("How many replicas are ready?", SERVICE, [2]),
        ("How many minutes does Snow run?", FILM, [163]),
        ("Who is her pension provider?", BENEFITS, ["Norwood Life"]),
        ("how warm will it get in Tromsø and how likely is rain", WEATHER, [13.7, 85]),
        ("What does the kettle cost?", {"text": "# Kettle\n\nPrice: €37.36\n\nIn stock: 94"}, ["€37.36"]),
        ("How many of the kettle are in stock?", {"text": "# Kettle\n\nPrice: €37.36\n\nIn stock: 94"}, ["94"]),
    ],
)
def test_fields_that_a_question_means(text: str, result: Any, values: list[Any]) -> None:
    assert [leaf.value for leaf in answer(text, result).leaves] == values


def test_what_is_named_is_sure_and_what_is_guessed_is_not() -> None:
    assert answer("Which version is running?", SERVICE).trust is Trust.SURE
    assert answer("How much am I paying?", {"payee": "Okafor", "amount": 875.5}).trust is Trust.LIKELY
    assert answer("How much am I paying?", {"amount": 875.5, "fee": 2.5}).trust is Trust.MEANT
    assert answer("How many PLN does it cost?", {"item": "scarf", "price_eur": 76}).trust < Trust.LIKELY
    assert answer("In which journal did it appear?", {"title": "Cathodes", "venue": "EL"}).trust is Trust.WHOLE


def test_where_no_field_can_be_told_the_record_is_told_whole() -> None:
    assert [
        leaf.value for leaf in answer("In which journal did it appear?", {"title": "Cathodes", "venue": "EL"}).leaves
    ] == [
        "Cathodes",
        "EL",
    ]
    assert not answer("Which one is it?", {"rows": [{"name": "a", "size": 1}, {"name": "b", "size": 2}]}).trust


def test_a_failure_is_told_whatever_was_asked() -> None:
    failed = answer("Renew my loan.", {"ok": False, "message": "Reserved by another reader.", "due": "2025-07-11"})
    assert failed.has_failed
    assert [leaf.value for leaf in failed.leaves] == ["Reserved by another reader.", "2025-07-11"]
    assert not answer("Renew my loan.", {"ok": True, "due": "2025-07-11"}).trust


def test_what_the_tool_is_called_and_a_lone_number_are_the_models_to_tell() -> None:
    weather = Spoken(
        "What is the weather in Oslo?", known=(Known("get_weather", '{"wind": 3, "humidity": 40}', False),)
    )
    assert not answered(weather).trust
    assert not answer("How much is it?", {"value": 847}).trust
    assert not answer("How much is it?").trust


def test_the_line_that_has_the_words_of_a_question() -> None:
    assert answer("What is the code of the first ERROR line?", {"text": LOG}).line == LOG.splitlines()[1]
    assert answer("What is the code of the last ERROR line?", LOG).line == LOG.splitlines()[2]
    assert answer("Is worker 1 started?", LOG).line == LOG.splitlines()[0]
    assert not answer("What does the Kettle cost?", {"text": "* Lamp\n* Kettle\n* Chair"}).line
    assert not answer("How many no votes?", {"text": '{\n "East": {"yes": 4},\n "West": {"no": 3}\n}'}).line
    prose = "Use a clip. Hold the button for 12 seconds until the light blinks. All settings are then deleted."
    assert line_of(Spoken("How many seconds is the button held?", known=(Known("", prose, False),))).text.startswith(
        "Hold"
    )


def test_the_arguments_of_a_call_are_no_answer() -> None:
    known = (Known("find", '{"version": "9"}', True), Known("find", '{"name": "x", "version": "2"}', False))
    assert [leaf.value for leaf in answered(Spoken("Which version is it?", known=known)).leaves] == ["2"]
