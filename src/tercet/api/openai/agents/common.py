"""What the nouns of the Agents API share: the beta's header, pages, filters, and the shape of a list."""

from collections.abc import Callable, Sequence
from typing import Annotated, Generic, Literal, TypeVar

import msgspec
from msgspec import Meta

from tercet.api.exchange import Exchange
from tercet.api.openai.paging import read_page
from tercet.api.routes import Answer
from tercet.errors import InvalidRequest, Unsupported
from tercet.store.filing import Page

T = TypeVar("T")
R = TypeVar("R")
BETA = "agents=v1"
PAGING = ("after", "limit", "order")
MAX_KEY = 255
Text = Annotated[str, Meta(max_length=4_194_304)]
ShortText = Annotated[str, Meta(max_length=512)]
Id = Annotated[str, Meta(min_length=1, max_length=256)]


class ListOut(msgspec.Struct, Generic[T], frozen=True):
    """A page of a list."""

    data: list[T]
    first_id: str | None
    last_id: str | None
    has_more: bool
    object: Literal["list"] = "list"


class DeletedOut(msgspec.Struct, frozen=True):
    """What DELETE answers."""

    id: str
    object: str
    deleted: Literal[True] = True


def in_beta(answer: Answer) -> Answer:
    """Return `answer` for requests that speak this version of the beta, or name none."""

    async def checked(exchange: Exchange) -> None:
        named = exchange.header(b"openai-beta")
        versions = [part.strip() for part in (named or "").split(",")]
        other = [part for part in versions if part.startswith("agents=") and part != BETA]
        if other:
            raise Unsupported(f"The version {other[0][:50]!r} of the Agents API is not served; {BETA!r} is.")
        await answer(exchange)

    return checked


def read_list(exchange: Exchange, *more: str) -> Page:
    """Return the page that a query asks for. Raises `InvalidRequest`, also for parameters that are not in `more`."""
    check_query(exchange, *PAGING, *more)
    return read_page(exchange.query(), default=20, most=100)


def check_query(exchange: Exchange, *known: str) -> None:
    """Raise `InvalidRequest` for a parameter of the query that is not `known`; `name[]` stands for `name[…]`."""
    for name in exchange.query():
        plain = name.partition("[")[0]
        if name not in known and not (f"{plain}[]" in known and name.endswith("]")):
            raise InvalidRequest(f"Unknown parameter: {name[:100]!r}.", param=name[:100], code="unknown_parameter")


def read_metadata(exchange: Exchange) -> dict[str, str]:
    """Return the pairs of `metadata[key]=value` in the query. Raises `InvalidRequest`."""
    pairs = {
        name[9:-1]: value
        for name, value in exchange.query().items()
        if name.startswith("metadata[") and name.endswith("]")
    }
    if len(pairs) > 16 or any(not 1 <= len(key) <= 64 or len(value) > 512 for key, value in pairs.items()):
        raise InvalidRequest(
            "Invalid value for 'metadata': at most 16 pairs of keys of 1 to 64 and values of up to 512 characters.",
            param="metadata",
            code="invalid_value",
        )
    return pairs


def page_out(records: Sequence[R], page: Page, show: Callable[[R], T], key: Callable[[T], str]) -> ListOut[T]:
    """Return a page of `records`, of which the last tells whether there is more; `key` is what names an entry."""
    shown = [show(record) for record in records[: page.limit - 1]]
    first, last = (key(shown[0]), key(shown[-1])) if shown else (None, None)
    return ListOut(shown, first, last, len(records) >= page.limit)


def read_flag(exchange: Exchange, name: str, default: bool) -> bool:
    """Return a parameter of the query that is true or false. Raises `InvalidRequest`."""
    value = exchange.query().get(name)
    if value is None:
        return default
    if value not in ("true", "false"):
        raise InvalidRequest(
            f"Invalid value for {name!r}: {value[:50]!r}; expected true or false.", param=name, code="invalid_value"
        )
    return value == "true"


def idempotency_key(exchange: Exchange) -> str | None:
    """Return the key under which a request is to be done once. Raises `InvalidRequest`."""
    key = exchange.header(b"idempotency-key")
    if key is not None and not 0 < len(key) <= MAX_KEY:
        raise InvalidRequest(
            f"The header 'Idempotency-Key' has 1 to {MAX_KEY} characters.",
            param="Idempotency-Key",
            code="invalid_value",
        )
    return key
