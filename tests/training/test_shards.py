"""Documents ahead of the trainer."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from training import shards
from training.data.sample import Sample, assistant, user
from training.pack import Shard


def mixture(_root: Path, seed: int, is_late: bool) -> Iterator[Sample]:
    while True:
        yield Sample((user(f"{seed} {is_late}"), assistant("ok")), source="short")
        yield Sample((user("word " * 3000), assistant("ok")), source="long")
        yield Sample((user("sums"), assistant("2")), source="sums/one")


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> shards.Source:
    module = ModuleType("a_mixture")
    module.__dict__["mixture"] = mixture
    monkeypatch.setitem(sys.modules, "a_mixture", module)
    return shards.Source("a_mixture", tmp_path, is_late=False, kept_shares={"sums": 0.0}, preferred_length=2048)


def test_long_documents_and_thinned_sources_are_left_out(source: shards.Source) -> None:
    made = shards.shard(shards.documents(source, 7), 500)
    assert int(made.starts[-1]) >= 500
    assert len(set(map(len, (made.ids[a:b] for a, b in zip(made.starts, made.starts[1:], strict=False))))) == 1


def test_a_shard_survives_the_disk(source: shards.Source, tmp_path: Path) -> None:
    made = shards.shard(shards.documents(source, 7), 300)
    made.write(tmp_path / "one.npz")
    read = Shard.read(tmp_path / "one.npz")
    assert (read.ids == made.ids).all()
    assert (read.learnt == made.learnt).all()
    assert (read.starts == made.starts).all()


def test_documents_with_little_to_learn_are_thinned(source: shards.Source) -> None:
    dense = shards.Source("a_mixture", source.root, False, {"sums": 0.0}, 4096, full_share=1.0)
    made = shards.shard(shards.documents(dense, 7), 2000)
    learnt = [bool(made.learnt[a:b].mean() > 0.1) for a, b in zip(made.starts, made.starts[1:], strict=False)]
    assert sum(learnt) == len(learnt)
