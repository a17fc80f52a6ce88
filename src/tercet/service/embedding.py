"""The embedding model of an installation: vectors for texts, under the model's own name."""

import asyncio
from collections.abc import Sequence

from tercet.backends.base import Backend
from tercet.errors import BackendFailed, ContextTooLong, InvalidRequest, Unsupported
from tercet.items import Message, ModelRequest, TextPart
from tercet.service.vector_chunks import windows_of
from tercet.service.vector_lanes import normal
from tercet.usage import Usage

MAX_WINDOW_BYTES = 1000
"""What is embedded at once. A byte is at most one token, so every model takes it, and short texts are what small
models are trained on; the vector of a longer text is the mean of its windows'."""
MAX_TEXTS_AT_ONCE = 64


class Embedding:
    """The model that makes vectors for vector stores, and for clients who ask for it by name."""

    def __init__(self, backend: Backend, created_at: int = 0, *, min_dimensions: int | None = None) -> None:
        """`min_dimensions` is how short its vectors may be cut and still mean something; None: not at all."""
        self.backend = backend
        self.created_at = created_at
        self._min_dimensions = min_dimensions

    @property
    def name(self) -> str:
        """What clients call it."""
        return self.backend.model

    async def counted(self, texts: Sequence[str], dimensions: int | None = None) -> tuple[list[list[float]], Usage]:
        """Return a vector per text and the tokens read; with `dimensions`, cut to so many values, at norm 1.

        Raises `ContextTooLong`, naming the text, and `InvalidRequest` for dimensions that the vectors do not have.
        """
        window = (await self.backend.capabilities()).context_window
        counts = [await self.backend.count_tokens(_words(text)) for text in texts]
        for index, count in enumerate(counts):
            if count > window:
                message = f"The text has {count} tokens; {self.name!r} reads {window}."
                raise ContextTooLong(message, param=f"input[{index}]")
        vectors: list[list[float]] = []
        for start in range(0, len(texts), MAX_TEXTS_AT_ONCE):
            vectors += await self.backend.embed(texts[start : start + MAX_TEXTS_AT_ONCE])
        if dimensions is not None:
            self._check(dimensions, len(vectors[0]))
            vectors = [normal(vector[:dimensions]) for vector in vectors]
        return vectors, Usage(input_tokens=sum(counts))

    def _check(self, dimensions: int, size: int) -> None:
        if self._min_dimensions is None and dimensions != size:
            raise Unsupported(f"Vectors of {self.name!r} have {size} dimensions.", param="dimensions")
        if not (self._min_dimensions or 1) <= dimensions <= size:
            raise InvalidRequest(
                f"Vectors of {self.name!r} have {self._min_dimensions} to {size} dimensions, not {dimensions}.",
                param="dimensions",
                code="invalid_value",
            )

    async def vectors(self, texts: Sequence[str]) -> list[list[float]]:
        """Return a vector of norm 1 per text, however long it is. Raises `BackendFailed`."""
        windows = [windows_of(text, MAX_WINDOW_BYTES) or [" "] for text in texts]
        flat = [window for several in windows for window in several]
        found: list[list[float]] = []
        for start in range(0, len(flat), MAX_TEXTS_AT_ONCE):
            found += await self.backend.embed(flat[start : start + MAX_TEXTS_AT_ONCE])
            await asyncio.sleep(0)
        if len({len(vector) for vector in found}) > 1:
            raise BackendFailed(f"the embedding model {self.name!r} gave vectors of several lengths")
        vectors = []
        for several in windows:
            own, found = found[: len(several)], found[len(several) :]
            weights = [len(window) for window in several]
            vectors.append(normal(_mean([normal(vector) for vector in own], weights)))
        return vectors


def _words(text: str) -> ModelRequest:
    return ModelRequest(items=(Message("user", (TextPart(text),)),))


def _mean(vectors: Sequence[Sequence[float]], weights: Sequence[int]) -> list[float]:
    if len(vectors) == 1:
        return list(vectors[0])
    total = sum(weights)
    return [
        sum(value * weight for value, weight in zip(values, weights, strict=True)) / total
        for values in zip(*vectors, strict=True)
    ]
