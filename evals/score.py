"""From answers to figures: the share that is right per set, with its uncertainty."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from evals.cases import Answer, Case


@dataclass(frozen=True, slots=True)
class Row:
    """One set's figures: per cent, with the half width of a 95% Wilson interval; milliseconds."""

    n: int
    right: float
    plus_minus: float
    tools_right: float
    ms: float


def rows(cases: Sequence[Case], answers: Sequence[Answer]) -> dict[str, Row]:
    """Return the figures of each set, in the order of the cases."""
    by_set: dict[str, list[tuple[Case, Answer]]] = defaultdict(list)
    for case, answer in zip(cases, answers, strict=True):
        by_set[case.set_name].append((case, answer))
    return {name: _row(pairs) for name, pairs in by_set.items()}


def as_json(figures: dict[str, Row]) -> dict[str, dict[str, Any]]:
    return {name: asdict(row) for name, row in figures.items()}


def _row(pairs: list[tuple[Case, Answer]]) -> Row:
    n = len(pairs)
    right = sum(case.is_right(answer) for case, answer in pairs)
    tools_right = sum(case.has_right_tools(answer) for case, answer in pairs)
    times = sorted(answer.seconds for _, answer in pairs)
    return Row(
        n=n,
        right=round(100 * right / n, 1),
        plus_minus=round(100 * wilson_half_width(right, n), 1),
        tools_right=round(100 * tools_right / n, 1),
        ms=round(1000 * times[n // 2], 1),
    )


def wilson_half_width(successes: int, n: int, z: float = 1.96) -> float:
    """Half the width of Wilson's score interval (Wilson 1927) for a share."""
    share = successes / n
    return z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))


def table(columns: dict[str, dict[str, Row]]) -> str:
    """Return Markdown: a line per set, a column per model or setting."""
    names = list(dict.fromkeys(name for rows_ in columns.values() for name in rows_))
    lines = ["| set | n | " + " | ".join(columns) + " |", "|---|---|" + "---|" * len(columns)]
    for name in names:
        cells = [_cell(rows_.get(name)) for rows_ in columns.values()]
        n = next(rows_[name].n for rows_ in columns.values() if name in rows_)
        lines.append(f"| {name} | {n} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(row: Row | None) -> str:
    return "" if row is None else f"{row.right:g} ± {row.plus_minus:g}"
