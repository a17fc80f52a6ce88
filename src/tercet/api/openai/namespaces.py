"""Functions inside a namespace, which models, backends and stores know by one name: `crm` and `find` as `crm_-_find`.

The name says by itself what it is of, so that an item shows the same wherever and whenever it is read.
"""

from tercet.errors import InvalidRequest

BETWEEN = "_-_"
"""Allowed in a function's name by every vendor, and in nobody's own."""


def whole_name(namespace: str | None, name: str, param: str) -> str:
    """Return the one name of a function. Raises `InvalidRequest` where it would read as that of another."""
    if BETWEEN in name or BETWEEN in (namespace or ""):
        message = f"Invalid '{param}': names with {BETWEEN!r} in them stand for functions of namespaces here."
        raise InvalidRequest(message, param=param, code="invalid_value")
    return f"{namespace}{BETWEEN}{name}" if namespace else name


def parts_of(name: str) -> tuple[str | None, str]:
    """Return the namespace, if there is one, and the function's own name."""
    namespace, between, own = name.partition(BETWEEN)
    return (namespace, own) if between else (None, name)
