"""Examples as token ids, rendered and cut exactly as the service renders and cuts a prompt.

A prompt and its answer are tokenised apart, as they are when the model is served: the answer begins a new token.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from tercet.backends.embedded import messages
from tercet.backends.embedded.dialects.select import select
from tercet.backends.embedded.template import ChatTemplate, Shield
from tercet.engine.gguf import ModelFacts
from tercet.errors import InvalidRequest
from tercet.items import ModelRequest
from tercet.tuning.examples import Example

Encode = Callable[[str], list[int]]
"""Text to token ids, control tokens recognised, nothing added in front."""


class Document(msgspec.Struct, frozen=True):
    """Token ids; those from `start` on are learnt."""

    ids: tuple[int, ...]
    start: int


class Renderer:
    """Renders for one GGUF model."""

    def __init__(self, facts: ModelFacts, encode: Encode) -> None:
        """Read the model's template. Raises `ModelUnusable`."""
        shield = Shield(facts)
        self._dialect = select(facts)
        self._shield = shield
        self._template = ChatTemplate(facts, shield)
        self._encode = encode

    def document(self, example: Example, max_tokens: int) -> Document:
        """Return `example` as tokens. Raises `InvalidRequest` for one that does not fit or cannot be learnt."""
        prompt = self._render(example, is_asked=True)
        whole = "".join(self._render(example, is_asked=False))
        asked = "".join(prompt)
        if not whole.startswith(asked):
            raise InvalidRequest(
                f"line {example.line}: this model's template does not show an answer as it is asked for"
            )
        before = [token for piece in prompt for token in self._encode(piece)]
        ids = (*before, *self._encode(whole[len(asked) :]))
        if len(ids) > max_tokens:
            raise InvalidRequest(f"line {example.line}: {len(ids)} tokens, and the limit is {max_tokens}")
        return Document(ids, len(before))

    def _render(self, example: Example, *, is_asked: bool) -> Sequence[str]:
        items = example.before if is_asked else example.before + example.answer
        request = ModelRequest(items, example.tools)
        names: dict[str, Any] = messages.variables(
            request, self._dialect, self._shield, messages.shown_tools(request, self._dialect)
        )
        names["add_generation_prompt"] = is_asked
        return self._template.render(names, drop_bos=False)
