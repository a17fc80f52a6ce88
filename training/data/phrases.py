"""One value in words: in the place of its noun, after a connector, or as a sentence of its own.

It sees one parameter at a time and knows nothing of tasks or whole requests.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from typing import Any

from training.data.sources.common import spaced
from training.data.values.kinds import Value

_SUFFIX = re.compile(r" (?:name|id|ids|type|code|number|title|value|identifier)$")
_PLACES = re.compile(r"\b(location|city|country|region|state|place|area|venue|province|town|site)$")
_UNIT = re.compile(
    r"\b(?:in|\(in)\s+(the )?(km/h|m/s|mph|meters per second|kilograms?|kg|grams?|pounds|"
    r"meters?|metres|kilometers?|km|centimeters?|cm|millimeters?|mm|feet|"
    r"inches|miles|seconds?|minutes?|hours?|days?|weeks?|months?|years?|watts?|volts?|amperes?|"
    r"degrees Celsius|celsius|degrees|fahrenheit|kelvin|percent|percentage|"
    r"liters?|litres|newtons?|pascals?|USD|dollars|euros|Hz|hertz|square meters|"
    r"square feet|acres|hectares|MB|GB|bytes|pixels|calories|psi|bars?)\b",
    re.IGNORECASE,
)
_BOOLEAN = re.compile(
    r"^(include|require|enable|show|use|allow|send|sort|exclude|notify|add|remove|save|return|display|keep|apply|"
    r"generate)s? "
)
_KINDS = re.compile(
    r"\b(type|category|genre|style|level|mode|status|class|species|breed|platform|industry|sector|sport|cuisine|method|"
    r"technique|model|organization|company|brand|team|department|course|product|chemical|material|crop|plant|region|"
    r"population|group|field|area|format|language|currency|disease|treatment|dataset|section|program|project|event)$"
)
_JOINS = (
    "for the",
    "of the",
    "in the",
    "on the",
    "from the",
    "using the",
    "with the",
    "at the",
    "about the",
    "for",
    "in",
)
_PEOPLE = re.compile(
    r"^(?:(?:user|customer|person|patient|guest|client|participant|passenger|student|sender|full) ?)?name$"
)
_QUOTED = re.compile(
    r"\b(message|text|content|sentence|comment|caption|title|headline|subject|body|note|phrase|statement)$"
)


def article(noun: str) -> str:
    """The noun with its indefinite article, by its first letter."""
    return f"{'an' if noun[:1] in 'aeiou' and not noun.startswith(('uni', 'use', 'eu')) else 'a'} {noun}"


def plural(phrase: str) -> bool:
    """Whether the head of a noun phrase looks plural: "the rules of chess"."""
    head = re.split(r" (?:of|in|for|on|from|about|at|by|with|to|between) ", phrase, maxsplit=1)[0].split(" ")[-1]
    return head.endswith("s") and not head.endswith(("ss", "us", "is", "ics", "news"))


def head(name: str) -> str:
    return _SUFFIX.sub("", spaced(name))


def mention(name: str, noun: str, value: Value, rng: random.Random) -> str:
    """A value in the place of its noun."""
    text = value.text
    low = spaced(name)
    if low.endswith((" id", "number", "code", "identifier")):
        forms = (f"{noun} {text}", f"the {noun} with ID {text}", f"{noun} ID {text}", f"the {noun} {text}", text)
        return rng.choice(forms if low.endswith("id") else (f"{noun} {text}", f"the {noun} {text}", f"{low} {text}"))
    if isinstance(value.value, int | float):
        return rng.choice((f"{article(noun)} of {text}", f"{noun} {text}", f"the {noun} {text}"))
    if _QUOTED.search(low):
        return rng.choice((f'the {noun} "{text}"', f"'{text}'", f'"{text}"', f'this {noun}: "{text}"'))
    if _stands_before_nouns(text) and rng.random() < (0.5 if _KINDS.search(low) else 0.2):
        return rng.choice((f"the {text} {noun}", f"the {text} {noun}", f"{text} {noun}", f"{article(text)} {noun}"))
    if _PLACES.search(low) or rng.random() < 0.6:
        return text if rng.random() < 0.9 else f'"{text}"'
    return rng.choice(
        (f"the {noun} {text}", f"{text}", f'the {noun} "{text}"', f"the {noun} called {text}", f"{noun} {text}",
         f'the {noun} titled "{text}"', f"the {noun} named {text}", f"the {noun} identified by {text}")
    )  # fmt: skip


def _stands_before_nouns(text: str) -> bool:
    """Whether a value can stand before what it is a kind of: `the Sales team`."""
    return len(text) < 40 and len(text.split()) <= 3 and text[:1].isalpha() and not text.endswith((".", "!", "?"))


def before_noun(low: str, text: str, rng: random.Random) -> str:
    """A value before its noun, with the small words that join it to a request."""
    noun = head(low.replace(" ", "_"))
    join = rng.choice(_JOINS)
    return f"{join} {text} {noun}" if rng.random() < 0.9 else f"for {article(text)} {noun}"


def connected(name: str, field: Mapping[str, Any], value: Value, rng: random.Random, among: int) -> str:
    """A value with the small words that tell which parameter it is."""
    low, text = spaced(name), value.text
    if isinstance(value.value, bool):
        return _truth(low, value.value, rng)
    is_text = isinstance(value.value, str) and _stands_before_nouns(text)
    if is_text and not _PLACES.search(low) and rng.random() < (0.4 if _KINDS.search(low) else 0.15):
        return before_noun(low, text, rng)
    options = _special(low, text, field, value)
    if options and rng.random() < 0.75:
        return rng.choice(options)
    noun = low if rng.random() < 0.8 else head(name)
    plain = (
        f"with {noun} {text}",
        f"{noun} {text}",
        f"with the {noun} {text}",
        f"using {text} as the {noun}",
        f"with {text} as {noun}",
        f"({noun}: {text})",
        f'with {noun} "{text}"',
        f"{noun}={text}",
        f"where the {noun} is {text}",
        f"given {noun} {text}",
        f"for {noun} {text}",
        f"with {article(noun)} of {text}",
        f"{noun}: {text}",
    )
    if among == 1 and isinstance(value.value, str) and rng.random() < 0.35:
        return rng.choice((f"for {text}", f'for "{text}"', f"- {text}", f": {text}"))
    return rng.choice(plain)


def _special(low: str, text: str, field: Mapping[str, Any], value: Value) -> tuple[str, ...]:
    """Connectors for parameters whose names say enough."""
    numeric = isinstance(value.value, int | float)
    unit = _UNIT.search(str(field.get("description", "")))
    if numeric and unit:
        measure = unit[2]
        return (
            f"with {article(low)} of {text} {measure}",
            f"{low} {text} {measure}",
            f"{low} of {text} {measure}",
            f"with {low} {text}",
        )
    if low == "age" or low.endswith(" age"):
        return (f"aged {text}", f"{text} years old", f"age {text}") if text.isdigit() else (f"{low} {text}",)
    if low.endswith(" id") or low == "id":
        noun = low.removesuffix("id").strip()
        return (
            f"for {noun} {text}".replace("  ", " "),
            f"with {low} {text}",
            f"with ID {text}",
            f"({low} {text})",
            f"ID {text}",
        )
    if _PLACES.search(low):
        return (f"in {text}", f"in {text}", f"for {text}", f"at {text}", f"around {text}")
    for pattern, forms in _BY_NAME:
        if pattern.search(low):
            return tuple(form.replace("{v}", text).replace("{n}", low).replace("{a}", article(low)) for form in forms)
    if numeric and not isinstance(value.value, bool):
        return (f"{low} {text}", f"with {article(low)} of {text}", f"{low} of {text}", f"with {low} {text}")
    if _QUOTED.search(low):
        return (f'"{text}"', f'with the {low} "{text}"', f"saying '{text}'", f'with {low} "{text}"', f'{low}: "{text}"')
    return ()


_BY_NAME: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = tuple(
    (re.compile(pattern), forms)
    for pattern, forms in (
        (
            r"^(start|begin|check in|departure|from|pickup) ?(date|day|time)$",
            ("from {v}", "starting {v}", "starting on {v}", "beginning {v}"),
        ),
        (
            r"^(end|check out|return|to|until|dropoff) ?(date|day|time)$",
            ("until {v}", "to {v}", "through {v}", "ending {v}"),
        ),
        (r"deadline|due date", ("by {v}", "due {v}", "with a deadline of {v}", "before {v}")),
        (r"\b(date|day)$", ("on {v}", "for {v}", "on {v}", "dated {v}")),
        (r"\btime$", ("at {v}", "at {v}", "for {v}")),
        (r"year$", ("in {v}", "for {v}", "for the year {v}", "from {v}", "{n} {v}")),
        (
            r"time ?(period|frame|range|interval)|^period$|timeframe",
            ("for {v}", "over {v}", "during {v}", "covering {v}"),
        ),
        (r"^(source|original|from|input) language|source lang", ("from {v}", "which is in {v}", "originally in {v}")),
        (r"^(target|destination|to|output) language|target lang", ("to {v}", "into {v}", "in {v}")),
        (r"language$", ("in {v}", "in {v}", "in the {v} language", "language {v}")),
        (r"^(source|from|base) currency|from unit|source unit", ("from {v}", "in {v}")),
        (r"^(target|to) currency|to unit|target unit|output format", ("to {v}", "into {v}", "in {v}")),
        (r"currency$|\bunits?$|\bformat$", ("in {v}", "{n} {v}", "in {v}", "with {v} as the {n}")),
        (r"email", ("to {v}", "email {v}", "at {v}", "with email {v}", "({v})")),
        (r"recipient|receiver", ("to {v}", "for {v}")),
        (
            r"^(origin|departure|source|from)( city| airport| location| address)?$",
            ("from {v}", "leaving {v}", "starting in {v}"),
        ),
        (
            r"^(destination|arrival|target|to)( city| airport| location| address)?$",
            ("to {v}", "going to {v}", "bound for {v}"),
        ),
        (r"budget", ("with a budget of {v}", "for {v}", "on a budget of {v}", "budget {v}")),
        (r"\b(price|cost|amount)$", ("of {v}", "{n} {v}", "for {v}", "with {n} {v}")),
        (r"duration|\blength$", ("for {v}", "lasting {v}", "{n} {v}", "with {a} of {v}")),
        (r"author|artist|director|composer|creator", ("by {v}", "by {v}", "from {v}", "{n} {v}")),
        (r"topic|subject|theme|keyword|query", ("about {v}", "on {v}", 'on "{v}"', "related to {v}", "{n} {v}")),
        (r"gender|\bsex$", ("{v}", "{n} {v}", "for a {v}", "who is {v}")),
        (r"\bname$", ("named {v}", "called {v}", "for {v}", '"{v}"', "{n} {v}", "with the name {v}")),
        (r"platform|website|channel", ("on {v}", "on {v}", "from {v}", "{n} {v}")),
        (
            r"algorithm|method|technique|model|tool|procedure|approach",
            ("using {v}", "with {v}", "via {v}", "using the {n} {v}", "by {v}"),
        ),
        (r"audience|age group|population", ("for {v}", "aimed at {v}", "targeting {v}")),
        (
            r"\btype|category|genre|style|level|mode|status|priority|severity",
            (
                "{n} {v}",
                "of {n} {v}",
                "with {n} {v}",
                "with {n} set to {v}",
                "{v} as the {n}",
                "({n} {v})",
                '{n} "{v}"',
            ),
        ),
    )
)


def _truth(low: str, true: bool, rng: random.Random) -> str:
    match = _BOOLEAN.match(low)
    noun = low.removeprefix("is ").removeprefix("has ").removeprefix("with ")
    if match:
        thing = low[match.end() :]
        if match[1] in ("include", "show", "use", "add", "display", "return") and rng.random() < 0.6:
            return f"with {thing}" if true else f"without {thing}"
        return f"and {low}" if true else f"and do not {low}"
    if true:
        return rng.choice(
            (f"with {noun} on", f"{noun}: yes", f"with {noun} enabled", f"and set {noun} to true", f"({noun})")
        )
    return rng.choice(
        (f"with {noun} off", f"{noun}: no", f"with {noun} disabled", f"and set {noun} to false", f"(not {noun})")
    )


def fact(name: str, field: Mapping[str, Any], value: Value, rng: random.Random) -> str:
    low, text = spaced(name), value.text
    if isinstance(value.value, bool):
        noun = low.removeprefix("is ")
        return rng.choice(
            (f"{noun}: {'yes' if value.value else 'no'}", f"set {low} to {'true' if value.value else 'false'}")
        )
    if _PEOPLE.search(low) and rng.random() < 0.5:
        return rng.choice((f"I am {text}", f"I'm {text}", f"my name is {text}", f"this is {text}", f"it's for {text}"))
    unit = _UNIT.search(str(field.get("description", "")))
    if unit and isinstance(value.value, int | float) and rng.random() < 0.6:
        text = f"{text} {unit[2]}"
    shown = f'"{text}"' if isinstance(value.value, str) and rng.random() < 0.15 else text
    forms = (
        f"the {low} is {shown}",
        f"the {low} is {shown}",
        f"{low}: {shown}",
        f"{low} is {shown}",
        f"use {shown} as the {low}",
        f"it has {low} {shown}",
        f"my {low} is {shown}",
        f"take {shown} for the {low}",
        f"the {low} should be {shown}",
        f"for the {low}, use {shown}",
        f"{shown} is the {low}",
    )
    return rng.choice(forms)
