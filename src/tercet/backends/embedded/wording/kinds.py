"""Of which kinds a value is, by its look and by what is known of its words; and which parameters want such kinds.

Known words and the codes that stand for them are in `kinds.txt`.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib import resources
from itertools import chain
from typing import NamedTuple

from tercet.backends.embedded.wording.words import identifier_stems

_LIKENESSES = (
    ("email", re.compile(r"[^\s@]+@[^\s@]+\.\w+")),
    ("address", re.compile(r"\d+\.\d+\.\d+\.\d+")),
    ("link", re.compile(r"\w+://\S+|www\.\S+")),
    ("path", re.compile(r"[~\w.-]*/[\w./-]+")),
    ("file", re.compile(r"\S+\.[A-Za-z]{1,5}\d?")),
    ("time", re.compile(r"\d+:\d\d.*|\d\d? ?(?:[ap]\.?m\.?|o'clock)", re.IGNORECASE)),
    ("phone", re.compile(r"\+\d[\d ()./-]{6,}\d|(?!\d{4}-\d\d-\d\d)\(?\d{2,5}\)?[ /-]\d[\d ()./-]{4,}\d")),
    ("iban", re.compile(r"[A-Z]{2}\d{2}(?: ?[0-9A-Z]{4}){3,7}(?: ?[0-9A-Z]{1,3})?")),
    ("postcode", re.compile(r"[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}")),
    ("number", re.compile(r"[+#$€£-]?\d[\d.,]*%?")),
    ("code", re.compile(r"(?=\S*\d)(?=\S*[A-Za-z])[^\s=]+")),
    ("mixed", re.compile(r"\S*[a-z]\S*[A-Z]\S*")),
    ("upper", re.compile(r"[A-Z]{2,}")),
    ("name", re.compile(r"[A-Z][\w.'’-]*(?:,?\s(?:(?:of|the|de|and|la|van|in)\s)?[A-Z][\w.'’-]*)*")),
    ("word", re.compile(r"[a-z]+")),
    ("lower", re.compile(r"[a-z\s'-]+")),
    ("sentence", re.compile(r".*[.!?]")),
)
_WANTED = {
    "email": "email mail contact recipient sender to from",
    "address": "ip address host server",
    "link": "url link uri website site webpage web page",
    "path": "path file filename folder directory destination source document image photo video audio",
    "file": "file filename path document image photo video audio attachment dataset data",
    "time": "time hour start end begin at alarm",
    "phone": "phone telephone mobile hotline tel cell fax number contact whatsapp call",
    "code": "id code number identifier sku reference ref key serial version flight ticket tracking",
    "iban": "iban account",
    "postcode": "postcode postal zip code area",
    "currency": "currency money from to base target source unit",
    "currency_code": "currency money from to base target source unit",
    "language": "language lang locale from to source target",
    "country": "country nation region location place destination origin area market nationality",
    "nationality": "nationality cuisine culture language ethnicity country style category type food origin",
    "state": "state province region location place area",
    "city": "city town location place destination origin departure arrival from to area start end where source target",
    "month": "month date period",
    "weekday": "day weekday date when",
    "date": "date day when deadline due start end birthday begin departure arrival return",
    "period": "period frequency interval recurrence timeframe schedule range time",
    "season": "season period time",
    "color": "color colour shade hue",
    "unit": "unit units measure metric scale system",
    "person": "name person user customer patient author artist director actor employee student teacher guest player"
    " contact recipient sender passenger client attendee participant owner writer singer composer candidate cast",
    "organization": "organization organisation company institution employer university school college hospital bank"
    " name brand agency association airline airlines clinic provider",
    "venue": "venue location place restaurant hotel museum facility center name store theater theatre station airport",
    "street": "address street location road place",
    "greeted": "recipient addressee to",
    "signed": "sender from author name signed contact employee claimant writer reporter candidate applicant customer",
}
"""By kind, words in the names of parameters that take it."""
_KINDS_BY_LOOK = frozenset(("email", "address", "link", "path", "file", "time", "phone", "code", "iban", "postcode"))


class _Known(NamedTuple):
    """What `kinds.txt` says: by word in lower case, its kinds, and by kind and word, its code."""

    kinds: Mapping[str, frozenset[str]]
    codes: Mapping[tuple[str, str], str]
    meant: Mapping[str, frozenset[tuple[str, str]]]
    """By word or code in lower case, the kinds and codes, in lower case, that it may mean."""


@lru_cache(maxsize=4096)
def likeness_of(text: str) -> str:
    """Return what a text looks like on the whole: an e-mail address, a file, a code, a name and so on."""
    return next((kind for kind, pattern in _LIKENESSES if pattern.fullmatch(text[:80])), "other")


@lru_cache(maxsize=4096)
def kinds_of(text: str, is_date: bool = False) -> frozenset[str]:
    """Return the kinds that a value is of: `city` and `state` of `New York`; empty where nothing is known."""
    known, lower = _known().kinds, text.lower()
    found = set(known.get(lower, ())) - {"given", "organization", "venue", "street"}
    likeness = likeness_of(text)
    if likeness in _KINDS_BY_LOOK:
        found.add(likeness)
    if is_date:
        found.add("date")
    if text[:1].isupper() and likeness == "name":
        found.update(_of_name(lower))
    elif text[:1].isdigit() and " " in text:
        found |= known.get(lower.rsplit(" ", 1)[-1], frozenset()) & {"street"}
    return frozenset(found)


def _of_name(lower: str) -> Iterator[str]:
    """Yield what the parts of a name tell: `Paris, France` is a city, `Jane Roe` a person, `Rice University` an
    organization."""
    known = _known().kinds
    parts = lower.split()
    if ", " in lower:
        yield from known.get(lower.split(", ")[0], frozenset()) & {"city"}
    if "given" in known.get(parts[0], ()) and len(parts) < 4:
        yield "person"
    if len(parts) > 1:
        yield from known.get(parts[-1], frozenset()) & {"organization", "venue", "street"}
        if parts[-1] in ("city", "county"):
            yield "city"


@lru_cache(maxsize=16384)
def wanted_kinds(stems: tuple[str, ...] | frozenset[str]) -> frozenset[str]:
    """Return the kinds of value that a parameter takes by the stems of its name or description."""
    by_stem = _by_stem()
    return frozenset(kind for stem in stems for kind in by_stem.get(stem, ()))


def code_of(text: str, kind: str) -> str | None:
    """Return the code of a `currency`, `language`, `country` or `state`: `EUR` of `Euros`; of a `country3` `PRT`, of an
    `airport` `OSL`."""
    return _known().codes.get((kind, text.lower()))


def meant_by(text: str) -> frozenset[tuple[str, str]]:
    """Return what a word or a code may stand for, as kinds and codes: `unit`, `kg` of `kilos` and of `KG`."""
    return _known().meant.get(text.lower(), frozenset())


@cache
def _by_stem() -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for kind, names in _WANTED.items():
        for stem in chain.from_iterable(map(identifier_stems, names.split())):
            found.setdefault(stem, set()).add(kind)
    return {stem: frozenset(kinds) for stem, kinds in found.items()}


@cache
def _known() -> _Known:
    kinds: dict[str, set[str]] = {}
    codes: dict[tuple[str, str], str] = {}
    kind, has_kind = "", True
    text = resources.files(__package__).joinpath("kinds.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("["):
            kind, has_kind = line.strip("[]="), not line.startswith("[=")
        elif line and not line.startswith("#"):
            for entry in line.split(", "):
                words, _, code = entry.partition("=")
                for word in words.split("/"):
                    if has_kind:
                        kinds.setdefault(word, set()).add(kind)
                    if code:
                        codes[kind, word] = code
    meant: dict[str, set[tuple[str, str]]] = {}
    for (kind, word), code in codes.items():
        for said in (word, code.lower()):
            meant.setdefault(said, set()).add((kind, code.lower()))
    return _Known(
        {word: frozenset(of) for word, of in kinds.items()}, codes, {said: frozenset(of) for said, of in meant.items()}
    )
