"""Kills while files are read in and while a response searches: all of it ends, nothing finished is done again."""

import contextlib
import random
import sqlite3
import time
from pathlib import Path

from openai import OpenAI

from tests.api.process import prepare, serving
from tests.api.vectors import give
from tests.cli.command import free_port

NUM_FILES = 3
NUM_KILLS = 3
LOOK = {"name": "file_search", "arguments": {"query": "walrus"}}
SCRIPT = (
    {"turn": 0, "calls": [LOOK], "delay_ms": 100},
    {"turn": 1, "calls": [LOOK], "delay_ms": 300},
    {"text": "The walrus sleeps on the ice.", "delay_ms": 100},
)


def rows(folder: Path, statement: str) -> list[tuple[int | str, ...]]:
    with contextlib.closing(sqlite3.connect(folder / "home" / "tercet.db")) as connection:
        return connection.execute(statement).fetchall()


def words(number: int) -> str:
    dice = random.Random(number)
    body = " ".join(dice.choice(["ice", "sea", "walrus", "boat", "north", "wind"]) for _ in range(9_000))
    return f"Report {number}. Its word is zebra{number}. {body}"


def test_reading_goes_on_after_kills(tmp_path: Path) -> None:
    prepare(tmp_path, {"text": "hello"})
    dice = random.Random(7)
    port = free_port()
    with OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="none", max_retries=0, timeout=60) as client:
        with serving(tmp_path, port):
            ids = [give(client, f"{number}.txt", words(number)) for number in range(NUM_FILES)]
            store_id = client.vector_stores.create(file_ids=ids).id
            time.sleep(dice.uniform(0.2, 1.0))
        for _ in range(NUM_KILLS - 1):
            kept = len(rows(tmp_path, "SELECT number FROM vector_chunks"))
            with serving(tmp_path, port):
                time.sleep(dice.uniform(0.5, 1.5))
            assert len(rows(tmp_path, "SELECT number FROM vector_chunks")) >= kept
        with serving(tmp_path, port):
            deadline = time.monotonic() + 100
            while client.vector_stores.retrieve(store_id).status != "completed":
                assert time.monotonic() < deadline, client.vector_stores.retrieve(store_id)
                time.sleep(0.2)
            store = client.vector_stores.retrieve(store_id)
            assert store.file_counts.completed == NUM_FILES
            for number, file_id in enumerate(ids):
                texts = [
                    part.text or "" for part in client.vector_stores.files.content(file_id, vector_store_id=store_id)
                ]
                assert texts[0].startswith(f"Report {number}.")
                assert len(set(texts)) == len(texts) > 20
            found = client.vector_stores.search(store_id, query="zebra2", max_num_results=3).data
            assert found[0].filename == "2.txt"
    doubled = rows(tmp_path, "SELECT file_number FROM vector_chunks GROUP BY file_number, position HAVING COUNT(*) > 1")
    assert doubled == []


def test_a_search_that_was_made_is_not_made_again(tmp_path: Path) -> None:
    prepare(tmp_path, *SCRIPT)
    port = free_port()
    with OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="none", max_retries=0, timeout=60) as client:
        with serving(tmp_path, port):
            store = client.vector_stores.create()
            file_id = give(client, "walrus.txt", "The walrus sleeps on the ice of the north.")
            client.vector_stores.files.create_and_poll(file_id, vector_store_id=store.id, poll_interval_ms=50)
            response = client.responses.create(
                model="nano",
                input="where?",
                background=True,
                tools=[{"type": "file_search", "vector_store_ids": [store.id]}],
            )
            deadline = time.monotonic() + 60
            while not rows(tmp_path, "SELECT 1 FROM steps WHERE kind = 'file_search' AND ended_at IS NOT NULL"):
                assert time.monotonic() < deadline
                time.sleep(0.02)
        before = rows(tmp_path, "SELECT number, ended_at FROM steps WHERE ended_at IS NOT NULL ORDER BY number")
        with serving(tmp_path, port):
            with client.responses.stream(response_id=response.id) as stream:
                done = stream.get_final_response()
            assert done.status == "completed"
            assert [item.type for item in done.output] == ["file_search_call", "file_search_call", "message"]
    after = rows(tmp_path, "SELECT number, ended_at FROM steps ORDER BY number")
    assert after[: len(before)] == before
    assert len(after) == 5
    assert len(rows(tmp_path, "SELECT number FROM ledger")) == 3
