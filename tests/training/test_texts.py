"""The texts with slots that are written in this repository: all can be read, and what is made of them is right."""

import json
import random
from collections import Counter
from itertools import islice

import pytest

from training.data import forms, requests
from training.data.template import SLOT
from training.data.validate import valid
from training.data.values import kinds

PLAIN = forms.form_of(
    [": guest/visitor = person, room = int:1-99", "{guest} has room {room}", "{_:person}, {room}: {guest}"]
)
ROWS = forms.form_of(
    [": name = food, count/qty = int:1-9, table = int:1-30", "Table {table}: [[{count} x {name}||, ]]"]
)


def test_every_form_and_request_can_be_filled() -> None:
    rng = random.Random(0)
    for form in forms.forms():
        for kind in form.kinds.values():
            kinds.draw(kind, rng)
        for text in form.texts:
            named = [slot for slot in SLOT.findall(text) if not slot.startswith("_:")]
            assert set(named) <= set(form.kinds), text
            assert len(forms.ROWS.findall(text)) <= 1, text
    for tools in requests.asked_for():
        for tool in tools:
            for text in tool.texts:
                named = [slot.split("!")[0] for slot in SLOT.findall(text) if not slot.startswith("_:")]
                assert tool.required <= set(named) <= set(tool.kinds), text


def test_there_are_many() -> None:
    assert sum(len(form.texts) for form in forms.forms()) > 1200
    assert sum(len(tool.texts) for tools in requests.asked_for() for tool in tools) > 1200


@pytest.mark.parametrize("make", [forms.generate, requests.generate])
def test_samples_are_valid_and_the_same_for_a_seed(make: object) -> None:
    dropped: Counter[str] = Counter()
    drawn = list(islice(make(random.Random(4)), 300))  # type: ignore[operator]
    assert len(list(valid(iter(drawn), dropped))) == len(drawn), dropped
    assert drawn == list(islice(make(random.Random(4)), 300))  # type: ignore[operator]


def test_a_texts_values_stand_in_it_and_distractors_are_no_answer() -> None:
    made = forms.written(PLAIN, random.Random(1))
    assert set(made.values) == {"guest", "room"}
    assert all(value.text in made.text for value in made.values.values())
    assert "{" not in made.text


def test_repeated_parts_become_the_objects_of_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms, "forms", lambda: (ROWS,))
    sample = forms.with_rows(random.Random(2))
    text = str(sample.messages[-2]["content"])
    answer = json.loads(str(sample.messages[-1]["content"]))
    (rows,) = (value for value in answer.values() if isinstance(value, list))
    assert len(rows) == text.count(" x ") >= 2
    assert all(str(value) in text for row in rows for value in row.values() if isinstance(value, str))


def test_implied_values_have_their_kind() -> None:
    lines = [
        "= wake | Wake somebody",
        ": loud = bool, floor = int:0-9, mode = enum:a|b",
        "{loud!true!for all to hear} {floor!3!third} {mode}",
    ]
    text, arguments = requests.filled(requests.tool_of(lines), random.Random(0))
    assert arguments["loud"] is True
    assert arguments["floor"] == 3
    assert text.startswith("for all to hear third ")
