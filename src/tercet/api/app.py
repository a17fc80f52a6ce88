"""The HTTP application: routes, keys, limits and errors around the doors. Plain ASGI, one function deep.

It knows the doors by their routes only, and the service by its start and close. Doors that many servers are never asked
for, and that bring much with them, are imported when they are.
"""

from contextlib import nullcontext
from typing import TYPE_CHECKING

from tercet.api.admin import AdminDoor
from tercet.api.auth import secret_of
from tercet.api.errors import internal_error, reply_error, unknown_path
from tercet.api.exchange import ASGIApp, ClientGone, Exchange, ReceiveMessage, Scope, SendMessage
from tercet.api.metrics import CLIENT_GONE, Metrics
from tercet.api.on_demand import on_demand
from tercet.api.openai.agents.routes import agent_routes
from tercet.api.openai.batches import BatchesDoor, InnerCalls
from tercet.api.openai.chat import ChatDoor
from tercet.api.openai.completions import CompletionsDoor
from tercet.api.openai.conversations import ConversationsDoor
from tercet.api.openai.embeddings import EmbeddingsDoor
from tercet.api.openai.models import ModelsDoor
from tercet.api.openai.responses import ResponsesDoor
from tercet.api.openai.responses_socket import ResponsesSocket
from tercet.api.openai.vector_stores import vector_store_routes
from tercet.api.operations import Operations
from tercet.api.protocols import by_protocol, protocol_of
from tercet.api.routes import Route, RouteTable
from tercet.api.tracing import RequestSpan
from tercet.api.web.page import page_routes
from tercet.api.websocket import WebSocket
from tercet.errors import TercetError
from tercet.service import Service

if TYPE_CHECKING:
    from tercet.api.anthropic.door import MessagesDoor
    from tercet.api.anthropic.models import AnthropicModelsDoor
    from tercet.api.gemini.door import GeminiDoor
    from tercet.api.gemini.models import GeminiModelsDoor
    from tercet.api.openai.files import FilesDoor, UploadsDoor

SOCKET_PATH = "/v1/responses"


def create_app(service: Service, *, max_body_bytes: int = 64_000_000) -> ASGIApp:
    """Return the ASGI application that serves `service`, starting and closing it with the server."""
    metrics = Metrics()
    routes = RouteTable(all_routes(service, metrics))
    service.batches.serve(InnerCalls(routes, metrics, max_body_bytes).answer, metrics.num_waiting)
    return App(service, routes, metrics, max_body_bytes)


def all_routes(service: Service, metrics: Metrics) -> list[Route]:
    """Return every route, the busiest first."""
    chat, responses = ChatDoor(service), ResponsesDoor(service)
    embeddings = EmbeddingsDoor(service)
    operations = Operations(service, metrics)
    return [
        Route("POST", "/v1/chat/completions", "chat", chat.create),
        Route("POST", "/v1/responses", "responses", responses.create),
        Route("POST", "/v1/embeddings", "embeddings", embeddings.create),
        Route("POST", "/v1/completions", "completions", CompletionsDoor(service).create),
        *_messages_routes(service),
        *_gemini_routes(service),
        *_models_routes(service),
        Route("POST", "/v1/responses/input_tokens", "responses", responses.input_tokens),
        Route("POST", "/v1/responses/compact", "responses", responses.compact),
        Route("POST", "/v1/responses/{response_id}/cancel", "responses", responses.cancel),
        Route("GET", "/v1/responses/{response_id}/input_items", "responses", responses.input_items),
        Route("GET", "/v1/responses/{response_id}", "responses", responses.get),
        Route("DELETE", "/v1/responses/{response_id}", "responses", responses.delete),
        *_conversation_routes(service),
        *_file_routes(service),
        *_batch_routes(service),
        *vector_store_routes(service),
        *agent_routes(service),
        *_admin_routes(service),
        *page_routes(),
        Route("GET", "/healthz", "operations", operations.health, is_public=True),
        Route("GET", "/metrics", "operations", operations.metrics),
        Route("GET", "/openapi.json", "operations", operations.openapi, is_public=True),
    ]


def _conversation_routes(service: Service) -> list[Route]:
    door, one = ConversationsDoor(service), "/v1/conversations/{conversation_id}"
    return [
        Route("POST", "/v1/conversations", "conversations", door.create),
        Route("GET", one, "conversations", door.get),
        Route("POST", one, "conversations", door.update),
        Route("DELETE", one, "conversations", door.delete),
        Route("GET", f"{one}/items", "conversations", door.list_items),
        Route("POST", f"{one}/items", "conversations", door.add_items),
        Route("GET", f"{one}/items/{{item_id}}", "conversations", door.get_item),
        Route("DELETE", f"{one}/items/{{item_id}}", "conversations", door.remove_item),
    ]


def _messages_routes(service: Service) -> list[Route]:
    messages = on_demand(_messages_door, service)
    return [
        Route("POST", "/v1/messages", "messages", messages.create),
        Route("POST", "/v1/messages/count_tokens", "messages", messages.count_tokens),
    ]


def _gemini_routes(service: Service) -> list[Route]:
    """Return the routes of generateContent, under both versions that Google's client can be set to."""
    gemini = on_demand(_gemini_door, service)
    verbs = {
        "generateContent": gemini.generate,
        "streamGenerateContent": gemini.stream_generate,
        "countTokens": gemini.count_tokens,
    }
    return [
        Route("POST", f"/{version}/models/{{model}}:{verb}", "gemini", answer)
        for version in ("v1beta", "v1")
        for verb, answer in verbs.items()
    ]


def _models_routes(service: Service) -> list[Route]:
    models = ModelsDoor(service)
    anthropic, gemini = on_demand(_anthropic_models, service), on_demand(_gemini_models, service)
    return [
        Route("GET", "/v1/models", "models", by_protocol(models.list, anthropic.list, gemini.list)),
        Route("GET", "/v1/models/{model:path}", "models", by_protocol(models.get, anthropic.get, gemini.get)),
        Route("GET", "/v1beta/models", "models", gemini.list),
        Route("GET", "/v1beta/models/{model:path}", "models", gemini.get),
    ]


def _file_routes(service: Service) -> list[Route]:
    files, uploads = on_demand(_files_door, service), on_demand(_uploads_door, service)
    return [
        Route("POST", "/v1/files", "files", files.create),
        Route("GET", "/v1/files", "files", files.list),
        Route("GET", "/v1/files/{file_id}", "files", files.get),
        Route("DELETE", "/v1/files/{file_id}", "files", files.delete),
        Route("GET", "/v1/files/{file_id}/content", "files", files.content),
        Route("POST", "/v1/uploads", "files", uploads.create),
        Route("POST", "/v1/uploads/{upload_id}/parts", "files", uploads.add_part),
        Route("POST", "/v1/uploads/{upload_id}/complete", "files", uploads.complete),
        Route("POST", "/v1/uploads/{upload_id}/cancel", "files", uploads.cancel),
    ]


def _batch_routes(service: Service) -> list[Route]:
    batches = BatchesDoor(service)
    return [
        Route("POST", "/v1/batches", "batches", batches.create),
        Route("GET", "/v1/batches", "batches", batches.list),
        Route("GET", "/v1/batches/{batch_id}", "batches", batches.get),
        Route("POST", "/v1/batches/{batch_id}/cancel", "batches", batches.cancel),
    ]


def _admin_routes(service: Service) -> list[Route]:
    """Return the admins' routes; they check for an admin key themselves."""
    admin = AdminDoor(service)
    return [
        Route("POST", "/admin/keys", "admin", admin.create_key, is_public=True),
        Route("GET", "/admin/keys", "admin", admin.list_keys, is_public=True),
        Route("DELETE", "/admin/keys/{key_id}", "admin", admin.revoke_key, is_public=True),
        Route("GET", "/admin/usage", "admin", admin.usage, is_public=True),
    ]


def _messages_door(service: Service) -> "MessagesDoor":
    from tercet.api.anthropic.door import MessagesDoor

    return MessagesDoor(service)


def _anthropic_models(service: Service) -> "AnthropicModelsDoor":
    from tercet.api.anthropic.models import AnthropicModelsDoor

    return AnthropicModelsDoor(service)


def _gemini_door(service: Service) -> "GeminiDoor":
    from tercet.api.gemini.door import GeminiDoor

    return GeminiDoor(service)


def _gemini_models(service: Service) -> "GeminiModelsDoor":
    from tercet.api.gemini.models import GeminiModelsDoor

    return GeminiModelsDoor(service)


def _files_door(service: Service) -> "FilesDoor":
    from tercet.api.openai.files import FilesDoor

    return FilesDoor(service)


def _uploads_door(service: Service) -> "UploadsDoor":
    from tercet.api.openai.files import UploadsDoor

    return UploadsDoor(service)


class App:
    """The ASGI callable."""

    def __init__(self, service: Service, routes: RouteTable, metrics: Metrics, max_body_bytes: int) -> None:
        self._service = service
        self._tracer = service.tracer
        self._routes = routes
        self._metrics = metrics
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: ReceiveMessage, send: SendMessage) -> None:
        match scope["type"]:
            case "http":
                exchange = Exchange(scope, receive, send, self._max_body_bytes)
                with RequestSpan(self._tracer, exchange) if self._tracer is not None else nullcontext():
                    await self._serve(exchange)
            case "lifespan":
                await self._live(receive, send)
            case "websocket":
                await self._connect(WebSocket(scope, receive, send))

    async def _connect(self, socket: WebSocket) -> None:
        """Serve a WebSocket; there is one door that speaks over them."""
        if socket.scope["path"] == SOCKET_PATH:
            await ResponsesSocket(socket, self._service, self._metrics).serve()
        else:
            await socket.deny(unknown_path("WebSocket", socket.scope["path"]))

    async def _serve(self, exchange: Exchange) -> None:
        counted = False
        exchange.protocol = protocol_of(exchange.scope["path"], exchange.scope["headers"])
        try:
            route, exchange.params = self._routes.find(exchange.scope["method"], exchange.scope["path"])
            exchange.door, exchange.route = route.door, route.path
            self._metrics.begin(exchange)
            counted = True
            if not route.is_public:
                exchange.owner = await self._service.keys.admit(secret_of(exchange))
            await route.answer(exchange)
        except ClientGone:
            exchange.status = CLIENT_GONE
        except TercetError as error:
            await _fail(exchange, error)
        except Exception as error:  # noqa: BLE001 - the outermost frame: whatever arises becomes an answer
            await _fail(exchange, internal_error(exchange, error))
        finally:
            if counted:
                self._metrics.end(exchange)

    async def _live(self, receive: ReceiveMessage, send: SendMessage) -> None:
        """Follow the server's life: start the service before the first request, close it after the last."""
        await receive()
        try:
            await self._service.start()
        except BaseException as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            raise
        await send({"type": "lifespan.startup.complete"})
        try:
            await receive()
        finally:
            await self._service.close()
        await send({"type": "lifespan.shutdown.complete"})


async def _fail(exchange: Exchange, error: TercetError) -> None:
    """Answer with `error`, or cut the reply short when it has begun and the door had no way to say it."""
    if not exchange.status:
        await reply_error(exchange, error)
    else:
        await exchange.finish()
