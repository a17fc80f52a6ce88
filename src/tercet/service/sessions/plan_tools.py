"""The tools that an agent keeps its plan with: each one typed operation, checked before it is written."""

from collections.abc import Iterable
from typing import Any

import msgspec

from tercet.agents.context import plan_text
from tercet.errors import ToolRetry
from tercet.items import JsonSchema
from tercet.service.sessions.effects import Effects
from tercet.sessions.events import PlanChanged
from tercet.sessions.plan import AddSteps, ChangeStep, NoteFact, Operation, Plan, SetGoal, apply
from tercet.store.sessions_edit import SessionEdit
from tercet.tools.base import Arguments, FunctionTool, JsonValue, object_schema

_TEXT: JsonSchema = {"type": "string"}
_OPERATIONS: tuple[tuple[type[Any], str, JsonSchema], ...] = (
    (
        SetGoal,
        "Say what the work is for, and the constraints it is under.",
        object_schema({"goal": _TEXT, "constraints": {"type": "array", "items": _TEXT}}, optional=("constraints",)),
    ),
    (
        AddSteps,
        "Append steps to the plan, or put them behind the step with the id `after`.",
        object_schema({"texts": {"type": "array", "items": _TEXT}, "after": {"type": "integer"}}, optional=("after",)),
    ),
    (
        ChangeStep,
        "Give a step of the plan another status, with a note on what came of it or what is in its way.",
        object_schema(
            {
                "id": {"type": "integer"},
                "status": {"type": "string", "enum": ["pending", "in_progress", "done", "blocked", "dropped"]},
                "note": _TEXT,
            },
            optional=("note",),
        ),
    ),
    (
        NoteFact,
        "Keep a fact for later steps. `source` is the call_id of the result it came from, or `user`.",
        object_schema({"text": _TEXT, "source": _TEXT}),
    ),
)
PLAN_TOOLS = tuple(str(kind.__struct_config__.tag) for kind, _, _ in _OPERATIONS)


class PlanKeeper:
    """The plan of a session while a turn works on it."""

    def __init__(self, plan: Plan, sources: Iterable[str], turn_id: str, effects: Effects) -> None:
        """`sources` are the calls that facts may come from; more are added with `learn`."""
        self.plan = plan
        self._sources = {"user", *sources}
        self._turn_id = turn_id
        self._effects = effects

    def learn(self, call_id: str) -> None:
        """Let facts come from the result of this call."""
        self._sources.add(call_id)

    def tools(self) -> list[FunctionTool]:
        """Return the tools, one per operation. Their effect class says that they may be made again safely."""
        return [
            FunctionTool(str(kind.__struct_config__.tag), description, schema, self._doing(kind))
            for kind, description, schema in _OPERATIONS
        ]

    def _doing(self, kind: type[Any]) -> Any:
        def run(arguments: Arguments) -> JsonValue:
            try:
                operation: Operation = msgspec.convert(dict(arguments), kind)
            except msgspec.ValidationError as error:
                raise ToolRetry(str(error)) from error
            plan = self.plan = apply(self.plan, operation, frozenset(self._sources))
            turn_id = self._turn_id

            def write(edit: SessionEdit) -> None:
                edit.put_plan(plan)
                edit.tell(PlanChanged(turn_id, plan))

            self._effects.prepare(write)
            return {"plan": plan_text(plan)}

        return run
