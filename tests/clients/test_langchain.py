"""`langchain-openai` through Chat Completions and through Responses: LangChain's own standard suite.

The suite decides what is asked. `SKIPPED` says what of it does not run and why: a test that skips itself without
being listed fails (`conftest.py`), and so does a list that differs from the one in `docs/clients.md`.
"""

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
from langchain_core.language_models import BaseChatModel
from langchain_openai import ChatOpenAI
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests
from openai import DefaultAsyncHttpxClient

from tests.api.conftest import Server
from tests.pdfs import pdf
from tests.support import scripted_service

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
"""What the client says of its own deprecated forms, all of which the suite tries."""
DOCUMENT = Path(__file__).parents[2] / "docs" / "clients.md"
JOKE = {"setup": "Why did the cat sit on the computer?", "punchline": "To keep an eye on the mouse."}
SCRIPT: tuple[dict[str, Any], ...] = (
    {"when": r"magic_function_no_args\(\)", "calls": [{"name": "magic_function_no_args"}]},
    {"when": r"magic_function\(3\)|^Hello!$", "calls": [{"name": "magic_function", "arguments": {"input": 3}}]},
    {"when": "Pirate", "calls": [{"name": "greeting_generator", "arguments": {"answer_style": "Pirate"}}]},
    {"when": r"What is 3 \+ 4", "calls": [{"name": "my_adder_tool", "arguments": {"a": 3, "b": 4}}]},
    {"when": "San Francisco", "calls": [{"name": "get_weather", "arguments": {"location": "San Francisco, CA"}}]},
    {
        "when": "你好",
        "calls": [{"name": "unicode_customer", "arguments": {"customer_name": "你好", "description": "c"}}],
    },
    {
        "when": "こん",
        "calls": [{"name": "unicode_customer", "arguments": {"customer_name": "こん", "description": "c"}}],
    },
    {"when": "Call one of the tools", "calls": [{"name": "Joke", "arguments": JOKE}]},
    {"when": "joke", "text": '{"setup": "Why did the cat sit on the computer?", "punchline": "To watch the mouse."}'},
    {"text": "Hello to you too."},
)
SKIPPED = {
    "test_audio_inputs": "audio is not served",
    "test_anthropic_inputs": "sends Anthropic's content blocks, which this client does not translate",
    "test_image_tool_message": "Chat Completions has text only in the results of tools",
    "test_pdf_tool_message": "Chat Completions has text only in the results of tools",
    "test_stream_time": "measures the client with recordings that this repository does not hold",
    "test_serdes": "compares the client with a recorded snapshot of itself",
    "test_init_time": "measures the client alone",
}
"""Tests of the standard suite that do not run here, and why."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that knows what the suite asks."""
    server = Server(scripted_service(tmp_path_factory.mktemp("langchain"), *SCRIPT))
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def _listed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip what is listed, and give the suite its pictures and documents without a network."""
    if reason := SKIPPED.get(request.node.originalname):
        pytest.skip(reason)
    monkeypatch.setattr(httpx, "get", _fetched)


def _fetched(url: str, **_: Any) -> httpx.Response:
    pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    content = pdf(["A document."]) if url.endswith(".pdf") else base64.b64decode(pixel)
    return httpx.Response(200, content=content)


class _Client:
    """What the suite is to know of the model."""

    settings: ClassVar[dict[str, Any]] = {}
    chat_model_class = ChatOpenAI
    supports_json_mode = True
    supports_image_inputs = True
    supports_image_urls = True
    supports_pdf_inputs = True
    supports_model_override = True
    model_override_value = "gpt-4.1-nano"

    @property
    def chat_model_params(self) -> dict[str, Any]:
        """The settings of the model."""
        return {"model": "nano", "api_key": "none", "max_retries": 0, "stream_usage": True, **self.settings}


class _Integration(_Client, ChatModelIntegrationTests):
    @pytest.fixture
    def model(self, server: Server, monkeypatch: pytest.MonkeyPatch) -> BaseChatModel:
        """The model, aimed at our server; with connections of its own, since every test has its own event loop."""
        monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
        return ChatOpenAI(**self.chat_model_params, http_async_client=DefaultAsyncHttpxClient())


class TestChatCompletions(_Integration):
    """The suite through Chat Completions."""


class TestResponses(_Integration):
    """The suite through Responses."""

    settings: ClassVar[dict[str, Any]] = {"use_responses_api": True, "output_version": "responses/v1"}


class TestUnits(_Client, ChatModelUnitTests):
    """What the suite checks without a server."""

    init_from_env_params = (
        {"OPENAI_API_KEY": "key", "OPENAI_API_BASE": "http://127.0.0.1:1/v1"},
        {"model": "nano"},
        {"openai_api_key": "key", "openai_api_base": "http://127.0.0.1:1/v1"},
    )


def test_the_skipped_tests_exist_and_are_documented() -> None:
    suite = {*dir(ChatModelIntegrationTests), *dir(ChatModelUnitTests)}
    assert set(SKIPPED) <= suite
    listed = re.findall(r"^\| `(test_\w+)` \| (.+) \|$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    assert dict(listed) == SKIPPED
