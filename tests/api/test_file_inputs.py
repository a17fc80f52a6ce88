"""Stored text files that a request names by id: the model is given their text."""

from typing import Any

import openai
import pytest
from openai import OpenAI

from tests.api.conftest import Dial, Serve
from tests.api.staged import StagedBackend, saying

SEEN = "notes.txt\nthe word is 'Möwe'"


def stored(client: OpenAI, content: bytes = "the word is 'Möwe'".encode()) -> str:
    return client.files.create(file=("notes.txt", content), purpose="user_data").id


def chat(client: OpenAI, **file: Any) -> None:
    parts: Any = [{"type": "text", "text": "Which word?"}, {"type": "file", "file": file}]
    client.chat.completions.create(model="nano", messages=[{"role": "user", "content": parts}])


def respond(client: OpenAI, **file: Any) -> str:
    parts: Any = [{"type": "input_text", "text": "Which word?"}, {"type": "input_file", **file}]
    return client.responses.create(model="nano", input=[{"role": "user", "content": parts}]).id


def test_the_model_reads_the_text_of_a_stored_file(serve: Serve, dial: Dial) -> None:
    backend = StagedBackend(*saying("Möwe"))
    client = dial(serve(backend=backend))
    file_id = stored(client)
    chat(client, file_id=file_id)
    response_id = respond(client, file_id=file_id)
    for request in backend.requests:
        (message,) = request.items
        assert [getattr(part, "text", None) for part in getattr(message, "content", ())] == ["Which word?", SEEN]
    client.files.delete(file_id)
    (item,) = client.responses.input_items.list(response_id).data
    assert "the word is 'Möwe'" in item.to_json(), "what was read stays with the response"


@pytest.mark.parametrize(
    ("content", "code"), [(b"\xff\xfe\x00binary", "unsupported_file"), (b"x" * 4_000_001, "unsupported_file")]
)
def test_a_file_that_is_no_text_or_too_long_is_refused(serve: Serve, dial: Dial, content: bytes, code: str) -> None:
    client = dial(serve(backend=StagedBackend(*saying("x"))))
    file_id = stored(client, content)
    for ask, param in ((chat, "messages"), (respond, "input")):
        with pytest.raises(openai.BadRequestError) as caught:
            ask(client, file_id=file_id)
        assert (caught.value.param, caught.value.code) == (param, code)


def test_another_owners_file_cannot_be_read_into_a_prompt(serve: Serve, dial: Dial) -> None:
    server = serve({"text": "x"}, api_keys=["key-one", "key-two"])
    file_id = stored(dial(server, api_key="key-one"))
    theirs = dial(server, api_key="key-two")
    for ask in (chat, respond):
        with pytest.raises(openai.BadRequestError) as caught:
            ask(theirs, file_id=file_id)
        assert caught.value.code == "file_not_found"


def test_a_file_is_named_in_one_way_only(serve: Serve, dial: Dial) -> None:
    client = dial(serve({"text": "x"}))
    for ask in (chat, respond):
        with pytest.raises(openai.BadRequestError, match="Exactly one of"):
            ask(client, file_id=stored(client), file_data="data:text/plain,x")
