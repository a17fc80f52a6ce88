"""Files in the requests of every door: PDFs and texts are read for models that read no files."""

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest
from anthropic import Anthropic
from google import genai
from google.genai import errors, types
from openai import OpenAI

from tercet.items import FilePart
from tercet.routing.tiers import Tier
from tercet.service import Service
from tercet.store.local import LocalStore
from tests.api.conftest import Server
from tests.api.staged import StagedBackend, saying
from tests.api.vectors import vector_service
from tests.pdfs import pdf

PDF = pdf(["The harbour office closes", "at 17:30 on Fridays."])
READ = "The harbour office closes\nat 17:30 on Fridays."
TEXTS = [
    ("notes.txt", "text/plain", "a word: Möwe", "a word: Möwe"),
    ("notes.md", "text/markdown", "# Title\n\ntext", "# Title\n\ntext"),
    ("data.csv", "text/csv", "a,b\n1,2\n", "a,b\n1,2\n"),
    ("data.json", "application/json", '{"a": 1}', '{"a": 1}'),
    ("code.py", "text/x-python", "print(1)\n", "print(1)\n"),
    ("page.html", "text/html", "<html><body><p>Hi</p><script>x</script></body></html>", "Hi"),
]


@pytest.fixture
def backend() -> StagedBackend:
    backend = StagedBackend(*saying("At half past five."))
    backend.has_files = False
    return backend


@pytest.fixture
def server(backend: StagedBackend, tmp_path: Path) -> Iterator[Server]:
    store = LocalStore(tmp_path / "state" / "tercet.db", retention_days=30, max_responses=100)
    server = Server(Service({"nano": Tier("nano", backend)}, store))
    yield server
    server.stop()


def url(content: bytes, media_type: str = "application/pdf") -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def respond(client: OpenAI, **file: Any) -> Any:
    parts: Any = [{"type": "input_text", "text": "When?"}, {"type": "input_file", **file}]
    return client.responses.create(model="nano", input=[{"role": "user", "content": parts}])


def chat(client: OpenAI, **file: Any) -> Any:
    parts: Any = [{"type": "text", "text": "When?"}, {"type": "file", "file": file}]
    return client.chat.completions.create(model="nano", messages=[{"role": "user", "content": parts}])


def seen(backend: StagedBackend) -> list[str]:
    """Return the texts of the last message that the model was shown."""
    return [part.text for part in backend.requests[-1].items[-1].content]  # type: ignore[union-attr]


@pytest.mark.parametrize("ask", [respond, chat])
def test_openai_pdfs_by_content_and_by_id(server: Server, backend: StagedBackend, ask: Any) -> None:
    with server.client() as client:
        ask(client, file_data=url(PDF), filename="hours.pdf")
        assert seen(backend) == ["When?", f"hours.pdf\n{READ}"]
        stored = client.files.create(file=("stored.pdf", io.BytesIO(PDF)), purpose="user_data")
        ask(client, file_id=stored.id)
        assert seen(backend) == ["When?", f"stored.pdf\n{READ}"]


@pytest.mark.parametrize(("name", "media_type", "content", "text"), TEXTS)
@pytest.mark.parametrize("ask", [respond, chat])
def test_openai_texts(
    server: Server, backend: StagedBackend, ask: Any, name: str, media_type: str, content: str, text: str
) -> None:
    with server.client() as client:
        ask(client, file_data=url(content.encode(), media_type), filename=name)
    assert seen(backend) == ["When?", f"{name}\n{text}"]


def test_a_tier_that_reads_files_is_given_them(server: Server, backend: StagedBackend) -> None:
    backend.has_files = True
    with server.client() as client:
        respond(client, file_data=url(PDF), filename="hours.pdf")
    assert backend.requests[-1].items[-1].content[1] == FilePart(url(PDF), "hours.pdf")  # type: ignore[union-attr]


def test_a_file_stays_in_its_conversation(server: Server, backend: StagedBackend) -> None:
    with server.client() as client:
        first = respond(client, file_data=url(PDF), filename="hours.pdf")
        client.responses.create(model="nano", input="And on Mondays?", previous_response_id=first.id)
        (item,) = client.responses.input_items.list(first.id).data
    assert backend.requests[-1].items[0].content[1].text == f"hours.pdf\n{READ}"  # type: ignore[union-attr]
    assert item.content[1].file_data == url(PDF)  # type: ignore[union-attr,index]


def test_anthropic_documents(server: Server, backend: StagedBackend) -> None:
    source: Any = {"type": "base64", "media_type": "application/pdf", "data": base64.b64encode(PDF).decode()}
    content: Any = [{"type": "document", "title": "hours.pdf", "source": source}, {"type": "text", "text": "When?"}]
    with Anthropic(base_url=server.url, api_key="none", max_retries=0) as client:
        client.messages.create(model="nano", max_tokens=50, messages=[{"role": "user", "content": content}])
        assert seen(backend) == [f"hours.pdf\n{READ}", "When?"]
        client.messages.count_tokens(model="nano", messages=[{"role": "user", "content": content}])
        source["data"] = base64.b64encode(b"%PDF-1.4 broken").decode()
        with pytest.raises(anthropic.BadRequestError, match=r"hours\.pdf"):
            client.messages.create(model="nano", max_tokens=50, messages=[{"role": "user", "content": content}])


def test_gemini_inline_data(server: Server, backend: StagedBackend) -> None:
    options = types.HttpOptions(base_url=server.url, timeout=60_000)
    with genai.Client(api_key="none", http_options=options) as client:
        parts = [types.Part.from_bytes(data=PDF, mime_type="application/pdf"), types.Part.from_text(text="When?")]
        client.models.generate_content(model="nano", contents=[types.Content(role="user", parts=parts)])
        assert seen(backend) == [f"document.pdf\n{READ}", "When?"]
        parts[0] = types.Part.from_bytes(data=b"a,b", mime_type="text/csv")
        client.models.generate_content(model="nano", contents=[types.Content(role="user", parts=parts)])
        assert seen(backend) == ["document.txt\na,b", "When?"]
        parts[0] = types.Part.from_uri(file_uri="https://example.com/a.pdf", mime_type="application/pdf")
        with pytest.raises(errors.ClientError, match="not fetched"):
            client.models.generate_content(model="nano", contents=[types.Content(role="user", parts=parts)])


@pytest.mark.parametrize("ask", [respond, chat])
@pytest.mark.parametrize(
    "content", [b"%PDF-1.4 broken", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04docx", b"\xff\xfe\x00\xd8\x00", b"a\0b"]
)
def test_what_is_no_text_is_refused(server: Server, ask: Any, content: bytes) -> None:
    with server.client() as client, pytest.raises(openai.BadRequestError) as caught:
        ask(client, file_data=url(content, "application/octet-stream"), filename="file.bin")
    assert caught.value.param == ("input" if ask is respond else "messages")
    assert caught.value.code in ("unsupported_file", "invalid_file")
    assert "file.bin" in caught.value.message


def test_pdfs_are_found_in_vector_stores(tmp_path: Path) -> None:
    server = Server(vector_service(tmp_path, {"text": "x"}))
    try:
        with server.client(timeout=60) as client:
            store = client.vector_stores.create()
            for name, content, status in (("hours.pdf", PDF, "completed"), ("scan.pdf", pdf([]), "failed")):
                file = client.files.create(file=(name, io.BytesIO(content)), purpose="assistants")
                added = client.vector_stores.files.create_and_poll(file.id, vector_store_id=store.id)
                assert added.status == status
            assert added.last_error is not None
            assert "no text" in added.last_error.message
            [hit] = client.vector_stores.search(store.id, query="harbour office Fridays").data
            assert hit.content[0].text == READ
    finally:
        server.stop()
