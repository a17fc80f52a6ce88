"""Embeddings of the shipped model, as the official client asks for them."""

from collections.abc import Iterator
from operator import mul

import openai
import pytest
from openai import OpenAI

from tests.api.conftest import Server
from tests.api.vectors import vector_service

MODEL = "tercet-embed"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenAI]:
    server = Server(vector_service(tmp_path_factory.mktemp("embeddings"), {"text": "hello"}))
    with server.client(timeout=60) as client:
        yield client
    server.stop()


def likeness(one: list[float], two: list[float]) -> float:
    return float(sum(map(mul, one, two)))


def test_vectors_are_of_norm_one_and_mean_something(client: OpenAI) -> None:
    texts = [
        "How do I book a table at a restaurant?",
        "Reserve a table for dinner",
        "Ice caves form inside of glaciers",
    ]
    answer = client.embeddings.create(model=MODEL, input=texts)
    vectors = [entry.embedding for entry in answer.data]
    assert [entry.index for entry in answer.data] == [0, 1, 2]
    assert all(likeness(vector, vector) == pytest.approx(1, abs=1e-3) for vector in vectors)
    assert likeness(vectors[0], vectors[1]) > likeness(vectors[0], vectors[2]) + 0.1
    assert answer.usage.prompt_tokens == answer.usage.total_tokens > len(texts)
    assert client.embeddings.create(model=MODEL, input=texts[0]).data[0].embedding == pytest.approx(
        vectors[0], abs=1e-4
    )


def test_shorter_vectors_are_of_norm_one(client: OpenAI) -> None:
    whole = client.embeddings.create(model=MODEL, input="a walk in the hills").data[0].embedding
    short = client.embeddings.create(model=MODEL, input="a walk in the hills", dimensions=64).data[0].embedding
    assert (len(whole), len(short)) == (256, 64)
    assert likeness(short, short) == pytest.approx(1, abs=1e-3)
    assert likeness(short, whole[:64]) == pytest.approx(likeness(whole[:64], whole[:64]) ** 0.5, abs=1e-3)
    with pytest.raises(openai.BadRequestError) as caught:
        client.embeddings.create(model=MODEL, input="a", dimensions=257)
    assert caught.value.param == "dimensions"


def test_a_text_that_is_too_long_is_named(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.embeddings.create(model=MODEL, input=["short", "word " * 5000])
    assert (caught.value.param, caught.value.code) == ("input[1]", "context_length_exceeded")


def test_the_model_is_listed_and_does_not_generate(client: OpenAI) -> None:
    assert MODEL in [model.id for model in client.models.list()]
    assert client.models.retrieve(MODEL).id == MODEL
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "hi"}])
    with pytest.raises(openai.NotFoundError):
        client.embeddings.create(model="text-embedding-3-small", input="a")
