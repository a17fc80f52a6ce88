"""Which page a request means next, of those that the pages which a browser has shown lead to.

`What do the lamp and the chair cost?` means the pages behind the links that are called so. It reads the observations of
the browser's tools, and knows nothing of prompts.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urljoin

from tercet.backends.embedded.drafts.parameters import Parameter
from tercet.backends.embedded.drafts.words import identifier_stems, stems_of
from tercet.backends.embedded.spoken import Spoken

_LINK = re.compile(r"\[\d+\] link '(?P<name>[^']+)' to (?P<target>\S+)")
_BUTTON = re.compile(r"\[\d+\] button '(?P<name>[^']+)'")
_URL, _ELEMENT = identifier_stems("url"), identifier_stems("element")


class Step(NamedTuple):
    """A call of a browser's tool with its one argument."""

    tool: str
    parameter: str
    value: str


class _Page(NamedTuple):
    url: str
    links: tuple[tuple[str, str], ...]
    """Names, and the addresses that they lead to."""
    buttons: tuple[str, ...]


def next_page(said: Spoken, tools: Mapping[str, Sequence[Parameter]]) -> Step | None:
    """Return the step to a page that a request names and that was not shown yet: a click on its link where the last
    page has one, else its address. Where the last page has a button that a request may mean, that comes first."""
    pages = [page for known in said.known if not known.is_call and (page := _page(known.text))]
    if not pages:
        return None
    shown, meant, here = {page.url for page in pages}, tuple(stems_of(said.text)), dict(pages[-1].links)
    if any(not frozenset(stems_of(button)).isdisjoint(meant) for button in pages[-1].buttons):
        return None
    for name, address in {name: address for page in pages for name, address in page.links}.items():
        if address in shown or not _is_named(tuple(stems_of(name)), meant):
            continue
        if name in here and (click := _taking(tools, _ELEMENT)):
            return Step(*click, name)
        if go := _taking(tools, _URL):
            return Step(*go, address)
    return None


def _is_named(name: tuple[str, ...], said: tuple[str, ...]) -> bool:
    """Say whether the stems of a name stand in what was said, one after the other."""
    return bool(name) and any(said[place : place + len(name)] == name for place in range(len(said)))


def _page(text: str) -> _Page | None:
    """Return the page that a result shows; none if it shows none."""
    try:
        observed = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(observed, dict) or not isinstance(observed.get("elements"), list):
        return None
    url = str(observed.get("url", ""))
    links = (match for element in observed["elements"] if (match := _LINK.match(str(element))))
    buttons = (match["name"] for element in observed["elements"] if (match := _BUTTON.match(str(element))))
    return _Page(url, tuple((link["name"], urljoin(url, link["target"])) for link in links), tuple(buttons))


def _taking(tools: Mapping[str, Sequence[Parameter]], parts: tuple[str, ...]) -> tuple[str, str] | None:
    """Return the tool that needs one thing, called so, and its parameter."""
    for tool, parameters in tools.items():
        needed = [each for each in parameters if each.is_needed]
        if len(needed) == 1 and needed[0].parts == parts:
            return tool, needed[0].name
    return None
