"""Learning the relevance table: what is written is what the product reads, and synonyms come near their tools."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

import pytest
import torch

from tercet.backends.embedded import relevance as product
from training.data.sample import compact
from training.stages import relevance
from training.stages.relevance import Turn, Words

TOPICS = {
    "weather": ("weather", "rain", "umbrella"),
    "mail": ("mail", "inbox", "letter"),
    "alarm": ("alarm", "wake", "clock"),
}


def tool(name: str) -> bytes:
    return compact({"name": f"get_{name}", "description": f"Handles {name} things.", "parameters": {}}).encode()


TOOLS = tuple(tool(name) for name in TOPICS)


@pytest.fixture
def seen() -> list[Turn]:
    rng = random.Random(0)
    made = []
    for _ in range(900):
        name = rng.choice(list(TOPICS))
        text = f"please {rng.choice(TOPICS[name])} {rng.choice(('now', 'today', 'again'))}"
        made.append(Turn(product.stems(text, 99), (tool(name),), (f"get_{name}",)))
    return made


@pytest.fixture
def untouched() -> Iterator[None]:
    """The product's table is replaced while learning; put it back."""
    kept = product.table
    yield
    product.table = kept
    product.forget()


@pytest.mark.usefixtures("untouched")
def test_words_of_a_request_come_near_the_tool_that_serves_it(seen: list[Turn]) -> None:
    torch.set_num_threads(1)
    relevance.use({"words": "", "weights": "", "vectors": "", "coefficients": [], "bias": 0.0})
    words = Words(seen)
    vectors = relevance.learn_vectors(relevance.pairs(seen, words, lambda _: True), words)
    coefficients = [0.0] * 6 + [8.0] + [0.0] * 4
    relevance.use(json.loads(json.dumps(relevance.written(words, vectors, coefficients, -2.0))))
    assert product.Offered(TOOLS).hints("will it rain")[0].name == "get_weather"
    assert product.Offered(TOOLS).hints("a letter")[0].name == "get_mail"
    assert product.Offered(TOOLS).hints("wake me")[0].level > product.Offered(TOOLS).hints("hello there")[0].level


def test_the_written_table_is_what_is_read() -> None:
    words = Words([])
    words.words, words.weights = ["rain", "mail"], [2.0, 3.5]
    vectors = torch.zeros(2, product.WIDTH)
    vectors[0, 0], vectors[1, 3] = 1.0, -1.0
    table = product.read_table(relevance.written(words, vectors, [0.5], 0.25))
    assert table.weights == {"rain": 2.0, "mail": 3.5}
    assert (table.coefficients, table.bias) == ((0.5,), 0.25)
    assert set(table.vectors) == {"rain", "mail"}


def test_turned_vectors_are_as_alike_as_before_and_tell_most_in_front() -> None:
    vectors = torch.randn(40, 12) * torch.linspace(0.1, 2, 12)
    found = relevance.turned(vectors)
    assert torch.allclose(found @ found.T, vectors @ vectors.T, atol=1e-3)
    assert found[:, 0].square().sum() > found[:, -1].square().sum()


def test_a_share_of_the_tools_is_kept_from_the_first_vectors() -> None:
    learnt = sum(relevance.is_learnt_from(f"tool_{number}") for number in range(3000))
    assert 0.6 < learnt / 3000 < 0.73
    assert relevance.is_learnt_from("get_weather") == relevance.is_learnt_from("getWeather")
