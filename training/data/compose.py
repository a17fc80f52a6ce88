"""Conversations over catalog tools: calls, questions back, results, errors, chains, refusals and small talk."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from training import hints
from training.data import shelf, template
from training.data.bench import Asked, Bench, answer, draw_result, overlaps
from training.data.dialect import Dialect
from training.data.language import joiners, noise, phrases, verbs
from training.data.sample import Message, Sample, Schema, assistant, calls, result, system, user
from training.data.several import parallel, vary, what_about
from training.data.shelf import Entry
from training.data.values import kinds, words
from training.data.values.kinds import Value

Kind = Callable[["Composer", random.Random], Sample | None]


def fill_words(text: str, rng: random.Random) -> str:
    """Fill {kind} slots such as {city} in a phrase of the language tables."""
    return template.SLOT.sub(lambda m: kinds.draw("id:" if m[1] == "id" else m[1], rng).text, text)


def preface(rng: random.Random) -> list[Message]:
    """Mostly no system message; sometimes a short one."""
    if rng.random() < 0.82:
        return []
    return [system(fill_words(rng.choice(phrases.SYSTEM_PROMPTS), rng))]


def returned(fields: dict[str, Value], rng: random.Random) -> Message:
    content: dict[str, object] = {name: value.value for name, value in fields.items()} or {"status": "ok"}
    draw = rng.random()
    if draw < 0.08:
        content = {"status": rng.choice(["ok", "success"]), **content}
    elif draw < 0.12:
        content = {rng.choice(["result", "data"]): content}
    elif draw < 0.16:
        content = {**content, "request_id": words.code(rng, 8, words.HEX)}
    return result(content)


class Composer:
    """Draws one conversation at a time from the shelf's tools."""

    def __init__(self, found: shelf.Shelf) -> None:
        self.bench = Bench(found)
        self.with_missing = [e for e in found.entries if e.missing]
        self.chains = find_chains(self.bench)

    def sample(self, messages: list[Message], tools: tuple[Schema, ...], kind: str) -> Sample:
        clean = [user(str(m["content"]).replace(noise.GUARD, "")) if m["role"] == "user" else m for m in messages]
        return Sample(tuple(clean), tools, None, f"catalog/{kind}")

    def alone(self, entry: Entry, dialect: Dialect, rng: random.Random) -> tuple[list[Asked], str]:
        asked = self.bench.ask(entry, dialect, rng)
        return [asked], self.bench.text(asked, rng, 0)

    def one(self, rng: random.Random) -> tuple[Asked, str]:
        asked = self.bench.ask(self.bench.entry(rng), self.bench.dialect(rng), rng)
        if rng.random() < 0.05:
            lower_values(asked)
        return asked, self.bench.text(asked, rng)

    def single(self, rng: random.Random) -> Sample:
        dialect = self.bench.dialect(rng)
        asked = self.bench.ask(self.bench.entry(rng), dialect, rng)
        if rng.random() < 0.05:
            lower_values(asked)
        text = self.bench.text(asked, rng)
        if rng.random() < 0.025:
            text = rng.choice(phrases.NAMING).format(tool=asked.shown.name, t=verbs.lower_first(text))
        messages = [*preface(rng), user(text), calls(asked.call)]
        kind = "single"
        if rng.random() < 0.16:
            messages += self.reply([asked], rng)
            kind = "single+answer"
        return self.sample(messages, self.bench.offer([asked.shown], dialect, rng), kind)

    def reply(self, asked: list[Asked], rng: random.Random) -> list[Message]:
        """Results of the calls and one answer from them."""
        fields = [draw_result(a.shown.entry, rng) for a in asked]
        texts = [answer(a.shown.entry, a.values, f, rng) for a, f in zip(asked, fields, strict=True)]
        return [*(returned(f, rng) for f in fields), assistant(" ".join(texts))]

    def parallel(self, rng: random.Random) -> Sample:
        dialect = self.bench.dialect(rng)
        asked, text = parallel(self.bench, dialect, rng)
        messages = [*preface(rng), user(text), calls(*(a.call for a in asked))]
        if rng.random() < 0.07 and len(asked) <= 3:
            messages += self.reply(asked, rng)
        return self.sample(messages, self.bench.offer([asked[0].shown], dialect, rng), "parallel")

    def several_tools(self, rng: random.Random) -> Sample | None:
        dialect = self.bench.dialect(rng)
        count = rng.choices((2, 3, 4), (75, 20, 5))[0]
        first = self.bench.entry(rng)
        near = rng.random() < 0.5
        entries = [first, *self.bench.strangers([first], count - 1, rng, 0.9 if near else 0.1)]
        asked: list[Asked] = []
        texts: list[str] = []
        for entry in entries:
            made = (
                vary(self.bench, entry, dialect, rng, rng.choice((2, 2, 3)), 0)
                if entry.params and rng.random() < 0.3
                else None
            )
            group, text = made or self.alone(entry, dialect, rng)
            asked += group
            texts.append(text)
        if len({a.shown.name for a in asked}) < len(entries):
            return None
        text = noise.dress(joiners.join_requests(texts, rng), rng, 0.6)
        messages = [*preface(rng), user(text), calls(*(a.call for a in asked))]
        shown = list({a.shown.name: a.shown for a in asked}.values())
        count = rng.choice((len(shown), len(shown) + 1, len(shown) + 2, 6, 8))
        return self.sample(messages, self.bench.offer(shown, dialect, rng, count), "several")

    def error(self, rng: random.Random) -> Sample:
        dialect = self.bench.dialect(rng)
        asked = self.bench.ask(self.bench.entry(rng), dialect, rng)
        plain = [(n, v) for n, v in asked.values.items() if isinstance(v.value, str)]
        if plain and rng.random() < 0.4:
            name, value = rng.choice(plain)
            said = rng.choice(phrases.VALUE_ERRORS).format(value=value.value, name=name.replace("_", " "))
        else:
            said = rng.choice(phrases.ERRORS).format(n=rng.randint(2, 600))
        shape = rng.choice(
            (
                {"error": said},
                {"status": "error", "message": said},
                {"error": {"message": said}},
                {"ok": False, "error": said},
            )
        )
        messages = [*preface(rng), user(self.bench.text(asked, rng)), calls(asked.call), result(shape)]
        messages.append(assistant(rng.choice(phrases.ERROR_REPLIES).format(error=said)))
        return self.sample(messages, self.bench.offer([asked.shown], dialect, rng, rng.choice((1, 2, 3))), "error")

    def ask_back(self, rng: random.Random) -> Sample | None:
        """A required argument is missing: ask; in half of them the answer comes and the call follows."""
        if not self.with_missing:
            return None
        entry = rng.choice(self.with_missing)
        name, said = rng.choice(entry.missing)
        dialect = self.bench.dialect(rng)
        asked = self.bench.ask(entry, dialect, rng, said)
        if len([p for p in entry.params if not p.optional and p.name not in said.slots]) > 1 and rng.random() < 0.3:
            return None
        messages = [*preface(rng), user(self.bench.text(asked, rng)), assistant(question(entry, name, rng))]
        left = [p for p in entry.params if not p.optional and p.name not in said.slots and p.name != name]
        if rng.random() < 0.5 and not left and self.give(asked, name, messages, rng):
            messages.append(calls(asked.call))
        return self.sample(messages, self.bench.offer([asked.shown], dialect, rng), "ask")

    def give(self, asked: Asked, name: str, messages: list[Message], rng: random.Random) -> bool:
        """Add the user's turn that supplies the parameter, and its value."""
        param = next(p for p in asked.shown.entry.params if p.name == name)
        if kinds.base(param.kind) in ("bool", "object"):
            return False
        value = template.draw_param(param, rng, asked.shown.kind_of.get(name))
        asked.values[name] = value
        text = rng.choice(phrases.GIVING).format(v=value.text)
        messages.append(user(text[0].upper() + text[1:] if value.text[:1].isupper() else text))
        return True

    def negation(self, rng: random.Random) -> Sample | None:
        dialect = self.bench.dialect(rng)
        asked = self.bench.ask(self.bench.entry(rng), dialect, rng)
        others = [
            e
            for e in self.bench.strangers([asked.shown.entry], 4, rng, 0.8)
            if verbs.first_word(e.tool.description) in verbs.VERBS
        ]
        if not others:
            return None
        deed = verbs.lower_first(others[0].tool.description.rstrip("."))
        if rng.random() < 0.25:
            text = rng.choice(
                ("Please don't {d}.", "Do not {d} for now.", "don't {d}", "You must not {d}.", "No need to {d}.")
            ).format(d=deed)
            said = [user(text), assistant(rng.choice(phrases.NEGATION_REPLIES))]
            tools = tuple(
                s
                for s in self.bench.offer(
                    [self.bench.ask(others[0], dialect, rng).shown], dialect, rng, rng.choice((1, 2, 4))
                )
            )
            return self.sample([*preface(rng), *said], tools, "negation")
        text = self.bench.text(asked, rng, 0)
        ended = verbs.upper_first(noise.end_sentence(text))
        said_text = rng.choice(phrases.NEGATIONS).format(t=ended, d=deed, l=verbs.lower_first(text))
        both = [asked.shown, self.bench.ask(others[0], dialect, rng).shown]
        if both[0].name == both[1].name:
            return None
        tools = self.bench.offer(both, dialect, rng, rng.choice((2, 3, 4, 5)))
        return self.sample([*preface(rng), user(said_text), calls(asked.call)], tools, "negation")

    def irrelevant(self, rng: random.Random) -> Sample:
        """A request that no offered tool can serve."""
        dialect = self.bench.dialect(rng)
        count = rng.choices((1, 2, 3, 4, 5, 6, 8, 12), (38, 20, 14, 10, 7, 5, 4, 2))[0]
        if rng.random() < 0.16:
            asked_for = fill_words(rng.choice(phrases.OUT_OF_SCOPE), rng)
            said = shelf.stems(asked_for)
            others = [e for e in self.bench.strangers([], count, rng) if not said & (e.name_stems | e.about)]
            text = noise.dress(asked_for, rng, 0.5)
        else:
            asked, text = self.one(rng)
            near = 0.0 if rng.random() < 0.6 else 0.9
            others = [
                e
                for e in self.bench.strangers([asked.shown.entry], 2 * count + 3, rng, near)
                if not overlaps(e, asked.shown.entry)
            ]
            if not others:
                others = self.bench.strangers([asked.shown.entry], count, rng, 0.0)
        shown = [self.bench.ask(e, dialect, rng).shown.schema for e in others]
        if rng.random() < 0.5:
            ranked = sorted(zip(hints.levels(text, shown), range(len(shown)), strict=True), reverse=True)
            shown = [shown[place] for _, place in ranked[:count]]
        else:
            shown = shown[:count]
        rng.shuffle(shown)
        tools = tuple({str(s["name"]): s for s in shown}.values())
        reply = assistant(rng.choice(phrases.REFUSALS))
        return self.sample([*preface(rng), user(text), reply], tools, "irrelevant")

    def small_talk(self, rng: random.Random) -> Sample:
        dialect = self.bench.dialect(rng)
        said, reply = rng.choice(phrases.SMALL_TALK)
        shown = [
            self.bench.ask(e, dialect, rng).shown.schema
            for e in self.bench.strangers([], rng.choice((0, 1, 2, 3, 5)), rng)
        ]
        tools = tuple({str(s["name"]): s for s in shown}.values())
        draw = rng.random()
        said = (
            said.upper()
            if draw < 0.03
            else said.lower()
            if draw < 0.15
            else verbs.upper_first(said)
            if draw < 0.3
            else said
        )
        return self.sample([*preface(rng), user(said), assistant(reply)], tools, "talk")

    def second_turn(self, rng: random.Random) -> Sample | None:
        """A finished exchange, then another request: elliptic, new, unserved or small talk."""
        dialect = self.bench.dialect(rng)
        entry = self.bench.entry(rng)
        said = rng.choice(entry.says)
        asked = self.bench.ask(entry, dialect, rng, said)
        messages = [*preface(rng), user(self.bench.text(asked, rng)), calls(asked.call), *self.reply([asked], rng)]
        shown = [asked.shown]
        name = what_about(said, entry.params, asked.values)
        if name and rng.random() < 0.7:
            param = next(p for p in entry.params if p.name == name)
            value = template.draw_param(param, rng, asked.shown.kind_of.get(name))
            asked.values[name] = value
            text = rng.choice(phrases.WHAT_ABOUT).format(v=value.text)
            messages += [user(text), calls(asked.call)]
        elif rng.random() < 0.3:
            talk, reply = rng.choice(phrases.SMALL_TALK[9:14])
            messages += [user(talk), assistant(reply)]
        else:
            other = self.bench.ask(rng.choice(self.bench.strangers([entry], 1, rng, 0.6) or [entry]), dialect, rng)
            if other.shown.name == asked.shown.name:
                return None
            shown.append(other.shown)
            messages += [user(self.bench.text(other, rng)), calls(other.call)]
        count = rng.choice((len(shown), len(shown) + 1, len(shown) + 2))
        return self.sample(messages, self.bench.offer(shown, dialect, rng, count), "second")

    def chain(self, rng: random.Random) -> Sample | None:
        """The second call needs a value that the first one returns."""
        if not self.chains:
            return None
        first, field, second, name = rng.choice(self.chains)
        dialect = self.bench.dialect(rng)
        a = self.bench.ask(first, dialect, rng)
        said = rng.choice(second.says)
        if name not in said.slots or [s.name for s in said.parts if isinstance(s, template.Slot)].count(name) != 1:
            return None
        b = self.bench.ask(second, dialect, rng, said)
        words_of = field.replace("_", " ")
        refer = rng.choice(
            (
                "the {f} you get",
                "that {f}",
                "the resulting {f}",
                "the {f} from the result",
                "the returned {f}",
                "the {f} it gives",
            )
        )
        for piece in b.filled.pieces:
            if piece.slot == name:
                piece.text = refer.format(f=words_of)
        fields = draw_result(first, rng)
        b.values[name] = fields[field]
        texts = [self.bench.text(a, rng, 0), b.filled.text]
        if a.shown.name == b.shown.name:
            return None
        text = joiners.bare(texts[0])
        if texts[0].endswith("?"):
            text += " Then " + verbs.lower_first(texts[1])
        else:
            text += rng.choice(
                (", then ", " and then ", ". Then ", ". After that, ", ", and after that ")
            ) + verbs.lower_first(texts[1])
        messages = [*preface(rng), user(text), calls(a.call), returned(fields, rng), calls(b.call)]
        if rng.random() < 0.5:
            messages += self.reply([b], rng)
        count = rng.choice((2, 2, 3, 4, 5))
        return self.sample(messages, self.bench.offer([a.shown, b.shown], dialect, rng, count), "chain")


def find_chains(bench: Bench) -> list[tuple[Entry, str, Entry, str]]:
    """(first, result field, second, required parameter) where a domain's tool returns what another needs."""
    found = []
    for entries in bench.domains.values():
        for first in entries:
            for field, kind in first.tool.result.items():
                if kinds.base(kind) not in CHAINED:
                    continue
                found += [
                    (first, field, second, p.name)
                    for second in entries
                    for p in second.params
                    if second is not first and not p.optional and p.kind == kind
                ]
    return found


CHAINED = frozenset(
    [
        "id", "email", "phone", "url", "path", "file_name", "ip", "username", "address", "stock_symbol",
        "airport_code", "zip_code", "person",
    ],
)  # fmt: skip


def question(entry: Entry, name: str, rng: random.Random) -> str:
    asks = entry.tool.asks.get(name)
    if asks:
        return rng.choice(list(asks))
    param = next(p for p in entry.params if p.name == name)
    what = verbs.lower_first(param.description.rstrip(".")) or name.replace("_", " ")
    return rng.choice(
        (
            f"What is the {name.replace('_', ' ')}?",
            f"Please tell me the {name.replace('_', ' ')} ({what}).",
            f"Which {name.replace('_', ' ')}?",
        )
    )


def lower_values(asked: Asked) -> None:
    """Retype the request without capitals, its copied names included."""
    kind_of = {p.name: kinds.base(p.kind) for p in asked.shown.entry.params}
    lowered = noise.lowered({n: v for n, v in asked.values.items() if kind_of[n] in noise.LOWERABLE})
    for piece in asked.filled.pieces:
        if piece.slot in lowered and asked.values[piece.slot].text == piece.text:
            piece.text = lowered[piece.slot].text
        elif not piece.slot:
            piece.text = piece.text.lower()
    if any(p.slot in lowered and p.text != lowered[p.slot].text for p in asked.filled.pieces):
        return
    asked.values.update(lowered)


KINDS: tuple[tuple[float, Kind], ...] = (
    (40, Composer.single), (18, Composer.parallel), (10, Composer.several_tools), (2, Composer.error),
    (10, Composer.ask_back), (2, Composer.negation), (22, Composer.irrelevant), (1.5, Composer.small_talk),
    (4, Composer.second_turn), (4, Composer.chain),
)  # fmt: skip


def generate(rng: random.Random, found: shelf.Shelf | None = None) -> Iterator[Sample]:
    """Endless conversations over the shelf's tools."""
    composer = Composer(found or shelf.read())
    weights = [weight for weight, _ in KINDS]
    makers = [make for _, make in KINDS]
    while True:
        sample = rng.choices(makers, weights)[0](composer, rng)
        if sample is not None:
            yield sample
