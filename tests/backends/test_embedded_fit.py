"""How likely a tool is meant, given what is said of its arguments."""

import json
from typing import Any

import pytest

from tercet.backends.embedded import fit
from tercet.backends.embedded.drafts.parameters import parameters
from tercet.backends.embedded.hints import Offered
from tercet.backends.embedded.spoken import Spoken


def tool(name: str, about: str, *needed: str, **fields: Any) -> bytes:
    schema = {"type": "object", "properties": fields, "required": list(needed)}
    return json.dumps({"name": name, "description": about, "parameters": schema}).encode()


PRESSURE = tool(
    "log_blood_pressure",
    "Writes down a measurement of blood pressure.",
    "systolic",
    "diastolic",
    systolic={"type": "integer"},
    diastolic={"type": "integer"},
)
LIGHTS = tool("turn_off_lights", "Turns the lights off in a room.", "room", room={"type": "string"})


def chance(text: str, tool: bytes) -> float:
    return next(iter(Offered([tool]).chances(Spoken(text)).values()))


def test_a_request_that_says_all_that_a_tool_needs_likely_means_it() -> None:
    assert chance("pressure 128 over 83", PRESSURE) > chance("pressure is on the team before the final", PRESSURE)


def test_what_is_needed_and_not_said_makes_a_tool_less_likely() -> None:
    offered = parameters(PRESSURE)
    said = fit.likelihood(0.4, parameters(tool("now", "Tells the time.")), [])
    assert fit.likelihood(0.4, offered, []) < said


def test_a_likelihood_grows_with_that_of_the_words() -> None:
    offered = parameters(LIGHTS)
    grown = [fit.likelihood(chance, offered, []) for chance in (0.0, 0.01, 0.2, 0.5, 0.9, 1.0)]
    assert grown == sorted(grown)
    assert len(set(grown)) > 3


@pytest.mark.parametrize("text", ["", "🙂", "a" * 50_000, "turn the kitchen lights off"])
def test_any_text_has_a_likelihood_for_every_tool(text: str) -> None:
    found = Offered([PRESSURE, LIGHTS]).chances(Spoken(text))
    assert set(found) == {"log_blood_pressure", "turn_off_lights"}
    assert all(0 <= each <= 1 for each in found.values())
