"""Several independent requests over one set of offered tools: many learnt tokens for each schema that is read.

Small budgets need density: a single request spends nine tenths of its tokens on the prompt. Tool results are left
out between the turns; conversations with results come from the other generators.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

from training.data import builtin, builtin_tools, dialect, shelf, symbolic
from training.data.bench import overlaps
from training.data.compose import Composer, fill_words, lower_values, preface, question
from training.data.dialect import Dialect, Shown
from training.data.language import joiners, noise, phrases
from training.data.sample import Call, Message, Sample, Schema, assistant, calls, user
from training.data.several import vary
from training.data.shelf import Entry

Turn = list[Message]


def refusal(text: str, rng: random.Random) -> Turn:
    return [user(text), assistant(rng.choice(phrases.REFUSALS))]


class CatalogSessions:
    """Sessions over catalog tools."""

    def __init__(self, found: shelf.Shelf) -> None:
        self.composer = Composer(found)
        self.bench = self.composer.bench

    def shown(self, rng: random.Random) -> tuple[Dialect, list[Shown]]:
        """One to five tools, now and then up to sixteen, all their parameters in view."""
        style = self.bench.dialect(rng)
        first = self.bench.entry(rng)
        near = rng.choice((0.0, 0.5, 0.9))
        count = rng.choices((1, 2, 3, 4, 5, 8, 12, 16), (16, 28, 26, 16, 8, 3, 2, 1))[0]
        entries = [first, *self.bench.strangers([first], count - 1, rng, near)]
        made = [dialect.show(e, style, rng, [p.name for p in e.params if rng.random() < 0.85]) for e in entries]
        return style, list({s.name: s for s in made}.values())

    def sample(self, rng: random.Random) -> Sample:
        style, shown = self.shown(rng)
        messages = preface(rng)
        wanted = len(messages) + 2 * rng.choices((2, 3, 4, 5, 6, 8, 12), (8, 22, 28, 24, 12, 4, 2))[0]
        fresh = set(range(len(shown)))
        for _ in range(30):
            if len(messages) >= wanted:
                break
            number = rng.randrange(len(shown))
            made = self.turn(style, shown, number, number in fresh, rng)
            if made:
                messages += made
                fresh.discard(number)
        tools = [s.schema for s in shown]
        rng.shuffle(tools)
        return self.composer.sample(messages, tuple(tools), "session")

    def turn(self, style: Dialect, shown: Sequence[Shown], number: int, is_fresh: bool, rng: random.Random) -> Turn:
        """One exchange about the tool of that number; only a tool not yet called may be asked for incompletely."""
        draw = rng.random()
        target = shown[number]
        if draw < 0.2:
            return self.unserved([s.entry for s in shown], rng)
        if draw < 0.3 and is_fresh and target.entry.missing:
            made = self.asked_back(target, style, rng)
            if made:
                return made
        if draw < 0.38 and len(shown) > 1:
            return self.together(style, shown, rng)
        if draw < 0.52:
            group = vary(self.bench, target.entry, style, rng, rng.choice((2, 2, 2, 3)), 1.0, target)
            if group and all(fits(target, set(a.values)) for a in group[0]):
                return [user(group[1]), calls(*(a.call for a in group[0]))]
        return self.served(target, style, rng)

    def served(self, target: Shown, style: Dialect, rng: random.Random) -> Turn:
        for _ in range(10):
            asked = self.bench.ask(target.entry, style, rng, shown=target)
            if fits(target, set(asked.values)):
                break
        else:
            return []
        if rng.random() < 0.05:
            lower_values(asked)
        return [user(self.bench.text(asked, rng)), calls(asked.call)]

    def together(self, style: Dialect, shown: Sequence[Shown], rng: random.Random) -> Turn:
        """One request for two or three of the tools."""
        chosen = rng.sample(list(shown), min(len(shown), rng.choice((2, 2, 3))))
        asked = [self.bench.ask(target.entry, style, rng, shown=target) for target in chosen]
        if not all(fits(one.shown, set(one.values)) for one in asked):
            return []
        text = joiners.join_requests([self.bench.text(one, rng, 0) for one in asked], rng)
        return [user(noise.dress(text, rng, 0.6)), calls(*(one.call for one in asked))]

    def asked_back(self, target: Shown, style: Dialect, rng: random.Random) -> Turn:
        name, said = rng.choice(target.entry.missing)
        asked = self.bench.ask(target.entry, style, rng, said, shown=target)
        left = target.required - set(asked.values) - {name}
        if left or not set(asked.values) <= set(target.names):
            return []
        messages = [user(self.bench.text(asked, rng)), assistant(question(target.entry, name, rng))]
        if self.composer.give(asked, name, messages, rng):
            messages.append(calls(asked.call))
        return messages

    def unserved(self, offered: Sequence[Entry], rng: random.Random) -> Turn:
        """A request that none of the offered tools serves, or small talk."""
        draw = rng.random()
        if draw < 0.12:
            said, reply = rng.choice(phrases.SMALL_TALK)
            return [user(said), assistant(reply)]
        if draw < 0.25:
            text = fill_words(rng.choice(phrases.OUT_OF_SCOPE), rng)
            known = shelf.stems(text)
            return [] if any(known & (e.name_stems | e.about) for e in offered) else refusal(text, rng)
        asked, text = self.composer.one(rng)
        other = asked.shown.entry
        known_domain = any(e.domain == other.domain for e in offered) and rng.random() < 0.8
        if known_domain or other in offered or any(overlaps(e, other) for e in offered):
            return []
        return refusal(text, rng)


def fits(target: Shown, said: set[str]) -> bool:
    return said <= set(target.names) and target.required <= said


def symbolic_session(rng: random.Random) -> Sample:
    """Made-up tools called by name, by description, in pairs, or not at all."""
    described = rng.random() < 0.5
    tools = symbolic.make_tools(rng, rng.choice((1, 2, 3, 4)), described)
    messages: list[Message] = []
    for _ in range(rng.randint(3, 6)):
        tool = rng.choice(tools)
        arguments = tool.arguments(rng)
        draw = rng.random()
        if draw < 0.1:
            other = symbolic.make_tool(rng, described)
            text = symbolic.request(other, other.arguments(rng), rng)
            messages += refusal(text, rng) if other.name not in {t.name for t in tools} else []
        elif draw < 0.25:
            second = rng.choice(tools)
            made = [Call(tool.name, arguments), Call(second.name, second.arguments(rng))]
            texts = [symbolic.request(t, c.arguments, rng) for t, c in zip((tool, second), made, strict=True)]
            messages += [user("; ".join(t.rstrip(".") for t in texts)), calls(*made)]
        elif draw < 0.6 and described:
            messages += [user(symbolic.deed_request(tool, arguments, rng)), calls(Call(tool.name, arguments))]
        else:
            messages += [user(symbolic.request(tool, arguments, rng)), calls(Call(tool.name, arguments))]
    return symbolic.build(messages, tools, "session")


def builtin_session(rng: random.Random) -> Sample:
    """Three to five tasks for the built-in tools, the first call of each."""
    messages: list[Message] = []
    while len(messages) < 6:
        for _ in range(rng.randint(3, 5)):
            make = rng.choices([m for _, m in builtin.KINDS], [w for w, _ in builtin.KINDS])[0]
            task = make(rng)
            if task.listed or len(task.messages) > 5:
                continue
            kept = task.messages if rng.random() < 0.25 else task.messages[:2]
            messages += [user(str(m["content"]).replace(noise.GUARD, "")) if m["role"] == "user" else m for m in kept]
    return Sample(tuple(messages), builtin_tools.offered(()), None, "builtin/session")


def packed(stream: Iterator[Sample], rng: random.Random, share: float) -> Iterator[Sample]:
    """Join about `share` of single calls, two to four at a time, keeping only the tools that they call."""
    waiting: list[Sample] = []
    wanted = rng.randint(2, 4)
    for sample in stream:
        if not is_single_call(sample) or rng.random() > share:
            yield sample
            continue
        waiting.append(sample)
        if len(waiting) == wanted:
            joined = join(waiting, rng)
            if joined:
                yield joined
            else:
                yield from waiting
            waiting, wanted = [], rng.randint(2, 4)


def is_single_call(sample: Sample) -> bool:
    roles = [m["role"] for m in sample.messages if m["role"] != "system"]
    return roles == ["user", "assistant"] and bool(sample.messages[-1].get("tool_calls"))


def join(samples: Sequence[Sample], rng: random.Random) -> Sample | None:
    """One conversation, or None when their tools are too much alike to tell the requests apart."""
    tools: dict[str, Schema] = {}
    seen: set[str] = set()
    messages: list[Message] = []
    for sample in samples:
        said, answered = sample.messages[-2], sample.messages[-1]
        made = answered["tool_calls"]
        assert isinstance(made, list)
        called = {call["name"] for call in made}
        for tool in sample.tools:
            if tool["name"] not in called:
                continue
            telling = shelf.stems(f"{tool['name']}")
            if telling & seen or tool["name"] in tools:
                return None
            seen |= telling
            tools[str(tool["name"])] = tool
        messages += [said, answered]
    offered = list(tools.values())
    rng.shuffle(offered)
    return Sample(tuple(messages), tuple(offered), None, f"{samples[0].source}+session")


def generate(rng: random.Random) -> Iterator[Sample]:
    """Endless sessions."""
    catalog = CatalogSessions(shelf.read())
    makers: list[Callable[[random.Random], Sample]] = [catalog.sample, symbolic_session, builtin_session]
    while True:
        sample = rng.choices(makers, (66, 22, 12))[0](rng)
        if len(sample.messages) > 2:
            yield sample
