"""The guarded way out: the one proxy through which tools, browsers, sandboxes and MCP reach the network."""

from tercet.egress.authority import system_authorities
from tercet.egress.dialing import Connect, Resolve, SystemResolver, connect_socket
from tercet.egress.guard import Guard
from tercet.egress.injection import Injection, Variable
from tercet.egress.limits import Limits
from tercet.egress.policy import Access, Policy
from tercet.egress.refusals import REASON_HEADER, Reason, Refusal

__all__ = [
    "REASON_HEADER",
    "Access",
    "Connect",
    "Guard",
    "Injection",
    "Limits",
    "Policy",
    "Reason",
    "Refusal",
    "Resolve",
    "SystemResolver",
    "Variable",
    "connect_socket",
    "system_authorities",
]
