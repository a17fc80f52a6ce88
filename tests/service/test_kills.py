"""Background responses outlive their server process: killed at random moments, nothing is lost, repeated or changed."""

from pathlib import Path

import pytest

from benchmarks.kill_effects import noting
from benchmarks.kills import report, run

NUM_KILLS = 25
NUM_KILLS_WITH_EFFECTS = 10


@pytest.mark.timeout(900)
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
async def test_nothing_is_lost_repeated_or_changed_when_the_server_is_killed(
    tmp_path: Path, database: str, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("postgres_url") if database == "postgres" else ""
    findings = await run(tmp_path, NUM_KILLS, seed=7, store_url=url)
    said = report(findings, NUM_KILLS, 0.0)
    assert not findings.wrong, said
    assert sum(findings.statuses.values()) == len(findings.acknowledged) > NUM_KILLS, said
    assert findings.statuses["completed"] > 0, said
    assert findings.num_under_way > 0, said
    assert findings.num_streams > 0, said


@pytest.mark.timeout(900)
async def test_no_effect_of_a_tool_is_lost_or_repeated_when_the_server_is_killed(tmp_path: Path) -> None:
    with noting(tmp_path) as notes:
        findings = await run(tmp_path, NUM_KILLS_WITH_EFFECTS, seed=11, notes=notes)
    said = report(findings, NUM_KILLS_WITH_EFFECTS, 0.0)
    assert not findings.wrong, said
    assert sum(findings.statuses.values()) == len(findings.acknowledged) > NUM_KILLS_WITH_EFFECTS, said
    assert findings.statuses["completed"] > 0, said
    assert findings.told is not None
    assert findings.told.num_made > NUM_KILLS_WITH_EFFECTS, said
    assert findings.num_under_way > 0, said
