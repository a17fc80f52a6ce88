"""A model behind Chat Completions, asked greedily, several cases at a time."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

from evals.cases import Answer, Case

MAX_OUTPUT_TOKENS = 384
TIMEOUT_S = 300
REFUSED = "output_invalid"
"""The code of Tercet's error for a model that never kept what was demanded: an answer, and a wrong one."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where to ask, for whom, and what of Tercet's own to ask for."""

    base_url: str
    model: str
    api_key: str = "none"
    concurrency: int = 2
    extension: dict[str, Any] | None = None
    """The request's `tercet` field; None where another server is measured."""

    async def answers(self, cases: Sequence[Case]) -> list[Answer]:
        """Return an answer per case. Raises `RuntimeError` with the server's words when it refuses one."""
        limit = asyncio.Semaphore(self.concurrency)
        headers = {"Authorization": f"Bearer {self.api_key}"}
        async with aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(TIMEOUT_S)) as session:

            async def ask(case: Case) -> Answer:
                async with limit:
                    return await self._ask(session, case)

            return list(await asyncio.gather(*map(ask, cases)))

    async def _ask(self, session: aiohttp.ClientSession, case: Case) -> Answer:
        body: dict[str, Any] = {
            "model": self.model,
            "messages": case.messages,
            "temperature": 0,
            "max_tokens": MAX_OUTPUT_TOKENS,
        }
        if case.tools:
            body["tools"] = [{"type": "function", "function": tool} for tool in case.tools]
        if case.schema is not None:
            demanded = {"name": "answer", "strict": True, "schema": case.schema}
            body["response_format"] = {"type": "json_schema", "json_schema": demanded}
        if self.extension is not None:
            body["tercet"] = self.extension
        began = time.perf_counter()
        async with session.post(f"{self.base_url.rstrip('/')}/chat/completions", json=body) as reply:
            told = await reply.json()
            if reply.status == 502 and told.get("error", {}).get("code") == REFUSED:
                return Answer("", [], seconds=time.perf_counter() - began)
            if reply.status != 200:
                raise RuntimeError(f"{case.set_name}/{case.id}: {reply.status}: {json.dumps(told)[:500]}")
        choice = told["choices"][0]
        message = choice["message"]
        functions = [call["function"] for call in message.get("tool_calls") or []]
        return Answer(
            text=message.get("content") or "",
            calls=[(function["name"], _decoded(function["arguments"])) for function in functions],
            confidence=(choice.get("tercet") or {}).get("confidence"),
            seconds=time.perf_counter() - began,
            output_tokens=told["usage"]["completion_tokens"],
        )


def _decoded(arguments: str) -> dict[str, Any]:
    try:
        value = json.loads(arguments)
    except json.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}
