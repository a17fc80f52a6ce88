"""Whether a call is made, waits for somebody, or is refused. Pure decisions on values."""

import hashlib
from typing import Literal

import msgspec

from tercet.agents.toolset import Offer
from tercet.items import ToolCall
from tercet.sessions.agents import Approvals, Decision

Reason = Literal["function", "approval", "unknown", "later"]


class Go(msgspec.Struct, frozen=True):
    """The call is made now. With `is_granted` a person allowed it, which is used up by making it."""

    is_granted: bool = False


class Hold(msgspec.Struct, frozen=True, tag="hold"):
    """The call waits: for the client's result, for a person's approval, or for something that a tool waits for.

    `unknown`: whether it took effect before an interruption cannot be told, and a person is to say what to do.
    """

    call: ToolCall
    reason: Reason
    message: str = ""


class Refuse(msgspec.Struct, frozen=True):
    """The call is not made, and the model reads why."""

    message: str


Gate = Go | Hold | Refuse


class Grant(msgspec.Struct, frozen=True):
    """A person's answer to a request for approval of a call: `approved`, `denied` or `cancelled`, or `expired`."""

    status: str
    is_pending: bool = False


def gate(call: ToolCall, offer: Offer, policy: Approvals, grant: Grant | None, *, is_reviewed: bool = False) -> Gate:
    """Decide on a call. With `is_reviewed` nobody is there to be asked: what would need a person is refused."""
    if offer.is_clients and decision_on(offer, policy) == "auto":
        return Hold(call, "function")
    match decision_on(offer, policy):
        case "deny":
            return Refuse(f"{call.name} may not be called by this agent")
        case "ask":
            gated = _by_grant(call, offer, grant, is_reviewed=is_reviewed)
            return Hold(call, "function") if offer.is_clients and isinstance(gated, Go) else gated
        case _:
            return Go()


def decision_on(offer: Offer, policy: Approvals) -> Decision:
    """Return the policy on a tool: its own entry, else that of its effect class, else `auto`."""
    return policy.by_tool.get(offer.name) or policy.by_effect.get(offer.effect) or "auto"


def _by_grant(call: ToolCall, offer: Offer, grant: Grant | None, *, is_reviewed: bool) -> Gate:
    if grant is None or grant.is_pending:
        if is_reviewed:
            return Refuse(f"{call.name} needs a person's approval, and this session asks nobody")
        return Hold(call, "approval", f"The agent wants to call {call.name}, which {_EFFECTS[offer.effect]}.")
    if grant.status == "approved":
        return Go(is_granted=True)
    return Refuse(_REFUSALS.get(grant.status, _REFUSALS["denied"]).format(name=call.name))


_EFFECTS = {
    "pure": "computes from its arguments alone",
    "reads": "reads and changes nothing",
    "writes": "may change things",
}
_REFUSALS = {
    "denied": "a person denied this call of {name}",
    "cancelled": "the request to approve this call of {name} was dismissed",
    "expired": "nobody approved this call of {name} in time",
    "used": "the approval of this call of {name} was used already",
}


def digest_of_call(call: ToolCall) -> bytes:
    """Return what an approval is bound to: the tool and the arguments exactly as the model wrote them."""
    return hashlib.blake2b(f"{call.name}\0{call.arguments}".encode(), digest_size=20).digest()
