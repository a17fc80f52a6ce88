"""A data task in the sandbox: an agent session with a file, watched as it works; the file it makes comes back.

Wants a model that writes code, which the shipped ones do not: bind the tier `full`, or set TERCET_MODEL.
"""

import base64
import os
from pathlib import Path

from openai import OpenAI

client = OpenAI(base_url=os.environ.get("TERCET_BASE_URL", "http://127.0.0.1:8741/v1"), api_key="unused")
sessions = client.beta.agents.sessions
invoices = Path(__file__).parent / "files" / "invoices.json"

stream = sessions.create(
    agent={"model": os.environ.get("TERCET_MODEL", "full")},
    environment={
        "type": "openai_hosted",
        "network": {"access": "disabled"},
        "files": [
            {
                "type": "inline",
                "path": "/workspace/invoices.json",
                "data": base64.b64encode(invoices.read_bytes()).decode(),
            }
        ],
    },
    input="Add up the totals in invoices.json, write the sum to outputs/sum.txt and tell me what it is.",
    stream=True,
)
session_id = ""
for event in stream:
    if event.type == "agent.session.created":
        session_id = event.session.id
    elif event.type == "agent.session.turn.item.done" and event.item.type == "mcp_call":
        print(f"called {event.item.name}: {event.item.output}")
    elif event.type == "agent.session.turn.output_text.done":
        print("answer:", event.text)

for artifact in sessions.artifacts.list(session_id):
    content = sessions.artifacts.content(artifact.id, session_id=session_id)
    print(f"{artifact.path}: {content.read().decode().strip()}")
sessions.delete(session_id)
