"""What the searches of responses need: the stores that an owner may search, and the room that a model has."""

from collections.abc import Awaitable, Callable

from tercet.errors import InvalidRequest, NotFound, Unsupported
from tercet.items import ModelRequest, Passage
from tercet.searching import FileSearching
from tercet.service.searching import Begin, SearchLoop
from tercet.service.searching_steps import Notebook
from tercet.service.vector_stores import VectorStores
from tercet.store.vector_base import VectorStoreRecord

MIN_CHARACTERS, MAX_CHARACTERS = 2000, 80_000
"""Of what searches find, shown to the model: as many characters as its window has tokens, within these."""


class Searches:
    """What responses need to search: the stores that they may search, and how much their models can read."""

    def __init__(self, stores: VectorStores | None, window_of: Callable[[str], Awaitable[int]]) -> None:
        """`window_of` tells how many tokens a tier takes."""
        self._stores = stores
        self._window_of = window_of

    async def check(self, searching: FileSearching, owner: str) -> None:
        """Raise `InvalidRequest` for a store that the owner does not have."""
        if self._stores is None:
            raise Unsupported("There are no vector stores here: no embedding model is set.", param="tools")
        await self._records(searching, owner)

    async def loop(
        self, model: str, owner: str, request: ModelRequest, searching: FileSearching, begin: Begin,
        notebook: Notebook | None = None,
    ) -> SearchLoop:  # fmt: skip
        """Return the making of a response by a tier's model, on behalf of an owner."""

        async def find(searching: FileSearching, query: str) -> list[Passage]:
            assert self._stores is not None, "checked when the request was accepted"
            records = await self._records(searching, owner)
            return await self._stores.search.find(records, [query], searching.options)

        window = await self._window_of(model)
        max_characters = max(MIN_CHARACTERS, min(MAX_CHARACTERS, window))
        return SearchLoop(request, searching, begin, find, max_characters=max_characters, notebook=notebook)

    async def _records(self, searching: FileSearching, owner: str) -> list[VectorStoreRecord]:
        assert self._stores is not None
        records = []
        for index, store_id in enumerate(searching.store_ids):
            try:
                records.append((await self._stores.get(store_id, owner))[0])
            except NotFound as error:
                param = f"{searching.place}.vector_store_ids[{index}]"
                raise InvalidRequest(error.message, param=param, code=error.code) from None
        return records
