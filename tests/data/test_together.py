"""Messages for several calls, with slots: all can be filled, and what they call is what their slots say."""

import random

import pytest

from training.data import together
from training.data.template import SLOT
from training.data.validate import problem

STAY = [
    "= hotel_price | Price of a stay.",
    ": city/town = city, nights = pick:3;4;5;6, stars? = pick:2;3, pets? = bool",
    "~ city | Name of the city.",
    "{1.nights} nights in {1.city} and {2.nights} in {2.city}, {stars} stars",
    "{12.nights} nights in {1.city} or {2.city}, in {2.city!Rome!Rome} {2.pets!true!with the dog}",
    "{nights} nights in {city}, my {_:int:2-9}th trip",
]
TWO = [
    "= forecast | Forecast.", ": place = city",
    "= convert | Convert money.", ": amount = int:10-99, currency = currency_code",
    "Weather in {a.place}; {b1.amount} and {b2.amount} into {b.currency}",
]  # fmt: skip


def test_a_slot_says_which_calls_take_its_value() -> None:
    block = together.block_of(STAY)
    said, found = together.filled(block, block.texts[0], random.Random(1))
    (_, first), (_, second) = found
    assert said == (
        f"{first['nights']} nights in {first['city']} and {second['nights']} in {second['city']}, "
        f"{first['stars']} stars"
    )
    assert first["stars"] == second["stars"]
    assert first != second


def test_a_message_without_numbers_in_its_slots_calls_once() -> None:
    block = together.block_of(STAY)
    _, found = together.filled(block, block.texts[2], random.Random(1))
    assert [set(given) for _, given in found] == [{"city", "nights"}]


def test_tools_are_told_by_letters_and_called_as_often_as_their_slots_say() -> None:
    block = together.block_of(TWO)
    sample = together.sample(block, block.texts[0], random.Random(2))
    made = sample.messages[-1]["tool_calls"]
    assert isinstance(made, list)
    assert sorted(call["name"].lower() for call in made) == ["convert", "convert", "forecast"]
    assert problem(sample) is None


@pytest.mark.parametrize("slot", ["x.y.z", "1city", "{}", "b-1.city"])
def test_what_is_no_slot_is_refused(slot: str) -> None:
    with pytest.raises(ValueError, match="no parameter"):
        together.slot_of(f"{slot}.")


def test_every_message_gives_all_its_calls_need() -> None:
    rng = random.Random(0)
    count = 0
    for block in together.messages():
        for text in block.texts:
            for slot in together.slots_of(text):
                assert all(each.parameter in block.tools[each.tool].kinds for each in slot.targets), text
            _, found = together.filled(block, text, rng)
            for tool, given in found:
                assert block.tools[tool].required <= set(given), text
            assert len(SLOT.findall(text)) > 0
            count += 1
    assert count > 3000


def test_samples_are_valid_and_the_same_for_a_seed() -> None:
    rng, again = random.Random(4), random.Random(4)
    drawn = [together.single(rng) for _ in range(300)]
    assert [each for each in map(problem, drawn) if each] == []
    assert drawn == [together.single(again) for _ in range(300)]
