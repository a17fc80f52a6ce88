"""How a session is shown in a terminal: its events as they happen, its plan, its items, what it waits for."""

import json
from datetime import UTC, datetime
from typing import Any

from tercet.cli.terminal import arguments_text, duration_text, one_line, print_line

MAX_SHOWN = 300
MARKS = {"done": "✓", "in_progress": "▸", "blocked": "!", "dropped": "–", "pending": "·"}
STATUS_COLOURS = {"idle": "green", "in_progress": "cyan", "failed": "red"}

Resource = dict[str, Any]


class Lines:
    """Prints the events of one session."""

    def __init__(self) -> None:
        self._is_open = False

    def show(self, event: Resource) -> None:
        """Print one event; deltas go on in the same line."""
        kind = event["type"].removeprefix("agent.session.")
        if kind == "turn.output_text.delta":
            print(event["delta"], end="", flush=True)  # noqa: T201 - a line that is still growing
            self._is_open = True
            return
        if self._is_open:
            print_line()
            self._is_open = False
        match kind:
            case "turn.item.done":
                show_item(event["item"], has_text=False)
            case "turn.item.added" if event["item"].get("role") == "user":
                show_item(event["item"])
            case "tercet.plan.changed":
                show_plan(event["plan"])
            case "turn.completed" | "turn.failed" | "turn.cancelled":
                print_line(turn_text(event["turn"]), dim=True)
            case "requires_action" | "budget_reached" | "failed":
                show_session(event["session"])
            case "environment.failed":
                print_line(f"environment failed: {event['environment']['error']['message']}", fg="red")
            case _:
                pass


def show_item(item: Resource, *, has_text: bool = True) -> None:
    """Print an item. Without `has_text` an assistant's message is left out, since its text was shown as it came."""
    facts = item["tercet"]
    head = f"{facts['number']:>4}  "
    if item["type"] == "message":
        text = "".join(part.get("text", "[image]") for part in item["content"])
        if item["role"] == "user":
            print_line(f"{head}› {text}", bold=True)
        elif has_text:
            print_line(f"{head}{text}")
        return
    if "name" not in facts:
        print_line(f"{head}{item['type'].replace('_', ' ')}", dim=True)
        return
    spent = "  ".join(text for text in (facts["tier"] or "", duration_text(facts["duration_ms"])) if text)
    print_line(f"{head}→ {facts['name']}({_arguments(facts['arguments'])})  {spent}", fg="cyan")
    if facts["error"] is not None:
        print_line(f"      ✗ {_cut(facts['error'])}", fg="red")
    elif facts["output"] is not None:
        print_line(f"      ← {_cut(facts['output'])}", fg="green")


def show_plan(plan: Resource) -> None:
    """Print a plan: goal, steps with their status, constraints and facts."""
    if plan["goal"]:
        print_line(f"plan: {plan['goal']}", bold=True)
    for step in plan["steps"]:
        note = f"  ({step['note']})" if step["note"] else ""
        print_line(f"  {MARKS[step['status']]} {step['id']}. {step['text']}{note}")
    for constraint in plan["constraints"]:
        print_line(f"  within: {constraint}")
    for fact in plan["facts"]:
        print_line(f"  known: {fact['text']}  (from {fact['source']})", dim=True)


def show_session(session: Resource) -> None:
    """Print a session's state and what it waits for."""
    print_line(f"{session['id']}  {session['status']}  {spending_text(session)}", fg=colour_of(session["status"]))
    if session["error"]:
        print_line(f"  {session['error']}", fg="red")
    for action in session["required_actions"]:
        match action["type"]:
            case "mcp_approval_request":
                asked = action["request"]
                print_line(f"  approve? {asked['name']}({_arguments(asked['arguments'])})", fg="yellow")
                print_line(f"    {asked['message']}")
                print_line(f"    tercet sessions approve {session['id']} {action['request_id']}", dim=True)
            case "function_call":
                print_line(f"  waits for the client's {action['name']}({_arguments(action['arguments'])})", fg="yellow")
            case other:
                print_line(f"  waits: {other}", fg="yellow")


def session_row(session: Resource) -> tuple[str, ...]:
    """Return a session as a row of a table."""
    at = datetime.fromtimestamp(session["last_active_at"], UTC).astimezone()
    model = session["agent"]["model"]
    return session["id"], session["status"], model, spending_text(session), at.strftime("%Y-%m-%d %H:%M")


def spending_text(session: Resource) -> str:
    """Return what a session has cost, and may."""
    limit = session["spend_control"]["limit"]
    most = "" if limit is None else f" of ${limit / 100:.2f}"
    return f"${session['tercet']['cost_usd']:.4f}{most}"


def turn_text(turn: Resource) -> str:
    """Return how a turn ended, in one line."""
    usage = turn["usage"] or {"input_tokens": 0, "output_tokens": 0}
    seconds = (turn["completed_at"] or 0) - (turn["started_at"] or turn["completed_at"] or 0)
    parts = [
        f"turn {turn['status']}",
        f"{turn['tercet']['num_steps']} steps",
        f"{usage['input_tokens']} tokens in, {usage['output_tokens']} out",
        f"{seconds} s",
        f"${turn['tercet']['cost_usd']:.4f}",
    ]
    if turn["error"]:
        parts.insert(1, turn["error"]["message"])
    return " · ".join(parts)


def colour_of(status: str) -> str:
    """Return the colour that a session's status has."""
    return STATUS_COLOURS.get(status, "yellow")


def _arguments(given: object) -> str:
    if not isinstance(given, dict):
        return _cut(json.dumps(given, ensure_ascii=False))
    return arguments_text(given, MAX_SHOWN)


def _cut(text: str) -> str:
    return one_line(text, MAX_SHOWN)
