"""Stored responses: what was acknowledged is there, to its owner only, within the limits of retention."""

from pathlib import Path

import msgspec

from tercet.clock import now_s
from tercet.items import Message, ModelRequest, TextPart, ToolCall, ToolDefinition
from tercet.records import ResponseRecord
from tercet.store.contents import Contents
from tercet.store.database import Database
from tercet.store.local import SqlStore
from tercet.store.secrets import SecretKey


def record(response_id: str, **changes: object) -> ResponseRecord:
    plain = ResponseRecord(
        id=response_id,
        owner="ann",
        created_at=now_s(),
        model="nano",
        request=ModelRequest(
            items=(Message("user", (TextPart("hé"),)),),
            tools=(ToolDefinition("f", "does", {"type": "object", "properties": {"a": {"enum": [1, None, "x"]}}}),),
        ),
        output=(ToolCall("call_1", "f", '{"a":1}'),),
    )
    return msgspec.structs.replace(plain, **changes)


async def test_a_record_comes_back_as_it_was_and_only_to_its_owner(store: SqlStore) -> None:
    kept = record("resp_1")
    await store.responses.put(kept)
    assert await store.responses.get("resp_1", "ann") == kept
    assert await store.responses.get("resp_1", "bob") is None
    assert not await store.responses.delete("resp_1", "bob")
    assert await store.responses.delete("resp_1", "ann")
    assert await store.responses.get("resp_1", "ann") is None


async def test_a_chain_is_whole_or_nothing(store: SqlStore) -> None:
    await store.responses.put(record("a"))
    await store.responses.put(record("b", previous_id="a"))
    await store.responses.put(record("c", previous_id="b"))
    assert [found.id for found in await store.responses.chain("c", "ann") or []] == ["a", "b", "c"]
    assert await store.responses.chain("c", "bob") is None
    await store.responses.delete("a", "ann")
    assert await store.responses.chain("c", "ann") is None


async def test_retention_deletes_by_age_and_by_number(database: Database, contents: Contents, tmp_path: Path) -> None:
    store = SqlStore(database, contents, SecretKey(tmp_path / "secret.key"), retention_days=1, max_responses=3)
    await store.responses.put(record("old", created_at=now_s() - 2 * 86_400))
    for number in range(5):
        await store.responses.put(record(f"new_{number}", created_at=now_s() - number))
    assert await store.responses.purge() == 3
    kept = [number for number in range(5) if await store.responses.get(f"new_{number}", "ann")]
    assert kept == [0, 1, 2]
