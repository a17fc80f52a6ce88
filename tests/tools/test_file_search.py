"""The search of files as a tool: what a model is told of what was found."""

from collections.abc import Sequence

from tercet.items import Passage
from tercet.tools.file_search import NOTHING, FileSearchTool, rendered
from tercet.tools.registry import Registry

LONG = "word " * 200


def passage(name: str, text: str) -> Passage:
    return Passage(f"file-{name}", name, text, 0.5)


async def test_the_tool_searches_for_the_query() -> None:
    asked: list[str] = []

    async def find(query: str) -> Sequence[Passage]:
        asked.append(query)
        return [passage("a.txt", "The museum is closed on Mondays.")]

    told = await Registry([FileSearchTool(find)]).call("file_search", '{"query":"museum"}')
    assert asked == ["museum"]
    assert told == "[a.txt]\nThe museum is closed on Mondays."


def test_as_much_is_shown_as_there_is_room_for() -> None:
    found = [passage("a.txt", LONG), passage("b.txt", LONG), passage("c.txt", "short")]
    whole = rendered(found, 10_000)
    assert whole.count("[") == 3
    assert whole.endswith("short")
    cut = rendered(found, 1500)
    assert cut.startswith("[a.txt]\nword")
    assert cut.endswith("…")
    assert len(cut) <= 1510
    assert "c.txt" not in cut
    assert rendered(found, 300).count("[") == 1
    assert rendered([], 300) == NOTHING
