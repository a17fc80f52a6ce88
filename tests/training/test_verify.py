"""What is rewarded: calls the schema takes, with the reference's values; in words, that nothing was called."""

from __future__ import annotations

import pytest
from tokenizers import Tokenizer

from training import tokenizer
from training.data.sample import Call, Message, Sample, Schema, assistant, calls, result, user
from training.encode import Encoder
from training.tokenizer import ASSISTANT, END
from training.verify import Question, is_same, questions, reward

TOOL: Schema = {
    "name": "book",
    "description": "Book a table.",
    "parameters": {
        "type": "object",
        "properties": {"place": {"type": "string"}, "seats": {"type": "integer"}, "outside": {"type": "boolean"}},
        "required": ["place"],
    },
}
FAMILY: Tokenizer = tokenizer.load()


def decode(ids: list[int]) -> str:
    return str(FAMILY.decode(ids, skip_special_tokens=False))


def given(text: str, expected: Message) -> float:
    asked = questions(Sample((user("Book Roma for 4."), expected), (TOOL,)), Encoder(FAMILY))
    assert len(asked) == 1
    return reward(FAMILY.encode(text, add_special_tokens=False).ids, asked[0], decode)


ONE = calls(Call("book", {"place": "Roma", "seats": 4}))
TWO = calls(Call("book", {"place": "Roma"}), Call("book", {"place": "Lido", "outside": True}))


@pytest.mark.parametrize(
    ("text", "expected", "worth"),
    [
        ('<|call|>book{"place":"Roma","seats":4}<|end|>', ONE, 1),
        ('<|call|>book{"place":"Roma","seats":4.0}<|end|>', ONE, 1),
        ('<|call|>book{"place":"Roma","seats":5}<|end|>', ONE, 0),
        ('<|call|>book{"place":"Roma","seats":"4"}<|end|>', ONE, 0),
        ('<|call|>book{"place":"Roma"}<|end|>', ONE, 0),
        ('<|call|>book{"place":"Roma","seats":4}', ONE, 0),
        ('<|call|>book{"place":"Roma","seats":4<|end|>', ONE, 0),
        ('<|call|>cook{"place":"Roma","seats":4}<|end|>', ONE, 0),
        ('Sure!<|call|>book{"place":"Roma","seats":4}<|end|>', ONE, 0),
        ('<|call|>book{"place":"Roma","seats":4}<|call|>book{"place":"Roma","seats":4}<|end|>', ONE, 0),
        ('<|call|>book{"place":"Lido","outside":true}<|call|>book{"place":"Roma"}<|end|>', TWO, 1),
        ('<|call|>book{"place":"Roma"}<|call|>book{"place":"Roma"}<|end|>', TWO, 0),
        ("I can't do that.<|end|>", ONE, 0),
        ("I can't do that.<|end|>", assistant("I have no tool for it."), 1),
        ("<|end|>", assistant("I have no tool for it."), 0),
        ('<|call|>book{"place":"Roma"}<|end|>', assistant("I have no tool for it."), 0),
    ],
)
def test_reward(text: str, expected: Message, worth: float) -> None:
    assert given(text, expected) == worth


def test_values_are_compared_as_json() -> None:
    assert is_same({"a": [1, {"b": 2.0}]}, {"a": [1.0, {"b": 2}]})
    assert not is_same({"a": True}, {"a": 1})
    assert not is_same([1, 2], [2, 1])


def test_each_time_the_assistant_speaks_is_a_question() -> None:
    made = Sample((user("Book Roma."), ONE, result({"ok": True}), assistant("Booked.")), (TOOL,))
    asked: list[Question] = questions(made, Encoder(FAMILY))
    assert [one.wants_call for one in asked] == [True, False]
    assert [decode(one.reference) for one in asked] == [
        '<|call|>book{"place":"Roma","seats":4}<|end|>',
        "Booked.<|end|>",
    ]
    assert [one.prompt[-1] for one in asked] == [ASSISTANT, ASSISTANT]
    assert asked[1].prompt[: len(asked[0].prompt)] == asked[0].prompt
    assert all(reward(one.reference, one, decode) == 1 for one in asked)
    assert all(END not in one.reference[:-1] for one in asked)
    assert questions(Sample((user("Hi"), assistant("Hello"))), Encoder(FAMILY)) == []
