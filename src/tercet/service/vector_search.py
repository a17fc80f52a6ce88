"""Searching vector stores: by the words of a query and by what it means, the two rankings fused into one.

Vectors are searched exactly, in memory; words by the database's index. The vectors of the stores that were searched
last are kept, within a limit, and read again when their store has changed.
"""

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Sequence

import msgspec

from tercet.clock import now_s
from tercet.items import Passage
from tercet.searching import DEPTH, Filter, SearchOptions, fused
from tercet.service.embedding import Embedding
from tercet.service.vector_filters import matches
from tercet.service.vector_lanes import Lanes
from tercet.store.vector_base import FoundChunk, VectorFileRecord, VectorStoreRecord, VectorStores
from tercet.store.vector_texts import words_of

MAX_WORDS = 64
MAX_CACHE_BYTES = 256 << 20
TOUCH_EVERY_S = 60


class _Loaded(msgspec.Struct, frozen=True):
    """A store as it was read: `files` can be found, `lanes` are the vectors of those of the present model."""

    version: int
    files: dict[str, VectorFileRecord]
    lanes: Lanes
    file_of: dict[int, str]


class VectorSearch:
    """Searches stores. Safe for any number of callers on one event loop."""

    def __init__(self, store: VectorStores, embedding: Embedding) -> None:
        self._store = store
        self._embedding = embedding
        self._cache: OrderedDict[str, _Loaded] = OrderedDict()

    async def find(
        self, records: Sequence[VectorStoreRecord], queries: Sequence[str], options: SearchOptions
    ) -> list[Passage]:
        """Return the best chunks of several stores, the best first. Raises `BackendFailed`, `StoreFailed`."""
        await self._touch(records)
        stores = [await self._loaded(record.id) for record in records]
        vectors = await self._embedding.vectors(queries) if options.embedding_weight else []
        totals: defaultdict[int, float] = defaultdict(float)
        for at, query in enumerate(queries):
            meant, said = [], []
            for record, store in zip(records, stores, strict=True):
                meant += await self._by_meaning(store, options, vectors[at]) if vectors else []
                said += await self._by_words(record.id, store, options, query)
            for number, score in fused(meant, said, options).items():
                totals[number] = max(totals[number], score)
        best = sorted(totals.items(), key=lambda found: (-found[1], found[0]))[: options.max_results]
        return await self._shown(stores, [found for found in best if found[1] >= options.min_score])

    async def _by_meaning(
        self, store: _Loaded, options: SearchOptions, vector: Sequence[float]
    ) -> list[tuple[int, float]]:
        if store.lanes.size != len(vector):
            return []
        among = None if options.wanted is None else _allowed(store, options.wanted)
        return await asyncio.to_thread(store.lanes.nearest, vector, DEPTH, among)

    async def _by_words(
        self, store_id: str, store: _Loaded, options: SearchOptions, query: str
    ) -> list[tuple[int, float]]:
        words = words_of(query)[:MAX_WORDS]
        if not words or not options.text_weight:
            return []
        limit = DEPTH if options.wanted is None else 1 << 20
        found = await self._store.ranked(store_id, words, limit)
        if options.wanted is None:
            return [(number, score) for number, _, score in found]
        passing = {file.id for file in store.files.values() if matches(options.wanted, file.attributes)}
        return [(number, score) for number, file_id, score in found if file_id in passing][:DEPTH]

    async def _shown(self, stores: Sequence[_Loaded], best: Sequence[tuple[int, float]]) -> list[Passage]:
        files = {file_id: file for store in stores for file_id, file in store.files.items()}
        chunks = {chunk.number: chunk for chunk in await self._store.chunks([number for number, _ in best])}
        return [
            _hit(chunks[number], files[chunks[number].file_id], score)
            for number, score in best
            if number in chunks and chunks[number].file_id in files
        ]

    async def _loaded(self, store_id: str) -> _Loaded:
        """Return a store's files and vectors as they are now."""
        version = (await self._store.version([store_id])).get(store_id, 0)
        known = self._cache.get(store_id)
        if known is None or known.version != version:
            files = {file.id: file for file in await self._store.searchable(store_id)}
            own = {file.id for file in files.values() if file.model == self._embedding.name}
            vectors = [found for found in await self._store.vectors(store_id) if found.file_id in own]
            numbers = [found.number for found in vectors]
            lanes = await asyncio.to_thread(Lanes, numbers, [found.vector for found in vectors])
            known = _Loaded(version, files, lanes, {found.number: found.file_id for found in vectors})
            self._cache[store_id] = known
        self._cache.move_to_end(store_id)
        while len(self._cache) > 1 and sum(one.lanes.num_bytes for one in self._cache.values()) > MAX_CACHE_BYTES:
            self._cache.popitem(last=False)
        return known

    async def _touch(self, records: Sequence[VectorStoreRecord]) -> None:
        """Note that stores were used, unless that was noted a moment ago."""
        now = now_s()
        if stale := [record.id for record in records if now - record.used_at >= TOUCH_EVERY_S]:
            await self._store.touch(stale, now)


def _allowed(store: _Loaded, wanted: Filter) -> set[int]:
    passing = {file.id for file in store.files.values() if matches(wanted, file.attributes)}
    return {number for number, file_id in store.file_of.items() if file_id in passing}


def _hit(chunk: FoundChunk, file: VectorFileRecord, score: float) -> Passage:
    return Passage(chunk.file_id, file.filename, chunk.text, score, file.attributes)
