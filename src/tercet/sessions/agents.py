"""What an agent is: the model it asks, what it is told, and what it may do."""

from typing import Literal

import msgspec

from tercet.items import JsonSchema, OutputFormat, Sampling

Decision = Literal["auto", "ask", "deny"]
"""Whether a call is made, waits for a person's approval, or is refused."""


class ClientFunction(msgspec.Struct, frozen=True, tag="function"):
    """A function that the client executes; the session waits for its result."""

    name: str
    description: str
    parameters: JsonSchema
    is_deferred: bool = False
    """Shown to the model only after a tool search has found it."""


class McpServer(msgspec.Struct, frozen=True, tag="mcp"):
    """The tools of an MCP server: remote by `url`, or `command` started in the session's environment."""

    label: str
    url: str | None = None
    command: tuple[str, ...] = ()
    cwd: str | None = None
    env_names: tuple[str, ...] = ()
    """Variables of the environment that the server's process is given."""
    allowed_tools: tuple[str, ...] | None = None
    credential_id: str | None = None
    is_required: bool = False
    """A turn fails when the server cannot be reached, rather than going on without its tools."""
    metadata: dict[str, object] = {}
    headers: dict[str, str] = {}
    """Sent with every request to a remote server; none of them is secret."""
    is_from_environment: bool = False
    """A remote server is connected to by the network of the session's environment, which there must be then."""


class WebSearch(msgspec.Struct, frozen=True, tag="web_search"):
    """Search of the web through the provider that the operator configured."""

    allowed_domains: tuple[str, ...] | None = None
    context_size: Literal["low", "medium", "high"] = "medium"
    location: dict[str, str | None] | None = None
    mode: Literal["disabled", "cached", "live"] = "live"


class Browser(msgspec.Struct, frozen=True, tag="browser"):
    """A browser in the session's environment."""

    has_screenshots: bool = False


class Builtin(msgspec.Struct, frozen=True, tag="builtin"):
    """A tool that comes with Tercet, by its name; those of the workspace need a hosted environment."""

    name: str


class Automations(msgspec.Struct, frozen=True, tag="automations"):
    """The agent may schedule its own wakeups."""


class ToolSearch(msgspec.Struct, frozen=True, tag="tool_search"):
    """The agent finds deferred functions by searching for them."""


class ProgrammaticCalls(msgspec.Struct, frozen=True, tag="programmatic"):
    """Code in the sandbox may call the agent's other tools."""

    is_enabled: bool = True


AgentTool = ClientFunction | McpServer | WebSearch | Browser | Builtin | Automations | ToolSearch | ProgrammaticCalls


class Approvals(msgspec.Struct, frozen=True):
    """Which calls need a person. A tool's own entry goes before that of its effect class."""

    by_tool: dict[str, Decision] = {}
    by_effect: dict[str, Decision] = {}
    """Keys: `pure`, `reads`, `writes`. What is not named is `auto`."""
    expires_s: int = 86_400
    """A request that nobody answered for so long counts as denied."""


class TurnLimits(msgspec.Struct, frozen=True):
    """When a turn ends without an answer."""

    max_steps: int = 200
    """Times that the model is asked."""
    time_limit_s: float = 3600.0
    """Seconds of work; waiting for people and clients does not count."""
    max_parallel: int = 8
    """Tools that run at the same time."""
    max_repeats: int = 3
    """The same calls with the same results this many times in a row: the agent is stuck."""


class AgentSpec(msgspec.Struct, frozen=True):
    """The configuration of an agent, saved or given with a session."""

    model: str
    """A tier's name or alias."""
    instructions: str | None = None
    tools: tuple[AgentTool, ...] = ()
    output_format: OutputFormat = OutputFormat()
    verbosity: Literal["low", "medium", "high"] | None = None
    sampling: Sampling = Sampling()
    reasoning_effort: str | None = None
    reasoning_summary: str | None = None
    service_tier: str = "auto"
    max_subagents: int | None = None
    """Subagents that may be open at once; None: the agent cannot create any."""
    compacts_in_background: bool = False
    tells_time: bool = False
    """The model is reminded of the current time."""
    approvals: Approvals = Approvals()
    limits: TurnLimits = TurnLimits()
    has_plan: bool = False
    """The agent keeps a plan (see `plan.Plan`) through tools of its own."""
    compact_tier: str | None = None
    """The tier that writes summaries; None: the cheapest bound one."""
    compact_above: int | None = None
    """Prompt tokens above which earlier turns are summarised; None: most of the model's window."""


class AgentRecord(msgspec.Struct, frozen=True):
    """A saved agent. Moments are Unix seconds."""

    id: str
    owner: str
    created_at: int
    updated_at: int
    spec: AgentSpec
    name: str | None = None
    description: str | None = None
    metadata: dict[str, str] = {}
