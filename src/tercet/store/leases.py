"""The right to work on a durable run."""

import msgspec


class Lease(msgspec.Struct, frozen=True):
    """The right to work on a run until it expires; `fence` tells this holder's writes from a later one's."""

    run_id: str
    owner: str
    holder: str
    fence: int
    spec: bytes
    is_cancelled: bool = False
