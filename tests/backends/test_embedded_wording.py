"""What people say and a call has written otherwise: ranges of days, periods, repetition, units, places, codes."""

from typing import Any

import pytest

from tercet.backends.embedded.wording import measures
from tercet.backends.embedded.wording.crons import crons_in
from tercet.backends.embedded.wording.dates import dates_in
from tercet.backends.embedded.wording.letters import labelled_in, roles_in
from tercet.backends.embedded.wording.periods import months_in, periods_in, quarters_in
from tercet.backends.embedded.wording.polynomials import coefficients_in
from tercet.backends.embedded.wording.words import words
from tests.backends.test_embedded_drafts import drafted, tool

TEXT: dict[str, Any] = {"type": "string"}
NUMBER: dict[str, Any] = {"type": "number"}


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("between 1 March and 31 March 2025", ["2025-03-01", "2025-03-31"]),
        ("from 12 to 14 June 2026", ["2026-06-12", "2026-06-14"]),
        ("June 12-14, 2026", ["2026-06-12", "2026-06-14"]),
        ("from 28 December 2025 to 3 January", ["2025-12-28", "2026-01-03"]),
        ("from December 28 to January 3, 2026", ["2025-12-28", "2026-01-03"]),
        ("3 May, 4 May and 6 May 2025", ["2025-05-03", "2025-05-04", "2025-05-06"]),
        ("in on 10 October 2025, out on the 12th", ["2025-10-10", "2025-10-12"]),
        ("from 30 October 2025 until the 2nd", ["2025-10-30", "2025-11-02"]),
        ("from the 4th to the 15th of August 2025", ["2025-08-04", "2025-08-15"]),
        ("March 3 and 5, 2025", ["2025-03-03", "2025-03-05"]),
        ("on 31/12/2024", ["2024-12-31"]),
        ("May 5 and 6 chairs", [""]),
        ("buy 3, 5 May", [""]),
        ("12.5 to 14 June 2026", ["2026-06-14"]),
        ("on 30 February 2025", [""]),
    ],
)
def test_the_ends_of_a_range_say_month_and_year_for_each_other(text: str, days: list[str]) -> None:
    assert [each.iso for each in sorted(dates_in(text), key=lambda each: each.start)] == days


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("the whole of February 2024", "2024-02-01", "2024-02-29"),
        ("sales in Q3 2024", "2024-07-01", "2024-09-30"),
        ("the fourth quarter of 2023", "2023-10-01", "2023-12-31"),
        ("the first half of 2024", "2024-01-01", "2024-06-30"),
        ("everything in 2022", "2022-01-01", "2022-12-31"),
    ],
)
def test_periods_have_a_first_and_a_last_day(text: str, first: str, last: str) -> None:
    (found,) = periods_in(text)
    assert (found.first.isoformat(), found.last.isoformat()) == (first, last)


@pytest.mark.parametrize("text", ["3 February 2023", "the 27th of March 2025", "in 2000 metres", "in 2021-05-01"])
def test_days_and_amounts_are_no_periods(text: str) -> None:
    assert not list(periods_in(text))


def test_months_and_quarters_are_counted() -> None:
    assert [each.number for each in months_in("in March, and may I ask in May")] == [3, 5]
    assert [each.number for each in quarters_in("Q2 and the third quarter")] == [2, 3]


def test_a_period_fills_both_ends_of_a_range_and_a_month_its_number() -> None:
    day = {"type": "string", "description": "YYYY-MM-DD"}
    found = drafted(tool("air_history", start_date=day, end_date=day), "Ozone at the station, whole of February 2023")
    assert (found["start_date"], found["end_date"]) == (["2023-02-01"], ["2023-02-28"])
    assert drafted(tool("irrigation", month={"type": "integer"}), "How much water do they want in July?")["month"] == [
        7
    ]
    month = {"type": "string", "description": "YYYY-MM"}
    assert "2024-11" in drafted(tool("cost_report", month=month), "What did we burn in November 2024?")["month"]


@pytest.mark.parametrize(
    ("text", "cron"),
    [
        ("Every weekday at 9:05 in the morning", "5 9 * * 1-5"),
        ("daily at quarter past two at night", "15 2 * * *"),
        ("every Monday and Thursday at 6pm", "0 18 * * 1,4"),
        ("on Sundays at noon", "0 12 * * 0"),
        ("on the 1st of every month at 08:00", "0 8 1 * *"),
        ("every 15 minutes", "*/15 * * * *"),
        ("every other hour", "0 */2 * * *"),
        ("hourly", "0 * * * *"),
    ],
)
def test_what_is_repeated_is_a_cron_expression(text: str, cron: str) -> None:
    assert [each.cron for each in crons_in(text)] == [cron]


def test_a_day_without_its_time_is_no_cron_expression() -> None:
    assert not list(crons_in("every day"))
    assert not list(crons_in("a table on Monday at 7"))


def test_a_cron_expression_is_drafted_where_one_is_wanted() -> None:
    backup = tool("schedule_backup", cron={"type": "string", "description": "cron expression"})
    assert drafted(backup, "Back up the shop every weekday at 03:30")["cron"][0] == "30 3 * * 1-5"


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ({"radius_m": NUMBER}, "Pharmacies within 5 km of here", 5000),
        ({"radiusMetres": NUMBER}, "Pharmacies within 2 miles of here", 3218.688),
        ({"weight_kg": NUMBER}, "a parcel of 500 grams", 0.5),
        ({"amount_cents": {"type": "integer"}}, "Charge them $12.50", 1250),
        ({"holding_cost": NUMBER}, "keeping one in stock costs 20 cents", 0.2),
        ({"expires_in": {"type": "integer", "description": "lifetime in seconds"}}, "dies after two hours", 7200),
        ({"minutes": {"type": "integer"}}, "a quarter of an hour of water", 15),
        ({"percentage": {"type": "integer"}}, "show it to a quarter of the users", 25),
        ({"price": NUMBER}, "the price is three euros fifty", 3.5),
        ({"days_per_week": NUMBER}, "I can run four days a week", 4),
        ({"mg_per_kg": NUMBER}, "15 mg per kg of weight", 15),
    ],
)
def test_amounts_are_converted_to_the_unit_that_is_wanted(field: dict[str, Any], text: str, value: float) -> None:
    (name,) = field
    assert value in drafted(tool("do", **field), text)[name]


def test_a_tool_that_asks_for_the_unit_gets_the_number_as_it_was_said() -> None:
    area = tool("convert", distance_km=NUMBER, unit={"type": "string", "enum": ["km", "miles"]})
    assert drafted(area, "How far is 10 miles?")["distance_km"] == [10]


def test_only_units_of_one_kind_are_converted() -> None:
    assert measures.converted(1, "kg", "lb") == pytest.approx(2.204623)
    assert measures.converted(1, "kg", "km") is None


def test_south_and_west_are_negative() -> None:
    found = drafted(tool("antipode", lat=NUMBER, lon=NUMBER), "straight through the earth from 40.4 N 3.7 W")
    assert -3.7 in found["lon"]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("roots of 2x² − 3x + 7 = 0", [2, -3, 7]),
        ("x^2 - 5x + 6", [1, -5, 6]),
        ("-x**2 + 4*x - 1", [-1, 4, -1]),
        ("3x² + 1", [3, 0, 1]),
        ("an area of 5 m² and 3", []),
    ],
)
def test_the_coefficients_of_a_quadratic(text: str, numbers: list[float]) -> None:
    assert [each.number for each in coefficients_in(text)] == numbers


@pytest.mark.parametrize(
    ("name", "described", "text", "value"),
    [
        ("country", {"description": "ISO 3166-1 alpha-3 country code"}, "the budget of Portugal", "PRT"),
        ("country", {"description": "two-letter country code"}, "the budget of Portugal", "PT"),
        ("origin", {"description": "IATA code of the airport"}, "flights from Oslo", "OSL"),
        ("unit", {"enum": ["kg", "lb", "oz"]}, "in kilos, please", "kg"),
        ("environment", {"enum": ["prod", "staging"]}, "it is broken in production", "prod"),
        ("currency", {"enum": ["EUR", "GBP"]}, "under £129.99", "GBP"),
        ("day", {"enum": ["Mon", "Tue"]}, "every Tuesday", "Tue"),
    ],
)
def test_what_has_a_code_is_written_as_the_code(name: str, described: dict[str, Any], text: str, value: str) -> None:
    found = drafted(tool("look_up", **{name: TEXT | described}), text)
    assert found[name][0] == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Copy /home/ola/notes.md to ~/x/y.txt", ["Copy", "/home/ola/notes.md", "to", "~/x/y.txt"]),
        ("every *.log under /var/log/nginx/", ["every", "*.log", "under", "/var/log/nginx/"]),
        ("see https://a.b/c?d=e&f=1.", ["see", "https://a.b/c?d=e&f=1", "."]),
        ("decode aGVsbG8gd29ybGQ= now", ["decode", "aGVsbG8gd29ybGQ=", "now"]),
        ("and/or 3 / 4, x = 5", ["and/or", "3", "/", "4", ",", "x", "=", "5"]),
    ],
)
def test_paths_links_and_base64_are_words(text: str, said: list[str]) -> None:
    assert [each.text for each in words(text)] == said


def test_codes_are_written_without_their_gaps() -> None:
    found = drafted(tool("track", tracking_number=TEXT), "Where is parcel JD0146 0021 7750?")
    assert found["tracking_number"][0] == "JD0146 0021 7750"


def test_a_sentence_that_orders_is_no_part_of_a_name() -> None:
    assert "Wole Soyinka" in drafted(tool("author_works", author=TEXT), "List Wole Soyinka's plays")["author"]


def test_labels_tell_which_value_is_which() -> None:
    text = "App: Tidelog\nVersion: 5.2.0-beta2\nWhat happens: it closes. Every time."
    assert [(each.stems, text[slice(*each.value)]) for each in labelled_in(text)] == [
        (("app",), "Tidelog"),
        (("version",), "5.2.0-beta2"),
        (("what", "happen"), "it closes. Every time"),
    ]


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("Hi Ingrid,\nsomething came up.\nTomasz", [("Ingrid", "greeted"), ("Tomasz", "signed")]),
        ("Send me an L instead. Best, Chidi Eze", [("Chidi Eze", "signed")]),
        ("Kind regards\nHanna Lindqvist\nHead of Procurement", [("Hanna Lindqvist", "signed")]),
        ("Book a table for two", []),
    ],
)
def test_who_is_greeted_and_who_has_signed(text: str, roles: list[tuple[str, str]]) -> None:
    assert [(text[start:end], role) for start, end, role in roles_in(text)] == roles
