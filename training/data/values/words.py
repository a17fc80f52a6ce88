"""Made-up words and identifiers: strings that cannot be remembered, only copied."""

from __future__ import annotations

import json
import random
from functools import cache
from pathlib import Path

TOKENIZER = Path(__file__).resolve().parents[2] / "tokenizer.json"
ONSETS = [
    "b", "br", "c", "ch", "cl", "cr", "d", "dr", "f", "fl", "fr", "g", "gl", "gr", "h", "j", "k", "kl", "kr", "l",
    "m", "n", "p", "pl", "pr", "qu", "r", "s", "sc", "sh", "sk", "sl", "sm", "sn", "sp", "st", "str", "sw", "t", "th",
    "tr", "tw", "v", "w", "wh", "y", "z",
]  # fmt: skip
VOWELS = [
    "a", "a", "a", "e", "e", "e", "i", "i", "i", "o", "o", "o", "u", "u", "ai", "au", "ea", "ee", "ei", "ia", "ie",
    "io", "oa", "oo", "ou", "y",
]  # fmt: skip
CODAS = [
    "b", "ck", "d", "f", "g", "k", "l", "ll", "lm", "m", "mp", "n", "nd", "ng", "nk", "nt", "p", "r", "rd", "rk",
    "rn", "rt", "s", "sh", "sk", "ss", "st", "t", "th", "v", "x", "z",
]  # fmt: skip
SUFFIXES = [
    "a", "o", "us", "ix", "on", "er", "en", "is", "ia", "or", "el", "an", "et", "ity", "ine", "eth", "ara", "ova",
]  # fmt: skip
COMMON = [
    "alpha", "amber", "anchor", "apple", "arrow", "atlas", "autumn", "badge", "bamboo", "beacon", "berry", "blanket",
    "border", "bottle", "branch", "bridge", "bronze", "bucket", "button", "cabin", "candle", "canyon", "carbon",
    "castle", "cedar", "chain", "channel", "cherry", "circle", "cloud", "cobalt", "comet", "copper", "coral",
    "cotton", "crane", "crystal", "delta", "desert", "diamond", "dragon", "eagle", "echo", "ember", "engine",
    "falcon", "feather", "field", "filter", "flame", "forest", "fossil", "fountain", "galaxy", "garden", "gate",
    "ginger", "glacier", "gold", "granite", "gravity", "harbor", "hazel", "helmet", "hollow", "horizon", "island",
    "ivory", "jacket", "jungle", "kernel", "kettle", "ladder", "lagoon", "lantern", "laser", "lemon", "library",
    "linen", "magnet", "maple", "marble", "meadow", "metal", "meteor", "mirror", "mountain", "nebula", "needle",
    "north", "oak", "ocean", "olive", "onyx", "opal", "orbit", "orchid", "otter", "oxygen", "paper", "pearl",
    "pepper", "phoenix", "pillar", "pine", "pixel", "planet", "plaza", "pocket", "polar", "prism", "pulse", "quartz",
    "quiet", "rabbit", "radar", "rain", "raven", "ribbon", "river", "robin", "rocket", "ruby", "saddle", "saffron",
    "salmon", "sample", "sapphire", "scarlet", "shadow", "shell", "signal", "silver", "sketch", "smoke", "solar",
    "spark", "spider", "spiral", "spring", "stone", "storm", "summit", "sunset", "table", "temple", "tiger", "timber",
    "topaz", "tower", "trail", "tulip", "tunnel", "turbo", "umbrella", "valley", "velvet", "violet", "vortex",
    "walnut", "water", "willow", "window", "winter", "wolf", "yellow", "zebra", "zenith",
]  # fmt: skip
ALNUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
HEX = "0123456789abcdef"


def pseudo_word(rng: random.Random) -> str:
    word = rng.choice(ONSETS) + rng.choice(VOWELS)
    draw = rng.random()
    if draw < 0.75:
        word += rng.choice(CODAS)
    if draw < 0.5:
        word += rng.choice(VOWELS) + (rng.choice(CODAS) if draw < 0.3 else "")
    elif draw < 0.9:
        word += rng.choice(SUFFIXES)
    return word if len(word) > 3 else word + rng.choice(SUFFIXES)


@cache
def vocabulary() -> list[str]:
    """The tokenizer's words and pieces of words, so that each of its tokens is copied now and then."""
    known = json.loads(TOKENIZER.read_text(encoding="utf-8"))["model"]["vocab"]
    return sorted(piece for piece in known if len(piece) > 2 and piece.isascii() and piece.isalpha())


def any_word(rng: random.Random) -> str:
    draw = rng.random()
    if draw < 0.3:
        return pseudo_word(rng)
    return rng.choice(vocabulary()) if draw < 0.8 else rng.choice(COMMON)


def any_phrase(rng: random.Random) -> str:
    """One to six words that need not make sense."""
    return " ".join(any_word(rng) for _ in range(rng.choice((1, 2, 2, 3, 3, 4, 6))))


def code(rng: random.Random, length: int, alphabet: str = ALNUM) -> str:
    return "".join(rng.choice(alphabet) for _ in range(length))


def digits(rng: random.Random, length: int) -> str:
    return str(rng.randint(10 ** (length - 1), 10**length - 1))


def identifier(rng: random.Random, prefix: str) -> str:
    """An id with the prefix, in one of the shapes that systems use; one with a digit for each `#`, if it has any."""
    if "#" in prefix:
        return "".join(digits(rng, 1) if character == "#" else character for character in prefix)
    shape = rng.randrange(7)
    if not prefix:
        return rng.choice([digits(rng, rng.randint(3, 9)), code(rng, rng.randint(5, 10)), code(rng, 8, HEX)])
    if shape == 0:
        return f"{prefix}-{digits(rng, rng.randint(3, 6))}"
    if shape == 1:
        return f"{prefix}{digits(rng, rng.randint(3, 6))}"
    if shape == 2:
        return f"{prefix}-{code(rng, rng.randint(4, 7))}"
    if shape == 3:
        return f"{prefix}_{digits(rng, rng.randint(2, 5))}"
    if shape == 4:
        return f"{prefix.lower()}-{code(rng, 6, HEX)}"
    if shape == 5:
        return f"{prefix}-{rng.randint(2019, 2027)}-{digits(rng, rng.randint(2, 4))}"
    return f"{prefix}{code(rng, rng.randint(5, 8))}"


def random_string(rng: random.Random) -> str:
    """Anything that a user may want copied exactly."""
    shape = rng.randrange(10)
    if shape == 0:
        return code(rng, rng.randint(4, 12))
    if shape == 1:
        return code(rng, rng.randint(6, 16), HEX)
    if shape == 2:
        return identifier(rng, code(rng, rng.randint(1, 4), ALNUM[:26]))
    if shape == 3:
        return "-".join(any_word(rng) for _ in range(rng.randint(2, 3)))
    if shape == 4:
        return "_".join(any_word(rng) for _ in range(rng.randint(2, 3)))
    if shape == 5:
        return pseudo_word(rng).capitalize() + pseudo_word(rng).capitalize()
    if shape == 6:
        return code(rng, rng.randint(5, 10), ALNUM + ALNUM.lower())
    if shape == 7:
        return " ".join(any_word(rng) for _ in range(rng.randint(2, 5)))
    if shape == 8:
        return f"{pseudo_word(rng).capitalize()} {pseudo_word(rng)}"
    return pseudo_word(rng)
