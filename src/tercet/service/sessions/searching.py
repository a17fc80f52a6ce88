"""Finding deferred functions: they are not shown to the model until a search has named them."""

import re
from collections.abc import Iterable, Sequence

import msgspec

from tercet.agents.toolset import Toolset
from tercet.sessions.agents import ClientFunction
from tercet.sessions.turns import Call, SessionItem
from tercet.tools.base import Arguments, FunctionTool, JsonValue, object_schema

NAME = "tool_search"
MAX_FOUND = 8


def search_tool(functions: Sequence[ClientFunction], found: set[str]) -> FunctionTool:
    """Return the tool that looks for functions by words; what it finds is added to `found`."""
    deferred = [function for function in functions if function.is_deferred]

    def run(arguments: Arguments) -> JsonValue:
        words = _words(arguments["query"])
        ranked = sorted(deferred, key=lambda function: -_score(function, words))
        hits = [function for function in ranked if _score(function, words) > 0][:MAX_FOUND]
        found.update(function.name for function in hits)
        if not hits:
            return {"functions": [], "note": "nothing fits these words; try others"}
        return {"functions": [{"name": hit.name, "description": hit.description} for hit in hits]}

    return FunctionTool(
        NAME,
        f"Find more functions ({len(deferred)} are known) by words of what they do. Those found can be called.",
        object_schema({"query": {"type": "string"}}),
        run,
    )


def found_in(items: Iterable[SessionItem]) -> set[str]:
    """Return the names that earlier searches have found."""
    names: set[str] = set()
    for item in items:
        call = item.content
        if isinstance(call, Call) and call.name == NAME and call.output is not None and call.error is None:
            try:
                names |= {hit["name"] for hit in msgspec.json.decode(call.output).get("functions", ())}
            except (msgspec.DecodeError, AttributeError, KeyError, TypeError):
                continue  # it was not this tool's answer
    return names


def offers_search(toolset: Toolset) -> bool:
    """Whether there is anything to be found."""
    return any(function.is_deferred for function in toolset.functions.values())


def _words(text: str) -> set[str]:
    return {
        word for word in re.findall(r"[a-z0-9]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", text).lower()) if len(word) > 1
    }


def _score(function: ClientFunction, words: set[str]) -> int:
    return 3 * len(words & _words(function.name.replace("_", " "))) + len(words & _words(function.description))
