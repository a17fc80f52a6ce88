"""The text of PDFs: what is read, what is refused, and that hostile files end their own process alone."""

import os
import time

import pytest

from tercet.errors import InvalidRequest
from tercet.tools.pdf import PdfReader, is_pdf
from tests.pdfs import assembled, bomb, pdf


async def test_the_text_of_all_pages_is_read_in_order() -> None:
    content = pdf(["Invoice 4711", "Total (net): 312.50"], [], ["Café prices"])
    assert is_pdf(content)
    assert await PdfReader().text(content, "a.pdf") == "Invoice 4711\nTotal (net): 312.50\n\nCafé prices"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"%PDF-1.4\nnothing more", "broken"),
        (b"%PDF-" + os.urandom(100_000), "broken"),
        (pdf([]), "no text"),
        (assembled([b"<< /Length 0 >>\nstream\n\nendstream"], num_pages=2001), "2001 pages"),
    ],
)
async def test_what_cannot_be_read_is_refused_with_its_reason(content: bytes, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said) as caught:
        await PdfReader().text(content, "a.pdf")
    assert caught.value.code == "invalid_file"


async def test_a_file_that_unpacks_without_end_ends_its_process_alone() -> None:
    began = time.monotonic()
    with pytest.raises(InvalidRequest, match=r"a\.pdf"):
        await PdfReader(timeout_s=20).text(bomb(200_000_000), "a.pdf")
    assert time.monotonic() - began < 60


async def test_a_file_that_takes_too_long_is_given_up() -> None:
    began = time.monotonic()
    with pytest.raises(InvalidRequest, match=r"more than 0\.01 seconds"):
        await PdfReader(timeout_s=0.01).text(pdf(["a"]), "a.pdf")
    assert time.monotonic() - began < 10
