"""One task as a session of the Agents API, driven by the official client. The answer is what was said last."""

from __future__ import annotations

import asyncio
import base64
import time
from dataclasses import dataclass
from typing import Any

from openai import AsyncOpenAI, OpenAIError

from evals.agents.tasks import Task

POLL_S = 0.3
FILE_TOOLS = ("read_file", "search_files", "calculator", "date_add", "date_difference", "convert_units")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a task. `num_calls` counts tool calls; `status` is the session's, or an error's words."""

    task: Task
    is_solved: bool
    answer: str
    status: str
    num_calls: int
    seconds: float


class Runner:
    """Runs tasks on one tier of one server."""

    def __init__(self, client: AsyncOpenAI, model: str, tools: tuple[str, ...] | None, time_limit_s: float) -> None:
        """`tools` names the built-in tools of file tasks; None: all of the workspace's."""
        self._client = client
        self._model = model
        self._tools = tools
        self._time_limit_s = time_limit_s

    async def run(self, task: Task) -> Outcome:
        """Let an agent work on `task` until it rests, then forget its session."""
        began = time.perf_counter()
        sessions = self._client.beta.agents.sessions
        try:
            session: Any = await sessions.create(
                agent=self._agent(task), environment=_environment(task), input=task.text
            )
            while session.status == "in_progress" and time.perf_counter() - began < self._time_limit_s:
                await asyncio.sleep(POLL_S)
                session = await sessions.retrieve(session.id)
            items = [item async for item in sessions.items.list(session.id, order="asc", limit=100)]
            await sessions.delete(session.id)
        except OpenAIError as error:
            return Outcome(task, False, "", str(error)[:200], 0, time.perf_counter() - began)
        answer = _answer(items)
        calls = sum(item.type not in ("message", "reasoning") for item in items)
        seconds = time.perf_counter() - began
        return Outcome(task, task.is_solved_by(answer), answer, session.status, calls, seconds)

    def _agent(self, task: Task) -> Any:
        options: dict[str, Any] = {"limits": {"max_steps": 16, "time_limit_s": self._time_limit_s}}
        agent: dict[str, Any] = {"model": self._model, "tercet": options}
        if task.needs_browser:
            agent["tools"] = [{"type": "computer_use"}]
            options["tools"] = ["calculator"]
        elif self._tools is not None:
            options["tools"] = list(self._tools)
        return agent


def _environment(task: Task) -> Any:
    files = [
        {"type": "inline", "path": f"/workspace/{name}", "data": base64.b64encode(content.encode()).decode()}
        for name, content in task.files.items()
    ]
    access = "enabled" if task.needs_browser else "disabled"
    return {"type": "openai_hosted", "files": files, "network": {"access": access}}


def _answer(items: list[Any]) -> str:
    said = [item for item in items if item.type == "message" and item.role == "assistant"]
    return "".join(part.text for part in said[-1].content if part.type == "output_text") if said else ""
