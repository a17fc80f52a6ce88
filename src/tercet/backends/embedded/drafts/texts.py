"""Texts of a request that could be values: runs of words, quotations, codes, days, times, values behind labels."""

import re
from collections.abc import Iterator, Sequence

from tercet.backends.embedded.drafts.candidates import Candidate
from tercet.backends.embedded.drafts.finding import LABELLED, Reading
from tercet.backends.embedded.drafts.runs import runs, tails
from tercet.backends.embedded.wording.dates import Dated
from tercet.backends.embedded.wording.times import Timed, times_in

_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR"}


def texts(reading: Reading) -> Iterator[Candidate]:
    apart = [*reading.codes, *reading.labels]
    whole = (run for part in reading.parts for run in runs(part) if not reading.cuts(*run, apart))
    whole = (run for run in whole if not reading.is_within(*run, reading.labels))
    for rank, (start, end) in enumerate(whole):
        yield reading.made(start, end, "run", 0 if rank == 0 else 1)._replace(is_torn=reading.is_torn(start, end))
    for rank, (start, end) in enumerate(tail for part in reading.parts for tail in tails(part)):
        yield reading.made(start, end, "tail", rank)
    for rank, dated in enumerate(reading.dated):
        if reading.is_read(dated.start, dated.end):
            yield reading.made(dated.start, dated.end, "date", rank, None, *([dated.iso] if dated.iso else []))
    for rank, timed in enumerate(sorted(times_in(reading.text), key=lambda timed: timed.start)):
        if reading.is_read(timed.start, timed.end):
            yield reading.made(timed.start, timed.end, "time", rank, None, *_clocks(timed, reading.dated))
    for start, end, kind, rank, forms in _marked(reading):
        if reading.is_read(start, end):
            yield reading.made(start, end, kind, rank, *forms)


def _marked(reading: Reading) -> Iterator[tuple[int, int, str, int, tuple[str, ...]]]:
    """Yield what stands out by how it is written: its place, kind, rank and forms that differ from its characters."""
    yield from ((*one.value, "label", rank, ()) for rank, one in enumerate(reading.labelled.values()))
    for rank, (start, end) in enumerate(reading.codes):
        plain = re.sub(r"[ -]", "", reading.text[start:end])
        yield start, end, "code", rank, (reading.text[start:end], plain)
    labelled = (match.span() for match in LABELLED.finditer(reading.text))
    whole = (span for span in labelled if not reading.cuts(*span, reading.codes))
    yield from ((*span, "code", rank, ()) for rank, span in enumerate(whole))
    for rank, number in enumerate(reading.numbers):
        sign = reading.text[number.start - 1 : number.start]
        if sign in _SIGNS:
            yield number.start - 1, number.start, "sign", rank, (_SIGNS[sign], sign)
    yield from ((*span, "quote", rank, ()) for rank, span in enumerate(reading.quotes))


def _clocks(timed: Timed, dated: Sequence[Dated]) -> tuple[str, ...]:
    """Return what a clock shows then, and the day with it that is said nearest, where one is said with its year."""
    days = [day for day in dated if day.iso]
    nearest = min(days, key=lambda day: abs(day.start - timed.start), default=None)
    return (timed.clock, f"{nearest.iso}T{timed.clock}") if nearest else (timed.clock,)
