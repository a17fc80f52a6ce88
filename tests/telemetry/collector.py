"""A collector of traces: it reads OTLP over HTTP by OpenTelemetry's own schema, in both encodings."""

import base64
import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from google.protobuf.json_format import Parse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

KINDS = {1: "internal", 2: "server", 3: "client"}


@dataclass
class Seen:
    """A span as the collector read it."""

    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    begun_ns: int
    ended_ns: int
    status: int
    message: str
    facts: dict[str, Any]
    resource: dict[str, Any]


@dataclass
class Collector:
    """What has come in, and how to answer it."""

    url: str
    spans: list[Seen] = field(default_factory=list)
    requests: list[dict[str, str]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    """What to answer next, before 200."""
    num_to_reject: int = 0
    delay_s: float = 0.0

    def until(self, is_there: Callable[[list[Seen]], bool], timeout_s: float = 15.0) -> list[Seen]:
        """Wait for spans."""
        deadline = time.monotonic() + timeout_s
        while not is_there(self.spans):
            assert time.monotonic() < deadline, [span.name for span in self.spans]
            time.sleep(0.02)
        return self.spans

    def named(self, *names: str) -> list[Seen]:
        """Wait until there is a span of each name; return these, in that order."""
        self.until(lambda spans: set(names) <= {span.name for span in spans})
        return [next(span for span in self.spans if span.name == name) for name in names]


@contextmanager
def collecting() -> Iterator[Collector]:
    """Run a collector."""
    collector = Collector("")

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            collector.requests.append({"path": self.path, **{k.lower(): v for k, v in self.headers.items()}})
            time.sleep(collector.delay_s)
            status = collector.statuses.pop(0) if collector.statuses else 200
            answer = b""
            if status == 200:
                collector.spans += read(body, self.headers)
                partial = ExportTraceServiceResponse()
                partial.partial_success.rejected_spans = collector.num_to_reject
                answer = partial.SerializeToString() if collector.num_to_reject else b""
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    collector.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def read(body: bytes, headers: Any) -> list[Seen]:
    """Decode a request."""
    if headers.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    message = ExportTraceServiceRequest()
    if headers["Content-Type"] == "application/json":
        Parse(hex_ids_as_base64(body), message)
    else:
        message.ParseFromString(body)
    found = []
    for of_resource in message.resource_spans:
        resource = facts_of(of_resource.resource.attributes)
        for scope in of_resource.scope_spans:
            assert scope.scope.name == "tercet"
            found += [
                Seen(
                    span.name,
                    KINDS[span.kind],
                    span.trace_id.hex(),
                    span.span_id.hex(),
                    span.parent_span_id.hex(),
                    span.start_time_unix_nano,
                    span.end_time_unix_nano,
                    span.status.code,
                    span.status.message,
                    facts_of(span.attributes),
                    resource,
                )
                for span in scope.spans
            ]
    return found


def facts_of(attributes: Any) -> dict[str, Any]:
    """Return attributes as values."""
    return {each.key: value_of(each.value) for each in attributes}


def value_of(value: Any) -> Any:
    """Return what an AnyValue holds."""
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [value_of(each) for each in value.array_value.values]
    return getattr(value, kind)


def hex_ids_as_base64(body: bytes) -> str:
    """OTLP's JSON has ids in hexadecimal where the schema's own mapping has base64."""

    def changed(node: Any) -> Any:
        if isinstance(node, list):
            return [changed(each) for each in node]
        if not isinstance(node, dict):
            return node
        ids = ("traceId", "spanId", "parentSpanId")
        return {k: base64.b64encode(bytes.fromhex(v)).decode() if k in ids else changed(v) for k, v in node.items()}

    return json.dumps(changed(json.loads(body)))
