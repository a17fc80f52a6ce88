"""Keeps evaluation data out of training: 13-word and tool overlap with every set under data/dev and evals/own.

A sample that overlaps is dropped; a source that overlaps too often is refused. It trains on nothing it reads.
"""

from __future__ import annotations

import argparse
import importlib
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from training.data.sample import Sample
from training.data.sources.common import read_lines
from training.paths import REPOSITORY

N = 13
MIN_WORDS = 6
"""A request shorter than N words counts when it is the same as a whole, from this many words on."""
SOURCES = ("sgd", "seal_tools", "gorilla", "toolalpaca", "metatool", "clinc", "self_instruct", "gsm8k")
OWN = REPOSITORY / "evals/own"
_WORDS = re.compile(r"[a-z0-9]+")
_REQUEST_KEYS = frozenset(("query", "content", "utterance", "Instructions", "instruction", "text"))
_TOOL_KEYS = frozenset(("function", "functions", "tools"))
_DIALOGUES = frozenset(("sgd",))
"""Sets of conversations: their short turns ("yes, that sounds good to me") are no evidence when they recur."""


class Contaminated(Exception):
    """A training source overlaps an evaluation set more than by accident."""


def tokens(text: str) -> list[str]:
    return _WORDS.findall(text.lower())


def grams(text: str) -> Iterator[str]:
    found = tokens(text)
    for start in range(len(found) - N + 1):
        yield " ".join(found[start : start + N])


@dataclass
class Index:
    """What the evaluation sets ask, by set."""

    grams: dict[str, str] = field(default_factory=dict)
    """13-gram -> the set it comes from."""
    whole: dict[str, str] = field(default_factory=dict)
    """Short request, normalised -> its set."""
    tools: dict[str, str] = field(default_factory=dict)
    """Name and description of a tool, normalised -> its set."""
    names: dict[str, str] = field(default_factory=dict)

    def add_request(self, text: str, set_name: str) -> None:
        for gram in grams(text):
            self.grams[gram] = set_name
        found = tokens(text)
        if MIN_WORDS <= len(found) < N and set_name not in _DIALOGUES:
            self.whole[" ".join(found)] = set_name

    def add_tool(self, name: str, description: str, set_name: str) -> None:
        self.tools[_tool_key(name, description)] = set_name
        self.names[" ".join(tokens(name))] = set_name


def _tool_key(name: str, description: str) -> str:
    return f"{' '.join(tokens(name))}|{' '.join(tokens(description)[:12])}"


def _documents(path: Path) -> Iterator[Any]:
    if path.name.endswith((".jsonl", ".jsonl.gz")):
        for line in read_lines(path):
            if line.strip():
                yield json.loads(line)
    elif path.suffix == ".json" and "schema" not in path.name:
        yield json.loads(path.read_text(encoding="utf-8"))


def _collect(node: Any, key: str, index: Index, set_name: str) -> None:
    """Requests by the key they stand under, tools by their shape; dialogue schemas are shared and left out."""
    if isinstance(node, str):
        if key in _REQUEST_KEYS:
            index.add_request(node, set_name)
    elif isinstance(node, list):
        for item in node:
            _collect(item, key, index, set_name)
    elif isinstance(node, dict):
        if key in _TOOL_KEYS and isinstance(node.get("name"), str):
            index.add_tool(node["name"], str(node.get("description", "")), set_name)
        if node.get("speaker") == "SYSTEM":
            return
        for name, value in node.items():
            _collect(value, name, index, set_name)


def load(root: Path) -> Index:
    """The index of our own cases and of every evaluation set under root/dev, if there is any."""
    index = Index()
    for folder in (root / "dev", OWN):
        for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
            if path.is_file():
                for document in _documents(path):
                    _collect(document, "", index, path.relative_to(folder).parts[0])
    return index


@cache
def index_of(root: Path) -> Index:
    """The same, read once by a process."""
    return load(root)


def overlap(sample: Sample, index: Index) -> str | None:
    """The evaluation set that the sample repeats, or None."""
    for message in sample.messages:
        text = message.get("content")
        if message["role"] != "user" or not isinstance(text, str):
            continue
        found = index.whole.get(" ".join(tokens(text)))
        found = found or next((index.grams[gram] for gram in grams(text) if gram in index.grams), None)
        if found:
            return found
    for tool in sample.tools:
        found = index.tools.get(_tool_key(str(tool["name"]), str(tool["description"])))
        if found:
            return found
    return None


@dataclass
class Guard:
    """A filter over a stream that counts what it drops and refuses a source that overlaps too much."""

    index: Index
    max_share: float = 0.01
    patience: int = 500
    """Samples of a source seen before its share is judged."""
    seen: Counter[str] = field(default_factory=Counter)
    dropped: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(source, evaluation set) -> samples dropped."""

    def __call__(self, samples: Iterable[Sample]) -> Iterator[Sample]:
        for sample in samples:
            self.seen[sample.source] += 1
            found = overlap(sample, self.index)
            if found is None:
                yield sample
                continue
            self.dropped[sample.source, found] += 1
            self._judge(sample.source)

    def share(self, source: str) -> float:
        dropped = sum(count for (name, _), count in self.dropped.items() if name == source)
        return dropped / max(1, self.seen[source])

    def _judge(self, source: str) -> None:
        if self.seen[source] >= self.patience and self.share(source) > self.max_share:
            sets = sorted({name for one, name in self.dropped if one == source})
            raise Contaminated(
                f"{source!r} repeats {', '.join(sets)} in {self.share(source):.2%} of {self.seen[source]} samples; "
                f"at most {self.max_share:.2%} may be dropped: take the overlap out of the source"
            )


def shared_names(samples: Iterable[Sample], index: Index) -> Counter[str]:
    """Tools offered in training that share a bare name with an evaluation tool: to be read, not refused."""
    found: Counter[str] = Counter()
    for sample in samples:
        for tool in sample.tools:
            name = " ".join(tokens(str(tool["name"])))
            if name in index.names:
                found[name] += 1
    return found


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Report the overlap of every training source with data/dev.")
    parser.add_argument("--root", type=Path, required=True, help="folder with train/ and dev/")
    parser.add_argument("--samples", type=int, default=3000, help="samples to read of each source")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(argv)
    index = load(options.root)
    guard = Guard(index)
    try:
        for name in SOURCES:
            source = importlib.import_module(f"training.data.sources.{name}")
            stream = source.generate(options.root, random.Random(options.seed))
            kept = list(guard(islice(stream, options.samples)))
            names = shared_names(kept, index)
            sys.stdout.write(
                f"{name}: {options.samples - len(kept)} dropped of {options.samples}, {len(names)} shared names\n"
            )
    except Contaminated as error:
        sys.stdout.write(f"refused: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
