"""A hostile model behind every door: no call or output that breaks its schema reaches a client as a success.

Two tiers answer with wrong types, extra and missing keys, cut-off JSON, prose around JSON, two calls where one is
allowed, unknown tools, wrong enum members, repeated keys, NaN, endless numbers, nothing, wrong nesting or no call at
all. Thousands of cases by seed, streamed and whole, through Chat Completions, Responses and Messages. What a client
was given is judged by rules of its own, not by the service's. Exits with 1 when one invalid success gets through.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema_rs
import msgspec

from tercet.api.app import create_app
from tercet.api.exchange import ASGIApp
from tercet.backends.base import Capabilities, Health
from tercet.errors import Unsupported
from tercet.events import CallDelta, CallStarted, Event, Finished, FinishReason, ItemDone, Started, TextDelta
from tercet.ids import new_id
from tercet.items import Item, Message, ModelRequest, TextPart, ToolCall
from tercet.routing.tiers import Tier
from tercet.service import Service
from tercet.store.local import LocalStore
from tercet.usage import Usage

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "minLength": 1},
        "unit": {"enum": ["celsius", "fahrenheit"]},
        "days": {"type": "integer", "minimum": 1, "maximum": 14},
        "place": {
            "type": "object",
            "properties": {"lat": {"type": "number"}, "tags": {"type": "array", "items": {"type": "string"}}},
            "required": ["lat", "tags"],
            "additionalProperties": False,
        },
    },
    "required": ["city", "unit", "days", "place"],
    "additionalProperties": False,
}
TOOL_NAMES = ("get_weather", "get_forecast")
DOORS = ("chat", "responses", "messages")
_is_valid = jsonschema_rs.validator_for(SCHEMA).is_valid


class Said(NamedTuple):
    """One answer of the model: its text, its calls by name and arguments, and why it ended."""

    text: str
    calls: tuple[tuple[str, str], ...]
    reason: FinishReason = "stop"


class Case(NamedTuple):
    """One request and what the tiers answer, attempt by attempt."""

    door: str
    is_streamed: bool
    wants_call: bool
    kinds: tuple[str, ...]
    said: tuple[Said, ...]


# ---- what a model may do wrong -----------------------------------------------------------------------------------


def valid(dice: random.Random) -> dict[str, Any]:
    """Return arguments as they should be."""
    return {
        "city": dice.choice(["Rome", "Oslo", "São Paulo", '"quoted"', "a\\b"]),
        "unit": dice.choice(["celsius", "fahrenheit"]),
        "days": dice.randint(1, 14),
        "place": {"lat": dice.uniform(-90, 90), "tags": dice.sample(["a", "b", "c"], dice.randint(0, 3))},
    }


def _changed(**fields: object) -> Callable[[random.Random, dict[str, Any]], str]:
    return lambda _, good: json.dumps({**good, **fields})


def _without_one(dice: random.Random, good: dict[str, Any]) -> str:
    good.pop(dice.choice(list(good)))
    return json.dumps(good)


def _cut(dice: random.Random, good: dict[str, Any]) -> str:
    text = json.dumps(good)
    return text[: dice.randrange(1, len(text))]


def _repeated(_: random.Random, good: dict[str, Any]) -> str:
    return json.dumps(good)[:-1] + ', "days": "many", "days": 3}'


BROKEN: dict[str, Callable[[random.Random, dict[str, Any]], str]] = {
    "wrong type": _changed(days="three"),
    "a number as text": _changed(days="3"),
    "a fraction": _changed(days=2.5),
    "out of bounds": _changed(days=99),
    "extra key": _changed(mood="good"),
    "missing key": _without_one,
    "wrong enum": _changed(unit="kelvin"),
    "null": _changed(city=None),
    "wrong nesting": lambda _, good: json.dumps({"arguments": good}),
    "flattened": lambda _, good: json.dumps({**good, "place": [good["place"]]}),
    "extra key below": lambda _, good: json.dumps({**good, "place": {**good["place"], "lon": 1}}),
    "cut off": _cut,
    "repeated key": _repeated,
    "NaN": lambda _, good: json.dumps({**good, "place": {**good["place"], "lat": float("nan")}}),
    "infinite": lambda _, good: json.dumps(good).replace('"lat": ', '"lat": 1e999, "x": '),
    "endless number": lambda _, good: json.dumps(good).replace('"days": ', '"days": ' + "9" * 400),
    "empty": lambda *_: "",
    "no object": lambda *_: "[]",
    "a string of JSON": lambda _, good: json.dumps(json.dumps(good)),
    "comment": lambda _, good: json.dumps(good)[:-1] + ", // done\n}",
    "single quotes": lambda _, good: str(good),
    "two values": lambda _, good: json.dumps(good) + json.dumps({**good, "days": 7}),
    "control character": lambda _, good: json.dumps(good).replace('"city": "', '"city": "\u0001'),
    "deep": lambda *_: "[" * 3000 + "]" * 3000,
}
AROUND: dict[str, Callable[[str], str]] = {
    "prose before": lambda text: f"Here you are: {text}",
    "prose around": lambda text: f"Sure!\n```json\n{text}\n```\nAnything else?",
}


def hostile(dice: random.Random, *, wants_call: bool) -> tuple[str, Said]:
    """Return something that a model should not have said, and what is wrong with it."""
    good = valid(dice)
    name = dice.choice(TOOL_NAMES)
    extra = (
        {"two calls", "unknown tool", "no call", "good, then broken"} if wants_call else {*AROUND, "broken in prose"}
    )
    kind = dice.choice(sorted({*BROKEN, *extra, "cut by the limit"}))
    text = json.dumps(good)
    if kind in BROKEN:
        text = BROKEN[kind](dice, good)
    elif kind in AROUND:
        text = AROUND[kind](text)
    elif kind == "broken in prose":
        text = AROUND["prose around"](BROKEN["wrong type"](dice, good))
    elif kind == "cut by the limit":
        text = _cut(dice, good)
    reason: FinishReason = "length" if kind == "cut by the limit" else "stop"
    if not wants_call:
        return kind, Said(text, (), reason)
    calls: tuple[tuple[str, str], ...] = ((name, text),)
    match kind:
        case "two calls":
            calls = (*calls, (name, json.dumps(valid(dice))))
        case "unknown tool":
            calls = (("launch_missiles", text),)
        case "no call":
            return kind, Said("I would rather not.", ())
        case "good, then broken":
            calls = (*calls, (name, BROKEN["missing key"](dice, good)))
    return kind, Said(dice.choice(["", "Let me see."]), calls, reason)


def cases(seed: int, number: int) -> list[Case]:
    """Return as many cases; the first attempt is always hostile, each further one every other time."""
    dice = random.Random(seed)
    made = []
    for index in range(number):
        wants_call = dice.random() < 0.6
        kinds, said = [], []
        for attempt in range(3):
            if attempt == 0 or dice.random() < 0.5:
                kind, answer = hostile(dice, wants_call=wants_call)
            else:
                text = json.dumps(valid(dice))
                kind, answer = "valid", Said("", (("get_weather", text),)) if wants_call else Said(text, ())
            kinds.append(kind)
            said.append(answer)
        made.append(Case(DOORS[index % 3], dice.random() < 0.5, wants_call, tuple(kinds), tuple(said)))
    return made


class HostileBackend:
    """Says what the case under way prescribes; the tiers of one case share its attempts."""

    name = "hostile"

    def __init__(self, script: "Script") -> None:
        self.model = "hostile-1"
        self._script = script

    async def start(self) -> None:
        """Nothing to do."""

    async def close(self) -> None:
        """Nothing to do."""

    async def capabilities(self) -> Capabilities:
        """Constrains nothing, as a foreign server."""
        return Capabilities(100_000)

    async def health(self) -> Health:
        """Always ready."""
        return Health(is_ready=True)

    async def count_tokens(self, request: ModelRequest) -> int:
        """One token an item."""
        return len(request.items)

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Refuse."""
        raise Unsupported("no embeddings")

    async def generate(self, request: ModelRequest) -> AsyncGenerator[Event, None]:
        """Say what comes next, in small pieces."""
        said = self._script.next()
        yield Started(self.model)
        index = 0
        if said.text or not said.calls:
            for piece in _pieces(said.text):
                yield TextDelta(index, piece)
            yield _done(index, Message("assistant", (TextPart(said.text),)))
            index += 1
        for name, arguments in said.calls:
            call_id = new_id("call")
            yield CallStarted(index, call_id, name)
            for piece in _pieces(arguments):
                yield CallDelta(index, piece)
            yield _done(index, ToolCall(call_id, name, arguments))
            index += 1
        yield Finished(said.reason, Usage(1, 0, 1))


class Script:
    """The attempts of the case under way."""

    def __init__(self) -> None:
        self._said: tuple[Said, ...] = ()
        self.num_asked = 0

    def play(self, said: tuple[Said, ...]) -> None:
        """Begin a case."""
        self._said, self.num_asked = said, 0

    def next(self) -> Said:
        """Return the next attempt."""
        self.num_asked += 1
        return self._said[self.num_asked - 1]


def _pieces(text: str) -> list[str]:
    return [text[start : start + 7] for start in range(0, len(text), 7)]


def _done(index: int, item: Item) -> ItemDone:
    return ItemDone(index, item)


# ---- what a client sees ------------------------------------------------------------------------------------------


class Seen(msgspec.Struct):
    """What a client was given: whether as a success, which calls and which text."""

    is_success: bool = False
    is_cut: bool = False
    calls: list[tuple[str, str]] = []
    text: str = ""


def body_of(case: Case) -> tuple[str, dict[str, Any]]:
    """Return the path and the body of a case's request. At most one call is allowed, and where wanted demanded."""
    asked = [{"role": "user", "content": "the weather?"}]
    common: dict[str, Any] = {"model": "nano", "stream": case.is_streamed}
    if case.door == "messages":
        common |= {"messages": asked, "max_tokens": 500}
        if case.wants_call:
            tools = [{"name": name, "input_schema": SCHEMA, "strict": True} for name in TOOL_NAMES]
            return "/v1/messages", common | {
                "tools": tools,
                "tool_choice": {"type": "any", "disable_parallel_tool_use": True},
            }
        return "/v1/messages", common | {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}}
    named = [{"name": name, "parameters": SCHEMA, "strict": True} for name in TOOL_NAMES]
    wanted = {"name": "weather", "schema": SCHEMA, "strict": True}
    calling = {"tool_choice": "required", "parallel_tool_calls": False}
    if case.door == "chat":
        common |= {"messages": asked}
        if case.wants_call:
            return "/v1/chat/completions", common | calling | {
                "tools": [{"type": "function", "function": one} for one in named]
            }
        return "/v1/chat/completions", common | {"response_format": {"type": "json_schema", "json_schema": wanted}}
    common |= {"input": asked, "store": False}
    if case.wants_call:
        return "/v1/responses", common | calling | {"tools": [{"type": "function", **one} for one in named]}
    return "/v1/responses", common | {"text": {"format": {"type": "json_schema", **wanted}}}


def seen(case: Case, status: int, body: bytes) -> Seen:
    """Return what the client of a case makes of its answer, by the deltas where it was streamed."""
    if status != 200:
        return Seen()
    read = {"chat": _seen_chat, "responses": _seen_responses, "messages": _seen_messages}[case.door]
    if not case.is_streamed:
        return read([json.loads(body)], False)
    lines = [line[6:] for line in body.decode().split("\n") if line.startswith("data: ")]
    return read([json.loads(line) for line in lines if line != "[DONE]"], True)


def _seen_chat(parts: list[dict[str, Any]], is_streamed: bool) -> Seen:
    view, reason = Seen(), None
    calls: dict[int, list[str]] = {}
    for part in parts:
        if "error" in part:
            return Seen()
        for choice in part["choices"]:
            message = choice["delta" if is_streamed else "message"]
            reason = choice["finish_reason"] or reason
            view.text += message.get("content") or ""
            for place, call in enumerate(message.get("tool_calls") or ()):
                one = calls.setdefault(call.get("index", place), ["", ""])
                one[0] += call["function"].get("name") or ""
                one[1] += call["function"].get("arguments") or ""
    view.calls = [(name, arguments) for name, arguments in calls.values()]
    view.is_success, view.is_cut = reason in ("stop", "tool_calls"), reason == "length"
    return view


def _seen_responses(parts: list[dict[str, Any]], is_streamed: bool) -> Seen:
    view = Seen()
    final = parts[-1].get("response", {}) if is_streamed else parts[0]
    if is_streamed:
        names: dict[int, str] = {}
        texts: dict[int, str] = {}
        for part in parts:
            match part["type"]:
                case "response.output_item.added" if part["item"]["type"] == "function_call":
                    names[part["output_index"]] = part["item"]["name"]
                case "response.function_call_arguments.delta":
                    texts[part["output_index"]] = texts.get(part["output_index"], "") + part["delta"]
                case "response.output_text.delta":
                    view.text += part["delta"]
        view.calls = [(name, texts.get(index, "")) for index, name in names.items()]
    for item in final.get("output", ()):
        if item["type"] == "function_call" and not is_streamed:
            view.calls.append((item["name"], item["arguments"]))
        elif item["type"] == "message" and not is_streamed:
            view.text += "".join(content["text"] for content in item["content"])
    view.is_success, view.is_cut = final.get("status") == "completed", final.get("status") == "incomplete"
    return view


def _seen_messages(parts: list[dict[str, Any]], is_streamed: bool) -> Seen:
    view, reason = Seen(), None
    inputs: dict[int, list[str]] = {}
    for part in parts if is_streamed else ():
        match part["type"]:
            case "error":
                return Seen()
            case "content_block_start" if part["content_block"]["type"] == "tool_use":
                inputs[part["index"]] = [part["content_block"]["name"], ""]
            case "content_block_delta" if part["delta"]["type"] == "input_json_delta":
                inputs[part["index"]][1] += part["delta"]["partial_json"]
            case "content_block_delta":
                view.text += part["delta"]["text"]
            case "message_delta":
                reason = part["delta"]["stop_reason"]
    view.calls = [(name, text) for name, text in inputs.values()]
    if not is_streamed:
        reason = parts[0]["stop_reason"]
        for block in parts[0]["content"]:
            if block["type"] == "tool_use":
                view.calls.append((block["name"], json.dumps(block["input"])))
            else:
                view.text += block["text"]
    view.is_success, view.is_cut = reason in ("end_turn", "tool_use"), reason == "max_tokens"
    return view


def fault(case: Case, view: Seen) -> str | None:
    """Say what is wrong with a success, by rules that the service does not share; None when it may stand."""
    if not view.is_success:
        return None
    if case.wants_call:
        if len(view.calls) != 1:
            return f"{len(view.calls)} calls where one was demanded"
        name, arguments = view.calls[0]
        if name not in TOOL_NAMES:
            return f"a call of {name!r}"
        return _broken(arguments)
    return "calls that nobody offered" if view.calls else _broken(view.text)


def _broken(text: str) -> str | None:
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        return f"{error}: {text[:200]}"
    return None if _is_valid(value) else f"breaks the schema: {text[:200]}"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a key twice")
    return dict(pairs)


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


# ---- the run -----------------------------------------------------------------------------------------------------


class Report(NamedTuple):
    """What became of the cases."""

    stages: Counter[str]
    doors: Counter[str]
    faults: list[str]


async def run(folder: Path, seed: int, number: int) -> Report:
    """Put the cases through the doors and return what clients saw."""
    script = Script()
    store = LocalStore(folder / "tercet.db", retention_days=1, max_responses=1000)
    tiers = {name: Tier(name, HostileBackend(script)) for name in ("mini", "nano")}
    service = Service(tiers, store)
    app = create_app(service)
    await service.start()
    report = Report(Counter(), Counter(), [])
    try:
        for number_of, case in enumerate(cases(seed, number)):
            script.play(case.said)
            status, body = await _post(app, *body_of(case))
            view = seen(case, status, body)
            report.stages[_stage(script.num_asked, view)] += 1
            report.doors[f"{case.door}, {'streamed' if case.is_streamed else 'whole'}"] += 1
            if status not in (200, 502):
                report.faults.append(f"case {number_of} {case.kinds}: status {status}: {body[:300]!r}")
            elif wrong := fault(case, view):
                report.faults.append(f"case {number_of} ({case.door}, {case.is_streamed}) {case.kinds}: {wrong}")
    finally:
        await service.close()
    return report


def _stage(num_asked: int, view: Seen) -> str:
    if view.is_cut:
        return "cut off, told so"
    if not view.is_success:
        return "failed"
    if num_asked == 1:
        return "extracted or trimmed"
    return {2: "asked again", 3: "escalated"}[num_asked]


async def _post(app: ASGIApp, path: str, body: dict[str, Any]) -> tuple[int, bytes]:
    """Send one request to the application and return its status and whole body."""
    sent: list[Any] = [{"type": "http.request", "body": json.dumps(body).encode(), "more_body": False}]
    status, answer = 0, bytearray()

    async def receive() -> Any:
        if not sent:
            await asyncio.Event().wait()
        return sent.pop()

    async def send(message: Any) -> None:
        nonlocal status
        status = message.get("status", status)
        answer.extend(message.get("body", b""))

    headers = [(b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers}
    await app(scope, receive, send)
    return status, bytes(answer)


def show(report: Report) -> None:
    """Print the shares."""
    total = sum(report.stages.values())
    for door, count in sorted(report.doors.items()):
        print(f"{door:24} {count:6}")
    print(f"\n{'stage':24} {'cases':>6} {'share':>7}")
    for stage, count in report.stages.most_common():
        print(f"{stage:24} {count:6} {count / total:7.1%}")
    print(f"\ninvalid successes: {len(report.faults)} of {total}")
    for line in report.faults[:20]:
        print(line)


def main() -> int:
    """Run from the command line; 1 when anything invalid got through."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = asyncio.run(run(Path(folder), options.seed, options.cases))
    show(report)
    return int(bool(report.faults))


if __name__ == "__main__":
    sys.exit(main())
