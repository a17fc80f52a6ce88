"""Why a turn ended without an answer, in the words that clients of sessions know."""

from tercet.agents.steps import Failed, FailureCode
from tercet.errors import TercetError
from tercet.sessions.turns import TurnFailure

_CODES: dict[FailureCode, str] = {
    "model_error": "server_error",
    "no_answer": "server_error",
    "declined": "server_error",
    "asks_back": "server_error",
    "cut_off": "max_output_tokens",
    "stuck": "server_error",
    "max_steps": "usage_limit_exceeded",
    "time_limit": "request_timeout",
}
_ERROR_CODES = {
    "context_length_exceeded": "context_length_exceeded",
    "overloaded": "server_overloaded",
    "backend_unreachable": "connection_failed",
    "not_found": "resource_not_found",
    "tier_unbound": "resource_not_found",
    "connection_failed": "connection_failed",
    "sandbox_unavailable": "sandbox_error",
    "environment_failed": "sandbox_error",
    "unsupported_parameter": "invalid_request",
    "invalid_request": "invalid_request",
    "session_budget_exceeded": "session_budget_exceeded",
}


def failure_of(end: Failed) -> TurnFailure:
    """Return why the loop gave up."""
    code = _CODES[end.code]
    if end.code == "model_error":
        code = _ERROR_CODES.get(end.error_code, code)
    said = f" The model said last: {end.text[:500]}" if end.text else ""
    return TurnFailure(code, f"{end.message}.{said}" if said else end.message)


def failure_from(error: TercetError) -> TurnFailure:
    """Return why a turn could not be worked on."""
    return TurnFailure(_ERROR_CODES.get(error.code, "internal_error"), error.message)
