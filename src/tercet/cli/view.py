"""How a run is shown: for people line by line, for programs as one JSON object per step, or its answer alone."""

import json
from contextlib import ExitStack

import msgspec

from tercet.agents.steps import Answered, CallMade, End, Failed, ModelAsked, ModelReplied, ResultCame, Step, Totals
from tercet.cli.session import Viewer
from tercet.cli.terminal import arguments_text, duration_text, one_line, print_error, print_line, waiting

MAX_SHOWN = 400
"""Characters of arguments and results; the model sees all of them."""


def viewer(tier: str, *, is_json: bool, is_quiet: bool, is_priced: bool) -> Viewer:
    """Return what shows the steps of a run on `tier`; the cost only where the prices are known."""
    if is_json:
        return lambda step: print_line(msgspec.json.encode(step).decode())
    return _show_end if is_quiet else _Lines(tier, is_priced).show


class _Lines:
    """Prints steps as they happen. On a terminal a line says what is being waited for."""

    def __init__(self, tier: str, is_priced: bool) -> None:
        self._tier = tier
        self._is_priced = is_priced
        self._waiting = ExitStack()
        self._num_calls = 0

    def show(self, step: Step) -> None:
        """Print one step."""
        self._waiting.close()
        match step:
            case ModelAsked():
                self._waiting.enter_context(waiting(f"{step.step}  {self._tier} is thinking …"))
            case ModelReplied():
                self._show_reply(step)
            case CallMade(call=call):
                print_line(f"   → {call.name}({_arguments(call.arguments)})", fg="cyan")
            case ResultCame():
                sign, colour = ("✗", "red") if step.is_error else ("←", "green")
                name = f"{step.name}: " if self._num_calls > 1 else ""
                print_line(f"   {sign} {name}{_cut(step.content)}  ({duration_text(step.duration_ms)})", fg=colour)
            case Answered() | Failed():
                self._show_end(step)

    def _show_end(self, end: End) -> None:
        if not end.totals.num_model_calls:
            _show_end(end)
            return
        print_line()
        _show_end(end)
        print_line()
        print_line(totals_text(end.totals, is_priced=self._is_priced), dim=True)

    def _show_reply(self, reply: ModelReplied) -> None:
        self._num_calls = reply.num_calls
        does = "answers" if not reply.num_calls else "calls a tool" if reply.num_calls == 1 else "calls tools"
        spent = f"{reply.usage.output_tokens} tokens, {duration_text(reply.receipt.duration_ms)}"
        print_line(f"{reply.step}  {reply.receipt.tier or self._tier} {does}  ({spent})", bold=True)
        if reply.reasoning:
            print_line(f"   {_cut(reply.reasoning)}", dim=True)
        if reply.num_calls and reply.text:
            print_line(f"   {_cut(reply.text)}")


def _show_end(step: Step) -> None:
    """Print the answer, or what was said instead of one and why it is none; other steps print nothing."""
    match step:
        case Answered():
            print_line(step.text)
        case Failed():
            if step.text:
                print_line(step.text)
            print_error(step.message)
        case _:
            pass


def _arguments(text: str) -> str:
    """Write JSON arguments as Python would, `a=1, b="x"`; what is no JSON object stays as it is."""
    try:
        values = json.loads(text)
    except ValueError:
        return _cut(text)
    if not isinstance(values, dict):
        return _cut(text)
    return arguments_text(values, MAX_SHOWN)


def _cut(text: str) -> str:
    return one_line(text, MAX_SHOWN)


def totals_text(totals: Totals, *, is_priced: bool) -> str:
    """Return the last line of a run: who answered, what was used, how long it took and what it cost."""
    usage = totals.usage
    cached = f" ({usage.cached_tokens} cached)" if usage.cached_tokens else ""
    parts = [
        f"{', '.join(totals.tiers) or 'no tier'} ({', '.join(totals.models) or 'no model'})",
        f"{_count(totals.num_model_calls, 'model call')}, {_count(totals.num_tool_calls, 'tool call')}",
        f"{usage.input_tokens} tokens in{cached}, {usage.output_tokens} out",
        duration_text(totals.duration_ms),
    ]
    if is_priced:
        parts.append(f"${totals.cost_usd:.6f}".rstrip("0").rstrip(".") if totals.cost_usd else "$0")
    return " · ".join(parts)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
