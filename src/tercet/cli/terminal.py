"""Output for people: colour where a terminal shows it, plain lines everywhere else, tables, sizes and times.

Colour goes when the stream is no terminal or NO_COLOR is set.
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

import click


def has_colour(stream: TextIO) -> bool:
    """Tell whether `stream` is a terminal that may be coloured."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def print_line(text: str = "", **style: Any) -> None:
    """Print one line on standard output, styled as `click.style` would where colour is shown."""
    click.echo(click.style(text, **style) if style and has_colour(sys.stdout) else text)


def print_error(message: str) -> None:
    """Print one line on standard error."""
    line = " ".join(message.split())
    click.echo(f"{click.style('Error:', fg='red', bold=True) if has_colour(sys.stderr) else 'Error:'} {line}", err=True)


@contextmanager
def waiting(text: str) -> Iterator[None]:
    """Show `text` on a terminal's current line while something is waited for; elsewhere show nothing."""
    is_shown = has_colour(sys.stdout)
    if is_shown:
        click.echo(click.style(text, dim=True), nl=False)
    try:
        yield
    finally:
        if is_shown:
            click.echo("\r\x1b[K", nl=False)


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print columns as wide as their content, the header bold."""
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(len(header))]
    for number, row in enumerate((header, *rows)):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        print_line(line, **({} if number else {"bold": True}))


def size_text(num_bytes: float) -> str:
    """Return a size in decimal units, such as `3.2 MB`."""
    for unit in ("B", "kB", "MB"):
        if num_bytes < 1000:
            return f"{num_bytes:.3g} {unit}"
        num_bytes /= 1000
    return f"{num_bytes:.2f} GB"


def duration_text(milliseconds: float) -> str:
    """Return a duration, such as `85 ms` or `1.4 s`."""
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"


def one_line(text: str, most: int) -> str:
    """Return `text` in one line of at most `most` characters, and how long it was when it was longer."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[:most]}… ({len(line)} characters)"


def arguments_text(values: Mapping[str, Any], most: int) -> str:
    """Return the arguments of a call as Python would write them, `a=1, b="x"`, in one line."""
    return one_line(
        ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in values.items()), most
    )
