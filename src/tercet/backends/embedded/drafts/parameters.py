"""What of a tool's parameters is compared with a request: names, kinds, choices, and words of the descriptions."""

import itertools
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from tercet.backends.embedded.drafts.implied import FALSE, TRUE
from tercet.backends.embedded.relevance import PART, leading, stem
from tercet.backends.embedded.wording import durations, measures
from tercet.backends.embedded.wording.dates import dates_in
from tercet.backends.embedded.wording.kinds import meant_by, wanted_kinds
from tercet.backends.embedded.wording.words import FUNCTION_WORDS, Word, identifier_stems, stems_of, words

MAX_PARAMETERS = 40
MAX_DEPTH = 4
"""Names that lead to a leaf."""
MAX_ABOUT, MAX_TOLD = 14, 20
"""Stems of meaning of a description, and words of it, that are looked at."""
MAX_CHOICES = 60
_NUMERIC = ("integer", "number")
_ORDINALS = frozenset(("first", "second", "third", "fourth", "one", "two", "three"))
_PLACE = re.compile(r"[A-Z][a-z]+, [A-Z]|[Cc]ity(?:,| and) (?:state|country)")
_DATE_FORMAT = re.compile(
    r"\b(?:Y{4}([-/. ]?)MM\1DD|MM([-/. ]?)DD\2Y{4}|DD([-/. ]?)MM\3Y{4}"
    r"|month([-/])day\4year|day([-/])month\5year|year([-/])month\6day)\b",
    re.IGNORECASE,
)
_MONTH_FORMAT = re.compile(r"\bY{4}-MM\b(?!-)")
_CRON = re.compile(r"\bcron(?:tab)?\b", re.IGNORECASE)
_STARTS = frozenset(map(stem, "start from begin since after earliest".split()))
_ENDS = frozenset(map(stem, "end to until till before latest through".split()))
_COUNTS = re.compile(
    r"\b(?:in|number of|how many) (seconds|minutes|hours|days|weeks|months|years"
    r"|met(?:er|re)s|kilomet(?:er|re)s|miles|feet|centimet(?:er|re)s|grams|kilograms|cents)\b",
    re.IGNORECASE,
)
_DATETIME_FORMAT = re.compile(r"Y{4}-MM-DD(T| )(?:HH|hh):(?:MM|mm)(:(?:SS|ss))?")
_TIME_FORMAT = re.compile(r"\bHH:MM(:SS)?\b|\b24[- ]?h(?:our)?s?\b|\b\d\d:\d\d\b", re.IGNORECASE)
_DATE = identifier_stems("date")
_ISO = re.compile(r"\biso(?:[- ]?8601)?\b", re.IGNORECASE)
_CODED = ("currency", "language", "country", "state")
_IATA = re.compile(r"(?:\b|_)iata(?:\b|_)|airport[_ ]?code", re.IGNORECASE)
_THREE_LETTERS = re.compile(r"alpha[- _]?3|(?:three|3)[- ]letter|iso ?3\b", re.IGNORECASE)
_CODE = re.compile(r"(?:\b|_)code\b|\biso\b|abbreviat|(?:two|three|[23])[- ]letter", re.IGNORECASE)
_TRUTHS = {"true": True, "false": False}
_KEYS = frozenset(
    stem
    for word in "id code ref number no key uid uuid sku serial handle token slug".split()
    for stem in identifier_stems(word)
)
"""Stems of what the name of an id or the like ends with."""
_DATE_PARTS = {"Y": "%Y", "M": "%m", "D": "%d"}
_FRACTION = re.compile(r"decimal|fraction|(?<![\d.])0?\.\d", re.IGNORECASE)
_SEVERAL = re.compile(r"\blists? of\b|separated by commas|comma[- ]separated", re.IGNORECASE)
_SINGULAR = ("ss", "us", "is", "news", "series", "species")
_PERCENT = re.compile(r"%|per ?cent|pct", re.IGNORECASE)


class Choice(NamedTuple):
    """A value that the schema itself offers."""

    value: Any
    stems: frozenset[str]
    lower: str
    nth: int = 0
    """Its place among the choices."""
    meant: frozenset[tuple[str, str]] = frozenset()
    """What it stands for, where it is a unit, a currency or the like."""
    number: float | None = None
    """What it counts, where it is a number or its digits."""
    truth: bool | None = None
    """What it says, where it is a boolean or one in words."""


class Parameter(NamedTuple):
    """A leaf of a tool's parameters; those of nested objects stand beside the others."""

    name: str
    kind: str
    """`string`, `number`, `boolean` or `any`, of the items where it is a list; of what choices say: "2" is a number."""
    is_list: bool
    choices: tuple[Choice, ...]
    dated_as: str
    """How a day is to be written, as `strftime` has it; empty where that is not said."""
    timed_as: str
    """The same of a time of day, or of a day and a time."""
    is_cron: bool
    """Whether it takes a cron expression."""
    edge: str
    """`first` or `last`, where it is how a range begins or ends: `start_date`."""
    features: tuple[str, ...]
    of_name: frozenset[str]
    of_about: frozenset[str]
    of_tool: frozenset[str]
    of_others: frozenset[str]
    """Of the names of the tool's other parameters, less its own."""
    head: str
    """The last stem of its name: `city` of `departure_city`."""
    is_only_text: bool
    """Whether no other parameter of the tool takes an open text."""
    nth: int
    """Which of those it is that are told apart by a number alone: 1 of `mass2` beside `mass1`; -1 of no such ones."""
    wants_place: bool
    """Whether its description shows a value with a comma: `Boston, MA`."""
    wants_fraction: bool
    """Whether five per cent are 0.05: a number that is not said to be in per cent."""
    is_percent: bool
    """Whether it counts in per cent."""
    rank: int
    """Place among the parameters of its kind."""
    about: str
    direction: tuple[float, ...]
    """Of the word vectors of name and description."""
    is_needed: bool
    """Whether a call without a value for it is not valid."""
    parts: tuple[str, ...]
    """Stems of its name, in order."""
    spelt: tuple[tuple[str, ...], ...]
    """The stems of each choice, in order; of a truth what stands for it, and the name."""
    kinds: frozenset[str]
    """Kinds of value that the last word of its name takes: of `departure_city` cities."""
    coded: frozenset[str]
    """Kinds of value of which it wants the code: `EUR` for `currency_code`."""
    is_plural: bool
    """Whether it takes several things as one text: `platforms`."""
    is_key: bool = False
    """Whether it is an id, a code or the like: what users seldom know and tools return."""
    unit: str = ""
    """The unit that it counts: `minute` of `duration_minutes`, `km` of `radius_km`."""
    is_singular: bool = False
    """Whether its description asks for the singular."""
    row: str = ""
    """The path of the list of objects in each of which it stands, if it does."""
    told: tuple[Word, ...] = ()
    """What its description begins with."""


class Heading(NamedTuple):
    """What stands above a tool's parameters."""

    name: tuple[str, ...]
    """Stems of its name, in order."""
    told: tuple[Word, ...]
    """What its description begins with."""


def only_text(offered: Sequence[Parameter], called: frozenset[str]) -> str:
    """Return the name of the one thing that a call needs, if that is a text and its name has one of the stems; else
    nothing."""
    needed = [each for each in offered if each.is_needed]
    is_alone = len(needed) == 1 and needed[0].kind == "string" and not needed[0].is_list
    return needed[0].name if is_alone and not called.isdisjoint(needed[0].parts) else ""


def parameters(tool: bytes) -> tuple[Parameter, ...]:
    """Return the leaves of a tool given as JSON: name, description, parameters."""
    described: dict[str, Any] = json.loads(tool)
    of_tool = identifier_stems(str(described.get("name", "")))
    leaves = list(itertools.islice(_leaves(inlined(described.get("parameters")), _Place()), MAX_PARAMETERS))
    called = named([place.path for place, _ in leaves])
    names = [frozenset(identifier_stems(name)) for name in called]
    is_unit_told = any("unit" in name for name in names)
    bare = [_unnumbered(name) for name in called]
    texts = [number for number, (_, schema) in enumerate(leaves) if _is_open_text(schema)]
    found: list[Parameter] = []
    ranks: dict[str, int] = {}
    for number, (name, (place, schema)) in enumerate(zip(called, leaves, strict=True)):
        inner, is_list = _inner(schema)
        kind = _kind(inner)
        rank = ranks.get(kind, 0)
        ranks[kind] = rank + 1
        others = frozenset().union(*names[:number], *names[number + 1 :]) - names[number]
        is_list = is_list or bool(place.row)
        made = _parameter(name, schema, inner, kind, is_list, place.is_required, place.is_needed, rank, of_tool)
        nth = bare[:number].count(bare[number]) if bare.count(bare[number]) > 1 else -1
        unit, is_only_text = _unit(name, schema), texts == [number]
        unit = "" if is_unit_told and measures.is_unit(unit) else unit
        found.append(
            made._replace(
                of_others=others, is_only_text=is_only_text, nth=nth, row=place.row, unit=unit, told=_told(made.about)
            )
        )
    return tuple(found)


def heading(tool: bytes) -> Heading:
    """Return the heading of a tool given as JSON."""
    described: dict[str, Any] = json.loads(tool)
    return Heading(identifier_stems(str(described.get("name", ""))), _told(str(described.get("description") or "")))


def _told(text: str) -> tuple[Word, ...]:
    return tuple(words(text, most=MAX_TOLD))


def named(paths: Sequence[tuple[str, ...]]) -> list[str]:
    """Return what leaves are called: the last of the names that lead to each, or all of them where others end alike."""
    lasts = Counter(path[-1] for path in paths)
    return [path[-1] if lasts[path[-1]] == 1 else ".".join(path) for path in paths]


class _Place(NamedTuple):
    """Where a leaf stands."""

    path: tuple[str, ...] = ()
    is_required: bool = True
    """Whether its object requires it."""
    is_needed: bool = True
    """Whether a whole call does."""
    row: str = ""

    def at(self, name: str, schema: dict[str, Any], is_required: bool) -> "_Place":
        is_needed = self.is_needed and is_required and not _takes_null(schema)
        return _Place((*self.path, name), is_required, is_needed, self.row)


def _unnumbered(name: str) -> tuple[str, ...]:
    """Return the parts of a name that are more than a number or a letter."""
    return tuple(part for part in map(str.lower, PART.findall(name)) if part not in _ORDINALS and len(part) > 1)


def _is_open_text(schema: dict[str, Any]) -> bool:
    return schema.get("type") == "string" and "enum" not in schema


def _leaves(schema: Any, at: _Place) -> Iterator[tuple[_Place, dict[str, Any]]]:
    """Yield the leaves of a schema and where they stand; those of the objects of a list, too."""
    fields = schema.get("properties") if isinstance(schema, dict) else None
    required = schema.get("required") if isinstance(schema, dict) else None
    for name, field in (fields if isinstance(fields, dict) else {}).items():
        part = field if isinstance(field, dict) else {}
        place = at.at(name, part, isinstance(required, list) and name in required)
        items = part.get("items") if part.get("type") == "array" and not at.row else None
        if isinstance(part.get("properties"), dict) and len(place.path) < MAX_DEPTH:
            yield from _leaves(part, place)
        elif isinstance(items, dict) and isinstance(items.get("properties"), dict):
            yield from _leaves(items, place._replace(row=".".join(place.path)))
        else:
            yield place, part


def inlined(schema: Any) -> Any:
    """Return a schema with what its local references lead to in their place; those that lead back into themselves
    stay."""
    known = (schema.get("$defs") or schema.get("definitions")) if isinstance(schema, dict) else None
    return _inlined(schema, known, frozenset()) if known else schema


def _inlined(schema: Any, known: dict[str, Any], within: frozenset[str]) -> Any:
    if not isinstance(schema, dict):
        return schema
    reference = schema.get("$ref")
    if isinstance(reference, str):
        name = reference.rsplit("/", 1)[-1]
        meant = known.get(name)
        if name in within or not isinstance(meant, dict):
            return schema
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        return _inlined({**meant, **beside}, known, within | {name})
    made = dict(schema)
    for key in ("items", "additionalProperties"):
        made |= {key: _inlined(made[key], known, within)} if isinstance(made.get(key), dict) else {}
    for key in ("anyOf", "oneOf", "allOf"):
        if isinstance(made.get(key), list):
            made[key] = [_inlined(part, known, within) for part in made[key]]
    if isinstance(made.get("properties"), dict):
        made["properties"] = {name: _inlined(part, known, within) for name, part in made["properties"].items()}
    return made


def has_reference(schema: Any) -> bool:
    """Say whether a reference stands anywhere in a schema."""
    if isinstance(schema, dict):
        return "$ref" in schema or any(map(has_reference, schema.values()))
    return isinstance(schema, list) and any(map(has_reference, schema))


def _takes_null(schema: dict[str, Any]) -> bool:
    """Say whether null will do, as strict schemas have it of what may be left out."""
    kind, options = schema.get("type"), schema.get("anyOf") or schema.get("oneOf")
    kinds = [one.get("type") for one in options if isinstance(one, dict)] if isinstance(options, list) else []
    return "null" in kinds or (isinstance(kind, list) and "null" in kind)


def _inner(schema: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    if schema.get("type") == "array":
        items = schema.get("items")
        return (items if isinstance(items, dict) else {}), True
    for key in ("anyOf", "oneOf"):
        options = schema.get(key)
        if isinstance(options, list):
            real = [option for option in options if isinstance(option, dict) and option.get("type") != "null"]
            return (real[0] if real else {}), False
    return schema, False


def _kind(schema: dict[str, Any]) -> str:
    kind = schema.get("type")
    named = [part for part in kind if part != "null"] if isinstance(kind, list) else [kind]
    first = named[0] if named else None
    if first in _NUMERIC or _are(schema, str.isdecimal):
        return "number"
    if _are(schema, _TRUTHS.__contains__):
        return "boolean"
    return first if first in ("string", "boolean") else "any"


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number or (isinstance(value, str) and value.isdecimal()) else None


def _are(schema: dict[str, Any], test: Callable[[str], bool]) -> bool:
    """Say whether a parameter offers choices that are all texts of one kind."""
    offered = schema.get("enum")
    return isinstance(offered, list) and offered != [] and all(isinstance(n, str) and test(n.lower()) for n in offered)


def _parameter(
    name: str,
    schema: dict[str, Any],
    inner: dict[str, Any],
    kind: str,
    is_list: bool,
    is_required: bool,
    is_needed: bool,
    rank: int,
    of_tool: tuple[str, ...],
) -> Parameter:
    about = str(schema.get("description") or inner.get("description") or "")
    of_name = identifier_stems(name)
    of_about = list(stems_of(about[:300]))
    shown_as = str(inner.get("format") or "")
    choices = _choices(inner, kind)
    features = [
        f"t:{kind}{'[]' if is_list else ''}", f"o:{int(is_required)}", f"k:{kind[0]}{min(rank, 4)}", f"x:{shown_as}",
        f"a:{' '.join(of_name)}", *(f"n:{part}" for part in of_name), *(f"h:{part}" for part in of_name[-1:]),
        *(f"d:{part}" for part in of_about[:MAX_ABOUT]), *(f"f:{part}" for part in of_tool[:4]),
    ]  # fmt: skip
    return Parameter(
        name, kind, is_list, choices, _dated_as(of_name, about, shown_as),
        _timed_as(about, shown_as), _is_cron(name, about), _edge(of_name), tuple(features), frozenset(of_name),
        frozenset(of_about[:MAX_ABOUT]) - frozenset(of_name), frozenset(of_tool), frozenset(),
        of_name[-1] if of_name else "", False, -1, bool(_PLACE.search(about)),
        _wants_fraction(name, about, inner), bool(_PERCENT.search(f"{name} {about}")), rank, about.lower(),
        leading(sorted({*of_name, *of_about})), is_needed, of_name, _spelt(choices, of_name),
        wanted_kinds(of_name[-1:]), _coded(name, about),
        kind == "string" and not is_list and not inner.get("enum") and _is_plural(name, about),
        not _KEYS.isdisjoint(of_name[-1:]), is_singular="singular" in about.lower(),
    )  # fmt: skip


def _dated_as(name: tuple[str, ...], about: str, shown_as: str) -> str:
    """Return how a day is to be written: `%m/%d/%Y` where the description says MM/DD/YYYY, ISO 8601 where it says that
    or shows nothing else of a date."""
    if _MONTH_FORMAT.search(about):
        return "%Y-%m"
    named = None if _DATETIME_FORMAT.search(about) else _DATE_FORMAT.search(about)
    if named:
        return "".join(_DATE_PARTS.get(part[0], part) for part in re.findall(r"[A-Z]+|\W", named[0].upper()))
    is_date = name[-1:] == _DATE and not any(dates_in(about))
    return "%Y-%m-%d" if shown_as == "date" or is_date or _ISO.search(about) else ""


def _is_cron(name: str, about: str) -> bool:
    return any(map(_CRON.fullmatch, PART.findall(name))) or _CRON.search(about) is not None


def _edge(name: tuple[str, ...]) -> str:
    return "first" if not _STARTS.isdisjoint(name) else "last" if not _ENDS.isdisjoint(name) else ""


def _timed_as(about: str, shown_as: str) -> str:
    """Return how a time is to be written: `%H:%M` where the description says HH:MM or counts 24 hours."""
    both = _DATETIME_FORMAT.search(about)
    if both or shown_as == "date-time":
        seconds = ":%S" if both is None or both[2] else ""
        return f"%Y-%m-%d{both[1] if both else 'T'}%H:%M{seconds}"
    named = _TIME_FORMAT.search(about)
    if named or shown_as == "time":
        return "%H:%M:%S" if shown_as == "time" or (named and named[1]) else "%H:%M"
    return ""


def _unit(name: str, schema: dict[str, Any]) -> str:
    """Return the unit that a number counts by its name, before a `per`, or else by its description."""
    if schema.get("type") not in _NUMERIC:
        return ""
    named = PART.findall(name)
    lower = list(map(str.lower, named))
    if "per" in lower[1:]:
        counted = named[lower.index("per") - 1]
        return durations.unit_of(counted) or measures.unit_of(counted)
    lasting = [unit for unit in map(durations.unit_of, named) if unit]
    measured = measures.unit_of_name(tuple(map(str.lower, named)))
    told = _COUNTS.search(str(schema.get("description") or ""))
    about = (durations.unit_of(told[1]) or measures.unit_of(told[1])) if told else ""
    return lasting[-1] if lasting else measured or about


def _is_plural(name: str, about: str) -> bool:
    last = (PART.findall(name) or [""])[-1].lower()
    return bool(_SEVERAL.search(about)) or (len(last) > 3 and last.endswith("s") and not last.endswith(_SINGULAR))


def _coded(name: str, about: str) -> frozenset[str]:
    """Return the kinds of value of which a parameter wants the code."""
    said = f"{name} {about}"
    named = {kind for kind in _CODED if kind in said.lower()}
    if _IATA.search(said):
        return frozenset(("airport",))
    if "country" in named and _THREE_LETTERS.search(said):
        named = named - {"country"} | {"country3"}
    return frozenset(named if _CODE.search(said) else named & {"currency"})


def _wants_fraction(name: str, about: str, schema: dict[str, Any]) -> bool:
    """Say whether a number that people give in per cent is meant as a part of one."""
    examples = [schema.get(key) for key in ("default", "minimum", "maximum", "example")]
    is_above_one = any(isinstance(one, int | float) and abs(one) > 1 for one in examples)
    if schema.get("type") != "number" or is_above_one:
        return False
    return bool(_FRACTION.search(about)) or not _PERCENT.search(f"{name} {about}")


def _spelt(choices: Sequence[Choice], name: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        identifier_stems(str(each.value)) if each.truth is None else (TRUE if each.truth else FALSE, *name)
        for each in choices
    )


def _stems_of_choice(value: str) -> frozenset[str]:
    """Return the stems of a choice; none of capitals that are a word as small letters: WHO is not `who`."""
    is_other_word = value.isupper() and value.lower() in FUNCTION_WORDS
    return frozenset(() if is_other_word else identifier_stems(value))


def _choices(schema: dict[str, Any], kind: str) -> tuple[Choice, ...]:
    offered = schema.get("enum")
    if kind == "boolean" and not isinstance(offered, list):
        offered = [True, False]
    if not isinstance(offered, list):
        return ()
    plain = [value for value in offered[:MAX_CHOICES] if isinstance(value, str | bool | int | float)]
    return tuple(
        Choice(
            value, _stems_of_choice(str(value)), str(value).lower().replace("_", " "), nth,
            meant_by(str(value).replace("_", " ")) if isinstance(value, str) else frozenset(),
            _number(value) if kind == "number" else None,
            _TRUTHS.get(str(value).lower()) if kind == "boolean" else None,
        )
        for nth, value in enumerate(plain)
    )  # fmt: skip
