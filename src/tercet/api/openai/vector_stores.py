"""The Vector Stores API: stores, the files in them, batches of these, and searches."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec
from msgspec import UNSET

from tercet.api.decode import decode
from tercet.api.exchange import Exchange
from tercet.api.openai import vector_wire as wire
from tercet.api.openai.paging import read_page
from tercet.api.openai.vector_searching import SearchRequest, search_of, search_out
from tercet.api.routes import Route
from tercet.clock import now_s
from tercet.errors import InvalidRequest, Unsupported
from tercet.ids import new_id
from tercet.service import Service
from tercet.service.vector_stores import Changes, Listed, VectorStores
from tercet.store.filing import Page
from tercet.store.vector_base import FileStatus, VectorStoreRecord

_DEFAULT_PAGE, _MAX_PAGE = 20, 100
_STATUSES: Mapping[str, FileStatus] = {
    "in_progress": "in_progress",
    "completed": "completed",
    "failed": "failed",
    "cancelled": "cancelled",
}
_HINTS = {r"(.*\.)?chunking_strategy(\.type)?": "It is auto or static."}
_T = TypeVar("_T")
_store = msgspec.json.Decoder(wire.StoreRequest)
_changes = msgspec.json.Decoder(wire.StoreChanges)
_file = msgspec.json.Decoder(wire.FileRequest)
_file_changes = msgspec.json.Decoder(wire.FileChanges)
_batch = msgspec.json.Decoder(wire.BatchRequest)
_search = msgspec.json.Decoder(SearchRequest)


class VectorStoresDoor:
    """Vector stores."""

    def __init__(self, service: Service) -> None:
        self._service = service

    @property
    def _stores(self) -> VectorStores:
        return self._service.vector_stores

    # ---- stores --------------------------------------------------------------------------------------------------

    async def create(self, exchange: Exchange) -> None:
        """POST /v1/vector_stores."""
        request = decode(_store, await exchange.json_body(), hints=_HINTS)
        if request.chunking_strategy is not None and not request.file_ids:
            message = "It is about the files of 'file_ids', and there are none."
            raise InvalidRequest(message, param="chunking_strategy", code="invalid_value")
        files = wire.new_files(request.file_ids or [], None, request.chunking_strategy)
        now = now_s()
        record = VectorStoreRecord(
            id=new_id("vs"),
            owner=exchange.owner,
            created_at=now,
            used_at=now,
            name=request.name or "",
            description=request.description,
            metadata=request.metadata or {},
            lifetime_days=request.expires_after.days if request.expires_after else None,
        )
        await exchange.reply_json(self._shown(await self._stores.create(record, files)))

    async def list(self, exchange: Exchange) -> None:
        """GET /v1/vector_stores."""
        page, is_before = _page(exchange.query())
        found = await self._stores.all(exchange.owner, page, is_before=is_before)
        shown, has_more = _trimmed([self._shown(one) for one in found], page, is_before=is_before)
        first, last = (shown[0].id, shown[-1].id) if shown else (None, None)
        await exchange.reply_json(wire.StoreList(shown, first, last, has_more))

    async def get(self, exchange: Exchange) -> None:
        """GET /v1/vector_stores/{vector_store_id}."""
        await exchange.reply_json(self._shown(await self._stores.get(*_whose(exchange))))

    async def update(self, exchange: Exchange) -> None:
        """POST /v1/vector_stores/{vector_store_id}."""
        request = decode(_changes, await exchange.json_body())
        policy = request.expires_after
        changes = Changes(
            request.name,
            None if request.metadata is UNSET else request.metadata or {},
            policy.days if isinstance(policy, wire.ExpiresAfter) else None,
            is_endless=policy is None,
        )
        await exchange.reply_json(self._shown(await self._stores.change(*_whose(exchange), changes)))

    async def delete(self, exchange: Exchange) -> None:
        """DELETE /v1/vector_stores/{vector_store_id}."""
        store_id, owner = _whose(exchange)
        await self._stores.delete(store_id, owner)
        await exchange.reply_json(wire.StoreDeleted(store_id))

    async def search(self, exchange: Exchange) -> None:
        """POST /v1/vector_stores/{vector_store_id}/search."""
        queries, options = search_of(decode(_search, await exchange.json_body()))
        record, _ = await self._stores.get(*_whose(exchange))
        async with exchange.until_hangup():
            found = await self._stores.search.find([record], queries, options)
        await exchange.reply_json(search_out(queries, found))

    # ---- files ---------------------------------------------------------------------------------------------------

    async def add_file(self, exchange: Exchange) -> None:
        """POST /v1/vector_stores/{vector_store_id}/files."""
        request = decode(_file, await exchange.json_body(), hints=_HINTS)
        record = await self._stores.add_file(*_whose(exchange), request.new_file())
        await exchange.reply_json(wire.file_out(record))

    async def list_files(self, exchange: Exchange) -> None:
        """GET /v1/vector_stores/{vector_store_id}/files, and …/file_batches/{batch_id}/files."""
        query = exchange.query()
        page, is_before = _page(query)
        records = await self._stores.files(
            *_whose(exchange),
            page,
            is_before=is_before,
            status=_status(query),
            batch_id=exchange.params.get("batch_id"),
        )
        shown, has_more = _trimmed([wire.file_out(one) for one in records], page, is_before=is_before)
        first, last = (shown[0].id, shown[-1].id) if shown else (None, None)
        await exchange.reply_json(wire.VectorFileList(shown, first, last, has_more))

    async def get_file(self, exchange: Exchange) -> None:
        """GET /v1/vector_stores/{vector_store_id}/files/{file_id}."""
        await exchange.reply_json(wire.file_out(await self._stores.file(*_which(exchange))))

    async def update_file(self, exchange: Exchange) -> None:
        """POST /v1/vector_stores/{vector_store_id}/files/{file_id}."""
        request = decode(_file_changes, await exchange.json_body())
        record = await self._stores.set_attributes(*_which(exchange), dict(request.attributes or {}))
        await exchange.reply_json(wire.file_out(record))

    async def remove_file(self, exchange: Exchange) -> None:
        """DELETE /v1/vector_stores/{vector_store_id}/files/{file_id}."""
        await self._stores.remove_file(*_which(exchange))
        await exchange.reply_json(wire.VectorFileDeleted(exchange.params["file_id"]))

    async def content(self, exchange: Exchange) -> None:
        """GET /v1/vector_stores/{vector_store_id}/files/{file_id}/content."""
        texts = await self._stores.texts(*_which(exchange))
        await exchange.reply_json(wire.ContentOut([wire.TextOut(text) for text in texts]))

    # ---- batches -------------------------------------------------------------------------------------------------

    async def add_batch(self, exchange: Exchange) -> None:
        """POST /v1/vector_stores/{vector_store_id}/file_batches."""
        request = decode(_batch, await exchange.json_body(), hints=_HINTS)
        found = await self._stores.add_batch(*_whose(exchange), request.new_files())
        await exchange.reply_json(wire.batch_out(*found))

    async def get_batch(self, exchange: Exchange) -> None:
        """GET /v1/vector_stores/{vector_store_id}/file_batches/{batch_id}."""
        store_id, owner = _whose(exchange)
        found = await self._stores.batch(store_id, exchange.params["batch_id"], owner)
        await exchange.reply_json(wire.batch_out(*found))

    async def cancel_batch(self, exchange: Exchange) -> None:
        """POST /v1/vector_stores/{vector_store_id}/file_batches/{batch_id}/cancel."""
        store_id, owner = _whose(exchange)
        found = await self._stores.cancel_batch(store_id, exchange.params["batch_id"], owner)
        await exchange.reply_json(wire.batch_out(*found))

    def _shown(self, found: Listed) -> wire.StoreOut:
        record, counts = found
        return wire.store_out(record, counts, self._stores.expires_at(record))


def vector_store_routes(service: Service) -> list[Route]:
    """Return the routes of the Vector Stores API."""
    door = VectorStoresDoor(service)
    every, one = "/v1/vector_stores", "/v1/vector_stores/{vector_store_id}"
    file, batch = f"{one}/files/{{file_id}}", f"{one}/file_batches/{{batch_id}}"
    routes = (
        ("POST", every, door.create),
        ("GET", every, door.list),
        ("GET", one, door.get),
        ("POST", one, door.update),
        ("DELETE", one, door.delete),
        ("POST", f"{one}/search", door.search),
        ("POST", f"{one}/files", door.add_file),
        ("GET", f"{one}/files", door.list_files),
        ("GET", file, door.get_file),
        ("POST", file, door.update_file),
        ("DELETE", file, door.remove_file),
        ("GET", f"{file}/content", door.content),
        ("POST", f"{one}/file_batches", door.add_batch),
        ("GET", batch, door.get_batch),
        ("POST", f"{batch}/cancel", door.cancel_batch),
        ("GET", f"{batch}/files", door.list_files),
    )
    return [Route(method, path, "vector_stores", answer) for method, path, answer in routes]


def _whose(exchange: Exchange) -> tuple[str, str]:
    return exchange.params["vector_store_id"], exchange.owner


def _which(exchange: Exchange) -> tuple[str, str, str]:
    return exchange.params["vector_store_id"], exchange.params["file_id"], exchange.owner


def _page(query: Mapping[str, str]) -> tuple[Page, bool]:
    """Return the page that a query asks for and whether it lies before its anchor. Raises `InvalidRequest`."""
    page = read_page(query, default=_DEFAULT_PAGE, most=_MAX_PAGE)
    before = query.get("before") or None
    if before is None:
        return page, False
    if page.after is not None:
        raise InvalidRequest("Send 'after' or 'before'.", param="before", code="mutually_exclusive_parameters")
    return msgspec.structs.replace(page, after=before), True


def _trimmed(shown: list[_T], page: Page, *, is_before: bool) -> tuple[list[_T], bool]:
    """Return a page without the entry too many that tells whether there is another page, and whether there is."""
    limit = page.limit - 1
    return (shown[-limit:] if is_before else shown[:limit]), len(shown) > limit


def _status(query: Mapping[str, str]) -> FileStatus | None:
    status = query.get("filter")
    if status is not None and status not in _STATUSES:
        message = f"Invalid value for 'filter': {status[:50]!r}; expected one of {', '.join(_STATUSES)}."
        raise Unsupported(message, param="filter", code="invalid_value")
    return None if status is None else _STATUSES[status]
