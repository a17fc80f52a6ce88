"""The guarantee on an answer: watch it, ask once more where it is broken, escalate a tier, and only then fail.

What has been delivered to the client stays; a further attempt supplies what was missing or wrong. Every attempt's
tokens are counted.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Literal

import msgspec

from tercet.backends.base import Backend
from tercet.errors import Unsupported
from tercet.events import Event, Finished, ItemDone, Started
from tercet.guarantees.validate import Audit, Violation, watch
from tercet.items import Item, Message, ModelRequest, TextPart, ToolCall, ToolChoice
from tercet.usage import Usage


class Stage(msgspec.Struct, frozen=True):
    """One attempt that may be made: `first`, then `repaired` by the same backend or `escalated` to another."""

    kind: Literal["first", "repaired", "escalated"]
    tier: str
    backend: Backend


class Spent(msgspec.Struct):
    """Which stage ended the answer, and what each one used; filled in as the stream is consumed."""

    stage: Stage
    by_tier: list[tuple[str, Usage]] = []
    models: list[str] = []
    """For each entry of `by_tier`, which model that was."""
    started: Started | None = None
    """Who answers in the stage that is under way, in its own words."""

    def add(self, usage: Usage) -> None:
        """Enter what the stage under way has used."""
        self.by_tier.append((self.stage.tier, usage))
        self.models.append(self.model)

    @property
    def model(self) -> str:
        """The model of the stage under way: a backend may stand for several."""
        return self.started.model if self.started else self.stage.backend.model

    @property
    def backend(self) -> str:
        """The kind of backend of the stage under way."""
        return (self.started and self.started.backend) or self.stage.backend.name


async def guaranteed(
    request: ModelRequest, stages: Sequence[Stage], audit: Audit, spent: Spent
) -> AsyncGenerator[Event, None]:
    """Answer `request` by the first stage that keeps its demands, as one stream of events.

    Raises the last stage's `Violation` when none does, and what backends raise.
    """
    delivered: list[Item] = []
    asked = request
    for stage in stages:
        spent.stage, spent.started = stage, None
        capabilities = await stage.backend.capabilities()
        if request.raw_prompt is not None and not capabilities.can_continue:
            raise Unsupported(
                f"The model of tier {stage.tier!r} holds conversations only: use Chat Completions or Responses.",
                param="model",
            )
        if request.has_confidence and not capabilities.has_confidence:
            raise Unsupported(
                f"The model of tier {stage.tier!r} does not tell how sure it is.", param="tercet.confidence"
            )
        events = watch(stage.backend.generate(asked), asked, is_constrained=capabilities.can_constrain, audit=audit)
        if stage.kind != "first":
            audit.mended.append(stage.kind)
        offset = len(delivered)
        try:
            async with aclosing(events) as source:
                async for event in source:
                    if isinstance(event, Started):
                        spent.started = event
                        if stage.kind != "first":
                            continue
                    if isinstance(event, ItemDone):
                        delivered.append(event.item)
                    if isinstance(event, Finished):
                        spent.add(event.usage)
                        audit.confidence = event.confidence
                        usage = sum((used for _, used in spent.by_tier), Usage())
                        event = msgspec.structs.replace(event, usage=usage)
                    yield _moved(event, offset)
            return
        except Violation as broken:
            spent.add(broken.usage)
            if stage is stages[-1] or broken.is_exposed:
                raise
            asked = ask_again(request, delivered, broken)


def ask_again(request: ModelRequest, delivered: Sequence[Item], broken: Violation) -> ModelRequest:
    """Return the request that shows the model its violation and asks for the one thing that is missing."""
    said = tuple(item for item in delivered if isinstance(item, Message))
    made = [f"{item.name}({item.arguments})" for item in delivered if isinstance(item, ToolCall)]
    lines = [f"That was not valid: {broken.message}."]
    if made:
        lines.append(f"These calls of yours were valid and are being made: {', '.join(made)}. Do not repeat them.")
    choice = request.tool_choice
    match broken.fault:
        case "call":
            lines.append(f"Call {broken.tool} again with arguments that satisfy its schema, and say nothing else.")
            choice = ToolChoice("required", (broken.tool,))
        case "unknown_tool":
            lines.append(f"The tools are: {', '.join(tool.name for tool in request.offered_tools) or 'none'}.")
        case "missing_call":
            lines.append("Call one of the tools now.")
        case "text":
            lines.append("Answer again with JSON that satisfies the schema, and with nothing else.")
    note = Message("user", (TextPart("\n".join(lines)),))
    return msgspec.structs.replace(
        request, items=(*request.items, *said, note), num_given=len(request.items), tool_choice=choice
    )


def _moved(event: Event, offset: int) -> Event:
    """Return the event with its output item numbered behind those that were delivered before."""
    if offset == 0 or isinstance(event, Started | Finished):
        return event
    return msgspec.structs.replace(event, index=event.index + offset)
