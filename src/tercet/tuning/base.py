"""The model that is tuned: a GGUF file, or a Hugging Face folder or name, as torch modules with its tokenizer."""

from pathlib import Path
from typing import Any

import gguf
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from tercet.engine.gguf import read_facts
from tercet.errors import ModelUnusable
from tercet.tuning.examples import Example
from tercet.tuning.rendering import Document, Renderer


class GgufBase:
    """A model in a GGUF file of an architecture that transformers reads."""

    def __init__(self, path: Path) -> None:
        """Load it. Raises `ModelUnusable` for a file that is no model, or whose architecture cannot be tuned."""
        self.path = path
        self.facts = read_facts(path)
        try:
            self.module: Any = AutoModelForCausalLM.from_pretrained(
                path.parent, gguf_file=path.name, dtype=torch.float32, **_overrides(path, self.facts.architecture)
            )
            self._tokenizer: Any = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
        except (ValueError, OSError, RuntimeError, KeyError) as error:
            raise ModelUnusable(f"{path.name} ({self.facts.architecture}) cannot be tuned: {error}") from error
        self._renderer = Renderer(self.facts, self.encode)

    def encode(self, text: str) -> list[int]:
        """Return the ids of `text`, control tokens recognised, nothing added."""
        ids: list[int] = self._tokenizer(text, add_special_tokens=False).input_ids
        return ids

    def document(self, example: Example, max_tokens: int) -> Document:
        """See `Renderer.document`."""
        return self._renderer.document(example, max_tokens)


class FolderBase:
    """A causal model of the Hugging Face form: a folder, or a name where the hub can be reached."""

    def __init__(self, name: str) -> None:
        """Load it. Raises `ModelUnusable`."""
        try:
            self.module: Any = AutoModelForCausalLM.from_pretrained(name, dtype=torch.float32)
            self.tokenizer: Any = AutoTokenizer.from_pretrained(name)
        except (ValueError, OSError, RuntimeError) as error:
            raise ModelUnusable(f"{name} cannot be loaded: {error}") from error
        if not self.tokenizer.chat_template:
            raise ModelUnusable(f"{name} has no chat template, so it cannot hold a conversation")

    def document(self, example: Example, max_tokens: int) -> Document:
        """Return `example` as tokens by the folder's own chat template. Raises `InvalidRequest`."""
        from tercet.tuning.folder import rendered

        return rendered(self.tokenizer, example, max_tokens)


Base = GgufBase | FolderBase


def _overrides(path: Path, architecture: str) -> dict[str, int]:
    """What transformers' reader of GGUF leaves at a default: the size of a head where it is not width / heads."""
    field = gguf.GGUFReader(path).get_field(f"{architecture}.attention.key_length")
    return {} if field is None else {"head_dim": int(field.contents())}
