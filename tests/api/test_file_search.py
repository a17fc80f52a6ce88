"""`file_search` in Responses: the searches that a model asks for are made while its response is."""

from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai import OpenAI

from tests.api.conftest import Server
from tests.api.vectors import filled, give, vector_service

KEYS = ("key-one", "key-two")
LOOK = {"name": "file_search", "arguments": {"query": "glacier cave ice"}}
SCRIPT: list[dict[str, Any]] = [
    {"when": "(?i)vague", "turn": 0, "calls": [{"name": "file_search", "arguments": {"query": " ? "}}]},
    {"when": "(?i)twice", "turn": 0, "calls": [LOOK, {"name": "file_search", "arguments": {"query": "sourdough"}}]},
    {"when": "(?i)mixed", "turn": 0, "calls": [LOOK, {"name": "note", "arguments": {"text": "a"}}]},
    {"when": "(?i)stuck", "turn": 0, "calls": [{"name": "file_search", "arguments": {"query": "Café"}}]},
    {"when": "Harbour", "turn": 1, "calls": [{"name": "file_search", "arguments": {"query": "Café"}}]},
    {"when": "(?i)no need", "turn": 0, "text": "Four."},
    {"when": "(?i)on and on", "turn": 0, "calls": [LOOK]},
    {"when": "(?i)closed on mondays", "text": "The museum is closed on Mondays and open until 6 pm. Enjoy!"},
    {"turn": 0, "calls": [LOOK]},
    {"turn": 1, "when": "(?i)glacier", "text": "A glacier cave is formed when water runs under the ice. I like caves."},
    {"text": "Nothing in the files."},
]
"""The last item of a second turn is what the search gave."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(vector_service(tmp_path_factory.mktemp("search"), *SCRIPT, api_keys=KEYS))
    yield server
    server.stop()


@pytest.fixture
def client(server: Server) -> Iterator[OpenAI]:
    with server.client(api_key=KEYS[0], timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def store_id(server: Server) -> str:
    with server.client(api_key=KEYS[0], timeout=60) as client:
        return filled(client)


def searching(store_id: str, **fields: Any) -> dict[str, Any]:
    """Return a request's tools."""
    return {
        "model": "nano",
        "tools": [{"type": "file_search", "vector_store_ids": [store_id], "max_num_results": 1, **fields}],
    }


def kinds(response: Any) -> list[str]:
    return [item.type for item in response.output]


def test_a_search_is_made_and_the_answer_cites_its_file(client: OpenAI, store_id: str) -> None:
    response = client.responses.create(input="How do ice caves form?", **searching(store_id))
    assert kinds(response) == ["file_search_call", "message"]
    search, message = response.output
    assert (search.status, search.queries, search.results) == ("completed", ["glacier cave ice"], None)
    [note] = message.content[0].annotations
    assert (note.type, note.filename) == ("file_citation", "glaciers.md")
    assert response.output_text[: note.index] == "A glacier cave is formed when water runs under the ice."
    assert response.status == "completed"
    assert response.tools[0].type == "file_search"
    read = client.responses.retrieve(response.id)
    assert read.output == response.output
    assert read.usage == response.usage
    assert response.usage is not None
    assert response.usage.output_tokens > 12


def test_results_are_included_when_they_are_asked_for(client: OpenAI, store_id: str) -> None:
    response = client.responses.create(
        input="How do ice caves form?", include=["file_search_call.results"], **searching(store_id, max_num_results=2)
    )
    results = response.output[0].results
    assert len(results) == 2
    assert results[0].filename == "glaciers.md"
    assert "glacier cave" in results[0].text
    assert 0 <= results[0].score <= 1


def test_a_query_that_says_nothing_is_the_users_words(client: OpenAI, store_id: str) -> None:
    asked = "vague: when is the museum closed?"
    response = client.responses.create(input=asked, **searching(store_id))
    assert response.output[0].queries == [asked]
    assert [note.filename for note in response.output[1].content[0].annotations] == ["page.html"]


def test_the_stream_tells_of_the_search(client: OpenAI, store_id: str) -> None:
    with client.responses.stream(input="How do ice caves form?", **searching(store_id)) as stream:
        events = list(stream)
        final = stream.get_final_response()
    names = [event.type for event in events]
    told = [name for name in names if "file_search" in name]
    assert told == [f"response.file_search_call.{state}" for state in ("in_progress", "searching", "completed")]
    assert [event.sequence_number for event in events if hasattr(event, "sequence_number")] == sorted(
        event.sequence_number for event in events if hasattr(event, "sequence_number")
    )
    assert not any("function_call" in name for name in names)
    assert "response.output_text.annotation.added" in names
    assert names.count("response.created") == names.count("response.completed") == 1
    assert kinds(final) == ["file_search_call", "message"]
    added = [event.output_index for event in events if event.type == "response.output_item.added"]
    assert added == [0, 1]


def test_several_searches_and_functions_of_the_client(client: OpenAI, store_id: str) -> None:
    response = client.responses.create(input="twice please", **searching(store_id))
    assert kinds(response) == ["file_search_call", "file_search_call", "message"]
    note = {"type": "function", "name": "note", "parameters": {"type": "object", "properties": {}}}
    request = searching(store_id)
    request["tools"].append(note)
    mixed = client.responses.create(input="mixed", **request)
    assert kinds(mixed) == ["file_search_call", "function_call"]
    assert len(mixed.tools) == 2
    output = {"type": "function_call_output", "call_id": mixed.output[1].call_id, "output": "glacier noted"}
    after = client.responses.create(input=[output], previous_response_id=mixed.id, **request)  # type: ignore[list-item]
    assert kinds(after) == ["message"]


def test_a_response_with_searches_is_continued_from_here_and_from_the_client(client: OpenAI, store_id: str) -> None:
    first = client.responses.create(input="How do ice caves form?", **searching(store_id))
    again = client.responses.create(input="no need to search", previous_response_id=first.id, model="nano")
    assert again.output_text == "Four."
    items: Any = [item.model_dump(exclude_none=True) for item in first.output]
    sent = client.responses.create(input=[*items, {"role": "user", "content": "no need"}], model="nano", store=False)
    assert sent.output_text == "Four."
    listed = client.responses.input_items.list(again.id).data
    assert "file_search_call" in [item.type for item in listed]


def test_the_number_of_calls_is_limited(client: OpenAI, store_id: str) -> None:
    response = client.responses.create(input="on and on", max_tool_calls=1, **searching(store_id))
    assert kinds(response).count("file_search_call") == 1
    assert response.max_tool_calls == 1
    both = client.responses.create(input="twice", max_tool_calls=1, **searching(store_id))
    assert kinds(both) == ["file_search_call", "message"]


def test_a_query_that_is_repeated_is_the_last(client: OpenAI, store_id: str) -> None:
    response = client.responses.create(input="stuck", **searching(store_id))
    assert kinds(response) == ["file_search_call", "file_search_call", "message"]


def test_a_search_can_be_demanded(client: OpenAI, store_id: str) -> None:
    response = client.responses.create(
        input="How do ice caves form?", tool_choice={"type": "file_search"}, **searching(store_id)
    )
    assert kinds(response) == ["file_search_call", "message"]
    assert response.tool_choice.type == "file_search"


def test_filters_decide_what_is_found(client: OpenAI) -> None:
    store = client.vector_stores.create()
    for name in ("old", "new"):
        client.vector_stores.files.create_and_poll(
            give(client, f"{name}.txt", f"The {name} glacier report about a cave in the ice."),
            vector_store_id=store.id,
            attributes={"age": name},
        )
    filters = {"type": "eq", "key": "age", "value": "new"}
    response = client.responses.create(
        input="caves?", include=["file_search_call.results"], **searching(store.id, filters=filters)
    )
    assert [one.filename for one in response.output[0].results] == ["new.txt"]
    assert response.output[0].results[0].attributes == {"age": "new"}


def test_a_background_response_searches_too(client: OpenAI, store_id: str) -> None:
    response = client.responses.create(input="How do ice caves form?", background=True, **searching(store_id))
    with client.responses.stream(response_id=response.id) as stream:
        names = [event.type for event in stream]
    assert "response.file_search_call.completed" in names
    done = client.responses.retrieve(response.id)
    assert (done.status, kinds(done)) == ("completed", ["file_search_call", "message"])
    assert done.output[1].content[0].annotations[0].filename == "glaciers.md"  # type: ignore[union-attr,index]


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"vector_store_ids": []}, "tools[0].vector_store_ids"),
        ({"vector_store_ids": ["vs_nothing"]}, "tools[0].vector_store_ids[0]"),
        ({"max_num_results": 0}, "tools[0].max_num_results"),
        ({"filters": {"type": "eq", "key": "k"}}, "tools[0].filters.value"),
        ({"ranking_options": {"ranker": "best"}}, "tools[0].ranking_options.ranker"),
        ({"colour": 1}, "tools[0].colour"),
    ],
)
def test_bad_tools_name_their_field(client: OpenAI, store_id: str, change: dict[str, Any], param: str) -> None:
    for background in (False, True):
        request = searching(store_id, **change)
        with pytest.raises(openai.BadRequestError) as caught:
            client.responses.create(input="a", background=background, **request)
        assert caught.value.param == param


def test_a_demanded_search_needs_its_tool_and_another_keys_store_does_not_exist(
    client: OpenAI, server: Server, store_id: str
) -> None:
    with pytest.raises(openai.BadRequestError):
        client.responses.create(input="a", model="nano", tool_choice={"type": "file_search"})
    with server.client(api_key=KEYS[1]) as stranger, pytest.raises(openai.BadRequestError) as caught:
        stranger.responses.create(input="a", **searching(store_id))
    assert caught.value.code == "vector_store_not_found"
