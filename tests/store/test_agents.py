"""What sessions are made from, in both databases: rows by owner, sealed secrets, occurrences that become one row."""

import asyncio
from pathlib import Path

from tercet.clock import now_ms, now_s
from tercet.service.automations_schedule import occur
from tercet.sessions.agents import AgentRecord, AgentSpec
from tercet.sessions.automations import AutomationRecord, ExistingSession, Periodic
from tercet.sessions.environments import Hosted, SeedFile, TemplateRecord
from tercet.sessions.vaults import CredentialRecord, Secrets, StaticBearer, VaultRecord
from tercet.store.agents_tables import AgentTables
from tercet.store.filing import Page
from tercet.store.local import SqlStore
from tercet.store.secrets import SecretKey
from tests.store.conftest import Open

ALL = Page(100, is_ascending=True)


async def test_records_are_kept_by_owner_and_listed_in_order(store: SqlStore) -> None:
    agents = store.agent_tables.agents
    for number in range(5):
        await agents.add(
            AgentRecord(f"agent_{number}", "o", 1, 1, AgentSpec("nano"), metadata={"odd": str(number % 2)})
        )
    await agents.add(AgentRecord("agent_x", "other", 1, 1, AgentSpec("nano")))
    found = await agents.list("o", Page(2, "agent_3"), lambda record: record.metadata["odd"] == "0")
    assert [record.id for record in found] == ["agent_2", "agent_0"]
    assert await agents.get("agent_x", "o") is None
    assert not await agents.delete("agent_x", "o")
    assert [record.id for record in await agents.list("o", ALL)] == [f"agent_{number}" for number in range(5)]


async def test_secrets_are_sealed_and_rotated(store: SqlStore) -> None:
    tables = store.agent_tables
    await tables.vaults.add(VaultRecord("vault_1", "o", 1))
    record = CredentialRecord("cred_1", "o", "vault_1", 1, 1, "c", StaticBearer("https://a.example.com"))
    assert await tables.credentials.add_to_vault(record, Secrets("PLAIN"), 1)
    assert not await tables.credentials.add_to_vault(record, Secrets("PLAIN"), 1)
    payload = await store.database.read(
        lambda connection: connection.execute("SELECT secrets FROM vault_credentials").fetchone()[0]
    )
    assert b"PLAIN" not in bytes(payload)
    await tables.credentials.rotate("cred_1", "o", lambda old: old, lambda _: Secrets("NEW"))
    assert [secrets.value for _, secrets in await tables.credentials.with_secrets("o", ("vault_1",))] == ["NEW"]
    assert await tables.credentials.with_secrets("other", ("vault_1",)) == []
    await tables.check()
    await tables.vaults.delete("vault_1", "o")
    assert await tables.credentials.with_secrets("o", ("vault_1",)) == []


async def test_a_content_lives_as_long_as_something_needs_it(store: SqlStore) -> None:
    tables = store.agent_tables
    async with store.files.receive() as content:
        await content.write(b"seed")
        await tables.seeds.stage([content], "staged:1")
    await tables.templates.add(
        TemplateRecord("t", "o", 1, 1, Hosted(files=(SeedFile("/workspace/a", digest=content.digest, size=4),)))
    )
    await store.database.write(lambda connection: connection.execute("UPDATE seed_contents SET ends_at = 1").rowcount)
    await tables.templates.change("t", "o", lambda old: old)
    await tables.purge()
    await store.files.purge()
    assert b"".join([chunk async for chunk in store.files.read(content.digest)]) == b"seed"


async def test_an_occurrence_becomes_one_invocation_and_is_held_by_one(
    store: SqlStore, open_database: Open, tmp_path: Path
) -> None:
    tables = store.agent_tables
    other = open_database()
    others = AgentTables(other, store.files, SecretKey(tmp_path / "secret.key"))
    for number in range(20):
        schedule, target = Periodic("0 0 * * *", "UTC"), ExistingSession("s", "go")
        await tables.automations.add(
            AutomationRecord(f"auto_{number}", "o", 1, "n", schedule, target, due_at=now_s() - 5)
        )
    made = await asyncio.gather(*(each.automations.occur(now_s(), occur, 4) for each in (tables, others) * 8))
    ids = [invocation.automation_id for some in made for invocation in some]
    assert len(ids) == len(set(ids))
    while some := await tables.automations.occur(now_s(), occur, 20):
        ids += [invocation.automation_id for invocation in some]
    assert sorted(ids) == sorted({f"auto_{number}" for number in range(20)})
    first = await tables.invocations.claim(now_ms(), 0)
    assert first is not None
    await asyncio.sleep(0.01)
    second = await others.invocations.claim(now_ms(), 60_000)
    assert second is not None
    assert second.invocation.id == first.invocation.id
    assert not await tables.invocations.finish(first, first.invocation)
    assert await others.invocations.finish(second, second.invocation)
    await other.close()
