"""Dense drills over one or two made-up tools: which value of a request belongs to which parameter.

Values stand behind the cues that people use ("from", "by", "a width of"), or in order ("3 and 5"), in any sequence,
with values that mean nothing, so that roles are read off cues and names and no value is used twice.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from training.data import symbolic
from training.data.language import phrases
from training.data.sample import Call, Message, Sample, Schema, assistant, calls, user
from training.data.values import kinds, words
from training.data.values.kinds import Value

TEXT_KINDS = (
    "phrase", "phrase", "phrase", "phrase",
    "word", "person", "city", "product", "company", "title", "file_name", "email", "id:X", "date",
    "address", "topic", "song", "string", "food", "country",
)  # fmt: skip
ROLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "text": (
        ("origin|source|from_place|departure|start_location", "destination|target|to_place|arrival|end_location",
         "artist|author|creator|by_whom|owner", "city|location|place|area|region", "topic|subject|theme|about",
         "name|label|title|item_name", "company|organization|team|client", "method|tool|approach|technique",
         "recipient|receiver|contact|user", "material|ingredient|substance", "language|format|version|style",
         "code|id|reference|number_plate", "date|day|deadline|when", "genre|category|kind|type",
         "reason|purpose|cause"),
        ("from {v}|leaving {v}|out of {v}|starting at {v}", "to {v}|towards {v}|bound for {v}|into {v}",
         "by {v}|of {v}|made by {v}|that belongs to {v}", "in {v}|near {v}|around {v}|at {v}",
         "about {v}|on {v}|regarding {v}|related to {v}", "called {v}|named {v}|titled {v}|with the name {v}",
         "for {v}|at {v}|with {v}|run by {v}", "using {v}|with the {v} method|by means of {v}|via {v}",
         "to {v}|for {v}|and send it to {v}|addressed to {v}", "of {v}|made of {v}|with {v}|containing {v}",
         "in {v}|as {v}|in the {v} style|with {v} as format", "with code {v}|number {v}|id {v}|reference {v}",
         "on {v}|by {v}|for {v}|dated {v}", "a {v} one|of the {v} kind|{v} only|some {v}",
         "because of {v}|due to {v}|for reasons of {v}|since {v}"),
    ),
    "number": (
        ("width|breadth|w", "height|tall|h", "length|depth|l", "weight|mass|load", "price|cost|budget|max_price",
         "quantity|count|amount|number_of_items", "age|years|years_old", "year|since_year", "temperature|degrees",
         "speed|velocity", "distance|range|radius", "duration|minutes|time_limit", "rating|score|min_rating",
         "rate|percentage|share", "population|people|guests"),
        ("{v} wide|a width of {v}|width {v}", "{v} high|a height of {v}|{v} tall",
         "{v} long|a length of {v}|length {v}",
         "weighing {v} kg|with a mass of {v}|{v} kg", "for {v} dollars|under ${v}|at a price of {v}|costing {v}",
         "{v} of them|{v} pieces|a total of {v}|{v} items", "aged {v}|{v} years old|who is {v}",
         "in {v}|since {v}|for {v}",
         "at {v} degrees|at a temperature of {v}|{v} C", "at {v} km/h|moving at {v} m/s|with a speed of {v}",
         "within {v} km|{v} miles away|over {v} meters", "for {v} minutes|lasting {v} minutes|within {v} hours",
         "with at least {v} stars|rated {v}|with a score of {v}", "at {v} percent|with a rate of {v}|a share of {v}",
         "for {v} people|with {v} guests|{v} persons"),
    ),
}  # fmt: skip
PAIRS = (
    "a|b", "x|y", "num1|num2", "first|second", "value1|value2", "text1|text2", "list_a|list_b", "array1|array2",
    "source|target", "start|end", "team1|team2", "person_a|person_b", "left|right", "old|new", "base|exponent",
    "from_value|to_value", "p|q", "one|other",
)  # fmt: skip
PAIR_FORMS = (
    "{0} and {1}", "{0} vs {1}", "{0} with {1}", "{0}, {1}", "between {0} and {1}", "from {0} to {1}", "{0} by {1}",
    "{0} to {1}", "{0} against {1}", "{0} then {1}", "of {0} and {1}", "{0} & {1}", "first {0}, second {1}",
)  # fmt: skip
OPENINGS = (
    "{d}", "{d}", "Please {d}", "Can you {d}", "I want to {d}", "I need you to {d}", "Could you {d}", "Help me {d}",
    "For me, {d}", "Now {d}", "What happens if I {d}",
)  # fmt: skip
AGAIN = (" and another one ", ", then also ", "; and again ", " and also ", ". Do the same ", ", plus one ")
THEN = (" and ", ", then ", ", and then ", ". Also ", "; ", ". After that, ", " and also ", ", plus ")
ECHO_FORMS = (
    "Repeat: {t}", "Say {t}", 'Write "{t}".', "Copy this: {t}", "Echo '{t}', please", "{t} <- say that again",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Role:
    """A parameter, and how its value is said."""

    name: str
    cues: tuple[str, ...]
    kind: str
    is_optional: bool

    def schema(self) -> Schema:
        if self.kind == "list":
            return {"type": "array", "items": {"type": "number"}}
        return {"type": {"int": "integer", "float": "number"}.get(self.kind.partition(":")[0], "string")}

    def draw(self, rng: random.Random) -> Value:
        if self.kind == "phrase":
            text = words.any_phrase(rng)
            return Value(text, text if rng.random() < 0.7 else f"'{text}'")
        return kinds.draw("list:int:-20-300" if self.kind == "list" else self.kind, rng)


@dataclass(frozen=True, slots=True)
class Tool:
    name: str
    deed: str
    roles: tuple[Role, ...]
    is_ordered: bool
    """The values stand in the order of the parameters, without cues."""

    def schema(self) -> Schema:
        properties = {role.name: role.schema() for role in self.roles}
        required = [role.name for role in self.roles if not role.is_optional]
        parameters: Schema = {"type": "object", "properties": properties, "required": required}
        return {"name": self.name, "description": f"{self.deed.capitalize()}.", "parameters": parameters}


def draw_role(rng: random.Random) -> Role:
    family = "text" if rng.random() < 0.65 else "number"
    names, cues = ROLES[family]
    place = rng.randrange(len(names))
    kind = rng.choice(TEXT_KINDS) if family == "text" else rng.choice(("int:0-120", "int:1-9000", "float:0-500"))
    return Role(rng.choice(names[place].split("|")), tuple(cues[place].split("|")), kind, rng.random() < 0.25)


def draw_tool(rng: random.Random) -> Tool:
    verb, noun = rng.choice(symbolic.VERBS), words.any_word(rng).lower()
    name = rng.choice((f"{verb}_{noun}", f"{verb}{noun.capitalize()}", f"{noun}.{verb}", f"{noun}_{verb}"))
    if rng.random() < 0.3:
        first, second = rng.choice(PAIRS).split("|")
        kind = rng.choice((*TEXT_KINDS, "int:0-200", "int:0-9999", "float:0-100", "list", "list"))
        roles = (Role(first, (), kind, False), Role(second, (), kind, False))
        return Tool(name, f"{verb} the {noun}", roles, True)
    chosen: dict[tuple[str, ...], Role] = {}
    for _ in range(rng.choice((1, 2, 2, 3, 3, 4))):
        role = draw_role(rng)
        if role.name not in {other.name for other in chosen.values()}:
            chosen[role.cues] = role
    return Tool(name, f"{verb} the {noun}", tuple(chosen.values()), False)


def say(tool: Tool, rng: random.Random) -> tuple[str, Call]:
    """The part of a request that carries values, and its call."""
    said: dict[str, Value] = {}
    for role in tool.roles:
        if not role.is_optional or rng.random() < 0.6:
            said[role.name] = role.draw(rng)
    call = Call(tool.name, {name: value.value for name, value in said.items()})
    if tool.is_ordered:
        return rng.choice(PAIR_FORMS).format(*(value.text for value in said.values())), call
    parts = [rng.choice(role.cues).format(v=said[role.name].text) for role in tool.roles if role.name in said]
    rng.shuffle(parts)
    return rng.choice((" ", " ", ", ", " ")).join(parts), call


def ask(tool: Tool, count: int, rng: random.Random) -> tuple[str, list[Call]]:
    """What is said for so many calls of one tool, and the calls."""
    made = [say(tool, rng) for _ in range(count)]
    if any(a[1].arguments == b[1].arguments for n, a in enumerate(made) for b in made[:n]):
        made = made[:1]
    return f"{tool.deed} {rng.choice(AGAIN).join(text for text, _ in made)}".strip(), [call for _, call in made]


def turn(tools: list[Tool], rng: random.Random) -> list[Message]:
    """A request for one tool, once or several times, or for several tools."""
    if len(tools) > 1 and rng.random() < 0.3:
        wanted = rng.sample(tools, rng.choice((2, 2, len(tools))))
        asked = [ask(tool, rng.choice((1, 1, 1, 2)), rng) for tool in wanted]
    else:
        asked = [ask(rng.choice(tools), rng.choices((1, 2, 3, 4), (66, 22, 9, 3))[0], rng)]
    text = rng.choice(OPENINGS).format(d=rng.choice(THEN).join(said for said, _ in asked))
    text += rng.choice(("", "", ".", "?"))
    made = [call for _, group in asked for call in group]
    return [user(text[0].upper() + text[1:] if rng.random() < 0.8 else text), calls(*made)]


def echoes(rng: random.Random) -> Sample:
    """Plain copying, several times over: the densest way to meet every token."""
    messages: list[Message] = []
    for _ in range(rng.randint(3, 7)):
        text = " ".join(words.any_phrase(rng) for _ in range(rng.choice((1, 1, 2, 3))))
        messages += [user(rng.choice(ECHO_FORMS).format(t=text)), assistant(text)]
    return Sample(tuple(messages), (), None, "drills/echo")


def drill(rng: random.Random) -> Sample:
    tools = {tool.name: tool for tool in (draw_tool(rng) for _ in range(rng.choice((1, 1, 1, 2, 2, 3))))}
    offered = list(tools.values())
    messages: list[Message] = []
    for _ in range(rng.randint(3, 8)):
        if rng.random() < 0.1:
            other = draw_tool(rng)
            if not any(other.deed.split()[2] == tool.deed.split()[2] for tool in offered):
                text = f"{rng.choice(OPENINGS).format(d=other.deed)} {say(other, rng)[0]}"
                messages += [user(text), assistant(rng.choice(phrases.REFUSALS))]
            continue
        messages += turn(offered, rng)
    return Sample(tuple(messages), tuple(tool.schema() for tool in offered), None, "drills")


def generate(rng: random.Random) -> Iterator[Sample]:
    """Endless drills."""
    while True:
        sample = echoes(rng) if rng.random() < 0.12 else drill(rng)
        if sample.messages:
            yield sample
