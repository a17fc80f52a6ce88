"""A stock of shards: the same from any number of producers, resumed where it was, read evenly."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from training import stock
from training.pack import Shard
from training.shards import Source
from training.stages.shards import wait

SHARD_TOKENS = 2000


def source(root: Path) -> Source:
    return Source("tests.training.tiny_mixture", root, False, {}, 2048)


def made(folder: Path, num_producers: int, num_tokens: int = 3 * SHARD_TOKENS) -> list[list[int]]:
    for process in stock.start(source(folder.parent), folder, 3, SHARD_TOKENS, num_tokens, num_producers):
        process.join()
        assert process.exitcode == 0
    return [Shard.read(path).ids.tolist() for path in stock.stocked(folder)]


def test_any_number_of_producers_makes_the_same_stock_and_goes_on_with_it(tmp_path: Path) -> None:
    alone, together = made(tmp_path / "one", 1), made(tmp_path / "two", 2)
    assert alone == together
    assert [Shard.num_tokens(path) for path in stock.stocked(tmp_path / "one")] == [len(ids) for ids in alone]
    assert len({tuple(ids) for ids in alone}) == 3
    (tmp_path / "one" / "000001.npz").unlink()
    longer = made(tmp_path / "one", 2, 4 * SHARD_TOKENS)
    assert longer[:3] == alone
    assert len(longer) == 4


def test_a_producer_that_fails_is_reported(tmp_path: Path) -> None:
    other = replace(source(tmp_path), mixture="tests.training.no_such_mixture")
    started = stock.start(other, tmp_path / "stock", 3, SHARD_TOKENS, SHARD_TOKENS, 1)
    with pytest.raises(RuntimeError, match="a producer ended with code 1"):
        wait(started, tmp_path / "stock", every_s=100)


def test_a_folder_made_from_something_else_is_refused(tmp_path: Path) -> None:
    stock.open_folder(tmp_path, stock.card(source(tmp_path), 3, SHARD_TOKENS))
    stock.open_folder(tmp_path, stock.card(source(tmp_path), 3, SHARD_TOKENS))
    other = replace(source(tmp_path), is_late=True)
    with pytest.raises(stock.OtherStock, match="another source"):
        stock.open_folder(tmp_path, stock.card(other, 3, SHARD_TOKENS))


def written(folder: Path, numbers: range) -> None:
    for number in numbers:
        (folder / f"{number:06d}.npz").touch()


def read(reader: stock.Reader, count: int) -> list[int]:
    found = []
    for _ in range(count):
        path = reader.next_path()
        reader.times[reader.place(path)] = reader.times.get(reader.place(path), 0) + 1
        found.append(int(path.stem))
    return found


def test_what_is_new_comes_first_and_nothing_is_waited_for(tmp_path: Path) -> None:
    written(tmp_path, range(2))
    reader = stock.Reader(tmp_path, 0, 1, {})
    assert read(reader, 3) == [0, 1, 0]
    written(tmp_path, range(2, 4))
    assert read(reader, 3) == [2, 3, 1]
    again = stock.Reader(tmp_path, 0, 1, dict(reader.times))
    assert read(again, 2) == [2, 3]


def test_several_readers_share_a_stock(tmp_path: Path) -> None:
    written(tmp_path, range(6))
    taken = [read(stock.Reader(tmp_path, rank, 2, {}), 3) for rank in range(2)]
    assert taken == [[0, 2, 4], [1, 3, 5]]


def test_a_reader_gives_whole_shards(tmp_path: Path) -> None:
    expected = made(tmp_path / "stock", 2)
    reader = stock.Reader(tmp_path / "stock", 0, 1, {})
    assert [shard.ids.tolist() for shard in islice(reader, 3)] == expected
