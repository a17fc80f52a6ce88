"""Replays answers from a file: for tests and demonstrations of agents without a model.

A script is JSON Lines, one `Line` each. The first line whose `when` and `turn` fit a request answers it, so that a
script is stateless: any number of conversations, restarts and retries read the same one. Token counts are numbers
of words. `docs/scripted.md` shows the format.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import msgspec

from tercet.backends.base import Capabilities, Health
from tercet.errors import BackendFailed, ConfigInvalid, Overloaded, ReplayMismatch, Unsupported
from tercet.events import CallDelta, CallStarted, Event, Finished, FinishReason, ItemDone, Started, TextDelta
from tercet.ids import new_id
from tercet.items import Item, Message, ModelRequest, Reasoning, TextPart, ToolCall, ToolResult
from tercet.usage import Usage

_PIECES = re.compile(r"\S+\s*|\s+")


class Call(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tool call to make; `arguments` is an object, or text to be sent exactly as it is (valid or not)."""

    name: str
    arguments: dict[str, object] | str = {}


class Failing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An error in place of the rest of the answer."""

    message: str
    retry_after_s: float | None = None
    """Set: the backend is overloaded. None: it is broken."""


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One recorded answer and the requests that it answers."""

    text: str = ""
    """Said before the calls, if any."""
    calls: tuple[Call, ...] = ()
    when: str | None = None
    """A regular expression to be found in the text of the request's last item; None fits any."""
    turn: int | None = None
    """The number of model turns since the last user message; None fits any."""
    reason: FinishReason = "stop"
    delay_ms: float = 0.0
    """Milliseconds to wait before each piece, as a model takes time for each token."""
    error: Failing | None = None
    usage: Usage | None = None
    """Counts to report in place of the numbers of words."""


class ScriptedBackend:
    """A `Backend` over one script."""

    name = "scripted"

    def __init__(self, script: Path, model: str, context_window: int) -> None:
        """Read the script now. Raises `ConfigInvalid` naming the line that is not one."""
        self.model = model or script.stem
        self._context_window = context_window
        self._lines = _read(script)

    async def start(self) -> None:
        """Nothing is to be acquired."""

    async def close(self) -> None:
        """Nothing is held."""

    async def capabilities(self) -> Capabilities:
        """A script is not constrained: what it says is checked like the words of any foreign model."""
        return Capabilities(context_window=self._context_window, has_images=True, can_continue=True)

    async def health(self) -> Health:
        """Always ready."""
        return Health(is_ready=True)

    async def count_tokens(self, request: ModelRequest) -> int:
        """Return the number of words in the request's items."""
        return len((request.raw_prompt or "").split()) + sum(len(_item_text(item).split()) for item in request.items)

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Raise `Unsupported`: a script has no vectors."""
        raise Unsupported("the scripted backend has no embeddings", param="model")

    async def generate(self, request: ModelRequest) -> AsyncGenerator[Event, None]:
        """Play the line that fits. Raises `ReplayMismatch` when none does, and what the line says."""
        line = self._choose(request)
        yield Started(self.model)
        index = 0
        line, stop = _until_stop(line, request.sampling.stop)
        if line.text:
            async for event in _say(line, index):
                yield event
            index += 1
        for call in line.calls:
            async for event in _call(line, call, index):
                yield event
            index += 1
        if line.error is not None:
            raise _error(line.error)
        yield Finished(line.reason, line.usage or await self._count(request, line), stop=stop)

    def _choose(self, request: ModelRequest) -> Line:
        last = _item_text(request.items[-1]) if request.items else request.raw_prompt or ""
        turn = _turn(request.items)
        for line in self._lines:
            if (line.turn is None or line.turn == turn) and (line.when is None or re.search(line.when, last)):
                return line
        raise ReplayMismatch(f"no line of the script fits turn {turn} with the last item {last[:200]!r}")

    async def _count(self, request: ModelRequest, line: Line) -> Usage:
        said = [line.text, *(_arguments(call) for call in line.calls)]
        return Usage(await self.count_tokens(request), 0, sum(len(text.split()) for text in said))


def _until_stop(line: Line, sequences: Sequence[str]) -> tuple[Line, str]:
    """Return the line as far as a model would get that stops at one of `sequences`, and the one that stopped it."""
    found = [(place, stop) for stop in sequences if (place := line.text.find(stop)) >= 0]
    if not found:
        return line, ""
    place, stop = min(found)
    cut = msgspec.structs.replace(line, text=line.text[:place], calls=(), error=None, reason="stop")
    return cut, stop


async def _say(line: Line, index: int) -> AsyncGenerator[Event, None]:
    for piece in _PIECES.findall(line.text):
        await _wait(line)
        yield TextDelta(index, piece)
    yield ItemDone(index, Message("assistant", (TextPart(line.text),)))


async def _call(line: Line, call: Call, index: int) -> AsyncGenerator[Event, None]:
    call_id, arguments = new_id("call"), _arguments(call)
    yield CallStarted(index, call_id, call.name)
    for piece in _PIECES.findall(arguments):
        await _wait(line)
        yield CallDelta(index, piece)
    yield ItemDone(index, ToolCall(call_id, call.name, arguments))


async def _wait(line: Line) -> None:
    if line.delay_ms:
        await asyncio.sleep(line.delay_ms / 1000)


def _error(failing: Failing) -> Exception:
    if failing.retry_after_s is not None:
        return Overloaded(failing.message, retry_after_s=failing.retry_after_s)
    return BackendFailed(failing.message)


def _arguments(call: Call) -> str:
    return call.arguments if isinstance(call.arguments, str) else msgspec.json.encode(call.arguments).decode()


def _turn(items: Sequence[Item]) -> int:
    """Count the runs of model output since the last user message."""
    turns, was_model = 0, False
    for item in items:
        if isinstance(item, Message) and item.role == "user":
            turns, was_model = 0, False
            continue
        is_model = isinstance(item, ToolCall | Reasoning) or (isinstance(item, Message) and item.role == "assistant")
        turns += is_model and not was_model
        was_model = is_model
    return turns


def _item_text(item: Item) -> str:
    match item:
        case Message() | ToolResult() | Reasoning():
            return item.text
        case ToolCall():
            return item.arguments


def _read(script: Path) -> tuple[Line, ...]:
    try:
        texts = script.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ConfigInvalid(f"cannot read the script {str(script)!r}: {error.strerror}") from error
    lines = []
    for number, text in enumerate(texts, 1):
        if not text.strip():
            continue
        try:
            line = msgspec.json.decode(text, type=Line)
            re.compile(line.when or "")
        except (msgspec.DecodeError, re.error) as error:
            raise ConfigInvalid(f"{str(script)!r} line {number} is not a script line: {error}") from error
        lines.append(line)
    return tuple(lines)
