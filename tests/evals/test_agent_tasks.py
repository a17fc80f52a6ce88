"""The agents' tasks: deterministic, solvable from what they give, judged by their facts."""

import json

import aiohttp

from evals.agents.shop import Shop
from evals.agents.tasks import NUM_FILE_TASKS, NUM_SHOP_TASKS, file_tasks, shop_tasks


def test_there_are_as_many_tasks_as_promised_and_the_same_each_time() -> None:
    shop = Shop()
    tasks = [*file_tasks(), *shop_tasks(shop, "http://shop/")]
    assert len(tasks) == NUM_FILE_TASKS + NUM_SHOP_TASKS >= 60
    assert len({task.id for task in tasks}) == len(tasks)
    assert all(2 <= task.num_steps <= 4 for task in tasks)
    assert tasks == [*file_tasks(), *shop_tasks(Shop(), "http://shop/")]


def test_facts_follow_from_the_files() -> None:
    for task in file_tasks():
        if task.kind == "product":
            order = json.loads(task.files["order.json"])
            assert task.facts == (str(order["unit_price"] * order["quantity"]),)
        if task.kind == "line_in_log":
            first = next(line for line in task.files["server.log"].splitlines() if "ERROR" in line)
            assert task.facts[0] in first


def test_an_answer_is_judged_by_its_facts() -> None:
    task = next(task for task in file_tasks() if int(task.facts[0].replace("-", "").lstrip("E") or 0) >= 1000)
    assert task.is_solved_by(f"That makes {task.facts[0]}.")
    assert not task.is_solved_by("That makes nothing.")


async def test_the_shop_sells_what_its_tasks_ask_for() -> None:
    shop = Shop()
    product = shop.products[0]
    async with shop.served() as url, aiohttp.ClientSession() as client:
        async with client.get(url, params={"q": product.name}) as found:
            assert f'href="/product/{product.id}"' in await found.text()
        async with client.post(f"{url}basket", data={"id": product.id, "quantity": 3}) as basket:
            assert f"Total: €{product.cents * 3 / 100:.2f}" in await basket.text()
        async with client.get(f"{url}product/999") as missing:
            assert missing.status == 404
