"""Different tools asked for in one message: `Back door locked, alarm on away, heating down to 16.`

Each piece of the message is more or less likely to ask for each tool; the path through the tools that is likeliest
together takes the message apart, where going from one tool to another has its price (Viterbi, IEEE Transactions on
Information Theory 13(2), 1967). It knows nothing of arguments.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from tercet.backends.embedded.drafts.pieces import Place
from tercet.backends.embedded.drafts.table import log_odds

PRICE = 0.6
"""Log odds that going from one tool to another costs."""
NOTHING = 0.2
"""Likelihood of its likeliest tool below which a piece asks for nothing by itself."""
CLEAR = 0.8
"""Log odds by which a stretch is likelier to ask for its tool than for those of others; else it belongs to one."""
MOST = 4.0
"""Log odds that count of a likelihood."""


class Stretch(NamedTuple):
    """Pieces one after the other that ask for one tool."""

    start: int
    end: int
    name: str
    chance: float
    """How likely the piece that tells most asks for the tool."""
    margin: float
    """By how much the pieces together are likelier, in log odds, to ask for it than for a tool that others ask for."""


def stretches(places: Sequence[Place], chances: Sequence[Mapping[str, float]]) -> list[Stretch]:
    """Return the stretches of a message, at least two of which ask for different tools; none where it asks for one.

    `places`: where its pieces stand; `chances`: by tool how likely each asks for it.
    """
    telling = [at for at, each in enumerate(chances) if max(each.values(), default=0.0) >= NOTHING]
    names = sorted({name for at in telling for name, chance in chances[at].items() if chance >= NOTHING})
    if len(telling) < 2 or len(names) < 2:
        return []
    odds = [{name: log_odds(chances[at].get(name, 0.0), MOST) for name in names} for at in telling]
    path = _path(names, odds)
    runs, margins = _runs(path, odds)
    while len(runs) > 1 and min(margins) < CLEAR:
        weakest = margins.index(min(margins))
        beside = path[runs[weakest - 1][0]] if weakest else path[runs[1][0]]
        for at in runs[weakest]:
            path[at] = beside
        runs, margins = _runs(path, odds)
    if len(set(path)) < 2:
        return []
    starts = [0 if number == 0 else telling[run[0]] for number, run in enumerate(runs)]
    ends = [*(start - 1 for start in starts[1:]), len(places) - 1]
    return [
        Stretch(
            places[first][0],
            places[last][1],
            path[run[0]],
            max(chances[telling[at]][path[run[0]]] for at in run),
            margin,
        )
        for run, margin, first, last in zip(runs, margins, starts, ends, strict=True)
    ]


def _runs(path: Sequence[str], odds: Sequence[Mapping[str, float]]) -> tuple[list[list[int]], list[float]]:
    """Return the runs of one tool on a path, each with its margin over the other tools of the path; what says little of
    a tool that another run asks for clearly has none."""
    runs = [[at for at, _ in run] for _, run in groupby(enumerate(path), key=lambda each: each[1])]
    return runs, [_margin(run, path, odds) for run in runs]


def _margin(run: Sequence[int], path: Sequence[str], odds: Sequence[Mapping[str, float]]) -> float:
    name = path[run[0]]
    most = max(odds[at][name] for at in run)
    is_said_elsewhere = any(odds[at][name] > 0 for at, other in enumerate(path) if other == name and at not in run)
    if most < 0 and is_said_elsewhere:
        return 0.0
    others = set(path) - {name}
    return min((sum(odds[at][name] - odds[at][other] for at in run) for other in others), default=0.0)


def _path(names: Sequence[str], odds: Sequence[Mapping[str, float]]) -> list[str]:
    """Return the tool of each piece on the likeliest path."""
    best = dict(odds[0])
    came: list[dict[str, str]] = []
    for each in odds[1:]:
        top = max(names, key=lambda name: best[name])
        before = {name: name if best[name] >= best[top] - PRICE else top for name in names}
        best = {name: each[name] + best[before[name]] - PRICE * (before[name] != name) for name in names}
        came.append(before)
    path = [max(names, key=lambda name: best[name])]
    for before in reversed(came):
        path.append(before[path[-1]])
    return path[::-1]
