"""Values written in the form that was asked for."""

import json
import re
from collections.abc import Sequence
from datetime import date

from tercet.backends.embedded.plain.figures import number_of
from tercet.backends.embedded.plain.shapes import Shape
from tercet.backends.embedded.wording.dates import dates_in
from tercet.backends.embedded.wording.times import times_in
from tercet.numerals import numbers_in

_PUNCTUATION = re.compile(r"[^\w\s'%€$£@/-]|(?<!\w)['/-]|['/-](?!\w)")


_DOTTED = re.compile(r"\b(\d{1,2})\.(\d\d)(?=\s*(?:[ap]\.?m|uhr|h)\b)", re.IGNORECASE)


def in_shape(values: Sequence[str], shape: Shape) -> str:
    """Return values in the form that was asked for."""
    made = [_valued(value, shape) for value in values]
    made = _sorted(made, shape)
    match shape.layout:
        case "object" if shape.keys:
            return json.dumps(dict(zip(shape.keys, map(_json, made), strict=False)), ensure_ascii=False)
        case "array":
            return json.dumps(list(map(_json, made)), ensure_ascii=False)
        case "object":
            return json.dumps({"answer": _json(made[0])}, ensure_ascii=False)
        case "bullets":
            text = "\n".join(f"{shape.bullet} {value}" for value in made)
        case "pairs" if shape.keys:
            return "\n".join(f"{key}: {value}" for key, value in zip(shape.keys, made, strict=False))
        case "numbered":
            text = "\n".join(f"{place}. {value}" for place, value in enumerate(made, 1))
        case "lines":
            text = "\n".join(made)
        case "joined":
            text = shape.separator.join(made)
        case _:
            text = ", ".join(made)
    return _around(text, shape)


def _json(value: str) -> str | int | float | bool | None:
    if not value:
        return None
    if value.lower() in ("true", "false"):
        return value.lower() == "true"
    if re.fullmatch(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,6})?", value):
        return float(value) if "." in value else int(value)
    return value


def _valued(value: str, shape: Shape) -> str:
    """Return one value: a date, a time or a number in its form, in the letters that are wanted, as short as wanted."""
    if shape.day and (found := next((each.iso for each in dates_in(value) if each.iso), "")):
        value = date.fromisoformat(found).strftime(shape.day)
    if shape.is_clock and (clock := next((each.clock for each in times_in(_DOTTED.sub(r"\1:\2", value))), "")):
        value = clock
    if (shape.is_number or shape.decimals is not None) and (number := next(iter(numbers_in(value)), None)):
        amount = number.value
        value = value[number.start : number.end]
        if shape.decimals is not None:
            amount = round(amount + 1e-9, shape.decimals)
            value = f"{amount:.{max(0, shape.decimals)}f}"
        elif not any(map(str.isdigit, value)):
            value = number_of(amount)
    if shape.max_words is not None:
        value = " ".join(value.split()[: shape.max_words])
    match shape.case:
        case "upper":
            value = value.upper()
        case "lower":
            value = value.lower()
        case "title":
            value = " ".join(word[:1].upper() + word[1:] for word in value.split())
    if shape.is_bare:
        value = " ".join(_PUNCTUATION.sub(" ", value).split())
    if not shape.has_commas and shape.layout != "joined":
        value = value.replace(",", "")
    return value


def _sorted(values: list[str], shape: Shape) -> list[str]:
    match shape.sorting:
        case "alphabetical":
            return sorted(values, key=str.lower)
        case "reversed":
            return sorted(values, key=str.lower, reverse=True)
        case "ascending" | "descending" as way:
            return sorted(values, key=_amount, reverse=way == "descending")
    return values


def _amount(value: str) -> float:
    number = next(iter(numbers_in(value)), None)
    return number.value if number else 0.0


def _around(text: str, shape: Shape) -> str:
    opening, closing = shape.wrap
    if opening:
        text = f"{opening}{text}{closing}"
    if shape.before:
        text = f"{shape.before}{'' if shape.before.endswith((' ', '(', '[')) else ' '}{text}"
    if shape.behind:
        gap = "" if shape.behind[:1] in "!?.,:;" else " "
        text = f"{text.rstrip('.') + '.' if shape.behind[:1].isupper() else text}{gap}{shape.behind}"
    return text
