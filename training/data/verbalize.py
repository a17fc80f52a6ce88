"""Requests in natural words for a tool call: a schema and argument values in, many phrasings out.

Every value given is said in the text it comes with, so that an argument can be traced to the request.
It draws no values and knows no data set.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from training.data.phrases import connected, fact, head, mention, plural
from training.data.sources.common import properties_of, spaced
from training.data.values.kinds import Value
from training.data.wording import ABOUT, ASKS, OPENERS, VERBS, Task, task_of

Values = Mapping[str, Value]
"""Argument values by parameter name; what is missing is not said."""

_DETERMINED = (
    r"(?:\b(?:a|an|the|any|one|your|their|this|that|each)\s+)?(?:(?:specific|given|certain|particular|specified|single|"
    r"desired|provided|chosen|new|user|selected)\s+)*"
)
_GENERIC = re.compile(r"\ba (?:specific|given|certain|particular|specified) (\w)")
_GREETINGS = (
    "Hi! ",
    "Hello, ",
    "Hey, ",
    "Hi there. ",
    "hey ",
    "Good morning. ",
    "Hello! ",
    "OK, ",
    "So, ",
    "Quick one: ",
)
_ENDINGS = (" Thanks!", " thanks", " Thank you.", " Please.", " It's urgent.", " Cheers.", " I need it soon.")
_FOR_ME = re.compile(r"^(\{do\}|\{Do\}|please|could|can you \{|would you|i (need|want) you)", re.IGNORECASE)
_IDLE = (
    "I'm working on something for my team. ",
    "This is for a report I'm writing. ",
    "I have a question. ",
    "I've been putting this off. ",
    "I'm planning ahead. ",
    "My boss asked me for this. ",
    "I'm in a bit of a hurry. ",
)


_BOTH_ENDS = tuple(
    (re.compile(begin), re.compile(end))
    for begin, end in (
        (
            r"^(start|begin|from|check in)\b.*(date|time|day)|^from$|^start$",
            r"^(end|to|until|check out)\b.*(date|time|day)|^to$|^end$",
        ),
        (
            r"^(origin|source|start|departure|from)\b.*(city|location|place|point|address|station)?$",
            r"^(destination|target|end|arrival|to)\b.*(city|location|place|point|address|station)?$",
        ),
        (r"^min(imum)?\b", r"^max(imum)?\b"),
    )
)
"""Names of two parameters that are often said in one breath."""


@dataclass(slots=True)
class Draft:
    """A request in the making: its task phrase and the parameters still to be said."""

    phrase: str
    left: list[str]


def request(tool: Mapping[str, Any], values: Values, rng: random.Random) -> str:
    """One request that says every given value."""
    task = task_of(spaced(str(tool["name"])), str(tool["description"]))
    shape = rng.random()
    if shape < 0.07 and values:
        return _dress(_listed(task, values, rng), rng)
    draft = _placed(task.rest, values, rng)
    if shape < 0.24 and draft.left:
        return _dress(_in_sentences(tool, task, draft, values, rng), rng)
    if shape < 0.30 and draft.left:
        return _dress(_facts_first(tool, task, draft, values, rng), rng)
    tail = _tail(tool, draft.left, values, rng)
    if tail and shape > 0.95:
        return _dress(f"{_upper(tail)}, {_say(task, draft.phrase, rng, opener='{do}')}.", rng)
    return _dress(_say(task, " ".join(part for part in (draft.phrase, tail) if part), rng), rng)


def facts(tool: Mapping[str, Any], values: Values, rng: random.Random) -> str:
    """Sentences that tell the values and ask for nothing."""
    sentences = [fact(name, _field(tool, name), value, rng) for name, value in _shuffled(values, rng)]
    return " ".join(_upper(sentence) + "." for sentence in sentences)


def do_phrase(tool: Mapping[str, Any], values: Values, rng: random.Random) -> str:
    """The task as a bare verb phrase with its values: for requests of several parts."""
    task = task_of(spaced(str(tool["name"])), str(tool["description"]))
    draft = _placed(task.rest, values, rng)
    tail = _tail(tool, draft.left, values, rng)
    return _say(task, " ".join(part for part in (draft.phrase, tail) if part), rng, opener="{do}")


def tail(tool: Mapping[str, Any], values: Values, rng: random.Random) -> str:
    """The values alone, each with its connector: "in Paris on May 3"."""
    return _tail(tool, list(values), values, rng)


def _field(tool: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return properties_of(dict(tool)).get(name, {})


def _shuffled(values: Values, rng: random.Random) -> list[tuple[str, Value]]:
    pairs = list(values.items())
    if rng.random() < 0.5:
        rng.shuffle(pairs)
    return pairs


def _lower(text: str) -> str:
    """The text for the middle of a sentence; "I" and names in capitals stay."""
    return text if text[:2] in ("I ", "I'") or text[1:2].isupper() else text[:1].lower() + text[1:]


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _say(task: Task, rest: str, rng: random.Random, opener: str = "") -> str:
    """The task with its object, ordered or asked for."""
    stop = rng.choice((".", ".", ".", "", "!"))
    if not opener and task.about and rng.random() < 0.6:
        return _shaped(rng.choice(ABOUT), rest, stop)
    wanted = f"information about {rest}" if task.about else rest
    if not opener and task.asking and not task.about and rng.random() < 0.45:
        the = (
            ""
            if re.match(r"(the|a|an|all|any|my|some|whether|if|how|what) ", rest)
            else rng.choice(("the ", "the ", ""))
        )
        asked = rng.choice(ASKS)
        if plural(rest):
            asked = asked.replace(" is {x}", " are {x}").replace("What's {x}", "What are {x}")
        return _shaped(asked, the + rest, stop)
    if task.about and not opener:
        wanted = f"{rng.choice(('information', 'details', 'info', 'data', 'some information'))} about {rest}"
    verb = task.verb if rng.random() < 0.35 else rng.choice(VERBS.get(task.verb, (task.verb,)))
    do = f"{verb} {wanted}"
    chosen = opener or rng.choice(OPENERS)
    if " me" in verb and (chosen == "{do}" or not _FOR_ME.match(chosen)):
        do = f"{task.verb} {wanted}"
    return chosen.replace("{do}", do).replace("{Do}", _upper(do)).replace("{.}", stop)


def _shaped(pattern: str, x: str, stop: str) -> str:
    return pattern.replace("{x}", x).replace("{X}", _upper(x)).replace("{.}", stop)


def _placed(rest: str, values: Values, rng: random.Random) -> Draft:
    """Puts values where the description speaks of them: "for a specific location" -> "for Paris"."""
    left: list[str] = []
    for name, value in values.items():
        if isinstance(value.value, bool) or rng.random() < 0.12:
            left.append(name)
            continue
        noun = head(name)
        match = _spoken_of(noun).search(rest)
        if match is None or not re.match(
            r"(a|an|the|any|one|your|specific|given|certain|particular)\b", match[0], re.IGNORECASE
        ):
            left.append(name)
            continue
        before, after = rest[: match.start()], rest[match.end() :]
        if before.endswith(("the ", "of the ")) or re.match(
            r" (?!(?:of|in|on|at|for|by|from|to|and|with|using|based)\b)\w", after
        ):
            left.append(name)
            continue
        possessive = "'s" if match[0].endswith("'s") else ""
        rest = before + mention(name, noun, value, rng) + possessive + after
    return Draft(_GENERIC.sub(_plain_article, rest), left)


@lru_cache(maxsize=8192)
def _spoken_of(noun: str) -> re.Pattern[str]:
    """Finds the place where a description speaks of a parameter: "a specific location"."""
    return re.compile(rf"{_DETERMINED}\b{re.escape(noun)}\b(?:'s)?(?! \w+s?\b of)", re.IGNORECASE)


def _plain_article(match: re.Match[str]) -> str:
    return ("an " if match[1].lower() in "aeiou" else "a ") + match[1]


def _tail(tool: Mapping[str, Any], names: Sequence[str], values: Values, rng: random.Random) -> str:
    pairs = _shuffled({name: values[name] for name in names}, rng)
    parts: list[str] = []
    for begin, end in _BOTH_ENDS:
        ends = [next((pair for pair in pairs if one.search(spaced(pair[0]))), None) for one in (begin, end)]
        if ends[0] and ends[1] and rng.random() < 0.5:
            pairs = [pair for pair in pairs if pair not in ends]
            form = rng.choice(
                ("between {} and {}", "between {} and {}", "from {} to {}", "from {} until {}", "from {} through {}")
            )
            parts.append(form.format(ends[0][1].text, ends[1][1].text))
    parts += [connected(name, _field(tool, name), value, rng, len(pairs)) for name, value in pairs]
    if len(parts) > 1 and rng.random() < 0.35:
        return ", ".join(parts[:-1]) + rng.choice((" and ", ", and ")) + parts[-1]
    return (", " if rng.random() < 0.4 else " ").join(parts)


def _listed(task: Task, values: Values, rng: random.Random) -> str:
    """The task, then "name: value" pairs."""
    pairs = [
        f"{spaced(name) if rng.random() < 0.7 else name}{rng.choice((': ', ': ', '=', ' = '))}{_literal(value, rng)}"
        for name, value in _shuffled(values, rng)
    ]
    head = _say(task, task.rest, rng, opener=rng.choice(("{Do}", "{do}", "Please {do}")))
    return head + rng.choice((": ", ". ", " - ", "\n")) + rng.choice((", ", "; ", "\n", ", ")).join(pairs)


def _literal(value: Value, rng: random.Random) -> str:
    if isinstance(value.value, bool):
        return str(value.value).lower() if rng.random() < 0.5 else value.text
    return value.text


def _in_sentences(tool: Mapping[str, Any], task: Task, draft: Draft, values: Values, rng: random.Random) -> str:
    """Some values beside the task, the others in sentences of their own."""
    cut = rng.randrange(len(draft.left))
    beside, after = draft.left[:cut], draft.left[cut:]
    tail = _tail(tool, beside, values, rng)
    head = _say(task, " ".join(part for part in (draft.phrase, tail) if part), rng)
    head = head if head[-1] in ".?!" else head + "."
    return f"{head} {facts(tool, {name: values[name] for name in after}, rng)}"


def _facts_first(tool: Mapping[str, Any], task: Task, draft: Draft, values: Values, rng: random.Random) -> str:
    told = facts(tool, {name: values[name] for name in draft.left}, rng)
    return f"{told} {_upper(_say(task, draft.phrase, rng))}"


def _dress(text: str, rng: random.Random) -> str:
    """Greetings, endings and idle words around a request; never inside it."""
    text = re.sub(r"\b(and|,) and (?=(?:and|set|do|include|require|enable|show|use|allow|send|sort)\b)", "and ", text)
    text = re.sub(r" +([.,;?!])", r"\1", re.sub(r"  +", " ", text)).strip()
    drawn = rng.random()
    if drawn < 0.05:
        greeting = rng.choice(_GREETINGS)
        text = greeting + (_lower(text) if greeting.endswith((", ", ": ")) else text)
    elif drawn < 0.08:
        text = rng.choice(_IDLE) + _upper(text)
    elif drawn < 0.11:
        text = (text if text[-1] in ".?!" else text + ".") + rng.choice(_ENDINGS)
    elif drawn < 0.16 and text[:2] != "I ":
        text = text[0].lower() + text[1:]
    return text
