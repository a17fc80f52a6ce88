"""How much may pass the guard, and how long it may take."""

import msgspec


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bounds of one guard. Bytes count the contents of a connection, in one direction."""

    max_connections: int = 128
    """Connections from clients at the same time; more are answered 503."""
    max_head_bytes: int = 32_768
    """A request's or response's line and header fields together."""
    max_fields: int = 100
    """Header fields of one message."""
    max_sent_bytes: int = 64_000_000
    """What one connection may carry out."""
    max_received_bytes: int = 256_000_000
    """What one connection may carry in."""
    head_s: float = 10.0
    """Seconds that a client may take for its request head."""
    connect_s: float = 10.0
    """Seconds to find the addresses of a name, and again to connect."""
    idle_s: float = 300.0
    """Seconds without a byte in either direction after which a connection is closed."""
    total_s: float = 3600.0
    """Seconds that a connection may live."""
