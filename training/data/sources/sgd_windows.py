"""Windows cut from dialogues: messages whose every value is traceable to what stands before it.

Owns arguments, results and the check of assistant texts. It offers no tools and draws no plans.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from training.data.sample import Call, Message, assistant, calls, result, user
from training.data.sources.common import spaced
from training.data.sources.sgd_dialogue import Dialogue, Mentions, Turn, mentions
from training.data.sources.sgd_tools import (
    Service,
    Style,
    field_name,
    intent_tool,
    is_clock,
    is_date,
    is_money,
    is_time,
)


class Untraceable(Exception):
    """A value that the text shown does not contain; the sample is given up."""


@dataclass(slots=True)
class Window:
    """Messages in the making and all the text a value may be traced to."""

    messages: list[Message] = field(default_factory=list)
    text: str = ""
    results: str = ""
    needed: dict[tuple[str, str], Service] = field(default_factory=dict)

    def size(self) -> int:
        """Characters of what is said and of what calls return."""
        return len(self.text) + sum(len(str(m["content"])) for m in self.messages if m["role"] == "tool")

    def add(self, message: Message, text: str = "") -> None:
        self.messages.append(message)
        self.text += text + "\n"


def _copied(surface: str, text: str) -> str | None:
    """The surface as the text spells it, at its last place, whole words only."""
    low, wanted = text.lower(), surface.lower()
    at = low.rfind(wanted)
    if not wanted or at < 0:
        return None
    end = at + len(wanted)
    if (at and low[at - 1].isalnum() and wanted[0].isalnum()) or (end < len(low) and low[end].isalnum()):
        return None
    return text[at:end]


def _number(value: str) -> int | float:
    amount = float(value.replace(",", "").replace("$", ""))
    return int(amount) if amount.is_integer() else amount


def _iso(canonical: str, surface: str, year: int) -> str:
    if any(char.isdigit() for char in surface) or surface.lower() in ("today", "tomorrow"):
        return f"{year}{canonical[4:]}"
    raise Untraceable(surface)


def _value(service: Service, slot_name: str, canonical: str, told: Mentions, text: str, style: Style) -> object:
    """The argument for a canonical slot value, or Untraceable."""
    _, slot = service.slot(slot_name)
    surfaces = told.get((service.name, slot_name, canonical), [])
    if slot["is_categorical"] or slot_name == "subtitles":
        if not surfaces:
            raise Untraceable(canonical)
        if canonical in ("True", "False"):
            return canonical == "True"
        return int(canonical) if canonical.isdigit() else canonical
    for surface in [*reversed(surfaces), canonical]:
        copied = _copied(surface, text)
        if copied is None:
            continue
        if is_time(slot) and style.clock24 and is_clock(canonical):
            return canonical
        if is_date(slot) and style.iso_dates:
            return _iso(canonical, surface, YEAR[style.variant])
        if is_money(slot) and style.numbers:
            return _number(canonical)
        if slot_name == "number_of_days" and canonical.isdigit():
            return int(canonical)
        return copied
    raise Untraceable(canonical)


YEAR = {0: 2019, 1: 2024, 2: 2025, 3: 2026, 4: 2023, 5: 2021}


def _call(service: Service, turn: Turn, told: Mentions, text: str, style: Style) -> Call:
    _, intent = service.intent(turn.method)
    arguments: dict[str, object] = {}
    for slot in [*intent["required_slots"], *intent["optional_slots"]]:
        if slot not in turn.arguments:
            if slot in intent["required_slots"]:
                raise Untraceable(slot)
            continue
        canonical = turn.arguments[slot]
        try:
            arguments[field_name(service, slot, style)] = _value(service, slot, canonical, told, text, style)
        except Untraceable:
            if canonical != intent["optional_slots"].get(slot):
                raise
    return Call(str(intent_tool(service, turn.method, style)["name"]), arguments)


def _row(service: Service, row: Mapping[str, str], style: Style) -> dict[str, object]:
    shown: dict[str, object] = {}
    for slot, value in row.items():
        if value in ("True", "False"):
            shown[field_name(service, slot, style)] = value == "True"
        elif style.iso_dates and value.startswith("2019-"):
            shown[field_name(service, slot, style)] = f"{YEAR[style.variant]}{value[4:]}"
        else:
            shown[field_name(service, slot, style)] = value
    return shown


def _result(service: Service, turn: Turn, style: Style, rows: int) -> object:
    shown = [_row(service, row, style) for row in turn.rows[:rows]]
    if turn.count:
        return {"total": int(turn.count) if turn.count.isdigit() else turn.count, "results": shown}
    if "NOTIFY_FAILURE" in turn.acts:
        return {"error": "not available"} if not shown else {"error": "not available", "alternatives": shown}
    if "NOTIFY_SUCCESS" in turn.acts and len(shown) == 1:
        return {"status": "ok", **shown[0]} if rows > 1 else shown[0]
    return shown


def _check_text(turn: Turn, window: Window) -> None:
    """Refuses an assistant text that tells a value from nowhere."""
    seen = (window.text + window.results).lower()
    for _, _, canonical, surface in turn.said:
        options = {canonical.lower(), surface.lower(), surface.lower().lstrip("$").replace(",", "")}
        if canonical not in ("True", "False") and not any(option in seen for option in options):
            raise Untraceable(surface)


@dataclass(frozen=True, slots=True)
class Cut:
    """Which turns to show and how."""

    start: int
    end: int
    confirming: bool
    answered: bool
    rows: int


def _skips(turns: list[Turn], index: int) -> bool:
    """Whether the turn is a confirmation that its neighbour merely affirms, right before a call."""
    if index + 2 >= len(turns):
        return False
    return turns[index].acts == {"CONFIRM"} and turns[index + 1].acts == {"AFFIRM"} and bool(turns[index + 2].method)


def window(dialogue: Dialogue, cut: Cut, services: Mapping[str, Service], style: Style) -> Window:
    """The messages of the turns of a cut; Untraceable when an assistant message is not derivable."""
    shown = Window()
    turns = dialogue.turns
    kept: list[Turn] = []
    index = cut.start
    while index <= cut.end:
        turn = turns[index]
        if not cut.confirming and "CONFIRM" in turn.acts:
            if not _skips(turns, index):
                raise Untraceable("confirmation")
            index += 2
            continue
        last = index == cut.end
        if turn.by_user:
            shown.add(user(turn.text), turn.text)
        elif turn.method:
            service = services[turn.service]
            shown.add(calls(_call(service, turn, mentions(kept), shown.text, style)))
            shown.needed[turn.service, turn.method] = service
            if not last or cut.answered:
                reply = result(_result(service, turn, style, cut.rows))
                shown.add(reply)
                shown.results += str(reply["content"]) + " " + str(turn.rows[: cut.rows]) + "\n"
                _check_text(turn, shown)
                shown.add(assistant(turn.text), turn.text)
        else:
            if "REQUEST" not in turn.acts:
                _check_text(turn, shown)
            shown.add(assistant(turn.text), turn.text)
        kept.append(turn)
        index += 1
    _add_pending(shown, turns[: cut.end + 1], services)
    return shown


def _add_pending(shown: Window, turns: list[Turn], services: Mapping[str, Service]) -> None:
    """The tool the user is after belongs on offer, even before it is called."""
    for turn in reversed(turns):
        if turn.intent and turn.by_user:
            shown.needed[turn.intent] = services[turn.intent[0]]
            return


def tell(shown: Window, turn: Turn, services: Mapping[str, Service], style: Style, rng: random.Random) -> None:
    """Add a call's result, and an answer that tells everything of its first row."""
    found = _result(services[turn.service], turn, style, rng.choice((1, 1, 1, 2)))
    rows = found.get("results", [found]) if isinstance(found, dict) else found
    row = dict(rows[0]) if isinstance(rows, list) and rows else {}
    row.pop("status", None)
    if not row or "error" in row:
        raise Untraceable("result")
    shown.add(result(found))
    shown.add(assistant(told(row, rng)))


def told(row: Mapping[str, object], rng: random.Random) -> str:
    """A row in words: the field that names it first, where there is one."""
    facts = [(spaced(name).lower(), _said(value)) for name, value in row.items()]
    name = next((fact for fact in facts if fact[0].rpartition(" ")[2] in ("name", "title")), None)
    if name is not None and rng.random() < 0.95:
        facts.remove(name)
        lead = rng.choice(("I found {v}. ", "There is {v}. ", "I have found {v}: ", "{v}: ")).format(v=name[1])
    else:
        lead = rng.choice(("Here it is: ", "I found this: ", "", ""))
    if rng.random() < 0.6:
        said = ", ".join(f"{fact} {value}" for fact, value in facts)
    else:
        said = ", ".join(f"the {fact} is {value}" for fact, value in facts)
    if lead.endswith(". ") or not lead:
        said = said[:1].upper() + said[1:]
    return (lead + said).strip().rstrip(":.") + "."


def _said(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def single(dialogue: Dialogue, end: int, services: Mapping[str, Service], style: Style) -> Window:
    """What the user said on the way to a call, as one request."""
    turn = dialogue.turns[end]
    service = services[turn.service]
    wanted = {(slot, value) for slot, value in turn.arguments.items()}
    parts: list[str] = []
    kept: list[Turn] = []
    for earlier in dialogue.turns[:end]:
        told = [s for s in earlier.said if s[0] == turn.service and (s[1], s[2]) in wanted]
        opens = earlier.intent == (turn.service, turn.method)
        if not earlier.by_user or not (told or opens) or "NEGATE" in earlier.acts:
            continue
        kept.append(earlier)
        short = len(earlier.text.split()) < 4 and told
        parts.append(f"{spaced(told[0][1]).capitalize()}: {earlier.text}" if short else earlier.text)
    if not any(one.intent == (turn.service, turn.method) for one in kept) or len(parts) > 5:
        raise Untraceable("intent")
    shown = Window()
    text = " ".join(part if part[-1] in ".?!" else part + "." for part in parts)
    shown.add(user(text), text)
    shown.add(calls(_call(service, turn, mentions(kept), text, style)))
    shown.needed[turn.service, turn.method] = service
    return shown
