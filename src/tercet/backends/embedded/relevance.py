"""How likely each offered tool is to be what a request asks for: words in common, and words that mean alike.

A small model is shown the result as hints beside the request, in training and in service alike, so this is the one
place that computes them. Pure, deterministic, without models: stems, word weights and short word vectors that were
learnt from training requests (`training/stages/relevance.py` writes the table). It knows nothing of prompts.
"""

import base64
import hashlib
import json
import math
import re
import struct
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache, partial
from importlib import resources
from operator import mul
from typing import Any, Generic, NamedTuple, TypeVar

MAX_HINTS = 4
MIN_LEVEL = 2
"""Tools below this level are not named, unless none is above."""
LEVELS = (0.12, 0.3, 0.48, 0.66, 0.84)
"""Likelihoods at which the next level begins; levels count from 0."""
MAX_REQUEST_WORDS, MAX_ABOUT_WORDS, MAX_FIELD_WORDS = 300, 40, 80
"""Words that are read of a request, of a description, of all fields; the rest is not looked at."""
MAX_WORD = 32
"""Letters of a word that are looked at."""
MAX_KEPT_TOOLS, MAX_KEPT_REQUESTS = 4096, 4096
"""Tools whose profile, and requests whose hints, are kept."""
WIDTH, LEADING = 128, 32
"""Numbers of a word vector, and how many of them, which tell the most, do where many are compared."""
NUM_FEATURES = 11
"""Numbers that a likelihood is weighed from."""
NAME_SHARE, ABOUT_SHARE = 3, 2
"""How much a word of the name, and of the description, counts in a tool's vector."""
UNKNOWN_IN_TOOL, UNKNOWN_IN_REQUEST = 6.0, 1.0
"""Weights of a word outside the table: telling when a tool's name has it, likely a value when a request has it."""

Made = TypeVar("Made")

_RUN = re.compile(r"[^\W_]+")
PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
"""A word of an identifier."""
_ENDINGS = (
    "ations", "ation", "ings", "ing", "ments", "ment", "ers", "er", "ies", "ied", "es", "ed", "s", "e", "y",
)  # fmt: skip
_MIN_STEM = 3
_LANE = 4
"""Bytes of a vector's number while vectors are summed as whole integers."""
_SHIFT = 128
"""Added to every number of a vector, so that none is negative while they are summed."""


class Hint(NamedTuple):
    """A tool's name and how likely it is meant: a level from 0 to `len(LEVELS)`."""

    level: int
    name: str


class Profile(NamedTuple):
    """What of a tool is compared with requests."""

    name: str
    of_name: frozenset[str]
    of_about: frozenset[str]
    of_fields: frozenset[str]
    vector: tuple[float, ...]


class Table(NamedTuple):
    """What was learnt: each word's weight and packed vector, and how the features make a likelihood."""

    weights: Mapping[str, float]
    vectors: Mapping[str, int]
    coefficients: tuple[float, ...]
    bias: float


class Kept(Generic[Made]):
    """What was made last, by the digest of what it was made from: texts of any length are not held in memory."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._found: OrderedDict[bytes, Made] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, digest: bytes, make: Callable[[], Made]) -> Made:
        """Return what is kept under `digest`, else what `make` returns, and keep that."""
        with self._lock:
            if digest in self._found:
                self._found.move_to_end(digest)
                return self._found[digest]
        made = make()
        with self._lock:
            self._found[digest] = made
            if len(self._found) > self._most:
                self._found.popitem(last=False)
        return made

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._found.clear()


class Offered:
    """The tools of one request, each given as JSON: name, description, parameters."""

    def __init__(self, tools: Sequence[bytes]) -> None:
        digests = [_digest(tool) for tool in tools]
        self.profiles = [
            _PROFILES.get(digest, partial(profile, tool)) for digest, tool in zip(digests, tools, strict=True)
        ]
        self.digest = _digest(b"".join(digests))

    def hints(self, text: str) -> tuple[Hint, ...]:
        """Return the tools that `text` likely means, the likeliest first."""
        digest = _digest(self.digest + text.encode("utf-8", "surrogatepass"))
        return _HINTS.get(digest, partial(self._hints, text))

    def chances(self, text: str) -> list[float]:
        """Return the likelihood of each tool, in the order given."""
        asked = stems(text, MAX_REQUEST_WORDS)
        towards = direction(asked)
        return [likelihood(features(asked, towards, known)) for known in self.profiles]

    def _hints(self, text: str) -> tuple[Hint, ...]:
        chances = self.chances(text)
        ranked = sorted(range(len(chances)), key=lambda index: -chances[index])[:MAX_HINTS]
        found = [Hint(level(chances[index]), self.profiles[index].name) for index in ranked]
        return tuple(hint for place, hint in enumerate(found) if place == 0 or hint.level >= MIN_LEVEL)


_PROFILES: Kept[Profile] = Kept(MAX_KEPT_TOOLS)
_HINTS: Kept[tuple[Hint, ...]] = Kept(MAX_KEPT_REQUESTS)


def forget() -> None:
    """Forget profiles and hints, which hold for one table."""
    _PROFILES.clear()
    _HINTS.clear()


def _digest(text: bytes) -> bytes:
    return hashlib.blake2b(text, digest_size=16).digest()


def level(likelihood: float) -> int:
    """Return how many of `LEVELS` the likelihood reaches."""
    return sum(likelihood >= start for start in LEVELS)


def stems(text: str, limit: int) -> tuple[str, ...]:
    """Return the different stems among the first `limit` words, in order; identifiers fall apart into words."""
    found: list[str] = []
    for run in _RUN.findall(text[: 16 * limit]):
        found += PART.findall(run) if run.isascii() else [run]
        if len(found) >= limit:
            break
    return tuple(dict.fromkeys(stem(word[:MAX_WORD].lower()) for word in found[:limit]))


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """Return `word`, in lower case, without its ending."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _MIN_STEM:
            word = word[: -len(ending)]
            break
    is_doubled = len(word) > _MIN_STEM and word[-1] == word[-2] and word[-1] not in "aeiou"
    return word[:-1] if is_doubled else word


def profile(tool: bytes) -> Profile:
    """Return the profile of a tool given as JSON."""
    described: dict[str, Any] = json.loads(tool)
    name = str(described.get("name", ""))
    of_name = stems(name, MAX_ABOUT_WORDS)
    of_about = stems(str(described.get("description") or ""), MAX_ABOUT_WORDS)
    of_fields = stems(" ".join(_field_texts(described.get("parameters"))), MAX_FIELD_WORDS)
    shares = dict.fromkeys(of_about, ABOUT_SHARE) | dict.fromkeys(of_name, NAME_SHARE)
    return Profile(name, frozenset(of_name), frozenset(of_about), frozenset(of_fields), _vector(shares.items()))


def _field_texts(parameters: Any) -> Iterable[str]:
    """Names, choices and descriptions of the top-level parameters."""
    fields = parameters.get("properties") if isinstance(parameters, dict) else None
    for name, field in (fields if isinstance(fields, dict) else {}).items():
        yield name
        if isinstance(field, dict):
            items = field.get("items")
            choices = field.get("enum") or (items.get("enum") if isinstance(items, dict) else None)
            yield from (str(choice) for choice in choices if isinstance(choice, str)) if choices else ()
            yield str(field.get("description") or "")


def direction(asked: Sequence[str]) -> tuple[float, ...]:
    """Return the vector of a request's stems."""
    return _vector((word, 1) for word in asked)


def leading(words: Sequence[str]) -> tuple[float, ...]:
    """Return the leading numbers of the vector of stems, of length 1 (all zeros where no word is known)."""
    return _of_length_one(_summed((word, 1) for word in words)[:LEADING])


def likeness(one: Sequence[float], other: Sequence[float]) -> float:
    """Return how alike two vectors of length 1 are, -1 to 1."""
    total: float = sum(map(mul, one, other))
    return total


@lru_cache(maxsize=65536)
def alike(one: str, other: str) -> float:
    """Return how alike two stems are in what they mean, -1 to 1."""
    return likeness(direction((one,)), direction((other,)))


def features(asked: Sequence[str], towards: Sequence[float], tool: Profile) -> tuple[float, ...]:
    """Return what `likelihood` weighs: how much of the tool's words the request has, and the reverse."""
    said = frozenset(asked)
    in_name = _mass(tool.of_name & said)
    in_about = _mass(tool.of_about & said - tool.of_name)
    in_fields = _mass(tool.of_fields & said - tool.of_about - tool.of_name)
    of_name = in_name / (_mass(tool.of_name) or 1.0)
    of_about = _mass(tool.of_about & said) / (_mass(tool.of_about) or 1.0)
    alike = likeness(towards, tool.vector)
    covered = min(1.5, (in_name + 0.7 * in_about + 0.3 * in_fields) / (3.0 + sum(map(_weight_in_request, asked))))
    return (
        of_name,
        of_about,
        covered,
        min(3.0, in_name / 6.0),
        min(3.0, in_about / 6.0),
        min(3.0, in_fields / 6.0),
        alike,
        max(0.0, alike) ** 2,
        of_name * covered,
        1.0 if len(asked) < 4 else 0.0,
        min(1.0, len(asked) / 40),
    )


def likelihood(found: Sequence[float]) -> float:
    """Return the likelihood, 0 to 1, that a tool with these features is meant."""
    known = table()
    total = known.bias + math.fsum(a * b for a, b in zip(known.coefficients, found, strict=True))
    return 1.0 / (1.0 + math.exp(-total))


def _mass(words: Iterable[str]) -> float:
    weights = table().weights
    return math.fsum(weights.get(word, UNKNOWN_IN_TOOL) for word in words)


def _weight_in_request(word: str) -> float:
    return 0.0 if word.isdigit() else table().weights.get(word, UNKNOWN_IN_REQUEST)


def _vector(words: Iterable[tuple[str, int]]) -> tuple[float, ...]:
    """Return the weighted sum of the words' vectors, of length 1 (all zeros where no word is known)."""
    return _of_length_one(_summed(words))


def _summed(words: Iterable[tuple[str, int]]) -> list[int]:
    """Return the weighted sum of the words' vectors.

    A vector is one long integer with a lane for each number: sums and multiples of whole vectors are then sums and
    multiples of integers.
    """
    vectors = table().vectors
    total, shares = 0, 0
    for word, share in words:
        packed = vectors.get(word)
        if packed is not None:
            total += share * packed
            shares += share
    lanes = struct.unpack(f"<{WIDTH}I", total.to_bytes(WIDTH * _LANE, "little"))
    shift = _SHIFT * shares
    return [lane - shift for lane in lanes]


def _of_length_one(numbers: Sequence[float]) -> tuple[float, ...]:
    length = math.hypot(*numbers)
    return tuple([number / length for number in numbers]) if length else (0.0,) * len(numbers)


@cache
def table() -> Table:
    """Read the table that the package brings."""
    text = resources.files(__package__).joinpath("relevance.json").read_text(encoding="utf-8")
    return read_table(json.loads(text))


def read_table(written: Mapping[str, Any]) -> Table:
    """Return the table of its written form."""
    words: list[str] = written["words"].split()
    weights = base64.b64decode(written["weights"])
    rows = base64.b64decode(written["vectors"])
    vectors = {word: _packed(rows[WIDTH * place : WIDTH * (place + 1)]) for place, word in enumerate(words)}
    by_word = {word: weight / 16 for word, weight in zip(words, weights, strict=True)}
    return Table(by_word, vectors, tuple(written["coefficients"]), float(written["bias"]))


def _packed(row: bytes) -> int:
    """Return a row of shifted numbers, one byte each, as one integer of wide lanes."""
    wide = bytearray(WIDTH * _LANE)
    wide[::_LANE] = row
    return int.from_bytes(wide, "little")
