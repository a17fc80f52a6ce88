"""The fields of an object by their names alone, read off a text: as arguments of a call are, else as answers."""

from collections.abc import Sequence

from tercet.backends.embedded.plain import listing
from tercet.backends.embedded.plain.quoting import question_of, quoted
from tercet.backends.embedded.reading import drafted
from tercet.backends.embedded.relevance import PART
from tercet.backends.embedded.spoken import Spoken
from tercet.numerals import numbers_in

LEAST = 0.3
"""How likely an argument must be for it to be taken before an answer."""
LEAST_READ = 0.12
"""How likely an answer must be for it to be taken."""
_NUMBERS = frozenset(
    (
        "quantity qty count number age year years amount price total cost pages guests people rooms nights"
        " persons items weight height score rating floor"
    ).split()
)


def filled(keys: Sequence[str], text: str) -> list[str]:
    """Return the value of each key; empty where the text says none."""
    kinds = {key: "number" if _words(key)[-1:] and _words(key)[-1] in _NUMBERS else "string" for key in keys}
    schema = {
        "type": "object",
        "properties": {key: {"type": kind} for key, kind in kinds.items()},
        "required": list(keys),
    }
    found = {field.name: field.likeliest for field in drafted("record", schema, Spoken(text))}
    values = []
    for key in keys:
        named = " ".join(_words(key))
        matched = listing.of_pattern(named, text) if kinds[key] == "string" else None
        if matched is not None:
            values.append(next(iter(matched), ""))
            continue
        value = found.get(key)
        if value is not None and value.chance >= LEAST and value.value is not None:
            number = value.value
            values.append(str(int(number)) if isinstance(number, float) and number.is_integer() else str(number))
            continue
        read = quoted(question_of(" ".join(_words(key))), text)
        if kinds[key] == "number":
            read = [each for each in read if any(True for _ in numbers_in(each[1].text))]
            value_of = next((text_of_number(each[1].text) for each in read), "")
            values.append(value_of if read and read[0][0] >= LEAST_READ else "")
            continue
        values.append(read[0][1].text if read and read[0][0] >= LEAST_READ else "")
    return values


def text_of_number(text: str) -> str:
    """Return the first number of a text."""
    number = next(iter(numbers_in(text)))
    return text[number.start : number.end] if text[number.start].isdigit() else f"{number.value:g}"


def _words(key: str) -> list[str]:
    return [word.lower() for word in PART.findall(key)] or [key]
