"""What goes with deleted sessions: their rows and runs, once nobody shares them, and values without a reader."""

from tercet.store.database import Connection
from tercet.store.environments import release_contents
from tercet.store.journal import delete_run


def sweep(connection: Connection) -> None:
    """Remove deleted sessions that nobody shares, their runs, and values that nothing refers to."""
    while True:
        rows = connection.execute(
            "SELECT number, id FROM sessions s WHERE is_deleted = 1"
            " AND NOT EXISTS (SELECT 1 FROM sessions c WHERE c.parent = s.number)"
        ).fetchall()
        if not rows:
            break
        for number, session_id in rows:
            turns = connection.execute("SELECT id FROM session_turns WHERE session = ?", (number,)).fetchall()
            for (turn_id,) in turns:
                delete_run(connection, turn_id)
            for table in _CHILDREN:
                connection.execute(f"DELETE FROM {table} WHERE session = ?", (number,))  # noqa: S608  # own names
            connection.execute("DELETE FROM sessions WHERE number = ?", (number,))
            release_contents(connection, session_id)
    connection.execute(
        "DELETE FROM session_values WHERE NOT EXISTS (SELECT 1 FROM sessions s WHERE s.spec = session_values.hash)"
        " AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.plan = session_values.hash)"
        " AND NOT EXISTS (SELECT 1 FROM session_events e WHERE e.value = session_values.hash)"
        " AND NOT EXISTS (SELECT 1 FROM session_snapshots t WHERE t.tree = session_values.hash)"
    )


_CHILDREN = (
    "session_turns",
    "session_items",
    "session_events",
    "session_inbox",
    "session_approvals",
    "session_keys",
    "session_summaries",
    "session_subagents",
    "session_artifacts",
    "session_snapshots",
)
