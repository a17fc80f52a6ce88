"""Long inputs: what is asked for stands in the text, anywhere in it."""

from __future__ import annotations

import random
from itertools import islice
from pathlib import Path
from statistics import mean

from training.data import long
from training.data.sample import Sample
from training.data.validate import problem


def drawn(count: int, seed: int = 0, max_tokens: int = 4000) -> list[Sample]:
    rng = random.Random(seed)
    return [long.sample(rng, max_tokens) for _ in range(count)]


def text_of(sample: Sample) -> str:
    """The longest message: the text that is asked about."""
    return max((str(message.get("content") or "") for message in sample.messages), key=len)


def answers(sample: Sample) -> list[str]:
    """What has to be found in the text."""
    found = []
    for message in sample.messages:
        for call in message.get("tool_calls") or ():  # type: ignore[attr-defined]
            found += [str(value) for value in call["arguments"].values()]
        content = message.get("content")
        if message["role"] == "assistant" and content and content not in (*long.UNKNOWN, "I read the file first."):
            found.append(str(content))
    return found


def test_samples_are_sound_and_the_same_for_a_seed() -> None:
    made = drawn(60)
    assert [problem(sample) for sample in made] == [None] * 60
    assert made == drawn(60)
    assert made != drawn(60, seed=1)


def test_answers_stand_in_the_text_anywhere() -> None:
    places = []
    for sample in drawn(80):
        text = text_of(sample)
        for answer in answers(sample):
            if ", then " in answer or ": " in answer:
                hands = answer.rstrip(".").rpartition(": ")[0].split(", then ")
                assert all(name in text for name in hands)
            else:
                assert answer in text
                places.append(text.index(answer) / len(text))
    assert 0.4 < mean(places) < 0.6
    assert min(places) < 0.1
    assert max(places) > 0.9


def test_every_kind_is_drawn() -> None:
    made = drawn(80)
    said = [str(message.get("content")) for sample in made for message in sample.messages]
    assert any(text in long.UNKNOWN for text in said)
    assert any(", then " in text for text in said)
    assert any(sample.tools for sample in made)
    assert {sample.messages[0]["role"] for sample in made} == {"system", "user"}
    assert any(message["role"] == "tool" for sample in made for message in sample.messages)


def test_lengths_reach_from_short_to_long(tmp_path: Path) -> None:
    sizes = [len(text_of(sample)) for sample in islice(long.samples(tmp_path, 1, 32_000), 40)]
    assert min(sizes) < 8_000
    assert max(sizes) > 32_000
