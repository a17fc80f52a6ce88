"""Sessions on the files of a workspace: read or search a file, work on what it says, tell the result.

The tools are those of the product's agent sessions and their results are true; the files exist only as what reading
them returns. It draws several tasks over one set of tools. Browsing and running code are not shown.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

from tercet.agents.context import Workplace, instructions_of
from tercet.sessions.agents import AgentSpec
from training.data import builtin_tools as tools
from training.data.builtin import Task
from training.data.language import noise
from training.data.sample import Message, Sample, system, user
from training.data.values import words
from training.data.workspace_tasks import MAKERS

PATH = "string: relative to the workspace"
READ_FILE = tools.tool(
    "read_file",
    "Read a text file of the workspace, whole or from a line on.",
    ("path",),
    path=PATH,
    start_line="integer: first line, default 1",
    max_lines="integer",
)
SEARCH_FILES = tools.tool(
    "search_files",
    "Search the text files of the workspace for a regular expression; gives path:line: text.",
    ("pattern",),
    pattern="string: Python regular expression",
    path="string: file or folder to search, default everything",
    glob="string: only files whose name fits, such as *.py",
    ignore_case="boolean",
)
LIST_FILES = tools.tool(
    "list_files", "List the files of a folder of the workspace.", (), path=PATH, recursive="boolean"
)
AGENT = AgentSpec("nano")
ALWAYS = (READ_FILE, tools.CALCULATOR, tools.DATE_ADD, tools.DATE_DIFFERENCE, tools.CONVERT_UNITS)


def opening(rng: random.Random, told: float, placed: float) -> list[Message]:
    """An agent's first instructions in a share of `told`, with its workspace in a share of `placed`, as sessions give
    them; nothing in the others."""
    if (draw := rng.random()) >= told:
        return []
    root = rng.choice(("/workspace", f"/srv/{words.any_word(rng)}", f"/home/{words.any_word(rng)}/work"))
    return [system(instructions_of(AGENT, workspace=Workplace(root) if draw < placed else None).text)]


def dressed(works: Iterable[Task], rng: random.Random) -> Iterator[Message]:
    """The messages of one task after the other, with requests as people type them."""
    for work in works:
        request, *steps = work.messages
        yield user(noise.dress(str(request["content"]), rng, 0.3).replace(noise.GUARD, ""))
        yield from steps


def generate(rng: random.Random) -> Iterator[Sample]:
    """Endless sessions of one to three tasks."""
    makers, weights = [make for _, make in MAKERS], [weight for weight, _ in MAKERS]
    while True:
        messages = opening(rng, 0.6, 0.4)
        works = (rng.choices(makers, weights)[0](rng) for _ in range(rng.choice((1, 1, 2, 2, 3))))
        messages += dressed(works, rng)
        offered = [*ALWAYS, SEARCH_FILES, *((LIST_FILES,) if rng.random() < 0.3 else ())]
        if rng.random() < 0.3:
            rng.shuffle(offered)
        yield Sample(tuple(messages), tuple(offered), None, "workspace")
