"""Stage 7: measure a model on the dev sets, over any OpenAI-compatible server, on a GGUF file or on a checkpoint.

Prints a table and writes the figures as JSON, with every answer when asked.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from evals import sets
from evals.cases import Answer, Case
from training import generate
from training.paths import data_root


def measure(cases: list[Case], ask: generate.Generate) -> list[dict[str, Any]]:
    """One record per case: its set, the answer, whether it was right and the time it took."""
    records = []
    for case in cases:
        began = time.perf_counter()
        answer = ask(case.messages, case.tools, "auto")
        records.append(record(case, answer, 1000 * (time.perf_counter() - began)))
    return records


def record(case: Case, answer: Answer, ms: float) -> dict[str, Any]:
    return {
        "set": case.set_name,
        "id": case.id,
        "right": case.is_right(answer),
        "names_right": case.has_right_tools(answer),
        "ms": round(ms, 1),
        "request": case.messages[-1]["content"],
        "text": answer.text,
        "calls": answer.calls,
        "expected": case.expected,
    }


def measure_checkpoint(cases: list[Case], path: Path, weights: str, device: str) -> list[dict[str, Any]]:
    """The same for a checkpoint; all cases are asked together, so each is given its share of the time."""
    began = time.perf_counter()
    answers = generate.from_checkpoint(path, weights, device, [(case.messages, case.tools) for case in cases])
    ms = 1000 * (time.perf_counter() - began) / max(1, len(cases))
    return [record(case, answer, ms) for case, answer in zip(cases, answers, strict=True)]


def table(records: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Per set: the number of cases, the percentage right, the percentage with the right tools."""
    by_set: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in records:
        by_set[record["set"]].append(record)
    return {
        name: {
            "n": len(members),
            "right": round(100 * sum(m["right"] for m in members) / len(members), 1),
            "tools_right": round(100 * sum(m["names_right"] for m in members) / len(members), 1),
            "ms": round(sorted(m["ms"] for m in members)[len(members) // 2], 1),
        }
        for name, members in by_set.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--base-url", help="e.g. http://127.0.0.1:8741/v1")
    where.add_argument("--gguf", type=Path, help="measure this file through llama.cpp, no server needed")
    where.add_argument("--checkpoint", type=Path, help="measure this checkpoint in torch, unconstrained")
    parser.add_argument("--weights", choices=("model", "average"), default="model", help="of a checkpoint")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="for a checkpoint")
    parser.add_argument("--max-cases", type=int, default=10**9)
    parser.add_argument("--model", default="nano")
    parser.add_argument("--api-key", default="none")
    parser.add_argument("--data", type=Path, default=data_root())
    parser.add_argument("--sets", nargs="*", help="only these sets")
    parser.add_argument("--out", type=Path, help="write the figures here")
    parser.add_argument("--answers", type=Path, help="write every answer here, one JSON per line")
    parser.add_argument("--threads", type=int, default=2)
    a = parser.parse_args()
    single = [*sets.bfcl_cases(a.data), *sets.seal_cases(a.data)]
    cases = [case for case in single if not a.sets or case.set_name in a.sets]
    cases = cases[: a.max_cases]
    if a.checkpoint:
        records = measure_checkpoint(cases, a.checkpoint, a.weights, a.device)
    else:
        ask = generate.in_process(a.gguf, a.threads) if a.gguf else generate.over_http(a.base_url, a.model, a.api_key)
        records = measure(cases, ask)
    figures = table(records)
    print(f"{'set':20}{'n':>5}{'right':>8}{'tools':>8}{'ms':>8}")
    for name, row in figures.items():
        print(f"{name:20}{row['n']:5}{row['right']:8}{row['tools_right']:8}{row['ms']:8}")
    if a.out:
        a.out.write_text(json.dumps(figures, indent=1) + "\n")
    if a.answers:
        a.answers.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records))


if __name__ == "__main__":
    main()
