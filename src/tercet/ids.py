"""Identifiers: a type prefix and 128 random bits, so that an id says what it names and cannot be guessed."""

import secrets


def new_id(prefix: str) -> str:
    """Return a fresh id such as `resp_3f2a…`: `prefix`, an underscore and 32 hexadecimal digits."""
    return f"{prefix}_{secrets.token_hex(16)}"


ITEM_PREFIXES = {
    "message": "msg",
    "tool_call": "fc",
    "tool_result": "fco",
    "reasoning": "rs",
    "compaction": "cmp",
    "file_search": "fs",
    "web_search": "ws",
    "mcp_list": "mcpl",
    "mcp_call": "mcp",
    "mcp_approval_request": "mcpr",
    "mcp_approval_response": "mcpa",
}


def item_id(response_id: str, index: int, kind: str) -> str:
    """Return the id of output item `index` of a response, the same whenever and wherever it is asked for.

    `kind` is the item's tag, such as `message` or `tool_call`.
    """
    return f"{ITEM_PREFIXES[kind]}_{response_id.partition('_')[2]}{index:04x}"
