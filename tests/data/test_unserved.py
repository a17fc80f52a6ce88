"""Requests that lack something, and such that are not served: all can be filled, and are answered as they must be."""

import random

from training.data import unserved
from training.data.template import SLOT
from training.data.validate import problem
from training.stages.fit import meant_by


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


def test_a_tool_is_meant_by_what_lacks_something_and_by_nothing_that_it_does_not_serve() -> None:
    beside = unserved.written()[0]
    asked = unserved.sample(beside, beside.lacking[0], random.Random(1), is_asked=True)
    declined = unserved.sample(beside, beside.unserved[0], random.Random(1), is_asked=False)
    (name,) = meant_by(asked.messages[1:]) or [""]
    assert name in {str(tool["name"]) for tool in asked.tools}
    assert meant_by(declined.messages[1:]) == frozenset()
    assert problem(declined) is None


def test_samples_are_the_same_for_a_seed() -> None:
    assert list(unserved.samples(random.Random(3))) == list(unserved.samples(random.Random(3)))
