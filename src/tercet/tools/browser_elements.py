"""What can be done on a page, as numbered elements: role, name, value, state.

A number, or a name that only one element has, means one element of the last observation. It is refused once the page
has moved on: the document is another, the element is gone, or it no longer says what it said.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from tercet.errors import ToolRetry

if TYPE_CHECKING:
    from playwright.async_api import ElementHandle, Frame, JSHandle, Page

MAX_ELEMENTS = 200
_MAX_FRAMES = 10
_FRAME_S = 1.5

_DESCRIBE = """
const clean = (text, most) => (text || '').replace(/\\s+/g, ' ').trim().slice(0, most);
const roleOf = (e) => {
  const given = e.getAttribute('role');
  if (given) return given.split(' ')[0];
  const tag = e.localName, type = (e.type || '').toLowerCase();
  if (tag === 'a') return 'link';
  if (tag === 'select') return e.multiple ? 'listbox' : 'combobox';
  if (tag === 'textarea') return 'textbox';
  if (tag === 'summary') return 'button';
  if (tag === 'input') {
    if (['button', 'submit', 'reset', 'image'].includes(type)) return 'button';
    if (['checkbox', 'radio', 'file', 'range', 'color', 'date', 'time', 'password'].includes(type)) return type;
    return type === 'number' ? 'spinbutton' : type === 'search' ? 'searchbox' : 'textbox';
  }
  if (tag === 'button') return 'button';
  return e.isContentEditable ? 'textbox' : 'clickable';
};
const nameOf = (e) => {
  const by = (e.getAttribute('aria-labelledby') || '').split(/\\s+/).filter(Boolean)
    .map((id) => e.getRootNode().getElementById?.(id)?.textContent || '').join(' ');
  const labels = e.labels ? [...e.labels].map((l) => l.textContent).join(' ') : '';
  const isButton = e.localName === 'input' && ['button', 'submit', 'reset', 'image'].includes(e.type);
  const inner = ['input', 'select', 'textarea'].includes(e.localName) ? '' : e.innerText;
  const image = e.querySelector?.('img[alt]')?.alt || '';
  for (const text of [by, e.getAttribute('aria-label'), labels, isButton ? e.value || e.alt || e.type : '', inner,
                      image, e.getAttribute('placeholder'), e.getAttribute('title'), e.getAttribute('name')]) {
    const name = clean(text, 120);
    if (name) return name;
  }
  return '';
};
const describe = (e) => {
  const role = roleOf(e), states = [];
  const is = (name, attribute) => e[name] === true || e.getAttribute(attribute) === 'true';
  if (is('disabled', 'aria-disabled')) states.push('disabled');
  if (is('checked', 'aria-checked')) states.push('checked');
  if (e.getAttribute('aria-selected') === 'true') states.push('selected');
  if (e.getAttribute('aria-expanded')) states.push(e.getAttribute('aria-expanded') === 'true' ? 'open' : 'closed');
  if (is('required', 'aria-required')) states.push('required');
  if (is('readOnly', 'aria-readonly')) states.push('read-only');
  let value = null, options = null;
  if (e.localName === 'select') {
    value = [...e.selectedOptions].map((o) => clean(o.label, 80)).join(', ');
    options = [...e.options].slice(0, 30).map((o) => clean(o.label, 80));
    if (e.options.length > 30) options.push(`… ${e.options.length - 30} more`);
  } else if (e.localName === 'input' && e.type === 'password') {
    value = e.value ? '(hidden)' : '';
  } else if (['textbox', 'searchbox', 'spinbutton', 'range', 'date', 'time', 'color'].includes(role)) {
    value = clean('value' in e ? e.value : e.innerText, 200);
  }
  const href = e.localName === 'a' ? clean(e.getAttribute('href'), 200) : null;
  return {role, name: nameOf(e), value, states, options, href};
};
"""

_COLLECT = (
    "(most) => {"
    + _DESCRIBE
    + """
  const wanted = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [contenteditable=""], ' +
    '[contenteditable=true], [role=button], [role=link], [role=checkbox], [role=radio], [role=tab], [role=menuitem], ' +
    '[role=option], [role=switch], [role=combobox], [role=textbox], [role=searchbox], [role=slider], [onclick], ' +
    '[tabindex]:not([tabindex="-1"])';
  const found = [];
  const visit = (root) => {
    for (const e of root.querySelectorAll('*')) {
      if (e.shadowRoot) visit(e.shadowRoot);
      if (!e.matches(wanted)) continue;
      const box = e.getBoundingClientRect();
      const shown = e.checkVisibility({visibilityProperty: true, opacityProperty: true});
      if (shown && box.width > 0 && box.height > 0) found.push(e);
    }
  };
  visit(document);
  return {elements: found.slice(0, most), shown: found.slice(0, most).map(describe), total: found.length};
}"""
)
_AGAIN = "(e) => {" + _DESCRIBE + " return e.isConnected ? describe(e) : null; }"


class Element(msgspec.Struct, frozen=True):
    """One element as it was shown."""

    role: str
    name: str
    value: str | None = None
    states: tuple[str, ...] = ()
    options: tuple[str, ...] | None = None
    href: str | None = None

    def line(self, number: int) -> str:
        """Return the element as the model reads it."""
        parts = [f"[{number}] {self.role} {self.name!r}"]
        if self.value is not None:
            parts.append(f"value {self.value!r}")
        if self.options:
            parts.append(f"options {list(self.options)}")
        if self.href:
            parts.append(f"to {self.href}")
        if self.states:
            parts.append(f"({', '.join(self.states)})")
        return " ".join(parts)

    def is_same_as(self, other: "Element") -> bool:
        """Tell whether this is still what was shown, whatever its value and state."""
        return (self.role, self.name, self.href) == (other.role, other.name, other.href)


_FIELDS = frozenset(("textbox", "searchbox", "spinbutton", "range", "date", "time", "color", "password"))


def is_field(element: Element) -> bool:
    """Tell whether text can be typed into it."""
    return element.role in _FIELDS


def is_clickable(element: Element) -> bool:
    """Tell whether a click is what it is there for."""
    return not is_field(element) and not has_options(element)


def has_options(element: Element) -> bool:
    """Tell whether it is a list to choose from."""
    return element.options is not None


class Elements:
    """The elements of one observation of one page. Handles stay in the page until it goes or `drop` is called."""

    def __init__(self) -> None:
        self._shown: list[tuple[Element, JSHandle, int]] = []
        self._handles: list[JSHandle] = []
        self.num_left_out = 0

    @property
    def lines(self) -> list[str]:
        """Every element with its number, from 1."""
        return [element.line(number) for number, (element, _, _) in enumerate(self._shown, 1)]

    async def collect(self, page: "Page") -> None:
        """Look at the page and the frames in it. A frame that gives no answer is left out."""
        from playwright.async_api import Error

        await self._collect_frame(page.main_frame)
        others = [frame for frame in page.frames if frame is not page.main_frame]
        for frame in others[:_MAX_FRAMES]:
            with contextlib.suppress(Error, TimeoutError):  # a frame that was blocked never answers
                async with asyncio.timeout(_FRAME_S):
                    await self._collect_frame(frame)

    async def _collect_frame(self, frame: "Frame") -> None:
        room = MAX_ELEMENTS - len(self._shown)
        handle = await frame.evaluate_handle(_COLLECT, room)
        self._handles.append(handle)
        found = await handle.evaluate("(found) => ({shown: found.shown, total: found.total})")
        described = msgspec.convert(found["shown"], list[Element])
        self.num_left_out += int(found["total"]) - len(described)
        self._shown += [(element, handle, index) for index, element in enumerate(described)]

    def number(self, named: int | str, fits: Callable[[Element], bool]) -> int:
        """Return the number of the element that `named` means; names without regard to case, whole or in part.

        Of several that are called so, those that are as good as one (a link shown twice) are one, and one that `fits`
        goes before the others. Raises `ToolRetry` when none or more than one is left.
        """
        if isinstance(named, int):
            return named
        if (digits := named.strip("[] ")).isdecimal():
            return int(digits)
        wanted = " ".join(named.split()).casefold()
        shown = [(number, element) for number, (element, _, _) in enumerate(self._shown, 1)]
        called = [one for one in shown if one[1].name.casefold() == wanted]
        if wanted and not called:
            called = [one for one in shown if wanted in one[1].name.casefold()]
        called = [one for one in called if fits(one[1])] or called
        if not called:
            raise ToolRetry(f"no element is called {named!r}; name one as the last observation does, or by its number")
        (number, first), *others = called
        if any(element.href is None or not element.is_same_as(first) for _, element in others):
            numbers = ", ".join(str(number) for number, _ in called)
            raise ToolRetry(f"elements {numbers} are called {named!r}: give the number of one")
        return number

    async def get(self, named: int | str, fits: Callable[[Element], bool]) -> "tuple[Element, ElementHandle]":
        """Return the element that `named` means. Raises `ToolRetry` when it is unknown, not the only one, or stale."""
        from playwright.async_api import Error

        number = self.number(named, fits)
        if not 1 <= number <= len(self._shown):
            have = f"1 to {len(self._shown)}" if self._shown else "none"
            raise ToolRetry(f"there is no element {number}; the last observation has {have}")
        shown, handle, index = self._shown[number - 1]
        try:
            found = await handle.evaluate_handle("(found, index) => found.elements[index]", index)
            now: Any = await found.evaluate(_AGAIN)
        except Error as error:
            raise _stale(number) from error
        element = found.as_element()
        if now is None or element is None:
            raise _stale(number)
        current = msgspec.convert(now, Element)
        if not current.is_same_as(shown):
            raise ToolRetry(f"element {number} is no longer {shown.role} {shown.name!r}; observe the page again")
        return current, element

    async def drop(self) -> None:
        """Let the page free what this observation held."""
        from playwright.async_api import Error

        for handle in self._handles:
            try:
                await handle.dispose()
            except Error:
                continue  # the page is gone, and the handle with it
        self._handles, self._shown = [], []


def _stale(number: int) -> ToolRetry:
    return ToolRetry(f"element {number} is gone: the page has changed; observe it again with browser_read")
