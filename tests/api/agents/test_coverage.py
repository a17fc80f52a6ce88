"""What the list of methods says is so: each of them reaches a route of a running server. The page says the same."""

import importlib.util
from pathlib import Path
from types import ModuleType

import httpx2
import pytest

from tests.api.conftest import Serve

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def coverage() -> ModuleType:
    spec = importlib.util.spec_from_file_location("agents_coverage", ROOT / "scripts" / "agents_coverage.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_method_of_the_client_is_served(coverage: ModuleType, serve: Serve) -> None:
    server = serve()
    verdicts = {name: verdict for name, _, verdict in coverage.rows()}
    assert len(verdicts) > 55
    sent = [(name, method, path) for name, method, path in coverage.methods() if method]
    assert {verdicts[name] for name, _, _ in sent} == {"served"}
    for name, method, path in sent:
        answer = httpx2.request(method, server.url + path, headers={"OpenAI-Beta": "agents=v1"}, json={}, timeout=20)
        code = answer.json().get("error", {}).get("code")
        assert code not in ("unknown_url", "not_served"), name
        assert answer.status_code != 405, name


def test_the_page_is_up_to_date(coverage: ModuleType) -> None:
    page = (ROOT / "docs" / "agents_api.md").read_text(encoding="utf-8")
    assert coverage.table_text() in page, "put the output of scripts/agents_coverage.py into docs/agents_api.md"
