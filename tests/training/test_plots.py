"""Pictures of runs, from logs and manifests."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from training.stages import plots

pytest.importorskip("matplotlib")


def test_panels_are_what_the_logs_hold(tmp_path: Path) -> None:
    lines = [{"step": 0, "tokens": 0, "event": "start"}]
    lines += [{"step": n, "tokens": n * 1_000_000, "loss": 3 / n, "tokens_per_s": 5.0} for n in range(1, 9)]
    lines.append({"step": 8, "tokens": 8_000_000, "dev_loss": 1.0, "dev_exact": 0.5})
    path = tmp_path / "mini" / "log.jsonl"
    path.parent.mkdir()
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    panels = plots.over_tokens({plots.run_name(path): plots.entries(path)})
    assert panels["loss, while learning"] == {"mini": [(float(n), 3 / n) for n in range(1, 9)]}
    assert panels["answers right, held out"] == {"mini": [(8.0, 0.5)]}
    assert "tokens right, held out" not in panels


def test_long_logs_are_smoothed_without_losing_their_level() -> None:
    points = [(float(n), float(n % 2)) for n in range(2000)]
    made = plots.smoothed(points)
    assert len(made) == 80
    assert made[-1][0] == 1999
    assert all(abs(y - 0.5) < 0.05 for _, y in made)


def test_skill_stands_against_parameters() -> None:
    manifests: list[dict[str, Any]] = [
        {"parameters": 30_000_000, "skill": {"multiple": {"right": 70.0}, "simple": {"right": 75.0}}},
        {"parameters": 4_000_000, "skill": {"simple": {"right": 45.0}}},
        {"parameters": 9_000_000},
    ]
    assert plots.over_parameters(manifests) == {
        "right on dev sets, per cent": {"simple": [(4.0, 45.0), (30.0, 75.0)], "multiple": [(30.0, 70.0)]}
    }
    assert plots.over_parameters([]) == {}


def test_the_pictures_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "log.jsonl").write_text('{"tokens": 1000000, "loss": 2.0}\n{"tokens": 2000000, "loss": 1.0}\n')
    (tmp_path / "nano.json").write_text('{"parameters": 4000000, "skill": {"simple": {"right": 45.0}}}')
    log, manifest = str(tmp_path / "log.jsonl"), str(tmp_path / "nano.json")
    monkeypatch.setattr(sys, "argv", ["plots", str(tmp_path / "out"), "--logs", log, "--manifests", manifest])
    plots.main()
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"tokens.png", "parameters.png"}
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in (tmp_path / "out").iterdir())
