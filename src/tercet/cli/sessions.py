"""`tercet sessions`: agent sessions of a running server, from the terminal."""

import sys
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tercet.cli.sessions_view import Lines, session_row, show_item, show_plan, show_session
from tercet.cli.terminal import print_line, print_table

if TYPE_CHECKING:
    from tercet.cli.sessions_client import SessionsClient

DEFAULT_URL = "http://127.0.0.1:8741/v1"
Work = Callable[["SessionsClient"], Awaitable[int | None]]
_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@click.group(short_help="Agent sessions: start, watch, approve, fork, replay.")
@click.option("--base-url", envvar="TERCET_BASE_URL", default=DEFAULT_URL, show_default=True, help="The server.")
@click.option("--api-key", envvar="TERCET_API_KEY", default="", help="Its key; or set TERCET_API_KEY.")
@click.pass_context
def sessions(context: click.Context, base_url: str, api_key: str) -> None:
    """Agent sessions of a running server: they outlive this command, and the server's own end."""

    def within(work: Work) -> int | None:
        import asyncio

        from tercet.cli.sessions_client import SessionsClient

        async def run() -> int | None:
            async with SessionsClient(base_url, api_key) as client:
                return await work(client)

        return asyncio.run(run())

    context.obj = within


@sessions.command()
@click.argument("task")
@click.argument("files", nargs=-1, type=_FILE)
@click.option("--tier", default="full", show_default=True, help="Which tier works on it.")
@click.option("--tool", "tools", multiple=True, help="A built-in tool; default: all of the workspace.")
@click.option("--ask", "asks", multiple=True, help="Ask before calls of this tool or effect (pure, reads, writes).")
@click.option("--limit", "limit_usd", type=click.FloatRange(0.01), help="Most US dollars; the session then pauses.")
@click.option("--allow", "domains", multiple=True, help="A domain that the sandbox may reach; default: none.")
@click.option("--plan/--no-plan", "has_plan", default=True, help="The agent keeps a plan.")
@click.option("--browser", "has_browser", is_flag=True, help="The agent has a browser.")
@click.option("--detach", is_flag=True, help="Print the session's id and return.")
@click.pass_obj
def start(
    within: Callable[[Work], int | None],
    task: str,
    files: tuple[Path, ...],
    tier: str,
    tools: tuple[str, ...],
    asks: tuple[str, ...],
    limit_usd: float | None,
    domains: tuple[str, ...],
    has_plan: bool,
    has_browser: bool,
    detach: bool,
) -> int | None:
    """Give TASK to an agent in a sandbox that holds FILES, and watch it work.

    Ctrl-C leaves the session at work; `tercet sessions watch` comes back to it.
    """
    import base64

    effects = ("pure", "reads", "writes")
    approvals = {
        "by_tool": {name: "ask" for name in asks if name not in effects},
        "by_effect": {name: "ask" for name in asks if name in effects},
    }
    options: dict[str, Any] = {"plan": has_plan, "approvals": approvals}
    if tools:
        options["tools"] = list(tools)
    agent: dict[str, Any] = {"model": tier, "tercet": options}
    if has_browser:
        agent["tools"] = [{"type": "computer_use"}]
    network = {"access": "restricted", "allowed_domains": list(domains)} if domains else {"access": "disabled"}
    seeds = [
        {"type": "inline", "path": f"/workspace/{path.name}", "data": base64.b64encode(path.read_bytes()).decode()}
        for path in files
    ]
    body: dict[str, Any] = {
        "agent": agent,
        "environment": {"type": "openai_hosted", "files": seeds, "network": network},
        "input": sys.stdin.read() if task == "-" else task,
    }
    if limit_usd is not None:
        body["spend_control"] = {"limit": max(1, round(limit_usd * 100))}

    async def work(client: "SessionsClient") -> int | None:
        session_id = (await client.post("", body))["id"]
        print_line(session_id, dim=not detach)
        return None if detach else await _watch(client, session_id, after=0)

    return within(work)


@sessions.command("list")
@click.pass_obj
def list_(within: Callable[[Work], int | None]) -> int | None:
    """List the sessions, the one that was active last at the end."""

    async def work(client: "SessionsClient") -> None:
        found = sorted(await client.all(""), key=lambda session: session["last_active_at"])
        if found:
            print_table(("session", "status", "tier", "cost", "last active"), [session_row(one) for one in found])
        else:
            print_line("There are no sessions.")

    return within(work)


@sessions.command()
@click.argument("session_id")
@click.pass_obj
def show(within: Callable[[Work], int | None], session_id: str) -> int | None:
    """Show a session: its state, its plan, and what was said and done."""

    async def work(client: "SessionsClient") -> None:
        show_session(await client.get(f"/{session_id}"))
        show_plan(await client.get(f"/{session_id}/plan"))
        for item in await client.all(f"/{session_id}/items"):
            show_item(item)

    return within(work)


@sessions.command()
@click.argument("session_id")
@click.option("--from", "after", default=0, show_default=True, help="The number of the event to begin behind.")
@click.pass_obj
def watch(within: Callable[[Work], int | None], session_id: str, after: int) -> int | None:
    """Follow a session until it waits for somebody, and answer what it asks."""
    return within(lambda client: _watch(client, session_id, after=after))


@sessions.command()
@click.argument("session_id")
@click.argument("text")
@click.option("--detach", is_flag=True, help="Return at once.")
@click.pass_obj
def send(within: Callable[[Work], int | None], session_id: str, text: str, detach: bool) -> int | None:
    """Say TEXT to the agent: a new turn, or a word to the one under way."""

    async def work(client: "SessionsClient") -> int | None:
        content = [{"type": "input_text", "text": text}]
        said = {"type": "agent.session.input.message", "input": [{"role": "user", "content": content}]}
        last = await _last_number(client, session_id)
        await client.post(f"/{session_id}/events", {"events": [said]})
        return None if detach else await _watch(client, session_id, after=last)

    return within(work)


@sessions.command()
@click.argument("session_id")
@click.argument("request_id")
@click.option("--deny", "is_denied", is_flag=True, help="Refuse the call instead.")
@click.pass_obj
def approve(within: Callable[[Work], int | None], session_id: str, request_id: str, is_denied: bool) -> int | None:
    """Allow the call that a session asks for, once, as it stands."""

    async def work(client: "SessionsClient") -> None:
        await _decide(client, session_id, request_id, "deny" if is_denied else "approve")

    return within(work)


@sessions.command()
@click.argument("session_id")
@click.pass_obj
def cancel(within: Callable[[Work], int | None], session_id: str) -> int | None:
    """End the turn under way; the session stays."""

    async def work(client: "SessionsClient") -> None:
        await client.post(f"/{session_id}/events", {"events": [{"type": "agent.session.input.cancel"}]})

    return within(work)


@sessions.command()
@click.argument("session_id")
@click.option("--at", "item", type=click.IntRange(0), required=True, help="The first item that is not shared.")
@click.option("--tier", help="Another tier for the fork.")
@click.option("--go-on", is_flag=True, help="Let the fork work at once.")
@click.pass_obj
def fork(within: Callable[[Work], int | None], session_id: str, item: int, tier: str | None, go_on: bool) -> int | None:
    """Make a session that shares the items before one of this session's."""
    body: dict[str, Any] = {"item": item, "goes_on": go_on}
    if tier is not None:
        body["agent"] = {"model": tier}

    async def work(client: "SessionsClient") -> None:
        print_line((await client.post(f"/{session_id}/fork", body))["id"])

    return within(work)


@sessions.command()
@click.argument("session_id")
@click.pass_obj
def replay(within: Callable[[Work], int | None], session_id: str) -> int | None:
    """Show again what happened, from the journal; no model is asked."""

    async def work(client: "SessionsClient") -> None:
        lines = Lines()
        async with aclosing(client.events(f"/{session_id}/replay")) as events:  # type: ignore[type-var]
            async for event in events:
                lines.show(event)

    return within(work)


@sessions.command()
@click.argument("session_id")
@click.pass_obj
def delete(within: Callable[[Work], int | None], session_id: str) -> int | None:
    """Delete a session with its workspace."""
    return within(lambda client: client.delete(f"/{session_id}"))


async def _watch(client: "SessionsClient", session_id: str, *, after: int) -> int:
    """Show events until nothing more comes by itself; ask for approvals where somebody sits at the terminal."""
    from tercet.cli.sessions_client import until_rest

    lines = Lines()
    while True:
        async with aclosing(until_rest(client, session_id, after=after)) as events:  # type: ignore[type-var]
            async for event in events:
                lines.show(event)
                after = _number(event) or after
        session = await client.get(f"/{session_id}")
        if session["status"] != "requires_action" or not sys.stdin.isatty():
            return 0 if session["status"] == "idle" else 1
        asked = [one for one in session["required_actions"] if one["type"] == "mcp_approval_request"]
        if not asked:
            return 1
        for action in asked:
            is_granted = click.confirm(f"Allow {action['request']['name']}?", default=False)
            await _decide(client, session_id, action["request_id"], "approve" if is_granted else "deny")


async def _decide(client: "SessionsClient", session_id: str, request_id: str, decision: str) -> None:
    answer = {
        "type": "agent.session.input.mcp_approval_request_result",
        "request_id": request_id,
        "response": {"type": "mcp_tool_call", "decision": decision},
    }
    await client.post(f"/{session_id}/events", {"events": [answer]})


async def _last_number(client: "SessionsClient", session_id: str) -> int:
    """Return the number of the last kept event."""
    last = 0
    async with aclosing(client.events(f"/{session_id}/replay")) as events:  # type: ignore[type-var]
        async for event in events:
            last = _number(event) or last
    return last


def _number(event: dict[str, Any]) -> int | None:
    """Return the number that an event is kept under, which its id ends with."""
    tail = str(event.get("event_id", "")).rpartition("_")[2]
    return int(tail) if tail.isdecimal() else None
