"""Texts are cut the same way every time, within their sizes, and nothing of them is lost."""

import random

import pytest

from tercet.errors import Unsupported
from tercet.service.vector_chunks import chunks_of, windows_of
from tercet.service.vector_reading import text_of


@pytest.mark.parametrize("alphabet", ["ab c.\n", "äöü €漢字 😀\n", "abcdefghijklmnop"])
@pytest.mark.parametrize(("size", "overlap"), [(100, 0), (100, 50), (140, 13)])
def test_chunks_hold_all_of_a_text(alphabet: str, size: int, overlap: int) -> None:
    dice = random.Random(size + overlap)
    text = "".join(dice.choice(alphabet) for _ in range(3000))
    chunks = list(chunks_of(text, size, overlap))
    assert chunks == list(chunks_of(text, size, overlap))
    assert max(len(chunk.encode()) for chunk in chunks) <= size * 4
    end = 0
    for chunk in chunks:
        begin = text.index(chunk, max(0, end - size * 4))
        assert not text[end:begin].strip(), "what lies between two chunks is blank"
        end = begin + len(chunk)
    assert not text[end:].strip()


def test_paragraphs_are_kept_together_where_they_fit() -> None:
    text = "\n\n".join(f"Paragraph {number} " + "word " * 40 for number in range(10))
    chunks = list(chunks_of(text, 100, 0))
    assert all(chunk.startswith("Paragraph") for chunk in chunks)


def test_windows_add_up_to_their_text() -> None:
    for text in ("", "short", "word " * 1000, "漢" * 1000):
        windows = windows_of(text, 200)
        assert "".join(windows) == text
        assert all(len(window.encode()) <= 200 for window in windows)


def test_html_is_read_as_it_is_seen() -> None:
    page = b"<!doctype html><html><style>a{}</style><body><p>One &amp; two</p><ul><li>a<li>b</ul><script>x()</script>"
    assert text_of(page, "page").split() == ["One", "&", "two", "a", "b"]
    assert text_of(b"<p>not marked as a page</p>", "a.md") == "<p>not marked as a page</p>"


@pytest.mark.parametrize("content", [b"PK\x03\x04x", b"\x89PNG\r\n", b"\xff\xfe\x00\xd8", b"a\0b"])
def test_what_is_no_text_is_refused(content: bytes) -> None:
    with pytest.raises(Unsupported):
        text_of(content, "file.dat")


def test_other_encodings_of_text_are_read() -> None:
    assert text_of("grüße".encode("utf-16"), "a.txt") == "grüße"
    assert text_of("grüße".encode("utf-8-sig"), "a.txt") == "grüße"
