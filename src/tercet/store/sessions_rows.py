"""Sessions as rows: what is written of a record, and how it is read back.

The session's row has what changes with every step; its spec and its plan are values that are stored once per content.
An event refers to its item, spec or plan and holds nothing of it.
"""

import hashlib
from typing import Any

import msgspec

from tercet.items import Message, Reasoning
from tercet.sessions.agents import AgentSpec
from tercet.sessions.environments import EnvironmentRecord, Hosted
from tercet.sessions.events import (
    CommandOutput,
    EnvironmentChanged,
    ItemAdded,
    ItemDone,
    PlanChanged,
    SessionChanged,
    SessionEvent,
    SubagentChanged,
    TextDelta,
    TurnChanged,
)
from tercet.sessions.plan import Plan
from tercet.sessions.turns import (
    Call,
    Content,
    RequiredAction,
    SessionItem,
    SessionRecord,
    SessionStatus,
    SubagentRecord,
    TurnRecord,
)
from tercet.store.base import Lease
from tercet.store.database import Connection
from tercet.store.journal import check_held, hold_run
from tercet.usage import Usage

COLUMNS = (
    "number, id, owner, agent_id, used_at, spec, plan, state, parent, num_shared, num_items, num_events, num_signals"
)
_HELD = (
    f"SELECT {', '.join(f's.{name}' for name in COLUMNS.split(', '))}, r.fence, r.status"  # noqa: S608  # own names
    " FROM runs r, sessions s WHERE r.id = ? AND s.id = ? AND s.is_deleted = 0 /*! FOR UPDATE */"
)
MAX_ANCESTORS = 1000
MAX_SPECS = 256
"""Specs that are remembered as they were decoded."""

encode = msgspec.msgpack.Encoder().encode
decode_item = msgspec.msgpack.Decoder(SessionItem).decode
decode_turn = msgspec.msgpack.Decoder(TurnRecord).decode
_decode_spec = msgspec.msgpack.Decoder(AgentSpec).decode
_decode_plan = msgspec.msgpack.Decoder(Plan).decode
_specs: dict[bytes, AgentSpec] = {}


class Row(msgspec.Struct):
    """A session's row as it was read. `spec_value` is the spec that the record was made with."""

    number: int
    id: str
    owner: str
    agent_id: str
    used_at: int
    spec: bytes
    plan: bytes | None
    state: bytes
    parent: int | None
    num_shared: int
    num_items: int
    num_events: int
    num_signals: int
    spec_value: AgentSpec | None = None


class State(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """What the row holds of a session besides its columns."""

    created_at: int
    status: SessionStatus
    environment_id: str | None
    agent_name: str | None
    metadata: dict[str, str]
    error: str | None
    required_actions: tuple[RequiredAction, ...]
    usage: Usage
    cost_usd: float
    reserved_usd: float
    limit_usd: float | None
    vault_ids: tuple[str, ...]
    cache_ttl: str | None
    review: str
    forked_from: tuple[str, int] | None


_STATE_FIELDS = State.__struct_fields__
_decode_state = msgspec.msgpack.Decoder(State).decode


def state_of(record: SessionRecord) -> State:
    """Return what the row holds of `record`."""
    return State(*(getattr(record, name) for name in _STATE_FIELDS))


def row_of(connection: Connection, session_id: str, owner: str | None, *, is_locked: bool = False) -> Row | None:
    """Return a session's row, locked where transactions can overlap."""
    lock = " /*! FOR UPDATE */" if is_locked else ""
    statement = f"SELECT {COLUMNS} FROM sessions WHERE id = ? AND is_deleted = 0{lock}"  # noqa: S608  # own names
    row = connection.execute(statement, (session_id,)).fetchone()
    if row is None or (owner is not None and row[2] != owner):
        return None
    return Row(*row)


def held_row_of(connection: Connection, session_id: str, lease: Lease) -> Row | None:
    """Return a session's row, locked together with the run of `lease`. Raises `RunConflict` when that was lost."""
    row: tuple[Any, ...] | None = connection.execute(_HELD, (lease.run_id, session_id)).fetchone()
    if row is None:
        hold_run(connection, lease)
        return None
    check_held(lease, (row[-2], row[-1]))
    return Row(*row[:-2])


def record_of(connection: Connection, row: Row) -> SessionRecord:
    """Return the session that a row holds."""
    row.spec_value = _spec_at(connection, row.spec)
    return _record(row.id, row.owner, row.agent_id, row.used_at, row.spec_value, _decode_state(row.state))


def _record(session_id: str, owner: str, agent_id: str, used_at: int, spec: AgentSpec, state: State) -> SessionRecord:
    fields: dict[str, Any] = {name: getattr(state, name) for name in _STATE_FIELDS}
    return SessionRecord(id=session_id, owner=owner, last_active_at=used_at, agent_id=agent_id, spec=spec, **fields)


def keep_value(connection: Connection, payload: bytes) -> bytes:
    """Keep a value once and return its address."""
    address = hashlib.blake2b(payload, digest_size=20).digest()
    connection.execute(
        "INSERT INTO session_values (hash, payload) VALUES (?, ?) ON CONFLICT (hash) DO NOTHING", (address, payload)
    )
    return address


def read_value(connection: Connection, address: bytes) -> bytes:
    """Return the value kept at an address."""
    return bytes(connection.execute("SELECT payload FROM session_values WHERE hash = ?", (address,)).fetchone()[0])


def _spec_at(connection: Connection, address: bytes) -> AgentSpec:
    """Return the spec kept at an address, which says what it holds: what is known of it needs no reading."""
    spec = _specs.get(address)
    if spec is None:
        if len(_specs) >= MAX_SPECS:
            _specs.clear()
        spec = _specs[address] = _decode_spec(read_value(connection, address))
    return spec


def read_plan(connection: Connection, address: bytes | None) -> Plan:
    """Return a version of the plan; an empty one where there is none."""
    return Plan() if address is None else _decode_plan(read_value(connection, address))


def ancestry(connection: Connection, row: Row) -> list[tuple[int, int | None]]:
    """Return (session number, first item that is not shared) of the session and its parents, oldest first.

    The session itself has None there.
    """
    chain: list[tuple[int, int | None]] = [(row.number, None)]
    parent, limit = row.parent, row.num_shared
    while parent is not None and len(chain) < MAX_ANCESTORS:
        chain.append((parent, limit))
        found = connection.execute("SELECT parent, num_shared FROM sessions WHERE number = ?", (parent,)).fetchone()
        parent, shared = found or (None, 0)
        limit = min(limit, shared)
    return chain[::-1]


def items_of(connection: Connection, row: Row, thread: str | None, *, after: int = -1) -> list[SessionItem]:
    """Return the items of a thread (None: all) numbered above `after`, those shared with parents included."""
    items: list[SessionItem] = []
    for number, limit in ancestry(connection, row):
        clauses, values = ["session = ?", "place > ?"], [number, after]
        if limit is not None:
            clauses.append("place < ?")
            values.append(limit)
        if thread is not None:
            clauses.append("thread = ?")
            values.append(thread)  # type: ignore[arg-type]
        statement = f"SELECT item FROM session_items WHERE {' AND '.join(clauses)} ORDER BY place"  # noqa: S608
        items += [decode_item(found[0]) for found in connection.execute(statement, values).fetchall()]
    return items


class Kept(msgspec.Struct, frozen=True):
    """An event as it is kept: its own bytes, and the item or value that it refers to."""

    event: bytes
    item: int | None = None
    value: bytes | None = None

    @staticmethod
    def of(event: SessionEvent) -> "Kept":
        """Return what is kept of an event. Deltas are not."""
        match event:
            case SessionChanged(session, is_new):
                state = state_of(session)
                note = ("s", session.id, session.owner, session.agent_id, session.last_active_at, state, is_new)
                return Kept(encode(note), value=encode(session.spec))
            case TurnChanged(turn):
                return Kept(encode(("t", turn)))
            case ItemAdded(item, index):
                return Kept(encode(("a", index)), item=item.number)
            case ItemDone(item, index):
                return Kept(encode(("d", index)), item=item.number)
            case EnvironmentChanged(environment, turn_id):
                return Kept(encode(("e", without_secrets(environment), turn_id)))
            case SubagentChanged(subagent, is_new):
                return Kept(encode(("u", subagent, is_new)))
            case PlanChanged(turn_id, plan):
                return Kept(encode(("p", turn_id)), value=encode(plan))
            case TextDelta() | CommandOutput():
                raise ValueError("deltas are not kept")


def event_of(payload: bytes, item: bytes | None, value: bytes | None) -> SessionEvent:
    """Return a kept event, given its item's and its value's bytes."""
    kind, *rest = msgspec.msgpack.decode(payload)
    match kind:
        case "s":
            session_id, owner, agent_id, used_at, state, is_new = rest
            assert value is not None
            session = _record(session_id, owner, agent_id, used_at, _decode_spec(value), msgspec.convert(state, State))
            return SessionChanged(session, is_new)
        case "t":
            return TurnChanged(msgspec.convert(rest[0], TurnRecord))
        case "a":
            assert item is not None
            return ItemAdded(as_added(decode_item(item)), rest[0])
        case "d":
            assert item is not None
            return ItemDone(decode_item(item), rest[0])
        case "e":
            return EnvironmentChanged(msgspec.convert(rest[0], EnvironmentRecord), rest[1])
        case "u":
            return SubagentChanged(msgspec.convert(rest[0], SubagentRecord), rest[1])
        case _:
            assert value is not None
            return PlanChanged(rest[0], _decode_plan(value))


def is_plan(payload: bytes) -> bool:
    """Whether a kept event tells of a plan, which is then its value."""
    return bool(msgspec.msgpack.decode(payload)[0] == "p")


def as_added(item: SessionItem) -> SessionItem:
    """Return an item as it was when it began: a call without its outcome, an answer without its words."""
    match item.content:
        case Call():
            content: Content = msgspec.structs.replace(item.content, output=None, error=None, data={})
        case Message(role="assistant"):
            content = msgspec.structs.replace(item.content, content=())
        case Reasoning():
            content = Reasoning()
        case _:
            return item
    return msgspec.structs.replace(
        item, content=content, status="in_progress", usage=None, cost_usd=0.0, duration_ms=0.0, tier=None
    )


def without_secrets(environment: EnvironmentRecord) -> EnvironmentRecord:
    """Return the environment as it may be told: variables and setup commands are left out."""
    if not isinstance(environment.spec, Hosted):
        return environment
    spec = msgspec.structs.replace(environment.spec, env={}, setup_commands=())
    return msgspec.structs.replace(environment, spec=spec)
