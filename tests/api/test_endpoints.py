"""Everything that the official client can send is decided: served, or refused by name. The page says the same."""

from pathlib import Path

from tests.api import endpoints

PAGE = Path(__file__).parents[2] / "docs" / "endpoints.md"


def test_every_field_of_the_client_is_decided() -> None:
    assert endpoints.undecided() == []


def test_every_call_of_the_client_is_served_or_refused_by_name() -> None:
    routes = endpoints.our_routes()
    calls = endpoints.client_calls()
    assert len(calls) > 200
    assert [call for call in sorted(calls) if endpoints.verdict(call, routes) is None] == []


def test_the_page_is_up_to_date() -> None:
    message = "run: python -m tests.api.endpoints > docs/endpoints.md"
    assert PAGE.read_text(encoding="utf-8") == endpoints.document(), message
