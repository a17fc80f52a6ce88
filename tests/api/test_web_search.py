"""`web_search` in Responses: made here while the response is, where the operator has configured a provider."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import OpenAI

from tercet.config.web import SearchConfig
from tests.api.conftest import Serve, Server
from tests.api.hosted import hosted_service

LOOK = {"name": "web_search", "arguments": {"query": "glacier cave"}}
SCRIPT: list[dict[str, Any]] = [
    {"when": "(?i)vague", "turn": 0, "calls": [{"name": "web_search", "arguments": {"query": " "}}]},
    {"when": "(?i)no need", "turn": 0, "text": "Four."},
    {"turn": 0, "calls": [LOOK]},
    {"when": "(?i)glacier", "text": "I looked. A glacier cave is formed when water runs through the ice. So it is."},
    {"text": "Nothing was found."},
]
TOOL: Any = {"type": "web_search"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("web")
    pages = folder / "pages"
    pages.mkdir()
    text = "# Glacier caves\n\nA glacier cave is formed when water runs through or under the ice of a glacier.\n"
    (pages / "glaciers.md").write_text(text, encoding="utf-8")
    (pages / "bread.md").write_text("# Bread\n\nSourdough bread rises slowly.\n", encoding="utf-8")
    server = Server(hosted_service(folder, *SCRIPT, search=SearchConfig(provider="local", folder=pages)))
    yield server
    server.stop()


@pytest.fixture
def client(server: Server) -> Iterator[OpenAI]:
    with server.client(timeout=60) as client:
        yield client


def kinds(response: Any) -> list[str]:
    return [item.type for item in response.output]


def test_a_search_is_made_and_the_answer_cites_its_pages(client: Any) -> None:
    response = client.responses.create(
        model="nano", input="How do ice caves form?", tools=[TOOL], include=["web_search_call.action.sources"]
    )
    assert kinds(response) == ["web_search_call", "message"]
    search: Any = response.output[0]
    assert (search.status, search.action.type) == ("completed", "search")
    assert (search.action.query, search.action.queries) == ("glacier cave", ["glacier cave"])
    assert [source.url for source in search.action.sources] == ["local:glaciers.md"]
    [note] = response.output[1].content[0].annotations
    assert (note.type, note.url, note.title) == ("url_citation", "local:glaciers.md", "Glacier caves")
    cited = response.output_text[note.start_index : note.end_index]
    assert cited == "A glacier cave is formed when water runs through the ice."
    assert response.tools[0].type == "web_search"
    plain: Any = client.responses.create(model="nano", input="How do ice caves form?", tools=[TOOL]).output[0]
    assert plain.action.sources is None


def test_the_stream_tells_of_the_search(client: Any) -> None:
    with client.responses.stream(model="nano", input="How do ice caves form?", tools=[TOOL]) as stream:
        events = list(stream)
        final = stream.get_final_response()
    names = [event.type for event in events]
    told = [name for name in names if "web_search" in name]
    assert told == [f"response.web_search_call.{state}" for state in ("in_progress", "searching", "completed")]
    assert "response.output_text.annotation.added" in names
    assert not any("function_call" in name for name in names)
    assert kinds(final) == ["web_search_call", "message"]


def test_a_background_response_searches_too_and_is_continued(client: Any) -> None:
    made = client.responses.create(model="nano", input="How do ice caves form?", tools=[TOOL], background=True)
    with client.responses.stream(response_id=made.id) as stream:
        assert "response.web_search_call.completed" in [event.type for event in stream]
    done = client.responses.retrieve(made.id)
    assert (done.status, kinds(done)) == ("completed", ["web_search_call", "message"])
    again = client.responses.create(model="nano", input="no need", previous_response_id=done.id)
    assert again.output_text == "Four."
    items: Any = [item.model_dump(exclude_none=True) for item in done.output]
    sent = client.responses.create(model="nano", input=[*items, {"role": "user", "content": "no need"}], store=False)
    assert sent.output_text == "Four."


@pytest.mark.parametrize(
    "kind", ["web_search", "web_search_2025_08_26", "web_search_preview", "web_search_preview_2025_03_11"]
)
def test_every_name_of_the_tool_is_served(client: Any, kind: Any) -> None:
    tool: Any = {
        "type": kind,
        "search_context_size": "low",
        "user_location": {"type": "approximate"},
        "external_web_access": False,
    }
    response = client.responses.create(model="nano", input="How do ice caves form?", tools=[tool])
    assert kinds(response) == ["web_search_call", "message"]
    assert response.tools[0].type == kind


def test_a_search_can_be_demanded_and_words_stand_in_for_an_empty_query(client: Any) -> None:
    choice: Any = {"type": "web_search_preview"}
    demanded = client.responses.create(model="nano", input="Ice caves?", tools=[TOOL], tool_choice=choice)
    assert kinds(demanded) == ["web_search_call", "message"]
    vague: Any = client.responses.create(model="nano", input="vague glacier question", tools=[TOOL]).output[0]
    assert vague.action.query == "vague glacier question"


def test_domains_limit_what_is_found(client: Any) -> None:
    tool: Any = {"type": "web_search", "filters": {"allowed_domains": ["example.com"]}}
    response = client.responses.create(model="nano", input="How do ice caves form?", tools=[tool])
    assert response.output_text == "Nothing was found."


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"user_location": {"type": "approximate", "city": "Oslo"}}, "tools[0].user_location"),
        ({"search_context_size": "huge"}, "tools[0].search_context_size"),
        ({"filters": {"allowed_domains": ["*.example.com"]}}, "tools[0].filters.allowed_domains[0]"),
        ({"search_content_types": ["image"]}, "tools[0].search_content_types[0]"),
    ],
)
def test_what_is_not_served_is_refused_by_name(client: Any, change: dict[str, Any], param: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(model="nano", input="a", tools=[{**TOOL, **change}])
    assert caught.value.param == param


def test_without_a_provider_it_is_refused(serve: Serve, tmp_path: Path) -> None:
    server = serve(*SCRIPT)
    for background in (False, True):
        with server.client() as client, pytest.raises(openai.BadRequestError) as caught:
            client.responses.create(model="nano", input="a", tools=[TOOL], background=background)
        assert caught.value.param == "tools[0]"
        assert "search.provider" in caught.value.message
