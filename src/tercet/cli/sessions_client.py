"""A client of the Agents API for the command line: requests, pages and streams of a running server."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from types import TracebackType
from typing import Any, Self

import aiohttp

from tercet.errors import BackendFailed, InvalidRequest, NotFound, TercetError

PAGE = 100
QUIET_S = 2.0
"""Without events for so long, a session is looked at."""
AT_REST = ("idle", "requires_action", "failed", "budget_reached")
MAX_EVENT = 64 * 1024 * 1024

Resource = dict[str, Any]


class SessionsClient:
    """One server, for one key."""

    def __init__(self, base_url: str, api_key: str) -> None:
        self._root = f"{base_url.rstrip('/')}/agents/sessions"
        headers = {"OpenAI-Beta": "agents=v1", "Authorization": f"Bearer {api_key or 'none'}"}
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=120)
        self._http = aiohttp.ClientSession(headers=headers, timeout=timeout, read_bufsize=MAX_EVENT)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.close()

    async def get(self, path: str = "", **query: str) -> Resource:
        """Return a resource. Raises `NotFound`, `InvalidRequest` and `BackendFailed`."""
        return await self._ask("GET", path, query=query)

    async def post(self, path: str, body: Resource) -> Resource:
        """Send `body` and return the answer, empty where there is none."""
        return await self._ask("POST", path, body=body)

    async def delete(self, path: str) -> None:
        """Delete a resource."""
        await self._ask("DELETE", path)

    async def all(self, path: str, **query: str) -> list[Resource]:
        """Return every resource of a list, oldest first."""
        found: list[Resource] = []
        after: dict[str, str] = {}
        while True:
            page = await self.get(path, limit=str(PAGE), order="asc", **query, **after)
            found += page["data"]
            if not page["has_more"]:
                return found
            after = {"after": page["data"][-1]["id"]}

    async def events(self, path: str, **query: str) -> AsyncIterator[Resource]:
        """Yield a stream's events until it ends or the caller closes it."""
        asked = {"include_obfuscation": "false", "include_tercet": "true", **query}
        try:
            async with self._http.get(self._root + path, params=asked) as reply:
                await _check(reply)
                async for line in reply.content:
                    if line.startswith(b"data: {"):
                        yield json.loads(line[6:])
        except aiohttp.ClientError as error:
            raise BackendFailed(f"the connection to {self._root} broke: {error}") from error

    async def _ask(
        self, method: str, path: str, *, query: dict[str, str] | None = None, body: Resource | None = None
    ) -> Resource:
        try:
            async with self._http.request(method, self._root + path, params=query, json=body) as reply:
                await _check(reply)
                text = await reply.text()
                answer: Resource = json.loads(text) if text else {}
                return answer
        except aiohttp.ClientConnectorError as error:
            raise BackendFailed(f"no server answers at {self._root}: start one with `tercet serve`") from error
        except aiohttp.ClientError as error:
            raise BackendFailed(f"the connection to {self._root} broke: {error}") from error


async def until_rest(client: SessionsClient, session_id: str, *, after: int) -> AsyncIterator[Resource]:
    """Yield a session's events behind number `after` until it waits for somebody; the last one says for whom.

    History is passed over: a rest that something followed is none.
    """
    stream = client.events(f"/{session_id}/events", starting_after=str(after))
    async with aclosing(stream) as events:  # type: ignore[type-var]
        while (event := await _next(events, client, session_id)) is not None:
            yield event
            if event["type"].removeprefix("agent.session.") in AT_REST:
                now = await client.get(f"/{session_id}")
                if (now["status"], now["last_active_at"]) == _state(event):
                    return


async def _next(events: AsyncIterator[Resource], client: SessionsClient, session_id: str) -> Resource | None:
    """Return the next event; None when nothing more comes, because the session is at rest."""
    coming = asyncio.ensure_future(anext(events, None))
    try:
        while not coming.done():
            await asyncio.wait((coming,), timeout=QUIET_S)
            if not coming.done() and (await client.get(f"/{session_id}"))["status"] in AT_REST:
                await asyncio.wait((coming,), timeout=QUIET_S)
                return coming.result() if coming.done() else None
        return coming.result()
    finally:
        if not coming.done():
            coming.cancel()
            await asyncio.wait((coming,))


def _state(event: Resource) -> tuple[str, int]:
    return event["session"]["status"], event["session"]["last_active_at"]


async def _check(reply: aiohttp.ClientResponse) -> None:
    if reply.status < 400:
        return
    text = await reply.text()
    try:
        message = json.loads(text)["error"]["message"]
    except (ValueError, KeyError, TypeError):
        message = f"{reply.status}: {text[:300]}"
    kinds: dict[int, type[TercetError]] = {404: NotFound, 400: InvalidRequest}
    raise kinds.get(reply.status, BackendFailed)(message)
