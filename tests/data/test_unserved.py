"""Requests that lack something, and such that are not served: all can be filled, and are answered as they must be."""

import random
from typing import Any

from training.data import unserved
from training.data.template import SLOT
from training.data.validate import problem


def test_what_lacks_something_never_says_all_that_its_tool_needs() -> None:
    count = 0
    for beside in unserved.written():
        tool = beside.tools[beside.place]
        for text in (*beside.lacking, *beside.unserved):
            named = {slot.split("!")[0] for slot in SLOT.findall(text) if not slot.startswith("_:")}
            assert named <= set(tool.kinds), text
            assert text not in beside.lacking or not tool.required <= named, text
            count += 1
    assert count > 3500


def test_what_lacks_something_is_asked_about_and_what_is_not_served_is_declined() -> None:
    beside = unserved.written()[0]
    asked = unserved.sample(beside, beside.lacking[0], random.Random(1), is_asked=True)
    declined = unserved.sample(beside, beside.unserved[0], random.Random(1), is_asked=False)
    _, question, called = asked.messages
    assert str(question["content"]).endswith("?")
    made: Any = called["tool_calls"]
    assert len(made) == 1
    assert made[0]["name"] in {tool["name"] for tool in asked.tools}
    assert [bool(message.get("tool_calls")) for message in declined.messages] == [False, False]
    assert problem(declined) is None


def test_samples_are_the_same_for_a_seed() -> None:
    assert list(unserved.samples(random.Random(3))) == list(unserved.samples(random.Random(3)))
