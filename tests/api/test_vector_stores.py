"""Vector stores as the official client uses them, with the shipped embedding model."""

import io
import itertools
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai import OpenAI

from tests.api.conftest import Server
from tests.api.vectors import TEXTS, filled, give, vector_service

KEYS = ("key-one", "key-two")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(vector_service(tmp_path_factory.mktemp("vectors"), {"text": "hello"}, api_keys=KEYS))
    yield server
    server.stop()


@pytest.fixture
def client(server: Server) -> Iterator[OpenAI]:
    with server.client(api_key=KEYS[0], timeout=60) as client:
        yield client


@pytest.fixture
def stranger(server: Server) -> Iterator[OpenAI]:
    with server.client(api_key=KEYS[1], timeout=60) as client:
        yield client


def test_files_are_read_in_and_found(client: OpenAI) -> None:
    store_id = filled(client)
    store = client.vector_stores.retrieve(store_id)
    assert (store.status, store.name, store.file_counts.completed) == ("completed", "library", len(TEXTS))
    assert store.usage_bytes > 100
    asked = {
        "how does a cave in the ice come about?": "glaciers.md",
        "dough rests overnight": "bread.txt",
        "total of Harbour Café": "invoice.csv",
        "when is the museum closed": "page.html",
    }
    for query, name in asked.items():
        page = client.vector_stores.search(store_id, query=query, max_num_results=2)
        assert page.data[0].filename == name, query
        assert len(page.data) <= 2
        assert all(0 <= found.score <= 1 for found in page.data)
        assert [found.score for found in page.data] == sorted((found.score for found in page.data), reverse=True)
    assert "hidden" not in client.vector_stores.search(store_id, query="museum").data[0].content[0].text


def test_a_query_of_several_and_odd_queries(client: OpenAI) -> None:
    store_id = filled(client)
    page = client.vector_stores.search(store_id, query=["glacier", "sourdough"], max_num_results=2)
    assert {found.filename for found in page.data} == {"glaciers.md", "bread.txt"}
    for query in ('" OR * NEAR(', "scope : text", "___", "?!", "日本語", "\x00\x1f", "AND", "x" * 4096):
        assert client.vector_stores.search(store_id, query=query).data is not None, query


def test_a_store_is_made_with_files_changed_listed_and_deleted(client: OpenAI) -> None:
    file_id = give(client, "bread.txt")
    store = client.vector_stores.create(
        name="a", file_ids=[file_id], metadata={"k": "v"}, expires_after={"anchor": "last_active_at", "days": 2}
    )
    assert store.file_counts.total == 1
    assert store.expires_after is not None
    assert store.expires_after.days == 2
    assert store.expires_at == (store.last_active_at or 0) + 2 * 86_400
    changed = client.vector_stores.update(store.id, name="b", metadata={"n": "1"})
    assert (changed.name, changed.metadata, changed.expires_after and changed.expires_after.days) == (
        "b",
        {"n": "1"},
        2,
    )
    assert client.vector_stores.update(store.id, expires_after=None).expires_after is None
    others = [client.vector_stores.create(name=str(number)).id for number in range(3)]
    newest = [one.id for one in client.vector_stores.list(limit=2)]
    assert newest[:4] == [*others[::-1], store.id]
    page = client.vector_stores.list(before=others[0], limit=1)
    assert [one.id for one in page.data] == [others[1]]
    assert page.has_more
    for store_id in (store.id, *others):
        assert client.vector_stores.delete(store_id).deleted
    with pytest.raises(openai.NotFoundError):
        client.vector_stores.retrieve(store.id)
    assert client.files.retrieve(file_id).id == file_id


def test_files_of_a_store_come_and_go(client: OpenAI) -> None:
    store = client.vector_stores.create()
    files = client.vector_stores.files
    file = files.upload_and_poll(vector_store_id=store.id, file=("notes.txt", io.BytesIO(b"Call Maria on Tuesday.")))
    assert (file.status, file.last_error) == ("completed", None)
    assert file.chunking_strategy is not None
    assert file.chunking_strategy.type == "static"
    assert [part.text for part in files.content(file.id, vector_store_id=store.id)] == ["Call Maria on Tuesday."]
    assert files.update(file.id, vector_store_id=store.id, attributes={"year": 2024}).attributes == {"year": 2024}
    assert [one.id for one in files.list(store.id, filter="completed")] == [file.id]
    assert files.list(store.id, filter="failed").data == []
    assert files.delete(file.id, vector_store_id=store.id).deleted
    assert client.vector_stores.search(store.id, query="Maria").data == []
    assert client.files.retrieve(file.id).filename == "notes.txt"
    with pytest.raises(openai.NotFoundError):
        files.retrieve(file.id, vector_store_id=store.id)


def test_deleting_a_file_takes_it_out_of_every_store(client: OpenAI) -> None:
    store_id = filled(client, **{"a.txt": "The password hint is a walrus."})
    [found] = client.vector_stores.search(store_id, query="walrus").data
    client.files.delete(found.file_id)
    assert client.vector_stores.search(store_id, query="walrus").data == []
    assert client.vector_stores.retrieve(store_id).file_counts.total == 0


def test_attributes_filter_what_is_found(client: OpenAI) -> None:
    store = client.vector_stores.create()
    marks: dict[str, dict[str, str | float | bool]] = {
        "a": {"year": 2020, "lang": "en", "final": True},
        "b": {"year": 2024, "lang": "de"},
        "c": {},
    }
    for name, attributes in marks.items():
        client.vector_stores.files.create_and_poll(
            give(client, f"{name}.txt", f"report {name} about rivers"), vector_store_id=store.id, attributes=attributes
        )

    def found(filters: Any) -> str:
        page = client.vector_stores.search(store.id, query="report about rivers", filters=filters)
        return "".join(sorted(one.filename[0] for one in page.data))

    def compare(kind: str, key: str, value: Any) -> dict[str, Any]:
        return {"type": kind, "key": key, "value": value}

    assert found(compare("eq", "year", 2020)) == "a"
    assert found(compare("ne", "year", 2020)) == "bc"
    assert found(compare("gte", "year", 2020)) == "ab"
    assert found(compare("lt", "year", 2024.5)) == "ab"
    assert found(compare("gt", "lang", "aa")) == ""
    assert found(compare("in", "lang", ["en", "fr"])) == "a"
    assert found(compare("nin", "lang", ["en", "fr"])) == "bc"
    assert found(compare("eq", "final", True)) == "a"
    assert found(compare("eq", "final", 1)) == ""
    both = {"type": "and", "filters": [compare("gt", "year", 2000), compare("eq", "lang", "de")]}
    assert found(both) == "b"
    assert found({"type": "or", "filters": [both, compare("eq", "final", True)]}) == "ab"


def test_a_threshold_and_weights_are_honoured(client: OpenAI) -> None:
    store_id = filled(client)
    query = "Sourdough bread rises slowly"
    every = client.vector_stores.search(store_id, query=query)
    best = client.vector_stores.search(store_id, query=query, ranking_options={"score_threshold": 0.99})
    assert len(every.data) > len(best.data) == 1
    by_words: Any = {"hybrid_search": {"embedding_weight": 0, "text_weight": 1}, "ranker": "auto"}
    page = client.vector_stores.search(store_id, query="harbour", ranking_options=by_words)
    assert [found.filename for found in page.data] == ["invoice.csv"]


def test_long_files_are_cut_into_overlapping_chunks(client: OpenAI) -> None:
    words = " ".join(f"word{number}" for number in range(400))
    store = client.vector_stores.create()
    file = client.vector_stores.files.create_and_poll(
        give(client, "long.txt", words),
        vector_store_id=store.id,
        chunking_strategy={"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 50}},
    )
    texts = [part.text or "" for part in client.vector_stores.files.content(file.id, vector_store_id=store.id)]
    assert len(texts) > 5
    assert max(map(len, texts)) <= 400
    assert all(set(one.split()) & set(two.split()) for one, two in itertools.pairwise(texts))
    assert list(dict.fromkeys(" ".join(texts).split())) == words.split()


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.pdf", b"%PDF-1.7 rest", "invalid_file"),
        ("a.docx", b"PK\x03\x04 rest", "unsupported_file"),
        ("a.bin", bytes(range(256)), "unsupported_file"),
        ("a.txt", b" \n\t ", "invalid_file"),
    ],
)
def test_what_cannot_be_read_says_why(client: OpenAI, name: str, content: bytes, code: str) -> None:
    store = client.vector_stores.create()
    file = client.vector_stores.files.create_and_poll(give(client, name, content), vector_store_id=store.id)
    assert file.status == "failed"
    assert file.last_error is not None
    assert file.last_error.code == code
    assert name in file.last_error.message
    assert client.vector_stores.retrieve(store.id).file_counts.failed == 1


def test_batches_of_files_are_followed_and_listed(client: OpenAI) -> None:
    store = client.vector_stores.create()
    good, bad = give(client, "bread.txt"), give(client, "x.pdf", b"%PDF-")
    files: Any = [{"file_id": good, "attributes": {"n": 1}}, {"file_id": bad}]
    batches = client.vector_stores.file_batches
    batch = batches.create_and_poll(store.id, files=files, poll_interval_ms=50)
    counts = batch.file_counts
    assert (batch.status, counts.completed, counts.failed, counts.total) == ("completed", 1, 1, 2)
    assert {one.id for one in batches.list_files(batch.id, vector_store_id=store.id)} == {good, bad}
    assert client.vector_stores.files.retrieve(good, vector_store_id=store.id).attributes == {"n": 1}
    uploaded = batches.upload_and_poll(store.id, files=[("u.txt", b"some words")], poll_interval_ms=50)
    assert uploaded.file_counts.completed == 1


def test_a_batch_can_be_cancelled(client: OpenAI) -> None:
    store = client.vector_stores.create()
    ids = [give(client, f"{number}.txt", "many words about nothing " * 20_000) for number in range(6)]
    batch = client.vector_stores.file_batches.create(store.id, file_ids=ids)
    cancelled = client.vector_stores.file_batches.cancel(batch.id, vector_store_id=store.id)
    assert cancelled.status == "cancelled"
    assert cancelled.file_counts.in_progress == 0
    assert cancelled.file_counts.cancelled >= 1
    client.vector_stores.delete(store.id)


def test_another_key_sees_nothing(client: OpenAI, stranger: OpenAI) -> None:
    store_id = filled(client, **{"secret.txt": "the treasure is under the oak"})
    [file] = client.vector_stores.files.list(store_id).data
    batch_id = client.vector_stores.file_batches.create(store_id, file_ids=[file.id]).id
    stores = stranger.vector_stores
    calls: list[Any] = [
        lambda: stores.retrieve(store_id),
        lambda: stores.update(store_id, name="mine"),
        lambda: stores.delete(store_id),
        lambda: stores.search(store_id, query="treasure"),
        lambda: stores.files.list(store_id),
        lambda: stores.files.retrieve(file.id, vector_store_id=store_id),
        lambda: stores.files.content(file.id, vector_store_id=store_id),
        lambda: stores.files.delete(file.id, vector_store_id=store_id),
        lambda: stores.file_batches.retrieve(batch_id, vector_store_id=store_id),
        lambda: stores.file_batches.cancel(batch_id, vector_store_id=store_id),
    ]
    for call in calls:
        with pytest.raises(openai.NotFoundError):
            call()
    assert stranger.vector_stores.list().data == []
    own = filled(stranger, **{"mine.txt": "a shopping list"})
    assert all(found.filename == "mine.txt" for found in stores.search(own, query="treasure under the oak"))
    with pytest.raises(openai.BadRequestError) as caught:
        stores.files.create(own, file_id=file.id)
    assert caught.value.code == "file_not_found"


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("", {"name": 3}, "name"),
        ("", {"expires_after": {"anchor": "last_active_at", "days": 0}}, "expires_after.days"),
        ("", {"expires_after": {"anchor": "created_at", "days": 1}}, "expires_after.anchor"),
        ("", {"file_ids": ["file-nothing"]}, "file_ids[0]"),
        ("", {"chunking_strategy": {"type": "auto"}}, "chunking_strategy"),
        ("", {"metadata": {"k": "x" * 513}}, "metadata"),
        ("/{id}/search", {}, "query"),
        ("/{id}/search", {"query": ""}, "query"),
        ("/{id}/search", {"query": "a", "max_num_results": 51}, "max_num_results"),
        ("/{id}/search", {"query": "a", "rewrite_query": True}, "rewrite_query"),
        ("/{id}/search", {"query": "a", "ranking_options": {"ranker": "best"}}, "ranking_options.ranker"),
        ("/{id}/search", {"query": "a", "ranking_options": {"score_threshold": 2}}, "ranking_options.score_threshold"),
        ("/{id}/search", {"query": "a", "filters": {"type": "like", "key": "k", "value": 1}}, "filters.type"),
        ("/{id}/search", {"query": "a", "filters": {"type": "or", "filters": [{"type": "eq"}]}},
         "filters.filters[0].key"),
        ("/{id}/files", {"file_id": "file-x"}, "file_id"),
        ("/{id}/files", {"file_id": "f", "attributes": {"k": [1]}}, "attributes"),
        ("/{id}/files", {"file_id": "f", "chunking_strategy": {"type": "static", "static": {
            "max_chunk_size_tokens": 100, "chunk_overlap_tokens": 51}}},
         "chunking_strategy.static.chunk_overlap_tokens"),
        ("/{id}/file_batches", {}, "file_ids"),
        ("/{id}/file_batches", {"file_ids": ["a"], "files": [{"file_id": "a"}]}, "file_ids"),
        ("/{id}/file_batches", {"files": [{"file_id": "a"}], "attributes": {"a": 1}}, "attributes"),
    ],
)  # fmt: skip
def test_bad_input_names_its_field(client: OpenAI, path: str, body: dict[str, Any], param: str) -> None:
    store = client.vector_stores.create()
    with pytest.raises(openai.BadRequestError) as caught:
        client.post(f"/vector_stores{path.format(id=store.id)}", body=body, cast_to=object)
    assert caught.value.param == param, caught.value.message


def test_filters_that_nest_too_deep_are_refused(client: OpenAI) -> None:
    store = client.vector_stores.create()
    deep: dict[str, Any] = {"type": "eq", "key": "a", "value": 1}
    for _ in range(20):
        deep = {"type": "and", "filters": [deep]}
    with pytest.raises(openai.BadRequestError):
        client.vector_stores.search(store.id, query="a", filters=deep)  # type: ignore[arg-type]  # any nesting
