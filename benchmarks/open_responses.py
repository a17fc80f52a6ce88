"""Runs the Open Responses compliance suite against a running server.

    tercet serve &
    python -m benchmarks.open_responses --suite ~/openresponses --model nano

The suite is TypeScript and not part of this repository. Where it is not found, or `bun` is not, this says how to get
them and exits with 2; otherwise with the suite's own status. `tests/api/test_open_responses.py` checks what the suite
asks for without it.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

ENTRY = Path("bin") / "compliance-test.ts"
HOW = """The suite was not found{where}. Get it, and bun (https://bun.sh), which runs it:

    git clone https://github.com/openresponses/openresponses
    cd openresponses && bun install

then name the folder with --suite, or in the variable OPEN_RESPONSES."""


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", type=Path, default=Path(os.environ.get("OPEN_RESPONSES", "openresponses")))
    parser.add_argument("--base-url", default="http://127.0.0.1:8741/v1")
    parser.add_argument("--api-key", default=os.environ.get("TERCET_KEY", "none"))
    parser.add_argument("--model", default="nano")
    parser.add_argument("--filter", default="", help="names of tests, separated by commas")
    options = parser.parse_args()
    bun = shutil.which("bun")
    if bun is None or not (options.suite / ENTRY).is_file():
        where = f" in {str(options.suite)!r}" if bun else ", or bun is not installed"
        print(HOW.format(where=where), file=sys.stderr)
        return 2
    command = [bun, "run", str(ENTRY), "--base-url", options.base_url, "--model", options.model]
    command += ["--filter", options.filter] if options.filter else []
    environment = {**os.environ, "OPENRESPONSES_API_KEY": options.api_key}
    return subprocess.run(command, cwd=options.suite, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
