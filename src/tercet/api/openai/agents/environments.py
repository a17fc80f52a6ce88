"""Environments and the files in them: /v1/agents/environments."""

import base64
import binascii

import msgspec

from tercet.api.decode import decode
from tercet.api.exchange import Exchange
from tercet.api.openai.agents import environment_wire as wire
from tercet.api.openai.agents.common import check_query, idempotency_key, page_out, read_list
from tercet.api.openai.agents.environment_out import environment_out
from tercet.api.openai.agents.environment_read import read_environment, read_file
from tercet.api.openai.paging import read_page
from tercet.errors import InvalidRequest
from tercet.service import Service
from tercet.service.environments_files import LiveFile, check_folder
from tercet.service.templates import WORKSPACE
from tercet.sessions.environments import NoEnvironment

_request = msgspec.json.Decoder(wire.EnvironmentRequest)
_file = msgspec.json.Decoder(wire.FileIn)


class EnvironmentsDoor:
    """Environments and their files."""

    def __init__(self, service: Service) -> None:
        self._environments = service.environments
        self._templates = service.templates
        self._vaults = service.vaults

    async def create(self, exchange: Exchange) -> None:
        """POST /v1/agents/environments."""
        key = idempotency_key(exchange)
        body = await exchange.json_body()
        request = decode(_request, body)
        vault_ids = tuple(request.vault_ids or ())
        await self._vaults.check(vault_ids, exchange.owner)
        draft = await read_environment(request.environment, self._templates, exchange.owner, "environment")
        if isinstance(draft, NoEnvironment) or draft.environment_id is not None:
            raise InvalidRequest(
                "Invalid value for 'environment': expected the configuration of a new one of type 'openai_hosted'.",
                param="environment.type" if isinstance(draft, NoEnvironment) else "environment.environment_id",
                code="invalid_value",
            )
        spec = await self._templates.resolved(draft, exchange.owner)
        record = await self._environments.create(exchange.owner, spec, key, body, vault_ids)
        await exchange.reply_json(environment_out(record))

    async def get(self, exchange: Exchange) -> None:
        """GET /v1/agents/environments/{environment_id}."""
        check_query(exchange)
        record = await self._environments.get(exchange.params["environment_id"], exchange.owner)
        await exchange.reply_json(environment_out(record))

    async def list(self, exchange: Exchange) -> None:
        """GET /v1/agents/environments."""
        page = read_list(exchange, "type")
        if exchange.query().get("type", "openai_hosted") != "openai_hosted":
            raise InvalidRequest(
                "Invalid value for 'type': expected openai_hosted.", param="type", code="invalid_value"
            )
        records = await self._environments.list_all(exchange.owner, page)
        await exchange.reply_json(page_out(records, page, environment_out, lambda environment: environment.id))

    async def put_file(self, exchange: Exchange) -> None:
        """POST /v1/agents/environments/{environment_id}/files."""
        file = read_file(decode(_file, await exchange.json_body()))
        environment_id = exchange.params["environment_id"]
        written = await self._environments.put_file(environment_id, exchange.owner, file)
        await exchange.reply_json(_file_out(environment_id, written))

    async def list_files(self, exchange: Exchange) -> None:
        """GET /v1/agents/environments/{environment_id}/files, by the parts of their paths."""
        check_query(exchange, "limit", "order", "page", "path")
        query = exchange.query()
        page = read_page({name: query[name] for name in ("limit", "order") if name in query}, default=20, most=100)
        environment_id = exchange.params["environment_id"]
        found = await self._environments.list_files(
            environment_id,
            exchange.owner,
            check_folder(query.get("path") or WORKSPACE),
            _path_of(query["page"]) if query.get("page") else None,
            page.limit,
            is_ascending=page.is_ascending,
        )
        shown = [_file_out(environment_id, file) for file in found[: page.limit - 1]]
        has_more = len(found) == page.limit
        token = base64.urlsafe_b64encode(shown[-1].path.encode()).decode() if has_more and shown else None
        await exchange.reply_json(wire.EnvironmentFileList(shown, has_more, token))


def _file_out(environment_id: str, file: LiveFile) -> wire.EnvironmentFileOut:
    return wire.EnvironmentFileOut(environment_id, file.path, file.size)


def _path_of(token: str) -> str:
    """Return the path that a page's token stands for. Raises `InvalidRequest`."""
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise InvalidRequest("Invalid value for 'page': it is no token of a page.", param="page") from None
