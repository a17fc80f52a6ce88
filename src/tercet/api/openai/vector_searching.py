"""What is searched for in vector stores, on the wire: the search endpoint's and the `file_search` tool's alike."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from tercet.api.decode import convert
from tercet.api.openai.vector_wire import TextOut
from tercet.api.wire import Wire
from tercet.errors import InvalidRequest, Unsupported
from tercet.items import Passage
from tercet.searching import Compare, Compound, Filter, SearchOptions
from tercet.service.vector_filters import MAX_COMPARISONS, MAX_DEPTH

MAX_QUERY_CHARACTERS = 4096
DEFAULT_RESULTS = 10
Query = Annotated[str, Meta(min_length=1, max_length=MAX_QUERY_CHARACTERS)]
NumResults = Annotated[int, Meta(ge=1, le=50)]
Share = Annotated[float, Meta(ge=0, le=1)]
Weight = Annotated[float, Meta(ge=0, le=1000)]
Scalar = str | bool | float


class HybridSearch(Wire):
    """How much meaning and words count beside each other."""

    embedding_weight: Weight
    text_weight: Weight


class RankingOptions(Wire):
    """How what is found is ranked."""

    ranker: str | None = None
    """`auto`, or `none`: there is no second ranking that it could turn off."""
    score_threshold: Share | None = None
    hybrid_search: HybridSearch | None = None


class SearchRequest(Wire):
    """The body of POST /v1/vector_stores/{vector_store_id}/search."""

    query: Query | Annotated[list[Query], Meta(min_length=1, max_length=16)]
    filters: dict[str, Any] | None = None
    max_num_results: NumResults | None = None
    ranking_options: RankingOptions | None = None
    rewrite_query: bool | None = None


class Comparison(Wire):
    """One attribute beside a value."""

    type: Literal["eq", "ne", "gt", "gte", "lt", "lte"]
    key: str
    value: Scalar


class Membership(Wire):
    """One attribute beside several values."""

    type: Literal["in", "nin"]
    key: str
    value: Annotated[list[Scalar], Meta(max_length=1000)]


class Group(Wire):
    """Filters of which all, or any, must hold."""

    type: Literal["and", "or"]
    filters: Annotated[list[dict[str, Any]], Meta(min_length=1)]


class HitOut(msgspec.Struct, frozen=True):
    """A chunk that was found."""

    file_id: str
    filename: str
    score: float
    attributes: dict[str, str | float | bool]
    content: list[TextOut]


class SearchOut(msgspec.Struct, frozen=True):
    """What was found, the best first."""

    search_query: list[str]
    data: list[HitOut]
    has_more: Literal[False] = False
    next_page: None = None
    object: Literal["vector_store.search_results.page"] = "vector_store.search_results.page"


def search_of(request: SearchRequest) -> tuple[list[str], SearchOptions]:
    """Return the queries of a request and how they are searched for. Raises `InvalidRequest`."""
    if request.rewrite_query:
        raise Unsupported("Queries are searched for as they are: leave 'rewrite_query' out.", param="rewrite_query")
    queries = [request.query] if isinstance(request.query, str) else request.query
    return queries, options_of(request.max_num_results, request.filters, request.ranking_options)


def options_of(
    max_results: int | None, filters: dict[str, Any] | None, ranking: RankingOptions | None, place: str = ""
) -> SearchOptions:
    """Return how is to be searched; errors name what is below `place`. Raises `InvalidRequest`."""
    wanted = None if filters is None else filter_of(filters, f"{place}filters")
    ranking = ranking or RankingOptions()
    if ranking.ranker not in (None, "auto", "none"):
        message = f"The ranker {ranking.ranker[:50]!r} is not served: leave it out, or send 'auto' or 'none'."
        raise Unsupported(message, param=f"{place}ranking_options.ranker")
    weights = ranking.hybrid_search or HybridSearch(1.0, 1.0)
    if not weights.embedding_weight + weights.text_weight:
        message = "One of the weights must be above 0."
        raise InvalidRequest(message, param=f"{place}ranking_options.hybrid_search", code="invalid_value")
    return SearchOptions(
        max_results or DEFAULT_RESULTS,
        wanted,
        ranking.score_threshold or 0.0,
        weights.embedding_weight,
        weights.text_weight,
    )


def filter_of(raw: dict[str, Any], place: str) -> Filter:
    """Return a filter. Raises `InvalidRequest`, naming the part of it that is none."""
    return _Filters().read(raw, place, 1)


class _Filters:
    """Reads one filter with all that is in it."""

    def __init__(self) -> None:
        self._num_comparisons = 0

    def read(self, raw: dict[str, Any], place: str, depth: int) -> Filter:
        if depth > MAX_DEPTH:
            raise InvalidRequest(f"Filters nest at most {MAX_DEPTH} deep.", param=place, code="invalid_value")
        match raw.get("type"):
            case "and" | "or":
                group = convert(raw, Group, place)
                parts = enumerate(group.filters)
                filters = tuple(self.read(part, f"{place}.filters[{index}]", depth + 1) for index, part in parts)
                return Compound(group.type, filters)
            case "in" | "nin":
                several = convert(raw, Membership, place)
                self._count(place)
                return Compare(several.type, several.key, tuple(several.value))
            case _:
                one = convert(raw, Comparison, place)
                self._count(place)
                return Compare(one.type, one.key, one.value)

    def _count(self, place: str) -> None:
        self._num_comparisons += 1
        if self._num_comparisons > MAX_COMPARISONS:
            message = f"A filter holds at most {MAX_COMPARISONS} comparisons."
            raise InvalidRequest(message, param=place, code="invalid_value")


def search_out(queries: list[str], found: list[Passage]) -> SearchOut:
    """Return what was found as it stands on the wire."""
    shown = [HitOut(one.file_id, one.filename, one.score, one.attributes, [TextOut(one.text)]) for one in found]
    return SearchOut(queries, shown)
