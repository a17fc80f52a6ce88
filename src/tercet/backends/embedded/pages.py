"""The step that a request means on the pages which a browser has shown: a field to fill, a button, a page to go to.

`What do the lamp and the chair cost?` means the pages behind the links that are called so; `put 3 of them into the
basket` a field for how many, and the button that adds to it. It reads the observations of the browser's tools, and
knows nothing of prompts.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urljoin

from tercet.backends.embedded.drafts import assignment
from tercet.backends.embedded.drafts.narrowing import SURE
from tercet.backends.embedded.drafts.parameters import Parameter, parameters
from tercet.backends.embedded.drafts.requests import read
from tercet.backends.embedded.drafts.returned import asks
from tercet.backends.embedded.spoken import MAX_SPOKEN, Known, Spoken
from tercet.backends.embedded.wording.words import identifier_stems, stems_of

MAX_FIELDS = 12
"""Fields of a page that are filled."""
_ELEMENT_LINE = re.compile(
    r"""\[\d+\] (?P<role>\w+) (?P<quote>['"])(?P<name>.+?)(?P=quote)"""
    r"""(?: value (?P<mark>['"])(?P<value>.*?)(?P=mark))?(?: to (?P<target>\S+))?"""
)
_FIELDS = frozenset(("textbox", "searchbox", "spinbutton", "date", "time"))
_URL, _ELEMENT, _FILL = identifier_stems("url"), identifier_stems("element"), identifier_stems("text")


class Step(NamedTuple):
    """A call that is made with these arguments and no others."""

    tool: str
    arguments: Mapping[str, str]


class _Element(NamedTuple):
    """What a page has to act on: its role and name, what a field holds, the address that a link leads to."""

    role: str
    name: str
    value: str
    address: str


class _Page(NamedTuple):
    url: str
    title: str
    elements: tuple[_Element, ...]

    def of(self, *roles: str) -> list[_Element]:
        """Return the elements of some roles."""
        return [element for element in self.elements if element.role in roles]


def next_step(said: Spoken, tools: Mapping[str, Sequence[Parameter]]) -> Step | None:
    """Return what is to be done on the pages that were shown; None where that is the model's to say."""
    pages = [page for known in said.known if not known.is_call and (page := _page(known))]
    if not pages:
        return None
    meant = tuple(stems_of(said.text))
    buttons = [button for button in pages[-1].of("button") if _is_meant(button.name, meant)]
    if buttons and asks(said.text):
        return None
    steps = _acts(said, tools, pages[-1], buttons) if buttons else _visits(tools, pages, meant)
    done = [known.fields for known in said.known if known.is_call]
    return next((step for step in steps if step.arguments not in done), None)


def _acts(
    said: Spoken, tools: Mapping[str, Sequence[Parameter]], page: _Page, buttons: Sequence[_Element]
) -> Iterator[Step]:
    """Yield what is to be done on a page: fill the fields that hold something else than was said, press a button."""
    if filling := _taking(tools, _ELEMENT, _FILL):
        tool, names = filling
        yield from (Step(tool, dict(zip(names, pair, strict=True))) for pair in _values(said, page).items())
    if clicking := _taking(tools, _ELEMENT):
        tool, names = clicking
        yield from (Step(tool, {names[0]: button.name}) for button in buttons)


def _values(said: Spoken, page: _Page) -> dict[str, str]:
    """Return by the name of a field what a request surely says of it, where it holds something else."""
    fields = {field.name: field for field in page.elements if field.role in _FIELDS}
    kinds = {name: {"type": "integer" if field.value.isdecimal() else "string"} for name, field in fields.items()}
    form = {"name": page.title, "parameters": {"type": "object", "properties": kinds, "required": list(kinds)}}
    if not 0 < len(fields) <= MAX_FIELDS:
        return {}
    request = read(Spoken(said.text[:MAX_SPOKEN]))
    drafted = assignment.record(request, parameters(json.dumps(form).encode()))
    told = {field.name: str(field.likeliest.value) for field in drafted if field.chance >= SURE}
    return {name: value for name, value in told.items() if value != fields[name].value}


def _visits(tools: Mapping[str, Sequence[Parameter]], pages: Sequence[_Page], meant: tuple[str, ...]) -> Iterator[Step]:
    """Yield the steps to the pages that a request names and that were not shown yet: a click on a link where the last
    page has it, else its address."""
    shown, here = {page.url for page in pages}, {link.name for link in pages[-1].of("link")}
    for link in {link.name: link for page in pages for link in page.of("link")}.values():
        if link.address in shown or not _is_named(link.name, meant):
            continue
        if link.name in here and (click := _taking(tools, _ELEMENT)):
            yield Step(click[0], {click[1][0]: link.name})
        elif go := _taking(tools, _URL):
            yield Step(go[0], {go[1][0]: link.address})


def _is_named(name: str, said: tuple[str, ...]) -> bool:
    """Say whether the words of a name stand in what was said, one after the other."""
    stems = tuple(stems_of(name))
    return bool(stems) and any(said[place : place + len(stems)] == stems for place in range(len(said)))


def _is_meant(button: str, said: tuple[str, ...]) -> bool:
    """Say whether at least half of a button's words were said."""
    stems = frozenset(stems_of(button))
    return bool(stems) and len(stems.intersection(said)) * 2 >= len(stems)


def _page(result: Known) -> _Page | None:
    """Return the page that a result shows; none if it shows none."""
    observed = result.fields
    if not isinstance(observed.get("elements"), list):
        return None
    url = str(observed.get("url", ""))
    found = (match for line in observed["elements"] if (match := _ELEMENT_LINE.match(str(line))))
    elements = (
        _Element(match["role"], match["name"], match["value"] or "", urljoin(url, match["target"] or ""))
        for match in found
    )
    return _Page(url, str(observed.get("title", "")), tuple(elements))


def _taking(tools: Mapping[str, Sequence[Parameter]], *needed: tuple[str, ...]) -> tuple[str, tuple[str, ...]] | None:
    """Return the tool that needs just what is called so, and its parameters."""
    for tool, offered in tools.items():
        own = {each.parts: each.name for each in offered if each.is_needed}
        if len(own) == len(needed) and all(parts in own for parts in needed):
            return tool, tuple(own[parts] for parts in needed)
    return None
