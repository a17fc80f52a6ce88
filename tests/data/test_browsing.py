"""Sessions in a browser: pages have the form that the product shows, and a click leads where its link says."""

from __future__ import annotations

import json
import random
import re
from itertools import islice, pairwise
from typing import Any, cast
from urllib.parse import urljoin

import pytest

from training.data import browsing, builtin_tools, validate
from training.data.sample import Sample

ELEMENT = re.compile(r"""\[\d+\] (?:link (?:'.+'|".+") to /\S*|textbox '.+' value (?:'.*'|".*")|button '.+')""")


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    return list(islice(browsing.generate(random.Random(5)), 500))


def steps(sample: Sample) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Each call with what it gave."""
    made = [call for m in sample.messages for call in cast(list[dict[str, Any]], m.get("tool_calls", []))]
    returned = [json.loads(str(m["content"])) for m in sample.messages if m["role"] == "tool"]
    return list(zip(made, returned, strict=True))


def test_samples_are_valid_and_pages_look_like_the_browsers(samples: list[Sample]) -> None:
    for sample in samples:
        assert validate.problem(sample) is None
        for call, page in steps(sample):
            if call["name"].startswith("browser_"):
                assert list(page) == ["url", "title", "elements", "text"]
                assert [int(line[1 : line.index("]")]) for line in page["elements"]] == list(
                    range(1, len(page["elements"]) + 1)
                )
                assert all(ELEMENT.fullmatch(line) for line in page["elements"])


def test_a_link_leads_to_the_page_it_names(samples: list[Sample]) -> None:
    num_followed = 0
    for sample in samples:
        last: dict[str, Any] = {}
        for call, page in steps(sample):
            if call["name"] == "browser_click":
                line = next(line for line in last["elements"] if repr(call["arguments"]["element"]) in line)
                if " link " in line:
                    assert urljoin(last["url"], line.rpartition(" to ")[2]).endswith(page["url"].rpartition("/")[2])
                    assert page["title"] in line
                    num_followed += 1
            if call["name"].startswith("browser_"):
                last = page
    assert num_followed > 100


def test_what_is_told_stands_on_the_last_page_or_is_computed(samples: list[Sample]) -> None:
    for sample in samples:
        told, seen = str(sample.messages[-1]["content"]), steps(sample)[-1]
        if seen[0]["name"] == "calculator":
            assert seen[1]["value"] == builtin_tools.calculate(seen[0]["arguments"]["expression"])
        else:
            words = re.findall(r"\d[\d.]*\d|\d", told)
            assert all(word in seen[1]["text"] for word in words)


def test_a_basket_holds_what_was_filled_in(samples: list[Sample]) -> None:
    num_baskets = 0
    for sample in samples:
        done = steps(sample)
        for (fill, page), (click, basket) in pairwise(done):
            if fill["name"] == "browser_fill" and click["name"] == "browser_click" and basket["title"] == "Basket":
                assert f"{fill['arguments']['text']} × {page['title']}" in basket["text"]
                num_baskets += 1
    assert num_baskets > 10
