"""Lists each method of the official client's `beta.agents` with its request, and whether there is a route for it.

    python scripts/agents_coverage.py            # a Markdown table
    python scripts/agents_coverage.py --check    # the same; fails when something is not served

The methods are found in the installed client and called on it; what they would send is caught before it leaves, and
looked up among the server's own routes. Methods of the client that only combine others are said to be such.
"""

import argparse
import inspect
import sys
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import httpx2
from openai import OpenAI
from openai._resource import SyncAPIResource

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from tercet.api.openai.agents.routes import agent_routes
from tercet.api.routes import RouteTable
from tercet.errors import TercetError
from tercet.service import Service

HELPERS = {
    "sessions.stream": "sessions.retrieve, sessions.events",
    "sessions.artifacts.for_result": "sessions.artifacts.list, sessions.artifacts.content",
    "environments.files.prepare": "files.create",
    "environments.files.prepare_directory": "files.create",
    "environments.files.upload": "files.create, environments.files.create",
}
"""Methods that send nothing of their own: what they are made of."""
NEEDED: dict[str, dict[str, Any]] = {
    "automations.create": {"type": "once", "run_at": 1, "target": {"type": "existing_session"}},
    "environments.files.create": {"type": "inline", "data": "", "path": "x"},
}
"""What methods of several forms are called with."""
_WORDS: dict[str, Any] = {"events": [], "auth": {"type": "static_bearer"}, "environment": {"type": "none"}}


class _Parts:
    """Stands for the service: the routes are only looked up, never called."""

    def __getattr__(self, name: str) -> object:
        return _Parts()


class Caught(Exception):
    """A request that the client was about to send."""

    def __init__(self, request: httpx2.Request) -> None:
        super().__init__(str(request.url))
        self.method = request.method
        self.path = request.url.path


def methods() -> Iterator[tuple[str, str, str]]:
    """Yield every method: its dotted name below `client.beta.agents`, and the HTTP method and path that it sends."""
    with (
        httpx2.Client(transport=httpx2.MockTransport(_catch)) as http,
        OpenAI(api_key="none", base_url="http://server/v1", http_client=http, max_retries=0) as client,
    ):
        yield from _of(client.beta.agents, "")


def routes() -> RouteTable:
    """Return the server's routes of the Agents API."""
    return RouteTable(agent_routes(cast("Service", _Parts())))


def is_served(table: RouteTable, method: str, path: str) -> bool:
    """Return whether there is a route."""
    try:
        table.find(method, path)
    except TercetError:
        return False
    return True


def rows() -> list[tuple[str, str, str]]:
    """Return the table: method, request, and `served`, `refused` or what a helper is made of."""
    table = routes()
    shown = []
    for name, method, path in methods():
        if name in HELPERS:
            shown.append((name, "", f"helper of the client over {HELPERS[name]}"))
        else:
            shown.append((name, f"{method} {path}", "served" if is_served(table, method, path) else "refused"))
    return shown


def table_text() -> str:
    """Return the table as Markdown."""
    lines = ["| method | request | |", "|---|---|---|"]
    lines += [f"| `{name}` | {f'`{request}`' if request else ''} | {verdict} |" for name, request, verdict in rows()]
    return "\n".join(lines) + "\n"


def _of(resource: SyncAPIResource, prefix: str) -> Iterator[tuple[str, str, str]]:
    for name, member in vars(type(resource)).items():
        if name.startswith(("_", "with_")):
            continue
        if isinstance(member, cached_property):
            yield from _of(getattr(resource, name), f"{prefix}{name}.")
        elif inspect.isfunction(member):
            if f"{prefix}{name}" in HELPERS:
                yield f"{prefix}{name}", "", ""
            else:
                yield (f"{prefix}{name}", *_request(resource, f"{prefix}{name}"))


def _request(resource: SyncAPIResource, dotted: str) -> tuple[str, str]:
    """Return what a method sends when it is called with a word for each id."""
    method = getattr(resource, dotted.rpartition(".")[2])
    given, named = [], dict(NEEDED.get(dotted, {}))
    for parameter in inspect.signature(method).parameters.values():
        if parameter.default is not inspect.Parameter.empty or parameter.name in named:
            continue
        value = _WORDS.get(parameter.name, f"{{{parameter.name}}}")
        if parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD:
            given.append(value)
        else:
            named[parameter.name] = value
    try:
        method(*given, **named)
    except Caught as caught:
        return caught.method, caught.path.replace("%7B", "{").replace("%7D", "}")
    raise AssertionError(f"{dotted} sent nothing")


def _catch(request: httpx2.Request) -> httpx2.Response:
    raise Caught(request)


def main() -> int:
    """Print the table; with `--check`, return 1 when a method is not served."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="fail when a method is not served")
    check = parser.parse_args().check
    sys.stdout.write(table_text())
    return int(check and any(verdict == "refused" for _, _, verdict in rows()))


if __name__ == "__main__":
    sys.exit(main())
