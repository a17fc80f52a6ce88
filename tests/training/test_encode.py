"""The quick encoder gives the tokenizer's tokens."""

from __future__ import annotations

import random
from itertools import islice
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from training import encode, pack, tokenizer
from training.data import long, symbolic

ODD = (
    "", " ", "a", "'Sword 'll", "'S 'RE it's can't I'LL", " \t x\r\n\r\n y !!\n\n z", "   \n  foo\n\n\tbar  ",
    "\x1c\x1d a\x1cb \x0b\x0c x", "x\u00a0 y\x85z \u2003", "naïve é e\u0301 東京 ½ ² １２",
    "<|end|><|user|> hi <|r3|>x", "<|end|", "123 4.5e-6", '{"a":[1,{"b":"c d"}]}', "snake_case camelCase SHOUT", "?:\"|\"://",
)  # fmt: skip


@pytest.fixture(scope="module")
def family() -> Tokenizer:
    return tokenizer.load()


@pytest.mark.parametrize("text", ODD)
def test_odd_texts(family: Tokenizer, text: str) -> None:
    quick = encode.Encoder(family)
    expected = family.encode(text, add_special_tokens=False).ids
    assert quick.ids(text).tolist() == expected
    assert quick.ids(text).tolist() == expected  # from memory


def test_random_ascii_and_rendered_samples(family: Tokenizer, tmp_path: Path) -> None:
    rng = random.Random(0)
    texts = ["".join(chr(rng.choice((rng.randint(32, 126), 10, 32, 39))) for _ in range(300)) for _ in range(50)]
    samples = [*islice(symbolic.generate(rng), 50), *islice(long.samples(tmp_path, 1, 3000), 3)]
    texts += [pack.render(sample.messages, sample.tools, sample.schema) for sample in samples]
    quick = encode.Encoder(family)
    for text in texts:
        assert quick.ids(text).tolist() == family.encode(text, add_special_tokens=False).ids


def test_a_full_memory_is_emptied(family: Tokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encode, "MAX_PIECES", 30)
    quick = encode.Encoder(family)
    text = " ".join(f"word{n}" for n in range(100)) + "<|end|>"
    assert quick.ids(text).tolist() == family.encode(text, add_special_tokens=False).ids
    assert len(quick.known) <= 30
