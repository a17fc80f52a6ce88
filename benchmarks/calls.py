"""How long a call takes when five tools are offered, through HTTP to a warm server: from the request to the whole call.

    python -m benchmarks.calls [--models nano mini] [--rounds 12]

Three ways, in turn: tools that the server never saw, tools that it knows with a new request, the same request again.
"""

import argparse
import json
import os
import platform
import signal
import statistics
import tempfile
import time
import urllib.request
from typing import Any

from benchmarks.startup import first_answer, free_port, spawned

WAYS = ("all new", "tools known", "seen before")
ASKED = (
    ("What is the weather in {city} on {day}?", "get_weather"),
    ("Book a table for {number} people at {name} on {day}.", "book_table"),
    ("Send {name} an email with the subject 'Trip to {city}'.", "send_email"),
    ("Find flights from {city} to Lisbon on {day}.", "find_flights"),
    ("Convert {number} euros to Swiss francs.", "convert_currency"),
)
CITIES = ("Oslo", "Lima", "Hanoi", "Porto", "Tbilisi", "Nairobi", "Bergen", "Osaka", "Quito", "Riga", "Cork", "Turin")
NAMES = ("Amara", "Chen", "Dolores", "Emeka", "Fatima", "Goran", "Hina", "Ivana", "Jamal", "Kirsi", "Leo", "Mia")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def tools(mark: str) -> list[dict[str, Any]]:
    """Return five tools; another `mark` makes them others to every cache."""
    fields: dict[str, dict[str, tuple[str, str]]] = {
        "get_weather": {"city": ("string", "city name"), "day": ("string", "day of the week")},
        "book_table": {
            "restaurant": ("string", "name of the restaurant"),
            "people": ("integer", "number of guests"),
            "day": ("string", "day of the week"),
        },
        "send_email": {"to": ("string", "who gets it"), "subject": ("string", "subject line")},
        "find_flights": {
            "origin": ("string", "city of departure"),
            "destination": ("string", "city of arrival"),
            "day": ("string", "day of the week"),
        },
        "convert_currency": {
            "amount": ("number", "amount of money"),
            "from_currency": ("string", "currency that is given"),
            "to_currency": ("string", "currency that is wanted"),
        },
    }
    return [
        {
            "type": "function",
            "function": {
                "name": name,
                "description": f"{name.replace('_', ' ').capitalize()}, version {mark}.",
                "parameters": {
                    "type": "object",
                    "properties": {key: {"type": kind, "description": about} for key, (kind, about) in taken.items()},
                    "required": list(taken),
                },
            },
        }
        for name, taken in fields.items()
    ]


def ask(url: str, model: str, text: str, offered: list[dict[str, Any]]) -> tuple[float, list[str]]:
    """Send one request; the seconds until its answer was read, and the tools that were called."""
    body = {"model": model, "messages": [{"role": "user", "content": text}], "tools": offered}
    request = urllib.request.Request(
        f"{url}/v1/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    began = time.perf_counter()
    with urllib.request.urlopen(request, timeout=60) as reply:
        message = json.load(reply)["choices"][0]["message"]
    return time.perf_counter() - began, [call["function"]["name"] for call in message.get("tool_calls") or ()]


def measured(url: str, model: str, rounds: int) -> tuple[dict[str, list[float]], int]:
    """Return the seconds of each way, and how many first answers called the tool that was meant."""
    taken: dict[str, list[float]] = {way: [] for way in WAYS}
    num_right = 0
    ask(url, model, "Hello", tools("warm"))
    for number in range(rounds):
        said = {
            "city": CITIES[number % len(CITIES)],
            "name": NAMES[number % len(NAMES)],
            "day": DAYS[number % len(DAYS)],
            "number": number + 2,
        }
        (one, wanted), (other, _) = ASKED[number % len(ASKED)], ASKED[(number + 2) % len(ASKED)]
        offered = tools(f"{model}-{number}")
        for way, text in zip(WAYS, (one.format(**said), other.format(**said), other.format(**said)), strict=True):
            seconds, called = ask(url, model, text, offered)
            taken[way].append(seconds)
            num_right += way == WAYS[0] and called == [wanted]
    return taken, num_right


def main() -> None:
    """Serve, ask each model, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", default=["nano", "mini"])
    parser.add_argument("--rounds", type=int, default=12)
    options = parser.parse_args()
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as home:
        server = spawned(port, home)
        try:
            first_answer(url, server)
            print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; medians in ms")
            print(f"| model | {' | '.join(WAYS)} | right tool |\n|---|---|---|---|---|")
            for model in options.models:
                taken, num_right = measured(url, model, options.rounds)
                cells = " | ".join(f"{1000 * statistics.median(taken[way]):.0f}" for way in WAYS)
                print(f"| {model} | {cells} | {num_right} of {options.rounds} |")
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(20)


if __name__ == "__main__":
    main()
