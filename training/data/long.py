"""Long inputs: keys, planted facts and chains anywhere in texts of up to tens of thousands of tokens.

The texts are notes and records of many kinds; what is asked about them stands once, at a place drawn evenly from the
whole. Answers are copied, told step by step, or go into a call. Lengths are drawn so that every doubling is equally
frequent.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from training.data import validate
from training.data.contamination import Guard, index_of
from training.data.reading import FORMS
from training.data.sample import Call, Message, Sample, Schema, assistant, calls, result, system, user
from training.data.template import SLOT
from training.data.values import kinds, people, places, words

MIN_TOKENS = 2_000
CHARACTERS_PER_TOKEN = 1.8
"""Of these texts, at the low end: what turns out longer than asked for is left out by who tokenises it."""

MAX_TURNS, TOKENS_PER_TURN, TURN_TOKENS = 48, 200, 40
"""Most questions about a text, how much text each of them needs, and what a question with its answer takes: a text is
read at great cost, so much is asked about it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A question about the text and its answer, which rests on `planted` lines."""

    planted: tuple[str, ...]
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """A kind of thing that is known of a person: how notes say it, how it is asked, which tool takes it."""

    kind: str
    said: tuple[str, ...]
    asked: tuple[str, ...]
    tool: str
    parameter: str
    about: str
    request: str


FACTS = (
    Fact(
        "email", ("You can write to {who} at {value}.", "Address of {who}: {value}", "{who} reads mail at {value}."),
        ("What is the e-mail address of {who}?", "Where can I write to {who}?", "{who}'s address?"),
        "send_email", "address", "Send an e-mail to an address.", "Send {who} an e-mail.",
    ),
    Fact(
        "phone", ("Ring {who} on {value}.", "{who} has a new number, {value}.", "Reach {who} at {value} after six."),
        ("What is {who}'s phone number?", "Which number has {who}?", "How can I ring {who}?"),
        "dial", "number", "Ring a phone number.", "Ring {who}, please.",
    ),
    Fact(
        "id:LCK", ("{who} uses locker {value}.", "Locker {value} belongs to {who}.", "{who} got {value} as locker."),
        ("Which locker does {who} use?", "{who}'s locker?", "What is the locker of {who}?"),
        "open_locker", "locker", "Open a locker.", "Open {who}'s locker.",
    ),
    Fact(
        "path",
        ("The report of {who} lies in {value}.", "{who} saved it all under {value}.", "{value} was written by {who}."),
        ("Where did {who} save the report?", "Which file is {who}'s?", "Path of {who}'s report?"),
        "open_file", "path", "Open a file.", "Open what {who} saved.",
    ),
    Fact(
        "id:PRJ", ("{who} works on {value} this quarter.", "{value} is led by {who}.", "Assigned to {who}: {value}"),
        ("Which project does {who} lead?", "What is {who} working on?", "{who}'s project?"),
        "get_project", "project_id", "Look up a project.", "Look up the project of {who}.",
    ),
)  # fmt: skip
UNKNOWN = ("That is not in the text.", "The text does not say.", "I can't find that in the text.")
INTRODUCTIONS = (
    "Here are my notes.", "Read this first.", "This is the log of the last months.", "Below is what we collected.",
    "Keep the following in mind.", "Meeting notes and messages follow.", "", "All I have is this:",
)  # fmt: skip
HANDED = (
    "{a} handed the folder over to {b}.",
    "After that {b} got the folder from {a}.",
    "{a} passed the folder on to {b}.",
)
KEPT = (
    "{a} put the folder into a safe in {place}.",
    "{a} left the folder in {place}.",
    "The folder stays with {a} in {place}.",
)
ASKED_CHAIN = ("Where is the folder that {a} had?", "{a} had a folder. Where did it end up?", "Follow {a}'s folder.")
KEY_STYLES = (
    "{key}={value}",
    "{key}: {value}",
    '{{"{key}": "{value}"}}',
    "{key},{value}",
    "- {key} -> {value}",
    "{key}\t{value}",
)
KEY_ASKED = ("What is the value of {key}?", "{key}?", "Give me the value for {key}.", "Which value belongs to {key}?")


def filler(rng: random.Random) -> str:
    """A note about something that nobody asks for."""
    form = rng.choice(FORMS)
    values = {name: kinds.draw(kind, rng).text for name, kind in form.fields.items()}
    return SLOT.sub(lambda match: values[match[1]], rng.choice(form.texts))


def stranger(rng: random.Random, known: set[str]) -> str:
    """A person's full name that is not yet taken."""
    while " " not in (name := people.person(rng)) or name in known:
        pass
    known.add(name)
    return name


def fact_turn(rng: random.Random, known: set[str], tools: bool) -> Turn:
    """A planted fact, asked for in words or needed by a call; now and then it was never planted."""
    fact, who = rng.choice(FACTS), stranger(rng, known)
    value = kinds.draw(fact.kind, rng).text
    planted = (rng.choice(fact.said).format(who=who, value=value),)
    if tools and rng.random() < 0.6:
        asked, answer = user(fact.request.format(who=who)), calls(Call(fact.tool, {fact.parameter: value}))
        return Turn(planted, (asked, answer))
    asked = user(rng.choice(fact.asked).format(who=who))
    if rng.random() < 0.1:
        return Turn((), (asked, assistant(rng.choice(UNKNOWN))))
    return Turn(planted, (asked, assistant(value)))


def chain_turn(rng: random.Random, known: set[str]) -> Turn:
    """A folder that went from hand to hand; the answer tells each hand."""
    hands = [stranger(rng, known) for _ in range(rng.choice((2, 3, 3, 4, 5)))]
    place = places.city(rng)
    planted = [rng.choice(HANDED).format(a=a, b=b) for a, b in pairwise(hands)]
    planted.append(rng.choice(KEPT).format(a=hands[-1], place=place))
    told = f"{', then '.join(hands)}: {place}."
    return Turn(tuple(planted), (user(rng.choice(ASKED_CHAIN).format(a=hands[0])), assistant(told)))


def key_turns(rng: random.Random, count: int) -> list[Turn]:
    """Keys of one style with their values."""
    style = rng.choice(KEY_STYLES)
    pairs = {words.random_string(rng): words.random_string(rng) for _ in range(count)}
    return [
        Turn((style.format(key=key, value=value),), (user(rng.choice(KEY_ASKED).format(key=key)), assistant(value)))
        for key, value in pairs.items()
    ]


def tool(fact: Fact) -> Schema:
    properties = {fact.parameter: {"type": "string"}}
    parameters = {"type": "object", "properties": properties, "required": [fact.parameter]}
    return {"name": fact.tool, "description": fact.about, "parameters": parameters}


def lines(planted: list[str], known: set[str], num_characters: int, rng: random.Random, is_keys: bool) -> list[str]:
    """The planted lines anywhere between others that do not speak of the people `known`."""
    made: list[str] = []
    size = sum(map(len, planted))
    while size < num_characters:
        line = key_turns(rng, 1)[0].planted[0] if is_keys else filler(rng)
        if any(name in line for name in known):
            continue
        made.append(line)
        size += len(line) + 1
    for line in planted:
        made.insert(rng.randint(0, len(made)), line)
    return made


def sample(rng: random.Random, max_tokens: int) -> Sample:
    """One long conversation."""
    num_tokens = MIN_TOKENS * (max_tokens / MIN_TOKENS) ** rng.random()
    has_tools, is_keys = rng.random() < 0.4, rng.random() < 0.25
    known: set[str] = set()
    count = rng.randint(4, max(8, min(MAX_TURNS, int(num_tokens / TOKENS_PER_TURN))))
    turns = key_turns(rng, count) if is_keys else [
        chain_turn(rng, known) if rng.random() < 0.25 else fact_turn(rng, known, has_tools) for _ in range(count)
    ]  # fmt: skip
    planted = [line for turn in turns for line in turn.planted]
    text = rng.choice(("\n", "\n", " ", "\n\n")).join(
        lines(planted, known, int((num_tokens - TURN_TOKENS * count) * CHARACTERS_PER_TOKEN), rng, is_keys)
    )
    rng.shuffle(turns)
    offered = [tool(fact) for fact in FACTS] if has_tools and not is_keys else []
    rng.shuffle(offered)
    asked = [message for turn in turns for message in turn.messages]
    return Sample((*opening(text, asked, bool(offered), rng), *asked[1:]), tuple(offered), None, "long")


def opening(text: str, asked: list[Message], has_tools: bool, rng: random.Random) -> list[Message]:
    """The long text and the first question: in one message, as a system prompt, or as what a tool has read."""
    introduction = rng.choice(INTRODUCTIONS)
    question = str(asked[0]["content"])
    draw = rng.random()
    if draw < 0.25:
        return [system(f"{introduction}\n{text}".strip()), user(question)]
    if draw < 0.4 and not has_tools:
        return [user(f"{question} It is in notes.txt."), assistant("I read the file first."), result(text)]
    if draw < 0.7:
        return [user(f"{question}\n\n{introduction}\n{text}")]
    return [user(f"{introduction}\n{text}\n\n{question}".strip())]


def samples(root: Path, seed: int, max_tokens: int) -> Iterator[Sample]:
    """Endless, validated and kept apart from the evaluation sets under `root`."""
    rng = random.Random(f"{seed}/long")

    def endless() -> Iterator[Sample]:
        while True:
            yield sample(rng, max_tokens)

    yield from validate.valid(Guard(index_of(root))(endless()))
