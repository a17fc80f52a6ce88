"""A logistic regression over a few features, as the package brings it: learnt by `training/regression.py`."""

from collections.abc import Mapping, Sequence
from operator import mul
from typing import Any, NamedTuple

from tercet.backends.embedded.drafts.table import logistic


class Regression(NamedTuple):
    """What was learnt: how the features make a likelihood."""

    coefficients: tuple[float, ...]
    bias: float

    def likelihood(self, features: Sequence[float]) -> float:
        """Return the likelihood, 0 to 1."""
        return logistic(self.bias + sum(map(mul, self.coefficients, features)))


def read_regression(written: Mapping[str, Any]) -> Regression:
    """Return the regression of its written form."""
    return Regression(tuple(written["coefficients"]), float(written["bias"]))
