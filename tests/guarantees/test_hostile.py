"""A hostile model behind every door: nothing invalid leaves as a success. More cases: `benchmarks/guarantee.py`."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.guarantee import BROKEN, cases, run
from tests.api.conftest import Serve
from tests.api.plain import request

DEEP = "[" * 3000 + "]" * 3000


async def test_no_invalid_success_reaches_a_client(tmp_path: Path) -> None:
    report = await run(tmp_path, seed=7, number=240)
    assert report.faults == []
    assert {"asked again", "escalated", "failed", "extracted or trimmed"} <= set(report.stages)
    assert len(report.doors) == 6


def test_the_cases_hold_every_kind() -> None:
    assert set(BROKEN) <= {kind for case in cases(1, 3000) for kind in case.kinds}
    assert cases(3, 50) == cases(3, 50)


@pytest.mark.parametrize("arguments", [f'{{"a": {DEEP}}}', "{", "[]"])
@pytest.mark.parametrize("is_streamed", [False, True])
def test_calls_that_are_not_strict_and_no_objects_are_no_server_error(
    serve: Serve, arguments: str, is_streamed: bool
) -> None:
    server = serve({"calls": [{"name": "f", "arguments": arguments}]})
    asked = [{"role": "user", "content": "x"}]
    common: dict[str, Any] = {"model": "nano", "messages": asked, "stream": is_streamed}
    chat_tools = [{"type": "function", "function": {"name": "f"}}]
    chat = request(server, "POST", "/v1/chat/completions", {**common, "tools": chat_tools})
    assert chat.status == 200
    tools = [{"name": "f", "input_schema": {"type": "object"}}]
    messages = request(server, "POST", "/v1/messages", {**common, "max_tokens": 9, "tools": tools})
    assert (messages.status == 502) or (is_streamed and b'"output_invalid"' in messages.body)
    contents = {"contents": [{"parts": [{"text": "x"}]}], "tools": [{"functionDeclarations": [{"name": "f"}]}]}
    verb = "streamGenerateContent" if is_streamed else "generateContent"
    gemini = request(server, "POST", f"/v1beta/models/nano:{verb}", contents)
    assert gemini.status == 200
    assert b"MALFORMED_FUNCTION_CALL" in gemini.body
