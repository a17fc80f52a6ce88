"""The page at /runs in a real Chromium: it follows a session, asks for approvals, forks; hostile text stays text."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from tests.api.conftest import Dial, Serve

playwright = pytest.importorskip("playwright.sync_api", reason="needs the extra tercet[browser]")
CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
NONE: Any = {"type": "none"}
NANO: Any = {"model": "nano"}
HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script><b>bold</b>"
SUM = {
    "when": "add",
    "turn": 0,
    "text": "Let me see.",
    "calls": [{"name": "calculator", "arguments": {"expression": "2+2"}}],
}
PLANNED = {
    "when": "plan",
    "turn": 0,
    "calls": [
        {"name": "set_goal", "arguments": {"goal": "Bake a cake"}},
        {"name": "add_steps", "arguments": {"texts": ["Mix", "Bake"]}},
        {"name": "change_step", "arguments": {"id": 1, "status": "done"}},
    ],
}
DONE = {"turn": 1, "text": "Four."}
WAIT_MS = 40_000


@pytest.fixture
def browse() -> Iterator[Callable[[str], Any]]:
    """Return a function that opens a page, whose errors and dialogs fail the test."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine")
    with playwright.sync_playwright() as running:
        flags = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = running.chromium.launch(executable_path=CHROMIUM, args=flags)
        faults: list[str] = []

        def visit(url: str) -> Any:
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.set_default_timeout(WAIT_MS)
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
            page.on("dialog", lambda dialog: faults.append(dialog.message))
            page.goto(url)
            return page

        yield visit
        browser.close()
        assert faults == []


def test_a_session_is_followed_as_it_happens(serve: Serve, dial: Dial, browse: Callable[[str], Any]) -> None:
    server = serve({"text": "One two three four.", "delay_ms": 150})
    sessions: Any = dial(server).beta.agents.sessions
    made = sessions.create(agent=NANO, environment=NONE, input="Count", metadata={"title": "Counting"})
    page = browse(f"{server.url}/runs")
    page.get_by_text("Counting").click()
    page.locator("#timeline").get_by_text("One two three four.").wait_for()
    page.locator("#head .figures").get_by_text("idle").wait_for()
    assert page.locator("#timeline .tier").first.inner_text() == "nano"
    assert page.url.endswith(made.id)
    page.locator("#words").fill("Again")
    page.locator("#words").press("Enter")
    page.locator("#timeline").get_by_text("Again").wait_for()
    page.locator("#timeline .assistant").nth(1).wait_for()


def test_an_approval_is_clicked_and_the_plan_is_seen(serve: Serve, dial: Dial, browse: Callable[[str], Any]) -> None:
    server = serve(SUM, PLANNED, DONE)
    sessions: Any = dial(server).beta.agents.sessions
    agent: Any = {
        **NANO,
        "tercet": {"tools": ["calculator"], "plan": True, "approvals": {"by_tool": {"calculator": "ask"}}},
    }
    made = sessions.create(agent=agent, environment=NONE, input="add")
    page = browse(f"{server.url}/runs#{made.id}")
    page.locator(".action").get_by_text("2+2").wait_for()
    page.get_by_role("button", name="approve").click()
    page.locator("#timeline").get_by_text("Four.").wait_for()
    page.locator(".action").first.wait_for(state="detached")
    planned = sessions.create(agent=agent, environment=NONE, input="plan")
    page.goto(f"{server.url}/runs#{planned.id}")
    page.locator("#plan h3").get_by_text("Bake a cake").wait_for()
    page.locator("#plan li.done").get_by_text("Mix").wait_for()


def test_hostile_text_stays_text(serve: Serve, dial: Dial, browse: Callable[[str], Any]) -> None:
    server = serve({"text": HOSTILE})
    made = dial(server).beta.agents.sessions.create(
        agent=NANO, environment=NONE, input=HOSTILE, metadata={"title": HOSTILE}
    )
    page = browse(f"{server.url}/runs#{made.id}")
    page.locator("#timeline .assistant .words").get_by_text("bold").wait_for()
    assert page.locator("#timeline .assistant .words").inner_text() == HOSTILE
    assert page.locator("main img, main b, main script, #sessions img").count() == 0
    assert page.title() == "Runs · Tercet"


def test_a_key_is_asked_for_and_stays_in_the_tab(serve: Serve, dial: Dial, browse: Callable[[str], Any]) -> None:
    server = serve(DONE, {"text": "Hi."}, api_keys=("open sesame",))
    sessions: Any = dial(server, api_key="open sesame").beta.agents.sessions
    sessions.create(agent=NANO, environment=NONE, input="Hello", metadata={"title": "Locked"})
    page = browse(f"{server.url}/runs")
    page.locator("#key").fill("open sesame")
    page.get_by_role("button", name="use it").click()
    page.get_by_text("Locked").click()
    page.locator("#timeline").get_by_text("Hi.").wait_for()
    assert page.evaluate("localStorage.length") == 0
    assert "sesame" not in page.url


def test_a_session_is_forked_where_it_is_clicked(serve: Serve, dial: Dial, browse: Callable[[str], Any]) -> None:
    server = serve({"text": "Hi."})
    sessions: Any = dial(server).beta.agents.sessions
    made = sessions.create(agent=NANO, environment=NONE, input="Hello")
    page = browse(f"{server.url}/runs#{made.id}")
    answer = page.locator("#timeline .assistant")
    answer.get_by_text("Hi.").wait_for()
    answer.hover()
    answer.get_by_role("button", name="fork here").click()
    page.get_by_role("button", name="fork", exact=True).click()
    page.wait_for_url(lambda url: "#session_" in url and not url.endswith(made.id))
    page.locator("#head").get_by_text("its parent").wait_for()
    page.locator("#timeline .assistant").get_by_text("Hi.").wait_for()


def test_the_page_runs_no_code_but_its_own(serve: Serve) -> None:
    server = serve()
    for name in ("", "/runs.js", "/runs.css"):
        answer = httpx2.get(f"{server.url}/runs{name}")
        assert answer.status_code == 200
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert "innerHTML" not in httpx2.get(f"{server.url}/runs/runs.js").text
    for path in ("/runs/page.py", "/runs/..%2Fpage.py", "/runs/runs.html/x"):
        assert httpx2.get(server.url + path).status_code == 404
