"""A browsing task: a small web shop is served by this program, and an agent looks a price up in a real browser.

The server keeps agents away from private addresses, so this one must be allowed in tercet.toml:
`[egress] allow = ["127.0.0.1:8099"]`. Needs Chromium and the `browser` extra, and a model that can browse, which
of the shipped ones only full can sometimes: bind the tier `full`, or set TERCET_MODEL.
"""

import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from openai import OpenAI

PAGES = {
    "/": '<title>Bikes</title><h1>Bikes</h1><ul><li><a href="/city">City bike</a></li>'
    '<li><a href="/cargo">Cargo bike</a></li></ul>',
    "/city": "<title>City bike</title><h1>City bike</h1><p>Price: 649.00 EUR</p>",
    "/cargo": "<title>Cargo bike</title><h1>Cargo bike</h1><p>Price: 2,890.00 EUR</p>",
}


class Shop(BaseHTTPRequestHandler):
    """Serves the pages."""

    def do_GET(self) -> None:
        page = PAGES.get(self.path)
        self.send_response(200 if page else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write((page or "<h1>Not here</h1>").encode())

    def log_message(self, *arguments: object) -> None:
        """Say nothing of requests."""


shop = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("SHOP_PORT", "8099"))), Shop)
threading.Thread(target=shop.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{shop.server_port}/"

client = OpenAI(base_url=os.environ.get("TERCET_BASE_URL", "http://127.0.0.1:8741/v1"), api_key="unused")
sessions = client.beta.agents.sessions
stream = sessions.create(
    agent={"model": os.environ.get("TERCET_MODEL", "full"), "tools": [{"type": "computer_use"}]},
    environment={"type": "openai_hosted", "network": {"access": "enabled"}},
    input=f"What does the cargo bike cost in the shop at {url}?",
    stream=True,
)
session_id = ""
for event in stream:
    if event.type == "agent.session.created":
        session_id = event.session.id
    elif event.type == "agent.session.turn.item.done" and event.item.type == "computer_use_call":
        print("did:", event.item.title)
    elif event.type == "agent.session.turn.output_text.done":
        print("answer:", event.text)
sessions.delete(session_id)
shop.shutdown()
