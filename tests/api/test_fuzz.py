"""`schemathesis` against the running server: whatever `/openapi.json` allows, and near misses of it, is no 500.

What is answered has a status and a form that the description knows. Seeded, so that a failure comes again; more
examples are a matter of `TERCET_FUZZ_EXAMPLES`.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import Server
from tests.api.plain import request
from tests.support import scripted_service

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
NUM_EXAMPLES = os.environ.get("TERCET_FUZZ_EXAMPLES", "3")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server whose model always has the same to say."""
    server = Server(scripted_service(tmp_path, {"text": '{"said": "hello"}'}))
    yield server
    server.stop()


def _aimed(document: dict[str, Any]) -> dict[str, Any]:
    """Return the description with the one model that answers, so that requests get past its name."""
    for path, methods in document["paths"].items():
        for shown in methods.values():
            for parameter in shown.get("parameters", ()):
                if parameter["name"] == "model" and ":" in path:
                    parameter["schema"] = {"enum": ["nano"]}
    for schema in document["components"]["schemas"].values():
        if schema.get("additionalProperties") is False and "model" in schema.get("properties", {}):
            schema["properties"]["model"] = {"enum": ["nano"]}
    return document


@pytest.mark.timeout(600)
def test_nothing_that_the_description_allows_is_a_server_error(server: Server, tmp_path: Path) -> None:
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(_aimed(request(server, "GET", "/openapi.json").json)), encoding="utf-8")
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", str(document), "--url", server.url]
    command += ["--phases", "fuzzing", "--max-examples", NUM_EXAMPLES, "--seed", "1", "--checks", CHECKS]
    command += ["--generation-database", "none", "--workers", "2", "--continue-on-failure", "--no-color"]
    command += ["--suppress-health-check", "all", "--request-timeout", "60"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=580)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert "generated" in done.stdout
