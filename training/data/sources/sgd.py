"""Samples from the Schema-Guided Dialogue set: calls, questions for missing slots, answers from results.

Every value in a call or an answer is traceable to the conversation shown. It owns the windows cut from
dialogues; wordings of schemas are in sgd_tools, surface forms in sgd_dialogue.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from training.data.sample import Sample, Schema, assistant, system, user
from training.data.sources.common import epochs, shuffled
from training.data.sources.offer import how_many, mixed, refusal, weight
from training.data.sources.sgd_dialogue import Dialogue, pack, unpack
from training.data.sources.sgd_tools import Style, draw_style, intent_tool, load
from training.data.sources.sgd_windows import YEAR, Cut, Untraceable, Window, single, tell, window

MAX_CHARS = 1300
_GROUPS = {"Media": "screen", "Movies": "screen", "Services": "services"}
_CONFIRM = (
    "Confirm the details with the user before you book, buy or change anything.",
    "Before any booking or payment, repeat the details and wait for a yes.",
    "Always ask the user to confirm before making a reservation or a purchase.",
    "You are a booking assistant. Check the details with the user before each transaction.",
    "Never complete a transaction without the user's confirmation.",
)
_PLAIN = (
    "You are a helpful assistant.",
    "You are a concise assistant with access to tools.",
    "Help the user with the tools you have.",
    "Use the tools when they help; ask when something is missing.",
    "You are a virtual assistant for travel, leisure and everyday errands.",
)


class Sources:
    """The packed set and its services."""

    def __init__(self, folder: Path) -> None:
        self.services = load(folder)
        self.packed = pack(folder / "train.jsonl.gz")

    def tools(self, shown: Window, dialogue: Dialogue, style: Style, rng: random.Random) -> tuple[Schema, ...]:
        """The tools a window needs, siblings of the same services and strangers."""
        offered = [intent_tool(service, method, style) for (_, method), service in shown.needed.items()]
        names = {str(tool["name"]) for tool in offered}
        if len(names) < len(offered):
            raise Untraceable("two tools of one name")
        siblings = [
            intent_tool(self.services[name], intent["name"], style)
            for name in dialogue.services
            for intent in self.services[name].wordings[0]["intents"]
        ]
        groups = {group(name) for name in dialogue.services}
        strangers = self.strangers(groups, how_many(rng), style, rng)
        rng.shuffle(siblings)
        budget = 1400 - sum(weight(tool) for tool in offered)
        for tool in [*siblings[: rng.choice((0, 1, 2, 3, 6))], *strangers]:
            if str(tool["name"]) not in names and weight(tool) < budget:
                names.add(str(tool["name"]))
                offered.append(tool)
                budget -= weight(tool)
        return mixed(offered, rng)

    def strangers(self, groups: set[str], count: int, style: Style, rng: random.Random) -> list[Schema]:
        others = [service for service in self.services.values() if group(service.name) not in groups]
        found: dict[str, Schema] = {}
        for _ in range(count):
            service = rng.choice(others)
            other = Style(rng.randrange(6), style.names, style.fields, style.clock24, False, True, style.notes)
            intent = rng.choice(service.wordings[0]["intents"])
            tool = intent_tool(service, intent["name"], other)
            found[str(tool["name"])] = tool
        return list(found.values())


@lru_cache(maxsize=128)
def group(service_name: str) -> str:
    domain = service_name.rsplit("_", 1)[0]
    return _GROUPS.get(domain, domain)


def _sample(shown: Window, tools: tuple[Schema, ...], cut: Cut, style: Style, kind: str, rng: random.Random) -> Sample:
    messages = list(shown.messages)
    prompts: list[str] = []
    if cut.confirming:
        prompts.append(rng.choice(_CONFIRM))
    elif rng.random() < 0.15:
        prompts.append(rng.choice(_PLAIN))
    if style.iso_dates:
        prompts.append(f"Today is {YEAR[style.variant]}-03-01.")
    if prompts:
        messages.insert(0, system(" ".join(prompts)))
    return Sample(tuple(messages), tools, source=f"sgd/{kind}")


def _start(dialogue: Dialogue, end: int, rng: random.Random) -> int:
    """The whole history or the last turns only, always from a user turn, within the size."""
    start = 0 if rng.random() < 0.6 else rng.randrange(0, end, 2)
    while start < end - 2 and sum(len(turn.text) for turn in dialogue.turns[start : end + 1]) > MAX_CHARS:
        start += 2
    return start


def _irrelevant(source: Sources, dialogue: Dialogue, rng: random.Random) -> Sample:
    """A request whose service is not on offer."""
    style = draw_style(rng)
    opening = dialogue.turns[0]
    tools = source.strangers({group(name) for name in dialogue.services}, 1 + how_many(rng), style, rng)
    offered = mixed(tools[:5], rng)
    return Sample((user(opening.text), assistant(refusal(rng, offered))), offered, source="sgd/irrelevant")


def _from(source: Sources, dialogue: Dialogue, rng: random.Random) -> Iterator[Sample]:
    """A few samples of one dialogue; those not derivable are left out."""
    turns = dialogue.turns
    ends = [i for i, turn in enumerate(turns) if turn.method]
    asks = [i for i, turn in enumerate(turns) if not turn.by_user and turn.acts == {"REQUEST"}]
    later = [i for i, turn in enumerate(turns) if not turn.by_user and turn.acts <= {"INFORM", "REQ_MORE"}]
    plans = [(end, "single") for end in ends if rng.random() < 0.7]
    plans += [(end, "told") for end in ends if rng.random() < 0.6]
    plans += [(end, "call") for end in ends if rng.random() < 0.5]
    plans += [(end, "ask") for end in asks if rng.random() < 0.3]
    plans += [(end, "later") for end in later if rng.random() < 0.12]
    rng.shuffle(plans)
    for end, kind in plans[:5]:
        style = draw_style(rng, iso_dates=rng.random() < 0.1)
        cut = Cut(_start(dialogue, end, rng), end, False, rng.random() < 0.6, rng.choice((1, 1, 2, 3)))
        for confirming in (False, True):
            cut = Cut(cut.start, cut.end, confirming, cut.answered, cut.rows)
            try:
                if kind in ("single", "told"):
                    shown = single(dialogue, end, source.services, style)
                    if kind == "told":
                        tell(shown, dialogue.turns[end], source.services, style, rng)
                else:
                    shown = window(dialogue, cut, source.services, style)
                if shown.size() > MAX_CHARS + 900:
                    break
                tools = source.tools(shown, dialogue, style, rng)
            except Untraceable:
                if kind in ("single", "told"):
                    break
                continue
            yield _sample(shown, tools, cut, style, kind, rng)
            break
    if rng.random() < 0.2:
        yield _irrelevant(source, dialogue, rng)


def generate(root: Path, rng: random.Random) -> Iterator[Sample]:
    source = Sources(root / "train" / "sgd")
    dialogues = (unpack(packed) for packed in epochs(source.packed, rng))
    yield from shuffled((sample for one in dialogues for sample in _from(source, one, rng)), rng)
