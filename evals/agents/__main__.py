"""`python -m evals.agents`: let tiers of a running server work on the tasks, through the official client.

The shop is served on `--shop-port`, which the server must be allowed to reach: `[egress] allow = ["127.0.0.1:8099"]`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path

from openai import AsyncOpenAI

from evals.agents.runner import FILE_TOOLS, Outcome, Runner
from evals.agents.shop import Shop
from evals.agents.tasks import Task, file_tasks, shop_tasks


def main() -> None:
    """Run the tasks and print what was solved."""
    parser = argparse.ArgumentParser(prog="python -m evals.agents", description=__doc__)
    parser.add_argument("--base-url", default="http://127.0.0.1:8741/v1")
    parser.add_argument("--api-key", default=os.environ.get("TERCET_API_KEY", "none"))
    parser.add_argument("--models", nargs="+", default=["nano"])
    parser.add_argument("--shop-port", type=int, default=8099, help="0: leave the shop's tasks out")
    parser.add_argument("--tools", nargs="*", default=list(FILE_TOOLS), help="none: all tools of the workspace")
    parser.add_argument("--time-limit", type=float, default=120.0, help="seconds per task")
    parser.add_argument("--concurrency", type=int, default=1)
    parser.add_argument("--out", type=Path, help="write every outcome here as JSON")
    arguments = parser.parse_args()
    outcomes = asyncio.run(_work(arguments))
    print(table(outcomes))
    if arguments.out:
        told = {model: [asdict(outcome) for outcome in made] for model, made in outcomes.items()}
        arguments.out.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")


async def _work(arguments: argparse.Namespace) -> dict[str, list[Outcome]]:
    client = AsyncOpenAI(base_url=arguments.base_url, api_key=arguments.api_key, max_retries=0, timeout=300)
    shop = Shop()
    outcomes = {}
    async with client, shop.served(arguments.shop_port) as url:
        tasks = [*file_tasks(), *(shop_tasks(shop, url) if arguments.shop_port else ())]
        for model in arguments.models:
            runner = Runner(client, model, tuple(arguments.tools) or None, arguments.time_limit)
            outcomes[model] = await _run_all(runner, tasks, shop, arguments.concurrency)
    return outcomes


async def _run_all(runner: Runner, tasks: list[Task], shop: Shop, concurrency: int) -> list[Outcome]:
    limit = asyncio.Semaphore(concurrency)

    async def one(task: Task) -> Outcome:
        async with limit:
            shop.basket.clear()
            return await runner.run(task)

    return list(await asyncio.gather(*map(one, tasks)))


def table(outcomes: dict[str, list[Outcome]]) -> str:
    """Return Markdown: how many of each kind every model solved."""
    kinds: dict[str, dict[str, list[Outcome]]] = defaultdict(dict)
    for model, made in outcomes.items():
        for outcome in made:
            kinds[outcome.task.kind].setdefault(model, []).append(outcome)
    lines = ["| task | tool steps | n | " + " | ".join(outcomes) + " |", "|---|---|---|" + "---|" * len(outcomes)]
    for kind, by_model in kinds.items():
        some = next(iter(by_model.values()))
        solved = " | ".join(str(sum(one.is_solved for one in by_model.get(model, ()))) for model in outcomes)
        lines.append(f"| {kind} | {some[0].task.num_steps} | {len(some)} | {solved} |")
    sums = " | ".join(str(sum(one.is_solved for one in made)) for made in outcomes.values())
    lines.append(f"| all | | {len(next(iter(outcomes.values())))} | {sums} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
