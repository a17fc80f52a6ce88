"""Documents ahead of the trainer."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from types import ModuleType

import pytest

from training import pack, shards
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


def lengths(made: Shard) -> list[int]:
    return [int(b - a) for a, b in zip(made.starts, made.starts[1:], strict=False)]


def test_long_documents_and_thinned_sources_are_left_out(source: shards.Source) -> None:
    made = shards.shard(shards.documents(source, 7), 500)
    assert int(made.starts[-1]) >= 500
    assert len(set(lengths(made))) == 1


def test_a_shard_survives_the_disk(source: shards.Source, tmp_path: Path) -> None:
    made = shards.shard(shards.documents(source, 7), 300)
    made.write(tmp_path / "one.npz")
    read = Shard.read(tmp_path / "one.npz")
    assert (read.ids == made.ids).all()
    assert (read.learnt == made.learnt).all()
    assert read.learnt.any()
    assert not read.learnt.all()
    assert (read.starts == made.starts).all()


def test_documents_with_little_to_learn_are_thinned(source: shards.Source) -> None:
    dense = replace(source, preferred_length=4096, full_share=1.0)
    made = shards.shard(shards.documents(dense, 7), 2000)
    learnt = [bool(made.learnt[a:b].mean() > 0.1) for a, b in zip(made.starts, made.starts[1:], strict=False)]
    assert sum(learnt) == len(learnt)


def test_long_documents_are_given_in_their_share_of_tokens(source: shards.Source) -> None:
    made = list(islice(shards.documents(replace(source, long_share=0.5, max_long=4000), 7), 600))
    long = [len(one.ids) for one in made if len(one.ids) > pack.MAX_LENGTH]
    assert max(long) <= 4000
    assert sum(long) == pytest.approx(0.5 * sum(len(one.ids) for one in made), abs=4000)


def test_producers_make_other_documents_each_and_the_same_again(tmp_path: Path) -> None:
    source = shards.Source("tests.training.tiny_mixture", tmp_path, False, {}, 2048)

    def first_two(folder: Path) -> dict[str, list[int]]:
        producers = shards.Producers(source, folder, seed=5, num_producers=2)
        try:
            while len(found := sorted(folder.glob("000000-*.npz"))) < 2:
                assert all(process.is_alive() for process in producers.processes)
            return {path.name: Shard.read(path).ids.tolist() for path in found}
        finally:
            producers.stop()

    made = first_two(tmp_path / "a")
    one, other = made.values()
    assert one != other
    assert first_two(tmp_path / "b") == made


def test_a_dead_producer_is_reported(tmp_path: Path) -> None:
    source = shards.Source("tests.training.no_such_mixture", tmp_path, False, {}, 2048)
    producers = shards.Producers(source, tmp_path / "shards", seed=1)
    with pytest.raises(RuntimeError, match="a data process ended with code 1"):
        next(iter(producers))
