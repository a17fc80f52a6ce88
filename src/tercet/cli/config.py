"""`tercet config`."""

from pathlib import Path
from typing import Any

import click

from tercet.cli.options import config_option, load_config
from tercet.cli.terminal import print_line, print_table


@click.command(short_help="Show the settings and where each came from.")
@click.option("--json", "is_json", is_flag=True, help="Print JSON: for every setting its value and source.")
@config_option
def config(is_json: bool, config_file: Path | None) -> None:
    """Show the settings in force and where each came from."""
    import msgspec

    from tercet.config import flatten

    resolved = load_config(config_file)
    values = flatten(msgspec.to_builtins(resolved.config, enc_hook=str))
    rows = {name: (hidden(name, value), resolved.sources.get(name, "default")) for name, value in values.items()}
    if is_json:
        shown = {name: {"value": value, "source": source} for name, (value, source) in rows.items()}
        print_line(msgspec.json.format(msgspec.json.encode(shown), indent=2).decode())
        return
    encode = msgspec.json.encode
    print_table(
        ("SETTING", "VALUE", "FROM"),
        [(name, encode(value).decode(), source) for name, (value, source) in rows.items()],
    )


def hidden(name: str, value: Any) -> Any:
    """Return `value`, or how many there are where it is secret."""
    if name in ("auth.api_keys", "auth.admin_keys") and value:
        return [f"({len(value)} hidden)"]
    if name.startswith("telemetry.headers.") and value:
        return "(hidden)"
    if name == "store.url":
        from tercet.config import without_password

        return without_password(value)
    return value
