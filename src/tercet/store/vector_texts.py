"""Full text of the chunks: the index that the database keeps, and the ranking of chunks by the words of a query.

All that databases do not share about searching words is here. SQLite has an FTS5 index without a text of its own, kept
in step by triggers, so that whatever removes a chunk, a cascade too, removes it from the index, and ranks by BM25;
Postgres has a generated `tsvector` and ranks by cover density. How rare a word is, is reckoned over all stores.
"""

import re
from collections.abc import Sequence

from tercet.store.database import Connection

_SQLITE = """
    SELECT c.number, f.id, -bm25(vector_words, 0.0, 1.0) AS score
    FROM vector_words JOIN vector_chunks c ON c.number = vector_words.rowid
    JOIN vector_files f ON f.number = c.file_number
    WHERE vector_words MATCH ? AND f.store_id = ? AND f.status = 'completed'
    ORDER BY score DESC, c.number LIMIT ?
"""
_POSTGRES = """
    SELECT c.number, f.id, CAST(ts_rank_cd(c.words, q.q, 1) AS DOUBLE PRECISION) AS score
    FROM vector_chunks c JOIN vector_files f ON f.number = c.file_number, to_tsquery('english', ?) AS q(q)
    WHERE c.words @@ q.q AND f.store_id = ? AND f.status = 'completed'
    ORDER BY score DESC, c.number LIMIT ?
"""
_WORD = re.compile(r"\w+")


def ranked(connection: Connection, store_id: str, words: Sequence[str], limit: int) -> list[tuple[int, str, float]]:
    """Return the chunks that hold any of `words` (see `words_of`): number, file and score, the best first."""
    if connection.dialect == "postgres":
        rows = connection.execute(_POSTGRES, (" | ".join(words), store_id, limit)).fetchall()
    else:
        any_of = " OR ".join(f'"{word}"' for word in words)
        query = f'scope : "{scope_of(store_id)}" AND text : ({any_of})'
        rows = connection.execute(_SQLITE, (query, store_id, limit)).fetchall()
    return [(number, file_id, float(score)) for number, file_id, score in rows]


def scope_of(store_id: str) -> str:
    """Return the word that stands for a store in the index."""
    return store_id.rpartition("_")[2]


def words_of(text: str) -> list[str]:
    """Return the words of a text, each once, in order: letters and digits, nothing that means anything to an index."""
    return list(dict.fromkeys(word.strip("_") for word in _WORD.findall(text.lower()) if word.strip("_")))
