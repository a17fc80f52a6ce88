"""Options that words mean without naming them."""

import pytest

from tercet.backends.embedded.drafts.implied import FALSE, MAX_SAID, TRUE, implied
from tercet.backends.embedded.relevance import stems
from tercet.backends.embedded.wording.words import identifier_stems


def chances(text: str, name: str, *options: str) -> dict[str, float]:
    found = implied().chances(tuple(map(identifier_stems, options)), identifier_stems(name), stems(text, MAX_SAID))
    return dict(zip((*options, ""), found, strict=True))


@pytest.mark.parametrize(
    ("text", "name", "options", "meant"),
    [
        ("biggest numbers on top please", "order", ("asc", "desc"), "desc"),
        ("whenever you get round to it, no rush", "urgency", ("low", "high"), "low"),
        ("no animal products at all", "diet", ("vegan", "keto", "halal"), "vegan"),
        ("in front with plenty of room for my legs and champagne", "cabin", ("economy", "first"), "first"),
        ("we need a room with two separate beds", "room_type", ("single", "twin", "suite"), "twin"),
    ],
)
def test_an_option_is_meant_by_other_words(text: str, name: str, options: tuple[str, ...], meant: str) -> None:
    found = chances(text, name, *options)
    assert max(options, key=lambda option: found[option]) == meant


def test_chances_add_up_to_one_and_where_nothing_is_known_none_is_meant() -> None:
    assert sum(chances("to Oslo, please", "cabin", "economy", "first").values()) == pytest.approx(1)
    assert chances("zzxqj", "cabin", "economy", "first")[""] == pytest.approx(1)
    assert chances("", "cabin", "economy", "first")[""] == pytest.approx(1)
    assert chances("in front", "cabin", "qqqzzz")[""] == pytest.approx(1)


def test_a_flag_is_true_or_false_by_what_is_said_of_it() -> None:
    name = identifier_stems("gift_wrap")
    options = ((TRUE, *name), (FALSE, *name))
    wrapped = implied().chances(options, name, stems("it's for my mum's birthday, make it look nice with a ribbon", 99))
    assert wrapped[0] > wrapped[1]


def test_the_same_is_told_again() -> None:
    assert chances("smallest first", "order", "asc", "desc") == chances("smallest first", "order", "asc", "desc")
