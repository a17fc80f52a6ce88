"""Where traces go: settings of our own, and the standard variables of OpenTelemetry that stand for them."""

from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import unquote

import msgspec

from tercet.errors import ConfigInvalid

TRACES_PATH = "/v1/traces"


class TelemetryConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """OpenTelemetry traces, sent over OTLP/HTTP. Nothing is traced where no endpoint is set."""

    endpoint: str = ""
    """A collector's base URL, to which `/v1/traces` is added. `OTEL_EXPORTER_OTLP_ENDPOINT`."""
    traces_endpoint: str = ""
    """The whole URL for traces, in place of `endpoint`. `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`."""
    headers: dict[str, str] = {}
    """Sent with every batch, such as a key. `OTEL_EXPORTER_OTLP_HEADERS` or `…_TRACES_HEADERS`: `name=value,…`."""
    protocol: Literal["http/protobuf", "http/json"] = "http/protobuf"
    """How spans are written. `OTEL_EXPORTER_OTLP_PROTOCOL` or `…_TRACES_PROTOCOL`; `grpc` is not served."""
    compression: Literal["none", "gzip"] = "none"
    """`OTEL_EXPORTER_OTLP_COMPRESSION` or `…_TRACES_COMPRESSION`."""
    timeout_s: float = 10.0
    """For one batch. `OTEL_EXPORTER_OTLP_TIMEOUT` or `…_TRACES_TIMEOUT`, which are in milliseconds."""
    service_name: str = "tercet"
    """`OTEL_SERVICE_NAME`, or `service.name` of the resource attributes."""
    resource: dict[str, str] = {}
    """What else to say of this process. `OTEL_RESOURCE_ATTRIBUTES`: `name=value,…`."""
    sample_ratio: float = 1.0
    """Of the traces that begin here; a client's own are sampled as it says. `OTEL_TRACES_SAMPLER` and `…_ARG`."""
    has_content: bool = False
    """Export what was said, tools' arguments and results. `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`."""

    @property
    def url(self) -> str:
        """Where traces are sent; empty: nowhere."""
        return self.traces_endpoint or (self.endpoint and self.endpoint.rstrip("/") + TRACES_PATH)


_NAMES = {
    "OTEL_EXPORTER_OTLP_ENDPOINT": "endpoint",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "traces_endpoint",
    "OTEL_EXPORTER_OTLP_HEADERS": "headers",
    "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "headers",
    "OTEL_EXPORTER_OTLP_PROTOCOL": "protocol",
    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "protocol",
    "OTEL_EXPORTER_OTLP_COMPRESSION": "compression",
    "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION": "compression",
    "OTEL_EXPORTER_OTLP_TIMEOUT": "timeout_s",
    "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT": "timeout_s",
    "OTEL_RESOURCE_ATTRIBUTES": "resource",
    "OTEL_SERVICE_NAME": "service_name",
    "OTEL_TRACES_SAMPLER": "sample_ratio",
    "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "has_content",
}
"""Later ones win: those for traces over those for everything."""


def from_environment(env: Mapping[str, str]) -> dict[str, tuple[Any, str]]:
    """Return what OpenTelemetry's variables set: by setting, its value and the variable. Empty ones set nothing.

    Raises `ConfigInvalid` for a variable that asks for what is not served.
    """
    if (switch := _switched_off(env)) is not None:
        return {"endpoint": ("", switch), "traces_endpoint": ("", switch)}
    found: dict[str, tuple[Any, str]] = {}
    for name, setting in _NAMES.items():
        text = env.get(name, "").strip()
        if not text:
            continue
        try:
            found[setting] = (_value(setting, text, env), name)
        except ValueError as error:
            raise ConfigInvalid(f"{name}: {error}", param=f"telemetry.{setting}") from error
    named = found.get("resource", ({}, ""))[0].pop("service.name", "")
    if named and "service_name" not in found:
        found["service_name"] = (named, "OTEL_RESOURCE_ATTRIBUTES")
    return found


def _switched_off(env: Mapping[str, str]) -> str | None:
    """Return the variable that says that nothing is to be exported, if one does."""
    if env.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return "OTEL_SDK_DISABLED"
    wanted = {part.strip() for part in env.get("OTEL_TRACES_EXPORTER", "").split(",")} - {""}
    if wanted - {"otlp", "none"}:
        raise ConfigInvalid(f"OTEL_TRACES_EXPORTER: only 'otlp' and 'none' are served, not {sorted(wanted)}")
    return "OTEL_TRACES_EXPORTER" if "none" in wanted else None


def _value(setting: str, text: str, env: Mapping[str, str]) -> Any:
    """Return what a variable's text means. Raises `ValueError`."""
    match setting:
        case "headers" | "resource":
            return _pairs(text)
        case "protocol" if text == "grpc":
            raise ValueError("gRPC is not served: set http/protobuf and the collector's HTTP port, usually 4318")
        case "timeout_s":
            return float(text) / 1000
        case "sample_ratio":
            return _ratio(text, env.get("OTEL_TRACES_SAMPLER_ARG", "").strip())
        case "has_content":
            if text.lower() not in ("true", "false"):
                raise ValueError(f"{text!r} is neither true nor false")
            return text.lower() == "true"
        case _:
            return text


def _pairs(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(",") if part.strip())
    found = {}
    for key, mark, value in pairs:
        if not mark or not key.strip():
            raise ValueError("it must be name=value,name=value")
        found[unquote(key.strip())] = unquote(value.strip())
    return found


def _ratio(sampler: str, argument: str) -> float:
    """Return the share of traces that a sampler takes. All that are served follow a client's own decision."""
    match sampler:
        case "parentbased_always_on":
            return 1.0
        case "parentbased_always_off":
            return 0.0
        case "parentbased_traceidratio":
            return float(argument or 1)
        case _:
            served = "parentbased_always_on, parentbased_always_off, parentbased_traceidratio"
            raise ValueError(f"the sampler {sampler!r} is not served; these are: {served}")
