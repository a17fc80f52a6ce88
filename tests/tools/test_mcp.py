"""MCP servers as tools, against real servers written with the official SDK: processes, and HTTP through the guard."""

import asyncio
import contextlib
import logging
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tercet.egress import Guard, Policy
from tercet.errors import InvalidRequest, ToolFailed, Unsupported
from tercet.tools.registry import Registry

pytest.importorskip("mcp", reason="needs the mcp extra")

from tercet.tools.mcp import (  # after the check for the extra
    Approval,
    HttpTransport,
    McpServer,
    McpServerSpec,
    McpTool,
    StdioTransport,
    start_here,
)

SERVER = Path(__file__).with_name("mcp_server.py")
STDIO = StdioTransport(sys.executable, (str(SERVER),), env={"GIVEN": "1"})
pytestmark = pytest.mark.timeout(180)


@pytest.fixture
async def guard() -> AsyncIterator[Guard]:
    async with Guard(Policy()) as made:
        yield made


@contextlib.asynccontextmanager
async def stdio(guard: Guard, **settings: object) -> AsyncIterator[McpServer]:
    spec = McpServerSpec("things", STDIO, start_timeout_s=60, **settings)  # type: ignore[arg-type]
    server = McpServer(spec, guard, start=start_here)
    await server.start()
    try:
        yield server
    finally:
        await server.close()


@contextlib.asynccontextmanager
async def http(*token: str) -> AsyncIterator[int]:
    """Run the server on a free port until it answers, and end it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    process = await asyncio.create_subprocess_exec(sys.executable, str(SERVER), str(port), *token)
    try:
        async with asyncio.timeout(60):
            while True:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    await writer.wait_closed()
                    break
                await asyncio.sleep(0.1)
        yield port
    finally:
        process.kill()
        await process.wait()


async def test_a_local_server(guard: Guard) -> None:
    async with stdio(guard) as server:
        tools = {tool.name: tool for tool in server.tools()}
        assert set(tools) == {
            f"things__{n}" for n in ("add", "odd_name_", "fail", "slow", "long", "die", "environment")
        }
        assert tools["things__add"].effect == "reads"
        assert tools["things__fail"].effect == "writes"
        registry = Registry(server.tools())
        assert await registry.call("things__add", '{"a": 2, "b": 3}') == {"result": 5}
        assert await registry.call("things__odd_name_", "{}") == {"result": "said"}
        with pytest.raises(ToolFailed, match="it went wrong"):
            await registry.call("things__fail", "{}")
        long = await registry.call("things__long", "{}")
        assert len(long["text"]) == 50_000
        assert "of 200000" in long["cut"]


async def test_a_local_server_sees_no_environment_of_ours(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "x")
    async with stdio(guard) as server:
        names = (await server.call("environment", {}))["result"].split()
    assert "GIVEN" in names
    assert "PATH" in names
    assert "SECRET_KEY" not in names


async def test_a_server_that_dies_is_started_anew(guard: Guard) -> None:
    async with stdio(guard) as server:
        with pytest.raises(ToolFailed, match="whether it took effect is unknown"):
            await server.call("die", {})
        assert await server.call("add", {"a": 1, "b": 1}) == {"result": 2}


async def test_calls_side_by_side(guard: Guard) -> None:
    async with stdio(guard) as server:
        results = await asyncio.gather(*(server.call("add", {"a": n, "b": n}) for n in range(20)))
    assert results == [{"result": 2 * n} for n in range(20)]


async def test_a_slow_call_ends_in_time(guard: Guard) -> None:
    async with stdio(guard, timeout_s=1.0) as server:
        with pytest.raises(ToolFailed, match="gave no result in 1 s"):
            await server.call("slow", {})


async def test_only_allowed_tools_are_offered(guard: Guard) -> None:
    async with stdio(guard, allowed_tools=("add", "fail"), require_approval=Approval(never=("add",))) as server:
        assert [tool.name for tool in server.tools()] == ["things__add", "things__fail"]
        assert not server.needs_approval("things__add")
        assert server.needs_approval("things__fail")
        assert all(isinstance(tool, McpTool) for tool in server.tools())


async def test_closing_ends_the_process(guard: Guard, tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    script = f"import os, runpy; open({str(mark)!r}, 'w').write(str(os.getpid())); runpy.run_path({str(SERVER)!r}, "
    transport = StdioTransport(sys.executable, ("-c", script + "run_name='__main__')"))
    server = McpServer(McpServerSpec("t", transport, start_timeout_s=60), guard, start=start_here)
    await server.start()
    pid = int(mark.read_text())
    assert Path(f"/proc/{pid}").exists()
    await server.close()
    assert not Path(f"/proc/{pid}").exists()
    await server.close()


@pytest.mark.parametrize("command", ["/no/such/program", "/bin/false", "/bin/cat"])
async def test_what_is_not_a_server_fails_clearly(guard: Guard, command: str) -> None:
    spec = McpServerSpec("t", StdioTransport(command), start_timeout_s=3)
    server = McpServer(spec, guard, start=start_here)
    with pytest.raises(ToolFailed, match="MCP server 't'"):
        await server.start()
    await server.close()


async def test_local_servers_need_someone_to_start_them(guard: Guard) -> None:
    with pytest.raises(Unsupported):
        McpServer(McpServerSpec("t", STDIO), guard)


async def test_a_remote_server_is_reached_through_the_guard() -> None:
    async with http() as port, Guard(Policy(allow=(f"127.0.0.1:{port}",))) as guard:
        server = McpServer(McpServerSpec("web", HttpTransport(f"http://127.0.0.1:{port}/mcp")), guard)
        await server.start()
        assert await server.call("add", {"a": 2, "b": 2}) == {"result": 4}
        with pytest.raises(ToolFailed, match="it went wrong"):
            await server.call("fail", {})
        await server.close()
        assert await server.call("add", {"a": 2, "b": 3}) == {"result": 5}, "a call after closing connects anew"
        await server.close()


async def test_the_guard_refuses_private_servers() -> None:
    async with http() as port, Guard(Policy(ports=(port,))) as guard:
        server = McpServer(McpServerSpec("web", HttpTransport(f"http://127.0.0.1:{port}/mcp")), guard)
        with pytest.raises(ToolFailed, match="not public"):
            await server.start()
        assert guard.tally["address"] >= 1


async def test_tokens_are_sent_and_renewed_and_never_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    asked: list[bool] = []

    async def token(is_refused: bool) -> str:
        asked.append(is_refused)
        return "right-and-secret" if any(asked) else "stale-and-secret"

    async with http("right-and-secret") as port, Guard(Policy(allow=(f"127.0.0.1:{port}",))) as guard:
        url = f"http://127.0.0.1:{port}/mcp"
        server = McpServer(McpServerSpec("web", HttpTransport(url, token=token)), guard)
        await server.start()
        assert await server.call("add", {"a": 2, "b": 2}) == {"result": 4}
        await server.close()
        transport = HttpTransport(url, authorization="Bearer right-and-secret")
        server = McpServer(McpServerSpec("web", transport), guard)
        await server.start()
        await server.close()
        bare = McpServer(McpServerSpec("web", HttpTransport(url)), guard)
        with pytest.raises(ToolFailed):
            await bare.start()
        assert guard.token not in caplog.text
    assert True in asked
    assert "and-secret" not in caplog.text
    assert "and-secret" not in repr(transport)


@pytest.mark.parametrize(
    ("url", "authorization"),
    [("ftp://x/", ""), ("http://u:p@x/", ""), ("http://public.example/mcp", "Bearer x"), ("/etc/passwd", "")],
)
async def test_urls_that_are_refused(guard: Guard, url: str, authorization: str) -> None:
    with pytest.raises(InvalidRequest, match="server_url"):
        McpServer(McpServerSpec("t", HttpTransport(url, authorization=authorization)), guard)


@pytest.mark.parametrize("label", ["", "a b", "a" * 33, "a.b"])
async def test_labels_are_checked(guard: Guard, label: str) -> None:
    with pytest.raises(InvalidRequest, match="server_label"):
        McpServer(McpServerSpec(label, STDIO), guard, start=start_here)
