"""Whatever a client gets wrong is answered with a status below 500, OpenAI's error shape and the offending field."""

import http.client
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.conftest import Serve, Server
from tests.api.plain import Reply, request
from tests.support import scripted_service

CHAT, RESPONSES = "/v1/chat/completions", "/v1/responses"
HI: dict[str, Any] = {"role": "user", "content": "hi"}
CALL: dict[str, Any] = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": "{}"}}
ASSISTANT = {"role": "assistant", "tool_calls": [CALL]}
ADD = {"type": "function", "function": {"name": "add"}}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "s", "schema": {}}}


def chat(*messages: object, **fields: object) -> dict[str, object]:
    """Return a chat request that is right but for what is given."""
    return {"model": "nano", "messages": list(messages) or [HI], **fields}


def tool(**fields: object) -> dict[str, object]:
    """Return a chat request with one tool."""
    return chat(tools=[{"type": "function", "function": {"name": "add", **fields}}])


def resp(given: object = "hi", **fields: object) -> dict[str, object]:
    """Return a Responses request that is right but for what is given."""
    return {"model": "nano", "input": given, **fields}


CHAT_CASES: list[tuple[str, object, str | None, str]] = [
    ("truncated", b'{"model": "nano", "messages": [', None, "invalid_json"),
    ("empty body", b"", None, "invalid_json"),
    ("not UTF-8", b'{"model": "nano", "messages": [{"role": "user", "content": "\xff"}]}', None, "invalid_json"),
    (
        "lone surrogate",
        b'{"model": "nano", "messages": [{"role": "user", "content": "\\ud800"}]}',
        None,
        "invalid_json",
    ),
    ("bottomless", b'{"model": "nano", "audio": ' + b"[" * 100_000 + b"]" * 100_000, None, "invalid_json"),
    ("bottomless arguments", chat(tools=[[[]]]), "tools[0]", "invalid_type"),
    ("an array", [1, 2], None, "invalid_type"),
    ("no model", {"messages": [HI]}, "model", "missing_required_parameter"),
    ("no messages", {"model": "nano"}, "messages", "missing_required_parameter"),
    ("empty messages", {"model": "nano", "messages": []}, "messages", "empty_array"),
    ("model of wrong type", {**chat(), "model": 7}, "model", "invalid_type"),
    ("unknown field", chat(frobnicate=1), "frobnicate", "unknown_parameter"),
    ("unknown nested field", chat({**HI, "colour": "red"}), "messages[0].colour", "unknown_parameter"),
    ("unknown role", chat(HI, HI, {"role": "wizard", "content": "x"}), "messages[2].role", "invalid_value"),
    ("no role", chat({"content": "x"}), "messages[0].role", "missing_required_parameter"),
    ("no content", chat({"role": "user"}), "messages[0].content", "missing_required_parameter"),
    ("content of wrong type", chat({"role": "user", "content": 5}), "messages[0].content", "invalid_type"),
    ("content is null", chat({"role": "user", "content": None}), "messages[0].content", "invalid_type"),
    ("empty parts", chat({"role": "user", "content": []}), "messages[0].content", "invalid_value"),
    ("a message is a string", chat("hi"), "messages[0]", "invalid_type"),
    ("empty assistant", chat({"role": "assistant"}), "messages[0].content", "invalid_value"),
    (
        "unknown part",
        chat({"role": "user", "content": [{"type": "smell"}]}),
        "messages[0].content[0].type",
        "invalid_value",
    ),
    (
        "audio",
        chat({"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]}),
        "messages[0].content[0].type",
        "unsupported_parameter",
    ),
    (
        "image of no address",
        chat({"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}),
        "messages[0].content[0].image_url.url",
        "invalid_value",
    ),
    (
        "uploaded file",
        chat({"role": "user", "content": [{"type": "file", "file": {"file_id": "f"}}]}),
        "messages",
        "file_not_found",
    ),
    ("participant's name", chat({**HI, "name": "an n"}), "messages[0].name", "invalid_value"),
    (
        "result without call",
        chat(HI, {"role": "tool", "tool_call_id": "c1", "content": "4"}),
        "messages[1].tool_call_id",
        "unknown_tool_call",
    ),
    ("call without result", chat(HI, ASSISTANT, HI), "messages[1].tool_calls", "missing_tool_result"),
    ("call without result at the end", chat(HI, ASSISTANT), "messages[1].tool_calls", "missing_tool_result"),
    (
        "result twice",
        chat(HI, ASSISTANT, *[{"role": "tool", "tool_call_id": "c1", "content": "4"}] * 2),
        "messages[3].tool_call_id",
        "unknown_tool_call",
    ),
    (
        "two calls of one id",
        chat(HI, {"role": "assistant", "tool_calls": [CALL, CALL]}),
        "messages[1].tool_calls",
        "invalid_value",
    ),
    (
        "arguments that are no JSON",
        chat({"role": "assistant", "tool_calls": [{**CALL, "function": {"name": "add", "arguments": "{a"}}]}),
        "messages[0].tool_calls[0].function.arguments",
        "invalid_value",
    ),
    ("a tool that is none", chat(tools=[{"type": "web_search"}]), "tools[0].type", "invalid_value"),
    (
        "tool without name",
        chat(tools=[{"type": "function", "function": {}}]),
        "tools[0].function.name",
        "missing_required_parameter",
    ),
    ("tool name with spaces", tool(name="a b"), "tools[0].function.name", "invalid_value"),
    ("two tools of one name", chat(tools=[ADD, ADD]), "tools[1].function.name", "invalid_request"),
    (
        "schema that is none",
        tool(parameters={"type": "object", "properties": 3}),
        "tools[0].function.parameters",
        "invalid_schema",
    ),
    ("schema of an array", tool(parameters={"type": "array"}), "tools[0].function.parameters", "invalid_schema"),
    ("schema of wrong type", tool(parameters=[]), "tools[0].function.parameters", "invalid_type"),
    (
        "foreign reference",
        tool(parameters={"type": "object", "properties": {"a": {"$ref": "http://127.0.0.1:1/x"}}}),
        "tools[0].function.parameters",
        "invalid_schema",
    ),
    (
        "output schema that is none",
        chat(response_format={"type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "strin"}}}),
        "response_format.json_schema.schema",
        "invalid_schema",
    ),
    (
        "no output schema",
        chat(response_format={"type": "json_schema"}),
        "response_format.json_schema",
        "missing_required_parameter",
    ),
    ("unknown format", chat(response_format={"type": "xml"}), "response_format.type", "invalid_value"),
    (
        "choice of an absent tool",
        chat(tools=[ADD], tool_choice={"type": "function", "function": {"name": "sub"}}),
        "tool_choice",
        "invalid_request",
    ),
    ("call required of no tool", chat(tool_choice="required"), "tool_choice", "invalid_request"),
    ("unknown choice", chat(tools=[ADD], tool_choice="maybe"), "tool_choice", "invalid_value"),
    ("too hot", chat(temperature=2.5), "temperature", "invalid_value"),
    ("temperature of wrong type", chat(temperature="hot"), "temperature", "invalid_type"),
    (
        "temperature beyond numbers",
        b'{"model":"nano","messages":[],"temperature":1e999}',
        "temperature",
        "invalid_value",
    ),
    ("top_p too high", chat(top_p=1.5), "top_p", "invalid_value"),
    ("penalty too high", chat(presence_penalty=3), "presence_penalty", "invalid_value"),
    ("no tokens", chat(max_tokens=0), "max_tokens", "invalid_value"),
    ("two limits", chat(max_tokens=5, max_completion_tokens=6), "max_tokens", "invalid_value"),
    ("n too high", chat(n=9), "n", "invalid_value"),
    ("n is zero", chat(n=0), "n", "invalid_value"),
    ("five stops", chat(stop=["a"] * 5), "stop", "invalid_value"),
    ("empty stop", chat(stop=""), "stop", "invalid_value"),
    ("huge seed", chat(seed=2**80), "seed", "invalid_value"),
    ("bias of a word", chat(logit_bias={"cat": 1}), "logit_bias", "invalid_value"),
    ("bias too high", chat(logit_bias={"5": 101}), "logit_bias", "invalid_value"),
    ("top_logprobs alone", chat(top_logprobs=2), "top_logprobs", "invalid_value"),
    ("too many logprobs", chat(logprobs=True, top_logprobs=21), "top_logprobs", "invalid_value"),
    ("stream options alone", chat(stream_options={"include_usage": True}), "stream_options", "invalid_value"),
    (
        "padding",
        chat(stream=True, stream_options={"include_obfuscation": True}),
        "stream_options.include_obfuscation",
        "unsupported_parameter",
    ),
    ("metadata of wrong type", chat(metadata={"a": 1}), "metadata", "invalid_type"),
    ("metadata too long", chat(metadata={"a": "x" * 513}), "metadata", "invalid_value"),
    ("too much metadata", chat(metadata={str(key): "" for key in range(17)}), "metadata", "invalid_value"),
    ("unknown effort", chat(reasoning_effort="heroic"), "reasoning_effort", "invalid_value"),
    ("functions", chat(functions=[{"name": "f"}]), "functions", "unsupported_parameter"),
    ("function_call", chat(function_call="auto"), "function_call", "unsupported_parameter"),
    ("store", chat(store=True), "store", "unsupported_parameter"),
    ("service tier", chat(service_tier="priority"), "service_tier", "unsupported_parameter"),
    ("audio out", chat(modalities=["text", "audio"]), "modalities", "unsupported_parameter"),
    ("prediction", chat(prediction={"type": "content", "content": "x"}), "prediction", "unsupported_parameter"),
    ("web search", chat(web_search_options={}), "web_search_options", "unsupported_parameter"),
    ("verbosity", chat(verbosity="low"), "verbosity", "unsupported_parameter"),
]

RESPONSES_CASES: list[tuple[str, object, str | None, str]] = [
    ("truncated", b'{"model": "nano", "input": "', None, "invalid_json"),
    ("no input", {"model": "nano"}, "input", "missing_required_parameter"),
    ("empty input", resp([]), "input", "empty_array"),
    ("input of wrong type", resp(5), "input", "invalid_type"),
    ("an item is a string", resp(["hi"]), "input[0]", "invalid_type"),
    ("unknown role", resp([HI, {"role": "wizard", "content": "x"}]), "input[1].role", "invalid_value"),
    ("no role", resp([{"type": "message", "content": "x"}]), "input[0].role", "missing_required_parameter"),
    ("no content", resp([{"role": "user"}]), "input[0].content", "missing_required_parameter"),
    ("empty content", resp([{"role": "user", "content": []}]), "input[0].content", "empty_array"),
    ("foreign item", resp([{"type": "image_generation_call", "id": "x"}]), "input[0].type", "unsupported_parameter"),
    ("type of wrong type", resp([{"type": 5}]), "input[0].type", "invalid_type"),
    ("unknown field", resp(frobnicate=1), "frobnicate", "unknown_parameter"),
    ("unknown field of an item", resp([{**HI, "colour": 1}]), "input[0].colour", "unknown_parameter"),
    (
        "output text from the user",
        resp([{"role": "user", "content": [{"type": "output_text", "text": "x"}]}]),
        "input[0].content[0].type",
        "invalid_value",
    ),
    (
        "uploaded image",
        resp([{"role": "user", "content": [{"type": "input_image", "file_id": "f"}]}]),
        "input[0].content[0].file_id",
        "unsupported_parameter",
    ),
    (
        "image without address",
        resp([{"role": "user", "content": [{"type": "input_image"}]}]),
        "input[0].content[0].image_url",
        "missing_required_parameter",
    ),
    (
        "result without call",
        resp([{"type": "function_call_output", "call_id": "c", "output": "4"}]),
        "input",
        "invalid_request",
    ),
    (
        "call without result",
        resp([{"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}]),
        "input",
        "invalid_request",
    ),
    (
        "arguments that are no JSON",
        resp([{"type": "function_call", "call_id": "c", "name": "f", "arguments": "["}]),
        "input[0].arguments",
        "invalid_value",
    ),
    (
        "previous response unknown",
        resp(previous_response_id="resp_x"),
        "previous_response_id",
        "previous_response_not_found",
    ),
    ("built-in tool", resp(tools=[{"type": "code_interpreter"}]), "tools[0].type", "invalid_value"),
    ("search without a provider", resp(tools=[{"type": "web_search"}]), "tools[0]", "unsupported_parameter"),
    (
        "schema that is none",
        resp(tools=[{"type": "function", "name": "f", "parameters": {"type": "object", "required": 1}}]),
        "tools[0].parameters",
        "invalid_schema",
    ),
    (
        "output schema that is none",
        resp(text={"format": {"type": "json_schema", "name": "s", "schema": {"type": "strin"}}}),
        "text.format.schema",
        "invalid_schema",
    ),
    ("verbosity", resp(text={"verbosity": "high"}), "text.verbosity", "unsupported_parameter"),
    ("summary", resp(reasoning={"summary": "detailed"}), "reasoning.summary", "unsupported_parameter"),
    ("include", resp(include=["web_search_call.results"]), "include[0]", "unsupported_parameter"),
    ("top_logprobs alone", resp(top_logprobs=2), "top_logprobs", "invalid_value"),
    ("unstored background", resp(background=True, store=False), "store", "invalid_request"),
    (
        "two pasts",
        resp(conversation="conv_1", previous_response_id="resp_1"),
        "previous_response_id",
        "mutually_exclusive_parameters",
    ),
    (
        "foreign compaction",
        resp([{"type": "compaction", "encrypted_content": "x"}]),
        "input[0].encrypted_content",
        "invalid_value",
    ),
    ("context management", resp(context_management=[{"type": "magic"}]), "context_management[0].type", "invalid_value"),
    ("prompt", resp(prompt={"id": "p"}), "prompt", "unsupported_parameter"),
    ("max_tool_calls", resp(max_tool_calls=0), "max_tool_calls", "invalid_value"),
    ("truncation", resp(truncation="middle"), "truncation", "invalid_value"),
    ("service tier", resp(service_tier="flex"), "service_tier", "unsupported_parameter"),
    ("no tokens", resp(max_output_tokens=0), "max_output_tokens", "invalid_value"),
    ("choice of an absent tool", resp(tool_choice={"type": "function", "name": "f"}), "tool_choice", "invalid_request"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that would answer anything."""
    server = Server(scripted_service(tmp_path_factory.mktemp("bad"), {"text": "an answer"}))
    yield server
    server.stop()


def check(reply: Reply, status: int, param: str | None, code: str) -> None:
    """Assert that a reply is an error in OpenAI's shape, and which."""
    assert reply.status == status, reply.body
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["x-request-id"].startswith("req_")
    assert set(reply.json) == {"error"}
    error = reply.json["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["type"] == ("invalid_request_error" if status < 500 else "server_error")
    assert (error["param"], error["code"]) == (param, code)
    assert len(error["message"]) <= 1001
    assert "Traceback" not in error["message"]


@pytest.mark.parametrize(
    ("body", "param", "code"), [case[1:] for case in CHAT_CASES], ids=[case[0] for case in CHAT_CASES]
)
def test_bad_chat_requests(server: Server, body: object, param: str | None, code: str) -> None:
    check(request(server, "POST", CHAT, body), 400, param, code)


@pytest.mark.parametrize(
    ("body", "param", "code"), [case[1:] for case in RESPONSES_CASES], ids=[case[0] for case in RESPONSES_CASES]
)
def test_bad_responses_requests(server: Server, body: object, param: str | None, code: str) -> None:
    check(request(server, "POST", RESPONSES, body), 400, param, code)


def test_messages_name_fields_as_clients_know_them(server: Server) -> None:
    wrong = {"type": "strin"}
    named = {"type": "json_schema", "json_schema": {"name": "s", "schema": wrong}}
    reply = request(server, "POST", CHAT, chat(response_format=named))
    assert reply.json["error"]["message"].startswith("response_format.json_schema.schema is not a valid JSON schema: ")
    reply = request(
        server, "POST", RESPONSES, resp(text={"format": {"type": "json_schema", "name": "s", "schema": wrong}})
    )
    assert reply.json["error"]["message"].startswith("text.format.schema is not a valid JSON schema: ")


def test_streamed_requests_keep_the_status_of_their_errors(server: Server) -> None:
    check(request(server, "POST", CHAT, chat(temperature=9, stream=True)), 400, "temperature", "invalid_value")
    check(request(server, "POST", CHAT, {**chat(stream=True), "model": "gpt-9"}), 404, "model", "model_not_found")
    check(request(server, "POST", RESPONSES, {**resp(stream=True), "model": "gpt-9"}), 404, "model", "model_not_found")


@pytest.mark.parametrize(("path", "body"), [(CHAT, chat()), (RESPONSES, resp())])
def test_unknown_and_unbound_models(server: Server, path: str, body: dict[str, object]) -> None:
    check(request(server, "POST", path, {**body, "model": "gpt-9"}), 404, "model", "model_not_found")
    unbound = request(server, "POST", path, {**body, "model": "mini"})
    check(unbound, 404, "model", "tier_unbound")
    assert "[tiers.mini]" in unbound.json["error"]["message"]


def test_values_that_ask_for_nothing_are_accepted(server: Server) -> None:
    nothing = {
        "store": False, "service_tier": "default", "modalities": ["text"], "verbosity": "medium", "functions": [],
        "tools": None, "tool_choice": None, "stop": None, "logit_bias": None, "user": "u-1", "logprobs": False,
        "stream": False, "response_format": {"type": "text"}, "web_search_options": None, "temperature": None,
    }  # fmt: skip
    assert request(server, "POST", CHAT, chat(**nothing)).status == 200
    nothing = {
        "background": False, "truncation": "disabled", "service_tier": "auto", "conversation": None, "include": [],
        "text": {"format": {"type": "text"}, "verbosity": "medium"}, "reasoning": {}, "max_tool_calls": None,
        "top_logprobs": 0, "tools": [], "tool_choice": "auto", "metadata": None, "instructions": None,
    }  # fmt: skip
    assert request(server, "POST", RESPONSES, resp(**nothing)).status == 200


def test_wrong_content_types(server: Server) -> None:
    body = json.dumps(chat()).encode()
    form = request(server, "POST", CHAT, body, {"Content-Type": "application/x-www-form-urlencoded"})
    check(form, 400, None, "invalid_content_type")
    zipped = request(server, "POST", CHAT, body, {"Content-Encoding": "gzip"})
    check(zipped, 400, None, "invalid_content_encoding")
    assert request(server, "POST", CHAT, body, {"Content-Type": "application/json; charset=utf-8"}).status == 200


def test_a_field_of_a_million_characters(server: Server) -> None:
    long = "x" * 1_000_000
    assert request(server, "POST", CHAT, chat({"role": "user", "content": long})).status == 200
    check(request(server, "POST", CHAT, {**chat(), "model": long}), 404, "model", "model_not_found")
    check(request(server, "POST", CHAT, chat({"role": long, "content": "x"})), 400, "messages[0].role", "invalid_value")
    unknown = request(server, "POST", CHAT, chat(**{long: 1}))
    assert unknown.status == 400
    assert len(unknown.body) < 4000
    deep = b'{"type":"object","properties":{"a":' * 5000 + b"{}" + b"}}" * 5000
    body = (
        b'{"model":"nano","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f","parameters":'
        + deep
        + b"}}]}"
    )
    assert request(server, "POST", CHAT, body).status == 400


def test_bodies_beyond_the_limit(serve: Serve) -> None:
    server = serve({"text": "x"}, max_body_bytes=1000)
    assert request(server, "POST", CHAT, chat()).status == 200
    large = json.dumps(chat({"role": "user", "content": "x" * 1000})).encode()
    check(request(server, "POST", CHAT, large), 413, None, "request_too_large")
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("POST", CHAT, iter([large[:600], large[600:]]), {"Content-Type": "application/json"})
    undeclared = connection.getresponse()
    assert undeclared.status == 413
    connection.close()


def test_what_is_not_there(server: Server) -> None:
    check(request(server, "GET", "/v1/nothing"), 404, None, "unknown_url")
    check(request(server, "POST", "/"), 404, None, "unknown_url")
    wrong = request(server, "GET", CHAT)
    check(wrong, 405, None, "method_not_allowed")
    assert wrong.headers["allow"] == "POST"
    for method in ("GET", "DELETE"):
        check(request(server, method, "/v1/responses/resp_unknown"), 404, "response_id", "not_found")
    check(request(server, "GET", "/v1/responses/resp_unknown/input_items"), 404, "response_id", "not_found")
    check(request(server, "GET", "/v1/models/gpt-9"), 404, "model", "model_not_found")
    check(request(server, "GET", "/v1/models/a/b"), 404, "model", "model_not_found")
    missing = resp([{"type": "item_reference", "id": "msg_" + "0" * 36}])
    check(request(server, "POST", RESPONSES, missing), 404, "input[0].id", "item_not_found")
