"""The sandbox's only way out is the guard's socket: what the policy allows arrives, and nothing else does."""

from pathlib import Path

import pytest

from tercet.egress import Guard, Policy
from tercet.sandbox import Network, SandboxSpec, confinement, open_sandbox
from tests.egress.world import GREETING, world

ASK = """
import sys, urllib.request
try:
    print(urllib.request.urlopen(sys.argv[1], timeout=20).read().decode())
except Exception as error:
    print(type(error).__name__, error)
"""
DIRECT = """
import socket, sys
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=5)
    print("connected")
except OSError as error:
    print("refused", error)
"""


@pytest.mark.timeout(180)
async def test_code_in_the_sandbox_goes_through_the_guard(tmp_path: Path) -> None:
    if (await confinement()).kind != "bubblewrap":
        pytest.skip("needs bubblewrap: the other kinds of sandbox serve no network")
    policy = Policy(access="restricted", allowed_domains=("shop.example",))
    async with world() as outside:
        guard = Guard(policy, resolve=outside.resolve, connect=outside.connect)
        await guard.start(tmp_path / "out.sock")
        assert guard.socket is not None
        box = await open_sandbox(SandboxSpec(workspace=tmp_path / "work", network=Network(proxy_socket=guard.socket)))
        try:
            said = {}
            for url in ("http://shop.example/", "http://other.example/", "http://127.0.0.1/", "http://loop.example/"):
                outcome = await box.run(["python3", "-c", ASK, url], timeout_s=60)
                said[url] = outcome.stdout.text + outcome.stderr.text
            direct = await box.run(["python3", "-c", DIRECT, str(outside.victim.port)], timeout_s=60)
        finally:
            await box.close()
            await guard.close()
        assert GREETING in said["http://shop.example/"]
        assert all("403" in said[url] for url in list(said)[1:]), said
        assert "refused" in direct.stdout.text
        assert outside.victim.num_connections == 0
        assert guard.tally == {"domain_not_allowed": 3}
    assert not (tmp_path / "out.sock").exists()
