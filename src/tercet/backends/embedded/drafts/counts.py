"""Numbers and lists of a request that could be values."""

import json
import re
from collections.abc import Iterator

from tercet.backends.embedded.drafts.candidates import Candidate
from tercet.backends.embedded.drafts.finding import Reading
from tercet.backends.embedded.wording.amounts import BEFORE_CHRIST_SAID, plain
from tercet.backends.embedded.wording.durations import durations_in
from tercet.backends.embedded.wording.measures import measures_in
from tercet.numerals import Number

PART, BEFORE_CHRIST = "part", "bc"
"""What else than a unit says how a number counts: as a part of all (`a quarter of the users`), as a year before
Christ."""
_IN_SERIES = re.compile(r"%?\s*(?:[,;]|,?\s+(?:and|or)\s|&)\s*[$€£]?")
"""What stands between the numbers of a series: `3, 5 and 8`."""


def numbers(reading: Reading) -> Iterator[Candidate]:
    lasting = {(each.start, each.end): each for each in durations_in(reading.text, reading.numbers)}
    measured = {(each.start, each.end): each.unit for each in measures_in(reading.text, reading.numbers)}
    spans = {(number.start, number.end): number.value for number in reading.numbers}
    spans |= {span: each.number for span, each in lasting.items() if span not in spans}
    spans |= {span: part for span, part in reading.parts_of_all.items() if span not in spans}
    terms = [(one.start, one.end) for one in reading.coefficients]
    apart = [*reading.brackets, *reading.codes, *terms]
    outside = (span for span in sorted(spans) if not reading.is_within(*span, apart))
    counted = (span for span in outside if span[1] not in reading.uncounted)
    for rank, one in enumerate(reading.coefficients):
        made = reading.made(one.start, one.end, "number", rank, plain(one.number))
        yield made._replace(features=(*made.features, _size(plain(one.number))), assigned=(one.name,))
    for rank, span in enumerate(span for span in counted if reading.is_read(*span)):
        start, end = span
        value = plain(lasting[span].number if span in lasting else spans[span])
        if span in reading.southwards:
            value = -abs(value)
        mark = reading.text[end : end + 1]
        others = [value / 100] if mark == "%" or reading.text[end:].startswith((" %", " percent")) else []
        made = reading.made(start, end, "number", rank, value, *others)
        sign = reading.text[start - 1 : start] if start else ""
        unit = lasting[span].unit if span in lasting else measured.get(span, "")
        if span in reading.parts_of_all:
            unit = PART
        elif BEFORE_CHRIST_SAID.match(reading.text, end):
            unit = BEFORE_CHRIST
        yield made._replace(features=(*made.features, f"m:{mark}", f"M:{sign}", _size(value)), unit=unit)


def _size(value: float) -> str:
    if isinstance(value, float):
        return "z:fraction" if abs(value) < 1 else "z:float"
    return "z:year" if 1900 <= value <= 2100 else f"z:{min(7, len(str(abs(value))))}"


def lists(reading: Reading) -> Iterator[Candidate]:
    for rank, (first, last, values) in enumerate(_series(reading)):
        is_percent = reading.text[first:last].count("%") == len(values) - 1 and reading.text[last : last + 1] == "%"
        others = [[plain(value / 100) for value in values]] if is_percent else []
        yield reading.made(first, last, "series", rank, values, *others)
    for rank, (start, end) in enumerate(reading.brackets):
        if not reading.is_read(start, end):
            continue
        try:
            value = json.loads(reading.text[start:end].replace("'", '"'))
        except json.JSONDecodeError:
            inner = reading.text[start + 1 : end - 1]
            value = [part.strip(" \"'") for part in inner.split(",")]
        yield reading.made(start, end, "list", rank, value)


def _series(reading: Reading) -> Iterator[tuple[int, int, list[float]]]:
    """Yield where numbers are told one after the other, and those numbers."""
    spans = {number.start: number for number in reading.numbers}
    found: list[Number] = []
    for number in (*(spans[start] for start in sorted(spans)), None):
        goes_on = number is not None and bool(found) and _IN_SERIES.fullmatch(reading.text, found[-1].end, number.start)
        if found and not goes_on:
            start, end = found[0].start, found[-1].end
            if len(found) > 1 and reading.is_read(start, end) and not _crosses(reading, start, end):
                yield start, end, [plain(one.value) for one in found]
            found = []
        if number is not None:
            found.append(number)


def _crosses(reading: Reading, start: int, end: int) -> bool:
    """Say whether the characters share any with a date or a list in brackets."""
    return any(first < end and start < last for first, last in (*reading.dates, *reading.brackets))
