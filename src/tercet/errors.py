"""Every error that Tercet raises on purpose, as one tree that branches by who can act on it.

TercetError
├── InvalidRequest          the client: change the request
│   ├── Unauthorized        … send a valid key
│   ├── Forbidden           … it may not do this
│   ├── NotFound            … name something that exists
│   ├── TierUnbound         … or the operator: give the tier a model
│   ├── RequestTooLarge     … send fewer bytes
│   ├── ContextTooLong      … send fewer tokens
│   └── Unsupported         … leave out what is not served
├── Overloaded              the client, later
├── BackendFailed           the operator: a model service broke
│   ├── BackendUnreachable  … it could not be connected to
│   ├── ModelUnusable       … the file is not a model, or memory does not suffice
│   ├── EngineCrashed       … the engine process died
│   └── OutputInvalid       … a model broke a schema it was held to
├── StoreFailed             the operator: the disk is full or the database is broken
├── SandboxUnavailable      the operator: this machine cannot confine code
├── ToolFailed              the model: it reads the message
│   └── ToolRetry           … and may correct its arguments
├── RunConflict             the caller: somebody else holds the run
├── ReplayMismatch          the caller: a replay left the recorded path
└── ConfigInvalid           the operator: change the configuration

Foreign exceptions are mapped to these once, at the boundary where they arise.
"""

import logging


class TercetError(Exception):
    """The root. `code` is stable and machine-readable; `status` is the HTTP status of the answer.

    `param` names the offending field of the request; `retry_after_s` (seconds) is set where waiting helps.
    `is_unspent` says that nothing was generated or billed for the request, so that it may be sent elsewhere.
    """

    code = "internal_error"
    status = 500
    retryable = False
    is_unspent = False
    log_level = logging.ERROR

    def __init__(
        self,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        retry_after_s: float | None = None,
        is_unspent: bool | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.retry_after_s = retry_after_s
        if code is not None:
            self.code = code
        if is_unspent is not None:
            self.is_unspent = is_unspent


class InvalidRequest(TercetError):
    """The request cannot be served as it is; sending it again changes nothing."""

    code = "invalid_request"
    status = 400
    log_level = logging.INFO


class Unauthorized(InvalidRequest):
    """The key is missing or unknown."""

    code = "invalid_api_key"
    status = 401


class Forbidden(InvalidRequest):
    """The caller is known, and may not do this."""

    code = "forbidden"
    status = 403


class NotFound(InvalidRequest):
    """The named model, response or file does not exist, or belongs to another key."""

    code = "not_found"
    status = 404


class TierUnbound(InvalidRequest):
    """The tier exists but has no model; the message says how to give it one."""

    code = "tier_unbound"
    status = 404


class RequestTooLarge(InvalidRequest):
    """The body exceeds the configured number of bytes."""

    code = "request_too_large"
    status = 413


class ContextTooLong(InvalidRequest):
    """The prompt and the output asked for exceed the model's window."""

    code = "context_length_exceeded"


class Unsupported(InvalidRequest):
    """A field or value of the protocol that Tercet or the chosen model does not serve."""

    code = "unsupported_parameter"


class Overloaded(TercetError):
    """No capacity now; the same request may succeed after `retry_after_s`."""

    code = "overloaded"
    status = 503
    retryable = True
    is_unspent = True
    log_level = logging.WARNING


class BackendFailed(TercetError):
    """A model service answered with an error, not at all, or with something that is not an answer."""

    code = "backend_failed"
    status = 502


class BackendUnreachable(BackendFailed):
    """No connection to a model service could be made; nothing was sent."""

    code = "backend_unreachable"
    retryable = True
    is_unspent = True


class ModelUnusable(BackendFailed):
    """A model file is missing, is not a model, or does not fit in memory."""

    code = "model_unusable"
    status = 503
    is_unspent = True


class EngineCrashed(BackendFailed):
    """The engine process ended while it worked on this request; it is being restarted."""

    code = "engine_crashed"
    status = 503
    retryable = True
    is_unspent = True


class OutputInvalid(BackendFailed):
    """A tool call or a structured output broke the schema it was held to; nothing of it was delivered as valid."""

    code = "output_invalid"
    log_level = logging.WARNING


class StoreFailed(TercetError):
    """The state could not be read or written; what was to be acknowledged was not."""

    code = "store_failed"
    status = 503


class SandboxUnavailable(TercetError):
    """Code cannot be confined on this machine, so none is run; the message says what is missing."""

    code = "sandbox_unavailable"
    status = 503
    is_unspent = True


class ToolFailed(TercetError):
    """A tool could not do its work; the model is shown the message as the tool's result."""

    code = "tool_failed"
    log_level = logging.INFO


class ToolRetry(ToolFailed):
    """A tool was called wrongly; the message tells the model what to correct."""

    code = "tool_retry"


class RunConflict(TercetError):
    """Another holder has the lease of this run."""

    code = "run_conflict"
    status = 409
    log_level = logging.WARNING


class ReplayMismatch(TercetError):
    """A replay asked for something that its recording does not hold."""

    code = "replay_mismatch"
    status = 409


class ConfigInvalid(TercetError):
    """A setting is unknown, missing or of the wrong kind; the message names it and where it came from."""

    code = "config_invalid"
    log_level = logging.CRITICAL
