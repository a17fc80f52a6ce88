"""Models, embeddings, health, metrics, the description, and how big bodies leave room for others."""

import asyncio
import base64
import io
import json
import struct
import time
from typing import Any

import aiohttp
import jsonschema_rs
import pytest
from openai import BadRequestError

from tercet.api.app import all_routes
from tercet.api.metrics import Metrics
from tercet.api.openai.chat_request import read_chat
from tercet.api.openapi import OPERATIONS
from tests.api.conftest import Serve
from tests.api.plain import request
from tests.api.staged import StagedBackend, saying

CHAT = "/v1/chat/completions"
HI: dict[str, Any] = {"model": "nano", "messages": [{"role": "user", "content": "hi"}]}
UNDESCRIBED_DOORS = {"web"}
"""Doors whose routes have no `Operation` yet."""
MAX_STALL_S = 1.0
"""Far above what any slice takes, for machines that are busy with other work as well."""


def test_models(serve: Serve) -> None:
    with serve({"text": "x"}).client() as client:
        assert [model.id for model in client.models.list()] == ["nano", "gpt-4.1-nano"]
        dated = client.models.retrieve("gpt-4.1-nano-2025-04-14")
    assert (dated.id, dated.object, dated.owned_by) == ("gpt-4.1-nano-2025-04-14", "model", "tercet")
    assert dated.model_extra == {"tier": "nano", "backend": "scripted", "model": "script-1"}


def test_embeddings(serve: Serve) -> None:
    server = serve(backend=StagedBackend())
    with server.client() as client:
        answer = client.embeddings.create(model="nano", input=["ab", "c"], encoding_format="float")
        assert [entry.embedding for entry in answer.data] == [[2.0, 0.5], [1.0, 0.5]]
        assert [entry.index for entry in answer.data] == [0, 1]
        assert (answer.usage.prompt_tokens, answer.usage.total_tokens, answer.model) == (2, 2, "nano")
        assert client.embeddings.create(model="nano", input="abc").data[0].embedding == [3.0, 0.5]
    packed = request(server, "POST", "/v1/embeddings", {"model": "nano", "input": "abc", "encoding_format": "base64"})
    assert struct.unpack("<2f", base64.b64decode(packed.json["data"][0]["embedding"])) == (3.0, 0.5)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"input": []}, "input"),
        ({"input": ""}, "input"),
        ({"input": ["a", ""]}, "input[1]"),
        ({"input": [[1, 2]]}, "input[0]"),
        ({"input": "a", "dimensions": 3}, "dimensions"),
        ({"input": "a", "encoding_format": "hex"}, "encoding_format"),
        ({}, "input"),
    ],
)
def test_embeddings_of_nothing(serve: Serve, fields: dict[str, object], param: str) -> None:
    reply = request(serve(backend=StagedBackend()), "POST", "/v1/embeddings", {"model": "nano", **fields})
    assert (reply.status, reply.json["error"]["param"]) == (400, param)


def test_embeddings_where_the_model_has_none(serve: Serve) -> None:
    with serve({"text": "x"}).client() as client, pytest.raises(BadRequestError) as caught:
        client.embeddings.create(model="nano", input="a")
    assert caught.value.code == "unsupported_parameter"


def test_metrics_count_what_was_served(serve: Serve) -> None:
    server = serve(backend=StagedBackend(*saying("a ", "b")))
    for _ in range(2):
        assert request(server, "POST", CHAT, HI).status == 200
    assert request(server, "POST", CHAT, {**HI, "temperature": 9}).status == 400
    assert request(server, "GET", "/nothing").status == 404
    reply = request(server, "GET", "/metrics")
    assert reply.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = reply.body.decode().splitlines()
    for line in (
        'tercet_requests_total{door="chat",tier="nano",status="200"} 2',
        'tercet_requests_total{door="chat",tier="",status="400"} 1',
        'tercet_requests_in_flight{door="chat"} 0',
        'tercet_requests_in_flight{door="operations"} 1',
        'tercet_tokens_total{door="chat",tier="nano",kind="input"} 22',
        'tercet_tokens_total{door="chat",tier="nano",kind="cached"} 8',
        'tercet_tokens_total{door="chat",tier="nano",kind="output"} 4',
        'tercet_request_duration_seconds_count{door="chat"} 3',
        'tercet_request_duration_seconds_bucket{door="chat",le="+Inf"} 3',
    ):
        assert line in lines


def test_the_description_covers_every_route_of_its_doors_and_is_sound(serve: Serve) -> None:
    server = serve({"text": "x"})
    document = request(server, "GET", "/openapi.json").json
    service = server.service
    routes = {
        (route.method, route.path.replace(":path", ""))
        for route in all_routes(service, Metrics())
        if route.door not in UNDESCRIBED_DOORS
    }
    assert {(operation.method, operation.path) for operation in OPERATIONS} == routes
    assert {(method.upper(), path) for path, methods in document["paths"].items() for method in methods} == routes
    schemas = document["components"]["schemas"]
    root = {"$ref": "#/components/schemas/ChatRequest", "components": document["components"]}
    chat = jsonschema_rs.validator_for(root)
    assert chat.is_valid(HI)
    assert not chat.is_valid({**HI, "frobnicate": 1})
    assert not chat.is_valid({**HI, "store": True})
    assert not chat.is_valid({**HI, "messages": [{"role": "wizard", "content": "x"}]})
    assert "prediction" not in schemas["ChatRequest"]["properties"]
    answer = jsonschema_rs.validator_for({**root, "$ref": "#/components/schemas/ChatCompletion"})
    answer.validate(request(server, "POST", CHAT, HI).json)
    answer = jsonschema_rs.validator_for({**root, "$ref": "#/components/schemas/ResponseOut"})
    answer.validate(request(server, "POST", "/v1/responses", {"model": "nano", "input": "x"}).json)


async def test_decoding_gives_way_every_so_often() -> None:
    num_turns = 0
    is_done = False

    async def others() -> None:
        nonlocal num_turns
        while not is_done:
            num_turns += 1
            await asyncio.sleep(0)

    waiting = asyncio.create_task(others())
    for messages, num_slices in (
        ([HI["messages"][0]] * 20_000, 20),
        ([{"role": "user", "content": "x" * 300_000}] * 20, 20),
    ):
        num_turns = 0
        plan = await read_chat(json.dumps({"model": "nano", "messages": messages}).encode())
        assert len(plan.request.items) == len(messages)
        assert num_turns >= num_slices
    is_done = True
    await waiting


@pytest.mark.parametrize(
    "content",
    [["hello \n" * 1_500_000], ["x" * 1_000_000] * 10, ["a short message " * 8] * 50_000],
    ids=["one message", "ten messages", "many messages"],
)
async def test_a_big_body_leaves_room_for_others(serve: Serve, content: list[str]) -> None:
    server = serve(backend=(backend := StagedBackend(*saying("ok"))))
    payload = json.dumps({"model": "nano", "messages": [{"role": "user", "content": text} for text in content]})
    assert len(payload) > 7_000_000
    stalls_s: list[float] = []
    async with aiohttp.ClientSession() as session:

        async def send_big() -> int:
            headers = {"Content-Type": "application/json"}
            async with session.post(
                f"{server.url}{CHAT}", data=io.BytesIO(payload.encode()), headers=headers
            ) as answer:
                return answer.status

        started_s = time.perf_counter()
        big = asyncio.create_task(send_big())
        while not big.done():
            began_s = time.perf_counter()
            async with session.get(f"{server.url}/healthz") as answer:
                assert answer.status == 200
            stalls_s.append(time.perf_counter() - began_s)
            await asyncio.sleep(0.001)
        assert await big == 200
        whole_s = time.perf_counter() - started_s
    assert len(backend.requests[0].items) == len(content)
    assert max(stalls_s) < max(MAX_STALL_S, whole_s / 2), "one big body must not hold up the others for its whole time"


def test_the_service_starts_and_closes_with_the_server(serve: Serve) -> None:
    class Lived(StagedBackend):
        def __init__(self) -> None:
            super().__init__(*saying("x"))
            self.life: list[str] = []

        async def start(self) -> None:
            self.life.append("start")

        async def close(self) -> None:
            self.life.append("close")

    backend = Lived()
    server = serve(backend=backend)
    assert backend.life == ["start"]
    server.stop()
    assert backend.life == ["start", "close"]
