"""The programs under examples/, run against a real server with a scripted model."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import environment, free_port, spawn, tercet, wait_until_ready
from tests.support import write_script

EXAMPLES = Path(__file__).parents[2] / "examples"
ADDING = """import json, pathlib
shop = json.loads(pathlib.Path("/workspace/invoices.json").read_text())
total = sum(invoice["total"] for invoice in shop["invoices"])
pathlib.Path("/workspace/outputs/sum.txt").write_text(f"{total:.2f}\\n")
round(total, 2)"""
SHOP_PORT = free_port()
SCRIPT = (
    {"when": "What can you do", "text": "I call tools."},
    {"when": "cargo bike are in stock", "calls": [{"name": "get_stock", "arguments": {"product": "cargo bike"}}]},
    {"when": '"pieces": 1', "text": "There is 1 cargo bike in stock."},
    {"when": "Lena Vogt", "text": '{"name":"Lena Vogt","city":"Hamburg","guests":4}'},
    {
        "when": "HB-1043",
        "calls": [{"name": "read_json", "arguments": {"file": "invoices.json", "path": "invoices[2].total"}}],
    },
    {"when": '"value":1963.25', "text": "The total of invoice HB-1043 is 1963.25 EUR."},
    {"when": "Add up the totals", "calls": [{"name": "python", "arguments": {"code": ADDING}}]},
    {"when": '"value":"2637.55"', "text": "The totals add up to 2637.55 EUR."},
    {"when": "What does the cargo bike cost", "calls": [{"name": "browser_navigate", "arguments": {"url": "SHOP"}}]},
    {
        "when": "Cargo bike.*City bike|City bike.*Cargo bike",
        "calls": [{"name": "browser_click", "arguments": {"element": 2}}],
    },
    {"when": "2,890.00 EUR", "text": "It costs 2,890.00 EUR."},
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the script in a process of its own and return the URL of its API."""
    folder = tmp_path_factory.mktemp("examples")
    lines = json.loads(json.dumps(SCRIPT).replace("SHOP", f"http://127.0.0.1:{SHOP_PORT}/"))
    write_script(folder / "script.jsonl", *lines)
    tiers = "".join(f'[tiers.{name}]\nbackend = "scripted"\nscript = "script.jsonl"\n' for name in ("nano", "full"))
    (folder / "tercet.toml").write_text(f'{tiers}[egress]\nallow = ["127.0.0.1:{SHOP_PORT}"]\n')
    port = free_port()
    process = spawn(folder, "serve", "--port", str(port))
    try:
        wait_until_ready(f"http://127.0.0.1:{port}/healthz", process)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("01_chat.py", ["whole: I call tools.", "usage:", "streamed: I call tools."]),
        (
            "02_tool_loop.py",
            ["call: get_stock", "'pieces': 1}", "answer: There is 1 cargo bike in stock."],
        ),
        ("03_structured_output.py", ["Lena Vogt from Hamburg, 4 guests"]),
        ("04_data_session.py", ["called python", "The totals add up to 2637.55 EUR.", "outputs/sum.txt: 2637.55"]),
        ("05_browsing_session.py", ["did: browser navigate", "did: browser click", "answer: It costs 2,890.00 EUR."]),
    ],
)
def test_an_example(server: str, tmp_path: Path, name: str, lines: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name)],
        env=environment(tmp_path, TERCET_BASE_URL=server, SHOP_PORT=str(SHOP_PORT)),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert all(line in done.stdout for line in lines), done.stdout


def test_every_example_is_tested() -> None:
    names = {path.name for path in EXAMPLES.glob("[0-9]*.py")}
    assert names == {
        "01_chat.py",
        "02_tool_loop.py",
        "03_structured_output.py",
        "04_data_session.py",
        "05_browsing_session.py",
    }


def test_run_through_a_server(server: str, tmp_path: Path) -> None:
    task = "What is the total of invoice HB-1043?"
    invoices = str(EXAMPLES / "files" / "invoices.json")
    done = tercet(tmp_path, "run", task, invoices, "--base-url", server)
    assert done.returncode == 0, done.stderr
    assert '← {"value":1963.25}' in done.stdout
    assert "\nThe total of invoice HB-1043 is 1963.25 EUR.\n" in done.stdout
    assert "$" not in done.stdout, "what a server charges is not known here"
    assert not (tmp_path / "home").exists()


def test_run_through_a_server_that_is_not_there(tmp_path: Path) -> None:
    done = tercet(tmp_path, "run", "hello", "--base-url", "http://127.0.0.1:9/v1")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1


def test_the_files_agree_with_themselves() -> None:
    shop = json.loads((EXAMPLES / "files" / "invoices.json").read_text())
    for invoice in shop["invoices"]:
        assert invoice["total"] == pytest.approx(sum(line["quantity"] * line["price"] for line in invoice["lines"]))
