"""A turn's journal as people see it."""

from collections.abc import Sequence

import msgspec

from tercet.service.sessions.loading import read_call_intent, read_model_outcome
from tercet.service.sessions.values import CallOutcome, JournalStep
from tercet.store.base import Step

_read_call_outcome = msgspec.msgpack.Decoder(CallOutcome).decode


def steps_of(turn_id: str, steps: Sequence[Step]) -> list[JournalStep]:
    """Return the steps with what their payloads say."""
    return [_step(turn_id, step) for step in steps]


def _step(turn_id: str, step: Step) -> JournalStep:
    plain = JournalStep(turn_id, step.number, step.kind, step.begun_at, step.ended_at)
    if step.kind == "tool":
        intent = read_call_intent(step.intent)
        outcome = _read_call_outcome(step.outcome) if step.outcome is not None else CallOutcome(intent.item)
        return msgspec.structs.replace(plain, items=(intent.item,), name=intent.name, error=outcome.error)
    if step.outcome is None or step.kind not in ("model", "compaction"):
        return plain
    said = read_model_outcome(step.outcome)
    fresh, cached, out, _ = said.usage
    return msgspec.structs.replace(
        plain,
        items=said.items,
        tier=said.tier,
        model=said.model,
        cost_usd=said.cost_usd,
        input_tokens=fresh,
        cached_tokens=cached,
        output_tokens=out,
        error=said.error,
        reason="" if said.error else said.reason,
        backend=said.backend,
        first_ms=said.first_ms,
        error_code=said.error_code,
    )
