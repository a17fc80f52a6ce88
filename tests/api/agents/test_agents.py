"""Saved agents through the official client: what was said is there, what is left out stays, the rest is refused."""

from typing import Any

import openai
import pytest
from openai.types.beta import Agent, AgentDeleted

from tests.api.agents.strict import checked, checked_list
from tests.api.conftest import Dial, Serve

FUNCTION: Any = {
    "type": "function",
    "name": "look_up",
    "description": "Look a word up",
    "parameters": {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]},
}
FULL: dict[str, Any] = {
    "model": "nano",
    "name": "Scribe",
    "instructions": "Write plainly.",
    "metadata": {"team": "docs"},
    "compaction": {"async": True},
    "experimental": {"time_awareness": True},
    "multi_agent": {"enabled": True, "max_concurrent_subagents": 3},
    "reasoning": {"effort": "low", "summary": "auto"},
    "service_tier": "default",
    "text": {"format": {"type": "json_schema", "schema": {"type": "object"}}, "verbosity": "low"},
    "tools": [
        {**FUNCTION, "defer_loading": True},
        {"type": "tool_search"},
        {"type": "programmatic_tool_calling"},
        {
            "type": "mcp",
            "server_label": "docs",
            "transport": {"type": "http", "server_url": "https://mcp.example.com/", "headers": {"x-team": "a"}},
            "allowed_tools": ["read"],
            "connection_origin": "environment",
            "credential_id": "cred_1",
            "request_metadata": {"a": 1},
            "required": True,
        },
        {
            "type": "mcp",
            "server_label": "local",
            "transport": {"type": "stdio", "command": "run", "args": ["-v"], "cwd": "/workspace", "env_vars": ["A"]},
        },
        {"type": "web_search", "allowed_domains": ["example.com"], "location": {"country": "DE"}, "mode": "cached"},
        {"type": "computer_use", "include_screenshots": True},
        {"type": "automations"},
    ],
}


def test_an_agent_is_kept_as_it_was_given(serve: Serve, dial: Dial) -> None:
    agents: Any = dial(serve()).beta.agents
    made = checked(Agent, agents.with_raw_response.create(**FULL))
    found = checked(Agent, agents.with_raw_response.retrieve(made.id))
    assert found.to_dict() == made.to_dict()
    assert (found.name, found.model, found.instructions) == ("Scribe", "nano", "Write plainly.")
    assert found.compaction.async_ is True
    assert found.experimental.time_awareness is True
    assert (found.multi_agent.enabled, found.multi_agent.max_concurrent_subagents) == (True, 3)
    assert (found.reasoning.effort, found.reasoning.summary) == ("low", "auto")
    assert found.text.verbosity == "low"
    shown = [tool.to_dict() for tool in found.tools]
    for given, kept in zip(FULL["tools"], shown, strict=True):
        assert given.items() <= {**kept, "location": given.get("location")}.items() or given["type"] == "web_search"
    assert shown[5]["location"] == {"city": None, "country": "DE", "region": None, "timezone": None}


def test_an_agent_has_the_defaults_of_the_contract(serve: Serve, dial: Dial) -> None:
    agent = checked(Agent, dial(serve()).beta.agents.with_raw_response.create(model="nano"))
    assert agent.tools == []
    assert agent.metadata == {}
    assert agent.name is None
    assert (agent.text.verbosity, agent.text.format.type, agent.service_tier) == ("medium", "text", "auto")
    assert (agent.multi_agent.enabled, agent.multi_agent.max_concurrent_subagents) == (False, None)
    assert agent.compaction.async_ is False


def test_an_update_changes_what_it_names_and_nothing_else(serve: Serve, dial: Dial) -> None:
    agents: Any = dial(serve()).beta.agents
    made = agents.create(**FULL, extra_body={"tercet": {"tools": ["calculator"], "plan": True}})
    changed = checked(Agent, agents.with_raw_response.update(made.id, instructions=None, tools=[FUNCTION]))
    assert changed.instructions is None
    assert [tool.type for tool in changed.tools] == ["function"]
    assert changed.tercet["tools"] == ["calculator"]
    assert (changed.name, changed.reasoning.effort, changed.metadata) == ("Scribe", "low", {"team": "docs"})
    changed = agents.update(made.id, name=None, metadata=None, reasoning=None, multi_agent=None, tools=None)
    assert (changed.name, changed.metadata, changed.tools) == (None, {}, [])
    assert (changed.reasoning.effort, changed.multi_agent.enabled) == (None, False)
    assert changed.text.verbosity == "low"


def test_agents_are_listed_in_pages_and_deleted(serve: Serve, dial: Dial) -> None:
    agents: Any = dial(serve()).beta.agents
    ids = [agents.create(model="nano", name=str(number)).id for number in range(5)]
    first = checked_list(Agent, agents.with_raw_response.list(limit=2))
    assert [agent.id for agent in first.data] == ids[:2:-1]
    assert first.has_more
    assert [agent.id for agent in agents.list(limit=2)] == ids[::-1]
    assert [agent.id for agent in agents.list(order="asc", after=ids[1])] == ids[2:]
    checked(AgentDeleted, agents.with_raw_response.delete(ids[0]))
    with pytest.raises(openai.NotFoundError):
        agents.retrieve(ids[0])
    with pytest.raises(openai.NotFoundError):
        agents.delete(ids[0])


def test_another_key_has_other_agents(serve: Serve, dial: Dial) -> None:
    server = serve(api_keys=("one", "two"))
    one, two = (dial(server, api_key=key).beta.agents for key in ("one", "two"))
    made = one.create(model="nano")
    for call in (two.retrieve, two.delete, lambda agent_id: two.update(agent_id, name="x")):
        with pytest.raises(openai.NotFoundError):
            call(made.id)
    assert list(two.list()) == []
    with pytest.raises(openai.NotFoundError):
        list(two.list(after=made.id))


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"model": "gpt-nowhere"}, "model"),
        ({"model": "nano", "service_tier": "priority"}, "service_tier"),
        ({"model": "nano", "metadata": {str(number): "" for number in range(17)}}, "metadata"),
        ({"model": "nano", "metadata": {"k" * 65: ""}}, "metadata"),
        ({"model": "nano", "text": {"format": {"type": "json_schema", "schema": {"type": 3}}}}, "text.format.schema"),
        ({"model": "nano", "tools": [{**FUNCTION, "async": True}]}, "tools[0].async"),
        ({"model": "nano", "tools": [FUNCTION, FUNCTION]}, "tools[1].name"),
        ({"model": "nano", "tools": [{**FUNCTION, "parameters": {"type": "nothing"}}]}, "tools[0].parameters"),
        ({"model": "nano", "tools": [{**FUNCTION, "defer_loading": True}]}, "tools"),
        ({"model": "nano", "tools": [{**FUNCTION, "surprise": 1}]}, "tools[0].surprise"),
        ({"model": "nano", "tools": [{"type": "telepathy"}]}, "tools[0].type"),
        (
            {
                "model": "nano",
                "tools": [
                    {
                        "type": "mcp",
                        "server_label": "a",
                        "transport": {"type": "http", "server_url": "https://a.b", "authorization": "Bearer x"},
                    }
                ],
            },
            "tools[0].transport.authorization",
        ),
        (
            {
                "model": "nano",
                "tools": [
                    {
                        "type": "mcp",
                        "server_label": "a",
                        "transport": {"type": "http", "server_url": "https://a.b", "headers": {"Cookie": "x"}},
                    }
                ],
            },
            "tools[0].transport.headers",
        ),
        (
            {
                "model": "nano",
                "tools": [
                    {
                        "type": "mcp",
                        "server_label": "a",
                        "transport": {"type": "stdio", "command": "a", "cwd": "/", "env": {"A": "b"}},
                    }
                ],
            },
            "tools[0].transport.env",
        ),
        ({"model": "nano", "surprise": 1}, "surprise"),
    ],
)
def test_what_is_not_served_is_refused_by_name(serve: Serve, dial: Dial, fields: dict[str, Any], param: str) -> None:
    client: Any = dial(serve())
    with pytest.raises(openai.BadRequestError) as caught:
        client.post("/agents", cast_to=object, body=fields)
    assert caught.value.param == param
    assert caught.value.type == "invalid_request_error"


def test_a_model_is_needed_and_the_tools_have_a_limit(serve: Serve, dial: Dial) -> None:
    client: Any = dial(serve())
    with pytest.raises(openai.BadRequestError) as caught:
        client.post("/agents", cast_to=object, body={"name": "x"})
    assert (caught.value.param, caught.value.code) == ("model", "missing_required_parameter")
    tools = [{**FUNCTION, "name": f"f{number}", "description": "x" * 1_600_000} for number in range(2)]
    with pytest.raises(openai.APIStatusError) as too_large:
        client.beta.agents.create(model="nano", tools=tools)
    assert (too_large.value.status_code, too_large.value.param) == (413, "tools")


def test_another_version_of_the_beta_is_refused(serve: Serve, dial: Dial) -> None:
    agents: Any = dial(serve()).beta.agents
    with pytest.raises(openai.BadRequestError, match="agents=v2"):
        agents.list(extra_headers={"OpenAI-Beta": "agents=v2"})
    with pytest.raises(openai.BadRequestError) as caught:
        agents.list(extra_query={"surprise": "1"})
    assert caught.value.param == "surprise"
