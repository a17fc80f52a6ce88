"""Figures as pictures: skill by set, the reliability diagram, and curves. Needs matplotlib (the `train` extra)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evals.calibration import Pair, bins, calibration_error
from evals.score import Row

INK, ACCENT, SOFT = "#1b1f24", "#0b7285", "#dee2e6"


def skill(columns: dict[str, dict[str, Row]], path: Path) -> None:
    """Bars per set with 95% intervals, a colour per run."""
    plt = _pyplot()
    names = list(dict.fromkeys(name for rows in columns.values() for name in rows))
    figure, axes = plt.subplots(figsize=(9, 4))
    width = 0.8 / len(columns)
    for place, (label, rows) in enumerate(columns.items()):
        at = [index + place * width for index, name in enumerate(names) if name in rows]
        shown = [rows[name] for name in names if name in rows]
        axes.bar(at, [row.right for row in shown], width, yerr=[row.plus_minus for row in shown], label=label)
    axes.set_xticks([index + 0.4 - width / 2 for index in range(len(names))], names, rotation=30, ha="right")
    axes.set_ylabel("right, per cent")
    axes.set_ylim(0, 100)
    axes.legend(frameon=False)
    _save(figure, path)


def reliability(pairs: dict[str, list[Pair]], path: Path, *, title: str) -> None:
    """Confidence against accuracy per kind of decision; the diagonal is a model that is right as often as it says."""
    plt = _pyplot()
    figure, all_axes = plt.subplots(1, len(pairs), figsize=(3 * len(pairs), 3.2), sharey=True)
    for axes, (kind, members) in zip(all_axes, pairs.items(), strict=True):
        axes.plot([0, 1], [0, 1], color=SOFT, zorder=0)
        made = bins(members)
        axes.scatter([b.confidence for b in made], [b.accuracy for b in made], s=[6 + 2 * b.n for b in made], c=ACCENT)
        axes.set_title(f"{kind}: error {calibration_error(members):.3f}, n {len(members)}", fontsize=9, color=INK)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        axes.set_xlabel("confidence")
    all_axes[0].set_ylabel("accuracy")
    figure.suptitle(title, fontsize=10)
    _save(figure, path)


Series = dict[str, list[tuple[float, float]]]
"""Points (x, y) by the name of their line."""


def lines(panels: dict[str, Series], path: Path, *, across: str, is_log: bool = True, has_marks: bool = False) -> None:
    """One panel beside another by its title, each a line per series over the shared x axis `across`."""
    plt = _pyplot()
    figure, all_axes = plt.subplots(1, len(panels), figsize=(4.2 * len(panels), 3.4), squeeze=False)
    for axes, (title, series) in zip(all_axes[0], panels.items(), strict=True):
        for name, points in series.items():
            axes.plot(*zip(*points, strict=True), label=name, linewidth=1.2, marker="o" if has_marks else None)
        axes.set_title(title, fontsize=10, color=INK)
        axes.set_xlabel(across)
        if is_log:
            axes.set_xscale("log")
        axes.legend(frameon=False, fontsize=8)
    _save(figure, path)


def _pyplot() -> Any:
    import matplotlib  # wanted only where something is drawn

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    return plt


def _save(figure: Any, path: Path) -> None:
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, dpi=140)
