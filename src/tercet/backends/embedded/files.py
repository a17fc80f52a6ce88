"""The file that a request names and that was not read yet: what is asked of it is not known before.

A small model computes with a file's name. It knows nothing of prompts.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

from tercet.backends.embedded.drafts.narrowing import SURE, Draft
from tercet.backends.embedded.drafts.parameters import Parameter, only_text
from tercet.backends.embedded.pages import Step
from tercet.backends.embedded.spoken import Known, Spoken
from tercet.backends.embedded.wording.words import identifier_stems

MAX_FILES = 8
"""Files of one request that are read."""
_FILE = re.compile(
    r"(?<![\w@/.:-])(?:[\w-]+/)*[\w-]+(?:\.[\w-]+)*\.(?!(?:com|org|net|io|ai|eu|uk|de|fr|edu|gov)\b)[a-z][a-z0-9]{1,4}(?![\w@/])"
)
"""A name with an extension that is no site's."""
_MEANT = re.compile(r"did you mean '([^']+)'")
_READS = frozenset(stem for verb in "read open view load cat show get".split() for stem in identifier_stems(verb))
_PATHS = frozenset(stem for name in "path file filename".split() for stem in identifier_stems(name))


def next_file(
    said: Spoken,
    tools: Mapping[str, Sequence[Parameter]],
    likely: Mapping[str, float],
    drafted: Callable[[str], Draft],
) -> Step | None:
    """Return the call that reads the next file which a request names, or the one that a failed call was told to mean;
    None where all were read, none is named, or the tool that is meant most takes a file itself.

    `likely`: how likely each tool is meant; `drafted`: what a request says of a tool's arguments.
    """
    readers = ((name, only_text(of, _PATHS)) for name, of in tools.items() if _reads(name))
    tool, path = next(((name, path) for name, path in readers if path), ("", ""))
    if not tool:
        return None
    meant = max(tools, key=lambda name: likely.get(name, 0.0))
    named = list(dict.fromkeys(match[0] for match in _FILE.finditer(said.text)))
    if meant != tool and (
        any(each.is_needed and _is_path(each) for each in tools[meant]) or _takes(drafted(meant), named)
    ):
        return None
    tried = {str(known.fields.get(path, "")) for known in said.known if known.is_call}
    unread = (file for file in [*_corrections(said.known), *named][:MAX_FILES] if file not in tried)
    return next((Step(tool, {path: file}) for file in unread), None)


def _takes(draft: Draft, files: Sequence[str]) -> bool:
    """Say whether a likely value of a call is one of the files."""
    return any(field.chance >= SURE and str(field.likeliest.value) in files for field in draft.fields)


def _reads(tool: str) -> bool:
    return not _READS.isdisjoint(identifier_stems(tool))


def _is_path(parameter: Parameter) -> bool:
    return parameter.kind == "string" and not parameter.is_list and not _PATHS.isdisjoint(parameter.parts)


def _corrections(known: Sequence[Known]) -> Iterator[str]:
    """Yield the names that results say were meant."""
    results = (each.text for each in known if not each.is_call)
    yield from islice((match[1] for text in results for match in _MEANT.finditer(text)), MAX_FILES)
