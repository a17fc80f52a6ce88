"""Settings: defaults, file, environment, their sources, and what is refused."""

from pathlib import Path

import pytest

from tercet.config import load, read_secret
from tercet.errors import ConfigInvalid


def test_without_a_file_the_shipped_models_are_bound_and_state_is_in_the_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    resolved = load(None, {"XDG_DATA_HOME": str(tmp_path / "data")})
    tiers = resolved.config.tiers
    assert {name: (tier.model, tier.preload) for name, tier in tiers.items()} == {
        "nano": ("builtin:nano", True),
        "mini": ("builtin:mini", False),
        "full": ("builtin:full", False),
    }
    assert set(resolved.sources.values()) == {"default"}
    assert not (tmp_path / "data").exists(), "reading the settings makes no folder"


@pytest.mark.parametrize(
    ("bound", "shipped"), [("nano", []), ("mini", ["nano"]), ("full", ["nano", "mini"])], ids=lambda value: str(value)
)
def test_no_shipped_model_stands_above_one_that_was_bound(bound: str, shipped: list[str]) -> None:
    tiers = load(None, {f"TERCET_TIERS__{bound.upper()}__MODEL": "own.gguf", "TERCET_HOME": "/x"}).config.tiers
    assert tiers[bound].model == "own.gguf"
    assert [name for name, tier in tiers.items() if tier.model == f"builtin:{name}"] == shipped
    assert set(tiers) == {bound, *shipped}


def test_the_environment_wins_over_the_file_and_each_remembers_its_source(tmp_path: Path) -> None:
    file = tmp_path / "tercet.toml"
    file.write_text('[server]\nport = 1\nhost = "::1"\n[tiers.full]\nmodel = "big.gguf"\n')
    resolved = load(file, {"TERCET_SERVER__PORT": "2", "TERCET_AUTH__API_KEYS": "a,b", "TERCET_HOME": str(tmp_path)})
    assert (resolved.config.server.port, resolved.config.server.host) == (2, "::1")
    assert resolved.config.auth.api_keys == ("a", "b")
    assert resolved.sources["server.port"] == "env TERCET_SERVER__PORT"
    assert resolved.sources["server.host"] == f"file {file}"
    assert resolved.sources["server.max_body_bytes"] == "default"
    assert resolved.config.database == tmp_path / "tercet.db"


def test_paths_in_the_file_are_taken_from_its_folder(tmp_path: Path) -> None:
    file = tmp_path / "tercet.toml"
    file.write_text('[tiers.mini]\nbackend = "scripted"\nscript = "answers.jsonl"\n')
    assert load(file, {}).config.tiers["mini"].script == tmp_path / "answers.jsonl"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[server]\nport = 'x'", "server.port"),
        ("[server]\nprot = 1", "prot"),
        ("[server]\nport = 70000", "server.port"),
        ("[tiers.huge]\nmodel = 'x'", "huge"),
        ("[tiers.full]\nbackend = 'embedded'", "tiers.full.model"),
        ("[tiers.full]\nbackend = 'openai_compatible'\nmodel = 'x'", "base_url"),
        ("[tiers.full]\nbackend = 'scripted'", "tiers.full.script"),
        ("[tiers.full]\nbackend = 'anthropic'", "tiers.full.model"),
        ("[tiers.full]\nmodel = 'x'\n[[tiers.full.deployments]]\nbackend = 'openai'", "tiers.full.deployments.0.model"),
        ("[tiers.full]\nmodel = 'x'\n[[tiers.full.deployments]]\nmodel = 'y'\nprice = {}", "price"),
        ("[tiers.full]\nmodel = 'x'\nmax_wait_s = -1", "max_wait_s"),
        ("[tiers.full]\nmodel = 'x'\nstrategy = 'best'", "best"),
        ("[tiers.full]\nbackend = 'magic'", "magic"),
        ("[engine]\nparallel = -1", "engine.parallel"),
        ("[tiers.nano]\nmodel = 'x'\n[tiers.nano.engine]\ncontext = -1", "tiers.nano.engine.context"),
        ("[server", "TOML"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, named: str) -> None:
    file = tmp_path / "tercet.toml"
    file.write_text(text)
    with pytest.raises(ConfigInvalid, match=named):
        load(file, {})


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match=r"absent\.toml"):
        load(tmp_path / "absent.toml", {})


def test_a_secret_that_is_not_set_is_named() -> None:
    assert read_secret("", {}) == ""
    assert read_secret("KEY", {"KEY": "k"}) == "k"
    with pytest.raises(ConfigInvalid, match="KEY"):
        read_secret("KEY", {})


def test_vendors_need_only_a_model_and_their_keys_go_nowhere_else(tmp_path: Path) -> None:
    file = tmp_path / "tercet.toml"
    file.write_text(
        """
        [tiers.full]
        backend = "anthropic"
        model = "claude"
        [tiers.mini]
        backend = "openai"
        model = "gpt"
        base_url = "http://127.0.0.1:1/v1"
        """
    )
    tiers = load(file, {}).config.tiers
    full, mini = tiers["full"], tiers["mini"]
    assert (full.url, full.key_variable, full.reads_images) == (
        "https://api.anthropic.com/v1",
        "ANTHROPIC_API_KEY",
        True,
    )
    assert (mini.url, mini.key_variable) == ("http://127.0.0.1:1/v1", "")


DEPLOYMENTS = """
[tiers.full]
backend = "openai"
model = "gpt"
strategy = "spread"
[[tiers.full.deployments]]
backend = "scripted"
script = "answers.jsonl"
[[tiers.full.deployments]]
backend = "openai_compatible"
model = "m"
base_url = "http://127.0.0.1:1/v1"
"""


def test_deployments_are_numbered_in_dotted_names(tmp_path: Path) -> None:
    file = tmp_path / "tercet.toml"
    file.write_text(DEPLOYMENTS)
    resolved = load(file, {"TERCET_TIERS__FULL__DEPLOYMENTS__1__TIMEOUT_S": "5"})
    full = resolved.config.tiers["full"]
    assert [binding.backend for binding in full.bindings] == ["openai", "scripted", "openai_compatible"]
    assert full.deployments[0].script == tmp_path / "answers.jsonl"
    assert full.deployments[1].timeout_s == 5
    assert resolved.sources["tiers.full.deployments.1.timeout_s"] == "env TERCET_TIERS__FULL__DEPLOYMENTS__1__TIMEOUT_S"
    assert resolved.sources["tiers.full.deployments.1.model"] == f"file {file}"
    assert resolved.sources["tiers.full.deployments.0.timeout_s"] == "default"


def test_the_environment_adds_deployments_in_order(tmp_path: Path) -> None:
    file = tmp_path / "tercet.toml"
    file.write_text("[tiers.full]\nmodel = 'x'\n")
    added = load(file, {"TERCET_TIERS__FULL__DEPLOYMENTS__0__MODEL": "y"}).config.tiers["full"]
    assert [binding.model for binding in added.bindings] == ["x", "y"]
    whole = load(file, {"TERCET_TIERS__FULL__DEPLOYMENTS": '[{model = "y"}]'})
    assert whole.sources["tiers.full.deployments.0.model"] == "env TERCET_TIERS__FULL__DEPLOYMENTS"
    for name in ("TERCET_TIERS__FULL__DEPLOYMENTS__1__MODEL", "TERCET_TIERS__FULL__MODEL__X"):
        with pytest.raises(ConfigInvalid, match=name):
            load(file, {name: "y"})


def test_the_documented_deployments_are_settings(tmp_path: Path) -> None:
    document = (Path(__file__).parents[1] / "docs" / "design" / "backends.md").read_text(encoding="utf-8")
    file = tmp_path / "tercet.toml"
    file.write_text(document.partition("```toml\n")[2].partition("```")[0])
    tiers = load(file, {}).config.tiers
    assert [binding.backend for binding in tiers["full"].bindings] == ["anthropic", "openai", "embedded"]
    assert tiers["mini"].strategy == "spread"


def test_opentelemetrys_own_variables_are_read_and_tercets_win(tmp_path: Path) -> None:
    file = tmp_path / "tercet.toml"
    file.write_text('[telemetry]\nheaders = {a = "1", b = "2"}\nservice_name = "filed"\nprotocol = "http/json"\n')
    env = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318/",
        "OTEL_EXPORTER_OTLP_HEADERS": "x-key=a%20b, x-other=c=d",
        "OTEL_EXPORTER_OTLP_TIMEOUT": "2500",
        "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
        "OTEL_RESOURCE_ATTRIBUTES": "service.name=named,team=agents",
        "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
        "OTEL_TRACES_SAMPLER_ARG": "0.25",
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "true",
    }
    resolved = load(file, env)
    telemetry = resolved.config.telemetry
    assert telemetry.url == "http://collector:4318/v1/traces"
    assert telemetry.headers == {"x-key": "a b", "x-other": "c=d"}
    assert (telemetry.timeout_s, telemetry.compression, telemetry.protocol) == (2.5, "gzip", "http/json")
    assert (telemetry.service_name, telemetry.resource) == ("named", {"team": "agents"})
    assert (telemetry.sample_ratio, telemetry.has_content) == (0.25, True)
    assert resolved.sources["telemetry.headers.x-key"] == "env OTEL_EXPORTER_OTLP_HEADERS"
    assert "telemetry.headers.a" not in resolved.sources
    more = {**env, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://t/x", "OTEL_SERVICE_NAME": "service"}
    telemetry = load(file, {**more, "TERCET_TELEMETRY__SAMPLE_RATIO": "1"}).config.telemetry
    assert (telemetry.url, telemetry.service_name, telemetry.sample_ratio) == ("https://t/x", "service", 1.0)
    assert load(file, {**more, "OTEL_SDK_DISABLED": "TRUE"}).config.telemetry.url == ""
    assert load(file, {**more, "OTEL_TRACES_EXPORTER": "none"}).config.telemetry.url == ""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "carrier-pigeon"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "no-value"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317"),
        ("OTEL_TRACES_SAMPLER", "always_on"),
        ("OTEL_TRACES_EXPORTER", "zipkin"),
        ("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "some"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=a%0Ab"),
    ],
)
def test_what_opentelemetrys_variables_ask_for_in_vain_is_refused(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "tercet.toml").write_text("")
    with pytest.raises(ConfigInvalid) as refused:
        load(tmp_path / "tercet.toml", {name: text})
    assert name in refused.value.message or "telemetry" in refused.value.message
