"""A sample as the prompt text that training tokenises and the service serves."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from jinja2 import Template
from jinja2.sandbox import ImmutableSandboxedEnvironment

from training import hints
from training.data.sample import Sample, compact

TEMPLATE = Path(__file__).resolve().parent.parent / "template.jinja"


@lru_cache(maxsize=1)
def prompt_template() -> Template:
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    environment.filters["tojson"] = compact
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8"))


def render(sample: Sample) -> str:
    """Everything after <|bos|>, assistant turns included."""
    return prompt_template().render(
        messages=hints.hinted(sample.messages, sample.tools), tools=sample.tools, schema=sample.schema
    )
