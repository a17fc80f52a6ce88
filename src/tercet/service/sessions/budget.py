"""What a model call may cost at most, so that it can be held back from a session's limit before it is made."""

from collections.abc import Sequence

import msgspec

from tercet.items import ModelRequest
from tercet.routing.tiers import Tier
from tercet.usage import Usage

MAX_OUTPUT_TOKENS = 8192
"""Tokens that a call may put out under a spending limit where the agent names no number."""
MARGIN = 1.25
SPARE_TOKENS = 64
"""Counts of remote models are estimates; so much more is held."""


class Hold(msgspec.Struct, frozen=True):
    """An upper bound of a call's cost, and the request that keeps to it."""

    most_usd: float
    request: ModelRequest


def hold_for(request: ModelRequest, attempts: Sequence[Tier], num_tokens: int) -> Hold:
    """Return what `request`, whose prompt has `num_tokens`, may cost at most: an attempt on each of the tiers."""
    most = request.sampling.max_output_tokens or MAX_OUTPUT_TOKENS
    prompt = int(num_tokens * MARGIN) + SPARE_TOKENS
    used = Usage(input_tokens=prompt + most, output_tokens=most)  # a second attempt is shown what the first one said
    most_usd = sum(tier.price.cost(used) for tier in attempts)
    sampling = msgspec.structs.replace(request.sampling, max_output_tokens=most)
    return Hold(most_usd, msgspec.structs.replace(request, sampling=sampling))
