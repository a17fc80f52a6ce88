"""What a text has several of: the items of a list, values of a known kind such as e-mail addresses, lines and words."""

import re
from collections.abc import Callable, Iterator, Sequence

from tercet.backends.embedded.plain.sentences import sentences
from tercet.backends.embedded.relevance import direction, likeness, stem, table
from tercet.backends.embedded.wording.dates import dates_in
from tercet.backends.embedded.wording.kinds import kinds_of
from tercet.backends.embedded.wording.times import times_in
from tercet.backends.embedded.wording.words import words

_MARK = re.compile(r"^\s*(?:[-*•·]|\d{1,2}[.)])\s+")
_COMMAS = re.compile(r"\s*(?:,|;|\n)\s*(?:(?:and|or|plus)\s+)?|\s+(?:and|plus|&)\s+")
_STEPS = re.compile(
    r"\s*(?:[.;,]|\n)?\s*\b(?:and )?(?:first(?:ly)?|then|next|after that|afterwards|finally|lastly|at last"
    r"|second(?:ly)?|third(?:ly)?)\b,?\s+",
    re.IGNORECASE,
)
_LEAD = re.compile(r"^[^:\n]{2,60}:\s+")
_PLACES = (
    {
        word: place
        for place, word in enumerate("first second third fourth fifth sixth seventh eighth ninth tenth".split())
    }
    | {"last": -1, "final": -1, "penultimate": -2}
    | {f"{n}{end}": n - 1 for n, end in ((1, "st"), (2, "nd"), (3, "rd"), (4, "th"), (5, "th"), (6, "th"))}
)
_PLACED = re.compile(
    rf"\b({'|'.join(_PLACES)}) (line|word|sentence|item|entry|name|paragraph|row|one)\b(?! of (?:your"
    rf"|the) (?:answer|reply))",
    re.IGNORECASE,
)
_COUNTS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}
_SEVERAL = re.compile(
    rf"\b(first|last) ({'|'.join(_COUNTS)}|\d{{1,2}}) (words|lines|rows|sentences|paragraphs)\b"
    r"(?! of (?:your|the) (?:answer|reply))",
    re.IGNORECASE,
)
_PATTERNS = (
    (
        re.compile(r"\be-?mail(?: address(?:es)?)?s?\b", re.IGNORECASE),
        re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"),
    ),
    (
        re.compile(r"\b(?:urls?|links?|web ?(?:site|page|address)(?:s|es)?)\b", re.IGNORECASE),
        re.compile(r"(?:https?://|www\.)[^\s\"'<>)]+[\w/]"),
    ),
    (re.compile(r"\bhash ?tags?\b", re.IGNORECASE), re.compile(r"#\w+")),
    (re.compile(r"\b(?:mentions?|handles?)\b(?! of)", re.IGNORECASE), re.compile(r"(?<![\w.])@\w+")),
    (
        re.compile(r"\b(?:phone|telephone|mobile|fax) ?(?:numbers?)?\b", re.IGNORECASE),
        re.compile(r"\+?\(?\d[\d ()/-]{5,}\d"),
    ),
    (
        re.compile(r"\b(?:prices?|amounts?|sums? of money)\b", re.IGNORECASE),
        re.compile(r"[$€£]\s?\d[\d.,]*\d|[$€£]\s?\d|\b\d[\d.,]*\s?(?:euros?|dollars?|pounds?|EUR|USD|GBP|CHF|€|\$|£)"),
    ),
    (re.compile(r"\bip(?: address(?:es)?)?\b", re.IGNORECASE), re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")),
)
_KINDS = (
    (re.compile(r"\bcolou?rs?\b", re.IGNORECASE), "color"),
    (re.compile(r"\b(?:week)?days?(?: of the week)?\b", re.IGNORECASE), "weekday"),
    (re.compile(r"\bmonths?\b", re.IGNORECASE), "month"),
    (re.compile(r"\b(?:city|cities|towns?)\b", re.IGNORECASE), "city"),
    (re.compile(r"\b(?:country|countries|nations?)\b", re.IGNORECASE), "country"),
    (re.compile(r"\b(?:languages?)\b", re.IGNORECASE), "language"),
    (re.compile(r"\b(?:currency|currencies)\b", re.IGNORECASE), "currency"),
)
_PEOPLE = re.compile(
    r"\b(?:people|persons|names|attendees|participants|everyone|everybody|employees|children|guests"
    r"|friends|players|members)\b",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"(?:(?:Mr|Mrs|Ms|Dr|Prof)\.? )?[A-ZÀ-Þ][\w'’-]+(?: (?:de|van|von|der|da|del|la|al|bin) (?=[A-Z])"
    r"| [A-ZÀ-Þ][\w'’-]+)*"
)
_DAYS = re.compile(r"\bdates?\b", re.IGNORECASE)
_TIMES = re.compile(r"\btimes?\b(?! (?:zone|frame))", re.IGNORECASE)
_NUMBERS = re.compile(r"\bnumbers?\b", re.IGNORECASE)
MIN_LIKENESS = 0.35
"""How alike a word must be to what is listed for it to be one of those."""


def items(text: str) -> list[str]:
    """Return the items of a text that is a list: marked lines, lines, or what commas part; steps; sentences else."""
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    marked = [_MARK.sub("", line) for line in lines if _MARK.match(line)]
    if len(marked) > 1:
        return marked
    if len(lines) > 2:
        return lines
    whole = _LEAD.sub("", " ".join(lines)) if not _STEPS.search(text[:12]) else " ".join(lines)
    steps = [part.strip(" .,;") for part in _STEPS.split(whole) if part.strip(" .,;")]
    if len(steps) > 2 or (len(steps) == 2 and _STEPS.match(whole)):
        return [step[:1].upper() + step[1:] for step in (steps[1:] if steps[0].lower().startswith("to ") else steps)]
    parts = [part.strip(" .") for part in _COMMAS.split(whole) if part.strip(" .")]
    if len(parts) > 1 and max(len(part.split()) for part in parts) <= 6 and whole.count(".") <= 1:
        return parts
    found = [each.text.rstrip(".") for each in sentences(whole)]
    return found if len(found) > 1 else parts if len(parts) > 1 else found


_UNITS: dict[str, Callable[[str], int]] = {
    "word": lambda text: len(text.split()),
    "line": lambda text: sum(bool(line.strip()) for line in text.splitlines()),
    "sentence": lambda text: len(sentences(text)),
    "character": len,
    "letter": lambda text: sum(map(str.isalpha, text)),
    "paragraph": lambda text: len([part for part in re.split(r"\n\s*\n", text) if part.strip()]),
}


_PLACED_UNITS: dict[str, Callable[[str], Sequence[str]]] = {
    "line": lambda text: [line.strip() for line in text.splitlines() if line.strip()],
    "row": lambda text: [line.strip() for line in text.splitlines() if line.strip()],
    "word": lambda text: [word.text for word in words(text, most=4000) if word.is_word],
    "sentence": lambda text: [each.text for each in sentences(text)],
    "paragraph": lambda text: [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()],
}


def num_of(unit: str, text: str) -> int:
    """Return how many words, lines or the like a text has; `unit` in the singular."""
    return _UNITS[unit](text.strip())


def is_list(text: str) -> bool:
    """Say whether a text is nothing but a list."""
    found = items(text)
    is_marked = "\n" in text.strip() or ";" in text or ":" in text or _STEPS.match(text) is not None
    return len(found) > (1 if is_marked else 2) and max(len(each.split()) for each in found) <= (8 if is_marked else 5)


def placed(told: str, text: str) -> str:
    """Return the line, word or sentence that an order names by its place, or the first or last few of them; empty where
    it names none."""
    if several := _SEVERAL.search(told):
        count = _COUNTS.get(several[2].lower()) or int(several[2])
        unit = several[3].lower().rstrip("s")
        found = _PLACED_UNITS[unit](text)
        chosen = found[:count] if several[1].lower() == "first" else found[-count:]
        return (" " if unit in ("word", "sentence") else "\n").join(chosen)
    match = _PLACED.search(told)
    if not match:
        return ""
    if match[2].lower() not in _PLACED_UNITS and not is_list(text):
        return ""
    found = _PLACED_UNITS.get(match[2].lower(), items)(text)
    place = _PLACES[match[1].lower()]
    return found[place] if -len(found) <= place < len(found) else ""


def of_kind(asked: str, text: str) -> list[str]:
    """Return the values of a text of the kind that an order names: e-mail addresses, dates, colours, people."""
    if (matched := of_pattern(asked, text)) is not None:
        return matched
    if _DAYS.search(asked):
        return _unique(text[each.start : each.end] for each in sorted(dates_in(text), key=lambda each: each.start))
    for name, kind in _KINDS:
        if name.search(asked):
            found = _unique(_known(text, kind))
            placed_names = [match[1] for match in _PLACE.finditer(text)] if kind in ("city", "country") else []
            return _unique([*found, *placed_names]) if len(placed_names) <= len(found) else _unique(placed_names)
    if _TIMES.search(asked):
        return _unique(text[each.start : each.end] for each in sorted(times_in(text), key=lambda each: each.start))
    if _PEOPLE.search(asked):
        names = list(_NAME.finditer(text))
        known = [match[0] for match in names if _is_person(match[0])]
        others = [
            match[0]
            for match in names
            if not kinds_of(match[0]) and (not _begins(text, match.start()) or _is_unknown(match[0]))
        ]
        return [match for match in _unique(match[0] for match in names) if match in known or match in others]
    return []


def of_pattern(asked: str, text: str) -> list[str] | None:
    """Return the values of a text that look like what an order names, such as e-mail addresses; None where it names
    nothing with a look of its own."""
    pattern = next((pattern for name, pattern in _PATTERNS if name.search(asked)), None)
    return None if pattern is None else _unique(match[0] for match in pattern.finditer(text))


def alike(named: str, text: str) -> list[str]:
    """Return the words of a text that are what an order names, by what they mean: the fruits of a shopping list."""
    towards = direction((stem(named.lower()),))
    if not any(towards):
        return []
    own = stem(named.lower())
    said = [word for word in words(text, most=400) if word.is_word and not word.is_function and word.stem != own]
    return _unique(word.text for word in said if likeness(towards, direction((word.stem,))) >= MIN_LIKENESS)


_PLACE = re.compile(r"\b(?:in|from|to|at|near|via|through|of) ([A-ZÀ-Þ][\w'’-]+(?: [A-ZÀ-Þ][\w'’-]+)*)")


def _begins(text: str, start: int) -> bool:
    """Say whether a sentence begins at a place."""
    return not text[:start].strip() or text[:start].rstrip()[-1] in ".!?:\n"


def names_kind(asked: str) -> bool:
    """Say whether an order names a kind of value that is known."""
    return any(name.search(asked) for name, _ in (*_PATTERNS, *_KINDS)) or _DAYS.search(asked) is not None


def _is_person(name: str) -> bool:
    """Say whether a name is a person's: as a whole, or by its first word, which is given to people."""
    return any("person" in kinds_of(each) for each in (name, f"{name.split()[0]} Smith"))


def _is_unknown(name: str) -> bool:
    """Say whether the first word of a name is no word that is known: `Tuulikki` at the beginning of a sentence."""
    return stem(name.split()[0].lower()) not in table().weights


def _known(text: str, kind: str) -> Iterator[str]:
    said = [word for word in words(text, most=2000) if word.is_word]
    place = 0
    while place < len(said):
        for size in (3, 2, 1):
            if place + size <= len(said):
                stretch = text[said[place].start : said[place + size - 1].end]
                if kind in kinds_of(stretch):
                    yield stretch
                    place += size - 1
                    break
        place += 1


def _unique(found: Iterator[str] | Sequence[str]) -> list[str]:
    return list(dict.fromkeys(found))
