"""Forks of sessions with a workspace: it is there as it was, at each step; what was not kept is refused by name."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tercet.errors import InvalidRequest, RunConflict
from tercet.sandbox import confinement
from tercet.service.sessions import SessionChanges, Sessions
from tercet.service.sessions import snapshots as kept
from tercet.sessions.agents import AgentSpec
from tercet.sessions.environments import Hosted
from tercet.sessions.turns import SessionItem, SessionRecord
from tercet.store.files import SqlFiles
from tercet.store.filing import Page
from tests.service.sessions.harness import (
    OWNER,
    Host,
    begun,
    call,
    calls,
    idle,
    items,
    running,
    said,
    tell,
    until,
)
from tests.service.sessions.harness import (
    kept as kept_events,
)

SPEC = AgentSpec("nano")
ALL = Page(1000, is_ascending=True)
LIST = "find . -not -name .keep | sort; cat a b 2>/dev/null; readlink l; stat -c %a x 2>/dev/null; true"
STEPS = (
    {"when": "^work$", "turn": 0, "calls": [call("shell", command="echo one > a; mkdir -p d/e; ln -s a l")]},
    {"turn": 1, "calls": [call("shell", command="echo two >> a; echo b > b; printf '#!/bin/sh' > x; chmod 751 x")]},
    {"turn": 2, "calls": [call("shell", command="rm a; rmdir d/e; rm l; ln -s b l")]},
    {"turn": 3, "text": "Done."},
)
LOOK = {"when": "^look$", "turn": 0, "calls": [call("shell", command=LIST)]}


FOUND = {"when": r"\./outputs", "text": "Seen."}


@pytest.fixture(autouse=True)
async def sandbox() -> None:
    found = await confinement()
    if found.kind is None:
        pytest.skip(f"nothing confines code here: {found.reason}")


def folder(tmp_path: Path) -> dict[str, Any]:
    return {"environment_folder": tmp_path / "environments"}


async def looked(sessions: Sessions, fork: SessionRecord) -> str:
    """Return what the fork's agent finds in its workspace."""
    before = len(await items(sessions, fork.id))
    await tell(sessions, fork.id, "look")
    await until(sessions, fork.id, lambda r: r.status == "idle" and r.usage.output_tokens > 0)
    found = (await items(sessions, fork.id))[before:]
    (one,) = calls(found)
    assert one.error is None
    return str(one.output).partition('"stdout":"')[2].partition('"')[0].replace("\\n", " ")


def numbers_of_calls(found: Sequence[SessionItem]) -> list[int]:
    return [item.number for item in found if calls([item])]


SEEN = {
    0: ". ./made ./outputs",
    1: ". ./a ./d ./d/e ./l ./made ./outputs one a",
    2: ". ./a ./b ./d ./d/e ./l ./made ./outputs ./x one two b a 751",
    3: ". ./b ./d ./l ./made ./outputs ./x b b 751",
}


async def test_a_fork_at_each_step_has_the_workspace_of_that_step(tmp_path: Path) -> None:
    lines = (FOUND, LOOK, *STEPS)
    async with running(tmp_path, *lines, **folder(tmp_path)) as sessions:
        session = await begun(sessions, SPEC, "work", environment=Hosted(setup_commands=("echo set > made",)))
        await idle(sessions, session.id)
        found = await items(sessions, session.id)
        replayed = await kept_events(sessions, session.id)
        places = [*numbers_of_calls(found), len(found)]
        for step, place in enumerate(places):
            fork = await sessions.fork(session.id, OWNER, place)
            assert fork.environment_id not in (None, session.environment_id)
            assert (await looked(sessions, fork)).strip() == SEEN[step], place
            assert [i.id for i in await items(sessions, fork.id)][:place] == [i.id for i in found][:place]
        assert await kept_events(sessions, session.id) == replayed
        assert await items(sessions, session.id) == found
        first = await sessions.fork(session.id, OWNER, 0)
        assert (await looked(sessions, first)).strip() == SEEN[0], "before the first message nothing was done"


async def test_forks_of_forks_outlive_their_parents_and_share_contents(tmp_path: Path) -> None:
    lines = (FOUND, LOOK, *STEPS)
    async with running(tmp_path, *lines, **folder(tmp_path)) as sessions:
        session = await begun(sessions, SPEC, "work", environment=Hosted())
        await idle(sessions, session.id)
        places = numbers_of_calls(await items(sessions, session.id))
        fork = await sessions.fork(session.id, OWNER, places[2])
        second = await sessions.fork(fork.id, OWNER, places[1])
        await sessions.delete(session.id, OWNER)
        await sessions.delete(fork.id, OWNER)
        await sessions.purge()
        assert "./a ./d ./d/e ./l" in await looked(sessions, second)
        third = await sessions.fork(second.id, OWNER, len(await items(sessions, second.id)))
        await sessions.delete(second.id, OWNER)
        assert "./a ./d ./d/e ./l" in await looked(sessions, third)
        assert await kept_contents(sessions)
        await sessions.delete(third.id, OWNER)
        await sessions.purge()
        await sessions._files.purge()
        assert not await kept_contents(sessions), "nothing is left behind"


async def test_a_place_that_was_not_kept_is_refused_by_name(tmp_path: Path) -> None:
    both = [call("shell", command="echo 1 > one"), call("shell", command="echo 2 > two")]
    lines = ({"turn": 0, "calls": both}, {"turn": 1, "text": "Done."})
    async with running(tmp_path, *lines, **folder(tmp_path)) as sessions:
        session = await begun(sessions, SPEC, environment=Hosted())
        await idle(sessions, session.id)
        first, second = numbers_of_calls(await items(sessions, session.id))
        await sessions.fork(session.id, OWNER, first)
        with pytest.raises(
            RunConflict, match=rf"before item {second}; it was before items {first}, {second + 1}\."
        ) as no:
            await sessions.fork(session.id, OWNER, second)
        assert (no.value.code, no.value.param) == ("no_snapshot", "item")
        with pytest.raises(InvalidRequest):
            await sessions.fork(session.id, OWNER, 99)


async def test_what_is_too_much_is_not_kept_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MAX_CHANGED", 1000)
    lines = (
        FOUND,
        {"when": "^work$", "turn": 0, "calls": [call("shell", command="head -c 5000 /dev/zero > big")]},
        {"when": "stdout", "turn": 1, "calls": [call("shell", command="rm big; echo small > small")]},
        LOOK,
        {"text": "Done."},
    )
    async with running(tmp_path, *lines, **folder(tmp_path)) as sessions:
        session = await begun(sessions, SPEC, "work", environment=Hosted())
        await idle(sessions, session.id)
        _, second = numbers_of_calls(await items(sessions, session.id))
        with pytest.raises(RunConflict, match="more than 1,000 bytes had changed at once"):
            await sessions.fork(session.id, OWNER, second)
        fork = await sessions.fork(session.id, OWNER, second + 1)
        assert "./small" in await looked(sessions, fork)


async def test_a_name_that_is_no_text_is_not_kept_and_harms_nothing(tmp_path: Path) -> None:
    lines = (
        {"when": "^work$", "turn": 0, "calls": [call("shell", command="touch \"$(printf 'a\\377b')\"")]},
        {"text": "Done."},
    )
    async with running(tmp_path, *lines, **folder(tmp_path)) as sessions:
        session = await begun(sessions, SPEC, "work", environment=Hosted())
        await idle(sessions, session.id)
        found = await items(sessions, session.id)
        assert said(found)[-1] == "Done."
        with pytest.raises(RunConflict, match="is not UTF-8"):
            await sessions.fork(session.id, OWNER, len(found))


async def kept_contents(sessions: Sessions) -> Sequence[str]:
    """Return the digests of all contents that the store has."""
    assert isinstance(sessions._files, SqlFiles)
    return await sessions._files._contents.digests()


async def sizes_of(sessions: Sessions) -> list[int]:
    """Return the sizes of the contents that are kept."""
    digests = await kept_contents(sessions)
    return [sum([len(chunk) async for chunk in sessions._files.read(digest)]) for digest in digests]


async def test_only_what_changed_is_kept_also_after_a_restart(tmp_path: Path) -> None:
    lines = (
        {"when": "^work$", "turn": 0, "calls": [call("shell", command="for i in $(seq 200); do seq 500 > f$i; done")]},
        {"when": "^touch$", "turn": 0, "calls": [call("shell", command="echo x >> f7; sleep 0.1")]},
        LOOK,
        {"text": "Done."},
    )
    host = Host(tmp_path, *lines, **folder(tmp_path))
    await host.sessions.start()
    session = await begun(host.sessions, SPEC, "work", environment=Hosted())
    await idle(host.sessions, session.id)
    known = await sizes_of(host.sessions)
    await host.close()
    async with running(tmp_path, *lines, **folder(tmp_path)) as sessions:
        before = (await idle(sessions, session.id)).usage.output_tokens
        await tell(sessions, session.id, "touch")
        await until(sessions, session.id, lambda r: r.status == "idle" and r.usage.output_tokens > before)
        after = await sizes_of(sessions)
        assert len(after) == len(known) + 1
        assert sum(after) - sum(known) == 1892 + 2, "the one file that changed"
        fork = await sessions.fork(session.id, OWNER, len(await items(sessions, session.id)))
        assert "./f199" in await looked(sessions, fork)


async def test_a_fork_goes_on_at_once_on_another_tier_in_its_own_workspace(tmp_path: Path) -> None:
    lines = (
        {"when": "^work$", "turn": 0, "calls": [call("shell", command="echo one > a")]},
        {"turn": 1, "calls": [call("shell", command="echo two >> a; cat a")]},
        {"turn": 2, "text": "Done."},
    )
    async with running(tmp_path, *lines, **folder(tmp_path)) as sessions:
        session = await begun(sessions, SPEC, "work", environment=Hosted())
        await idle(sessions, session.id)
        _, second = numbers_of_calls(await items(sessions, session.id))
        spec = AgentSpec("nano", instructions="Anew.")
        fork = await sessions.fork(session.id, OWNER, second, SessionChanges(spec=spec), goes_on=True)
        await idle(sessions, fork.id)
        found = await items(sessions, fork.id)
        assert said(found)[-1] == "Done."
        assert fork.environment_id is not None
        assert session.environment_id is not None
        assert (await sessions.workspace(fork.environment_id, OWNER)).read("a") == b"one\ntwo\n"
        assert (await sessions.workspace(session.environment_id, OWNER)).read("a") == b"one\ntwo\n"
