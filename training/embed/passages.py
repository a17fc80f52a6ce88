"""Passages of plain English and what could be searched for to find them.

Owns the reading of the T0 prompts for retrieval: questions and summaries with the passage they belong to, and every
paragraph of some length. It does not know how pairs are batched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from training.data.sources.common import clip, read_jsonl
from training.embed.pair import Pair

MAX_PASSAGE = 900
MIN_PARAGRAPH = 200
Row = dict[str, str]

_QUESTIONS = {
    "adversarial_qa_dbert_based_on": r"Question: (?P<q>.*)\nContext: (?P<p>.*)",
    "adversarial_qa_dbidaf_based_on": r"Question: (?P<q>.*)\nContext: (?P<p>.*)",
    "adversarial_qa_droberta_based_on": r"Question: (?P<q>.*)\nContext: (?P<p>.*)",
    "quoref_Read_And_Extract_": r"answer for the question: (?P<q>[^\n]*)\n\n(?P<p>.*)",
    "duorc_ParaphraseRC_extract_answer": r"Question: (?P<q>[^\n]*)\nTitle: [^\n]*\nMovie plot: (?P<p>.*)",
    "duorc_SelfRC_extract_answer": r"Question: (?P<q>[^\n]*)\nTitle: [^\n]*\nMovie plot: (?P<p>.*)",
    "sciq_Direct_Question": r"given this paragraph: \s*(?P<p>.*?)\s*Q: (?P<q>.*?)\s*A:",
    "dream_baseline": r"Dialogue:\s*(?P<p>.*?)\s*Question: (?P<q>[^\n]*)",
    "ropes_plain_no_background": r"(?P<p>.*)\n\n(?P<q>[^\n]*)",
    "cosmos_qa_context_question_description_text": r"(?P<p>.*)\nQuestion: (?P<q>[^\n]*)\n",
    "quartz_use_info_from_question_paragraph": r"Question:\s*(?P<q>.*?)\s*Paragraph :\s*(?P<p>.*)",
}
"""One template per set: the others repeat its questions."""
_SUMMARIES = (
    "samsum_Write_a_dialogue_that_match_this_summary",
    "cnn_dailymail_3_0_0_generate_story",
    "multi_news_expand_reverse_task_",
    "gigaword_reverse_writing",
    "wiki_bio_who",
)
"""Templates that ask for the text of a summary: after the first line, or a colon, comes what to search with."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


def key(passage: str) -> str:
    """What two copies of a passage have in common, whatever template wraps them."""
    return re.sub(r"\W+", "", passage.lower())[40:120]


def read(root: Path) -> list[Row]:
    rows: list[Row] = read_jsonl(root / "train" / "self_instruct_t0" / "t0_train.jsonl.gz")
    return rows


def questions(rows: Sequence[Row]) -> Iterator[Pair]:
    """Questions with the passage that answers them."""
    for row in rows:
        pattern = _QUESTIONS.get(row["template"])
        found = re.search(pattern, row["prompt"], re.DOTALL) if pattern else None
        if found and len(found["p"]) > 60 and len(found["q"]) > 8:
            yield Pair(clip(found["q"], 300), clip(found["p"], MAX_PASSAGE), "question", key(found["p"]))


def summaries(rows: Sequence[Row]) -> Iterator[Pair]:
    """Summaries with the text that they sum up."""
    for row in rows:
        if row["template"] in _SUMMARIES:
            _, _, said = row["prompt"].partition(":")
            if len(said) > 20 and len(row["completion"]) > 80:
                yield Pair(clip(said, 300), clip(row["completion"], MAX_PASSAGE), "summary", key(row["completion"]))


def paragraphs(rows: Sequence[Row]) -> list[str]:
    """Every paragraph of some length, once."""
    found: dict[str, str] = {}
    for row in rows:
        for text in (row["prompt"], row["completion"]):
            for line in text.split("\n"):
                if len(line) >= MIN_PARAGRAPH:
                    found.setdefault(key(line), clip(line, MAX_PASSAGE))
    return list(found.values())


def sentences(passage: str) -> list[str]:
    """The sentences of a passage that say enough to be searched with."""
    return [one for one in _SENTENCE.split(passage) if 25 <= len(one) <= 250]
