"""An agent's plan as structured state: changed by typed operations only, each checked when it is written."""

from typing import Literal

import msgspec

from tercet.errors import ToolRetry

StepStatus = Literal["pending", "in_progress", "done", "blocked", "dropped"]

MAX_STEPS, MAX_FACTS, MAX_TEXT = 100, 200, 2_000


class PlanStep(msgspec.Struct, frozen=True):
    """One thing to do. `note` says what came of it or what is in its way."""

    id: int
    text: str
    status: StepStatus = "pending"
    note: str = ""


class Fact(msgspec.Struct, frozen=True):
    """Something learnt, and the call or message it was learnt from."""

    id: int
    text: str
    source: str
    """The `call_id` of a result, or `user`."""


class Plan(msgspec.Struct, frozen=True):
    """The state of the work: what for, which steps, within which constraints, what is known."""

    goal: str = ""
    steps: tuple[PlanStep, ...] = ()
    constraints: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()


class SetGoal(msgspec.Struct, frozen=True, tag="set_goal"):
    """Say what the work is for."""

    goal: str
    constraints: tuple[str, ...] = ()


class AddSteps(msgspec.Struct, frozen=True, tag="add_steps"):
    """Append steps, or put them behind the step `after`."""

    texts: tuple[str, ...]
    after: int | None = None


class ChangeStep(msgspec.Struct, frozen=True, tag="change_step"):
    """Give a step another status, and say why or what came of it."""

    id: int
    status: StepStatus
    note: str = ""


class NoteFact(msgspec.Struct, frozen=True, tag="note_fact"):
    """Keep something learnt."""

    text: str
    source: str


Operation = SetGoal | AddSteps | ChangeStep | NoteFact


def apply(plan: Plan, operation: Operation, sources: frozenset[str]) -> Plan:
    """Return `plan` after `operation`. `sources` are the calls and messages that facts may name.

    Raises `ToolRetry`, which says what is wrong, and leaves the plan as it was.
    """
    match operation:
        case SetGoal(goal, constraints):
            _check_text("goal", goal)
            for constraint in constraints:
                _check_text("constraint", constraint)
            return msgspec.structs.replace(plan, goal=goal, constraints=constraints)
        case AddSteps(texts, after):
            return _with_steps(plan, texts, after)
        case ChangeStep(step_id, status, note):
            return _with_status(plan, step_id, status, note)
        case NoteFact(text, source):
            _check_text("text", text)
            if source not in sources:
                raise ToolRetry(f"source {source!r} is neither 'user' nor the call_id of a result in this session")
            if len(plan.facts) >= MAX_FACTS:
                raise ToolRetry(f"the plan holds {MAX_FACTS} facts, which is the limit")
            fact = Fact(_next_id(plan.facts), text, source)
            return msgspec.structs.replace(plan, facts=(*plan.facts, fact))


def _with_steps(plan: Plan, texts: tuple[str, ...], after: int | None) -> Plan:
    if not texts:
        raise ToolRetry("texts is empty: say at least one step")
    for text in texts:
        _check_text("texts", text)
    if len(plan.steps) + len(texts) > MAX_STEPS:
        raise ToolRetry(f"the plan would hold more than {MAX_STEPS} steps")
    first = _next_id(plan.steps)
    steps = tuple(PlanStep(first + index, text) for index, text in enumerate(texts))
    place = len(plan.steps) if after is None else _index(plan, after) + 1
    return msgspec.structs.replace(plan, steps=(*plan.steps[:place], *steps, *plan.steps[place:]))


def _with_status(plan: Plan, step_id: int, status: StepStatus, note: str) -> Plan:
    place = _index(plan, step_id)
    if len(note) > MAX_TEXT:
        raise ToolRetry(f"note is longer than {MAX_TEXT} characters")
    step = plan.steps[place]
    if status in ("blocked", "dropped") and not note:
        raise ToolRetry(f"a step that is {status} needs a note that says why")
    changed = msgspec.structs.replace(step, status=status, note=note or step.note)
    return msgspec.structs.replace(plan, steps=(*plan.steps[:place], changed, *plan.steps[place + 1 :]))


def _index(plan: Plan, step_id: int) -> int:
    for index, step in enumerate(plan.steps):
        if step.id == step_id:
            return index
    known = ", ".join(str(step.id) for step in plan.steps) or "none"
    raise ToolRetry(f"there is no step {step_id}; the plan's steps are: {known}")


def _check_text(field: str, text: str) -> None:
    if not text.strip():
        raise ToolRetry(f"{field} is empty")
    if len(text) > MAX_TEXT:
        raise ToolRetry(f"{field} is longer than {MAX_TEXT} characters")


def _next_id(entries: tuple[PlanStep, ...] | tuple[Fact, ...]) -> int:
    return max((entry.id for entry in entries), default=0) + 1
