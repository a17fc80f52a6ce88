"""`python -m evals`: run the development sets against a server, compare runs, calibrate a model's confidence."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import aiohttp

from evals import calibration, plots, score, sets
from evals.cases import Answer, Case
from evals.server import Server

NUM_TO_CALIBRATE = 200
"""Of each set: with 75 decisions in ten bins a perfect calibration shows an error of about 0.1."""


def main() -> None:
    """Parse the command line and do what it says."""
    parser = argparse.ArgumentParser(prog="python -m evals", description=__doc__)
    commands = parser.add_subparsers(required=True)
    _run_command(commands.add_parser("run", help="measure one model and write its figures and answers"))
    _compare_command(commands.add_parser("compare", help="print runs side by side as Markdown"))
    _calibrate_command(
        commands.add_parser("calibrate", help="fit confidence, and check it on cases that it was not fitted to")
    )
    arguments = parser.parse_args()
    try:
        arguments.do(arguments)
    except (RuntimeError, aiohttp.ClientConnectionError) as error:
        parser.exit(1, f"{parser.prog}: {error}\n")


def _server_arguments(parser: argparse.ArgumentParser, num_cases: int) -> None:
    parser.add_argument("--base-url", default="http://127.0.0.1:8741/v1")
    parser.add_argument("--model", default="nano")
    parser.add_argument("--api-key", default=os.environ.get("TERCET_API_KEY", "none"))
    parser.add_argument("--concurrency", type=int, default=2)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("TERCET_DATA", "../shared/data")))
    parser.add_argument("--sets", nargs="*", help="only these sets")
    parser.add_argument("--num-cases", type=int, default=num_cases, help="of each set cut from a larger one")


def _run_command(parser: argparse.ArgumentParser) -> None:
    _server_arguments(parser, sets.NUM_CASES)
    parser.add_argument("--grounding", choices=("off", "report", "strict"), help="Tercet's grounding of arguments")
    parser.add_argument("--out", type=Path, help="write figures and answers here as JSON")
    parser.add_argument("--label", help="what to call the run in comparisons; the model's name otherwise")
    parser.set_defaults(do=run)


def _compare_command(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", type=Path, nargs="+", help="files that `run` wrote")
    parser.add_argument("--plot", type=Path, help="draw them here, too")
    parser.set_defaults(do=compare)


def _calibrate_command(parser: argparse.ArgumentParser) -> None:
    _server_arguments(parser, NUM_TO_CALIBRATE)
    parser.add_argument("--manifest", type=Path, help="write the scales and errors into this model's manifest")
    parser.add_argument("--plot", type=Path, help="draw the reliability diagram here")
    parser.set_defaults(do=calibrate)


def run(arguments: argparse.Namespace) -> None:
    """Measure and print; write what was asked for."""
    extension = {"grounding": arguments.grounding} if arguments.grounding else None
    cases, answers = _ask(arguments, extension)
    figures = score.rows(cases, answers)
    label = arguments.label or arguments.model
    print(score.table({label: figures}))
    if arguments.out:
        told = [_record(case, answer) for case, answer in zip(cases, answers, strict=True)]
        made = {"label": label, "figures": score.as_json(figures), "answers": told}
        arguments.out.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n")


def compare(arguments: argparse.Namespace) -> None:
    """Print runs side by side."""
    columns = {}
    for path in arguments.runs:
        told = json.loads(path.read_text())
        columns[told["label"]] = {name: score.Row(**row) for name, row in told["figures"].items()}
    print(score.table(columns))
    if arguments.plot:
        plots.skill(columns, arguments.plot)


def calibrate(arguments: argparse.Namespace) -> None:
    """Fit on all cases and keep that; report the error before, and after on cases that were not fitted to."""
    manifest = json.loads(arguments.manifest.read_text()) if arguments.manifest else {}
    cases, answers = _ask(arguments, {"confidence": True})
    if any(answer.confidence and answer.confidence["is_calibrated"] for answer in answers):
        raise SystemExit("the server applies a calibration already: take it out of the manifest and restart it")
    scales, scaled = calibration.fitted(cases, answers), calibration.crossed(cases, answers)
    unscaled = calibration.decisions(cases, answers)
    errors = {}
    print("| decision | n | error before | error after | by chance |\n|---|---|---|---|---|")
    for kind, pairs in scaled.items():
        before, after = calibration.calibration_error(unscaled[kind]), calibration.calibration_error(pairs)
        chance = calibration.error_by_chance(pairs)
        print(f"| {kind} | {len(pairs)} | {before:.3f} | {after:.3f} | {chance:.3f} |")
        figures = {"before": before, "after": after, "by_chance": chance}
        errors[kind] = {"n": len(pairs), **{name: round(figure, 3) for name, figure in figures.items()}}
    if arguments.manifest:
        told = {kind: asdict(scale) for kind, scale in scales.items()}
        manifest |= {"calibration": told, "calibration_error": errors}
        arguments.manifest.write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    if arguments.plot:
        plots.reliability(scaled, arguments.plot, title=arguments.model)


def _ask(arguments: argparse.Namespace, extension: dict[str, Any] | None) -> tuple[list[Case], list[Answer]]:
    cases = sets.cases(arguments.data, arguments.sets, arguments.num_cases)
    server = Server(arguments.base_url, arguments.model, arguments.api_key, arguments.concurrency, extension)
    return cases, asyncio.run(server.answers(cases))


def _record(case: Case, answer: Answer) -> dict[str, Any]:
    return {
        "set": case.set_name,
        "id": case.id,
        "right": case.is_right(answer),
        "request": case.messages[-1]["content"],
        "text": answer.text,
        "calls": answer.calls,
        "expected": list(case.expected),
        "ms": round(1000 * answer.seconds, 1),
    }


if __name__ == "__main__":
    main()
