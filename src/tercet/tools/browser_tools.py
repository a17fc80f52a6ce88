"""The browser's actions as tools: names, schemas, effects."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tercet.items import JsonSchema
from tercet.tools.base import Arguments, Effect, JsonValue, Tool, object_schema

if TYPE_CHECKING:
    from tercet.tools.browser import Browser

_ELEMENT: JsonSchema = {"type": ["string", "integer"], "description": "what it is called, or its number on the page"}
_TEXT: JsonSchema = {"type": "string", "maxLength": 20_000}


@dataclass(frozen=True, slots=True)
class BrowserTool:
    """One action of one browser."""

    name: str
    description: str
    parameters: JsonSchema
    effect: Effect
    action: Callable[[Arguments], Awaitable[JsonValue]]
    timeout_s: float = 120.0

    async def run(self, arguments: Arguments) -> JsonValue:
        """Do it; returns what the page then is. Raises `ToolFailed`, `ToolRetry`."""
        return await self.action(arguments)


def browser_tools(browser: "Browser") -> list[Tool]:
    """Return the tools of `browser`."""
    return [
        BrowserTool(
            "browser_navigate",
            "Open a web page in the browser; shows its numbered elements and its text.",
            object_schema({"url": {"type": "string"}}),
            "reads",
            lambda a: browser.navigate(a["url"]),
        ),
        BrowserTool(
            "browser_click",
            "Click an element of the page.",
            object_schema({"element": _ELEMENT}),
            "writes",
            lambda a: browser.click(a["element"]),
        ),
        BrowserTool(
            "browser_fill",
            "Type text into a field of the page, in place of what is there.",
            object_schema(
                {
                    "element": _ELEMENT,
                    "text": _TEXT,
                    "submit": {"type": "boolean", "description": "press Enter afterwards"},
                },
                optional=("submit",),
            ),
            "writes",
            lambda a: browser.fill(a["element"], a["text"], submit=a.get("submit", False)),
        ),
        BrowserTool(
            "browser_select",
            "Choose options of a list on the page.",
            object_schema(
                {"element": _ELEMENT, "options": {"type": "array", "items": {"type": "string"}, "minItems": 1}}
            ),
            "writes",
            lambda a: browser.select(a["element"], a["options"]),
        ),
        *_looking(browser),
    ]


def _looking(browser: "Browser") -> list[Tool]:
    """Return the tools that change nothing on the page."""
    return [
        BrowserTool(
            "browser_wait",
            "Wait until a text appears on the page, or for some seconds.",
            object_schema(
                {"seconds": {"type": "number", "minimum": 0, "maximum": 30}, "text": _TEXT}, optional=("text",)
            ),
            "reads",
            lambda a: browser.wait(a["seconds"], a.get("text", "")),
        ),
        BrowserTool(
            "browser_back", "Go back to the page before.", object_schema({}), "reads", lambda _: browser.back()
        ),
        BrowserTool(
            "browser_read",
            "Observe the page again, with more of its text.",
            object_schema(
                {"start": {"type": "integer", "minimum": 0, "description": "first character of the text"}},
                optional=("start",),
            ),
            "reads",
            lambda a: browser.read(a.get("start", 0)),
        ),
        BrowserTool(
            "browser_snapshot",
            "Show the whole accessibility tree of the page.",
            object_schema({}),
            "reads",
            lambda _: browser.snapshot(),
        ),
        BrowserTool(
            "browser_screenshot",
            "Take a picture of the page.",
            object_schema(
                {"full_page": {"type": "boolean", "description": "all of it, not only what is visible"}},
                optional=("full_page",),
            ),
            "reads",
            lambda a: browser.saved_screenshot(is_full_page=a.get("full_page", False)),
        ),
    ]
