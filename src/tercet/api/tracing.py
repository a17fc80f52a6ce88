"""The span of a request as a server has it, within the trace that the client's `traceparent` names."""

from tercet.api.exchange import Exchange
from tercet.api.metrics import CLIENT_GONE
from tercet.telemetry.spans import CURRENT, Span, parse_traceparent
from tercet.telemetry.tracer import Tracer

_UNTOLD = frozenset({"operations", "none", "web"})
"""Doors whose requests are of no trace: probes, metrics, pages, and paths that do not exist."""


class RequestSpan:
    """A context in which a request is answered; what works for it is part of its span."""

    def __init__(self, tracer: Tracer, exchange: Exchange) -> None:
        self._tracer = tracer
        self._exchange = exchange

    def __enter__(self) -> None:
        exchange, header = self._exchange, self._exchange.header
        parent = parse_traceparent(header(b"traceparent"), header(b"tracestate"))
        method, path = exchange.scope["method"], exchange.scope["path"]
        facts = {"http.request.method": method, "url.path": path, "tercet.request.id": exchange.id}
        if agent := header(b"user-agent"):
            facts["user_agent.original"] = agent
        self._span = self._tracer.begin(method, "server", {**facts}, parent)
        self._token = CURRENT.set(self._span.context)

    def __exit__(self, *_: object) -> None:
        CURRENT.reset(self._token)
        if self._exchange.door not in _UNTOLD:
            _complete(self._span, self._exchange)
            self._tracer.end(self._span)


def _complete(span: Span, exchange: Exchange) -> None:
    """Say what is known at the end."""
    facts, status = span.attributes, exchange.status
    span.name = f"{exchange.scope['method']} {exchange.route}"
    facts["http.route"] = exchange.route
    facts["tercet.door"] = exchange.door
    if exchange.receipt is not None and exchange.receipt.tier:
        facts["tercet.tier"] = exchange.receipt.tier
        if exchange.receipt.mended:
            facts["tercet.mended"] = exchange.receipt.mended
    if status == CLIENT_GONE:
        facts["error.type"] = "client_gone"
        return
    if not status:
        facts["error.type"] = "cancelled"
        return
    facts["http.response.status_code"] = status
    if status >= 500:
        span.fail(str(status))
