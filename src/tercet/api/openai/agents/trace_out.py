"""A turn's trace as the Agents API shows it: an OTLP ExportTraceServiceRequest in JSON."""

from collections.abc import Sequence

from tercet import __version__
from tercet.api.openai.agents import session_wire as wire
from tercet.service.sessions import JournalStep
from tercet.service.sessions.tracing import spans_of
from tercet.sessions.turns import SessionRecord, TurnRecord
from tercet.telemetry.otlp_json import request

_RESOURCE = {"service.name": "tercet", "service.version": __version__}


def trace_out(session: SessionRecord, turn: TurnRecord, steps: Sequence[JournalStep]) -> wire.TraceOut:
    """Return the trace of a turn: one span for it, and one for each of its steps."""
    return wire.TraceOut(
        id=turn.id,
        created_at=turn.created_at,
        otlp=request(spans_of(session, turn, steps), _RESOURCE),
        session_id=session.id,
    )
