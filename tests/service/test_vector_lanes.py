"""Lanes find what a plain loop finds, whatever the vectors."""

import random
from operator import mul

import pytest

from tercet.service.vector_lanes import Lanes, floats_of, normal, packed, size_of


def vectors_of(dice: random.Random, number: int, size: int, spread: float) -> list[list[float]]:
    """Return vectors around a common one, the closer the smaller `spread`."""
    middle = [dice.gauss(0, 1) for _ in range(size)]
    return [normal([value + spread * dice.gauss(0, 1) for value in middle]) for _ in range(number)]


@pytest.mark.parametrize(("size", "spread"), [(1, 1.0), (3, 1.0), (64, 0.02), (256, 0.5), (300, 0.001)])
def test_the_nearest_are_those_of_a_plain_loop(size: int, spread: float) -> None:
    dice = random.Random(size)
    vectors = vectors_of(dice, 120, size, spread)
    stored = [packed(vector) for vector in vectors]
    lanes = Lanes(range(1000, 1120), stored)
    for _ in range(10):
        query = vectors_of(dice, 1, size, 1.0)[0]
        exact = [(sum(map(mul, query, floats_of(vector))), -number) for number, vector in enumerate(stored, 1000)]
        for limit in (1, 7, 500):
            wanted = [-number for _, number in sorted(exact, reverse=True)[:limit]]
            assert [number for number, _ in lanes.nearest(query, limit)] == wanted


def test_some_can_be_left_out_and_none_is_no_trouble() -> None:
    dice = random.Random(3)
    vectors = vectors_of(dice, 20, 8, 1.0)
    lanes = Lanes(range(20), [packed(vector) for vector in vectors])
    best = [number for number, _ in lanes.nearest(vectors[4], 3)]
    assert best[0] == 4
    assert [number for number, _ in lanes.nearest(vectors[4], 20, {2, 9})] in ([2, 9], [9, 2])
    assert Lanes([], []).nearest(vectors[0], 5) == []
    with pytest.raises(ValueError, match="8"):
        lanes.nearest([1.0], 1)


def test_a_packed_vector_keeps_its_values() -> None:
    vector = normal([0.25, -1.0, 3.0, 0.0])
    assert size_of(packed(vector)) == 4
    assert list(floats_of(packed(vector))) == pytest.approx(vector, abs=1e-7)
    assert list(floats_of(packed([0.0, 0.0]))) == [0.0, 0.0]
