"""Functions inside namespaces, through the official client."""

from typing import Any

import pytest
from openai import BadRequestError

from tests.api.conftest import Serve

FIND: dict[str, Any] = {
    "type": "function",
    "name": "find",
    "description": "Find a customer.",
    "parameters": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
    "strict": False,
}
CRM: dict[str, Any] = {"type": "namespace", "name": "crm", "description": "Customers.", "tools": [FIND]}
SHOP: dict[str, Any] = {**CRM, "name": "shop", "description": "Goods."}
TOOLS: Any = [FIND, CRM, SHOP]
CALLS = [{"name": "crm_-_find", "arguments": {"name": "Ann"}}, {"name": "find", "arguments": {"name": "Bo"}}]
SCRIPT: tuple[dict[str, Any], ...] = ({"turn": 0, "calls": CALLS}, {"turn": 1, "text": "Found."})


def test_a_call_says_which_namespace_it_is_of(serve: Serve) -> None:
    with serve(*SCRIPT).client() as client:
        first = client.responses.create(model="nano", input="find Ann", tools=TOOLS)
        (one, two) = first.output
        assert one.type == two.type == "function_call"
        assert (one.namespace, one.name, two.namespace, two.name) == ("crm", "find", None, "find")
        assert [tool.to_dict() for tool in first.tools][1:] == [CRM, SHOP]
        results: Any = [
            {"type": "function_call_output", "call_id": one.call_id, "output": "1", "namespace": "crm"},
            {"type": "function_call_output", "call_id": two.call_id, "output": "2"},
        ]
        following = client.responses.create(model="nano", input=results, previous_response_id=first.id, tools=TOOLS)
        assert following.output_text == "Found."
        again: Any = [{"role": "user", "content": "find Ann"}, *(call.to_dict() for call in first.output), *results]
        whole = client.responses.create(model="nano", input=again, tools=TOOLS)
        listed = [item for item in client.responses.input_items.list(whole.id) if item.type == "function_call"]
        assert {(item.namespace, item.name) for item in listed} == {("crm", "find"), (None, "find")}


def test_a_streamed_call_says_it_from_the_beginning(serve: Serve) -> None:
    with serve(*SCRIPT).client() as client:
        events = list(client.responses.create(model="nano", input="find Ann", tools=TOOLS, stream=True))
    added = [event.item for event in events if event.type == "response.output_item.added"]
    assert [(item.namespace, item.name) for item in added if item.type == "function_call"] == [
        ("crm", "find"),
        (None, "find"),
    ]
    done = [event.to_dict()["name"] for event in events if event.type == "response.function_call_arguments.done"]
    assert done == ["find", "find"]


@pytest.mark.parametrize(
    ("tools", "param"),
    [
        ([{**CRM, "tools": []}], "tools[0].tools"),
        ([{**CRM, "tools": [{"type": "custom", "name": "run"}]}], "tools[0].tools[0]"),
        ([{**CRM, "name": "a_-_b"}], "tools[0].tools[0].name"),
        ([{**FIND, "name": "a_-_b"}], "tools[0].name"),
    ],
)
def test_what_is_no_namespace_is_refused_by_name(serve: Serve, tools: Any, param: str) -> None:
    with serve(*SCRIPT).client() as client, pytest.raises(BadRequestError) as refused:
        client.responses.create(model="nano", input="find Ann", tools=tools)
    assert (refused.value.param or "").startswith(param)
