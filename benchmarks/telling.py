"""What holding an answer to tools' results costs before its first token: making the rules, and compiling them.

`python -m benchmarks.telling` prints the median of each in milliseconds for a row, fifty rows and a long text.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from llguidance import LLMatcher

from tercet.backends.embedded.telling.rules import telling_rules
from tercet.items import Message, ModelRequest, TextPart, ToolCall, ToolResult

ROW = {"address": "101 Gregory Lane", "city": "Pleasant Hill", "phone_number": "925-827-9876", "name": "Dr. Celio"}
RESULTS: dict[str, Any] = {
    "one row of four fields": ROW,
    "fifty such rows": [ROW] * 50,
    "a text of 1,500 words": " ".join(f"word{number}" for number in range(1500)),
}


def request_of(result: Any) -> ModelRequest:
    """Return a request whose last item is `result`."""
    text = result if isinstance(result, str) else json.dumps(result)
    asked = Message("user", (TextPart("Find me a dentist in Pleasant Hill."),))
    call = ToolCall("call_1", "find_dentist", '{"city":"Pleasant Hill"}')
    return ModelRequest((asked, call, ToolResult("call_1", (TextPart(text),))))


def median_ms(work: Callable[[], object], times: int) -> float:
    """Return the median time of `work` in milliseconds, after one run that does not count."""
    work()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - start))
    return statistics.median(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=50)
    options = parser.parse_args()
    sys.stdout.write("| result | rules, ms | compiled, ms |\n|---|---|---|\n")
    for name, result in RESULTS.items():
        request = request_of(result)
        grammar = "start: text\n" + telling_rules(request)
        made = median_ms(partial(telling_rules, request), options.times)
        compiled = median_ms(partial(LLMatcher.validate_grammar, grammar, None), options.times)
        sys.stdout.write(f"| {name} | {made:.1f} | {compiled:.1f} |\n")


if __name__ == "__main__":
    main()
