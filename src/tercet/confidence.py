"""How sure a model is of a decision: to call or not, which tool, each argument. Values, and their calibration.

A raw probability is the model's own, read off the tokens it chose. It becomes a confidence, a number that comes true
about as often as it says, by beta calibration (Kull, Silva Filho and Flach, AISTATS 2017): three numbers per kind of
decision, fitted on held-back data and kept in the model's manifest.
"""

import math

import msgspec

_LEAST = 0.003
"""Raw probability below which, and above one less which, all are alike: a model that is held to a value says little by
how unlikely it would have been otherwise."""


class Scale(msgspec.Struct, frozen=True):
    """confidence = sigmoid(a ln(raw) - b ln(1 - raw) + c); as it is for a = b = 1, c = 0."""

    a: float = 1.0
    b: float = 1.0
    c: float = 0.0

    def apply(self, raw: float) -> float:
        """Return the confidence that belongs to a raw probability."""
        bounded = min(max(raw, _LEAST), 1 - _LEAST)
        return 1 / (1 + math.exp(-(self.a * math.log(bounded) - self.b * math.log(1 - bounded) + self.c)))


class Calibration(msgspec.Struct, frozen=True):
    """The scales of one model; the identity where nothing was fitted."""

    calling: Scale = Scale()
    """Of having called."""
    silence: Scale = Scale()
    """Of having called nothing."""
    tool: Scale = Scale()
    argument: Scale = Scale()
    call: Scale = Scale()
    """Of the whole call, the right tool with every argument right: of the product of their confidences."""


class CallConfidence(msgspec.Struct, frozen=True):
    """How sure the model is of one call, from 0 to 1."""

    tool: float
    arguments: dict[str, float]
    """By top-level argument."""
    call: float


class Confidence(msgspec.Struct, frozen=True):
    """How sure the model is of an answer. `decision`: that calling, or not calling, was right."""

    decision: float
    calls: tuple[CallConfidence, ...] = ()
    """In the order of the answer's calls."""
    is_calibrated: bool = False
