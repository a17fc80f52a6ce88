"""Tool calls as a turn's journal has them: begun with their approval used up, ended, or waited for."""

import msgspec

from tercet.agents.gate import Hold, digest_of_call
from tercet.clock import now_s
from tercet.ids import new_id
from tercet.items import ToolCall
from tercet.service.sessions.recording import Recording
from tercet.service.sessions.turns import status_of
from tercet.service.sessions.values import CallIntent, CallOutcome
from tercet.service.sessions.words import error_text
from tercet.sessions.events import ItemDone
from tercet.sessions.turns import (
    Call,
    RequiredAction,
    SessionItem,
    WaitsForApproval,
    WaitsForFunction,
)
from tercet.store.sessions_edit import SessionEdit
from tercet.store.sessions_rows import encode


class CallSteps(Recording):
    """The tools' part of a turn."""

    @property
    def _held(self) -> set[str]:
        return {hold.call.call_id for hold in self._thread.held}

    def _begin_call(self, call: ToolCall) -> None:
        """Prepare the intent of a call; one that needs an approval uses it up."""
        is_known = call.call_id in self._steps
        number = self._steps.setdefault(call.call_id, self._progress.next_number)
        if not is_known:
            self._progress.next_number += 1
        grant = self._thread.grants.get(call.call_id)
        needs_grant = grant is not None and grant.status == "approved"
        turn_id, digest = self.turn.id, digest_of_call(call)

        def write(edit: SessionEdit) -> None:
            if needs_grant and not edit.use_approval(turn_id, call.call_id, digest):
                self._thread.refusals[call.call_id] = f"the approval of this call of {call.name} is not valid any more"
            intent = CallIntent(self._calls[call.call_id].number, call.name, call.call_id)
            edit.begin(self._lease, number, "tool", encode(intent))

        self._operations.append(write)

    def _end_call(self, call_id: str) -> None:
        """Prepare the outcome of a call."""
        outcome = self._thread.results[call_id]
        number = self._steps.pop(call_id, None)
        turn_id = self.turn.id
        error = error_text(outcome.content) if outcome.is_error else None
        effect = self._kit.effects.take(call_id)
        if self._kit.plan is not None:
            self._kit.plan.learn(call_id)

        def write(edit: SessionEdit) -> None:
            item = self._calls[call_id]
            call = item.content
            assert isinstance(call, Call)
            done = msgspec.structs.replace(
                item,
                status="failed" if outcome.is_error else "completed",
                duration_ms=outcome.duration_ms,
                content=msgspec.structs.replace(call, output=outcome.content, error=error, data=outcome.data),
            )
            edit.put_item(done)
            edit.tell(ItemDone(done, self._index_of(item)))
            if effect is not None and not outcome.is_error:
                effect(edit)
            if number is not None:
                ended = CallOutcome(item.number, outcome.is_error, outcome.duration_ms, error or "")
                edit.end(self._lease, number, encode(ended))
            left = tuple(
                action
                for action in edit.record.required_actions
                if (getattr(action, "turn_id", ""), getattr(action, "call_id", "")) != (turn_id, call_id)
            )
            if left != edit.record.required_actions:
                edit.change(required_actions=left)
                edit.change(status=status_of(edit))

        self._operations.append(write)

    def _index_of(self, item: SessionItem) -> int | None:
        return int(item.id[-4:], 16) if item.step is not None else None

    def _need(self, holds: tuple[Hold, ...]) -> None:
        """Prepare what the client or a person is asked for, once each."""
        turn_id, expires_at = self.turn.id, now_s() + self.expires_s
        new_ids = {hold.call.call_id: new_id("apr") for hold in holds}

        def write(edit: SessionEdit) -> None:
            known = {(getattr(a, "turn_id", ""), getattr(a, "call_id", "")) for a in edit.record.required_actions}
            actions: list[RequiredAction] = []
            for hold in holds:
                call = hold.call
                if (turn_id, call.call_id) in known:
                    continue
                offer = self._toolset.offer(call.name)
                if hold.reason == "function":
                    actions.append(WaitsForFunction(turn_id, call.call_id, call.name, call.arguments))
                    continue
                request_id = new_ids[call.call_id]
                edit.ask_approval(request_id, turn_id, call.call_id, digest_of_call(call), expires_at)
                actions.append(
                    WaitsForApproval(
                        request_id,
                        turn_id,
                        call.call_id,
                        call.name,
                        call.arguments,
                        offer.effect,
                        hold.message,
                        expires_at,
                        offer.server_label,
                    )
                )
            if actions:
                edit.change(required_actions=(*edit.record.required_actions, *actions))
                edit.change(status=status_of(edit))

        self._operations.append(write)
