"""What the tools of responses did to a file, beside what the responses say that they did.

The file is written by an MCP server of its own process, which outlives the kills (`benchmarks/mcp_notes.py`). A call
that its response says was made must stand in the file, and no call twice; what stands there must be told by a response,
if only as a call whose effect is unknown.
"""

import contextlib
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

ROOT = Path(__file__).parents[1]
START_TIMEOUT_S = 120.0
SCRIPT: tuple[dict[str, Any], ...] = (
    {"when": "^note", "turn": 0, "calls": [{"name": "notes__append", "arguments": {"text": "first"}}]},
    {
        "when": "^noted: first|interrupted",
        "turn": 1,
        "calls": [
            {"name": "notes__append_once", "arguments": {"text": "second"}},
            {"name": "notes__append", "arguments": {"text": "third"}},
        ],
    },
    {"when": "^noted: third|interrupted", "text": "All of it is noted.", "delay_ms": 15},
)
"""Three effects; the second may be repeated by whoever does not know its outcome, since the server tells keys apart."""
TEXTS = ("first", "second", "third")


class Notes(msgspec.Struct):
    """The server: how it is reached, and the file that it writes."""

    port: int
    file: Path

    @property
    def url(self) -> str:
        """Where it speaks MCP."""
        return f"http://127.0.0.1:{self.port}/mcp"

    @property
    def lines(self) -> list[tuple[str, str]]:
        """The effects so far: the key of the call, and what was noted."""
        split = (line.partition("\t") for line in self.file.read_text(encoding="utf-8").splitlines())
        return [(key, text) for key, _, text in split]

    def tool(self, **fields: Any) -> Any:
        """Return the tool of a request that names it."""
        return {"type": "mcp", "server_label": "notes", "server_url": self.url, "require_approval": "never", **fields}


class Told(msgspec.Struct):
    """What the responses say of their calls, and what is wrong with it."""

    num_made: int = 0
    num_unknown: int = 0
    num_unknown_that_took_effect: int = 0
    wrong: list[str] = []


@contextlib.contextmanager
def noting(folder: Path, token: str = "") -> Iterator[Notes]:
    """Run the server; with a token it answers to no one else."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    file = folder / "notes.txt"
    arguments = [sys.executable, "-m", "benchmarks.mcp_notes", str(port), str(file), *([token] if token else [])]
    process = subprocess.Popen(arguments, cwd=ROOT, stderr=subprocess.DEVNULL)  # it complains of every kill
    try:
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the MCP server did not start")
            time.sleep(0.05)
        yield Notes(port, file)
    finally:
        process.kill()
        process.wait(10)


def compare(notes: Notes, responses: Mapping[str, Mapping[str, Any]]) -> Told:
    """Compare the file with the final resources of the responses, by id."""
    told = Told()
    by_key = Counter(key for key, _ in notes.lines)
    told.wrong += [f"effect {key} took place {count} times" for key, count in by_key.items() if count > 1]
    by_response: dict[str, Counter[str]] = {}
    for key, text in notes.lines:
        by_response.setdefault(key.partition("/")[0], Counter())[text] += 1
    for response_id, response in responses.items():
        _compare_one(response_id, response, by_response.pop(response_id, Counter()), told)
    told.wrong += [f"effects of {name}, which nobody was told of" for name in by_response]
    return told


def _compare_one(response_id: str, response: Mapping[str, Any], effects: Counter[str], told: Told) -> None:
    calls = [item for item in response["output"] if item["type"] == "mcp_call"]
    if calls and response["status"] == "completed" and len(calls) != len(TEXTS):
        told.wrong.append(f"{response_id} completed with {len(calls)} calls")
    for call in calls:
        text = msgspec.json.decode(call["arguments"])["text"]
        count = effects.pop(text, 0)
        if call["status"] == "completed":
            told.num_made += 1
            if count != 1:
                told.wrong.append(f"{response_id}: {text!r} was made and took effect {count} times")
        elif call["status"] == "incomplete":
            told.num_unknown += 1
            told.num_unknown_that_took_effect += count
            if count > 1 or text == "second":
                told.wrong.append(f"{response_id}: {text!r} is unknown and took effect {count} times")
        else:
            told.wrong.append(f"{response_id}: {text!r} failed: {call['error']}")
    told.wrong += [f"{response_id}: {text!r} took effect and is not told" for text in effects]
