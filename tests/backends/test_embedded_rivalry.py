"""Kinds of values, values that a request assigns by name, and values that are weighed against their rivals."""

import json
from typing import Any

import pytest

from tercet.backends.embedded.drafts import assignment, rivalry, scorer
from tercet.backends.embedded.drafts.parameters import Parameter, parameters
from tercet.backends.embedded.drafts.requests import read
from tercet.backends.embedded.drafts.scorer import Value
from tercet.backends.embedded.spoken import Spoken
from tercet.backends.embedded.wording.kinds import code_of, kinds_of, wanted_kinds
from tercet.backends.embedded.wording.words import identifier_stems


def parameters_of(name: str, **fields: dict[str, Any]) -> tuple[Parameter, ...]:
    schema = {"type": "object", "properties": fields, "required": list(fields)}
    return parameters(json.dumps({"name": name, "description": name.replace("_", " "), "parameters": schema}).encode())


def likeliest(offered: tuple[Parameter, ...], text: str) -> dict[str, Any]:
    found = assignment.fields(read(Spoken(text)), offered)
    return {field.name: max(field.values, key=lambda value: value.chance).value for field in found}


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Paris, France", {"city"}), ("New York", {"city", "state"}), ("Jane Roe", {"person"}),
        ("Rice University", {"organization"}), ("Grand Hotel", {"venue"}), ("621 Campbell Ave", {"street"}),
        ("a@b.org", {"email"}), ("https://b.org/a", {"link"}), ("December", {"month"}), ("Euros", {"currency"}),
        ("Georgia", {"country", "state"}), ("a sonnet", set()), ("b=6", set()),
    ],
)  # fmt: skip
def test_a_value_is_of_the_kinds_that_its_words_and_its_look_tell(text: str, kinds: set[str]) -> None:
    assert kinds_of(text) == kinds


def test_a_parameter_wants_the_kinds_that_its_name_tells() -> None:
    assert "city" in wanted_kinds(identifier_stems("city"))
    assert not wanted_kinds(identifier_stems("colour")) & {"city", "email"}
    (email,) = parameters_of("send", contact_email={"type": "string"})
    assert email.kinds == {"email"}


def test_a_currency_is_told_by_its_code_and_a_language_where_the_tool_asks_for_that() -> None:
    assert code_of("Canadian dollars", "currency") == "CAD"
    convert = parameters_of(
        "convert_currency", amount={"type": "number"}, from_currency={"type": "string"}, to_currency={"type": "string"}
    )
    said = read(Spoken("Convert 150 Euros to Swiss francs."))
    forms = [value.forms for value in scorer.scores(said, convert[1])]
    assert ("EUR", "Euros") in forms
    translate = "Translate 'good morning' into French"
    for about, first in (("Language code of the translation", "fr"), ("Language of the translation", "French")):
        (_, target) = parameters_of(
            "translate", text={"type": "string"}, target_language={"type": "string", "description": about}
        )
        assert first in [value.value for value in scorer.scores(read(Spoken(translate)), target)]


def test_what_is_assigned_by_name_goes_there_and_nowhere_else() -> None:
    solve = parameters_of("solve_quadratic", a={"type": "integer"}, b={"type": "integer"}, c={"type": "integer"})
    assert likeliest(solve, "Solve a quadratic equation where a=2, b=6, and c=5") == {"a": 2, "b": 6, "c": 5}
    test = parameters_of("t_test", alpha={"type": "number"}, num_samples={"type": "integer"})
    assert likeliest(test, "Run a two-sample t-test with alpha equal to 0.05")["alpha"] == 0.05


def test_numbers_of_a_list_are_those_in_brackets_where_there_are_such() -> None:
    (values,) = parameters_of("mean", values={"type": "array", "items": {"type": "number"}})
    found = scorer.scores(read(Spoken("The mean of [4, 8] and [15, 16] with alpha 0.05")), values)
    assert [value.value for value in found] == [[4, 8], [15, 16]]


def test_a_value_goes_to_the_parameter_that_has_no_other() -> None:
    origin, target = parameters_of("fly", origin={"type": "string"}, target={"type": "string"})
    seattle, mexico = Value(0.92, ("Seattle",), 0, 7), Value(0.9, ("Mexico City",), 30, 41)
    of_origin, of_target = rivalry.settled(
        [[seattle, mexico], [seattle._replace(chance=0.89), mexico._replace(chance=0.16)]], (origin, target)
    )
    assert of_origin[1].chance > of_origin[0].chance
    assert of_target[0].chance > max(of_origin[0].chance, of_target[1].chance)


def test_what_hardly_fits_is_not_told_because_it_is_all_there_is() -> None:
    (place,) = parameters_of("reserve", location={"type": "string"})
    ((value,),) = rivalry.settled([[Value(0.004, ("wife",), 0, 4)]], (place,))
    assert value.chance < assignment.MIN_CHANCE


def test_values_of_several_requests_stay_likely_beside_each_other() -> None:
    (city,) = parameters_of("get_weather", city={"type": "string"})
    cities = [Value(0.95, (name,), 10 * place, 10 * place + 4) for place, name in enumerate(("Rome", "Oslo", "Lima"))]
    (found,) = rivalry.settled([cities], (city,))
    assert all(value.chance >= 0.95 for value in found)


def test_a_choice_whose_words_are_a_part_of_another_one_is_seldom_meant() -> None:
    (race,) = parameters_of("plan_training", race={"type": "string", "enum": ["5k", "marathon", "half_marathon"]})
    assert likeliest((race,), "I'd like to run a half marathon before winter") == {"race": "half_marathon"}
    assert likeliest((race,), "I'd like to run a marathon before winter") == {"race": "marathon"}


def test_neither_a_file_nor_the_form_of_a_day_is_a_day() -> None:
    day = {"type": "string", "description": "YYYY-MM-DD"}
    offered = parameters_of("date_add", date=day, days={"type": "integer"})
    found = scorer.scores(read(Spoken("Which date is in invoice.json? Give it as YYYY-MM-DD.")), offered[0])
    assert max((value.chance for value in found), default=0.0) < assignment.MIN_CHANCE
