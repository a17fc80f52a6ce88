"""Conversations in the store: ordered, owned, extended together with responses, forgotten in time."""

import msgspec
import pytest

from tercet.errors import InvalidRequest, NotFound
from tercet.items import Compaction, Entry, Message, ModelRequest, TextPart
from tercet.records import ConversationRecord, ResponseRecord
from tercet.store import conversations
from tercet.store.filing import Page
from tercet.store.local import SqlStore

CONVERSATION = ConversationRecord("conv_1", "ann", 1000, {"k": "v"})


def said(name: str, text: str = "x") -> Message:
    return Message("user", (TextPart(text),), name)


async def test_what_is_kept_comes_back_in_order(store: SqlStore) -> None:
    first: list[Entry] = [said("a"), Compaction("short", (said("k"),), 3, "cmp"), said("b")]
    await store.conversations.add(CONVERSATION, first)
    assert await store.conversations.get("conv_1", "ann") == CONVERSATION
    assert await store.conversations.append("conv_1", "ann", [said("c")])
    assert await store.conversations.items("conv_1", "ann") == [*first, said("c")]
    assert await store.conversations.items("conv_1", "ann", Page(2, after="c")) == [said("b"), first[1]]
    assert await store.conversations.items("conv_1", "ann", Page(9, "b", is_ascending=True)) == [said("c")]
    with pytest.raises(NotFound):
        await store.conversations.items("conv_1", "ann", Page(9, "nobody"))
    with pytest.raises(InvalidRequest, match="'b'"):
        await store.conversations.append("conv_1", "ann", [said("d"), said("b")])
    assert len(await store.conversations.items("conv_1", "ann") or ()) == 4


async def test_nobody_else_reads_or_changes_it(store: SqlStore) -> None:
    await store.conversations.add(CONVERSATION, [said("a")])
    assert await store.conversations.get("conv_1", "bob") is None
    assert await store.conversations.items("conv_1", "bob") is None
    assert await store.conversations.item("conv_1", "bob", "a") is None
    assert not await store.conversations.append("conv_1", "bob", [said("b")])
    assert not await store.conversations.remove_item("conv_1", "bob", "a")
    assert not await store.conversations.change(msgspec.structs.replace(CONVERSATION, owner="bob"))
    assert not await store.conversations.delete("conv_1", "bob")
    assert await store.conversations.items("conv_1", "ann") == [said("a")]


async def test_a_response_that_ends_well_extends_it_with_its_record(store: SqlStore) -> None:
    await store.conversations.add(CONVERSATION)
    record = ResponseRecord(
        "resp_1", "ann", 1, "nano", ModelRequest(()), (said("in"),), conversation_id="conv_1", output=(said("out"),)
    )
    for status in ("failed", "cancelled"):
        await store.responses.put(msgspec.structs.replace(record, status=status))
    assert await store.conversations.items("conv_1", "ann") == []
    await store.responses.put(msgspec.structs.replace(record, status="completed", is_stored=False))
    assert await store.conversations.items("conv_1", "ann") == [said("in"), said("out")]
    await store.conversations.delete("conv_1", "ann")
    await store.responses.put(msgspec.structs.replace(record, status="completed"))
    assert await store.responses.get("resp_1", "ann") is not None
    assert await store.conversations.items("conv_1", "ann") is None


async def test_what_nobody_used_for_too_long_is_forgotten(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    day = 86_400
    monkeypatch.setattr(conversations, "now_s", lambda: 1000)
    await store.conversations.add(CONVERSATION, [said("a")])
    await store.conversations.add(ConversationRecord("conv_2", "ann", 1000))
    monkeypatch.setattr(conversations, "now_s", lambda: 20 * day)
    await store.conversations.append("conv_1", "ann", [said("b")])
    monkeypatch.setattr(conversations, "now_s", lambda: 40 * day)
    assert await store.conversations.purge() == 1
    assert await store.conversations.get("conv_2", "ann") is None
    assert len(await store.conversations.items("conv_1", "ann") or ()) == 2
    count = "SELECT COUNT(*) FROM conversation_items"
    await store.conversations.delete("conv_1", "ann")
    assert await store.database.read(lambda connection: connection.execute(count).fetchone()[0]) == 0
