"""The agent loop: ask the model, run the tools that it called, give it the results, until it answers.

The loop holds no knowledge of tasks, and keeps nothing. It yields each step before its effect and after it and stands
still until it is asked for the next one, so that whoever reads the steps can write them down in between: a journal
for durable sessions, a screen for `tercet run`. It goes on from any thread that was left between two steps.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Protocol

import msgspec

from tercet.agents.calls import ContextOf, Outcome, failed, perform_all
from tercet.agents.decision import AskForAnswer, Finish, GiveUp, decide, text_of
from tercet.agents.gate import Gate, Go, Hold, Refuse, gate
from tercet.agents.steps import (
    ActionsNeeded,
    Answered,
    CallMade,
    End,
    Failed,
    ModelAsked,
    ModelReplied,
    Paused,
    ResultCame,
    Shortened,
    Shortening,
    Step,
)
from tercet.agents.thread import Thread
from tercet.agents.toolset import Toolset
from tercet.clock import monotonic_s
from tercet.errors import ContextTooLong, OutputInvalid, TercetError
from tercet.events import Event, Output, fold
from tercet.items import Item, ModelRequest, OutputFormat, Reasoning, Sampling, ToolCall, ToolChoice
from tercet.records import Receipt
from tercet.sessions.agents import Approvals
from tercet.tools.registry import Registry

MAX_FAILED_ROUNDS = 10
"""Rounds in a row without a call that succeeds, after which an agent counts as stuck."""


class Generate(Protocol):
    """How an agent reaches a model, whatever stands behind it."""

    def __call__(self, request: ModelRequest, on_receipt: Callable[[Receipt], None]) -> AsyncGenerator[Event, None]:
        """Answer `request` as a stream of events; say through `on_receipt` who answered and what it cost."""


class Shorten(Protocol):
    """How a thread that has grown too long is made shorter."""

    def is_due(self, thread: Thread) -> bool:
        """Say whether the thread is to be made shorter before the model is asked again."""

    async def __call__(self, thread: Thread, step: int) -> Shortened:
        """Put a summary in the place of earlier items of the thread; it is empty when that cannot be done."""


class Limits(msgspec.Struct, frozen=True):
    """When a run ends without an answer."""

    max_steps: int = 8
    """Times that the model is asked."""
    max_parallel: int = 8
    """Tools that run at the same time."""
    time_limit_s: float = 300.0
    """Seconds from the start of the run."""
    max_repeats: int = 1
    """A call that was made so often in a row with the same result is not made again."""


class Asking(msgspec.Struct, frozen=True):
    """How the model is asked, besides the conversation and the tools."""

    sampling: Sampling = Sampling()
    output_format: OutputFormat = OutputFormat()
    reasoning_effort: str | None = None
    cache_key: str = ""


_STUCK = GiveUp("stuck", "the model keeps making calls that it has already had the results of")


class Agent:
    """A model with tools. Holds no state between runs; any number of runs may be under way."""

    def __init__(
        self,
        generate: Generate,
        tools: Registry | Toolset,
        limits: Limits | None = None,
        sampling: Sampling | None = None,
        *,
        asking: Asking | None = None,
        approvals: Approvals | None = None,
        shorten: Shorten | None = None,
        context_of: ContextOf | None = None,
        is_dialogue: bool = False,
        is_reviewed: bool = False,
    ) -> None:
        """Ask through `generate`, offer `tools`, stay within `limits`, ask people as `approvals` says.

        `is_dialogue`: somebody reads every text. `is_reviewed`: nobody is there to approve calls.
        """
        self._generate = generate
        self._tools = tools if isinstance(tools, Toolset) else Toolset(tools)
        self._limits = limits or Limits()
        self._asking = asking or Asking(sampling or Sampling())
        self._approvals = approvals or Approvals()
        self._shorten = shorten
        self._context_of = context_of
        self._is_dialogue = is_dialogue
        self._is_reviewed = is_reviewed

    def run(self, task: tuple[Item, ...]) -> AsyncGenerator[Step, None]:
        """Work on `task` and yield what happens; the last event is `Answered` or `Failed`."""
        return self.go_on(Thread(list(task), began_s=monotonic_s()))

    async def go_on(self, thread: Thread) -> AsyncGenerator[Step, None]:
        """Go on with `thread` and yield what happens; the last event is `Answered`, `Failed` or `Paused`.

        Closing the iterator stops the model and the tools. An error of the model service ends the run as `Failed`.
        """
        try:
            async with aclosing(self._steps(thread)) as steps:
                async for step in steps:
                    yield step
        except TimeoutError:
            yield _end(thread, GiveUp("time_limit", f"no answer within {self._limits.time_limit_s:g} seconds"))
        except OutputInvalid as error:
            yield _end(thread, GiveUp("model_error", error.message) if thread.may_call else _STUCK, error)
        except TercetError as error:
            yield _end(thread, GiveUp("model_error", error.message), error)

    async def _steps(self, thread: Thread) -> AsyncGenerator[Step, None]:
        """The loop itself. Raises `TimeoutError`, and the model service's `TercetError`."""
        while True:
            if thread.round:
                async with aclosing(self._round(thread)) as steps:
                    async for step in steps:
                        yield step
                if thread.open_calls:
                    yield Paused(thread.num_steps)
                    return
                thread.close_round(has_written=self._tools.registry.may_write(thread.round))
            if (end := self._exhausted(thread)) is not None:
                yield end
                return
            async with aclosing(self._turn(thread)) as steps:
                async for step in steps:
                    yield step
            match thread.follows:
                case AskForAnswer():
                    thread.may_call = False
                case Finish() | GiveUp() as follows:
                    yield _end(thread, follows)
                    if not thread.has_news:
                        return
                    thread.has_news, thread.may_call = False, True
                case _:
                    pass  # the calls are the next round

    async def _turn(self, thread: Thread) -> AsyncGenerator[Step, None]:
        """Ask the model once, with a shorter conversation where that is due or turns out to be needed."""
        if self._shorten is not None and self._shorten.is_due(thread):
            async with aclosing(self._shortened(thread)) as steps:
                async for step in steps:
                    yield step
        thread.num_steps += 1
        yield ModelAsked(thread.num_steps, len(self.request(thread).offered_tools))
        thread.has_news = False
        try:
            output, receipt = await self._ask(thread)
        except ContextTooLong:
            if self._shorten is None:
                raise
            async with aclosing(self._shortened(thread)) as steps:
                async for step in steps:
                    yield step
            output, receipt = await self._ask(thread)
        thread.count(output, receipt)
        follows = decide(
            output,
            made=frozenset(key for key, made in thread.made.items() if made.times >= self._limits.max_repeats),
            may_call=thread.may_call,
            is_dialogue=self._is_dialogue or bool(thread.made),
        )
        thread.take(output, follows)
        yield _replied(thread.num_steps, output, receipt)

    async def _shortened(self, thread: Thread) -> AsyncGenerator[Step, None]:
        assert self._shorten is not None
        yield Shortening(thread.num_steps, thread.prompt_tokens)
        yield await self._shorten(thread, thread.num_steps)

    async def _round(self, thread: Thread) -> AsyncGenerator[Step, None]:
        """Make the calls of the last output that may be made now; those that wait stay open."""
        gates = [await self._gate(call, thread) for call in thread.open_calls]
        thread.held = [decision for decision in gates if isinstance(decision, Hold)]
        if thread.held:
            yield ActionsNeeded(thread.num_steps, tuple(thread.held))
        ready: list[ToolCall] = []
        for call, decision in zip(tuple(thread.open_calls), gates, strict=True):
            if isinstance(decision, Outcome | Refuse):
                thread.settle(failed(call, decision.message) if isinstance(decision, Refuse) else decision)
                yield _result(thread.num_steps, thread.results[call.call_id])
            elif isinstance(decision, Go):
                ready.append(call)
        for number, call in enumerate(ready, 1):
            thread.num_ready = len(ready) - number
            yield CallMade(thread.num_steps, call)
        for call in [call for call in ready if call.call_id in thread.refusals]:
            ready.remove(call)
            thread.settle(failed(call, thread.refusals.pop(call.call_id)))
            yield _result(thread.num_steps, thread.results[call.call_id])
        async with aclosing(self._perform(ready, thread)) as arriving:
            async for outcome in arriving:
                if outcome.is_open:
                    thread.held.append(Hold(outcome.call, "later", outcome.content))
                    continue
                thread.settle(outcome)
                yield _result(thread.num_steps, outcome)

    async def _gate(self, call: ToolCall, thread: Thread) -> Gate | Outcome:
        """Decide on an open call. One that was begun before an interruption is never made twice unasked."""
        offer = self._tools.offer(call.name)
        grant = thread.grants.get(call.call_id)
        if call.call_id not in thread.begun or offer.is_clients:
            return gate(call, offer, self._approvals, grant, is_reviewed=self._is_reviewed)
        if offer.effect != "writes":
            return Go()
        happened = await self._tools.happened(call, self._context_of(call) if self._context_of else None)
        if happened is True:
            note = {"note": "done; an interruption kept its result from being recorded"}
            return Outcome(call, msgspec.json.encode(note).decode(), is_error=False, duration_ms=0.0)
        if happened is False:
            return Go()
        if grant is not None and grant.status == "approved" and not grant.is_pending:
            return Go(is_granted=True)
        if (grant is None or grant.is_pending or grant.status == "used") and not self._is_reviewed:
            return Hold(call, "unknown", f"Whether {call.name} took effect is unknown. Run it again?")
        return failed(call, "interrupted: whether this call took effect is unknown; it was not made again")

    def request(self, thread: Thread) -> ModelRequest:
        """Return what the model is asked next."""
        asking = self._asking
        return ModelRequest(
            items=tuple(thread.items),
            tools=self._tools.definitions,
            tool_choice=ToolChoice("auto" if thread.may_call else "none"),
            sampling=asking.sampling,
            output_format=asking.output_format,
            reasoning_effort=asking.reasoning_effort,
            cache_key=asking.cache_key,
        )

    async def _ask(self, thread: Thread) -> tuple[Output, Receipt]:
        """Ask the model once and wait for its whole output."""
        receipts = [Receipt()]
        async with asyncio.timeout(self._remaining_s(thread)):
            async with aclosing(self._generate(self.request(thread), receipts.append)) as events:
                return await fold(events), receipts[-1]

    def _perform(self, calls: list[ToolCall], thread: Thread) -> AsyncGenerator[Outcome, None]:
        return perform_all(
            calls,
            self._tools.registry,
            max_parallel=self._limits.max_parallel,
            timeout_s=self._remaining_s(thread),
            context_of=self._context_of,
        )

    def _exhausted(self, thread: Thread) -> End | None:
        """Return the end of a run that has used up its steps or does not get anywhere."""
        if thread.num_steps >= self._limits.max_steps:
            return _end(thread, GiveUp("max_steps", f"no answer within {self._limits.max_steps} steps"))
        if thread.num_failed_rounds >= MAX_FAILED_ROUNDS:
            return _end(thread, GiveUp("stuck", f"no call succeeded in {MAX_FAILED_ROUNDS} rounds in a row"))
        return None

    def _remaining_s(self, thread: Thread) -> float:
        return max(0.0, thread.began_s + self._limits.time_limit_s - monotonic_s())


def _replied(step: int, output: Output, receipt: Receipt) -> ModelReplied:
    return ModelReplied(
        step=step,
        text=text_of(output),
        reasoning="\n".join(item.text for item in output.items if isinstance(item, Reasoning) and item.text),
        num_calls=sum(isinstance(item, ToolCall) for item in output.items),
        reason=output.reason,
        usage=output.usage,
        receipt=receipt,
    )


def _result(step: int, outcome: Outcome) -> ResultCame:
    call = outcome.call
    return ResultCame(step, call.call_id, call.name, outcome.content, outcome.is_error, outcome.duration_ms)


def _end(thread: Thread, end: Finish | GiveUp, error: TercetError | None = None) -> End:
    totals = thread.totals_now()
    if isinstance(end, Finish):
        return Answered(end.text, totals)
    return Failed(end.code, end.message, totals, end.text, error.code if error else "")
