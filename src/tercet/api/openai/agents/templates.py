"""Templates of environments: /v1/agents/environments/templates."""

import msgspec
from msgspec import UNSET

from tercet.api.decode import decode
from tercet.api.exchange import Exchange
from tercet.api.openai.agents import environment_wire as wire
from tercet.api.openai.agents.common import DeletedOut, check_query, page_out, read_list
from tercet.api.openai.agents.environment_out import template_out
from tercet.api.openai.agents.environment_read import read_fields
from tercet.service import Service
from tercet.sessions.environments import Hosted, HostedDraft, NetworkPolicy, Packages, TemplateRecord

_request = msgspec.json.Decoder(wire.TemplateRequest)


class TemplatesDoor:
    """Templates of environments."""

    def __init__(self, service: Service) -> None:
        self._templates = service.templates

    async def create(self, exchange: Exchange) -> None:
        """POST /v1/agents/environments/templates."""
        request = decode(_request, await exchange.json_body())
        draft = await read_fields(request, self._templates, exchange.owner, "")
        name = None if request.name is UNSET else request.name
        record = await self._templates.create(exchange.owner, name, _changed(Hosted(), request, draft))
        await exchange.reply_json(template_out(record))

    async def get(self, exchange: Exchange) -> None:
        """GET /v1/agents/environments/templates/{template_id}."""
        check_query(exchange)
        record = await self._templates.get(exchange.params["template_id"], exchange.owner)
        await exchange.reply_json(template_out(record))

    async def update(self, exchange: Exchange) -> None:
        """POST /v1/agents/environments/templates/{template_id}."""
        request = decode(_request, await exchange.json_body())
        draft = await read_fields(request, self._templates, exchange.owner, "")

        def change(old: TemplateRecord) -> TemplateRecord:
            name = old.name if request.name is UNSET else request.name
            return msgspec.structs.replace(old, name=name, spec=_changed(old.spec, request, draft))

        record = await self._templates.update(exchange.params["template_id"], exchange.owner, change)
        await exchange.reply_json(template_out(record))

    async def list(self, exchange: Exchange) -> None:
        """GET /v1/agents/environments/templates."""
        page = read_list(exchange)
        records = await self._templates.list(exchange.owner, page)
        await exchange.reply_json(page_out(records, page, template_out, lambda template: template.id))

    async def delete(self, exchange: Exchange) -> None:
        """DELETE /v1/agents/environments/templates/{template_id}."""
        template_id = exchange.params["template_id"]
        await self._templates.delete(template_id, exchange.owner)
        await exchange.reply_json(DeletedOut(template_id, "agent.environment.template.deleted"))


def _changed(spec: Hosted, request: wire.TemplateRequest, draft: HostedDraft) -> Hosted:
    """Return `spec` with what the request says; null puts a field back to its default."""
    changes: dict[str, object] = {}
    if request.network is not UNSET:
        changes["network"] = draft.network or NetworkPolicy()
    if request.files is not UNSET:
        changes["files"] = draft.files or ()
    if request.env is not UNSET:
        changes["env"] = draft.env or {}
    if request.setup_commands is not UNSET:
        changes["setup_commands"] = draft.setup_commands or ()
    if request.skills is not UNSET:
        changes["skills"] = draft.skills or ()
    if request.capability_directories is not UNSET:
        changes["capability_directories"] = draft.capability_directories or ()
    if request.packages is not UNSET:
        changes["packages"] = draft.packages or Packages()
    return msgspec.structs.replace(spec, **changes)
