"""Figures as pictures: skill by set, and the reliability diagram. Needs matplotlib (the `evals` extra)."""

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
