"""Checks of an answer's text: what it says and lacks, how long it is, what form it has."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

_BULLET = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s+\S")
_COUNTS: Mapping[str, Callable[[str], int]] = {
    "words": lambda text: len(re.findall(r"\S*\w\S*", text)),
    "sentences": lambda text: len(re.findall(r"[^.!?]*\w[^.!?]*(?:[.!?](?=\d)[^.!?]*)*(?:[.!?]+|$)", text)),
    "lines": lambda text: sum(bool(line.strip()) for line in text.splitlines()),
    "bullets": lambda text: sum(_BULLET.match(line) is not None for line in text.splitlines()),
    "paragraphs": lambda text: len([part for part in re.split(r"\n\s*\n", text) if part.strip()]),
    "characters": len,
}


def are_met(text: str, checks: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether an answer meets all checks. Raises `ValueError` for one that is unknown."""
    return all(is_met(text.strip(), check) for check in checks)


def is_met(text: str, check: Mapping[str, Any]) -> bool:
    """Return whether an answer meets one check."""
    match check:
        case {"says": accepted}:
            said = f" {_plain(text)}"
            return any(f" {_plain(one)}" in said for one in accepted)
        case {"lacks": pattern}:
            return re.search(pattern, text) is None
        case {"matches": pattern}:
            return re.search(pattern, text) is not None
        case {"count": what, **bounds}:
            number = _COUNTS[what](text)
            return bool(bounds.get("least", 0) <= number <= bounds.get("most", number))
        case {"json": fields}:
            return _has_fields(text, fields)
        case {"items": items, **how}:
            places = [_plain(text).find(_plain(item)) for item in items]
            return min(places) >= 0 and (not how.get("is_ordered") or places == sorted(places))
        case _:
            raise ValueError(f"no check is called {', '.join(check)}")


def _has_fields(text: str, fields: Mapping[str, Sequence[Any]]) -> bool:
    try:
        value = json.loads(re.sub(r"\A```(?:json)?\s*|\s*```\Z", "", text))
    except ValueError:
        return False
    return isinstance(value, dict) and all(
        name in value and value[name] in accepted for name, accepted in fields.items()
    )


def _plain(text: str) -> str:
    """Lower case, single spaces, punctuation ignored."""
    return " ".join(re.sub(r"[^\w%$€£@+]+", " ", text.lower()).split())
