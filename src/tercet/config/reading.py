"""Reads the settings from the file and the environment, the later one winning."""

import os
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from tercet.config.checks import check
from tercet.config.telemetry import from_environment
from tercet.config.tree import flatten, put
from tercet.config.values import Config, Resolved
from tercet.errors import ConfigInvalid

SHIPPED = ("nano", "mini", "full")
"""Tiers with a model in the package, the smallest first."""
ENV_PREFIX = "TERCET_"
SECRET_KEY = "TERCET_SECRET_KEY"  # noqa: S105  # the name of a variable


def default_home(env: Mapping[str, str]) -> Path:
    """Return the platform's data folder for Tercet; creates nothing."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "tercet"
    if sys.platform == "win32":
        return Path(env.get("LOCALAPPDATA", str(Path.home()))) / "tercet"
    return Path(env.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "tercet"


def load(path: Path | None = None, env: Mapping[str, str] | None = None) -> Resolved:
    """Read the settings: defaults, then the file, then the environment, the later ones winning.

    `path` None reads `tercet.toml` in the working folder when there is one. Environment names are the prefix
    and the setting's path joined by two underscores (`TERCET_SERVER__PORT`), and `TERCET_HOME`.
    Raises `ConfigInvalid`, naming the setting and its source.
    """
    env = os.environ if env is None else env
    sources: dict[str, str] = {}
    if path is None and Path("tercet.toml").is_file():
        path = Path("tercet.toml")
    tree = _read_file(path) if path else {}
    for key in flatten(tree):
        sources[key] = f"file {path}"
    _apply_telemetry(tree, env, sources)
    _apply_environment(tree, env, sources)
    if "home" not in tree:
        tree["home"] = str(default_home(env))
        sources["home"] = "default"
    _bind_shipped(tree.setdefault("tiers", {}))
    config = _convert(tree, sources, base=path.parent if path else Path())
    check(config, sources)
    for key in flatten(msgspec.to_builtins(config, enc_hook=str)):
        sources.setdefault(key, "default")
    return Resolved(config, sources, path)


def _bind_shipped(tiers: dict[str, Any]) -> None:
    """Give tiers the models in the package, from the smallest up to the first that has a table.

    A larger one stays unbound then: what was bound beneath it is likely the better model.
    """
    for name in SHIPPED:
        if name in tiers:
            return
        tiers[name] = {"backend": "embedded", "model": f"builtin:{name}", "preload": name == "nano"}


def read_secret(name: str, env: Mapping[str, str] | None = None) -> str:
    """Return the secret in the environment variable `name`, or nothing when no name is set.

    Raises `ConfigInvalid` when the variable is empty or missing.
    """
    if not name:
        return ""
    secret = (os.environ if env is None else env).get(name, "")
    if not secret:
        raise ConfigInvalid(f"the environment variable {name!r}, which a tier takes its key from, is not set")
    return secret


def read_secret_key(env: Mapping[str, str] | None = None) -> str:
    """Return the key that secrets are encrypted with, as the operator gave it; nothing when it lies in a file."""
    return (os.environ if env is None else env).get(SECRET_KEY, "")


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigInvalid(f"cannot read the configuration file {str(path)!r}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigInvalid(f"{str(path)!r} is not valid TOML: {error}") from error


def _apply_telemetry(tree: dict[str, Any], env: Mapping[str, str], sources: dict[str, str]) -> None:
    """Take over OpenTelemetry's own variables; ours win over them."""
    for setting, (value, name) in from_environment(env).items():
        put(tree, ["telemetry", setting], value)
        for stale in [known for known in sources if known.startswith(f"telemetry.{setting}.")]:
            del sources[stale]
        sources |= dict.fromkeys(flatten({f"telemetry.{setting}": value}), f"env {name}")


def _apply_environment(tree: dict[str, Any], env: Mapping[str, str], sources: dict[str, str]) -> None:
    for name, text in sorted(env.items()):
        if not name.startswith(ENV_PREFIX):
            continue
        keys = name.removeprefix(ENV_PREFIX).lower().split("__")
        if len(keys) == 1 and keys != ["home"]:
            continue  # names of one word other than HOME belong to other programs' use of the prefix
        value = _environment_value(keys, text)
        try:
            put(tree, keys, value)
        except ConfigInvalid as error:
            raise ConfigInvalid(f"{name}: {error.message}", param=error.param) from error
        dotted = ".".join(keys)
        for stale in [known for known in sources if known.startswith(dotted + ".")]:
            del sources[stale]
        sources |= dict.fromkeys(flatten({dotted: value}), f"env {name}")


def _environment_value(keys: list[str], text: str) -> Any:
    """Read lists and tables as TOML or JSON values, everything else as text that msgspec converts."""
    if text[:1] in "[{":
        try:
            return tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            return text
    if keys[-1] in ("api_keys", "admin_keys", "loras"):
        return [part for part in text.split(",") if part]
    return text


def _convert(tree: dict[str, Any], sources: dict[str, str], base: Path) -> Config:
    """Type and validate the settings; relative paths are taken from `base`, the folder of the file."""

    def to_path(kind: type, value: Any) -> Path:
        if kind is not Path or not isinstance(value, str):
            raise NotImplementedError(kind)
        return base / Path(value).expanduser()

    try:
        return msgspec.convert(tree, Config, strict=False, dec_hook=to_path)
    except msgspec.ValidationError as error:
        message, _, where = str(error).partition(" - at `$")
        setting = where.rstrip("`").lstrip(".") or "the top level"
        source = next((text for key, text in sources.items() if key.startswith(setting)), "")
        if not source:
            source = next((text for key, text in sources.items() if text != "default"), "default")
        raise ConfigInvalid(f"setting {setting!r} ({source}): {message}", param=setting) from error
