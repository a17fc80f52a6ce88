"""One agent's conversation on its way: what the model has been told, what it called, and what all that took."""

from collections.abc import Sequence

import msgspec

from tercet.agents.calls import Outcome
from tercet.agents.decision import AskForAnswer, Next, RunCalls, call_key
from tercet.agents.gate import Grant, Hold
from tercet.agents.steps import Totals
from tercet.clock import monotonic_s
from tercet.events import Output
from tercet.items import Item, TextPart, ToolCall, ToolResult
from tercet.records import Receipt


class Made(msgspec.Struct, frozen=True):
    """How often in a row a call was made with the same result, and which."""

    times: int
    content: str


class Thread(msgspec.Struct):
    """The state of a run. Mutated by the loop, and by who records its steps while the loop stands still."""

    items: list[Item]
    began_s: float
    """A monotonic reading; earlier work on the same run is subtracted from it."""
    output: Output | None = None
    """The model's last output, and what came of it."""
    receipt: Receipt = Receipt()
    follows: Next | None = None
    open_calls: list[ToolCall] = []
    """Calls of the last output that have no result yet."""
    round: list[ToolCall] = []
    """All calls of the last output, until their results are all there."""
    num_ready: int = 0
    """Calls that are about to be told as made before any of them is."""
    results: dict[str, Outcome] = {}
    held: list[Hold] = []
    """Open calls that wait for somebody."""
    grants: dict[str, Grant] = {}
    """What people answered, by call."""
    begun: set[str] = set()
    """Open calls that were begun before this worker had the run: how far they came is unknown."""
    refusals: dict[str, str] = {}
    """Calls that who records the steps would not let through, and why."""
    has_news: bool = False
    """Something was said that the model has not answered."""
    may_call: bool = True
    """False once the model has repeated itself: it is then asked for an answer."""
    made: dict[tuple[str, str], Made] = {}
    num_failed_rounds: int = 0
    """Rounds in a row in which no call succeeded."""
    num_steps: int = 0
    prompt_tokens: int = 0
    """Tokens of the conversation as of the last output; 0: not known."""
    totals: Totals = Totals()

    def count(self, output: Output, receipt: Receipt) -> None:
        """Add one model call to the totals."""
        known = self.totals
        self.receipt = receipt
        self.prompt_tokens = output.usage.input_tokens + output.usage.output_tokens
        self.totals = msgspec.structs.replace(
            known,
            num_model_calls=known.num_model_calls + 1,
            usage=known.usage + output.usage,
            cost_usd=known.cost_usd + receipt.cost_usd,
            tiers=_with(known.tiers, receipt.tier),
            models=_with(known.models, receipt.model or output.model),
        )

    def take(self, output: Output, follows: Next) -> None:
        """Take a model's output in. One that only asks for what is known already is dropped."""
        self.output, self.follows = output, follows
        if not isinstance(follows, AskForAnswer):
            self.items += output.items
        if isinstance(follows, RunCalls):
            self.open_round(follows.calls)

    def open_round(self, calls: Sequence[ToolCall]) -> None:
        """Begin a round of calls."""
        self.round, self.open_calls = list(calls), list(calls)
        self.results, self.held = {}, []

    def settle(self, outcome: Outcome) -> None:
        """Take a call's result in."""
        self.results[outcome.call.call_id] = outcome
        self.open_calls = [call for call in self.open_calls if call.call_id != outcome.call.call_id]

    def close_round(self, *, has_written: bool) -> None:
        """Give the results to the model in the order of the calls.

        After a call that may have changed the world, earlier calls may be made again.
        """
        outcomes = [self.results[call.call_id] for call in self.round]
        self.items += [result_of(outcome) for outcome in outcomes]
        self.remember(outcomes, has_written=has_written)
        self.totals = msgspec.structs.replace(self.totals, num_tool_calls=self.totals.num_tool_calls + len(outcomes))
        self.round, self.results = [], {}

    def remember(self, outcomes: Sequence[Outcome], *, has_written: bool) -> None:
        """Keep in mind what was called with what result, to notice when nothing moves any more."""
        made = {} if has_written else dict(self.made)
        for outcome in outcomes:
            key = call_key(outcome.call)
            before = self.made.get(key)
            is_same = before is not None and before.content == outcome.content
            made[key] = Made(before.times + 1 if before is not None and is_same else 1, outcome.content)
        self.made = made
        self.num_failed_rounds = self.num_failed_rounds + 1 if all(outcome.is_error for outcome in outcomes) else 0

    def hear(self, items: Sequence[Item]) -> None:
        """Add what was said while the agent was at work."""
        self.items += items
        self.has_news = self.has_news or bool(items)

    def totals_now(self) -> Totals:
        """Return the totals with the time that has passed since the start."""
        return msgspec.structs.replace(self.totals, duration_ms=(monotonic_s() - self.began_s) * 1000)


def result_of(outcome: Outcome) -> ToolResult:
    """Return a result as the model reads it."""
    return ToolResult(outcome.call.call_id, (TextPart(outcome.content), *outcome.parts))


def _with(known: tuple[str, ...], name: str) -> tuple[str, ...]:
    return known if not name or name in known else (*known, name)
