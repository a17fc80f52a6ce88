"""Numbers as people write them."""

import pytest

from tercet.numerals import numbers_in


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1,204.50 and -3", [1204.5, -3.0]),
        (".5 or 5.", [0.5, 5.0]),
        ("1e3, E2, e5 and 2E", [1000.0, 2.0]),
        ("2.5k", [2.5, 2500.0]),
        ("18K, 3bn, 2 Million", [18.0, 18_000.0, 3.0, 3e9, 2.0, 2e6, 1e6]),
        ("$1.2m and 1.2m", [1.2, 1.2e6, 1.2]),
        ("300 K", [300.0]),
        ("12 x 1024, 2 x 105 and 1×10^999", [12.0, 1024.0, 2.0, 105.0, 1.0, 10.0, 999.0]),
        ("4.5×10^-6 or 2 x 10^3", [4.5, 4.5e-6, 10.0, -6.0, 2.0, 2000.0, 10.0, 3.0]),
        ("[10,15,12]", [10.0, 15.0, 12.0]),
        ("twenty-three or three hundred and five", [23.0, 305.0]),
        ("half a million, a quarter of a billion", [500_000.0, 250_000_000.0]),
        ("two dozen and a couple of", [2.0, 24.0]),
        ("a million and a half", [1_500_000.0]),
        ("x2 v1.5 no numbers", []),
    ],
)
def test_numbers_are_found_as_they_are_written(text: str, values: list[float]) -> None:
    assert [number.value for number in numbers_in(text)] == values
