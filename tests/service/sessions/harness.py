"""Sessions over the scripted backend, and short ways to drive one."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

from tercet.backends.scripted import ScriptedBackend
from tercet.guarantees.repair import Stage
from tercet.items import Message, TextPart
from tercet.routing.tiers import Tier, tier_name
from tercet.service.asks import Ask
from tercet.service.run import Run
from tercet.service.sessions import FunctionResult, SessionDraft, Sessions, UserInput
from tercet.sessions.agents import AgentSpec
from tercet.sessions.events import Numbered, SessionChanged, TurnChanged
from tercet.sessions.turns import Call, SessionItem, SessionRecord, TurnRecord
from tercet.store.filing import Page
from tercet.store.local import LocalStore, SqlStore
from tercet.store.secrets import SecretKey
from tercet.store.shared import SharedStore
from tercet.usage import Price
from tests.support import user, write_script

OWNER = "ann"
ALL = Page(10_000, is_ascending=True)
SECONDS = 60.0
POSTGRES_URL = ""
"""Where sessions are kept; empty: in SQLite. Set for each test."""


def opened_store(folder: Path) -> SqlStore:
    """Open the store of the test; more than once, it is as if by several processes."""
    if POSTGRES_URL:
        key = SecretKey(folder / "secret.key")
        return SharedStore(POSTGRES_URL, key, retention_days=30, max_responses=1000)
    return LocalStore(folder / "tercet.db", retention_days=30, max_responses=1000)


def call(name: str, /, **arguments: Any) -> dict[str, Any]:
    """Return a call in a script."""
    return {"name": name, "arguments": arguments}


class Host:
    """Sessions over scripted tiers nano and full, with their state in a folder; mini is unbound."""

    def __init__(
        self,
        folder: Path,
        *lines: dict[str, Any],
        price: Price | None = None,
        prices: Mapping[str, Price] | None = None,
        **more: Any,
    ) -> None:
        script = write_script(folder / "script.jsonl", *lines)
        self.tiers = {
            name: Tier(
                name, ScriptedBackend(script, f"{name}-script", 100_000), (prices or {}).get(name, price or Price())
            )
            for name in ("nano", "full")
        }
        self.store = opened_store(folder)
        self.sessions = Sessions(self.store, {**self.tiers, "mini": Tier("mini")}, self.begin, **more)

    def begin(self, ask: Ask) -> Run:
        """Ask a tier's model."""
        name = tier_name(ask.model)
        stages = [Stage("first", name, self.tiers[name].backend)]  # type: ignore[arg-type]  # they are bound
        return Run(ask, stages, self.tiers, lambda owner, usage: None)

    async def close(self) -> None:
        """Stop, as a server does that is told to."""
        await self.sessions.close()
        await self.store.close()


@asynccontextmanager
async def running(folder: Path, *lines: dict[str, Any], **more: Any) -> AsyncIterator[Sessions]:
    """Run sessions for as long as the context lasts."""
    host = Host(folder, *lines, **more)
    await host.sessions.start()
    try:
        yield host.sessions
    finally:
        await host.close()


async def begun(sessions: Sessions, spec: AgentSpec, text: str = "go", **fields: Any) -> SessionRecord:
    """Create a session with an input."""
    return await sessions.create(SessionDraft(OWNER, spec, input=(user(text),), **fields))


async def until(sessions: Sessions, session_id: str, is_there: Callable[[SessionRecord], bool]) -> SessionRecord:
    """Wait until the session is as wanted, by its events."""
    async with asyncio.timeout(SECONDS), aclosing(sessions.events(session_id, OWNER)) as events:
        async for numbered in events:
            if isinstance(numbered.event, SessionChanged | TurnChanged):
                record = await sessions.get(session_id, OWNER)
                if is_there(record):
                    return record
    raise AssertionError("the events ended")


async def idle(sessions: Sessions, session_id: str) -> SessionRecord:
    """Wait until no turn is under way."""
    return await until(sessions, session_id, lambda record: record.status == "idle")


async def needing(sessions: Sessions, session_id: str) -> SessionRecord:
    """Wait until somebody has to act."""
    return await until(sessions, session_id, lambda record: record.status == "requires_action")


async def items(sessions: Sessions, session_id: str, **fields: Any) -> Sequence[SessionItem]:
    """Return all items of a session."""
    return await sessions.items(session_id, OWNER, ALL, **fields)


async def turns(sessions: Sessions, session_id: str) -> Sequence[TurnRecord]:
    """Return the turns of a session's own agent."""
    return await sessions.turns(session_id, OWNER, ALL)


async def tell(sessions: Sessions, session_id: str, text: str) -> SessionRecord:
    """Say something to a session."""
    return await sessions.send(session_id, OWNER, [UserInput((user(text),))])


def said(found: Sequence[SessionItem]) -> list[str]:
    """Return what user and assistant said."""
    return [item.content.text for item in found if isinstance(item.content, Message)]


def calls(found: Sequence[SessionItem]) -> list[Call]:
    """Return the calls among items."""
    return [item.content for item in found if isinstance(item.content, Call)]


def result(turn_id: str, call_id: str, text: str) -> FunctionResult:
    """Return a function's result."""
    return FunctionResult(turn_id, call_id, (TextPart(text),))


async def kept(sessions: Sessions, session_id: str) -> list[Numbered]:
    """Return every kept event."""
    return [numbered async for numbered in sessions.replay(session_id, OWNER)]
