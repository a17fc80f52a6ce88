"""The calls of one model output, run side by side: each ends in a result that the model can read.

A tool's error is a result like any other; only cancellation and the run's time limit end a call without one, and
a tool that says that its result comes later.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any

import msgspec

from tercet.clock import monotonic_s
from tercet.errors import ToolFailed
from tercet.items import Part, ToolCall
from tercet.tools.context import CURRENT_CALL, CallContext, NotYet
from tercet.tools.registry import Registry

ContextOf = Callable[[ToolCall], CallContext]


class Outcome(msgspec.Struct, frozen=True):
    """What a call gave: JSON text, and whether it is an error's. `is_open`: there is no result yet."""

    call: ToolCall
    content: str
    is_error: bool
    duration_ms: float
    is_open: bool = False
    data: dict[str, Any] = {}
    """Facts for people: exit codes, paths."""
    parts: tuple[Part, ...] = ()
    """What the model is shown besides the text, such as images."""


def failed(call: ToolCall, message: str) -> Outcome:
    """Return the outcome of a call that was not made, or came to nothing."""
    return Outcome(call, msgspec.json.encode({"error": message}).decode(), is_error=True, duration_ms=0.0)


async def perform(call: ToolCall, tools: Registry, context: CallContext | None = None) -> Outcome:
    """Run one call to its result; raises nothing but cancellation."""
    began_s = monotonic_s()
    is_error = is_open = False
    CURRENT_CALL.set(context or CallContext(call.call_id))  # the task's own: calls side by side do not see each other's
    try:
        value = await tools.call(call.name, call.arguments)
    except NotYet as error:
        value, is_open = {"note": error.message}, True
    except ToolFailed as error:
        value, is_error = {"error": error.message}, True
    duration_ms = (monotonic_s() - began_s) * 1000
    data = {name: value[name] for name in _FACTS if name in value} if isinstance(value, dict) else {}
    return Outcome(call, msgspec.json.encode(value).decode(), is_error, duration_ms, is_open, data)


_FACTS = ("exit_code", "ended", "path", "paths", "screenshot", "url")
"""What people are shown of a result besides its text, where a tool gives it."""


async def perform_all(
    calls: Sequence[ToolCall],
    tools: Registry,
    *,
    max_parallel: int,
    timeout_s: float,
    context_of: ContextOf | None = None,
) -> AsyncGenerator[Outcome, None]:
    """Run `calls`, at most `max_parallel` at a time, and yield their outcomes as they come.

    Raises `TimeoutError` when they take longer than `timeout_s` together. Closing the iterator cancels the rest.
    """
    slots = asyncio.Semaphore(max_parallel)

    async def take_turn(call: ToolCall) -> Outcome:
        async with slots:
            return await perform(call, tools, context_of(call) if context_of else None)

    tasks = [asyncio.create_task(take_turn(call)) for call in calls]
    try:
        for outcome in asyncio.as_completed(tasks, timeout=timeout_s):
            yield await outcome
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
