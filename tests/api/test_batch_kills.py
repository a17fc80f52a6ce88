"""A batch whose server is killed, again and again: every line answered once, and no finished one asked again."""

import contextlib
import json
import random
import sqlite3
import time
from pathlib import Path

import msgspec
from openai import OpenAI

from tercet.service.batch_lines import Outcome
from tercet.service.batch_work import MAX_LINES_AT_ONCE
from tests.api.process import prepare, serving
from tests.cli.command import free_port

NUM_LINES = 80
NUM_KILLS = 3
read_outcome = msgspec.msgpack.Decoder(Outcome).decode


def journaled(folder: Path) -> dict[str, str]:
    """Return the custom ids of the lines whose outcome is on disk, with the ids that their answers have."""
    with contextlib.closing(sqlite3.connect(folder / "home" / "tercet.db")) as connection:
        rows = connection.execute(
            "SELECT COALESCE(outcome, payload) FROM steps LEFT JOIN blobs ON hash = long_outcome"
            " WHERE ended_at IS NOT NULL"
        ).fetchall()
    return {outcome.custom_id: outcome.id for outcome in (read_outcome(row[0]) for row in rows)}


def num_asked(folder: Path) -> int:
    """Return how often a model answered."""
    with contextlib.closing(sqlite3.connect(folder / "home" / "tercet.db")) as connection:
        return int(connection.execute("SELECT COUNT(*) FROM ledger").fetchone()[0])


def begin(client: OpenAI) -> str:
    body = {"model": "nano", "messages": [{"role": "user", "content": "go"}]}
    entry = {"method": "POST", "url": "/v1/chat/completions", "body": body}
    lines = [json.dumps({"custom_id": f"line-{number}", **entry}) for number in range(NUM_LINES)]
    file = client.files.create(file=("in.jsonl", "\n".join(lines).encode()), purpose="batch")
    batch = client.batches.create(input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h")
    return batch.id


def test_a_killed_batch_goes_on_where_it_stood(tmp_path: Path) -> None:
    prepare(tmp_path, {"text": "one two three four", "delay_ms": 60})
    dice = random.Random(5)
    port = free_port()
    client = OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="none", max_retries=0)
    known: dict[str, str] = {}
    with client:
        with serving(tmp_path, port):
            batch_id = begin(client)
            time.sleep(dice.uniform(0.3, 0.8))
        for _ in range(NUM_KILLS - 1):
            known = grown(known, tmp_path)
            with serving(tmp_path, port):
                wait_for_progress(tmp_path, len(known))
                time.sleep(dice.uniform(0, 0.3))
        known = grown(known, tmp_path)
        assert 0 < len(known) < NUM_LINES, "killed in the middle"
        with serving(tmp_path, port):
            while (batch := client.batches.retrieve(batch_id)).status != "completed":
                assert batch.status in ("validating", "in_progress", "finalizing")
                time.sleep(0.1)
            assert batch.error_file_id is None
            answers = [json.loads(text) for text in client.files.content(str(batch.output_file_id)).text.splitlines()]
    assert [answer["custom_id"] for answer in answers] == [f"line-{number}" for number in range(NUM_LINES)]
    assert {answer["response"]["body"]["choices"][0]["message"]["content"] for answer in answers} == {
        "one two three four"
    }
    assert batch.request_counts is not None
    assert batch.request_counts.to_dict() == {"total": NUM_LINES, "completed": NUM_LINES, "failed": 0}
    final = {answer["custom_id"]: answer["id"] for answer in answers}
    assert {custom_id: final[custom_id] for custom_id in known} == known, "what was answered stays answered"
    assert num_asked(tmp_path) <= NUM_LINES + NUM_KILLS * MAX_LINES_AT_ONCE, "only lines under way are asked again"


def grown(known: dict[str, str], folder: Path) -> dict[str, str]:
    """Return what is journaled now, which holds all that was before."""
    now = journaled(folder)
    assert {custom_id: now.get(custom_id) for custom_id in known} == known
    return now


def wait_for_progress(folder: Path, num_known: int) -> None:
    """Return when more lines are done than before; the killed holder's lease has to run out first."""
    for _ in range(300):
        if len(journaled(folder)) > num_known:
            return
        time.sleep(0.05)
    raise AssertionError("the batch does not go on")
