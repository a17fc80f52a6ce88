"""Texts with questions, options, sentiments and statements, written for this project (`texts/plain/`), and questions
and reviews of the T0 prompts of Self-Instruct."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tercet.backends.embedded.plain.options import Option
from tercet.backends.embedded.plain.orders import order_of
from tercet.items import Message, TextPart
from training.data.sources.common import read_jsonl

FOLDER = Path(__file__).parent / "texts/plain"
_T0 = "train/self_instruct_t0/t0_train.jsonl.gz"
_QUESTIONS = (
    "adversarial_qa_dbert_based_on",
    "adversarial_qa_dbidaf_based_on",
    "adversarial_qa_droberta_based_on",
    "quoref_Answer_Question_Given_Context",
    "duorc_SelfRC_extract_answer",
    "ropes_plain_background_situation",
)
"""Templates that show each text with its question once."""
_DBPEDIA = (
    "company, educational institution, artist, athlete, office holder, mean of transportation, building, natural place,"
    " village, animal, plant, album, film, written work"
).split(", ")
_NEWS = ("World politics", "Sports", "Business", "Science and technology")


class Asked(NamedTuple):
    """A question about a text and its answer, a stretch of it."""

    text: str
    question: str
    answer: str
    is_own: bool


class Chosen(NamedTuple):
    """A text, options, and the name of the one that fits."""

    text: str
    options: tuple[Option, ...]
    answer: str
    is_own: bool


class Judged(NamedTuple):
    """A text, what is asked of it, and whether it is so."""

    text: str
    question: str
    is_so: bool


def asked(root: Path) -> Iterator[Asked]:
    """Yield questions about texts: our own, and those of T0 whose answer stands in the text."""
    for path in sorted(FOLDER.glob("passages_*.jsonl")):
        for told in read_jsonl(path):
            yield from (Asked(told["text"], each["question"], each["answer"], True) for each in told["asked"])
    for row in _t0(root):
        if row["template"] in _QUESTIONS:
            order = order_of([Message("user", (TextPart(row["prompt"]),))])
            if order.questions and row["completion"].lower() in order.text.lower():
                yield Asked(order.text, order.questions[0], row["completion"], False)


def chosen(root: Path) -> Iterator[Chosen]:
    """Yield texts with options: our own, news by section and articles by topic."""
    for told in read_jsonl(FOLDER / "choices.jsonl"):
        found = tuple(Option(each["name"], each["about"]) for each in told["options"])
        yield Chosen(told["text"], found, told["answer"], True)
    for row in _t0(root):
        if row["template"] == "ag_news_classify_with_choices":
            text = row["prompt"].rsplit("\n", 1)[0]
            yield Chosen(text, tuple(map(Option, _NEWS)), row["completion"], False)
        elif row["template"] == "dbpedia_14_pick_one_category_for_the_following_text":
            text = row["prompt"].split("written work.", 1)[1]
            yield Chosen(text, tuple(map(Option, _DBPEDIA)), row["completion"], False)


def reviews(root: Path) -> Iterator[Judged]:
    """Yield texts that are favourable or not: our own, and reviews of products, apps and places."""
    for told in read_jsonl(FOLDER / "sentiment.jsonl"):
        if told["label"] != "neutral":
            yield Judged(told["text"], "", told["label"] == "positive")
    for row in _t0(root):
        rated = row["completion"].strip().lower()
        match row["template"]:
            case "amazon_polarity_Is_this_review":
                yield Judged(row["prompt"].rsplit("\n", 1)[0], "", rated == "positive")
            case "app_reviews_convert_to_rating" if rated in ("1", "2", "4", "5"):
                yield Judged(row["prompt"].split("review?", 1)[1], "", rated in ("4", "5"))
            case "yelp_review_full_format_score" if rated in ("1", "2", "4", "5"):
                yield Judged(row["prompt"].split("Review score")[0], "", rated in ("4", "5"))


def statements() -> Iterator[Judged]:
    """Yield texts with a question that is answered by yes or no."""
    for told in read_jsonl(FOLDER / "yesno.jsonl"):
        yield Judged(told["text"], told["question"], told["answer"] == "yes")
    for told in read_jsonl(FOLDER / "choices.jsonl"):
        if told["answer"].lower() in ("yes", "no", "true", "false"):
            yield Judged(told["text"], told["question"], told["answer"].lower() in ("yes", "true"))


@cache
def _t0(root: Path) -> list[dict[str, str]]:
    return read_jsonl(root / _T0)
