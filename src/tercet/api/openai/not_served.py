"""OpenAI's paths that are not served here, so that a client is told so rather than that it mistyped a path."""

_IMAGES = "Images are read here by models that can, in the messages of a request; none are made"
_AUDIO = "Audio is neither read nor made here"
_ASSISTANTS = "OpenAI has ended the Assistants API; use Responses and Conversations"
_REASONS = {
    "/v1/moderations": "There is no moderation model here",
    "/v1/images": _IMAGES,
    "/v1/videos": "Videos are neither read nor made here",
    "/v1/audio": _AUDIO,
    "/v1/realtime": _AUDIO,
    "/v1/fine_tuning": "Models are trained outside of the service; a tier is pointed at the result",
    "/v1/fine-tunes": "Models are trained outside of the service; a tier is pointed at the result",
    "/v1/evals": "Evaluations are run outside of the service",
    "/v1/graders": "Evaluations are run outside of the service",
    "/v1/assistants": _ASSISTANTS,
    "/v1/threads": _ASSISTANTS,
    "/v1/containers": "There are no containers here; give the model a tool that runs code where you want it run",
    "/v1/chatkit": "There is no chat product here",
    "/v1/organization": "Keys and usage are under /admin",
    "/v1/projects": "Keys and usage are under /admin",
    "/v1/chat/completions": "Chat completions are not stored here; POST /v1/responses stores what it answers",
    "/v1/content_provenance_checks": "No provenance is checked here",
    "/v1/decisions": "There is no decision model here; ask a model for structured output",
    "/v1/live": _AUDIO,
    "/v1/safety": "There are no safety cases here",
    "/v1/skills": "There is no store of skills; send them `inline` with an agent session's environment",
    "/v1/vaults": "No secrets are kept for clients here; give them to the tools that need them",
    "/v1/webhook_endpoints": "No webhooks are sent; watch a background response or ask for it again",
    "/v1/webhook_event_types": "No webhooks are sent; watch a background response or ask for it again",
    "/v1/edits": "OpenAI has ended the Edits API; use Chat Completions",
    "/v1/engines": "OpenAI has ended the Engines API; use /v1/models",
}


def reason_of(path: str) -> str | None:
    """Return why a known path of OpenAI's is not served, or None for a path that OpenAI does not have either."""
    parts = path.split("/")
    return _REASONS.get("/".join(parts[:3])) or _REASONS.get("/".join(parts[:4]))
